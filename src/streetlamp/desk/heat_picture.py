"""A heat map as a picture to be saved: over the camera's newest masked still, with a legend.

Colours are "inferno" (N. Smith and S. van der Walt, 2015; OpenCV has it): its steps look equal,
it goes from dark to light, and people who confuse red and green read it as well.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streetlamp.values import HEAT_GRID, Ints

WIDTH: Final = 1280  # pixels
_DIM: Final = 0.45  # of the still's light
_LEAST: Final = 0.35  # opacity where hardly anything was …
_MOST: Final = 0.85  # … and where most was
_STRIP: Final = 96  # pixels of the legend
_INK: Final = (241, 236, 233)
_SOFT: Final = (194, 179, 169)
_FLOOR: Final = 0.12  # of the scale that stays dark: the first colours are nearly black

Picture = NDArray[np.uint8]


def colours(n: int = 32) -> list[str]:
    """The scale from few to many, as #rrggbb."""
    return [f"#{red:02x}{green:02x}{blue:02x}" for blue, green, red in _scale(n).tolist()]


def _scale(n: int) -> Picture:
    """(n, 3) BGR."""
    steps = np.linspace(255 * _FLOOR, 255, n).round().astype(np.uint8)
    return np.asarray(cv2.applyColorMap(steps, cv2.COLORMAP_INFERNO), np.uint8).reshape(n, 3)


def draw(values: Ints, top: int, still: bytes | None, title: str, ends: tuple[str, str]) -> bytes:
    """PNG of the sums (cells,) over the still (JPEG); without one, over a dark ground.

    top: the value with the last colour; title and ends (what the scale's two ends mean) are plain
    ASCII.
    """
    ground = _ground(still)
    height, width = ground.shape[:2]
    columns, rows = HEAT_GRID
    share = np.clip(values.reshape(rows, columns) / top, 0.0, 1.0).astype(np.float32)
    some = (values.reshape(rows, columns) > 0).astype(np.float32)
    smooth = np.clip(cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1)
    cover = cv2.resize(some, (width, height), interpolation=cv2.INTER_LINEAR)
    colour = _scale(256)[(smooth * 255).astype(np.uint8)].astype(np.float32)
    opacity = (cover * (_LEAST + (_MOST - _LEAST) * smooth))[..., None]
    shown = (ground * (1.0 - opacity) + colour * opacity).round().astype(np.uint8)
    picture = np.concatenate([shown, _legend(width, title, ends)])
    made, png = cv2.imencode(".png", picture)
    if not made:
        raise ValueError("the picture could not be compressed")
    return png.tobytes()


def _ground(still: bytes | None) -> NDArray[np.float32]:
    found: Any = None
    if still is not None:
        found = cv2.imdecode(np.frombuffer(still, np.uint8), cv2.IMREAD_GRAYSCALE)
    if found is None:
        found = np.full((720, WIDTH), 48, np.uint8)
    height = max(1, round(found.shape[0] * WIDTH / found.shape[1]))
    grey = cv2.resize(found, (WIDTH, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.float32) * np.float32(_DIM)


def _legend(width: int, title: str, ends: tuple[str, str]) -> Picture:
    strip = np.full((_STRIP, width, 3), (21, 16, 13), np.uint8)
    font, line = cv2.FONT_HERSHEY_SIMPLEX, cv2.LINE_AA
    cv2.putText(strip, title, (24, 36), font, 0.7, _INK, 1, line)
    bar = 360
    strip[56:74, 24 : 24 + bar] = _scale(bar)[None]
    cv2.putText(strip, ends[0], (24 + bar + 16, 71), font, 0.55, _SOFT, 1, line)
    (wide, _), _ = cv2.getTextSize(ends[1], font, 0.55, 1)
    cv2.putText(strip, ends[1], (width - 24 - wide, 71), font, 0.55, _SOFT, 1, line)
    return strip
