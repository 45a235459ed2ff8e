"""Does a camera do its work? From its status: connected, flowing, looked at, recorded, masked."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Final

from streetlamp.fleet.connection import STARTING, Trouble, away
from streetlamp.fleet.normal import Normal
from streetlamp.health import CHECK_OF, Check, Judgement, Reason
from streetlamp.values import CameraState, CameraStatus

SECONDS: Final = 30.0  # over which rates are taken
FEWEST: Final = 5  # statuses in that time
LOW_RATE: Final = 0.6  # of the usual pictures a second
LOOKS: Final = 0.75  # of the looks that were promised
STALE: Final = 10.0  # seconds without a picture while it is said to be live
LATE: Final = 5.0  # seconds of video that came since the last picture, and wait in this machine
NOW: Final = 0.0  # seconds a finding must hold that is a fact, not a measure
RATE_SECONDS: Final = 20.0
Found = tuple[Judgement, float]


class Work:
    """One camera's work. `judge` each status.

    max_gap: seconds between two looks that were promised; recorded: whether it is to be recorded;
    clock_limit: seconds by which its clock may be wrong.
    """

    def __init__(self, *, max_gap: float, recorded: bool, clock_limit: float) -> None:
        self._max_gap = max_gap
        self._recorded = recorded
        self._clock_limit = clock_limit
        self._statuses: deque[CameraStatus] = deque()
        self._live_since = 0.0
        self._away: Trouble | None = STARTING
        self.rate = Normal(0.2, 200.0)  # pictures a second
        self._minute = -1

    def judge(self, status: CameraStatus, time: float) -> dict[Check, Found]:
        """What the status comes to at `time` (POSIX seconds). A check is left out where it says
        nothing: of a camera that is away only that is told."""
        live = status.state is CameraState.LIVE
        connected = self._connected(status, time)
        found = {connected[0].check: connected}
        if not live:
            self._statuses.clear()
            self._live_since = 0.0
            return found
        self._live_since = self._live_since or time
        self._remember(status, time)
        found[Check.FLOWING] = self._flowing(status, time)
        found[Check.ANALYSED] = self._late(status, time) or self._analysed(time)
        found[Check.RECORDED] = self._recording(status, time)
        found[Check.MASKED] = self._masked(status, time)
        found[Check.CLOCK] = self._clock(status, time)
        return found

    def _remember(self, status: CameraStatus, time: float) -> None:
        if self._statuses and status.last_frame < self._statuses[-1].last_frame:
            self._statuses.clear()
        self._statuses.append(status)
        while self._statuses[0].last_frame < status.last_frame - SECONDS:
            self._statuses.popleft()

    def _connected(self, status: CameraStatus, time: float) -> Found:
        self._away = away(status, self._away)
        if self._away is None:
            return Judgement(Check.CONNECTED, time), NOW
        reason, text = self._away
        seconds = max(0.0, time - status.since)
        text = text or "it cannot be reached"
        return Judgement(CHECK_OF[reason], time, reason, seconds, 0.0, "s", text), NOW

    def _flowing(self, status: CameraStatus, time: float) -> Found:
        silent = self._silent(status, time)
        if silent > STALE and not self._is_late(status, time):
            text = f"no picture for {silent:.0f} s"
            return Judgement(Check.FLOWING, time, Reason.NO_VIDEO, silent, STALE, "s", text), NOW
        rates = [one.fps for one in self._statuses if one.fps > 0.0]
        if len(rates) < FEWEST:
            return Judgement(Check.FLOWING, time), NOW
        rate = median(rates)
        usual = self.rate.quantile(0.5, time)
        if usual is not None and rate < LOW_RATE * usual:
            text = f"{rate:.1f} pictures a second, usually {usual:.1f}"
            found = Judgement(Check.FLOWING, time, Reason.LOW_RATE, rate, usual, "pictures/s", text)
            return found, RATE_SECONDS
        if int(time // 60.0) != self._minute:
            self._minute = int(time // 60.0)
            self.rate.learn(rate, time)
        return Judgement(Check.FLOWING, time, None, rate, usual or 0.0, "pictures/s"), NOW

    def _silent(self, status: CameraStatus, time: float) -> float:
        """Seconds without a picture."""
        return time - max(status.last_frame, self._live_since)

    def _is_late(self, status: CameraStatus, time: float) -> bool:
        """Whether its pictures come and wait in this machine."""
        since = status.last_packet - max(status.last_frame, self._live_since)
        return time - status.last_packet <= STALE and min(since, status.behind) >= LATE

    def _late(self, status: CameraStatus, time: float) -> Found | None:
        """No picture for long, and not for want of the camera's."""
        silent = self._silent(status, time)
        if silent <= STALE or not self._is_late(status, time):
            return None
        text = f"its pictures come, but this machine has shown none for {silent:.0f} s"
        found = Judgement(Check.ANALYSED, time, Reason.NOT_ANALYSED, silent, STALE, "s", text)
        return found, NOW

    def _analysed(self, time: float) -> Found:
        awake = [one for one in self._statuses if not one.asleep and not one.whole_hidden]
        if len(awake) < FEWEST or len(awake) < len(self._statuses):
            return Judgement(Check.ANALYSED, time), NOW
        looks = median(one.looks_per_second for one in awake)
        promised = min(1.0 / self._max_gap, median(one.fps for one in awake))
        if looks < LOOKS * promised:
            text = f"looked at {looks:.1f} × a second; promised are {promised:.1f}"
            found = Judgement(
                Check.ANALYSED, time, Reason.NOT_ANALYSED, looks, promised, "looks/s", text
            )
            return found, RATE_SECONDS
        return Judgement(Check.ANALYSED, time, None, looks, promised, "looks/s"), NOW

    def _recording(self, status: CameraStatus, time: float) -> Found:
        if self._recorded and not status.recording and status.last_frame:
            text = "nothing of it is being recorded"
            return Judgement(Check.RECORDED, time, Reason.NOT_RECORDED, text=text), NOW
        return Judgement(Check.RECORDED, time), NOW

    def _masked(self, status: CameraStatus, time: float) -> Found:
        if status.whole_hidden:
            text = f"the whole picture is hidden: {status.whole_hidden}"
            return Judgement(Check.MASKED, time, Reason.NOT_MASKED, 1.0, 0.0, "share", text), NOW
        return Judgement(Check.MASKED, time), NOW

    def _clock(self, status: CameraStatus, time: float) -> Found:
        offset = status.clock_offset
        if offset is not None and abs(offset) > self._clock_limit:
            way = "fast" if offset > 0 else "slow"
            text = (
                f"its clock is {abs(offset):.1f} s {way};"
                f" {self._clock_limit:g} s would still be right"
            )
            return Judgement(
                Check.CLOCK, time, Reason.CLOCK_WRONG, offset, self._clock_limit, "s", text
            ), NOW
        return Judgement(Check.CLOCK, time, None, offset or 0.0, self._clock_limit, "s"), NOW
