"""When a rule watches: days and hours on the clock of the place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Final

from pydantic import Field, field_validator

from streetlamp.options import Options


class Day(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_DAYS: Final = tuple(Day)
_HOURS: Final = re.compile(r"^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$")


def _minutes(text: str) -> tuple[int, int]:
    """ "22:00-06:00" as minutes after midnight (1320, 360)."""
    found = _HOURS.match(text.strip())
    if found is None:
        raise ValueError(f'{text!r} is no stretch of hours: write it like "22:00-06:00"')
    h1, m1, h2, m2 = (int(part) for part in found.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if m1 > 59 or m2 > 59 or start >= 1440 or end > 1440:
        raise ValueError(f"{text!r} has a time that is not on the clock (00:00 to 24:00)")
    if start == end:
        raise ValueError(f'{text!r} is empty: for the whole day write "00:00-24:00"')
    return start, end


class Window(Options):
    """Some days and hours. Hours past midnight belong to the day on which they begin."""

    days: tuple[Day, ...] = Field(
        _DAYS, title="Days", description="Days of the week: mon tue wed thu fri sat sun.",
        min_length=1,
    )  # fmt: skip
    hours: str = Field(
        "00:00-24:00",
        title="Hours",
        description='From–to in local time; "22:00-06:00" goes on into the next morning.',
    )

    @field_validator("hours")
    @classmethod
    def _check(cls, hours: str) -> str:
        _minutes(hours)
        return hours

    def covers(self, day: int, minute: float) -> bool:
        """Whether a weekday (0 is Monday) and a time (minutes after midnight) are inside."""
        start, end = _minutes(self.hours)
        today = _DAYS[day] in self.days
        if start < end:
            return today and start <= minute < end
        yesterday = _DAYS[day - 1] in self.days
        return (today and minute >= start) or (yesterday and minute < end)


class Schedule:
    """The windows of a rule in the site's time zone. No windows means always."""

    def __init__(self, windows: Sequence[Window] = (), timezone: tzinfo = UTC) -> None:
        self._windows = tuple(windows)
        self._zone = timezone

    def covers(self, time: float) -> bool:
        """Whether the rule watches at this moment (POSIX seconds)."""
        if not self._windows:
            return True
        local = datetime.fromtimestamp(time, self._zone)
        minute = local.hour * 60 + local.minute + local.second / 60
        return any(window.covers(local.weekday(), minute) for window in self._windows)
