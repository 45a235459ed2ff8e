"""Hide people: the only maker of `MaskedFrame`.

The mosaic's grid is fixed to the picture, not to the person, so that blocks do not slide over
somebody's face and give away more with every frame. A block is at least as large as a head, its
colour is an average that is then rounded to a few levels. See ``design/masking.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from streetlamp.values import Bytes, Floats, Ints, MaskedFrame, Pairs
from streetlamp.video.memory import Memory
from streetlamp.video.options import Style
from streetlamp.video.planes import OwnPlanes, Planes, view_planes
from streetlamp.video.raw import RawFrame

SMALLEST_BLOCK: Final = 8  # pixels
_LARGEST_BLOCK: Final = 256
CELL: Final = 8  # pixels: every block is so many cells wide and high
LUMA_STEP: Final = 16  # a mosaic block's luma is rounded to this
CHROMA_STEP: Final = 8
MOST: Final = 0.75  # more of the picture than this: hide all of it
_OUTWARD: Final = np.array([2, 2, -2, -2], np.float32)  # to even edges, away from the middle
_SQUARES: Final = CELL // 2  # of 2 × 2 pixels of luma and one of chroma, in a row of a cell
_TO_CELLS: Final = np.array([0, 0, CELL - 1, CELL - 1])  # added before a division: x2 y2 round up
_TO_SQUARES: Final = np.array([0, 0, 1, 1])
_LEVELS: Final = np.arange(256, dtype=np.uint8)
_LUMA: Final = _LEVELS // LUMA_STEP * LUMA_STEP + LUMA_STEP // 2
_CHROMA: Final = _LEVELS // CHROMA_STEP * CHROMA_STEP + CHROMA_STEP // 2
# by level, rounded: a row of its cell. Only the bits count: OpenCV looks up these types
_LUMA_ROWS: Final = _LUMA.repeat(CELL).view(np.float64)
_CHROMA_ROWS: Final = _CHROMA.repeat(_SQUARES).view(np.int32)

_Window = tuple[int, int, int, int]  # left, top, right, bottom: cells of a picture


def hide(
    frame: RawFrame,
    boxes: Floats,
    style: Style = Style.MOSAIC,
    memory: Memory | None = None,
) -> MaskedFrame:
    """The picture with every box hidden. boxes: (k, 4) pixels, margins included, any overlap.

    memory: where to put it. ValueError if a box is not finite.
    """
    planes = view_planes(frame.picture)
    if not len(boxes):
        return _masked(
            frame, planes.copy(memory), np.zeros((0, 4), np.int64), whole=False, reason=""
        )
    regions = _regions(boxes, planes.size)
    if cv2.countNonZero(regions.sides) > MOST * regions.sides.size:
        return _hidden_whole(frame, planes, "people fill the picture", memory)
    out = planes.copy(memory)
    if len(regions.rectangles):
        _PAINTERS[style](planes, out, regions)
    return _masked(frame, out, regions.rectangles, whole=False, reason="")


def clear(frame: RawFrame) -> MaskedFrame:
    """A picture in which nothing had to be hidden, in the decoder's own memory, to read only."""
    planes = view_planes(frame.picture)
    return _masked(frame, planes, np.zeros((0, 4), np.int64), whole=False, reason="")


def hide_whole(frame: RawFrame, reason: str, memory: Memory | None = None) -> MaskedFrame:
    """The whole picture as a coarse mosaic, because nobody can say who is in it."""
    return _hidden_whole(frame, view_planes(frame.picture), reason, memory)


