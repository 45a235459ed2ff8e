"""What moves in the picture, and whether it is still the same scene. Cheap: a 160-pixel luma.

Two questions only: did the scene jump (a cut, a turned camera, infrared switching), and which
blocks move more than they usually do. Leaves, water and noise move all the time: each block
learns its own usual movement, so that they stop counting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from streetlamp.values import Bools, Bytes, Floats

WIDTH: Final = 160  # pixels of the thumbnail
CELL: Final = 4  # thumbnail pixels a block side
STIR: Final = 3.0  # levels: a block that changed by this has stirred. Noise gives 0.5 to 1.5,
# somebody who stands still gives 7 and more nearly always
STIR_SPAN: Final = 1.0  # s: over so long, at least, slow movement adds up
STIR_GAP: Final = 2.5  # s without a picture after which the light may be another


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """One picture's movement against the one before."""

    jump: bool  # not the scene of the picture before
    moving: bool  # something moves more than usual
    cells: Bools  # (rows, columns) blocks that move more than usual
    stirs: Bools  # the same shape: blocks in which anything at all moved within a second or two


class MotionMeter:
    """One camera's movement: `measure` each thumbnail in turn."""

    def __init__(self, *, memory_seconds: float = 20.0) -> None:
        self._memory = memory_seconds
        self._last: Floats | None = None
        self._reference: Floats | None = None  # about a quarter of a second ago
        self._reference_time = 0.0
        self._usual: Floats | None = None  # running mean of each block's difference
        self._busy: Floats | None = None  # share of the time each block moved lately
        self._time = 0.0
        self._start = 0.0
        self._slow: Floats | None = None  # one to two seconds ago
        self._next_slow: Floats | None = None
        self._next_slow_time = 0.0

    def measure(self, thumb: Bytes, time: float) -> Motion:
        """The movement of a luma thumbnail (h, WIDTH) taken at `time` (POSIX seconds)."""
        now = cv2.GaussianBlur(thumb, (3, 3), 0).astype(np.float32)
        last, self._last = self._last, now
        if last is None or last.shape != now.shape:
            return self._first(now, time, jump=True)
        if similarity(last, now) < 0.6:
            return self._first(now, time, jump=True)
        reference = self._reference if self._reference is not None else last
        difference = _block_difference(reference, now)
        if time - self._reference_time >= 0.2:
            self._reference, self._reference_time = last, time
        stirs = self._stirs(now, time)
        return Motion(False, *self._against_usual(difference, time), stirs)

    def _stirs(self, now: Floats, time: float) -> Bools:
        slow, following = self._slow, self._next_slow
        if slow is None or following is None or time - self._time > STIR_GAP:
            self._slow = self._next_slow = now
            self._next_slow_time = time
            return np.zeros((now.shape[0] // CELL, now.shape[1] // CELL), np.bool_)
        if time - self._next_slow_time >= STIR_SPAN:
            self._slow, self._next_slow, self._next_slow_time = following, now, time
        return np.asarray(_block_difference(slow, now) > STIR)

    def _first(self, now: Floats, time: float, *, jump: bool) -> Motion:
        self._reference, self._reference_time, self._time = now, time, time
        self._start = time
        self._usual = self._busy = self._slow = self._next_slow = None
        none = np.zeros((now.shape[0] // CELL, now.shape[1] // CELL), np.bool_)
        return Motion(jump, True, none, none)

    def _against_usual(self, difference: Floats, time: float) -> tuple[bool, Bools]:
        dt = max(0.0, min(1.0, time - self._time))
        self._time = time
        if self._usual is None or self._busy is None:
            self._usual = np.minimum(difference, 4.0)
            self._busy = np.zeros_like(difference)
        cells = difference > 3.0 * self._usual + 4.0
        # A block that moves half of the time (a tree, a flag, water) is not news.
        rate = dt / min(self._memory, max(2.0, time - self._start))
        self._busy += (cells - self._busy) * rate
        quiet = np.where(cells, 0.1, 1.0).astype(np.float32)
        self._usual += (difference - self._usual) * np.minimum(1.0, rate * 4.0) * quiet
        news = cells & (self._busy < 0.35)
        return bool(news.any()), news


def similarity(a: Floats, b: Floats) -> float:
    """Normalised cross-correlation of two thumbnails, 1 = the same scene; light changes cancel."""
    a0, b0 = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a0 * a0).sum() * (b0 * b0).sum()))
    size = a.size
    if norm < 4.0 * size:  # one of them is flat (black, covered): compare brightness instead
        both_flat = float((a0 * a0).mean()) < 16.0 and float((b0 * b0).mean()) < 16.0
        return 1.0 if both_flat and abs(float(a.mean() - b.mean())) < 24.0 else 0.0
    return float((a0 * b0).sum()) / norm


def _block_difference(a: Floats, b: Floats) -> Floats:
    """Mean absolute difference a block, with the picture's own brightness change taken out."""
    difference = b - a
    difference -= np.float32(np.median(difference[::4, ::4]))
    rows, columns = a.shape[0] // CELL, a.shape[1] // CELL
    blocks = np.abs(difference[: rows * CELL, : columns * CELL])
    means: Floats = blocks.reshape(rows, CELL, columns, CELL).mean(axis=(1, 3), dtype=np.float32)
    return means
