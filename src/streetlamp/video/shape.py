"""From the box of a thing to the rectangles that hide it, margins included."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from streetlamp.values import Bools, Floats, Ints, Kind
from streetlamp.video.options import HideOptions, Style
from streetlamp.video.steady import hull
from streetlamp.video.track.associate import Doubles

TWO_WHEELERS: Final = frozenset({Kind.BICYCLE, Kind.MOTORCYCLE})
UPRIGHT: Final = 1.4  # height over width from which a head is at the top
UPPER: Final = 0.4  # share of the height in which head and shoulders are
LEGS: Final = 0.02  # share of the side margin that legs get
WIDEN: Final = np.array([-1.0, -0.5, 1.0, 0.5], np.float32)
FEET: Final = 0.03  # share of the height hidden below the box


def among(kinds: Iterable[Kind]) -> Bools:
    """(number of kinds,) which they are: ``among(kinds)[kind]`` says it of a whole column."""
    chosen = frozenset(kinds)
    return np.array([kind in chosen for kind in Kind])


PEOPLE: Final = among([Kind.PERSON])  # by kind, and so
WHEELS: Final = among(TWO_WHEELERS)


def widened(box: Floats, share: Doubles) -> Floats:
    """(n, 4) the boxes, wider by a share (n,) of their width on each side, by half of it up, down.

    A box that is very narrow counts as three tenths of its height wide.
    """
    sides = box[:, 2:] - box[:, :2]
    by = (share * np.maximum(sides[:, 0], 0.3 * sides[:, 1])).astype(np.float32)
    return np.asarray(box + by[:, None] * WIDEN)


def hiding(
    box: Floats,
    kind: Ints,
    options: HideOptions,
    core: Floats | None = None,
    height: Floats | None = None,
) -> tuple[Floats, Ints]:
    """The rectangles that hide the things whose boxes (n, 4) and kinds (n,) these are.

    (k, 4) the rectangles and (k,) which thing's each is: first one of each, then the second ones.

    Somebody upright gets two: one wide at the head, where the margin matters most, and one less
    wide for all of them. A head may be anywhere in any other box, and a drawn figure needs one.
    core (n, 4): a second opinion on each box, which is hidden too, without margins.
    height (n,): of each thing, pixels, where its box is a larger region that it may be in.
    """
    w, h = (box[:, 2:] - box[:, :2]).T.astype(np.float64)
    side = options.margin_side * np.maximum(w, 0.35 * h)
    top = options.margin_top * np.maximum(h, 0.35 * w)
    wheels = WHEELS[kind]
    if wheels.any():  # the rider sits above it
        top = np.where(wheels, np.maximum(top, 0.6 * h), top)
    two = np.zeros(len(box), np.bool_)
    if options.style is not Style.SILHOUETTE:
        two = PEOPLE[kind] & (h >= UPRIGHT * w)
    rows = two.nonzero()[0]
    out = np.concatenate([box, box[rows]], dtype=np.float64)
    whole, head = out[: len(box)], out[len(box) :]
    less = np.where(two, LEGS * side, side)
    whole[:, 0] -= less
    whole[:, 1] -= top
    whole[:, 2] += less
    whole[:, 3] += FEET * h
    head[:, 0] -= side[rows]
    head[:, 1] = whole[rows, 1]
    head[:, 2] += side[rows]
    tall = h if height is None else height
    head[:, 3] = box[rows, 3] - (1.0 - UPPER) * tall[rows]  # of whoever stands lowest in it
    least = box if core is None else core
    hidden = out.astype(np.float32)
    hidden[: len(box)] = hull(hidden[: len(box)], least)
    return hidden, np.concatenate([np.arange(len(box)), rows])
