"""Do two pictures of different size show the same view, and does a stream still move?

Both questions are asked of a camera's second stream before anything is believed of it: it may be
another crop, another camera by mistake, covered in part, or one picture repeated for ever.
"""

from __future__ import annotations

from typing import Final

import av
import cv2
import numpy as np

from streetlamp.values import Bytes, Floats
from streetlamp.video.planes import halved_luma

SIZE: Final = (160, 90)  # both pictures are squeezed to this, whatever their sides are
TILES: Final = (4, 3)  # columns, rows that must agree each by itself
FINE: Final = 13  # pixels: what is wider than this is brightness, not structure
MOST: Final = 12.0  # levels that one pixel of structure counts at most: a line of text is not all
FLAT: Final = 1.5  # levels: a tile whose structure is less has nothing to compare
FEWEST: Final = 3  # tiles that must have structure
ALL_ALIKE: Final = 0.8  # correlation of the structure of two pictures of one view at least …
TILE_ALIKE: Final = 0.45  # … and of each tile
LEVELS: Final = 24.0  # by which a tile may be brighter: ranges differ, views more

OTHER_VIEW: Final = "it does not show the same view as the main stream"
TOO_LITTLE: Final = "there is too little in the picture to tell whether it shows the same view"
FROZEN: Final = "its picture stands still"


def why_other(main: av.VideoFrame, second: av.VideoFrame) -> str:
    """Why `second` is not believed to show the view of `main`, "" if it is."""
    one, other = _small(main), _small(second)
    fine, also = _structure(one), _structure(other)
    columns, rows = TILES
    width, height = SIZE[0] // columns, SIZE[1] // rows
    alike = 0
    for y in range(0, rows * height, height):
        for x in range(0, columns * width, width):
            tile = np.s_[y : y + height, x : x + width]
            if abs(float(one[tile].mean()) - float(other[tile].mean())) > LEVELS:
                return OTHER_VIEW
            if max(_energy(fine[tile]), _energy(also[tile])) < FLAT:
                continue
            if _correlation(fine[tile], also[tile]) < TILE_ALIKE:
                return OTHER_VIEW
            alike += 1
    if alike < FEWEST:
        return TOO_LITTLE
    return "" if _correlation(fine, also) >= ALL_ALIKE else OTHER_VIEW


def moves(before: Bytes, now: Bytes) -> float:
    """The share of pixels in which two pictures (h, w) of one stream differ at all: its noise.

    Of a sensor's pictures that is much and always about as much; of one picture compressed again
    and again it becomes less each time.
    """
    if before.shape != now.shape:
        return 1.0
    return int(np.count_nonzero(cv2.absdiff(before, now))) / now.size


def _small(picture: av.VideoFrame) -> Floats:
    luma = halved_luma(picture, most=2 * SIZE[0])
    return cv2.resize(luma, SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)


def _structure(small: Floats) -> Floats:
    fine = (small - cv2.blur(small, (FINE, FINE))).astype(np.float32, copy=False)
    return np.clip(fine, np.float32(-MOST), np.float32(MOST))


def _energy(fine: Floats) -> float:
    return float(np.sqrt(np.square(fine).mean()))


def _correlation(one: Floats, other: Floats) -> float:
    norm = _energy(one) * _energy(other)
    return float((one * other).mean()) / norm if norm > 0 else 0.0
