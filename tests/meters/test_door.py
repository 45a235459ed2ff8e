"""Readings come in: whatever a head-end writes, good rows are kept and bad ones named."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.meters.lines import LONGEST, blocks
from streetlamp.meters.units import unit_of
from streetlamp.meters.zone import Zone
from support.meters import MONDAY, read, table


@pytest.mark.parametrize(
    ("text", "base", "factor"),
    [
        ("L", "L", 1), ("m3", "L", 1000), ("m³", "L", 1000), ("gal", "L", 3.785411784),
        ("kWh", "kWh", 1), ("Wh", "kWh", 0.001), ("MWh", "kWh", 1000), ("mWh", "kWh", 1e-6),
        ("kW", "kW", 1), ("L/s", "L/s", 1), ("m3/h", "L/s", 1 / 3.6), ("gal/min", "L/s", 0.0630902),
        ("bar", "m", 10.1974), ("m", "m", 1), ("CCF", "L", 2831.68),
    ],
)  # fmt: skip
def test_units(text: str, base: str, factor: float) -> None:
    unit = unit_of(text)
    assert unit is not None
    assert unit.dimension == base
    assert unit.factor == pytest.approx(factor, rel=1e-5)


@pytest.mark.parametrize("text", ["", "furlong", "L/fortnight", "kWh/h", "nan"])
def test_what_is_no_unit(text: str) -> None:
    assert unit_of(text) is None


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_columns_in_any_order(tmp_path: Path, separator: str) -> None:
    rows = ["L,A,2026-01-05T01:00:00Z,water,7", "L,A,2026-01-05T02:00:00Z,water,9"]
    path = tmp_path / "a.csv"
    text = "\n".join(["unit,meter_id,timestamp,kind,register", *rows]).replace(",", separator)
    path.write_text("\ufeff" + text.replace("\n", "\r\n"), encoding="utf-8")
    series, rejects = read(path)
    assert series["A"].value.tolist() == [7, 9]
    assert (series["A"].time - MONDAY).tolist() == [3600, 7200]
    assert not rejects.total


def test_decimal_commas_quotes_and_day_first(tmp_path: Path) -> None:
    rows = ['"A";"05.01.2026 02:00";"water";"1.234,5";"m3";""', "A;05.01.2026 03:00;water;1235;m3;"]
    path = table(tmp_path / "a.csv", rows, "meter_id;timestamp;kind;register;unit;quality")
    series, rejects = read(path)
    assert series["A"].value.tolist() == [1_234_500, 1_235_000]
    assert series["A"].time[0] == MONDAY + 3600  # Madrid is an hour ahead
    assert not rejects.total


def test_duplicates_disorder_and_contradictions(tmp_path: Path) -> None:
    rows = [f"A,2026-01-05T0{hour}:00:00Z,water,{value},L," for hour, value in
            ((3, 30), (1, 10), (2, 20), (1, 10), (4, 40), (4, 41))]  # fmt: skip
    series, rejects = read(table(tmp_path / "a.csv", rows))
    assert series["A"].value.tolist() == [10, 20, 30]
    assert rejects.counts == {"two values of one meter for one moment": 1}


def test_estimated_and_doubtful_readings_are_none(tmp_path: Path) -> None:
    rows = [f"A,2026-01-05T0{hour}:00:00Z,water,{hour},L,{flag}" for hour, flag in
            enumerate(("", "GOOD", "estimated", "doubtful", "valid"))]  # fmt: skip
    series, rejects = read(table(tmp_path / "a.csv", rows))
    assert np.isnan(series["A"].value).tolist() == [False, False, True, True, False]
    assert not rejects.total


def test_units_may_change_within_a_meter(tmp_path: Path) -> None:
    rows = ["A,2026-01-05T01:00:00Z,water,1,m3,", "A,2026-01-05T02:00:00Z,water,1010,L,",
            "A,2026-01-05T03:00:00Z,water,270,gal,"]  # fmt: skip
    series, _ = read(table(tmp_path / "a.csv", rows))
    assert series["A"].value == pytest.approx([1000, 1010, 270 * 3.785411784])


def test_the_clock_changes_are_told_apart(tmp_path: Path) -> None:
    """In Madrid 02:00-03:00 came twice on 25 October 2026, and never on 29 March."""
    rows = [f"A,2026-10-25T{clock}:00,water,{value},L," for value, clock in
            enumerate(("00:30", "01:30", "02:30", "02:30", "03:30"))]  # fmt: skip
    rows += ["B,2026-03-29T01:30:00,water,1,L,", "B,2026-03-29T02:30:00,water,2,L,",
             "B,2026-03-29T03:30:00,water,3,L,"]  # fmt: skip
    series, rejects = read(table(tmp_path / "a.csv", rows), latest=4e9)
    assert np.diff(series["A"].time).tolist() == [3600] * 4
    assert np.diff(series["B"].time).tolist() == [3600]
    assert rejects.counts == {"no clock showed this time: summer time began": 1}


def test_quarters_of_the_hour_that_came_twice(tmp_path: Path) -> None:
    clocks = [f"02:{minute:02}" for _ in range(2) for minute in (0, 15, 30, 45)]
    rows = [f"A,2026-10-25T{c}:00,water,{v},L," for v, c in enumerate(clocks)]
    series, rejects = read(table(tmp_path / "a.csv", rows), latest=4e9)
    assert np.diff(series["A"].time).tolist() == [900] * 7
    assert not rejects.total


def test_wall_clock_and_back() -> None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    zone = Zone(ZoneInfo("Europe/Madrid"))
    times = np.arange(1_774_000_000.0, 1_776_000_000.0, 1800.0)  # over 29 March 2026
    wall = zone.wall(times).astype(float)
    assert np.array_equal(zone.local(wall).time, times)


def test_bad_rows_are_named_and_good_ones_kept(tmp_path: Path) -> None:
    wrong = {
        "A,2026-01-05T02:00:00Z,water,NaN,L,": "the value is NaN",
        "A,2026-01-05T02:00:00Z,water,-3,L,": "the value is negative",
        "A,2026-01-05T02:00:00Z,water,abc,L,": "the value is no number",
        "A,2026-01-05T02:00:00Z,water,,L,": "no value",
        "A,2026-01-05T02:00:00Z,water,1e300,L,": "the value is too large",
        "A,2036-01-05T02:00:00Z,water,3,L,": "the time is in the future",
        "A,1970-01-05T02:00:00Z,water,3,L,": "the time is before 1990",
        "A,yesterday,water,3,L,": "no time that can be read; write it like 2026-05-01T08:00:00",
        "A,2026-01-05T02:00:00Z,water,3,stone,": "no unit is called 'stone'",
        "A,2026-01-05T02:00:00Z,water,3,,": "no unit",
        "A,2026-01-05T02:00:00Z,water,3,kWh,": "a register of water is not given in kWh",
        ",2026-01-05T02:00:00Z,water,3,L,": "no meter_id that could be one",
        "A,2026-01-05T02:00:00Z,water,3": "has 4 columns, not 6",
        'A,"2026-01-05T02:00:00Z,water,3,L,': "has 2 columns, not 6",
    }
    good = [f"A,2026-01-05T0{hour}:30:00Z,water,{hour},L," for hour in range(6)]
    series, rejects = read(table(tmp_path / "a.csv", [*good, *wrong]))
    assert series["A"].value.tolist() == list(range(6))
    assert {one.row: one.reason for one in rejects.rows} == wrong
    assert sorted(one.line for one in rejects.rows) == list(range(8, 8 + len(wrong)))
    rejects.write(tmp_path / "rejected.csv")
    assert len((tmp_path / "rejected.csv").read_text().splitlines()) == 1 + len(wrong)


def test_a_line_without_an_end_takes_no_memory(tmp_path: Path) -> None:
    """Of a line of 40 MB, and packed of 80, nothing is gathered; what follows is read."""
    head = b"meter_id,timestamp,kind,register,unit\n"
    good = b"A,2026-01-05T01:00:00Z,water,5,L\n"
    plain = tmp_path / "a.csv"
    plain.write_bytes(head + good + b"x" * 40_000_000 + b"\n" + good)
    assert max(len(line) for _, lines, _ in blocks(plain) for line in lines) <= LONGEST
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress(head + b"0" * 80_000_000 + b"\n" + good, compresslevel=1))
    for path in (plain, packed):
        series, rejects = read(path)
        assert series["A"].value.tolist() == [5]
        assert rejects.counts == {"the line is too long": 1}


def test_the_same_meter_may_be_of_two_kinds(tmp_path: Path) -> None:
    rows = ["A,2026-01-05T01:00:00Z,water,1,L,", "A,2026-01-05T01:00:00Z,electricity,7,kWh,"]
    path = table(tmp_path / "a.csv", rows)
    _, rejects = read(path)
    assert not rejects.total


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"), ("hello\nworld\n", "no format known"),
        ("meter_id,timestamp,register\nA,1,2\n", "kind and unit"),
        ("meter_id,timestamp,kind,unit\nA,1,water,L\n", "neither a register nor an interval"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_what_to_do(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=says):
        read(path)


def test_a_damaged_archive_is_a_users_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    whole = gzip.compress(b"meter_id,timestamp,kind,register,unit\n" + b"A,1,water,1,L\n" * 99_999)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="breaks off"):
        read(path)
