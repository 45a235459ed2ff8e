"""The stream goes on, the picture stands still."""

from __future__ import annotations

from typing import ClassVar

from streetlamp.fleet.virtual.base import FAULTS, Moment, PictureFault, Stage
from streetlamp.fleet.virtual.picture import Picture
from streetlamp.health import Reason


@FAULTS.add("freeze")
class Freeze(PictureFault):
    """Shows the first picture it gets, bit by bit, for as long as it lasts."""

    name: ClassVar[str] = "freeze"
    summary: ClassVar[str] = "The stream goes on, but the picture stands perfectly still."
    stage: ClassVar[Stage] = Stage.OUTPUT
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.FROZEN,)
    _held: Picture | None = None

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        if self._held is None or self._held.size != picture.size:
            self._held = picture
        return self._held


@FAULTS.add("freeze-clock")
class FreezeClock(Freeze):
    """The same before the clock is burnt in."""

    name: ClassVar[str] = "freeze-clock"
    summary: ClassVar[str] = "The picture stands still, but the clock burnt into it goes on."
    stage: ClassVar[Stage] = Stage.PICTURE
    wants_clock: ClassVar[bool] = True
