"""Steps of any length become the hours of a district's day, which begins at six in the morning.

Then the night that tells most of a leak stands at the end of a day and is used at once. Hours are
those the local clock shows. After the clocks have changed the rest of that day is left out: the
instruments of a district follow at moments of their own, and their balance is wrong by hours of
inflow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from streetlamp.meters.base import Step

HOURS: Final = 24
FIRST: Final = 6  # o'clock
_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which day a step lies."""

    day: int  # counted on
    slot: int  # 0: the hour from 06:00, 23: the one from 05:00
    kind: int  # of the day: 0 Monday … 6 Sunday; a holiday counts as a Sunday
    changing: bool  # the clocks have changed in this day: meters follow at moments of their own


class DayClock:
    """Says which day and hour each step belongs to; kept once for all districts of a panel."""

    def __init__(self) -> None:
        self._day = -1
        self._kind = 0
        self._shift = 0
        self._changing = False

    def place(self, step: Step) -> Place:
        slot = (step.hour - FIRST) % HOURS
        shift = (step.hour - int(step.begin // _HOUR) + 12) % HOURS - 12  # local less UTC, hours
        day = math.floor((step.begin / _HOUR + shift - FIRST) / HOURS)
        if day != self._day:
            weekday = (step.weekday - (1 if step.hour < FIRST else 0)) % 7
            self._day, self._kind = day, 6 if step.holiday else weekday
            self._shift, self._changing = shift, False
        self._changing |= shift != self._shift
        return Place(self._day, slot, self._kind, self._changing)


class HourSum:
    """One district's hour as it fills: m3/h from what came, NaN where less than half of it did."""

    def __init__(self) -> None:
        self._volume = 0.0
        self._time = 0.0

    def add(self, used: float, seconds: float) -> None:
        if not math.isnan(used):
            self._volume += used
            self._time += seconds

    def take(self) -> float:
        """The hour's mean flow; begins the next hour."""
        rate = self._volume / (self._time / _HOUR) if self._time >= _HOUR / 2 else math.nan
        self._volume = self._time = 0.0
        return rate
