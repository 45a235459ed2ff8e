"""Hours and days as they are at the site, and what is usual for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from streetlamp.desk.calendar import Unit, begin_of, grain, next_of, units, weeks_before
from streetlamp.desk.counting import by_period, usual
from streetlamp.store.counts import CountSum

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


@pytest.mark.parametrize(
    ("unit", "begin", "after"),
    [
        ("hour", "2026-10-25T14:00", "2026-10-25T15:00"),
        ("day", "2026-10-25T00:00", "2026-10-26T00:00"),
        ("week", "2026-10-19T00:00", "2026-10-26T00:00"),
        ("month", "2026-10-01T00:00", "2026-11-01T00:00"),
    ],
)
def test_units_begin_where_the_calendar_says(unit: Unit, begin: str, after: str) -> None:
    assert begin_of(at("2026-10-25T14:37"), unit, BERLIN) == at(begin)
    assert next_of(at(begin), unit, BERLIN) == at(after)


def test_a_day_may_have_25_hours_and_a_december_ends() -> None:
    day = at("2026-10-25T00:00")
    assert len(list(units(day, next_of(day, "day", BERLIN), "hour", BERLIN))) == 25
    assert next_of(at("2026-12-01T00:00"), "month", BERLIN) == at("2027-01-01T00:00")


def test_the_same_hour_a_week_earlier_is_the_same_on_the_clock() -> None:
    assert weeks_before(at("2026-10-28T08:00"), 1, BERLIN) == at("2026-10-21T08:00")
    assert at("2026-10-28T08:00") - at("2026-10-21T08:00") == 7 * 86400 + 3600


def test_steps_fit_a_zone_of_half_hours() -> None:
    assert grain(0, 1e9, BERLIN) == 3600
    assert grain(1e9, 1.1e9, ZoneInfo("Asia/Kolkata")) == 900


class Table:
    """Counts kept in a list: one passage or occupancy a minute."""

    def __init__(self) -> None:
        self.rows: list[CountSum] = []

    def put(self, start: int, n: int, direction: str = "in", place: str = "line") -> None:
        self.rows.append(CountSum("gate", place, "person", direction, start, n, n, n, 1))

    def folded(
        self, start: float, end: float, camera: str | None = None, step: int = 60
    ) -> Sequence[CountSum]:
        rows = (row for row in self.rows if start <= row.start < end)
        return sorted(rows, key=lambda row: row.start)


def test_passages_are_summed_and_occupancies_have_a_mean() -> None:
    table, hour = Table(), at("2026-10-25T14:00")
    table.put(hour + 60, 2)
    table.put(hour + 3540, 3)
    table.put(hour + 3600, 7)
    for minute in range(0, 3600, 120):
        table.put(hour + minute, 4, "", "yard")
    second, first, third = by_period(
        table.folded, "gate", hour, hour + 7200, "hour", BERLIN, hour + 90_000
    )
    assert (second.direction, second.n, second.mean) == ("in", 5, None)
    assert (first.direction, first.n, first.mean, first.least) == ("", 4, 2.0, 0)
    assert (third.start, third.n) == (hour + 3600, 7)
    (whole, yard) = sorted(
        by_period(table.folded, "gate", hour, hour + 60, "day", BERLIN, hour + 90_000),
        key=lambda row: row.place,
    )
    assert (whole.n, whole.start) == (12, at("2026-10-25T00:00"))
    assert yard.mean == pytest.approx(120 / (25 * 60))


def test_an_hour_that_runs_is_measured_by_what_has_passed_of_it() -> None:
    table, hour = Table(), at("2026-10-25T14:00")
    for minute in range(0, 600, 60):
        table.put(hour + minute, 3, "", "yard")
    (row,) = by_period(table.folded, "gate", hour, hour + 3600, "hour", BERLIN, hour + 600)
    assert (row.mean, row.least) == (3.0, 3)


def test_usual_is_the_median_of_the_same_hour_on_the_same_weekday() -> None:
    table, hour = Table(), at("2026-10-28T08:00")  # after the clocks were set back
    for week, n in enumerate((10, 20, 30, 1000), 1):
        table.put(weeks_before(hour, week, BERLIN), n)
        table.put(weeks_before(hour, week, BERLIN) - 86400, 5)  # another weekday
    (slot,) = usual(table.folded, "gate", hour, hour + 3600, "hour", BERLIN, 8)
    assert slot.weeks == 4, "four weeks of eight are known"
    assert slot.passed_in is not None
    assert (slot.passed_in.low, slot.passed_in.middle, slot.passed_in.high) == (17.5, 25, 272.5)
    assert slot.passed_out is not None
    assert slot.passed_out.middle == 0, "nobody went out, and that is usual"


def test_an_hour_in_which_nobody_came_counts_and_a_day_without_anything_does_not() -> None:
    table, hour = Table(), at("2026-06-10T08:00")
    for week in (1, 2, 3):
        table.put(weeks_before(hour, week, BERLIN) + 7200, 6)  # the camera was there
    (slot,) = usual(table.folded, "gate", hour, hour + 3600, "hour", BERLIN, 8)
    assert slot.weeks == 3
    assert slot.passed_in is not None
    assert slot.passed_in.high == 0


def test_two_weeks_are_too_few_and_a_place_is_asked_alone() -> None:
    table, hour = Table(), at("2026-06-10T08:00")
    for week in (1, 2):
        table.put(weeks_before(hour, week, BERLIN), 6)
    (slot,) = usual(table.folded, "gate", hour, hour + 3600, "hour", BERLIN, 8)
    assert (slot.weeks, slot.passed_in) == (2, None)
    table.put(weeks_before(hour, 3, BERLIN), 4, place="door")
    (slot,) = usual(table.folded, "gate", hour, hour + 3600, "hour", BERLIN, 8, place="line")
    assert slot.passed_in is not None
    assert slot.passed_in.middle == 6
