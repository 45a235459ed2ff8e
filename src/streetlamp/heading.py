"""Which way a thing goes, and how fast for its size: words for a screen, from `Tracks` alone."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Floats, Ints, Tracks

_MOVING: Final = 0.15  # lengths a second below which a thing stands still
_FORESHORTENED: Final = 2.0  # a way into the depth of the picture looks about this much shorter


class Heading(IntEnum):
    """As seen from the camera."""

    STILL = 0
    LEFT = 1
    RIGHT = 2
    TOWARDS = 3
    AWAY = 4

    @property
    def label(self) -> str:
        return self.name.lower()


def speed(tracks: Tracks) -> Floats:
    """(n,) body lengths (people) or vehicle lengths a second, in the picture.

    A person's length is the longer side of the box, lying or upright; a vehicle's too, which is its
    length seen from the side and its height or width from before. A movement into the depth of the
    picture is foreshortened, so this is a lower bound.
    """
    moved = np.hypot(tracks.velocity[:, 0], tracks.velocity[:, 1])
    return np.asarray(moved / _length(tracks), np.float32)


def heading(tracks: Tracks) -> Ints:
    """(n,) of `Heading`: left and right, or towards and away from the camera.

    On a camera that looks down on a street, what comes towards it goes down in the picture and
    grows; vertical movement counts double because it is foreshortened.
    """
    right = tracks.velocity[:, 0].astype(np.float64)
    down = tracks.velocity[:, 1].astype(np.float64) * _FORESHORTENED
    deep = np.abs(down) > np.abs(right)
    across = np.where(right > 0, int(Heading.RIGHT), int(Heading.LEFT))
    along = np.where(down > 0, int(Heading.TOWARDS), int(Heading.AWAY))
    moving = np.hypot(right, down) >= _MOVING * _length(tracks)
    return np.where(moving, np.where(deep, along, across), int(Heading.STILL)).astype(np.int64)


def _length(tracks: Tracks) -> NDArray[Any]:
    sides = tracks.box[:, 2:] - tracks.box[:, :2]
    return np.asarray(np.maximum(sides.max(axis=1, initial=1.0), 4.0))
