"""x264 as the recorder asks for it beside a quantiser that never changes: cost, size, likeness.

    python bench/quantiser.py CLIP... [--pictures 60] [--rounds 5] [--noise 0 2.5 5]

With a constant rate factor x264 first makes each picture small and looks at how it moves, to decide
how finely it is compressed; with a fixed quantiser it does not. For each clip, and for the same
clip with that much sensor noise on it (levels, standard deviation):

- CPU microseconds a picture, the median of the rounds, which take turns;
- bytes a picture;
- PSNR of all pictures (dB, luma and chroma as they are stored) and mean SSIM of the luma.

`floor` is what bench/floor.py's *reencode* asks for: it knows the clip's rate, and x264's constant
rate factor is finer where pictures stand longer. The recorder says 25 a second whatever comes.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import floor
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from streetlamp.stream.encoders import Settings, options_for
from streetlamp.stream.options import EncodeOptions

FIXED = (22, 23, 24, 26)  # quantisers tried
EVERY = 7  # of the pictures is compared
TICKS = 90_000
Picture = NDArray[np.uint8]  # (3 h / 2, w) planes of 4:2:0, one below the other


@dataclass(frozen=True)
class Way:
    """How an encoder is asked."""

    options: dict[str, str]
    rate: Fraction  # pictures a second, as it is told
    clock: Fraction  # s
    gop: int  # pictures; each begins with a keyframe


@dataclass(frozen=True)
class Coded:
    cpu: float  # s a picture
    size: float  # bytes a picture
    packets: list[bytes]
    extradata: bytes


def ways(rate: Fraction, size: tuple[int, int]) -> dict[str, Way]:
    """What is compared, for pictures of `size` at `rate` a second."""
    options = EncodeOptions()
    wanted = Settings(size, Fraction(1, TICKS), False, options.crf, options.preset)
    ours = options_for("libx264", wanted)
    fixed = {name: value for name, value in ours.items() if name != "crf"}
    plain = {"preset": "ultrafast", "tune": "zerolatency", "crf": str(floor.CRF)}
    gop, second = round(rate), Fraction(25)
    found = {
        "floor": Way(plain, rate, 1 / rate, gop),
        f"recorder, crf {options.crf:g}": Way(ours, second, Fraction(1, TICKS), gop),
    }
    for value in FIXED:
        asked = {**fixed, "qp": str(value)}
        found[f"quantiser {value}"] = Way(asked, second, Fraction(1, TICKS), gop)
    return found


def load(path: Path, count: int, noise: float) -> tuple[list[Picture], Fraction]:
    """The first pictures of a clip with noise on their luma, and how many come a second."""
    with av.open(str(path)) as container:
        rate = container.streams.video[0].average_rate or Fraction(25)
        pictures = [
            picture.reformat(format="yuv420p").to_ndarray()
            for picture in islice(container.decode(video=0), count)
        ]
    rng = np.random.default_rng(1)
    for picture in pictures if noise else []:
        luma = picture[: picture.shape[0] * 2 // 3]
        grain = cv2.GaussianBlur(rng.normal(0, 1, luma.shape).astype(np.float32), (0, 0), 0.6)
        luma[:] = (luma + noise * grain / grain.std()).clip(0, 255).round()
    return pictures, rate


def encode(pictures: list[Picture], rate: Fraction, way: Way) -> Coded:
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    frames = [av.VideoFrame.from_ndarray(picture, format="yuv420p") for picture in pictures]
    context.width, context.height, context.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
    context.framerate, context.time_base = way.rate, way.clock
    context.gop_size, context.max_b_frames, context.thread_count = 1 << 20, 0, 1
    context.options = way.options
    packets: list[bytes] = []
    began = time.process_time()
    for number, frame in enumerate(frames):
        frame.pts, frame.time_base = round(number / (rate * way.clock)), way.clock
        frame.pict_type = PictureType.NONE if number % way.gop else PictureType.I
        packets += map(bytes, context.encode(frame))
    packets += map(bytes, context.encode(None))
    spent = time.process_time() - began
    size = sum(map(len, packets)) / len(frames)
    return Coded(spent / len(frames), size, packets, bytes(context.extradata or b""))


def likeness(pictures: list[Picture], coded: Coded) -> tuple[float, float]:
    """PSNR (dB) and SSIM of what a decoder makes of it."""
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, av.VideoCodecContext)
    context.extradata = coded.extradata
    shown = [frame for data in coded.packets for frame in context.decode(av.Packet(data))]
    shown += context.decode(None)
    errors, alike = [], []
    for before, after in list(zip(pictures, shown, strict=True))[::EVERY]:
        now = after.to_ndarray()
        errors.append(float(np.square(before.astype(np.float32) - now).mean()))
        rows = before.shape[0] * 2 // 3
        alike.append(ssim(before[:rows], now[:rows]))
    return 10 * float(np.log10(255**2 / np.mean(errors))), statistics.mean(alike)


def ssim(a: Any, b: Any) -> float:
    """Mean structural similarity (Wang et al. 2004) of two planes."""
    x, y = a.astype(np.float32), b.astype(np.float32)

    def mean(of: Any) -> Any:
        return cv2.GaussianBlur(of, (11, 11), 1.5)

    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    light, rest = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    same = (2 * mx * my + light) * (2 * both + rest)
    return float((same / ((mx * mx + my * my + light) * (vx + vy + rest))).mean())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--noise", type=float, nargs="*", default=[0.0])
    wanted = parser.parse_args()
    for path in wanted.clips:
        for noise in wanted.noise:
            pictures, rate = load(path, wanted.pictures, noise)
            size = pictures[0].shape[1], pictures[0].shape[0] * 2 // 3
            print(f"{path.name}, {size[0]}×{size[1]}, noise of {noise:g} levels")
            print(f"  {'':18}{'µs':>7}{'bytes':>9}{'PSNR':>7}{'SSIM':>8}")
            asked = ways(rate, size)
            rounds = [
                {name: encode(pictures, rate, way) for name, way in asked.items()}
                for _ in range(wanted.rounds)
            ]
            for name in asked:
                cpu = statistics.median(1e6 * done[name].cpu for done in rounds)
                psnr, alike = likeness(pictures, rounds[0][name])
                size_of = rounds[0][name].size
                print(f"  {name:18}{cpu:7.0f}{size_of:9.0f}{psnr:7.2f}{alike:8.4f}", flush=True)


if __name__ == "__main__":
    main()
