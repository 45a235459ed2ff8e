"""Is it a sensor that is seen? Its noise makes every picture another one, by a little.

What is compared are keyframes: between them an encoder may leave out what it does not think worth
coding, so that a still place looks frozen when it is not. One picture that is coded again and
again differs from itself, too, as coarse as its encoder has to be at the moment. But blocks come
out the same to the bit whenever it is as coarse as it was once before, and of a sensor's pictures
they hardly ever do: so each block counts as it is beside the keyframe that it is likest. Of many
blocks the middle one speaks: a burnt-in clock is in a few of them, and so are people.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Bools, Bytes, Floats

KEPT: Final = 16  # keyframes that a picture is compared with: a minute of them, in calm
STEP: Final = 4  # every so many pixels one is compared: means of pixels would have less noise
CELL: Final = 5  # of those, a side, are a block
CLIPPED: Final = (20, 232)  # luma of a block below, above which there is no noise to see
FEWEST: Final = 48  # blocks that must be between
SPAN: Final = 6  # measures of which the stillest but one counts: once is chance
SAME_SPAN: Final = 8  # measures whose blocks that came out the same are averaged …
MOST: Final = 0.5  # … each at most so many of them
UNCOMMON: Final = 0.05  # share of blocks that came out the same from which on it is uncommon
USUAL: Final = 0.75  # of the usual noise: less is uncommon
MEMORY: Final = (0.1, 0.03)  # weight of a measure in the usual noise, of that much and of less
NO_KEYFRAME_SECONDS: Final = 15.0  # without one, pictures between them are compared after all


@dataclass(frozen=True, slots=True)
class Life:
    """How far a picture differs from each of those before it.

    share: of its pixels, 0–1. noise: by how many levels. same: share of blocks that came out as
    they once were, to the bit, 0–0.5.
    """

    share: float
    noise: float
    same: float


class Aliveness:
    """One camera's noise: `measure` each keyframe's small luma plane in turn."""

    def __init__(self) -> None:
        self._kept: Bytes = np.empty((0, 0, 0), np.uint8)  # (KEPT, h, w), the next one's place …
        self._count = 0  # … by how many there were
        self._found: deque[Life] = deque(maxlen=SAME_SPAN)
        self._usual = 0.0

    @property
    def quieter(self) -> bool:
        """Whether the last picture differed less than usual: look again soon."""
        if not self._found:
            return False
        last, others = self._found[-1], list(self._found)[:-1]
        same = sum(one.same for one in others) / max(1, len(others))
        return last.noise < USUAL * self._usual or last.same > same + UNCOMMON

    def forget(self) -> None:
        """What comes next is compared with nothing before it."""
        self._count = 0
        self._found.clear()

    def measure(self, luma: Bytes) -> Life | None:
        """Of a luma plane (h, w) uint8. None: nobody can tell.

        Each block is held against the likest of those before it in its place.
        """
        some = luma[::STEP, ::STEP]
        height, width = (side - side % CELL for side in some.shape)
        some = np.ascontiguousarray(some[:height, :width])
        if self._kept.shape[1:] != some.shape:
            self._kept = np.empty((KEPT, *some.shape), np.uint8)
            self.forget()
        before = self._kept[: min(self._count, KEPT)]
        there = _measurable(some)
        known = len(before) > 0 and int(there.sum()) >= FEWEST
        if known:
            self._found.append(_likest(some, before, there))
            self._learn(self._found[-1].noise)
        self._kept[self._count % KEPT] = some
        self._count += 1
        return self._lately() if known else None

    def _lately(self) -> Life:
        last = list(self._found)[-SPAN:]
        one = sorted(last, key=lambda life: life.share)[len(last) > 1]
        same = sum(life.same for life in self._found) / SAME_SPAN
        return Life(one.share, one.noise, same)

    def _learn(self, level: float) -> None:
        if self._count <= KEPT:  # it falls while there are more and more to compare with
            self._usual = level
        self._usual += (level - self._usual) * MEMORY[level < USUAL * self._usual]


def _measurable(some: Bytes) -> Bools:
    means = _means(some, 1)[0]
    return np.asarray((means > CLIPPED[0]) & (means < CLIPPED[1]))


def _likest(some: Bytes, before: Bytes, there: Bools) -> Life:
    difference = np.maximum(before, some) - np.minimum(before, some)
    levels = _means(difference.reshape(-1, some.shape[1]).astype(np.float32), len(before))
    _, at_all = cv2.threshold(difference.reshape(-1, some.shape[1]), 0, 255, cv2.THRESH_BINARY)
    shares = _means(at_all, len(before))
    least = levels.min(axis=0)[there]
    same = min(MOST, float((least == 0.0).mean()))
    return Life(_middle(shares.min(axis=0)[there]) / 255.0, _middle(least), same)


def _means(planes: NDArray[Any], count: int) -> NDArray[Any]:
    """Of `count` planes one below the other: (count, rows, columns) the mean of each block."""
    rows, columns = planes.shape[0] // CELL, planes.shape[1] // CELL
    means = cv2.resize(planes, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(means.reshape(count, rows // count, columns))


def _middle(values: Floats | Bytes) -> float:
    half = len(values) // 2
    return float(np.partition(values, half)[half])
