"""Zones and lines an owner draws on a camera's picture.

Points are fractions of the picture (0–1, origin at the top left), so a drawing survives a change of
the camera's resolution. The vectorised methods take pixel points and the picture's ``size`` (width,
height) and answer in pixels.

Which side of a line is which: stand on the picture at ``a`` and look towards ``b``; *right* is your
right hand. A line drawn from left to right has its right side below it:

            left
    a ─────────────────▶ b        "in"  is from left to right (here: downwards)
            right                 "out" is from right to left (here: upwards)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from streetlamp.values import Bools

Point = tuple[float, float]
Distances = NDArray[np.float64]

_STRICT = ConfigDict(extra="forbid")
_NAME = Field(min_length=1, max_length=80, title="Name", description="What people call this place.")
_NEAR = 1e-9


def in_picture(point: Point, which: str) -> Point:
    """The point, when it is one of the picture; ValueError names it by ``which``."""
    x, y = point
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(f"{which} ({x}, {y}) is not a pair of numbers")
    if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
        raise ValueError(
            f"{which} ({x:g}, {y:g}) is outside the picture: write fractions of the width and"
            " height, 0 to 1 (pixels divided by the picture's size)"
        )
    return point


def _cross(o: Point, a: Point, b: Point) -> float:
    return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])


def _between(a: Point, b: Point, p: Point) -> bool:
    """Whether p, known to be on the straight line through a and b, is on the piece between."""
    return (
        min(a[0], b[0]) - _NEAR <= p[0] <= max(a[0], b[0]) + _NEAR
        and min(a[1], b[1]) - _NEAR <= p[1] <= max(a[1], b[1]) + _NEAR
    )


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the pieces a–b and c–d share a point."""
    turns = [_cross(a, b, c), _cross(a, b, d), _cross(c, d, a), _cross(c, d, b)]
    signs = [0 if abs(turn) < _NEAR else math.copysign(1, turn) for turn in turns]
    if signs[0] * signs[1] < 0 and signs[2] * signs[3] < 0:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(sign == 0 and _between(p, q, r) for sign, (p, q, r) in zip(signs, ends, strict=True))


def _pixels(points: Any, size: tuple[int, int]) -> tuple[Distances, Distances]:
    """(n, 2) points as float64, and the size as a row; ValueError on another shape."""
    array = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    return array, np.asarray(size, dtype=np.float64)


