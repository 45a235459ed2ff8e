"""From the box of a thing to the rectangles that hide it, margins included."""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.values import Floats, Kind
from streetlamp.video.options import HideOptions, Style

TWO_WHEELERS: Final = frozenset({Kind.BICYCLE, Kind.MOTORCYCLE})
UPRIGHT: Final = 1.4  # height over width from which a head is at the top
UPPER: Final = 0.5  # share of the height in which head and shoulders are
LEGS: Final = 0.35  # share of the side margin that legs get
FEET: Final = 0.03  # share of the height hidden below the box


def widened(box: Floats, share: float) -> Floats:
    """The box (4,), wider by a share of its width on each side and by half of that up and down."""
    if share <= 0.0:
        return box
    by = np.float32(share * float(max(box[2] - box[0], 0.3 * (box[3] - box[1]))))
    return box + np.array([-by, -by / 2, by, by / 2], np.float32)


def hiding(
    box: Floats, kind: Kind, options: HideOptions, core: Floats | None = None
) -> list[Floats]:
    """The rectangles (4,) that hide the thing whose box this is.

    Somebody upright gets two: one wide at the head, where the margin matters most, and one less
    wide for all of them. A head may be anywhere in any other box, and a drawn figure needs one.
    core (4,): a second opinion on the box, which is hidden too, without margins.
    """
    w, h = float(box[2] - box[0]), float(box[3] - box[1])
    side = options.margin_side * max(w, 0.35 * h)
    top = options.margin_top * max(h, 0.35 * w)
    if kind in TWO_WHEELERS:  # the rider sits above it
        top = max(top, 0.6 * h)
    x1, y1, x2, y2 = (float(value) for value in box)
    high, low = y1 - top, y2 + FEET * h
    least = box if core is None else core
    if kind != Kind.PERSON or h < UPRIGHT * w or options.style is Style.SILHOUETTE:
        return [_joined((x1 - side, high, x2 + side, low), least)]
    less = LEGS * side
    head = np.array([x1 - side, high, x2 + side, y1 + UPPER * h], np.float32)
    return [head, _joined((x1 - less, high, x2 + less, low), least)]


def _joined(box: tuple[float, float, float, float], core: Floats) -> Floats:
    out = np.array(box, np.float32)
    out[:2] = np.minimum(out[:2], core[:2])
    out[2:] = np.maximum(out[2:], core[2:])
    return out
