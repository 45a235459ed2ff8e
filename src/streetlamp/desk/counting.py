"""Counts by hour, day, week and month, and what is usual for such an hour or day.

"Usual" is the median over the last weeks of the same hour on the same weekday, with the quartiles
beside it. Days on which the camera counted nothing at all are left out: it was away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from statistics import median, quantiles
from typing import Final

from streetlamp.desk.calendar import Unit, begin_of, grain, next_of, units, weeks_before
from streetlamp.store.counts import CountSum

FEWEST_WEEKS: Final = 3  # that make something usual

Folded = Callable[[float, float, str | None, int], Sequence[CountSum]]
"""As `streetlamp.store.counts.Counts.folded`."""


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """One place, class and direction in one hour, day, week or month."""

    start: int
    end: int
    camera: str
    place: str
    kind: str
    direction: str  # "" for an occupancy
    n: int  # how many passed; of an occupancy, the most at once
    mean: float | None  # of an occupancy: of its minutes' most; a minute without anybody is 0
    least: int | None  # of an occupancy: the minute with the fewest


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual: lower quartile, median, upper quartile."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class UsualSlot:
    """One hour or day, and what is usual then. None: too few weeks are known."""

    start: int
    end: int
    weeks: int
    passed_in: Usual | None
    passed_out: Usual | None
    present: Usual | None


def by_period(
    folded: Folded,
    camera: str | None,
    start: float,
    end: float,
    unit: Unit,
    zone: tzinfo,
    now: float,
) -> Iterator[PeriodCount]:
    """Counts of the units that share time with [start, end), oldest first; a question to the
    database for each day (of hours) or unit."""
    for begin, after in units(start, end, "day" if unit == "hour" else unit, zone):
        rows = folded(begin, after, camera, grain(begin, after, zone))
        parts = units(begin, after, unit, zone) if unit == "hour" else iter([(begin, after)])
        yield from _of_parts(rows, list(parts), start, end, now)


def _of_parts(
    rows: Iterable[CountSum],
    parts: list[tuple[int, int]],
    start: float,
    end: float,
    now: float,
) -> Iterator[PeriodCount]:
    by_part: dict[int, dict[tuple[str, str, str, str], list[CountSum]]] = {
        begin: defaultdict(list) for begin, _ in parts
    }
    for row in rows:
        begin = max(one for one, _ in parts if one <= row.start)
        by_part[begin][row.camera, row.place, row.kind, row.direction].append(row)
    for begin, after in parts:
        if begin >= end or after <= start:
            continue
        minutes = max(1.0, (min(after, now) - begin) / 60)
        for key, some in sorted(by_part[begin].items()):
            total = sum(one.total for one in some)
            if key[3]:
                yield PeriodCount(begin, after, *key, total, None, None)
                continue
            counted = sum(one.minutes for one in some)
            least = min(one.least for one in some) if counted >= int(minutes) else 0
            most = max(one.most for one in some)
            yield PeriodCount(begin, after, *key, most, total / max(minutes, counted), least)


def usual(
    folded: Folded,
    camera: str,
    start: float,
    end: float,
    unit: Unit,
    zone: tzinfo,
    weeks: int,
    place: str = "",
    kind: str = "",
) -> list[UsualSlot]:
    """What is usual for each unit of [start, end) at a camera, by the ``weeks`` before.

    place, kind: of these alone; "" for all together.
    """
    slots = list(units(start, end, unit, zone))
    if not slots:
        return []
    past: list[list[tuple[int, int, int]]] = [[] for _ in slots]
    for back in range(1, weeks + 1):
        moved = [
            (weeks_before(begin, back, zone), weeks_before(after, back, zone))
            for begin, after in slots
        ]
        first = begin_of(moved[0][0], "day", zone)  # whole days: was the camera there at all?
        last = next_of(begin_of(moved[-1][1] - 1, "day", zone), "day", zone)
        rows = folded(first, last, camera, grain(first, last, zone))
        alive = {_date(row.start, zone) for row in rows}
        sums = _sums((row for row in rows if _is(row, place, kind)), moved)
        for number, (begin, _) in enumerate(moved):
            if _date(begin, zone) in alive:
                past[number].append(sums[number])
    return [
        UsualSlot(begin, after, len(known), *(_usual([one[i] for one in known]) for i in range(3)))
        for (begin, after), known in zip(slots, past, strict=True)
    ]


def _is(row: CountSum, place: str, kind: str) -> bool:
    return (not place or row.place == place) and (not kind or row.kind == kind)


def _sums(rows: Iterable[CountSum], slots: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """In, out and present of each slot. Presence is the sum of the places' and classes' most."""
    passed = [[0, 0] for _ in slots]
    most: list[dict[tuple[str, str], int]] = [{} for _ in slots]
    number = 0
    for row in rows:  # both are in the order of time
        while number < len(slots) - 1 and row.start >= slots[number][1]:
            number += 1
        if not slots[number][0] <= row.start < slots[number][1]:
            continue
        if row.direction:
            passed[number][row.direction == "out"] += row.total
        else:
            key = (row.place, row.kind)
            most[number][key] = max(most[number].get(key, 0), row.most)
    return [
        (came, went, sum(there.values())) for (came, went), there in zip(passed, most, strict=True)
    ]


def _usual(values: list[int]) -> Usual | None:
    if len(values) < FEWEST_WEEKS:
        return None
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Usual(low, median(values), high)


def _date(time: float, zone: tzinfo) -> date:
    return datetime.fromtimestamp(time, zone).date()
