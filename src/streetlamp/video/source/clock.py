"""A camera's count mapped to the clock on our wall (see ``design/time.md``)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from streetlamp.video.source.timeline import Timeline

LEAD_SECONDS: Final = 5.0  # a live stamp may run ahead of the time passed here by this much
SET_SECONDS: Final = 2.0  # our clock was set, not merely corrected
STUCK_PICTURES: Final = 10  # as many equal stamps in a row: from here on, arrival counts
WINDOW_SECONDS: Final = 5.0  # the least delay is looked for in the last one to two of these
STALL_SECONDS: Final = 3.0  # a count that stood still for so long is jumped over, not crept after
CREEP: Final = 0.005  # how fast we follow a camera whose count is a little off
BRAKE: Final = 0.2  # how fast we give way to pictures that seem to come from the future …
BRAKE_SECONDS: Final = 0.1  # … by more than this


@dataclass(frozen=True, slots=True)
class Clock:
    """A machine's clock on the wall (may be set), one that only runs, and a wait."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    wait: Callable[[threading.Event, float], object] = threading.Event.wait


SYSTEM_CLOCK: Final = Clock()


class ClockSetError(Exception):
    """The machine's clock was set while a camera ran: its times must start anew."""


class Anchor:
    """Notices when the clock on the wall is set (or the machine slept) while a run lasts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = clock.wall() - clock.steady()

    def check(self) -> tuple[float, float]:
        """Wall and steady time now; ClockSetError when the two came apart by a step."""
        wall, steady = self._clock.wall(), self._clock.steady()
        step = wall - steady - self._ahead
        if abs(step) > SET_SECONDS:
            raise ClockSetError(f"this machine's clock was set by {step:+.0f} s: times start anew")
        self._ahead = wall - steady  # small corrections are followed
        return wall, steady


class LiveMapping:
    """Stamps and POSIX times of a live camera's pictures, from when they came.

    Within a run both are strictly increasing. The time is the camera's count plus the least delay
    seen lately, so a network that hesitates does not bend it, and a camera whose crystal is off
    by some parts in a thousand is followed.
    """

    def __init__(self, timeline: Timeline, clock: Clock, *, timed: bool) -> None:
        self._timeline = timeline
        self._anchor = Anchor(clock)
        self._timed = timed
        self._stuck = 0  # stamps in a row that did not move
        self._last_stamp: int | None = None
        self._begin = 0.0  # steady time of the first picture
        self._first = 0  # its stamp
        self._last_steady = 0.0
        self._last_seconds: float | None = None
        self._offset = 0.0
        self._window = 0.0  # steady time at which the present window began
        self._least = [0.0, 0.0]  # least delay in the window before, and in this one
        self.stalls = 0

    def place(self, stamp: int | None) -> tuple[int, float]:
        """The picture's stamp (ticks) and time (POSIX seconds); ClockSetError, see `Anchor`."""
        wall, steady = self._anchor.check()
        base = self._timeline.time_base
        passed = 0.0 if self._last_seconds is None else steady - self._last_steady
        if self._last_seconds is None:
            self._begin = steady
        if self._timed and self._is_stuck(stamp):
            self._timed = False
        if not self._timed:
            stamp = self._first + round(Fraction(steady - self._begin) / base)
        pts = self._timeline.place(
            stamp, gap=passed + LEAD_SECONDS, step=round(Fraction(passed) / base)
        )
        if self._last_seconds is None:
            self._first = pts
        self._last_steady = steady
        return pts, self._time(float(pts * base), wall, steady)

    def _is_stuck(self, stamp: int | None) -> bool:
        """Whether the camera's stamps have stopped meaning anything."""
        still = stamp is not None and stamp == self._last_stamp
        self._stuck = self._stuck + 1 if still else 0
        self._last_stamp = stamp
        return self._stuck >= STUCK_PICTURES

    def _time(self, seconds: float, wall: float, steady: float) -> float:
        delay = wall - seconds
        last = self._last_seconds
        if last is None:
            self._offset, self._window, self._least = delay, steady, [delay, delay]
        else:
            if steady - self._window > WINDOW_SECONDS:
                self._window, self._least = steady, [self._least[1], delay]
            self._least[1] = min(self._least[1], delay)
            self._follow(min(self._least) - self._offset, seconds - last)
        self._last_seconds = seconds
        return seconds + self._offset

    def _follow(self, error: float, passed: float) -> None:
        if error > STALL_SECONDS:
            self._offset += error
            self.stalls += 1
        else:
            down = BRAKE if error < -BRAKE_SECONDS else CREEP
            self._offset += min(max(error, -down * passed), CREEP * passed)