def block_for(height: float) -> int:
    """The mosaic block for a region `height` pixels high, in pixels: never smaller than a head.

    A head is about an eighth of a person; the region has margins, so a sixth of it, rounded up
    to whole cells, is on the safe side.
    """
    return min(_LARGEST_BLOCK, max(SMALLEST_BLOCK, -(-int(height) // (6 * CELL)) * CELL))


def _hidden_whole(
    frame: RawFrame, planes: Planes, reason: str, memory: Memory | None
) -> MaskedFrame:
    width, height = planes.size
    rectangles: Ints = np.array([[0, 0, width, height]], np.int64)
    sides: Bytes = np.array([max(32, block_for(height / 2.0)) // CELL], np.uint8)
    out = planes.blank(memory)
    _mosaic(planes, out, _Regions.make(rectangles, sides, planes.size))
    return _masked(frame, out, rectangles, whole=True, reason=reason)


@dataclass(frozen=True, slots=True, eq=False)
class _Regions:
    """What to hide of a picture, from the finest block to the coarsest."""

    rectangles: Ints  # (k, 4) x1 y1 x2 y2: even, or the picture's edge
    sides: Bytes  # (rows, columns) the side of each cell's block, in cells; 0: nothing hidden
    windows: dict[int, _Window]  # by side, rising: around its blocks

    @classmethod
    def make(cls, rectangles: Ints, sides: Bytes, size: tuple[int, int]) -> _Regions:
        """Of rectangles (k, 4), pixels, and the sides of their blocks (k,), cells, in any order."""
        order = sides.argsort(kind="stable")
        rectangles = rectangles[order]
        rising: list[int] = sides[order].tolist()
        width, height = size
        grid = np.zeros((-(-height // CELL), -(-width // CELL)), np.uint8)
        cells = (rectangles + _TO_CELLS) // CELL
        # the coarser block wins where rectangles overlap, and has the cells they share
        for (x1, y1, x2, y2), side in zip(cells.tolist(), rising, strict=True):
            grid[y1:y2, x1:x2] = side
        return cls(rectangles, grid, _windows(cells, rising, grid.shape))


def _windows(cells: Ints, sides: list[int], grid: tuple[int, ...]) -> dict[int, _Window]:
    """By side: around the blocks of what covers cells (k, 4) of a grid, sorted by `sides`."""
    levels = sorted(set(sides))
    if not levels:
        return {}
    starts = [sides.index(side) for side in levels]
    corners = np.minimum.reduceat(cells[:, :2], starts).tolist()
    ends = np.maximum.reduceat(cells[:, 2:], starts).tolist()
    return {
        side: _window((x1, y1, x2, y2), side, grid)
        for side, (x1, y1), (x2, y2) in zip(levels, corners, ends, strict=True)
    }


def _window(cells: _Window, side: int, grid: tuple[int, ...]) -> _Window:
    """The whole blocks of `side` cells around cells, as far as the grid (rows, columns) goes."""
    x1, y1, x2, y2 = cells
    rows, columns = grid
    right, bottom = min(-(-x2 // side) * side, columns), min(-(-y2 // side) * side, rows)
    return x1 // side * side, y1 // side * side, right, bottom


def _regions(boxes: Floats, size: tuple[int, int]) -> _Regions:
    """What to hide for boxes (k, 4); those outside the picture of `size` are left out."""
    if not np.isfinite(boxes).all():
        raise ValueError("a box to hide has an edge that is not finite")
    edges = np.floor(boxes / _OUTWARD) * _OUTWARD
    rectangles: Ints = np.minimum(np.maximum(edges, 0), np.array(size * 2)).astype(np.int64)
    lengths = boxes[:, 2:] - boxes[:, :2]
    # the longer side: somebody may lie, and a head is an eighth of a person's length
    sides = _sides(np.maximum(lengths[:, 0], lengths[:, 1]))
    positive = rectangles[:, 2:] > rectangles[:, :2]
    if not positive.all():
        inside = positive.all(axis=1)
        rectangles, sides = rectangles[inside], sides[inside]
    return _Regions.make(rectangles, _coarsened(rectangles, sides), size)


def _sides(lengths: Floats) -> Bytes:
    """(k,) `block_for` each length, in cells."""
    whole = np.minimum(np.maximum(lengths, 1), 6 * _LARGEST_BLOCK).astype(np.int64)
    sides: Bytes = ((whole + (6 * CELL - 1)) // (6 * CELL)).astype(np.uint8)
    return sides


def _coarsened(rectangles: Ints, sides: Bytes) -> Bytes:
    """(k,) the coarsest block of those over a rectangle's middle: head and body are one person."""
    edges = np.ascontiguousarray(rectangles.T)
    corners, ends = edges[:2, None], edges[2:, None]  # (2, 1, k): x, y
    middles = ((edges[:2] + edges[2:]) // 2)[:, :, None]
    over = (corners <= middles) & (middles < ends)
    coarsest: Bytes = ((over[0] & over[1]) * sides).max(axis=1, initial=0)
    return coarsest


def _mosaic(source: Planes, out: OwnPlanes, regions: _Regions) -> None:
    """Paints whole blocks' averages, also where a rectangle's edge cuts through a block.

    Averages are taken of the original's cells, and only around what is to be hidden.
    """
    around = _around(regions.windows.values())
    cells = _cells(source, around)
    painted = cells.copy()  # a block of one cell is its cell
    for side, window in regions.windows.items():
        if side > 1:
            here = _slices(window, around)
            mine = (regions.sides[_slices(window)] == side).view(np.uint8)
            _put(_blocks(cells[here], side), mine, painted[here])
    _place(painted, around, out, regions.rectangles)


def _around(windows: Iterable[_Window]) -> _Window:
    """The window around all of them."""
    left, top, right, bottom = zip(*windows, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _slices(window: _Window, other: _Window = (0, 0, 0, 0)) -> tuple[slice, slice]:
    """Rows and columns of a window, counted from another's left top corner."""
    x1, y1, x2, y2 = window
    left, top, _, _ = other
    return slice(y1 - top, y2 - top), slice(x1 - left, x2 - left)


def _cells(source: Planes, window: _Window) -> Bytes:
    """(rows, columns, 4) the cells' averages of Y, U, V and V: four are quicker than three."""
    luma = _halved(source.y, window, CELL)
    blue = _halved(source.u, window, _SQUARES)
    red = _halved(source.v, window, _SQUARES)
    return _bytes(cv2.merge([luma, blue, red, red]))


def _halved(plane: Bytes, window: _Window, side: int) -> Bytes:
    """Averages of `side` × `side` pixels, by the exact halves that OpenCV is quickest at."""
    left, top, right, bottom = window
    part = plane[top * side : bottom * side, left * side : right * side]
    part = _padded(part, (bottom - top) * side, (right - left) * side)
    while side > 1:
        side //= 2
        half = (part.shape[1] // 2, part.shape[0] // 2)
        part = _bytes(cv2.resize(part, half, interpolation=cv2.INTER_LINEAR))
    return part


def _blocks(cells: Bytes, side: int) -> Bytes:
    """The averages of blocks of `side` × `side` cells, at each cell: the same shape."""
    rows, columns = -(-cells.shape[0] // side), -(-cells.shape[1] // side)
    whole = _padded(cells, rows * side, columns * side)
    means = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    size = (columns * side, rows * side)
    large = _bytes(cv2.resize(means, size, interpolation=cv2.INTER_NEAREST))
    return large[: cells.shape[0], : cells.shape[1]]


def _padded(part: Bytes, rows: int, columns: int) -> Bytes:
    """The picture's edge may cut the last block: its last row and column stand for the rest."""
    more = rows - part.shape[0], columns - part.shape[1]
    if not any(more):
        return part
    return _bytes(cv2.copyMakeBorder(part, 0, more[0], 0, more[1], cv2.BORDER_REPLICATE))


def _place(cells: Bytes, window: _Window, out: OwnPlanes, rectangles: Ints) -> None:
    """Paints rectangles (k, 4) from cells (rows, columns, 4), of a window of the picture's.

    In squares of two by two pixels of luma and one of chroma: all edges lie between squares. What
    to paint is the same for both planes then, and as easily marked as painted, in one go.
    """
    left, top, right, bottom = (cell * _SQUARES for cell in window)
    rows, columns = slice(top, bottom), slice(left, right)
    pairs, u, v = out.pairs[rows, :, columns], out.u[rows, columns], out.v[rows, columns]
    hidden = _marked((rectangles + _TO_SQUARES) // 2 - (left, top, left, top), u.shape)
    luma, blue, red = (levels[:, : u.shape[1]] for levels in _rows(cells))
    for row in range(_SQUARES):
        mine = slice(row, None, _SQUARES)  # this row of every cell
        here = hidden[mine]
        n = len(here)  # the picture's edge may cut the last cell
        _put(luma[:n], here, pairs[mine, 0])
        _put(luma[:n], here, pairs[mine, 1])
        _put(blue[:n], here, u[mine])
        _put(red[:n], here, v[mine])


def _marked(squares: Ints, shape: tuple[int, ...]) -> Bytes:
    """1 in every rectangle of x1 y1 x2 y2 (k, 4), 0 elsewhere."""
    marked = np.zeros(shape, np.uint8)
    for x1, y1, x2, y2 in squares.tolist():
        marked[y1:y2, x1:x2] = 1
    return marked


def _rows(cells: Bytes) -> tuple[Pairs, Bytes, Bytes]:
    """A row of squares for each row of cells (rows, columns, 4): the rounded levels of Y, U, V."""
    luma, blue, red, _ = cv2.split(cells)
    return (
        cv2.LUT(luma, _LUMA_ROWS).view(np.uint16),
        cv2.LUT(blue, _CHROMA_ROWS).view(np.uint8),
        cv2.LUT(red, _CHROMA_ROWS).view(np.uint8),
    )


def _put(image: Bytes | Pairs, where: Bytes, out: Bytes | Pairs) -> None:
    """Copies what of `image` is set in `where` to `out`. All have the same size."""
    if cv2.copyTo(image, where, out) is not out:
        raise RuntimeError("OpenCV wrote to other memory than it was given")


def _bytes(image: Any) -> Bytes:
    """An array from OpenCV, which keeps 8 bit but does not say so to the type checker."""
    return np.asarray(image, np.uint8)


def _solid(source: Planes, out: OwnPlanes, regions: _Regions) -> None:
    for x1, y1, x2, y2 in regions.rectangles.tolist():
        _fill(out, x1, y1, x2, y2)


def _fill(out: OwnPlanes, x1: int, y1: int, x2: int, y2: int) -> None:
    out.y[y1:y2, x1:x2] = 96
    for plane in (out.u, out.v):
        plane[y1 // 2 : (y2 + 1) // 2, x1 // 2 : (x2 + 1) // 2] = 128


def _silhouette(source: Planes, out: OwnPlanes, regions: _Regions) -> None:
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
