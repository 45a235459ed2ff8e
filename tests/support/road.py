"""A road and a camera whose place is known: solid things on it, as a detector sees them.

Everything here is synthetic. A thing is a box of its kind's size on flat ground; what the camera
sees of it is the rectangle about its eight corners, to which a detector's errors are added: noise
on every side, looks that miss it, and now and then a box that is cut short at its foot.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streetlamp.ground import Plane, plane_from_points
from streetlamp.values import Kind, Tracks

T0 = 1_800_000_000.0
Array = NDArray[np.float64]

SIZES = {  # m: length, width, height
    Kind.PERSON: (0.4, 0.5, 1.72),
    Kind.BICYCLE: (1.8, 0.6, 1.75),
    Kind.CAR: (4.4, 1.8, 1.5),
    Kind.MOTORCYCLE: (2.2, 0.8, 1.6),
    Kind.BUS: (12.0, 2.5, 3.1),
    Kind.TRUCK: (7.5, 2.5, 3.2),
}


@dataclass(frozen=True)
class Pinhole:
    """Above (0, 0), looking along +Y; X is to its right."""

    height: float = 6.0  # m
    pitch: float = 20.0  # degrees down
    view: float = 80.0  # degrees across
    size: tuple[int, int] = (1280, 720)
    roll: float = 0.0  # degrees

    def pixels(self, places: Any) -> Array:
        """(n, 2) pixels of (n, 3) places in metres (Z up); nan behind it."""
        x, y, z = np.asarray(places, np.float64).reshape(-1, 3).T
        w, h = self.size
        focal = w / 2 / math.tan(math.radians(self.view) / 2)
        sin, cos = math.sin(math.radians(self.pitch)), math.cos(math.radians(self.pitch))
        below = self.height - z
        deep = y * cos + below * sin
        deep = np.where(deep > 0.1, deep, np.nan)
        u, v = focal * x / deep, focal * (below * cos - y * sin) / deep
        c, s = math.cos(math.radians(self.roll)), math.sin(math.radians(self.roll))
        return np.stack([u * c - v * s + w / 2, u * s + v * c + h / 2], axis=1)

    def fractions(self, places: Any) -> Array:
        """The same as fractions of the picture; (n, 2) places are on the ground."""
        array = np.asarray(places, np.float64)
        if array.shape[-1] == 2:
            array = np.concatenate([array, np.zeros((*array.shape[:-1], 1))], axis=-1)
        return self.pixels(array) / self.size

    def plane(
        self,
        noise: float = 0.0,
        seed: int = 0,
        points: Any = ((-4, 10), (4, 10), (4, 30), (-4, 30)),
    ) -> Plane:
        """Calibrated from points on the ground, clicked with so many pixels of noise."""
        rng = np.random.default_rng(seed)
        clicked = self.fractions(points) + rng.normal(0, 1, (len(points), 2)) * noise / self.size
        return plane_from_points(clicked.tolist(), points, self.size, max(noise, 0.1))

    def person(self, x: float, y: float, tall: float) -> tuple[float, float, float]:
        """Foot and head of somebody upright, as `plane_from_people` takes them."""
        (a, b), (_, top) = self.fractions([[x, y, 0.0], [x, y, tall]]).tolist()
        return a, b, top


@dataclass(frozen=True)
class Driver:
    """``where(seconds)``: x, y and heading (radians from +X), or None while it is not there."""

    where: Callable[[float], tuple[float, float, float] | None]
    kind: Kind = Kind.CAR
    id: int = 1

    def corners(self, seconds: float) -> Array | None:
        at = self.where(seconds)
        if at is None:
            return None
        x, y, heading = at
        length, width, height = SIZES[self.kind]
        c, s = math.cos(heading), math.sin(heading)
        return np.array(
            [
                (x + c * a - s * b, y + s * a + c * b, z)
                for a in (-length / 2, length / 2)
                for b in (-width / 2, width / 2)
                for z in (0.0, height)
            ]
        )


def straight(
    start: tuple[float, float], end: tuple[float, float], speed: float, begin: float = 0.0
) -> Callable[[float], tuple[float, float, float] | None]:
    """From a place to a place at a speed (m/s); not there before and after."""
    length = math.dist(start, end)
    heading = math.atan2(end[1] - start[1], end[0] - start[0])

    def where(seconds: float) -> tuple[float, float, float] | None:
        way = (seconds - begin) * speed
        if not 0.0 <= way <= length:
            return None
        share = way / length
        return (
            start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]), heading,
        )  # fmt: skip

    return where


def still(
    x: float, y: float, begin: float = 0.0, end: float = 1e9
) -> Callable[[float], tuple[float, float, float] | None]:
    return lambda seconds: (x, y, math.pi / 2) if begin <= seconds <= end else None


def chain(
    *parts: Callable[[float], tuple[float, float, float] | None],
) -> Callable[[float], tuple[float, float, float] | None]:
    """The first of these that is there."""
    return lambda seconds: next((at for one in parts if (at := one(seconds)) is not None), None)


@dataclass
class Eyes:
    """A detector's errors. ``noise`` is a share of the box's size on each side, one σ."""

    noise: float = 0.0
    miss: float = 0.0  # share of looks that do not find a thing
    cut: float = 0.0  # share of looks whose box ends 15 % too high
    seed: int = 0
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def see(self, corners: Array, camera: Pinhole) -> list[float] | None:
        """The box of what is in the picture; None: not found, or next to nothing to see."""
        pixels = camera.pixels(corners)
        w, h = camera.size
        if not np.isfinite(pixels).all():
            return None
        (x1, y1), (x2, y2) = pixels.min(axis=0), pixels.max(axis=0)
        full = (x2 - x1) * (y2 - y1)
        shake = self.rng.normal(0, self.noise * math.sqrt(full), 4) if self.noise else np.zeros(4)
        lost, short = self.rng.random(2)
        box = np.array([x1, y1, x2, y2]) + shake
        if short < self.cut:
            box[3] -= 0.15 * (y2 - y1)
        box = np.clip(box, 0.0, (w, h, w, h))
        area = max(box[2] - box[0], 0) * max(box[3] - box[1], 0)
        if lost < self.miss or area < 0.3 * full or box[3] - box[1] < 8:
            return None
        return [float(one) for one in box]


def look(
    camera: Pinhole, drivers: Iterable[Driver], seconds: float, frame: int, eyes: Eyes
) -> Tracks:
    rows = []
    for driver in drivers:
        corners = driver.corners(seconds)
        box = None if corners is None else eyes.see(corners, camera)
        if box is not None:
            rows.append((driver.id, box, driver.kind, 0.8))
    if not rows:
        return Tracks.make("cam", T0 + seconds, frame, camera.size)
    ids, boxes, kinds, scores = zip(*rows, strict=True)
    return Tracks.make(
        "cam", T0 + seconds, frame, camera.size, id=ids, box=boxes, kind=kinds, score=scores
    )


def play(
    camera: Pinhole,
    drivers: Sequence[Driver],
    seconds: float,
    eyes: Eyes | None = None,
    every: float = 0.2,
) -> Iterator[Tracks]:
    """Looks from 0 to ``seconds``."""
    seen = eyes or Eyes()
    for n in range(int(seconds / every) + 1):
        yield look(camera, drivers, n * every, n + 1, seen)