@dataclass(frozen=True, config=_STRICT)
class Zone:
    """An area of the picture: a polygon without crossings, at least three corners."""

    name: Annotated[str, _NAME]
    points: Annotated[
        tuple[Point, ...],
        Field(
            title="Corners",
            description="At least three corners [x, y] in order, as fractions of the picture.",
        ),
    ]

    @field_validator("points")
    @classmethod
    def _check(cls, points: tuple[Point, ...]) -> tuple[Point, ...]:
        if len(points) > 1 and points[0] == points[-1]:
            points = points[:-1]  # many people close the ring themselves
        if len(points) < 3:
            raise ValueError(f"a zone needs at least 3 corners, this one has {len(points)}")
        for number, point in enumerate(points, 1):
            in_picture(point, f"corner {number}")
        n = len(points)
        for i in range(n):
            if math.dist(points[i], points[(i + 1) % n]) < 1e-6:
                raise ValueError(f"corners {i + 1} and {(i + 1) % n + 1} are the same point")
        for i, j in combinations(range(n), 2):
            if j - i == 1 or (i == 0 and j == n - 1):
                continue  # neighbours share a corner
            if _meet(points[i], points[(i + 1) % n], points[j], points[(j + 1) % n]):
                raise ValueError(
                    f"the edge from corner {i + 1} crosses the edge from corner {j + 1}: give the"
                    " corners in the order you would walk around the zone"
                )
        area = 0.5 * sum(
            points[i][0] * points[(i + 1) % n][1] - points[(i + 1) % n][0] * points[i][1]
            for i in range(n)
        )
        if abs(area) < 1e-6:
            raise ValueError("the corners lie on one line: the zone has no area")
        return points

    @classmethod
    def whole(cls, name: str = "picture") -> Zone:
        """The zone that is the whole picture."""
        return cls(name, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))

    def contains(self, points: Any, size: tuple[int, int]) -> Bools:
        """(n,) whether each of the (n, 2) pixel points is inside (even-odd rule).

        A point on the picture's edge or beyond it counts as just inside that edge: a box that
        reaches out of the picture still stands in the zone it reaches out of.
        """
        array, scale = _pixels(points, size)
        array = np.clip(array, 0.5, scale - 0.5)
        corners = np.asarray(self.points) * scale
        x, y = array[:, :1], array[:, 1:]
        ax, ay = corners[:, 0], corners[:, 1]
        bx, by = np.roll(ax, -1), np.roll(ay, -1)
        spans = (ay > y) != (by > y)
        rise = np.where(by == ay, 1.0, by - ay)
        left_of = x < (bx - ax) * (y - ay) / rise + ax
        inside: Bools = (np.count_nonzero(spans & left_of, axis=1) % 2).astype(np.bool_)
        return inside

    def distance(self, points: Any, size: tuple[int, int]) -> Distances:
        """(n,) pixels from each point to the zone's border: positive inside, negative outside.

        A border that runs along the picture's own edge does not count: nothing can be beyond it.
        """
        array, scale = _pixels(points, size)
        array = np.clip(array, 0.5, scale - 0.5)
        corners = np.asarray(self.points) * scale
        a, b = corners, np.roll(corners, -1, axis=0)
        edge = b - a
        length = np.maximum((edge**2).sum(axis=1), _NEAR)
        along = ((array[:, None, :] - a) * edge).sum(axis=2) / length
        nearest = a + np.clip(along, 0.0, 1.0)[..., None] * edge
        gap = np.linalg.norm(array[:, None, :] - nearest, axis=2)
        inside = self.contains(array, size)
        on_frame = np.zeros(len(a), np.bool_)
        for axis in (0, 1):
            for end in (0.0, scale[axis]):
                on_frame |= (np.abs(a[:, axis] - end) < 0.5) & (np.abs(b[:, axis] - end) < 0.5)
        inner = np.where(on_frame, np.inf, gap).min(axis=1)
        signed: Distances = np.where(inside, inner, -gap.min(axis=1))
        return signed


@dataclass(frozen=True, config=_STRICT)
class Line:
    """A line across the picture, from ``a`` to ``b``; "in" is from its left to its right."""

    name: Annotated[str, _NAME]
    a: Annotated[
        Point, Field(title="Start", description="Where the line starts, [x, y] as fractions.")
    ]
    b: Annotated[Point, Field(title="End", description="Where the line ends, [x, y] as fractions.")]

    @model_validator(mode="after")
    def _check(self) -> Line:
        in_picture(self.a, "the start")
        in_picture(self.b, "the end")
        if math.dist(self.a, self.b) < 1e-3:
            raise ValueError("the line's start and end are the same point")
        return self

    def side(self, points: Any, size: tuple[int, int]) -> Distances:
        """(n,) pixels from the endless straight line through a and b: positive on its right."""
        array, scale = _pixels(points, size)
        a, b = np.asarray(self.a) * scale, np.asarray(self.b) * scale
        edge = b - a
        offset = array - a
        signed: Distances = (edge[0] * offset[:, 1] - edge[1] * offset[:, 0]) / np.hypot(*edge)
        return signed

    def along(self, points: Any, size: tuple[int, int]) -> Distances:
        """(n,) where each point's foot on the line is: 0 at a, 1 at b, beyond them outside 0–1."""
        array, scale = _pixels(points, size)
        a, b = np.asarray(self.a) * scale, np.asarray(self.b) * scale
        edge = b - a
        where: Distances = ((array - a) @ edge) / float(edge @ edge)
        return where


Place = Zone | Line


def find(places: Sequence[Place], name: str) -> Place | None:
    """The place with this name, or None."""
    return next((place for place in places if place.name == name), None)


def overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes x1 y1 x2 y2, 0–1: of a few, quicker than NumPy's."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)
