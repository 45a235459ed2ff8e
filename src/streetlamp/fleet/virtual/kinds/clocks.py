"""A camera's clock that jumps, is wrong, or runs at another speed."""

from __future__ import annotations

from typing import ClassVar

from streetlamp.fleet.virtual.base import FAULTS, StreamFault, Strength, Unit
from streetlamp.health import Reason

_DAY = 86_400.0


@FAULTS.add("clock-jump")
class ClockJump(StreamFault):
    """Both of the camera's clocks: the one on the wall and the one that stamps its pictures."""

    name: ClassVar[str] = "clock-jump"
    summary: ClassVar[str] = "Its clock jumps, in RTCP's reports and in the RTP time stamps."
    takes: ClassVar[Strength | None] = Strength(
        3600.0, -365 * _DAY, 365 * _DAY, Unit.SECONDS, "by how much, forwards or (-1h) back"
    )
    jumps: ClassVar[bool] = True
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.CLOCK_WRONG,)

    def clock(self, since: float) -> float:
        return self.strength

    def stamps(self, since: float) -> float:
        return self.strength


@FAULTS.add("clock-wrong")
class ClockWrong(ClockJump):
    """As after a time server that lies: pictures go on being stamped evenly."""

    name: ClassVar[str] = "clock-wrong"
    summary: ClassVar[str] = "Its clock is set wrong: RTCP's reports jump, RTP stamps go on."

    def stamps(self, since: float) -> float:
        return 0.0


@FAULTS.add("clock-drift")
class ClockDrift(StreamFault):
    """Both clocks run too fast, or too slow."""

    name: ClassVar[str] = "clock-drift"
    summary: ClassVar[str] = "Its clock runs too fast (or, below 0, too slow)."
    takes: ClassVar[Strength | None] = Strength(
        0.01, -0.5, 0.5, Unit.SHARE, "by how much; a bad crystal is 0.0001"
    )
    jumps: ClassVar[bool] = True
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.CLOCK_WRONG,)

    def clock(self, since: float) -> float:
        return self.strength * since

    def stamps(self, since: float) -> float:
        return self.strength * since
