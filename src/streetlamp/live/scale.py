"""A masked picture made small, and into a JPEG: planes are scaled first, colours converted last."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from streetlamp.values import Bytes, MaskedFrame

# from 0–255 to the 16–235 (chroma 16–240) that OpenCV's conversion expects
_LUMA: Final = np.rint(16 + np.arange(256) * 219 / 255).astype(np.uint8)
_CHROMA: Final = np.rint(128 + (np.arange(256) - 128) * 224 / 255).astype(np.uint8)


def fit(size: tuple[int, int], limit: tuple[int, int]) -> tuple[int, int]:
    """The largest even size of the same shape within `limit`, never larger than the picture."""
    width, height = size
    factor = min(1.0, limit[0] / width, limit[1] / height)
    return max(2, int(width * factor) // 2 * 2), max(2, int(height * factor) // 2 * 2)


def shrink(frame: MaskedFrame, size: tuple[int, int]) -> Bytes:
    """The picture at `size` (even width and height, pixels) as (height, width, 3) BGR."""
    width, height = size
    half = width // 2, height // 2
    y, u, v = _small(frame.y, size), _small(frame.u, half), _small(frame.v, half)
    if frame.full_range:
        y, u, v = _LUMA[y], _CHROMA[u], _CHROMA[v]
    planes = np.concatenate([y.ravel(), u.ravel(), v.ravel()]).reshape(height * 3 // 2, width)
    return cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420).astype(np.uint8, copy=False)


def shrink_into(frame: MaskedFrame, y: Bytes, u: Bytes, v: Bytes) -> None:
    """The picture into planes made for it: `y` of an even size in pixels, `u` and `v` of half that.

    The planes may be views into larger ones. They come as the camera's range says, made 16–235.
    """
    for plane, place in ((frame.y, y), (frame.u, u), (frame.v, v)):
        _sample(plane, place)
    if frame.full_range:
        y[:], u[:], v[:] = _LUMA[y], _CHROMA[u], _CHROMA[v]


def _sample(plane: Bytes, place: Bytes) -> None:
    """As `_small`, for tiles: where much is thrown away, two points each way are picked first.

    A tile costs what the cache misses of reading a large plane cost, and points miss least. Twice
    the size exactly, as averaging by two and two is quick.
    """
    height, width = place.shape
    if plane.shape[0] > 2 * height and plane.shape[1] > 2 * width:
        points = (2 * width, 2 * height)
        plane = cv2.resize(plane, points, interpolation=cv2.INTER_NEAREST).astype(
            np.uint8, copy=False
        )
    cv2.resize(plane, (width, height), dst=place, interpolation=cv2.INTER_AREA)


def _small(plane: Bytes, size: tuple[int, int]) -> Bytes:
    """Scaled so that fine patterns do not flicker, without touching every pixel of a large plane.

    Averaging all pixels costs thirty times as much; bilinear to twice the size and then averaging
    by two and two looks the same.
    """
    width, height = size
    if plane.shape == (height, width):
        return plane
    if plane.shape[1] > 2 * width and plane.shape[0] > 2 * height:
        plane = cv2.resize(plane, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR).astype(
            np.uint8, copy=False
        )
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def jpeg(picture: Bytes, quality: int) -> bytes:
    """A BGR picture as JPEG."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"cannot make a JPEG of an array of shape {picture.shape}")
    return data.tobytes()
