"""From a MaskedFrame's planes to a picture an encoder takes."""

from __future__ import annotations

import cv2
import numpy as np
from av import VideoFrame

from streetlamp.values import Bytes, MaskedFrame


def even(size: tuple[int, int]) -> tuple[int, int]:
    """The size rounded up to even numbers: what H.264 in 4:2:0 can hold."""
    width, height = size
    return width + width % 2, height + height % 2


def to_picture(frame: MaskedFrame, size: tuple[int, int]) -> VideoFrame:
    """A yuv420p picture of `size` (width, height) with the frame's planes in it.

    It is the frame's own memory, not to be written to, where that has this size and a height that
    is a multiple of 4, and its planes lie one behind the other, as `video/` makes them. Otherwise
    it is a copy: where `size` is larger than the frame (by the one row or column that makes it
    even) the last row or column is repeated; where the frame has another size it is scaled.
    """
    width, height = size
    y, u, v = frame.y, frame.u, frame.v
    memory = _memory(y, u, v) if size == (frame.width, frame.height) else None
    if memory is not None and width % 2 == 0 and height % 4 == 0:  # PyAV rounds others down
        return VideoFrame.from_numpy_buffer(memory.reshape(-1, width), "yuv420p")
    if not (0 <= width - frame.width <= 1 and 0 <= height - frame.height <= 1):
        y = _scaled(y, size)
        half = (width + 1) // 2, (height + 1) // 2
        u, v = _scaled(u, half), _scaled(v, half)
    picture = VideoFrame(width, height, "yuv420p")
    for plane, source in zip(picture.planes, (y, u, v), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        target = rows[: plane.height, : plane.width]
        h, w = source.shape
        target[:h, :w] = source
        if w < plane.width:
            target[:h, w:] = source[:, -1:]
        if h < plane.height:
            target[h:] = target[h - 1 : h]
    return picture


def _memory(*planes: Bytes) -> Bytes | None:
    """The array that holds the planes one behind the other, and nothing else, if there is one."""
    memory = planes[0].base
    if not isinstance(memory, np.ndarray) or memory.dtype != np.uint8:
        return None
    start = end = _address(memory)
    for plane in planes:
        if plane.base is not memory or not plane.flags.c_contiguous or _address(plane) != end:
            return None
        end += plane.nbytes
    return memory if end == start + memory.nbytes else None


def _address(array: Bytes) -> int:
    """Where it begins: quicker than by way of `ctypes`."""
    place: int = array.__array_interface__["data"][0]
    return place


def _scaled(plane: Bytes, size: tuple[int, int]) -> Bytes:
    scaled = cv2.resize(np.ascontiguousarray(plane), size, interpolation=cv2.INTER_LINEAR)
    return scaled.astype(np.uint8, copy=False)
