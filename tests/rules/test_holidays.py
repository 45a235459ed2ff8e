"""Days that are not like others, and what schedules make of them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from streetlamp.rules.holidays import Holiday, HolidayEntry, Holidays, OnHolidays
from streetlamp.rules.schedule import Schedule, Window

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = Window(days=("fri",), hours="22:00-06:00")
OFFICE = Window(days=("mon", "tue", "wed", "thu", "fri"), hours="08:00-17:30")
XMAS = Holiday(date="12-24", until="01-01", name="Closed")


@pytest.mark.parametrize(
    ("holiday", "day", "is_one"),
    [
        (Holiday(date="2026-05-01"), "2026-05-01", True),
        (Holiday(date="2026-05-01"), "2027-05-01", False),
        (Holiday(date="05-01"), "2031-05-01", True),
        (Holiday(date="05-01"), "2031-05-02", False),
        (XMAS, "2026-12-23", False),
        (XMAS, "2026-12-24", True),
        (XMAS, "2027-01-01", True),
        (XMAS, "2027-01-02", False),
        (Holiday(date="2026-12-30", until="2027-01-02"), "2026-12-31", True),
        (Holiday(date="2026-12-30", until="2027-01-02"), "2027-12-31", False),
        (Holiday(date="02-29"), "2028-02-29", True),
        (Holiday(date="02-29"), "2027-03-01", False),
        (Holiday(date="07-01", until="07-03"), "2027-07-02", True),
    ],
)
def test_which_days_are_holidays(holiday: Holiday, day: str, is_one: bool) -> None:
    assert (date.fromisoformat(day) in Holidays([holiday])) is is_one


@pytest.mark.parametrize(
    "wrong",
    [
        {"date": "1 May"},
        {"date": "2026-02-30"},
        {"date": "13-01"},
        {"date": "2026-05-01", "until": "05-03"},
        {"date": "2026-05-03", "until": "2026-05-01"},
        {"date": "05-01", "until": "soon"},
        {},
    ],
)
def test_dates_that_cannot_be(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Holiday.model_validate(wrong)


def test_a_date_alone_is_enough() -> None:
    assert TypeAdapter(HolidayEntry).validate_python("05-01") == Holiday(date="05-01")


@pytest.mark.parametrize(
    ("windows", "on_holidays", "local", "watches"),
    [
        # Friday 2026-05-01 is the holiday; NIGHTS is Friday's night, OFFICE Monday to Friday.
        ((OFFICE,), "usual", "2026-05-01 12:00", True),
        ((OFFICE,), "sunday", "2026-05-01 12:00", False),
        ((OFFICE,), "never", "2026-05-01 12:00", False),
        ((OFFICE,), "always", "2026-05-01 03:00", True),
        ((OFFICE,), "always", "2026-05-02 03:00", False),
        ((OFFICE,), "always", "2026-04-30 12:00", True),
        ((), "never", "2026-05-01 12:00", False),
        ((), "never", "2026-05-02 00:00", True),
        ((), "sunday", "2026-05-01 12:00", True),
        ((NIGHTS,), "usual", "2026-05-01 23:00", True),
        ((NIGHTS,), "usual", "2026-05-02 05:00", True),  # the end of the holiday's night
        ((NIGHTS,), "never", "2026-05-01 23:00", False),
        ((NIGHTS,), "never", "2026-05-02 05:00", False),
        # Thursday's night goes on into the holiday: it began on a day like any.
        ((Window(days=("thu",), hours="22:00-06:00"),), "never", "2026-05-01 05:00", True),
        ((Window(days=("sun",), hours="10:00-12:00"),), "sunday", "2026-05-01 11:00", True),
    ],
)
def test_what_a_schedule_makes_of_a_holiday(
    windows: tuple[Window, ...], on_holidays: OnHolidays, local: str, watches: bool
) -> None:
    at = datetime.strptime(local, "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN)
    schedule = Schedule(windows, BERLIN, Holidays([Holiday(date="05-01")]), on_holidays)
    assert schedule.covers(at.timestamp()) is watches
