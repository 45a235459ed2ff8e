"""Where somebody was seen, as a picture that shows nobody: all of it a coarse mosaic."""

from __future__ import annotations

from typing import Final

import av
import cv2
import numpy as np

from streetlamp.store.inspections import Box
from streetlamp.values import Bytes
from streetlamp.video.mask import CHROMA_STEP, block_for

_QUALITY: Final = 85
_FRAME: Final = (40, 40, 220)  # blue, green, red


def coarse_still(picture: av.VideoFrame, box: Box) -> bytes:
    """A JPEG of the picture's size, every block at least as large as for a picture hidden whole."""
    block = max(32, block_for(picture.height / 2.0))
    rows, columns = -(-picture.height // block), -(-picture.width // block)
    pixels = picture.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
    small = cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA)
    flat: Bytes = (np.asarray(small) // CHROMA_STEP * CHROMA_STEP).astype(np.uint8)
    coarse = np.repeat(np.repeat(flat, block, axis=0), block, axis=1)
    coarse = np.ascontiguousarray(coarse[: picture.height, : picture.width])
    x1, y1, x2, y2 = (round(value) for value in box)
    cv2.rectangle(coarse, (x1, y1), (x2, y2), _FRAME, max(2, picture.height // 200))
    done, data = cv2.imencode(".jpg", coarse, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError(f"cannot make a JPEG of {picture.width}×{picture.height} pixels")
    return data.tobytes()
