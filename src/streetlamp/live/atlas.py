"""Many cameras in one picture: where each stands, and the canvas itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from streetlamp.live.scale import fit, shrink
from streetlamp.values import MaskedFrame

_SHAPE: Final = 16 / 9  # of a tile
_EMPTY: Final = 24  # grey of what no camera fills


@dataclass(frozen=True, slots=True)
class Tile:
    """Where one camera's picture stands in the atlas, pixels. Its shape is the camera's."""

    camera: str
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The atlas: its size in pixels, and its tiles in the order of the site's cameras."""

    width: int
    height: int
    tiles: tuple[Tile, ...]

    def as_dict(self) -> dict[str, Any]:
        """As JSON for the page."""
        return asdict(self)


def arrange(sizes: Mapping[str, tuple[int, int]], cameras: Sequence[str], width: int) -> Layout:
    """Rows of equal cells, about as many columns as rows; pictures centred in their cells.

    `sizes` are the cameras' picture sizes; a camera without one gets its whole cell.
    """
    columns = max(1, math.ceil(math.sqrt(len(cameras))))
    rows = max(1, math.ceil(len(cameras) / columns))
    cell_w = max(2, width // columns // 2 * 2)
    cell_h = max(2, int(cell_w / _SHAPE) // 2 * 2)
    tiles = []
    for i, camera in enumerate(cameras):
        w, h = fit(sizes.get(camera, (cell_w, cell_h)), (cell_w, cell_h))
        x = i % columns * cell_w + (cell_w - w) // 2
        y = i // columns * cell_h + (cell_h - h) // 2
        tiles.append(Tile(camera, x, y, w, h))
    return Layout(columns * cell_w, rows * cell_h, tuple(tiles))


class Atlas:
    """One picture of all cameras at one width. Only tiles whose picture changed are drawn again."""

    def __init__(self, cameras: Sequence[str], width: int) -> None:
        self._cameras = tuple(cameras)
        self._width = width
        self._sizes: dict[str, tuple[int, int]] = {}
        self._drawn: dict[str, MaskedFrame] = {}
        self._lay_out()

    def update(self, latest: Mapping[str, MaskedFrame | None]) -> bool:
        """Draw what is new; False when nothing is."""
        sizes = {c: (f.width, f.height) for c, f in latest.items() if f is not None}
        moved = sizes != self._sizes
        if moved:
            self._sizes = sizes
            self._lay_out()
        drawn = False
        for tile in self.layout.tiles:
            frame = latest.get(tile.camera)
            if frame is None or self._drawn.get(tile.camera) is frame:
                continue
            self._drawn[tile.camera] = frame
            place = self.canvas[tile.y : tile.y + tile.h, tile.x : tile.x + tile.w]
            place[:] = shrink(frame, (tile.w, tile.h))
            drawn = True
        return drawn or moved

    def _lay_out(self) -> None:
        self.layout = arrange(self._sizes, self._cameras, self._width)
        self.canvas = np.full((self.layout.height, self.layout.width, 3), _EMPTY, np.uint8)
        self._drawn.clear()
