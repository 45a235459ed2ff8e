"""Fewer pictures, smaller pictures: what a wrong setting in the camera does."""

from __future__ import annotations

from typing import ClassVar

from streetlamp.fleet.virtual.base import FAULTS, Moment, PictureFault, Stage, Strength, Unit
from streetlamp.fleet.virtual.picture import Picture
from streetlamp.health import Reason


@FAULTS.add("rate")
class Rate(PictureFault):
    """Leaves pictures out, evenly."""

    name: ClassVar[str] = "rate"
    summary: ClassVar[str] = "Fewer pictures a second than the camera's own rate."
    stage: ClassVar[Stage] = Stage.OUTPUT
    takes: ClassVar[Strength | None] = Strength(
        0.2, 0.01, 0.9, Unit.SHARE, "share of the pictures that is left"
    )
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.LOW_RATE,)
    _count = 0

    def apply(self, picture: Picture, moment: Moment) -> Picture | None:
        self._count += 1
        before, after = (self._count - 1) * self.strength, self._count * self.strength
        return picture if int(after) > int(before) else None


@FAULTS.add("size")
class Size(PictureFault):
    """Another picture size from one picture to the next, in the same stream."""

    name: ClassVar[str] = "size"
    summary: ClassVar[str] = "The picture changes its size in the running stream (no fault)."
    stage: ClassVar[Stage] = Stage.OUTPUT
    takes: ClassVar[Strength | None] = Strength(
        0.5, 0.1, 2.0, Unit.NUMBER, "the new width and height, times the old"
    )

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        width, height = (max(32, int(each * self.strength) // 2 * 2) for each in picture.size)
        return picture.resized((width, height))
