"""What copying a packet costs, beside a plain remux of the same file.

    python bench/copy_cost.py CLIP [--rounds 7]

CLIP is H.264 with closed GOPs. Prints CPU microseconds a packet, the best of the rounds (which take
turns): reading alone, reading and remuxing by libavformat, and, without the reading, what
Streetlamp adds: inspecting packets, cutting GOPs into fragments, writing them into a clip.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from streetlamp.h264 import Inspector
from streetlamp.stream.clip import ClipWriter
from streetlamp.stream.fragments import FragmentMaker
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import CopiedGop, CopiedSample, MaskedFrame


def remux(path: Path, out: str | None) -> int:
    """Read every packet, and write it where `out` says."""
    count = 0
    with av.open(str(path), "r") as source:
        stream = source.streams.video[0]
        sink = None if out is None else av.open(out, "w", format="mp4")
        track = None if sink is None else sink.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is None:
                continue
            count += 1
            if sink is not None and track is not None:
                packet.stream = track
                sink.mux(packet)
        if sink is not None:
            sink.close()
    return count


def load(path: Path) -> tuple[bytes, list[tuple[bytes, int, bool]], tuple[int, int]]:
    """Extradata, packets (bytes, pts, keyframe) and time base of a clip."""
    with av.open(str(path), "r") as source:
        stream = source.streams.video[0]
        packets = [
            (bytes(p), p.pts, bool(p.is_keyframe))
            for p in source.demux(stream)
            if p.size and p.pts is not None
        ]
        base = stream.time_base
        assert base is not None
        extradata = stream.codec_context.extradata or b""
    return extradata, packets, (base.numerator, base.denominator)


def inspect(extradata: bytes, packets: list[tuple[bytes, int, bool]]) -> int:
    inspector = Inspector(extradata)
    for data, _, key in packets:
        if key:
            refusal = inspector.keyframe(data).refusal
            assert not refusal, refusal
        else:
            inspector.is_plain(data)
    return len(packets)


def gops(
    extradata: bytes, packets: list[tuple[bytes, int, bool]], time_base: tuple[int, int]
) -> list[CopiedGop]:
    inspector = Inspector(extradata)
    unit = time_base[0] / time_base[1]
    begins = [i for i, (_, _, key) in enumerate(packets) if key] + [len(packets)]
    ends = [*(packets[i][1] for i in begins[1:-1]), max(pts for _, pts, _ in packets) + 1]
    made = []
    for (begin, end), until in zip(pairwise(begins), ends, strict=True):
        key = inspector.keyframe(packets[begin][0])
        assert not key.refusal, key.refusal
        samples = tuple(CopiedSample(d, 1, pts * unit, pts) for d, pts, _ in packets[begin:end])
        width, height = key.size
        picture = MaskedFrame(
            "bench", samples[0].time, 1, samples[0].pts, time_base,
            np.zeros((height, width), np.uint8), np.zeros((height // 2, width // 2), np.uint8),
            np.zeros((height // 2, width // 2), np.uint8), key.full_range,
            np.zeros((0, 4), np.int64), whole=False, reason="",
        )  # fmt: skip
        made.append(
            CopiedGop(
                "bench", key.size, key.config, inspector.length_size, time_base, samples,
                until * unit, (), picture,
            )
        )  # fmt: skip
    return made


def fragments(copied: list[CopiedGop]) -> int:
    maker = FragmentMaker("bench", EncodeOptions())
    for gop in copied:
        maker.copy(gop)
    maker.flush()
    return sum(len(gop.samples) for gop in copied)


def clip(copied: list[CopiedGop], folder: Path) -> int:
    with ClipWriter(folder / "copy.mp4") as writer:
        for gop in copied:
            writer.copy(gop)
    return writer.copied


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    wanted = parser.parse_args()
    extradata, packets, time_base = load(wanted.clip)
    copied = gops(extradata, packets, time_base)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        works: dict[str, Callable[[], int]] = {
            "read": lambda: remux(wanted.clip, None),
            "read and remux (libavformat)": lambda: remux(wanted.clip, str(folder / "remux.mp4")),
            "inspect": lambda: inspect(extradata, packets),
            "copy into fragments": lambda: fragments(copied),
            "copy into a clip": lambda: clip(copied, folder),
        }
        best = dict.fromkeys(works, float("inf"))
        for _ in range(wanted.rounds):
            for title, work in works.items():
                before = time.process_time()
                count = work()
                best[title] = min(best[title], (time.process_time() - before) / count * 1e6)
    size = sum(len(data) for data, _, _ in packets) / len(packets)
    print(f"{wanted.clip.name}: {len(packets)} packets of {size:,.0f} bytes, {len(copied)} GOPs")
    print(f"{os.cpu_count()} CPUs, PyAV {av.__version__}")
    for title, cost in best.items():
        print(f"{title:32} {cost:8.1f} µs a packet")


if __name__ == "__main__":
    main()
