"""Hide people: the only maker of `MaskedFrame`.

The mosaic's grid is fixed to the picture, not to the person, so that blocks do not slide over
somebody's face and give away more with every frame. A block is at least as large as a head, its
colour is an average that is then rounded to a few levels. See ``design/masking.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from streetlamp.values import Bools, Bytes, Floats, Ints, MaskedFrame
from streetlamp.video.options import Style
from streetlamp.video.planes import Planes, view_planes
from streetlamp.video.raw import RawFrame

SMALLEST_BLOCK: Final = 8  # pixels
CELL: Final = 8  # pixels: every block is so many cells wide and high
LUMA_STEP: Final = 16  # a mosaic block's luma is rounded to this
CHROMA_STEP: Final = 8
MOST: Final = 0.75  # more of the picture than this: hide all of it
_OUTWARD: Final = np.array([2, 2, -2, -2], np.float32)  # to even edges, away from the middle
_STEPS: Final = np.array([LUMA_STEP, CHROMA_STEP, CHROMA_STEP])
_ROUNDED: Final = (np.arange(256)[:, None] // _STEPS * _STEPS + _STEPS // 2).astype(np.uint8)[None]


def hide(frame: RawFrame, boxes: Floats, style: Style = Style.MOSAIC) -> MaskedFrame:
    """The picture with every box hidden. boxes: (k, 4) pixels, margins included, any overlap.

    ValueError if a box is not finite.
    """
    planes = view_planes(frame.picture)
    if not len(boxes):
        return _masked(frame, planes.copy(), np.zeros((0, 4), np.int64), whole=False, reason="")
    regions = _regions(boxes, planes.size)
    if np.count_nonzero(regions.sides) > MOST * regions.sides.size:
        return _hidden_whole(frame, planes, "people fill the picture")
    out = planes.copy()
    if len(regions.rectangles):
        _PAINTERS[style](planes, out, regions)
    return _masked(frame, out, regions.rectangles, whole=False, reason="")


def clear(frame: RawFrame) -> MaskedFrame:
    """A picture in which nothing had to be hidden, in the decoder's own memory, to read only."""
    planes = view_planes(frame.picture)
    return _masked(frame, planes, np.zeros((0, 4), np.int64), whole=False, reason="")


def hide_whole(frame: RawFrame, reason: str) -> MaskedFrame:
    """The whole picture as a coarse mosaic, because nobody can say who is in it."""
    return _hidden_whole(frame, view_planes(frame.picture), reason)


