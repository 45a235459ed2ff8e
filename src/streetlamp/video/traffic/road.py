"""Where vehicles drive in one camera's picture: how many did, how large they are there, which way.

Sums in the cells of a coarse grid, in memory only: nothing of a single vehicle is kept. A passage
counts for the cells around it as well, less with distance, so that a few vehicles make a road.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Floats, Ints

CELLS: Final = 32  # along the picture's longer side
REACH: Final = 1.0  # cells: standard deviation by which a passage spreads
FULL: Final = 60.0  # passages in a cell from which older ones fade: traffic is led elsewhere
_FAR: Final = 2  # cells beyond which it does not count
_HALF: Final = np.exp(-0.5 * (np.arange(-_FAR, _FAR + 1) / REACH) ** 2).astype(np.float32)
_KERNEL: Final[list[float]] = _HALF[_FAR:].tolist()  # by distance: it counts 1 where it was


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """What is known of some places, one row a place."""

    count: Floats  # (n,) vehicles that drove by, those near weighing less
    size: Floats  # (n, 2) usual width and height there, pixels; 1 where nothing is known
    way: Floats  # (n, 2) mean of their directions: its length is 1 where all went the same way


class Road:
    """Learns from vehicles that drive, and is asked about places."""

    def __init__(self, size: tuple[int, int]) -> None:
        """size: width, height of the picture, pixels."""
        side = max(1, *size) / CELLS
        self._shape = max(1, round(size[1] / side)), max(1, round(size[0] / side))
        self._cell = size[0] / self._shape[1], size[1] / self._shape[0]
        # count, log of width and height, direction right and down
        self._sums: Floats = np.zeros((*self._shape, 5), np.float32)
        self._spread: Floats | None = None

    def cell(self, box: NDArray[np.floating]) -> Ints:
        """(n,) the number of the cell in which the middle of each box (n, 4) lies."""
        middle = (box[:, :2] + box[:, 2:]) / (2 * np.array(self._cell))
        rows, columns = self._shape
        last = np.array((columns - 1, rows - 1))
        inside = np.minimum(np.maximum(middle.astype(np.int64), 0), last)
        return np.asarray(inside[:, 1] * columns + inside[:, 0])

    def learn(self, box: Floats, way: Floats) -> None:
        """Vehicles with these boxes (n, 4) drive in these directions (n, 2), of length 1."""
        if not len(box):
            return
        sums = self._sums.reshape(-1, 5)
        sides = np.maximum(box[:, 2:] - box[:, :2], 1)
        rows = np.concatenate([np.ones((len(box), 1)), np.log(sides), way], axis=1)
        cells = self.cell(box)
        np.add.at(sums, cells, rows.astype(np.float32))
        sums[cells[sums[cells, 0] >= FULL]] *= np.float32(0.5)
        self._spread = None

    def own(self, cell: int, taught: list[int]) -> float:
        """How much of the count at a cell comes from one vehicle that taught these cells."""
        columns = self._shape[1]
        row, column = divmod(cell, columns)
        count = 0.0
        for one in taught:
            down, right = abs(one // columns - row), abs(one % columns - column)
            if max(down, right) <= _FAR:
                count += _KERNEL[down] * _KERNEL[right]
        return count

    def at(self, box: Floats) -> Passed:
        """What drove by where the middles of these boxes (n, 4) are."""
        if self._spread is None:
            border = cv2.BORDER_CONSTANT
            spread = cv2.sepFilter2D(self._sums, -1, _HALF, _HALF, borderType=border)
            self._spread = np.asarray(spread, np.float32).reshape(-1, 5)
        here = self._spread[self.cell(box)]
        count = here[:, 0]
        mean = np.asarray(here[:, 1:] / np.maximum(count, 1e-6)[:, None], np.float32)
        return Passed(count, np.exp(mean[:, :2]), mean[:, 2:])
