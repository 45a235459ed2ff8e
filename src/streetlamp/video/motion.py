"""What moves in the picture, and whether it is still the same scene. Cheap: a 160-pixel luma.

Two questions only: did the scene jump (a cut, a turned camera, infrared switching), and which
blocks move more than they usually do. Leaves, water and noise move all the time: each block
learns its own usual movement, so that they stop counting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from streetlamp.values import Bools, Bytes, Floats, Ints

WIDTH: Final = 160  # pixels of the thumbnail
CELL: Final = 4  # thumbnail pixels a block side
STIR: Final = 3.0  # levels: a block that changed by this has stirred. Noise gives 0.5 to 1.5,
# somebody who stands still gives 7 and more nearly always
STIR_SPAN: Final = 1.0  # s: over so long, at least, slow movement adds up
STIR_GAP: Final = 2.5  # s without a picture after which the light may be another
_OUTWARD: Final = np.array([1, 1, -1, -1], np.float32)  # with it, to floor is to widen a box


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
        self._last: _Thumb | None = None
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
        thumb = cv2.GaussianBlur(thumb, (3, 3), 0).astype(np.uint8, copy=False)
        new = _Thumb(thumb, thumb.astype(np.float32), *_light(thumb))
        now = new.levels
        last, self._last = self._last, new
        if last is None or last.levels.shape != now.shape:
            return self._first(now, time, jump=True)
        if last.likeness(new) < 0.6:
            return self._first(now, time, jump=True)
        reference = self._reference if self._reference is not None else last.levels
        difference = _block_difference(reference, now)
        if time - self._reference_time >= 0.2:
            self._reference, self._reference_time = last.levels, time
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
        bar = 3.0 * self._usual
        bar += 4.0
        cells = difference > bar
        # A block that moves half of the time (a tree, a flag, water) is not news.
        rate = dt / min(self._memory, max(2.0, time - self._start))
        self._busy += (cells - self._busy) * rate
        # A block learns its usual movement quicker from quiet pictures.
        learns = np.array((1.0, 0.1), np.float32) * min(1.0, rate * 4.0)
        difference -= self._usual
        difference *= learns.take(cells)
        self._usual += difference
        news = cells & (self._busy < 0.35)
        return bool(news.any()), news


def spans(boxes: Floats, size: tuple[int, int], shape: tuple[int, ...], more: int) -> Ints:
    """The blocks that boxes (k, 4) touch in a picture of `size` (pixels), and `more` around them.

    (k, 4): first column and row, last column and row exclusive, of `shape` (rows, columns).
    """
    rows, columns = shape
    sides = _OUTWARD * np.array((size[0] / columns, size[1] / rows) * 2, np.float32)
    touched = (np.floor(boxes / sides) - more) * _OUTWARD
    found: Ints = np.minimum(np.maximum(touched, 0), (columns, rows) * 2).astype(np.int64)
    return found


def marked(of: Ints, shape: tuple[int, ...]) -> Bools:
    """(rows, columns) the blocks within any of the `spans`."""
    blocks = np.zeros(shape, np.bool_)
    for left, top, right, low in of.tolist():
        blocks[top:low, left:right] = True
    return blocks


def corners(of: Ints, shape: tuple[int, ...]) -> Ints:
    """(4, k) where `any_at` finds the corners of `spans` (k, 4) of blocks of this shape."""
    left, top, right, low = of.T
    wide = shape[1] + 1
    return np.asarray(
        [low * wide + right, top * wide + right, low * wide + left, top * wide + left]
    )


def any_at(where: Ints, blocks: Bools) -> Bools:
    """(k,) whether any of the blocks (rows, columns) between `corners` (4, k) is set."""
    sums = np.asarray(cv2.integral(blocks.view(np.uint8))).ravel().take(where)
    return np.asarray(sums[0] - sums[1] > sums[2] - sums[3])


def similarity(a: Floats, b: Floats) -> float:
    """Normalised cross-correlation of two thumbnails, 1 = the same scene; light changes cancel."""
    return _Thumb(a, a, *_light(a)).likeness(_Thumb(b, b, *_light(b)))


@dataclass(frozen=True, slots=True, eq=False)
class _Thumb:
    """A thumbnail, and what is asked of it twice."""

    pixels: Bytes | Floats
    levels: Floats  # the same
    mean: float
    spread: float  # variance

    def likeness(self, other: _Thumb) -> float:
        """Their `similarity`."""
        norm = math.sqrt(self.spread * other.spread)
        if norm < 4.0:  # one of them is flat (black, covered): compare brightness instead
            both_flat = self.spread < 16.0 and other.spread < 16.0
            return 1.0 if both_flat and abs(self.mean - other.mean) < 24.0 else 0.0
        apart = cv2.norm(self.pixels, other.pixels, cv2.NORM_L2SQR) / self.pixels.size
        apart -= (self.mean - other.mean) ** 2
        return (self.spread + other.spread - apart) / (2.0 * norm)


def _light(of: Bytes | Floats) -> tuple[float, float]:
    """Mean and variance of a thumbnail."""
    mean = cv2.mean(of)[0]
    return mean, max(0.0, cv2.norm(of, cv2.NORM_L2SQR) / of.size - mean * mean)


def _block_difference(before: Floats, now: Floats) -> Floats:
    """Mean absolute difference a block, with the picture's own brightness change taken out."""
    rows, columns = now.shape[0] // CELL, now.shape[1] // CELL
    if not rows or not columns:  # a picture like a line
        return np.zeros((rows, columns), np.float32)
    difference = now - before
    difference -= _median(difference[::4, ::4])
    np.abs(difference, out=difference)
    blocks = difference[: rows * CELL, : columns * CELL]
    # Twice by exact halves: a third of the time of one step, and the same to the last bit, as
    # levels and their median are halves of whole numbers.
    halves = cv2.resize(blocks, (columns * 2, rows * 2), interpolation=cv2.INTER_LINEAR)
    means = cv2.resize(halves, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(means, np.float32)


def _median(values: Floats) -> float:
    """As `np.median`, whose checks cost ten times the sorting of so few."""
    rising = values.flatten()
    rising.sort()
    return (rising.item((rising.size - 1) // 2) + rising.item(rising.size // 2)) / 2.0
