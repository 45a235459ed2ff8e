"""Is it a sensor that is seen? Its noise makes every picture another one, by a little.

What is compared are keyframes: between them an encoder may leave out what it does not think worth
coding, so that a still place looks frozen when it is not. The middle of many blocks counts: a
burnt-in clock is in a few of them, and so are people.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import cv2
import numpy as np

from streetlamp.values import Bools, Bytes, Floats

KEPT: Final = 3  # keyframes a picture is compared with: encoders go to and fro between a few
ENOUGH: Final = 0.25  # share that differs from the last one: no other needs to be asked
BLOCKS: Final = (16, 9)  # columns, rows
CLIPPED: Final = (20, 232)  # luma of a block below, above which there is no noise to see
STEP: Final = 4  # every so many pixels one is compared: means of pixels would have less noise
FEWEST: Final = 12  # blocks that must be between
NO_KEYFRAME_SECONDS: Final = 15.0  # without one, pictures between them are compared after all


class Aliveness:
    """One camera's noise: `measure` each keyframe's small luma plane in turn."""

    def __init__(self) -> None:
        self._kept: deque[Bytes] = deque(maxlen=KEPT)

    def measure(self, luma: Bytes) -> tuple[float | None, float | None]:
        """(share of pixels that differ, 0–1, by how many levels); None: nobody can tell.

        luma: (h, w) uint8. Of the keyframes before, the likest one counts.
        """
        luma = np.ascontiguousarray(luma[::STEP, ::STEP])
        if self._kept and self._kept[0].shape != luma.shape:
            self._kept.clear()
        there = _measurable(luma)
        found: tuple[float | None, float | None] = (None, None)
        if int(there.sum()) >= FEWEST and self._kept:
            found = self._likest(luma, there)
        self._kept.append(luma)
        return found

    def _likest(self, luma: Bytes, there: Bools) -> tuple[float, float]:
        least, likest = 2.0, luma
        for before in reversed(self._kept):
            difference = cv2.absdiff(luma, before)
            share = _changed(difference, there)
            if share < least:
                least, likest = share, difference
            if least >= ENOUGH:
                break
        means = cv2.resize(likest.astype(np.float32), BLOCKS, interpolation=cv2.INTER_AREA)
        return least, _middle(means[there])


def _measurable(luma: Bytes) -> Bools:
    means = cv2.resize(luma, BLOCKS, interpolation=cv2.INTER_AREA)
    return np.asarray((means > CLIPPED[0]) & (means < CLIPPED[1]))


def _changed(difference: Bytes, there: Bools) -> float:
    _, at_all = cv2.threshold(difference, 0, 255, cv2.THRESH_BINARY)
    share = cv2.resize(at_all, BLOCKS, interpolation=cv2.INTER_AREA)[there]
    return _middle(share) / 255.0


def _middle(values: Floats | Bytes) -> float:
    half = len(values) // 2
    return float(np.partition(values, half)[half])
