"""One step of handling video, alone: what anything that takes this step must cost at the least.

    python bench/floor.py STEP CLIP

Prints {"cpu": seconds, "wall": seconds, "frames": number} of the step itself on one thread, without
Python's and the libraries' start. Everything that is written is written to memory.

- demux: read the packets.
- remux: read them and write them as fragmented MP4, a fragment for each GOP.
- keyframes: remux, and decode the keyframes. Sleeping well costs this.
- decode: decode everything.
- reencode: decode everything and compress it as the recorder does (x264 ultrafast, zerolatency),
  into fragmented MP4. What masks every picture and never sleeps pays this.
- look: one picture through the detector, as set (for `frames` pictures of the clip).
- faces: what a look for faces too takes beside that.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av

FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
CRF = 26  # the default of `encode.crf`
LOOKS = 40


def one_thread(container: av.container.InputContainer) -> av.VideoStream:
    stream = container.streams.video[0]
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1
    return stream


def demux(path: Path) -> int:
    with av.open(str(path)) as source:
        return sum(1 for packet in source.demux(video=0) if packet.size)


def remux(path: Path, *, keyframes: bool = False) -> int:
    count = 0
    sink = io.BytesIO()
    with av.open(str(path)) as source, av.open(sink, "w", format="mp4", options=FRAGMENTED) as out:
        stream = one_thread(source)
        track = out.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if not packet.size:
                continue
            if keyframes and packet.is_keyframe:
                stream.codec_context.decode(packet)
            packet.stream = track
            out.mux(packet)
            count += 1
    return count


def keyframes(path: Path) -> int:
    return remux(path, keyframes=True)


def decode(path: Path) -> int:
    with av.open(str(path)) as source:
        return sum(1 for _ in source.decode(one_thread(source)))


def reencode(path: Path) -> int:
    count = 0
    sink = io.BytesIO()
    with av.open(str(path)) as source, av.open(sink, "w", format="mp4", options=FRAGMENTED) as out:
        stream = one_thread(source)
        rate = stream.average_rate or Fraction(25)
        track = out.add_stream("libx264", rate=rate)
        track.width, track.height, track.pix_fmt = stream.width, stream.height, "yuv420p"
        track.codec_context.thread_count = 1
        track.codec_context.gop_size = round(rate)
        track.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": str(CRF)}
        for picture in source.decode(stream):
            picture.pict_type = av.video.frame.PictureType.NONE
            out.mux(track.encode(picture))
            count += 1
        out.mux(track.encode(None))
    return count


def looker(path: Path, *, faces: bool) -> Callable[[Path], int]:
    """The models compiled and the pictures decoded: only looking is timed."""
    from streetlamp.video.detect import load_with_faces  # noqa: PLC0415 (slow, wanted here alone)
    from streetlamp.video.detect_options import DetectOptions  # noqa: PLC0415

    both = load_with_faces(DetectOptions(threads=1))
    with av.open(str(path)) as source:
        pictures = list(islice(source.decode(video=0), LOOKS))
    both.look(pictures[0])

    def look(_: Path) -> int:
        return len([both.detector.look(picture) for picture in pictures])

    if not faces:
        return look
    prepared = [both.prepare(picture) for picture in pictures]

    def look_for_faces(_: Path) -> int:
        return len([both.finder.find_all([both.small(one)]) for one in prepared])

    return look_for_faces


STEPS = {
    "demux": demux,
    "remux": remux,
    "keyframes": keyframes,
    "decode": decode,
    "reencode": reencode,
}


def main() -> None:
    step, path = sys.argv[1], Path(sys.argv[2])
    looks = step in ("look", "faces")
    work = looker(path, faces=step == "faces") if looks else STEPS[step]
    cpu, wall = time.process_time(), time.perf_counter()
    frames = work(path)
    spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "frames": frames}
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
