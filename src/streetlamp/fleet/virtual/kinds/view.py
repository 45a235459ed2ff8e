"""The camera looks somewhere else."""

from __future__ import annotations

from typing import ClassVar, Final

import cv2
import numpy as np

from streetlamp.fleet.virtual.base import FAULTS, Moment, PictureFault, Strength, Unit
from streetlamp.fleet.virtual.picture import Picture
from streetlamp.health import Reason

_TURN: Final = 1.0  # seconds that a push takes
_TILT: Final = 4.0  # degrees by which a pushed camera hangs askew, at most


@FAULTS.add("shift")
class Shift(PictureFault):
    """The camera is pushed: the picture moves and tilts a little.

    What comes in at the side is the clip's own picture, mirrored: a clip knows no more. At a
    strength of 1 nothing of the old view is left.
    """

    name: ClassVar[str] = "shift"
    summary: ClassVar[str] = "Somebody turns the camera: the picture moves to the side and tilts."
    takes: ClassVar[Strength | None] = Strength(
        0.25, 0.01, 1.0, Unit.SHARE, "share of the width by which it moves; 1: another view"
    )
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.MOVED,)

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        way = min(1.0, max(0.1, moment.since / _TURN))
        angle = _TILT * min(1.0, 2 * self.strength) * way
        planes = []
        for plane in picture:
            rows, columns = plane.shape
            turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, 1.0)
            turn[0, 2] -= self.strength * columns * way
            turn[1, 2] += 0.4 * self.strength * rows * way
            turned = cv2.warpAffine(
                plane, turn, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
            )
            planes.append(np.ascontiguousarray(turned, np.uint8))
        return Picture(*planes)
