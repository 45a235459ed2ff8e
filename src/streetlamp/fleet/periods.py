"""Days, weeks and months on the calendar of the place, with days of 23 and 25 hours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from streetlamp.errors import UserError
from streetlamp.fleet.figures import Period

_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_WEEK: Final = re.compile(r"(\d{4})-W(\d{2})", re.IGNORECASE)
_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_NAMES: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def midnight(day: date, zone: tzinfo) -> int:
    """The first whole minute of a day, POSIX seconds."""
    at = datetime.combine(day, time(), zone).timestamp()
    return -int(-at // 60) * 60


def later(on: date, days: int) -> date:
    return on + timedelta(days=days)


def day_of(at: float, zone: tzinfo) -> date:
    """The day of a moment at the place."""
    return datetime.fromtimestamp(at, zone).date()


def month(year: int, number: int, zone: tzinfo) -> Period:
    first = date(year, number, 1)
    after = (first + timedelta(days=32)).replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    return Period(
        f"{_NAMES[number - 1]} {year}",
        f"{first:%Y-%m}",
        midnight(first, zone),
        midnight(after, zone),
        f"{before:%Y-%m}",
        f"{after:%Y-%m}",
    )


def week(monday: date, zone: tzinfo) -> Period:
    """The ISO week that begins on this Monday."""

    def key(day: date) -> str:
        year, number, _ = day.isocalendar()
        return f"{year}-W{number:02}"

    after = monday + timedelta(days=7)
    year, number, _ = monday.isocalendar()
    return Period(
        f"Week {number} of {year}",
        key(monday),
        midnight(monday, zone),
        midnight(after, zone),
        key(monday - timedelta(days=7)),
        key(after),
    )


def day(on: date, zone: tzinfo) -> Period:
    after = on + timedelta(days=1)
    return Period(
        f"{on.day} {_NAMES[on.month - 1]} {on.year}",
        on.isoformat(),
        midnight(on, zone),
        midnight(after, zone),
        (on - timedelta(days=1)).isoformat(),
        after.isoformat(),
    )


def since(start: float, until: float, zone: tzinfo) -> Period:
    """From one moment to another; whole minutes."""
    a, b = int(start // 60) * 60, -int(-until // 60) * 60

    def said(at: int) -> str:
        one = datetime.fromtimestamp(at, zone)
        return f"{one.day} {_NAMES[one.month - 1]} {one.year} {one:%H:%M}"

    return Period(f"{said(a)} to {said(b)}", f"{a}-{b}", a, b)


def parse(text: str, now: float, zone: tzinfo) -> Period:
    """ "2026-10", "2026-W43", "2026-10-25", or "month", "week", "day" for those of ``now``.

    UserError for anything else.
    """
    try:
        return _parse(text.strip(), day_of(now, zone), zone)
    except (ValueError, OverflowError):
        raise UserError(
            f"{text!r} is no period; write a month like 2026-10, a week like 2026-W43 or a day "
            "like 2026-10-25, or month, week or day for the running one."
        ) from None


def _parse(text: str, today: date, zone: tzinfo) -> Period:
    if text == "month":
        return month(today.year, today.month, zone)
    if text == "week":
        return week(today - timedelta(days=today.weekday()), zone)
    if text == "day":
        return day(today, zone)
    if found := _MONTH.fullmatch(text):
        return month(int(found[1]), int(found[2]), zone)
    if found := _WEEK.fullmatch(text):
        return week(date.fromisocalendar(int(found[1]), int(found[2]), 1), zone)
    if found := _DAY.fullmatch(text):
        return day(date(int(found[1]), int(found[2]), int(found[3])), zone)
    raise ValueError(text)


def days(period: Period, zone: tzinfo) -> Iterator[tuple[str, int, int]]:
    """Its days: date, start, end (POSIX seconds); the first and last cut where it is."""
    at = day_of(period.start, zone)
    while (start := midnight(at, zone)) < period.end:
        end = midnight(at + timedelta(days=1), zone)
        yield at.isoformat(), max(start, period.start), min(end, period.end)
        at += timedelta(days=1)
