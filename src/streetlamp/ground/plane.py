"""A map between the picture and the ground, and how far to trust what is measured with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Matrix = tuple[tuple[float, float, float], ...]

SKY: Final = 1e-6  # beside 1 at the points of the calibration: so far away is the horizon


@dataclass(frozen=True, slots=True)
class Plane:
    """Picture to ground and back. Points of the picture are fractions of it, as in `geometry`."""

    matrix: Matrix
    """3 × 3, from (x, y, 1) of the picture to the ground's (X, Y, 1) times a positive number."""
    variants: tuple[Matrix, ...] = ()
    """The same, each with one independent cause of error one standard deviation off."""

    def to_metres(self, points: Any) -> Array:
        """(n, 2) metres on the ground of (n, 2) points; nan at the horizon and above it."""
        return project(_array(self.matrix), points, SKY)

    def to_picture(self, metres: Any) -> Array:
        """(n, 2) fractions of the picture of (n, 2) metres; nan for what is behind the camera.

        They may be outside the picture.
        """
        return project(_inverse(self.matrix), metres, 0.0)

    def pictures(self, x: Array, y: Array) -> NDArray[np.bool_]:
        """(n,) whether `to_picture` says where these points of the ground (metres) are."""
        a, b, c = _inverse(self.matrix)[2].tolist()
        scale = a * x + b * y + c
        seen: NDArray[np.bool_] = (scale > SKY) & (scale < 1.0 / SKY)
        unsure = np.flatnonzero(~seen)
        if len(unsure):
            points = np.stack([x[unsure], y[unsure]], axis=1)
            seen[unsure] = np.isfinite(self.to_picture(points)).all(axis=1)
        return seen

    def jacobian(self, points: Any) -> Array:
        """(n, 2, 2) metres a fraction of the picture, at each of the (n, 2) points."""
        _, _, *slopes = self._slopes(points)
        return np.stack(slopes, axis=1).reshape(-1, 2, 2)

    def error_at(self, points: Any, size: tuple[int, int], pixels: float | Array = 1.0) -> Array:
        """(n,) metres by which a point so many pixels off is off, in its worst direction."""
        return self.metres_and_errors(points, size)[2] * pixels

    def metres_and_errors(self, points: Any, size: tuple[int, int]) -> tuple[Array, Array, Array]:
        """(n,) x and (n,) y of `to_metres`, and (n,) `error_at` of one pixel: at once."""
        x, y, a, b, c, d = self._slopes(points)
        wide, tall = (float(one) for one in size)
        a, b, c, d = a / wide, b / tall, c / wide, d / tall
        half = (a * a + b * b + c * c + d * d) / 2  # the larger singular value, in closed form
        worst: Array = np.sqrt(half + np.sqrt(np.maximum(half**2 - (a * d - b * c) ** 2, 0.0)))
        return x, y, worst

    def _slopes(self, points: Any) -> tuple[Array, Array, Array, Array, Array, Array]:
        """(n,) x and y on the ground, then the four of each `jacobian`, row by row."""
        m = self.matrix
        array = np.asarray(points, np.float64).reshape(-1, 2)
        across, down = array[:, 0], array[:, 1]
        x, y, scale = (a * across + b * down + c for a, b, c in m)
        scale = np.where(scale > SKY, scale, np.nan)
        x, y = x / scale, y / scale
        (a, b, _), (c, d, _), (e, f, _) = m
        return (
            x, y, (a - x * e) / scale, (b - x * f) / scale, (c - y * e) / scale,
            (d - y * f) / scale,
        )  # fmt: skip

    def area(self, corners: Any) -> float:
        """Square metres inside a polygon of the picture; nan if it reaches the horizon."""
        return _area(self.to_metres(corners))

    def doubt(self, measure: Callable[[Plane], float]) -> float:
        """One standard deviation of ``measure`` by the calibration's own errors."""
        value = measure(self)
        others = (measure(Plane(variant)) for variant in self.variants)
        return math.sqrt(sum((other - value) ** 2 for other in others))

    def doubt_of_length(self, a: tuple[float, float], b: tuple[float, float]) -> float:
        """The share by which the distance of two ground points (metres) is in doubt, one σ."""
        return float(self.doubts_of_lengths([a], [b])[0])

    def doubts_of_lengths(self, a: Any, b: Any) -> Array:
        """(n,) the same of (n, 2) points and (n, 2) others; 0 where they are the same."""
        start, end = np.asarray(a, np.float64), np.asarray(b, np.float64)
        apart = end - start
        length = np.sqrt(apart[:, 0] * apart[:, 0] + apart[:, 1] * apart[:, 1])
        doubts = np.zeros(len(length))
        some = np.flatnonzero(~(length <= 0))
        if not self.variants or not len(some):
            return doubts
        (ax, ay), (bx, by) = (
            _places(_arrays(self.variants), self.to_picture(one[some])) for one in (start, end)
        )
        off = np.sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay)) / length[some] - 1.0
        # Added up one after the other, so that the sum is the same of however many.
        doubts[some] = np.sqrt(np.add.accumulate(off * off, axis=0)[-1])
        return doubts


def homogeneous(points: Any) -> Array:
    array = np.asarray(points, np.float64).reshape(-1, 2)
    return np.concatenate([array, np.ones((len(array), 1))], axis=1)


def through(matrix: Array, points: Any) -> Array:
    """(n, 3) each of the (n, 2) points, with a 1, through a 3 × 3 matrix: to the same bit however
    many points there are, which a product of matrices is not."""
    array = np.asarray(points, np.float64).reshape(-1, 2)
    x, y = array[:, 0], array[:, 1]
    return np.stack([a * x + b * y + c for a, b, c in matrix.tolist()], axis=1)


def _places(matrices: Array, points: Array) -> tuple[Array, Array]:
    """(v, n) x and y of (n, 2) points, through each of v matrices."""
    x, y = points[:, 0], points[:, 1]
    m = matrices[..., None]
    rows = [m[:, n, 0] * x + m[:, n, 1] * y + m[:, n, 2] for n in range(3)]
    return rows[0] / rows[2], rows[1] / rows[2]


def project(matrix: Array, points: Any, least: float) -> Array:
    at = through(matrix, points)
    scale = np.where(at[:, 2] > least, at[:, 2], np.nan)
    mapped: Array = at[:, :2] / scale[:, None]
    return mapped


def _area(corners: Array) -> float:
    x, y = corners[:, 0], corners[:, 1]
    return abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())) / 2


def as_matrix(array: Array) -> Matrix:
    return tuple((float(a), float(b), float(c)) for a, b, c in array)


@lru_cache(maxsize=256)
def _array(matrix: Matrix) -> Array:
    return np.array(matrix, np.float64)


@lru_cache(maxsize=256)
def _arrays(matrices: tuple[Matrix, ...]) -> Array:
    return np.array(matrices, np.float64)


@lru_cache(maxsize=256)
def _inverse(matrix: Matrix) -> Array:
    return np.asarray(np.linalg.inv(_array(matrix)), np.float64)
