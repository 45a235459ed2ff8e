"""Days and hours on the clock of the place."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from streetlamp.rules.schedule import Schedule, Window
from streetlamp.rules.tally import Tally
from streetlamp.rules.words import lasting, things
from streetlamp.values import Count, Kind

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = Window(days=("fri",), hours="22:00-06:00")
OFFICE = Window(days=("mon", "tue", "wed", "thu", "fri"), hours="08:00-17:30")


@pytest.mark.parametrize(
    ("windows", "local", "watches"),
    [
        ((), "2026-07-03 03:00", True),
        ((NIGHTS,), "2026-07-03 21:59", False),
        ((NIGHTS,), "2026-07-03 22:00", True),
        ((NIGHTS,), "2026-07-04 05:59", True),  # Saturday, the end of Friday's night
        ((NIGHTS,), "2026-07-04 06:00", False),
        ((NIGHTS,), "2026-07-03 05:00", False),  # Friday morning is Thursday's night
        ((OFFICE,), "2026-07-03 17:29", True),
        ((OFFICE,), "2026-07-03 17:30", False),
        ((OFFICE,), "2026-07-04 12:00", False),
        ((OFFICE, NIGHTS), "2026-07-03 23:00", True),
        ((Window(days=("sun",), hours="20:00-02:00"),), "2026-07-06 01:00", True),  # Monday
        ((Window(hours="00:00-24:00"),), "2026-07-05 23:59", True),
        ((OFFICE,), "2026-01-02 08:30", True),  # winter
    ],
)
def test_the_clock_of_the_place(windows: tuple[Window, ...], local: str, watches: bool) -> None:
    at = datetime.strptime(local, "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN)
    assert Schedule(windows, BERLIN).covers(at.timestamp()) is watches


def test_another_place_another_clock() -> None:
    noon = datetime(2026, 7, 3, 12, 0, tzinfo=UTC).timestamp()
    window = (Window(hours="11:30-12:30"),)
    assert Schedule(window, UTC).covers(noon)
    assert not Schedule(window, ZoneInfo("Asia/Tokyo")).covers(noon)


@pytest.mark.parametrize(
    "hours", ["22-6", "25:00-26:00", "10:00-10:00", "10:61-11:00", "24:00-06:00", "", "always"]
)
def test_hours_that_cannot_be(hours: str) -> None:
    with pytest.raises(ValidationError):
        Window(hours=hours)


def test_a_tally_sums_passages_and_keeps_the_most_of_occupancies() -> None:
    tally = Tally()
    for direction, n in (("in", 1), ("in", 1), ("out", 1), ("", 3), ("", 2)):
        tally.add([Count("cam", "gate", "person", direction, 60, n)])
    assert [(row.direction, row.n) for row in tally.rows()] == [("", 3), ("in", 2), ("out", 1)]
    assert len(tally.take()) == 3
    assert tally.rows() == []


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ([], "nothing"),
        ([Kind.PERSON], "1 person"),
        ([Kind.BUS, Kind.PERSON, Kind.BUS], "1 person and 2 buses"),
        ([Kind.CAR, Kind.TRUCK, Kind.PERSON], "1 person, 1 car and 1 truck"),
    ],
)
def test_things(kinds: list[Kind], said: str) -> None:
    assert things(kinds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (59.6, "1 min"), (125, "2 min 5 s"), (3600, "1 h"), (4800, "1 h 20 min")],
)
def test_lasting(seconds: float, said: str) -> None:
    assert lasting(seconds) == said
