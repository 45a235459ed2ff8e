"""When a rule watches: days and hours on the clock of the place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from pydantic import Field, field_validator

from streetlamp.options import Options
from streetlamp.rules.holidays import NO_HOLIDAYS, Holidays, OnHolidays


class Day(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        """0 is Monday, as Python counts."""
        return list(Day).index(self)


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

    def hours_of(self, weekday: int) -> tuple[int, int] | None:
        """From and to, minutes after such a day's midnight (0 is Monday); more than 1440 is on the
        next morning. None: not on that day."""
        if _DAYS[weekday] not in self.days:
            return None
        start, end = _minutes(self.hours)
        return start, end if start < end else end + 1440


class Schedule:
    """The windows of a rule in the site's time zone. No windows means always."""

    def __init__(
        self,
        windows: Sequence[Window] = (),
        timezone: tzinfo = UTC,
        holidays: Holidays = NO_HOLIDAYS,
        on_holidays: OnHolidays = "usual",
    ) -> None:
        self._windows = tuple(windows)
        self._zone = timezone
        self._holidays = holidays
        self._on_holidays = on_holidays

    def covers(self, time: float) -> bool:
        """Whether the rule watches at this moment (POSIX seconds)."""
        if not self._windows and self._on_holidays != "never":
            return True
        local = datetime.fromtimestamp(time, self._zone)
        minute = local.hour * 60 + local.minute + local.second / 60
        today = local.date()
        before = today - timedelta(days=1)
        return any(start <= minute < end for start, end in self.hours_on(today)) or any(
            start <= minute + 1440 < end for start, end in self.hours_on(before)
        )

    def hours_on(self, day: date) -> list[tuple[int, int]]:
        """The stretches that begin on a day: minutes after its midnight, on the clock."""
        weekday = day.weekday()
        if self._on_holidays != "usual" and day in self._holidays:
            if self._on_holidays == "never":
                return []
            if self._on_holidays == "always":
                return [(0, 1440)]
            weekday = Day.SUN.number
        if not self._windows:
            return [(0, 1440)]
        found = (window.hours_of(weekday) for window in self._windows)
        return [one for one in found if one is not None]
