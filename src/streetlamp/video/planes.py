"""A decoded picture as planar YUV 4:2:0, and small luma pictures of it."""

from __future__ import annotations

from dataclasses import dataclass

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange

from streetlamp.values import Bytes, Pairs
from streetlamp.video.memory import Memory
from streetlamp.video.raw import Part

_PLANAR_420 = frozenset({"yuv420p", "yuvj420p"})


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """Y (h, w) and U, V (ceil(h/2), ceil(w/2)), 8 bit."""

    y: Bytes
    u: Bytes
    v: Bytes
    full_range: bool

    def copy(self, memory: Memory | None = None) -> OwnPlanes:
        """The same picture in memory of our own, which may be written to."""
        own = self.blank(memory)
        own.y[...] = self.y
        own.u[...] = self.u
        own.v[...] = self.v
        return own

    def blank(self, memory: Memory | None = None) -> OwnPlanes:
        """Memory for a picture of this size, with anything in it; from `memory` if given."""
        rows, columns = self.u.shape
        luma = 4 * rows * columns
        size = luma + luma // 2
        own = np.empty(size, np.uint8) if memory is None else memory.take(size)
        y = own[:luma].reshape(2 * rows, 2 * columns)
        u, v = own[luma:].reshape(2, rows, columns)
        pairs = own[:luma].view(np.uint16).reshape(rows, 2, columns)
        height, width = self.y.shape
        return OwnPlanes(y[:height, :width], u, v, self.full_range, pairs)

    @property
    def size(self) -> tuple[int, int]:
        """Width, height in pixels."""
        return int(self.y.shape[1]), int(self.y.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class OwnPlanes(Planes):
    """Planes in memory of our own: one behind the other, as an encoder takes them.

    An odd side is followed by one more row or column of luma, which nobody looks at.
    """

    pairs: Pairs  # (ceil(h/2), 2, ceil(w/2)) `y` by pairs of rows and of pixels beside each other


def _view(plane: VideoPlane, width: int, height: int) -> Bytes:
    size = (height, width)
    view: Bytes = np.ndarray(size, np.uint8, memoryview(plane), strides=(plane.line_size, 1))
    view.flags.writeable = False
    return view


def is_full_range(picture: av.VideoFrame) -> bool:
    """Whether luma runs 0–255 (JPEG range) instead of 16–235."""
    return picture.format.name.startswith("yuvj") or picture.color_range == ColorRange.JPEG


def view_planes(picture: av.VideoFrame) -> Planes:
    """A decoded picture's planes, to read only: it is the decoder's own buffer."""
    full = is_full_range(picture)
    if picture.format.name not in _PLANAR_420:
        picture = picture.reformat(format="yuvj420p" if full else "yuv420p")
    w, h = picture.width, picture.height
    cw, ch = (w + 1) // 2, (h + 1) // 2
    y, u, v = picture.planes
    return Planes(_view(y, w, h), _view(u, cw, ch), _view(v, cw, ch), full)


def cropped(picture: av.VideoFrame, part: Part) -> av.VideoFrame:
    """A new picture, planar 4:2:0, of a part of another. Odd sides are cut to even ones."""
    x1, y1, x2, y2 = part
    width, height = (x2 - x1) // 2 * 2, (y2 - y1) // 2 * 2
    planes = view_planes(picture)
    out = av.VideoFrame(width, height, "yuvj420p" if planes.full_range else "yuv420p")
    out.color_range, out.colorspace = picture.color_range, picture.colorspace
    for index, plane in enumerate((planes.y, planes.u, planes.v)):
        by = 2 if index else 1
        left, top, w, h = x1 // by, y1 // by, width // by, height // by
        target = out.planes[index]
        rows = np.frombuffer(memoryview(target), np.uint8).reshape(-1, target.line_size)
        rows[:h, :w] = plane[top : top + h, left : left + w]
    return out


def _luma(picture: av.VideoFrame) -> Bytes:
    """The luma plane, (h, w) to read only: the decoder's own buffer where it has one."""
    if picture.format.name in _PLANAR_420 or picture.format.name in ("nv12", "gray", "yuv422p"):
        return _view(picture.planes[0], picture.width, picture.height)
    return _view(picture.reformat(format="gray").planes[0], picture.width, picture.height)


def _at_hand(luma: Bytes) -> Bytes:
    """The same plane, read through once: in the order of memory that is quick, and what is then
    made small of it row by row, which by itself would wait for memory, takes two thirds.
    """
    cv2.norm(luma, cv2.NORM_INF)
    return luma


def halved_luma(picture: av.VideoFrame, most: int = 640) -> Bytes:
    """The luma of a picture, halved in both directions until it is at most `most` wide.

    Exact halves are means of 2×2 pixels, and OpenCV's quickest way to a small picture: a fifth of
    the time that 1080p takes to any other size, and nothing falls between the samples.
    """
    luma = _luma(picture)
    while luma.shape[1] > most:
        half = (luma.shape[1] // 2, max(1, luma.shape[0] // 2))
        small = cv2.resize(luma, half, interpolation=cv2.INTER_LINEAR)
        luma = small.astype(np.uint8, copy=False)
    return luma


def thumbnail(picture: av.VideoFrame, width: int) -> Bytes:
    """The luma of a picture, about `width` wide, for looking at motion: (h', width) uint8.

    Straight from the Y plane: an eighth of the cost of a conversion of the whole picture.
    """
    luma = _at_hand(_luma(picture))
    height = max(2, round(width * picture.height / picture.width))
    small = cv2.resize(luma, (width * 2, height * 2), interpolation=cv2.INTER_LINEAR)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_AREA).astype(
        np.uint8, copy=False
    )
