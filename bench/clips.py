"""The clips the cost benches run on: 1280×720, 15 pictures a second, as a camera sends them.

    python bench/clips.py            make them all (some minutes, once)
    python bench/clips.py campus     make one

H.264, no B-frames, a keyframe every two seconds, at most 2 Mbit/s, under .cache/bench/:

| clip | what it shows | made from |
|---|---|---|
| room | a room with nobody in it, 5 minutes | the first 56 pictures of intel_onebyone |
| office | an office with nobody in it, 5 minutes | 5 pictures of cdnet_office: nobody's shadow |
| shadow | the same, and the shadow of somebody behind the door, 5 minutes | its first 8 pictures |
| campus | a campus with nobody in it, 5 minutes | what stands still in demo/footage/path.mp4 |
| windy | the same with two patches that sway without end, 2 minutes | the same |
| van | the same with a van that drives to and fro, 1 minute | and the van of carpark.mp4 |
| busy | people all the time, 53 seconds | pets09_s2l1_a, or path.mp4 where that is not |
| visitors | twenty quiet seconds, somebody comes and goes; three times | intel_onebyone |
| numbers | a drawn street, each picture with its number, 1 minute | the source `test:` |

`room` and `office` are real pictures, played forwards and backwards so that no seam shows;
`campus` is the median of a clip. Over each picture goes new sensor noise, as a small sensor has it
indoors: its variance grows with the light (Poisson) from that of the electronics (Gaussian). What
the source's own compression left of its noise is still there, too. `busy` plays at 15 a second
what was taken at 7 to 10: everybody hurries.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, count, cycle, islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from hiding import DATA
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "bench"
FOOTAGE = ROOT / "demo" / "footage"
WIDTH, HEIGHT, FPS = 1280, 720, 15
GOP, BITS = 2 * FPS, 2_000_000
MADE = 5  # goes up when the recipe of all clips changes, so that old ones are not measured

Picture = NDArray[Any]  # (720, 1280, 3) blue, green, red, 8 bit


class NoFootageError(Exception):
    """The footage a clip is made from is not on this machine."""


@dataclass(frozen=True)
class Clip:
    """A made clip. `quiet`: nobody and no vehicle is in it."""

    name: str
    path: Path
    frames: int
    quiet: bool
    size: tuple[int, int] = (WIDTH, HEIGHT)


def fitted(picture: Picture) -> Picture:
    """Cut to 16:9 about the middle and scaled to 1280×720."""
    rows, columns = picture.shape[:2]
    keep_rows, keep_columns = min(rows, columns * 9 // 16), min(columns, rows * 16 // 9)
    top, left = (rows - keep_rows) // 2, (columns - keep_columns) // 2
    cut = picture[top : top + keep_rows, left : left + keep_columns]
    return cv2.resize(cut, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def pictures(path: Path, first: int = 0, count: int | None = None) -> list[Picture]:
    if not path.exists():
        raise NoFootageError(f"{path.parent.name}/{path.name} is not there")
    with av.open(str(path)) as container:
        last = None if count is None else first + count
        found = islice(container.decode(video=0), first, last)
        return [picture.to_ndarray(format="bgr24") for picture in found]


def to_and_fro(frames: list[Picture]) -> Iterator[Picture]:
    return cycle(chain(frames, frames[-2:0:-1]))


def empty_campus(name: str = "path") -> Picture:
    """What of a demo clip stands still: the median of every sixth picture."""
    return np.median(np.stack(pictures(FOOTAGE / f"{name}.mp4")[::6]), axis=0).astype(np.uint8)


def campus_still() -> Picture:
    """Without the parked vehicles at the top of the picture."""
    return fitted(empty_campus()[130:562])


def room() -> Iterator[Picture]:
    return to_and_fro([fitted(p) for p in pictures(DATA / "intel_onebyone" / "clip.mp4", 0, 56)])


def office() -> Iterator[Picture]:
    """Between the shadow of who comes to the door and the hand on its handle (the tenth)."""
    return to_and_fro([fitted(p) for p in pictures(DATA / "cdnet_office" / "clip.mp4", 4, 5)])


def shadow() -> Iterator[Picture]:
    """On the wall behind the door, 6 levels deep, once a second."""
    return to_and_fro([fitted(p) for p in pictures(DATA / "cdnet_office" / "clip.mp4", 0, 8)])


def campus() -> Iterator[Picture]:
    return cycle([campus_still()])


def windy() -> Iterator[Picture]:
    """Two patches of the picture are pushed to and fro by a few pixels, like leaves in the wind."""
    still = campus_still()
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    weight = sum(
        np.exp(-(((x - at_x) / 130) ** 2) - ((y - at_y) / 100) ** 2)
        for at_x, at_y in ((150, 110), (1050, 560))
    ).astype(np.float32)
    grain = cv2.resize(rng.uniform(0, 6.28, (12, 20)).astype(np.float32), (WIDTH, HEIGHT))
    number = 0
    while True:
        swing = 5 * weight * np.sin(grain + number * 0.55)
        sway = 3 * weight * np.sin(2 * grain + number * 0.31)
        yield cv2.remap(still, x + swing, y + sway, cv2.INTER_LINEAR)
        number += 1


def van() -> Iterator[Picture]:
    """A parked van is cut out and driven along the path, 110 pixels a second, there and back."""
    still = campus_still()
    parked = empty_campus("carpark")[42:102, 264:348]  # of 288×384
    car = cv2.resize(parked, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    rows, columns = car.shape[:2]
    edge = np.zeros((rows, columns), np.float32)
    edge[14:-14, 14:-14] = 1
    alpha = cv2.GaussianBlur(edge, (0, 0), 6)[..., None]
    reach, number = WIDTH - columns - 1, 0
    while True:
        way = (number * 110 / FPS) % (2 * reach)
        at = round(way if way < reach else 2 * reach - way)
        picture = still.copy()
        place = picture[40 : 40 + rows, at : at + columns]
        place[:] = (alpha * car + (1 - alpha) * place).round().astype(np.uint8)
        yield picture
        number += 1


def busy() -> Iterator[Picture]:
    shared = DATA / "pets09_s2l1_a" / "clip.mp4"
    frames = pictures(shared if shared.exists() else FOOTAGE / "path.mp4")
    return to_and_fro([fitted(picture) for picture in frames])


FIRST_SEEN = (320, 790, 1320)
"""The pictures of `visitors` (from 0) in which each of the three first shows; ±4, as labelled."""


def visitors() -> Iterator[Picture]:
    """Twenty quiet seconds, then somebody walks in, stays, and leaves; three times."""
    every = [fitted(p) for p in pictures(DATA / "intel_onebyone" / "clip.mp4")]
    for first, last in ((60, 202), (502, 704), (1235, 1365)):
        yield from islice(to_and_fro(every[first - 20 : first - 4]), 300)
        yield from every[first - 20 : last + 8]


def numbers() -> Iterator[Picture]:
    """The drawn street of `test:` without people, its number in the top rows of each picture."""
    from streetlamp.video.source.scene import Scene  # noqa: PLC0415 (the clips need no package)

    scene = Scene((WIDTH, HEIGHT), FPS, 1, people=0, cars=2)
    return (scene.draw(number).to_ndarray(format="bgr24") for number in count())


@dataclass(frozen=True)
class Recipe:
    pictures: Callable[[], Iterator[Picture]]
    seconds: int
    quiet: bool = False
    noise: float = 1.0  # times the noise of a small sensor indoors; 0: the footage's own alone
    made: int = MADE  # goes up when this recipe changes


RECIPES = {
    "room": Recipe(room, 300, quiet=True),
    "office": Recipe(office, 300, quiet=True, made=6),
    "shadow": Recipe(shadow, 300),
    "campus": Recipe(campus, 300, quiet=True),
    "windy": Recipe(windy, 120),
    "van": Recipe(van, 60),
    "busy": Recipe(busy, 53, noise=0),
    "visitors": Recipe(visitors, 97),
    "numbers": Recipe(numbers, 60, noise=0),
}


class Noise:
    """Sensor noise for 8-bit pictures, new for every picture, the same for every run."""

    def __init__(self, strength: float) -> None:
        self._rng = np.random.default_rng(11)
        self._strength = strength
        big = self._rng.normal(0, 1, (HEIGHT + 256, WIDTH + 256, 3)).astype(np.float32)
        soft = cv2.GaussianBlur(big, (0, 0), 0.6)  # what a camera's own processing leaves
        self._grain = soft / soft.std()

    def over(self, picture: Picture) -> Picture:
        """The picture with noise: variance 1 + 2 % of the value, in grey levels squared."""
        if not self._strength:
            return picture
        top, left = self._rng.integers(0, 256, 2)
        grain = self._grain[top : top + HEIGHT, left : left + WIDTH]
        if self._rng.integers(2):
            grain = grain[:, ::-1]
        light = picture.astype(np.float32)
        spread = self._strength * np.sqrt(1 + 0.02 * light)
        return (light + spread * grain).round().clip(0, 255).astype(np.uint8)


def make(name: str) -> Clip:
    """The clip, made if it is not there yet; NoFootageError when its footage is missing."""
    recipe = RECIPES[name]
    frames = recipe.seconds * FPS
    path = CACHE / f"{name}-720p15-{recipe.made}.mp4"
    if not path.exists():
        source = recipe.pictures()
        CACHE.mkdir(parents=True, exist_ok=True)
        print(f"making {path.name} ({recipe.seconds} s), once …", file=sys.stderr, flush=True)
        write(path, islice(source, frames), Noise(recipe.noise))
    return Clip(name, path, frames, recipe.quiet)


def write(path: Path, source: Iterator[Picture], noise: Noise) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    with av.open(str(part), "w", format="mp4") as out:
        track = out.add_stream("libx264", rate=Fraction(FPS))
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        track.bit_rate = BITS
        track.thread_type = "FRAME"  # slices would be threads' too: one a picture, as cameras send
        track.codec_context.thread_count = 2
        track.codec_context.gop_size = GOP
        track.codec_context.max_b_frames = 0
        track.options = {
            "preset": "veryfast", "maxrate": str(BITS), "bufsize": str(BITS), "sc_threshold": "0",
        }  # fmt: skip
        for index, picture in enumerate(source):
            frame = av.VideoFrame.from_ndarray(noise.over(picture), format="bgr24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
    part.replace(path)


def shortened(clip: Clip, frames: int) -> Clip:
    """Its first pictures, by whole GOPs, packet by packet: the very same compressed pictures."""
    frames = max(GOP, frames // GOP * GOP)
    if frames >= clip.frames:
        return clip
    path = clip.path.with_name(f"{clip.path.stem}-first{frames}.mp4")
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}.part")
        with av.open(str(clip.path)) as source, av.open(str(part), "w", format="mp4") as out:
            track = out.add_stream_from_template(source.streams.video[0])
            for packet in islice(source.demux(video=0), frames):
                packet.stream = track
                out.mux(packet)
        part.replace(path)
    return Clip(clip.name, path, frames, clip.quiet, clip.size)


def available(names: list[str]) -> tuple[list[Clip], list[str]]:
    """The clips that can be made here, and why the others cannot."""
    clips, missing = [], []
    for name in names:
        try:
            clips.append(make(name))
        except NoFootageError as error:
            missing.append(f"{name}: {error}")
    return clips, missing


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[*RECIPES, []], help="default: all")
    clips, missing = available(parser.parse_args().names or list(RECIPES))
    for clip in clips:
        size = clip.path.stat().st_size
        rate = size * 8 * FPS / clip.frames / 1e6
        print(f"{clip.name:8}{clip.frames:6} pictures{size / 1e6:8.1f} MB{rate:6.2f} Mbit/s")
    for line in missing:
        print(f"NOT made: {line}", file=sys.stderr)


if __name__ == "__main__":
    main()
