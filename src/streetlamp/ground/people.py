"""A plane from how tall upright people look at every height of the picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.ground.plane import Array, Plane, as_matrix, homogeneous
from streetlamp.ground.points import CLICK_PIXELS, PICTURE

MEAN_HEIGHT: Final = 1.7  # m (Hoiem et al. 2008)
HEIGHT_SPREAD: Final = 0.06  # of a person's height: how much upright people differ, one σ
MEAN_SPREAD: Final = 0.02  # of the mean height: how much places differ in it, one σ
FOCAL_SPREAD: Final = 0.04  # of the focal length, one σ: data sheets are rough
ROLL_SPREAD: Final = math.radians(1.5)
LEAST_PEOPLE: Final = 6
TRIES: Final = 400
TOO_ROUGH: Final = 0.3  # a scale this unsure, one σ, is no calibration


def plane_from_people(
    people: Sequence[Sequence[float]],
    view_degrees: float,
    size: tuple[int, int] = PICTURE,
    *,
    mean_height: float = MEAN_HEIGHT,
    click_pixels: float = CLICK_PIXELS,
) -> Plane:
    """From upright people: (x, y of the foot, y of the head) each, fractions of the picture.

    The same person at several places is as good. Ground flat, camera not tilted sideways by more
    than a few degrees, no strong distortion. ``view_degrees`` is the angle of view across the
    picture, as a data sheet gives it: heights alone say next to nothing about it, and distances
    away from the camera are as wrong as it is. X is to the camera's right, Y away from it, the
    camera above (0, 0).
    """
    rows = np.asarray(people, np.float64).reshape(-1, 3)
    if len(rows) < LEAST_PEOPLE:
        raise ValueError(f"at least {LEAST_PEOPLE} people are needed, there are {len(rows)}")
    if not np.isfinite(rows).all() or (rows[:, 2] >= rows[:, 1]).any():
        raise ValueError("each is [x, y of the foot, y of the head], and heads are above feet")
    w, h = size
    foot = (rows[:, :2] - 0.5) * (w, h)
    head = (rows[:, 2] - 0.5) * h
    prior = math.log(w / 2 / math.tan(math.radians(view_degrees) / 2))
    fit = _PeopleFit(foot, head, mean_height, click_pixels, prior)
    start = fit.begin()
    best, covariance = fit.solve(start)
    matrix = _looking(best, size)
    if (homogeneous(rows[:, :2]) @ matrix[2] <= 0).any():
        raise ValueError("somebody stands above the horizon that the others give")
    share, ways = np.linalg.eigh(covariance)
    variants = [
        as_matrix(_looking(best + math.sqrt(max(s, 0.0)) * way, size))
        for s, way in zip(share, ways.T, strict=True)
    ]
    taller = matrix * np.array([[1 + MEAN_SPREAD], [1 + MEAN_SPREAD], [1.0]])
    plane = Plane(as_matrix(matrix), (*variants, as_matrix(taller)))
    middle = plane.to_metres([np.median(rows[:, :2], axis=0)])[0]
    rough = plane.doubt_of_length((middle[0], middle[1]), (middle[0] + 1.0, middle[1] + 1.0))
    if not math.isfinite(rough) or rough > TOO_ROUGH:
        raise ValueError(
            "these people do not tell where the ground is: take upright ones who stand near as well"
            " as far"
        )
    return plane


def _looking(fit: Array, size: tuple[int, int]) -> Array:
    """The map of a camera: logarithms of its height (m) and focal length (px), pitch, roll."""
    height, focal = math.exp(fit[0]), math.exp(fit[2])
    sin, cos = math.sin(fit[1]), math.cos(fit[1])
    ground = np.array(
        [[height, 0, 0], [0, -height * sin, height * focal * cos], [0, cos, focal * sin]]
    )
    c, s = math.cos(fit[3]), math.sin(fit[3])
    upright = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1.0]])
    w, h = size
    centred = np.array([[w, 0, -w / 2], [0, h, -h / 2], [0, 0, 1.0]])
    made: Array = ground @ upright @ centred / focal
    return made


@dataclass(frozen=True, slots=True)
class _PeopleFit:
    """Where heads should be, and the camera that puts them there (pixels from the middle)."""

    foot: Array  # (n, 2)
    head: Array  # (n,)
    tall: float  # m
    click: float
    log_focal: float  # what is known of it beforehand

    def begin(self) -> Array:
        """By a line through heights against feet: where it is 0, the horizon is (Hoiem 2008).

        Of all lines through two people, the one from which the median of all is off the least.
        """
        y, tall = self.foot[:, 1], self.foot[:, 1] - self.head
        i, j = np.triu_indices(len(y), 1)
        apart = np.abs(y[j] - y[i]) > 4 * self.click
        if apart.sum() < len(y) // 2:
            raise ValueError(
                "all these people stand at one height of the picture; take some near and some far"
            )
        slope = float(np.median((tall[j] - tall[i])[apart] / (y[j] - y[i])[apart]))
        if slope <= 0:
            raise ValueError(
                "people further down in the picture are not larger here: on flat ground seen from"
                " above they are; are the heads and feet those of upright people?"
            )
        some = np.flatnonzero(apart)[:: max(1, int(apart.sum()) // TRIES)]
        starts = [self._through(i[k], j[k]) for k in some]
        return min((one for one in starts if one is not None), key=self._typical)

    def _through(self, i: int, j: int) -> Array | None:
        """The camera by the heights of two people alone."""
        y, tall = self.foot[:, 1], self.foot[:, 1] - self.head
        slope = (tall[j] - tall[i]) / (y[j] - y[i])
        if slope <= 0:
            return None
        horizon = y[i] - tall[i] / slope
        pitch = math.atan2(-horizon, math.exp(self.log_focal))
        return np.array([math.log(self.tall / slope), pitch, self.log_focal, 0.0])

    def _typical(self, fit: Array) -> float:
        """The median miss: with up to half of them wrong, those who agree decide."""
        return float(np.median(np.abs(self.misses(fit)[:-2])))

    def heads(self, fit: Array) -> Array:
        """(n,) y of the heads by this camera; nan for who stands in its sky."""
        height, focal = math.exp(fit[0]), math.exp(fit[2])
        sin, cos = math.sin(fit[1]), math.cos(fit[1])
        c, s = math.cos(fit[3]), math.sin(fit[3])
        u, v = self.foot[:, 0] * c + self.foot[:, 1] * s, self.foot[:, 1] * c - self.foot[:, 0] * s
        down = v * cos + focal * sin
        down = np.where(down > 1e-6 * focal, down, np.nan)
        x, z = height * u / down, height * (focal * cos - v * sin) / down
        rest = height - self.tall
        deep = z * cos + rest * sin
        u_head, v_head = focal * x / deep, focal * (rest * cos - z * sin) / deep
        made: Array = u_head * s + v_head * c
        return made

    def misses(self, fit: Array) -> Array:
        """(n + 2,) in standard deviations: heads, then what was known beforehand."""
        sigma = np.hypot(HEIGHT_SPREAD * (self.foot[:, 1] - self.head), self.click)
        off = (self.heads(fit) - self.head) / sigma
        off = np.where(np.isfinite(off), off, 50.0)
        known = [(fit[2] - self.log_focal) / FOCAL_SPREAD, fit[3] / ROLL_SPREAD]
        return np.concatenate([off, known])

    def solve(self, fit: Array) -> tuple[Array, Array]:
        """Levenberg–Marquardt with Tukey's weights: the camera, and its covariance."""
        damp = 1e-3
        normal = np.eye(4)
        for _ in range(100):
            off = self.misses(fit)
            weight = self._weights(off)
            slopes = self._slopes(fit, off)
            normal = slopes.T @ (weight[:, None] * slopes)
            pull = slopes.T @ (weight * off)
            step = np.linalg.solve(normal + damp * np.diag(np.diag(normal) + 1e-9), -pull)
            trial = self.misses(fit + step)
            if (weight * trial**2).sum() < (weight * off**2).sum():
                fit, damp = fit + step, max(damp / 5, 1e-9)
                if np.abs(step).max() < 1e-9:
                    break
            else:
                damp *= 5
                if damp > 1e9:
                    break
        off = self.misses(fit)[:-2]
        used = self._weights(self.misses(fit))[:-2] > 0
        if used.sum() < LEAST_PEOPLE:
            raise ValueError("these people do not agree on one ground; take upright ones")
        worse = max(1.0, float((off[used] ** 2).mean()))
        return fit, np.asarray(np.linalg.inv(normal) * worse, np.float64)

    def _slopes(self, fit: Array, off: Array) -> Array:
        step = 1e-6
        return np.stack([(self.misses(fit + step * one) - off) / step for one in np.eye(4)], axis=1)

    def _weights(self, off: Array) -> Array:
        """Tukey's, in units of the typical miss; what was known beforehand keeps all of its own."""
        scale = max(1.0, 1.4826 * float(np.median(np.abs(off[:-2]))))
        weight = np.clip(1.0 - (off / (4.685 * scale)) ** 2, 0.0, None) ** 2
        weight[-2:] = 1.0
        return weight