def block_for(height: float) -> int:
    """The mosaic block for a region `height` pixels high, in pixels: never smaller than a head.

    A head is about an eighth of a person; the region has margins, so a sixth of it, rounded up
    to a multiple of 8, is on the safe side.
    """
    return min(256, max(SMALLEST_BLOCK, -(-int(height) // 48) * 8))


def _hidden_whole(frame: RawFrame, planes: Planes, reason: str) -> MaskedFrame:
    width, height = planes.size
    rectangles: Ints = np.array([[0, 0, width, height]], np.int64)
    blocks: Ints = np.array([max(32, block_for(height / 2.0))], np.int64)
    out = planes.copy()
    _mosaic(planes, out, _Regions.make(rectangles, blocks, planes.size))
    return _masked(frame, out, rectangles, whole=True, reason=reason)


@dataclass(frozen=True, slots=True, eq=False)
class _Regions:
    """What to hide of a picture, from the finest block to the coarsest."""

    rectangles: Ints  # (k, 4) x1 y1 x2 y2: even, or the picture's edge
    levels: list[int]  # the sides that are in `sides`, rising
    sides: Bytes  # (rows, columns) the side of each cell's block, in cells; 0: nothing hidden

    @classmethod
    def make(cls, rectangles: Ints, blocks: Ints, size: tuple[int, int]) -> _Regions:
        """Of rectangles (k, 4) and their blocks (k,), pixels, in any order."""
        order = np.argsort(blocks, kind="stable")
        rectangles, sides = rectangles[order], (blocks[order] // CELL).tolist()
        width, height = size
        grid = np.zeros((-(-height // CELL), -(-width // CELL)), np.uint8)
        # the coarser block wins where rectangles overlap, and has the cells they share
        for (x1, y1, x2, y2), side in zip(rectangles.tolist(), sides, strict=True):
            grid[y1 // CELL : -(-y2 // CELL), x1 // CELL : -(-x2 // CELL)] = side
        levels = [side for side in sorted(set(sides)) if (grid == side).any()]
        return cls(rectangles, levels, grid)


def _regions(boxes: Floats, size: tuple[int, int]) -> _Regions:
    """What to hide for boxes (k, 4); those outside the picture of `size` are left out."""
    if not np.isfinite(boxes).all():
        raise ValueError("a box to hide has an edge that is not finite")
    # the longer side: somebody may lie, and a head is an eighth of a person's length
    lengths = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0.0)
    blocks: Ints = np.array([block_for(length) for length in lengths.tolist()], np.int64)
    edges = np.clip(np.floor(boxes / _OUTWARD) * _OUTWARD, 0, size * 2)
    inside = (edges[:, 2:] > edges[:, :2]).all(axis=1)
    rectangles: Ints = edges[inside].astype(np.int64)
    return _Regions.make(rectangles, _coarsened(rectangles, blocks[inside]), size)


def _coarsened(rectangles: Ints, blocks: Ints) -> Ints:
    """(k,) the coarsest block of those over a rectangle's middle: head and body are one person."""
    x1, y1, x2, y2 = rectangles.T
    x, y = ((x1 + x2) // 2)[:, None], ((y1 + y2) // 2)[:, None]
    over = (x1 <= x) & (x < x2) & (y1 <= y) & (y < y2)
    coarsest: Ints = np.where(over, blocks, 0).max(axis=1, initial=0)
    return coarsest


def _mosaic(source: Planes, out: Planes, regions: _Regions) -> None:
    """Paints whole blocks' averages, also where a rectangle's edge cuts through a block.

    Averages are taken of the original's cells, and only around what is to be hidden.
    """
    windows = {side: _window(regions.sides == side, side) for side in regions.levels}
    rows, columns = (
        slice(min(span.start for span in spans), max(span.stop for span in spans))
        for spans in zip(*windows.values(), strict=True)
    )
    cells = np.zeros((*regions.sides.shape, 3), np.uint8)  # Y, U, V
    cells[rows, columns] = _cells(source, rows, columns)
    painted = np.zeros_like(cells)
    for side, window in windows.items():
        mine = (regions.sides[window] == side).view(np.uint8)
        cv2.copyTo(_blocks(cells[window], side), mine, painted[window])
    luma, blue, red = cv2.split(painted[rows, columns])
    rectangles = regions.rectangles
    halves = np.concatenate([rectangles[:, :2] // 2, (rectangles[:, 2:] + 1) // 2], axis=1)
    corner = columns.start, rows.start
    _place(_bytes(luma), out.y, rectangles, corner, CELL)
    _place(_bytes(blue), out.u, halves, corner, CELL // 2)
    _place(_bytes(red), out.v, halves, corner, CELL // 2)


def _window(where: Bools, side: int) -> tuple[slice, slice]:
    """Rows and columns of the blocks of `side` cells around every cell that is set."""
    left, top, width, height = cv2.boundingRect(where.view(np.uint8))
    rows, columns = where.shape
    return _span(top, top + height, side, rows), _span(left, left + width, side, columns)


def _span(start: int, stop: int, side: int, most: int) -> slice:
    return slice(start // side * side, min(-(-stop // side) * side, most))


def _cells(source: Planes, rows: slice, columns: slice) -> Bytes:
    """(rows, columns, 3) the cells' averages of Y, U and V."""
    return _bytes(
        cv2.merge(
            [
                _halved(source.y, rows, columns, CELL),
                _halved(source.u, rows, columns, CELL // 2),
                _halved(source.v, rows, columns, CELL // 2),
            ]
        )
    )


def _halved(plane: Bytes, rows: slice, columns: slice, side: int) -> Bytes:
    """Averages of `side` × `side` pixels, by the exact halves that OpenCV is quickest at."""
    part = plane[rows.start * side : rows.stop * side, columns.start * side : columns.stop * side]
    part = _padded(part, (rows.stop - rows.start) * side, (columns.stop - columns.start) * side)
    while side > 1:
        side //= 2
        half = (part.shape[1] // 2, part.shape[0] // 2)
        part = _bytes(cv2.resize(part, half, interpolation=cv2.INTER_LINEAR))
    return part


def _blocks(cells: Bytes, side: int) -> Bytes:
    """The averages of blocks of `side` × `side` cells, rounded, at each cell: the same shape."""
    rows, columns = -(-cells.shape[0] // side), -(-cells.shape[1] // side)
    whole = _padded(cells, rows * side, columns * side)
    means = cv2.LUT(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), _ROUNDED)
    size = (columns * side, rows * side)
    large = _bytes(cv2.resize(means, size, interpolation=cv2.INTER_NEAREST))
    return large[: cells.shape[0], : cells.shape[1]]


def _padded(part: Bytes, rows: int, columns: int) -> Bytes:
    """The picture's edge may cut the last block: its last row and column stand for the rest."""
    more = rows - part.shape[0], columns - part.shape[1]
    if not any(more):
        return part
    return _bytes(cv2.copyMakeBorder(part, 0, more[0], 0, more[1], cv2.BORDER_REPLICATE))


def _place(cells: Bytes, out: Bytes, rectangles: Ints, corner: tuple[int, int], side: int) -> None:
    """Paints rectangles (k, 4) of a plane from cells of `side` pixels, the first at `corner`."""
    large = cells.repeat(side, axis=1).repeat(side, axis=0)
    left, top = corner[0] * side, corner[1] * side
    for x1, y1, x2, y2 in rectangles.tolist():
        out[y1:y2, x1:x2] = large[y1 - top : y2 - top, x1 - left : x2 - left]


def _bytes(image: Any) -> Bytes:
    """An array from OpenCV, which keeps 8 bit but does not say so to the type checker."""
    return np.asarray(image, np.uint8)


def _solid(source: Planes, out: Planes, regions: _Regions) -> None:
    for x1, y1, x2, y2 in regions.rectangles.tolist():
        _fill(out, x1, y1, x2, y2)


def _fill(out: Planes, x1: int, y1: int, x2: int, y2: int) -> None:
    out.y[y1:y2, x1:x2] = 96
    for plane in (out.u, out.v):
        plane[y1 // 2 : (y2 + 1) // 2, x1 // 2 : (x2 + 1) // 2] = 128


def _silhouette(source: Planes, out: Planes, regions: _Regions) -> None:
    """Flat figures, standing or lying as each rectangle does, on flat grounds."""
    for x1, y1, x2, y2 in regions.rectangles.tolist():
        _fill(out, x1, y1, x2, y2)
        out.y[y1:y2, x1:x2][_figure(x2 - x1, y2 - y1) > 0] = 200


def _figure(w: int, h: int) -> Bytes:
    """(h, w) a head and a body: 255; the ground: 0."""
    ground = np.zeros((h, w), np.uint8)
    if h >= w * 0.8:
        head, body = (w // 2, int(h * 0.24)), (w // 2, int(h * 0.64))
        axes = (max(1, int(w * 0.22)), max(1, int(h * 0.30)))
    else:
        head, body = (int(w * 0.2), h // 2), (int(w * 0.6), h // 2)
        axes = (max(1, int(w * 0.30)), max(1, int(h * 0.25)))
    radius = max(1, int(0.10 * max(w, h)))
    cv2.circle(ground, head, radius, 255, -1)
    cv2.ellipse(ground, body, axes, 0.0, 0.0, 360.0, 255, -1)
    return ground


_PAINTERS: Final = {Style.MOSAIC: _mosaic, Style.SOLID: _solid, Style.SILHOUETTE: _silhouette}


def _masked(
    frame: RawFrame,
    planes: Planes,
    rectangles: Ints,
    *,
    whole: bool,
    reason: str,
) -> MaskedFrame:
    for plane in (planes.y, planes.u, planes.v):
        plane.flags.writeable = False
    return MaskedFrame(
        camera=frame.camera,
        time=frame.time,
        frame=frame.frame,
        pts=frame.pts,
        time_base=(frame.time_base.numerator, frame.time_base.denominator),
        y=planes.y,
        u=planes.u,
        v=planes.v,
        full_range=planes.full_range,
        hidden=rectangles,
        whole=whole,
        reason=reason,
    )
