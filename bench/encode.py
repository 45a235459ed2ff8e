"""What it costs to compress masked pictures, beside x264 alone on the same pictures.

    python bench/encode.py CLIP... [--pictures 150] [--rounds 5]

Prints CPU milliseconds a picture (the best of the rounds, which take turns) and the ratio to bare
x264 at the same preset with one thread: what the fragments, the copying of planes, the MP4 and the
timing add. Then what live viewers cost: a still, a wall tile, and the wall's JPEG.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
from streetlamp.live.atlas import Atlas

from streetlamp.live.scale import fit, jpeg, shrink
from streetlamp.stream.clip import ClipWriter
from streetlamp.stream.encode import Encoder
from streetlamp.stream.options import EncodeOptions
from streetlamp.stream.picture import even, to_picture
from streetlamp.values import MaskedFrame
from streetlamp.video.mask import hide
from streetlamp.video.raw import RawFrame


def load(path: Path, count: int) -> list[MaskedFrame]:
    """The first pictures of a clip, with nobody hidden: only their cost matters here."""
    frames = []
    with av.open(str(path), "r") as container:
        for i, picture in enumerate(islice(container.decode(video=0), count)):
            raw = RawFrame("bench", i / 25, i + 1, picture, i, Fraction(1, 25))
            frames.append(hide(raw, np.zeros((0, 4), np.float32)))
    return frames


def bare(frames: Sequence[MaskedFrame], crf: float) -> Callable[[], int]:
    """x264 alone, fed pictures that are ready."""
    pictures = [to_picture(frame, even((frame.width, frame.height))) for frame in frames]

    def work() -> int:
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height = pictures[0].width, pictures[0].height
        context.pix_fmt = "yuv420p"
        context.framerate = Fraction(25)
        context.time_base = Fraction(1, 25)
        context.gop_size = 25
        context.thread_count = 1
        context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": f"{crf:g}"}
        size = 0
        for i, picture in enumerate(pictures):
            picture.pts, picture.time_base = i, Fraction(1, 25)
            size += sum(packet.size for packet in context.encode(picture))
        return size + sum(packet.size for packet in context.encode(None))

    return work


def fragments(frames: Sequence[MaskedFrame], threads: int) -> Callable[[], int]:
    def work() -> int:
        encoder = Encoder("bench", EncodeOptions(), threads=threads)
        pieces = [piece for frame in frames for piece in encoder.push(frame, None)]
        return sum(len(piece.data) for piece in pieces + encoder.flush())

    return work


def clip(frames: Sequence[MaskedFrame], threads: int, folder: Path) -> Callable[[], int]:
    def work() -> int:
        with ClipWriter(folder / "masked.mp4", crf=EncodeOptions().crf, threads=threads) as writer:
            for frame in frames:
                writer.write(frame)
        return writer.path.stat().st_size

    return work


def small(frames: Sequence[MaskedFrame], width: int) -> Callable[[], int]:
    size = fit((frames[0].width, frames[0].height), (width, 1 << 20))
    return lambda: sum(shrink(frame, size).size for frame in frames)


def still(frames: Sequence[MaskedFrame]) -> Callable[[], int]:
    size = fit((frames[0].width, frames[0].height), (1280, 1 << 20))
    return lambda: sum(len(jpeg(shrink(frame, size), 75)) for frame in frames)


def wall(frames: Sequence[MaskedFrame]) -> Callable[[], int]:
    names = [f"c{n}" for n in range(16)]

    def work() -> int:
        atlas = Atlas(names, 1280)
        size = 0
        for frame in frames:
            atlas.update(dict.fromkeys(names, frame))
            size += len(jpeg(atlas.canvas, 75))
        return size

    return work


def measure(jobs: dict[str, Callable[[], int]], rounds: int) -> dict[str, tuple[float, float, int]]:
    """Best CPU seconds, its wall seconds, and bytes made, of each job; jobs take turns."""
    best: dict[str, tuple[float, float, int]] = {}
    for _ in range(rounds):
        for name, work in jobs.items():
            cpu, wall_clock = time.process_time(), time.perf_counter()
            made = work()
            spent = time.process_time() - cpu, time.perf_counter() - wall_clock, made
            if name not in best or spent[0] < best[name][0]:
                best[name] = spent
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--pictures", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    for path in wanted.clips:
        frames = load(path, wanted.pictures)
        with tempfile.TemporaryDirectory() as folder:
            jobs = {
                "x264 alone": bare(frames, EncodeOptions().crf),
                "fragments, 1 thread": fragments(frames, 1),
                "fragments, 2 threads": fragments(frames, 2),
                "masked.mp4, 1 thread": clip(frames, 1, Path(folder)),
                "masked.mp4, 2 threads": clip(frames, 2, Path(folder)),
                "a still of 1280": still(frames),
                "a tile of 320": small(frames, 320),
                "a wall of 16 at 1280": wall(frames),
            }
            best = measure(jobs, wanted.rounds)
        floor = best["x264 alone"][0]
        size = f"{frames[0].width}x{frames[0].height}"
        print(f"{path.parent.name}/{path.name}, {len(frames)} pictures of {size}")
        print(f"  {'':24}{'CPU ms':>8}{'wall ms':>9}{'ratio':>7}{'kB':>9}   a picture")
        for name, (cpu, seconds, made) in best.items():
            row = [1000 * cpu / len(frames), 1000 * seconds / len(frames), cpu / floor]
            print(
                f"  {name:24}{row[0]:8.2f}{row[1]:9.2f}{row[2]:7.2f}{made / len(frames) / 1e3:9.1f}"
            )


if __name__ == "__main__":
    main()
