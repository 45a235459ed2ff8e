"""Hide people: the only maker of `MaskedFrame`.

The mosaic's grid is fixed to the picture, not to the person, so that blocks do not slide over
somebody's face and give away more with every frame. A block is at least as large as a head, its
colour is an average that is then rounded to a few levels. See ``design/masking.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import cv2
import numpy as np

from streetlamp.values import Bytes, Floats, Ints, MaskedFrame
from streetlamp.video.options import Style
from streetlamp.video.planes import Planes, view_planes
from streetlamp.video.raw import RawFrame

SMALLEST_BLOCK: Final = 8  # pixels
LUMA_STEP: Final = 16  # a mosaic block's luma is rounded to this
CHROMA_STEP: Final = 8
MOST: Final = 0.75  # more of the picture than this: hide all of it


def hide(frame: RawFrame, boxes: Floats, style: Style = Style.MOSAIC) -> MaskedFrame:
    """The picture with every box hidden. boxes: (k, 4) pixels, margins included, any overlap."""
    planes = view_planes(frame.picture)
    width, height = planes.size
    regions = [
        region
        for box in boxes
        if (region := _region(box, width, height, block_for(_length(box)))) is not None
    ]
    if _share(regions, width, height) > MOST:
        return _hidden_whole(frame, planes, "people fill the picture")
    # Small blocks first: where regions overlap the coarser one wins. Always read from the
    # original, never from an already hidden part.
    regions = sorted(_coarsened(regions), key=lambda region: region[4])
    out = planes.copy()
    for number, region in enumerate(regions):
        if not any(_within(region, later) for later in regions[number + 1 :]):  # painted over
            _PAINTERS[style](planes, out, region)
    return _masked(frame, out, [region[:4] for region in regions], whole=False, reason="")


def hide_whole(frame: RawFrame, reason: str) -> MaskedFrame:
    """The whole picture as a coarse mosaic, because nobody can say who is in it."""
    return _hidden_whole(frame, view_planes(frame.picture), reason)


def _length(box: Floats) -> float:
    """The longer side: somebody may lie, and a head is an eighth of a person's length."""
    return float(max(box[3] - box[1], box[2] - box[0]))


def block_for(height: float) -> int:
    """The mosaic block for a region `height` pixels high, in pixels: never smaller than a head.

    A head is about an eighth of a person; the region has margins, so a sixth of it, rounded up
    to a multiple of 8, is on the safe side.
    """
    return min(256, max(SMALLEST_BLOCK, -(-int(height) // 48) * 8))


def _hidden_whole(frame: RawFrame, planes: Planes, reason: str) -> MaskedFrame:
    width, height = planes.size
    block = max(32, block_for(height / 2.0))
    region = (0, 0, width, height, block)
    out = planes.copy()
    _mosaic(planes, out, region)
    return _masked(frame, out, [region[:4]], whole=True, reason=reason)


_Region = tuple[int, int, int, int, int]  # x1, y1, x2, y2 (even, or the edge), and the block


def _region(box: Floats, width: int, height: int, block: int) -> _Region | None:
    x1 = max(0, int(np.floor(box[0] / 2)) * 2)
    y1 = max(0, int(np.floor(box[1] / 2)) * 2)
    x2 = min(width, int(np.ceil(box[2] / 2)) * 2)
    y2 = min(height, int(np.ceil(box[3] / 2)) * 2)
    return (x1, y1, x2, y2, block) if x2 > x1 and y2 > y1 else None


def _coarsened(regions: list[_Region]) -> Iterator[_Region]:
    """Each with the coarsest block of those that cover its middle: head and body are one person."""
    for x1, y1, x2, y2, block in regions:
        x, y = (x1 + x2) // 2, (y1 + y2) // 2
        over = [b for left, top, right, low, b in regions if left <= x < right and top <= y < low]
        yield x1, y1, x2, y2, max(block, *over)


def _within(inner: _Region, outer: _Region) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[2] >= inner[2]
        and outer[3] >= inner[3]
    )


def _share(regions: Iterable[_Region], width: int, height: int) -> float:
    """The share of the picture that the regions cover together."""
    cell = 8
    grid = np.zeros((-(-height // cell), -(-width // cell)), np.bool_)
    for x1, y1, x2, y2, _ in regions:
        grid[y1 // cell : -(-y2 // cell), x1 // cell : -(-x2 // cell)] = True
    return float(grid.mean())


def _mosaic(source: Planes, out: Planes, region: _Region) -> None:
    x1, y1, x2, y2, block = region
    _mosaic_plane(source.y, out.y, (x1, y1, x2, y2), block, LUMA_STEP)
    half = (x1 // 2, y1 // 2, (x2 + 1) // 2, (y2 + 1) // 2)
    for a, b in ((source.u, out.u), (source.v, out.v)):
        _mosaic_plane(a, b, half, block // 2, CHROMA_STEP)


def _mosaic_plane(
    source: Bytes, out: Bytes, where: tuple[int, int, int, int], block: int, step: int
) -> None:
    """Paints whole blocks' averages, also where the region's edge cuts through a block."""
    x1, y1, x2, y2 = where
    left, top = x1 // block * block, y1 // block * block
    columns, rows = -(-(x2 - left) // block), -(-(y2 - top) // block)
    part = source[top : top + rows * block, left : left + columns * block]
    h, w = part.shape
    if (rows * block, columns * block) != (h, w):  # the picture's edge cuts the last block
        part = np.pad(part, ((0, rows * block - h), (0, columns * block - w)), mode="edge")
    means = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    rounded = (means // step * step + step // 2).astype(np.uint8).reshape(rows, columns)
    blocks = np.repeat(np.repeat(rounded, block, axis=0), block, axis=1)
    out[y1:y2, x1:x2] = blocks[y1 - top : y2 - top, x1 - left : x2 - left]


def _solid(source: Planes, out: Planes, region: _Region) -> None:
    x1, y1, x2, y2, _ = region
    out.y[y1:y2, x1:x2] = 96
    for plane in (out.u, out.v):
        plane[y1 // 2 : (y2 + 1) // 2, x1 // 2 : (x2 + 1) // 2] = 128


def _silhouette(source: Planes, out: Planes, region: _Region) -> None:
    """A flat figure, standing or lying as the region does, on a flat ground."""
    _solid(source, out, region)
    x1, y1, x2, y2, _ = region
    w, h = x2 - x1, y2 - y1
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
    out.y[y1:y2, x1:x2][ground > 0] = 200


_PAINTERS: Final = {Style.MOSAIC: _mosaic, Style.SOLID: _solid, Style.SILHOUETTE: _silhouette}


def _masked(
    frame: RawFrame,
    planes: Planes,
    rectangles: list[tuple[int, int, int, int]],
    *,
    whole: bool,
    reason: str,
) -> MaskedFrame:
    for plane in (planes.y, planes.u, planes.v):
        plane.flags.writeable = False
    hidden: Ints = np.array(rectangles, np.int64).reshape(-1, 4)
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
        hidden=hidden,
        whole=whole,
        reason=reason,
    )
