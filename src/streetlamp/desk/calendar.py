"""Hours, days, weeks and months as they are at the site, whatever its clocks do. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Literal

Unit = Literal["hour", "day", "week", "month"]


def begin_of(time: float, unit: Unit, zone: tzinfo) -> int:
    """POSIX seconds where the unit begins that this moment is in. Weeks begin on Monday."""
    local = datetime.fromtimestamp(time, zone)
    if unit == "hour":
        return round(local.timestamp() - local.minute * 60 - local.second - local.microsecond / 1e6)
    back = {"day": 0, "week": local.weekday(), "month": local.day - 1}[unit]
    return _midnight(local - timedelta(days=back), zone)


def next_of(begin: int, unit: Unit, zone: tzinfo) -> int:
    """Where the unit after the one that begins here begins."""
    if unit == "hour":
        return begin + 3600
    local = datetime.fromtimestamp(begin, zone)
    if unit == "month":
        return _midnight((local.replace(day=1) + timedelta(days=32)).replace(day=1), zone)
    return _midnight(local + timedelta(days=7 if unit == "week" else 1), zone)


def units(start: float, end: float, unit: Unit, zone: tzinfo) -> Iterator[tuple[int, int]]:
    """The units that share time with [start, end), as (begin, end), oldest first."""
    begin = begin_of(start, unit, zone)
    while begin < end:
        after = next_of(begin, unit, zone)
        yield begin, after
        begin = after


def weeks_before(time: float, weeks: int, zone: tzinfo) -> int:
    """The same time on the clock, on the same weekday, so many weeks earlier."""
    local = datetime.fromtimestamp(time, zone).replace(tzinfo=None) - timedelta(weeks=weeks)
    return round(local.replace(tzinfo=zone).timestamp())


def grain(start: float, end: float, zone: tzinfo) -> int:
    """Seconds of the coarsest steps from the epoch that fit this zone's hours."""
    offsets = (datetime.fromtimestamp(time, zone).utcoffset() for time in (start, end))
    whole = all(offset is not None and offset.total_seconds() % 3600 == 0 for offset in offsets)
    return 3600 if whole else 900


def _midnight(local: datetime, zone: tzinfo) -> int:
    return round(datetime(local.year, local.month, local.day, tzinfo=zone).timestamp())
