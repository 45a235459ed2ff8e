"""Where boxes are going: one constant-velocity Kalman filter per box coordinate, all at once.

A box is centre x, centre y, width, height; each has a position and a velocity of its own, so a
covariance is three numbers and the filter is exact with a handful of array operations however many
tracks there are. Time steps may be of any length: the process noise is the integral of white
acceleration noise over the step (Bar-Shalom, Li, Kirubarajan 2001, section 6.2.2). All noise is
relative to the box's own size, as in SORT and ByteTrack, because a near thing moves more pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
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
    centre = np.empty(box.shape)
    low, high = box[:, :2], box[:, 2:]
    np.add(low, high, out=centre[:, :2], dtype=np.float64)
    centre[:, :2] *= 0.5
    np.subtract(high, low, out=centre[:, 2:], dtype=np.float64)
    return centre


def to_corners(centre: NDArray[Any]) -> Doubles:
    """The inverse of `to_centre`; widths and heights below one pixel become one pixel."""
    half = np.maximum(centre[:, 2:], 1.0)
    half *= 0.5
    box = np.empty(centre.shape)
    np.subtract(centre[:, :2], half, out=box[:, :2])
    np.add(centre[:, :2], half, out=box[:, 2:])
    return box


@dataclass(slots=True)
class BoxFilter:
    """The state of n boxes. Methods change it in place; rows are tracks."""

    # (5, n, 4): position (centre x, centre y, width, height, pixels), velocity (the same a second),
    # variance of position, covariance, variance of velocity
    state: Doubles
    position: Doubles = field(init=False)  # (n, 4) within it
    velocity: Doubles = field(init=False)  # (n, 4) within it

    def __post_init__(self) -> None:
        self.position, self.velocity = self.state[:2]

    @classmethod
    def start(cls, box: NDArray[Any]) -> BoxFilter:
        """Filters for boxes (n, 4) x1 y1 x2 y2 seen for the first time: at rest, but unsure."""
        state = np.zeros((5, *box.shape))
        state[0] = to_centre(box)
        size = _size(state[0])
        state[2] = (_MEASURED * size) ** 2
        state[4] = (_START_VELOCITY * size) ** 2
        return cls(state)

    def take(self, rows: NDArray[np.int64]) -> BoxFilter:
        """The rows (k,) alone, a copy."""
        return BoxFilter(self.state.take(rows, axis=1))

    def join(self, other: BoxFilter) -> BoxFilter:
        return BoxFilter(np.concatenate([self.state, other.state], axis=1))

    def box(self) -> Doubles:
        """(n, 4) x1 y1 x2 y2, pixels."""
        return to_corners(self.position)

    def predict(self, dt: float, unseen: NDArray[np.bool_]) -> None:
        """Moves all boxes on by ``dt`` seconds; ``unseen`` (n,) marks those that coast."""
        if not len(unseen):
            return
        drift, growth = math.exp(-dt / _DRIFT_CALMS), math.exp(-dt / _SIZE_CALMS)
        fades = np.array([[1.0, 1.0, growth, growth], [drift, drift, growth, growth]])
        fade = fades.take(unseen, axis=0)
        self.position += self.velocity * (dt * (1 + fade) / 2)
        self.velocity *= fade
        noise = (_ACCELERATION * _size(self.position)) ** 2
        # In this order each line still finds the old values of those below it.
        pp, pv, vv = spread = self.state[2:]
        pp += dt * (2 * pv + dt * vv)
        pv += dt * vv
        spread += noise * np.array([[[dt**3 / 3]], [[dt * dt / 2]], [[dt]]])

    def correct(self, rows: NDArray[np.int64], box: NDArray[Any], score: NDArray[Any]) -> None:
        """Takes in measured boxes (k, 4) for ``rows`` (k,); weak scores (k,) weigh less.

        The noise grows to three times as the score falls to 0 (the idea of NSA Kalman, Du et al.
        2021: a weak detection's box is also an imprecise one).
        """
        if not len(rows):
            return
        measured = to_centre(box)
        trust = (3.0 - 2.0 * np.asarray(score, np.float64).clip(0, 1))[:, None]
        noise = (_MEASURED * (_size(measured) * trust)) ** 2
        state = self.state.take(rows, axis=1)
        noise += state[2]
        gain = state[2:4] / noise
        state[:2] += gain * (measured - state[0])
        state[4] -= gain[1] * state[3]
        state[2:4] *= 1 - gain[0]
        self.state[:, rows] = state

    def doubt(self, rows: Sequence[int]) -> Doubles:
        """(k, 2) standard deviations of the centres of these rows, pixels right and down."""
        return np.asarray(np.sqrt(self.state[2, rows, :2]))


def _size(centre: Doubles) -> Doubles:
    """(n, 1) √(w·h), at least 4 pixels so that a sliver does not freeze its own filter."""
    sides = np.maximum(centre[:, 2:], 1)
    area = sides[:, :1] * sides[:, 1:]
    return np.asarray(np.maximum(np.sqrt(area), 4.0))
