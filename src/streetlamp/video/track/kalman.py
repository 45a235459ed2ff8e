"""Where boxes are going: one constant-velocity Kalman filter per box coordinate, all at once.

A box is centre x, centre y, width, height; each has a position and a velocity of its own, so a
covariance is three numbers and the filter is exact with a handful of array operations however many
tracks there are. Time steps may be of any length: the process noise is the integral of white
acceleration noise over the step (Bar-Shalom, Li, Kirubarajan 2001, section 6.2.2). All noise is
relative to the box's own size, as in SORT and ByteTrack, because a near thing moves more pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

# Per coordinate (cx, cy, w, h), in units of the box's size √(w·h), and seconds.
_ACCELERATION: Final = np.array([0.9, 0.7, 0.25, 0.2])  # spectral density, size / s^1.5
_MEASURED: Final = np.array([0.06, 0.06, 0.09, 0.08])  # standard deviation of a detector's box
_START_VELOCITY: Final = np.array([1.2, 0.8, 0.2, 0.2])  # standard deviation, sizes a second
_SIZE_CALMS: Final = 0.7  # s: growth and shrinking fade, a box does not grow for ever
_DRIFT_CALMS: Final = 3.0  # s: the same for the movement of a thing that is not seen


def to_centre(box: NDArray[Any]) -> Doubles:
    """(n, 4) x1 y1 x2 y2 → (n, 4) centre x, centre y, width, height."""
    box = np.asarray(box, np.float64)
    low, high = box[:, :2], box[:, 2:]
    centre = np.empty_like(box)
    centre[:, :2] = (low + high) / 2
    centre[:, 2:] = high - low
    return centre


def to_corners(centre: NDArray[Any]) -> Doubles:
    """The inverse of `to_centre`; widths and heights below one pixel become one pixel."""
    half = np.maximum(centre[:, 2:], 1.0) / 2
    box = np.empty_like(centre)
    box[:, :2] = centre[:, :2] - half
    box[:, 2:] = centre[:, :2] + half
    return box


@dataclass(slots=True)
class BoxFilter:
    """The state of n boxes. Methods change it in place; rows are tracks."""

    position: Doubles  # (n, 4) centre x, centre y, width, height, pixels
    velocity: Doubles  # (n, 4) the same a second
    covariance: Doubles  # (3, n, 4): variance of position, covariance, variance of velocity

    @classmethod
    def start(cls, box: NDArray[Any]) -> BoxFilter:
        """Filters for boxes (n, 4) x1 y1 x2 y2 seen for the first time: at rest, but unsure."""
        position = to_centre(box)
        size = _size(position)
        covariance = np.zeros((3, *position.shape))
        covariance[0] = (_MEASURED * size) ** 2
        covariance[2] = (_START_VELOCITY * size) ** 2
        return cls(position, np.zeros_like(position), covariance)

    def __len__(self) -> int:
        return len(self.position)

    def take(self, rows: NDArray[np.int64]) -> BoxFilter:
        """The rows (k,) alone, a copy."""
        return BoxFilter(
            self.position.take(rows, axis=0),
            self.velocity.take(rows, axis=0),
            self.covariance.take(rows, axis=1),
        )

    def join(self, other: BoxFilter) -> BoxFilter:
        return BoxFilter(
            np.concatenate([self.position, other.position]),
            np.concatenate([self.velocity, other.velocity]),
            np.concatenate([self.covariance, other.covariance], axis=1),
        )

    def box(self) -> Doubles:
        """(n, 4) x1 y1 x2 y2, pixels."""
        return to_corners(self.position)

    def predict(self, dt: float, unseen: NDArray[np.bool_]) -> None:
        """Moves all boxes on by ``dt`` seconds; ``unseen`` (n,) marks those that coast."""
        if not len(self):
            return
        fade = np.ones_like(self.velocity)
        fade[unseen, :2] = math.exp(-dt / _DRIFT_CALMS)
        fade[:, 2:] = math.exp(-dt / _SIZE_CALMS)
        self.position = self.position + self.velocity * (dt * (1 + fade) / 2)
        self.velocity = self.velocity * fade
        noise = (_ACCELERATION * _size(self.position)) ** 2
        # In this order each line still finds the old values of those below it.
        pp, pv, vv = self.covariance
        pp += 2 * dt * pv + dt * dt * vv + noise * (dt**3 / 3)
        pv += dt * vv + noise * (dt * dt / 2)
        vv += noise * dt

    def correct(self, rows: NDArray[np.int64], box: NDArray[Any], score: NDArray[Any]) -> None:
        """Takes in measured boxes (k, 4) for ``rows`` (k,); weak scores (k,) weigh less.

        The noise grows to three times as the score falls to 0 (the idea of NSA Kalman, Du et al.
        2021: a weak detection's box is also an imprecise one).
        """
        if not len(rows):
            return
        measured = to_centre(box)
        trust = (3.0 - 2.0 * np.asarray(score, np.float64).clip(0, 1))[:, None]
        noise = (_MEASURED * _size(measured) * trust) ** 2
        spread = self.covariance[:, rows]
        pp, pv, vv = spread
        noise += pp
        gain_p, gain_v = pp / noise, pv / noise
        wrong = measured - self.position[rows]
        self.position[rows] += gain_p * wrong
        self.velocity[rows] += gain_v * wrong
        vv -= gain_v * pv
        spread[:2] *= 1 - gain_p
        self.covariance[:, rows] = spread

    def doubt(self) -> Doubles:
        """(n, 2) standard deviation of the centre, pixels right and down."""
        return np.asarray(np.sqrt(self.covariance[0, :, :2]))


def _size(centre: Doubles) -> Doubles:
    """(n, 1) √(w·h), at least 4 pixels so that a sliver does not freeze its own filter."""
    area = np.maximum(centre[:, 2], 1) * np.maximum(centre[:, 3], 1)
    return np.asarray(np.maximum(np.sqrt(area), 4.0)[:, None])
