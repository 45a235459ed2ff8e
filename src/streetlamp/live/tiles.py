"""Every camera's picture at one tile size, kept small, and sheets of many tiles made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from streetlamp.live.scale import fit, jpeg, shrink_into
from streetlamp.values import Bytes, MaskedFrame

WIDTHS: Final = (96, 128, 160, 192, 256, 320, 480, 640, 960, 1280, 1920)
"""Pixels: the widths tiles are drawn at, so that viewers share drawings."""

_SHAPE: Final = 16 / 9  # of a tile
_BLOCK: Final = 16  # pixels: what JPEG compresses together, colour with it
_ACROSS: Final = 8  # tiles beside each other in a sheet, at most
_LARGEST: Final = 1 << 20  # pixels of a sheet: small enough for any decoder, and for a phone's
_EMPTY: Final = (24, 128, 128)  # what no picture fills


@dataclass(frozen=True, slots=True)
class Cell:
    """Where one camera's picture stands in a sheet, pixels. Its shape is the camera's."""

    camera: int  # its place among the cameras of the wall
    time: float  # of the picture, POSIX seconds
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """Many cameras in one JPEG."""

    width: int
    height: int
    cells: tuple[Cell, ...]
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class _Tile:
    frame: MaskedFrame
    y: Bytes
    u: Bytes
    v: Bytes


def tile_size(width: int) -> tuple[int, int]:
    """Width and height (pixels) of the tiles a viewer gets who asks for this width."""
    chosen = next((w for w in WIDTHS if w >= width), WIDTHS[-1])
    return chosen, round(chosen / _SHAPE / 2) * 2


class Tiles:
    """The latest picture of every camera at one size. A picture is made small once, if at all."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self._held: dict[int, _Tile] = {}
        # The blocks of a sheet never hold two cameras: nothing of one bleeds into the next.
        self._cell = tuple(math.ceil(length / _BLOCK) * _BLOCK for length in size)
        pixels = self._cell[0] * self._cell[1]
        self.per_sheet = max(1, min(_ACROSS * _ACROSS, _LARGEST // pixels))

    def has(self, camera: int) -> bool:
        """Whether there is a picture of it."""
        return camera in self._held

    def update(self, camera: int, frame: MaskedFrame | None) -> bool:
        """Take the camera's latest picture; False when it is none, or the one that is held."""
        held = self._held.get(camera)
        if frame is None or (held is not None and held.frame is frame):
            return False
        w, h = fit((frame.width, frame.height), self.size)
        tile = _Tile(
            frame,
            np.empty((h, w), np.uint8),
            np.empty((h // 2, w // 2), np.uint8),
            np.empty((h // 2, w // 2), np.uint8),
        )
        shrink_into(frame, tile.y, tile.u, tile.v)
        self._held[camera] = tile
        return True

    def sheet(self, cameras: Sequence[int], quality: int) -> Sheet:
        """These cameras' pictures (at most `per_sheet`) side by side. KeyError: none is held."""
        columns = min(_ACROSS, math.ceil(math.sqrt(len(cameras))))
        rows = math.ceil(len(cameras) / columns)
        wide, high = self._cell
        width, height = columns * wide, rows * high
        planes = [
            np.full((height >> half, width >> half), empty, np.uint8)
            for half, empty in zip((0, 1, 1), _EMPTY, strict=True)
        ]
        cells = []
        for i, camera in enumerate(cameras):
            tile = self._held[camera]
            x, y = i % columns * wide, i // columns * high
            for plane, picture, half in zip(
                planes, (tile.y, tile.u, tile.v), (0, 1, 1), strict=True
            ):
                _put(plane[y >> half : (y + high) >> half, x >> half : (x + wide) >> half], picture)
            h, w = tile.y.shape
            cells.append(Cell(camera, tile.frame.time, x, y, w, h))
        flat = np.concatenate([plane.ravel() for plane in planes]).reshape(height * 3 // 2, width)
        bgr = cv2.cvtColor(flat, cv2.COLOR_YUV2BGR_I420).astype(np.uint8, copy=False)
        return Sheet(width, height, tuple(cells), jpeg(bgr, quality))


def _put(cell: Bytes, picture: Bytes) -> None:
    """The picture at the cell's top left; its edge goes on to the end of the last blocks."""
    h, w = picture.shape
    cell[:h, :w] = picture
    cell[h:, :w] = picture[-1]
    cell[:h, w:] = picture[:, -1:]
