"""Is it a sensor that is seen? Its noise makes every picture another one, by a little.

What is compared are keyframes: between them an encoder may leave out what it does not think worth
coding, so that a still place looks frozen when it is not. The middle of many blocks counts: a
burnt-in clock is in a few of them, and so are people.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Bools, Bytes, Floats

KEPT: Final = 8  # keyframes a picture is compared with: encoders go to and fro between a few
BLOCKS: Final = (16, 9)  # columns, rows
CLIPPED: Final = (20, 232)  # luma of a block below, above which there is no noise to see
SPAN: Final = 6  # measures of which the stillest counts: of one picture compressed again and
# again, now and then two come out the same; of a sensor's pictures no two ever do
USUAL: Final = 0.75  # of the usual noise: as much as that, and no other keyframe needs to be asked
MEMORY: Final = (0.1, 0.01)  # weight of a measure in the usual noise, of that much and of less
STEP: Final = 4  # every so many pixels one is compared: means of pixels would have less noise
FEWEST: Final = 12  # blocks that must be between
NO_KEYFRAME_SECONDS: Final = 15.0  # without one, pictures between them are compared after all


class Aliveness:
    """One camera's noise: `measure` each keyframe's small luma plane in turn."""

    def __init__(self) -> None:
        self._kept: deque[Bytes] = deque(maxlen=KEPT)
        self._found: deque[tuple[float, float]] = deque(maxlen=SPAN)
        self._usual = 0.0

    def measure(self, luma: Bytes) -> tuple[float | None, float | None]:
        """(share of pixels that differ, 0–1, by how many levels); None: nobody can tell.

        luma: (h, w) uint8. Of the keyframes before, the likest one counts.
        """
        luma = np.ascontiguousarray(luma[::STEP, ::STEP])
        if self._kept and self._kept[0].shape != luma.shape:
            self._kept.clear()
            self._found.clear()
        there = _measurable(luma)
        known = bool(self._kept) and int(there.sum()) >= FEWEST
        if known:
            self._found.append(self._likest(luma, there))
        self._kept.append(luma)
        return min(self._found) if known else (None, None)

    def _likest(self, luma: Bytes, there: Bools) -> tuple[float, float]:
        best: NDArray[Any] = luma
        least = 256.0
        for before in reversed(self._kept):
            difference = cv2.absdiff(luma, before)
            level = _middle(_means(difference)[there])
            if level < least:
                best, least = difference, level
            if level >= USUAL * self._usual > 0.0:
                break
        self._usual = self._usual or least
        self._usual += (least - self._usual) * MEMORY[least < USUAL * self._usual]
        _, at_all = cv2.threshold(best, 0, 255, cv2.THRESH_BINARY)
        return _middle(_means(at_all)[there]) / 255.0, least


def _measurable(luma: Bytes) -> Bools:
    means = cv2.resize(luma, BLOCKS, interpolation=cv2.INTER_AREA)
    return np.asarray((means > CLIPPED[0]) & (means < CLIPPED[1]))


def _means(plane: NDArray[Any]) -> Floats:
    return cv2.resize(plane.astype(np.float32), BLOCKS, interpolation=cv2.INTER_AREA).astype(
        np.float32, copy=False
    )


def _middle(values: Floats | Bytes) -> float:
    half = len(values) // 2
    return float(np.partition(values, half)[half])
