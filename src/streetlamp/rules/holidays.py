"""Days that are not like others: a date, a stretch of dates, or a date in every year."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from streetlamp.options import Options

OnHolidays = Literal["usual", "sunday", "never", "always"]
"""What a schedule does on a holiday: it is a day like any, or like a Sunday; or no hour of it is
covered, or every one."""

_DATE: Final = re.compile(r"^(?:(\d{4})-)?(\d{2})-(\d{2})$")
_LEAP: Final = 2000  # a year that has every day
_REMEMBERED: Final = 50  # days of which it is known whether they are one


def _parse(text: str) -> tuple[int | None, int, int]:
    """ "2026-05-01" as (2026, 5, 1), "05-01" as (None, 5, 1); ValueError."""
    found = _DATE.match(text.strip())
    if found is None:
        raise ValueError(
            f'{text!r} is no date: write "2026-05-01", or "05-01" for the first of May of any year'
        )
    year, month, day = (int(part) if part else None for part in found.groups())
    assert month is not None
    assert day is not None
    try:
        dt.date(year or _LEAP, month, day)
    except ValueError:
        raise ValueError(f"{text!r} is not in the calendar") from None
    return year, month, day


class Holiday(Options):
    """A day, or the days from one to another."""

    date: str = Field(
        title="Date", description='"2026-05-01"; or "05-01", in every year.', examples=["05-01"]
    )
    until: str = Field(
        "",
        title="Until",
        description="The last of several days, written in the same way; empty: it is one day.",
    )
    name: str = Field("", max_length=80, title="Name", description="What people call it.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        first = _parse(self.date)
        if not self.until:
            return self
        last = _parse(self.until)
        if (first[0] is None) != (last[0] is None):
            raise ValueError("date and until must both have a year, or neither")
        if first[0] is not None and last < first:
            raise ValueError(f"until ({self.until}) is before date ({self.date})")
        return self

    def covers(self, day: dt.date) -> bool:
        """Whether this day is (one of) it. Days of every year may go on into the next one."""
        first, last = _parse(self.date), _parse(self.until or self.date)
        if first[0] is not None:
            from_day = dt.date(first[0], *first[1:])
            return from_day <= day <= dt.date(last[0] or first[0], *last[1:])
        begins, here, ends = first[1:], (day.month, day.day), last[1:]
        return begins <= here <= ends if begins <= ends else here >= begins or here <= ends


def _short(value: Any) -> Any:
    return {"date": value} if isinstance(value, str) else value


HolidayEntry = Annotated[Holiday, BeforeValidator(_short)]
"""A holiday as it may stand in the site file: a mapping, or a date alone."""


class Holidays:
    """All holidays of a site."""

    def __init__(self, holidays: Iterable[Holiday] = ()) -> None:
        self._holidays = tuple(holidays)
        self._known: dict[dt.date, bool] = {}

    def __contains__(self, day: dt.date) -> bool:
        if not self._holidays:
            return False
        known = self._known
        if day not in known:
            known = dict(list(known.items())[-_REMEMBERED:])
            known[day] = any(one.covers(day) for one in self._holidays)
            self._known = known  # replaced whole: several threads ask
        return known[day]


NO_HOLIDAYS: Final = Holidays()
