"""From changed pixels to things: where one is, and whether it came or went.

What came has its edges now, what went had them before: along the border of the changed part, edges
are compared in both pictures (Spagnolo et al. 2006; Ferrando et al. 2006). Where what was there can
still be made out, only the light has changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from streetlamp.values import Bools, Change, Floats

LEAST_PIXELS: Final = 14
SOLID: Final = 0.35  # of its box that must have changed
CLEARER: Final = 1.25  # times as much edge: then it is this picture's
PLAIN: Final = 3.0  # levels: a part that scatters less has no pattern to be known by
SAME_PATTERN: Final = 0.7  # correlation with what was there: it is there still, in another light
AROUND: Final = 2  # pixels about a part that are looked at with it


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """One changed part, in pixels of the plane."""

    box: tuple[int, int, int, int]  # x1 y1 x2 y2, exclusive
    pixels: Bools  # (h, w) of the whole plane
    change: Change | None  # None: only the light has changed, or it cannot be told

    @property
    def lit(self) -> bool:
        return self.change is None


def find_blobs(changed: Bools, old: Floats, now: Floats) -> Iterator[Blob]:
    """The parts of a mask (h, w) that are large and solid enough to be things."""
    opened = cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_OPEN, _CROSS)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _SQUARE)
    n, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    for number in range(1, n):
        x, y, width, height, area = (int(value) for value in stats[number])
        if area < LEAST_PIXELS or area < SOLID * width * height or min(width, height) < 3:
            continue
        pixels: Bools = labels == number
        box = (x, y, x + width, y + height)
        yield Blob(box, pixels, _change(pixels, box, old, now))


def _change(
    pixels: Bools, box: tuple[int, int, int, int], old: Floats, now: Floats
) -> Change | None:
    margin = AROUND + 1
    rows = slice(max(0, box[1] - margin), box[3] + margin)
    columns = slice(max(0, box[0] - margin), box[2] + margin)
    part, before, after = pixels[rows, columns], old[rows, columns], now[rows, columns]
    inside = cv2.erode(part.astype(np.uint8), _CROSS) > 0
    if _same_pattern(before[inside], after[inside]):
        return None
    ring = (cv2.dilate(part.astype(np.uint8), _SQUARE) > 0) & ~(
        cv2.erode(part.astype(np.uint8), _SQUARE) > 0
    )
    then, here = float(_edges(before)[ring].mean()), float(_edges(after)[ring].mean())
    if here > CLEARER * then:
        return Change.LEFT
    if then > CLEARER * here:
        return Change.REMOVED
    return None


def _same_pattern(before: Floats, after: Floats) -> bool:
    """Whether both show the same, however bright."""
    if before.size < LEAST_PIXELS:
        return False
    a, b = before - before.mean(), after - after.mean()
    spread = float(np.sqrt((a * a).mean())), float(np.sqrt((b * b).mean()))
    if min(spread) < PLAIN:
        return False
    return float((a * b).mean()) / (spread[0] * spread[1]) >= SAME_PATTERN


def _edges(plane: Floats) -> Floats:
    right = cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=3)
    return cv2.magnitude(right, down).astype(np.float32, copy=False)


_CROSS: Final = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_SQUARE: Final = np.ones((5, 5), np.uint8)
