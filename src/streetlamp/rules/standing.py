"""Where things stand still, for many looks at once: their smoothed boxes, and when they leave a
spot.

Each thing's box is smoothed row by row. So that this is quick, all things go side by side: the
second row of each at once, then the third, and so on; what only few have is gone through one by
one. Numbers are the same to the bit as those of one thing alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.rules.columns import Columns, Doubles, Ints
from streetlamp.values import Bools

ABREAST: Final = 16  # things: fewer are quicker one by one
_CLOSE: Final = 1e-9  # of a bound: so near it, a length is worked out as `Look.gap` does


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """What `smoothed` finds of each of n rows."""

    places: Doubles  # (n, 6) the smoothed centre and box, fractions of the picture
    moved: Bools  # (n,) the thing has left the spot where it was, or is here for the first time

    def centre(self, row: int) -> tuple[float, float]:
        x, y = self.places[row, :2].tolist()
        return x, y

    def box(self, row: int) -> tuple[float, float, float, float]:
        x1, y1, x2, y2 = self.places[row, 2:].tolist()
        return x1, y1, x2, y2

    def extent(self, size: tuple[int, int]) -> Doubles:
        """(n,) `Look.extent` of the smoothed boxes."""
        return _extent(self.places, size)


def smoothed(columns: Columns, seconds: float, movement: float) -> Smoothed:
    """Boxes smoothed with this time constant; a thing leaves its spot when its smoothed centre is
    further from there than ``movement`` of its smoothed size."""
    raw = np.concatenate([columns.centres, columns.box], axis=1)
    shares = np.array(
        [1.0 - math.exp(one) for one in (-columns.passed / seconds).tolist()], np.float64
    )
    found = Smoothed(raw.copy(), columns.start.copy())
    many = columns.ends - columns.begins
    order = np.argsort(-many, kind="stable")
    begins, many = columns.begins[order], many[order]
    spots, step = raw[begins, :2], 1
    while True:
        m = int(np.searchsorted(-many, -step))  # things with more rows than so many
        if m < ABREAST:
            break
        spots = spots[:m]
        rows = begins[:m] + step
        old = found.places[rows - 1]
        now = old + shares[rows, None] * (raw[rows] - old)
        moved = _far(now, spots, movement, columns.size)
        spots[moved] = now[moved, :2]
        found.places[rows], found.moved[rows] = now, moved
        step += 1
    for thing in range(m):
        rows = np.arange(begins[thing] + step, begins[thing] + many[thing])
        _alone(found, raw, shares, rows, spots[thing].tolist(), movement, columns.size)
    return found


def _far(places: Doubles, spots: Doubles, movement: float, size: tuple[int, int]) -> Bools:
    """(m,) which have left their spots."""
    away = (places[:, :2] - spots) * size
    gap, bound = np.hypot(away[:, 0], away[:, 1]), movement * _extent(places, size)
    far = gap > bound
    for at in np.flatnonzero(np.abs(gap - bound) <= _CLOSE * bound).tolist():
        far[at] = math.hypot(*away[at].tolist()) > bound[at]
    return np.asarray(far)


def _extent(places: Doubles, size: tuple[int, int]) -> Doubles:
    wide = (places[:, 4] - places[:, 2]) * size[0]
    tall = (places[:, 5] - places[:, 3]) * size[1]
    return np.asarray(np.sqrt(np.maximum(wide * tall, 1.0)))


def _alone(
    found: Smoothed,
    raw: Doubles,
    shares: Doubles,
    rows: Ints,
    spot: list[float],
    movement: float,
    size: tuple[int, int],
) -> None:
    """The same for rows of one thing, which follow each other."""
    width, height = size
    spot_x, spot_y = spot
    x, y, x1, y1, x2, y2 = found.places[rows[0] - 1].tolist()
    made, moved = [], []
    for (to_x, to_y, to_x1, to_y1, to_x2, to_y2), share in zip(
        raw[rows].tolist(), shares[rows].tolist(), strict=True
    ):
        x, y = x + share * (to_x - x), y + share * (to_y - y)
        x1, y1 = x1 + share * (to_x1 - x1), y1 + share * (to_y1 - y1)
        x2, y2 = x2 + share * (to_x2 - x2), y2 + share * (to_y2 - y2)
        extent = math.sqrt(max((x2 - x1) * width * ((y2 - y1) * height), 1.0))
        gap = math.hypot((x - spot_x) * width, (y - spot_y) * height)
        if far := gap > movement * extent:
            spot_x, spot_y = x, y
        made.append((x, y, x1, y1, x2, y2))
        moved.append(far)
    found.places[rows], found.moved[rows] = made, moved
