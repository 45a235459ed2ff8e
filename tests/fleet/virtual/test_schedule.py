"""The grammar of drills, and what happens when."""

from __future__ import annotations

from itertools import islice
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetlamp.errors import UserError
from streetlamp.fleet.virtual.schedule import (
    Drill,
    Schedule,
    in_words,
    parse_drills,
    schedule_for,
    seconds,
)


@pytest.mark.parametrize(
    ("text", "length"),
    [("30s", 30), ("2m", 120), ("1h", 3600), ("1m30s", 90), ("90", 90), ("1.5h", 5400),
     ("500ms", 0.5), ("2d", 172_800), ("-1h", -3600)],
)  # fmt: skip
def test_times(text: str, length: float) -> None:
    assert seconds(text) == length


@given(st.integers(1, 10**6))
def test_times_in_words_are_read_back(length: int) -> None:
    assert seconds(in_words(length)) == length


@pytest.mark.parametrize("text", ["", "s", "3x", "1 h", "m3", "1h-3m", "--3", "nan", "inf"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time"):
        seconds(text)


def test_a_list_of_drills() -> None:
    text = "cover@2m+30s:50%:cam002, freeze@30s ,clock-jump@5m:-2h,drop@4m:all,black@1m+1m"
    assert parse_drills(text) == (
        Drill("freeze", 30),
        Drill("black", 60, 60),
        Drill("cover", 120, 30, 0.5, "cam002"),
        Drill("drop", 240, 0, None, "all"),
        Drill("clock-jump", 300, None, -7200),
    )
    assert parse_drills("") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("freez@3s", "no fault is called 'freez'; did you mean freeze"),
        ("xyz@3s", "there are: black, clock-drift"),
        ("freeze", "does not say when: write it as NAME@TIME"),
        ("freeze@", "does not say when"),
        ("freeze@soon", "'soon' is no length of time"),
        ("freeze@-3s", "count forwards"),
        ("freeze@3s+0s", "longer than nothing"),
        ("freeze@3s+", "no length of time"),
        ("freeze@3s:0.5", "freeze takes no strength"),
        ("cover@3s:400%", "from 10 % to 100 %, not 400%"),
        ("cover@3s:0.5:0.6", "two strengths"),
        ("cover@3s:cam001:cam002", "two cameras"),
        ("cover@3s:", "behind a colon"),
        ("clock-jump@3s:9x", "no time"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_drills(text)


def spans(text: str, repeat: float | None = None) -> list[tuple[str, float, float]]:
    schedule = Schedule(parse_drills(text), repeat)
    return [(drill.fault, drill.start, end) for drill, end in schedule.spans()]


def test_without_a_duration_until_the_next_one_begins() -> None:
    assert spans("freeze@30s,black@60s,drop@90s,defocus@2m+10s") == [
        ("freeze", 30, 60),
        ("black", 60, 90),
        ("drop", 90, 90),
        ("defocus", 120, 130),
    ]
    assert spans("freeze@30s") == [("freeze", 30, inf)]
    assert spans("freeze@30s", 600) == [("freeze", 30, 600)]


def test_a_duration_may_overlap_others() -> None:
    assert spans("freeze@30s+2m,black@60s+5s") == [("freeze", 30, 150), ("black", 60, 65)]


def test_events_come_in_order_and_again() -> None:
    schedule = Schedule(parse_drills("black@20s,freeze@10s,drop@20s"), 60)
    said = [
        (event.time, "+" if event.begins else "-", event.drill.fault)
        for event in islice(schedule.events(), 8)
    ]
    assert said == [
        (10, "+", "freeze"),
        (20, "-", "freeze"),
        (20, "+", "black"),
        (20, "+", "drop"),
        (20, "-", "drop"),
        (60, "-", "black"),
        (70, "+", "freeze"),
        (80, "-", "freeze"),
    ]


def test_a_repetition_must_hold_the_drills() -> None:
    with pytest.raises(UserError, match="black@1m goes beyond the repetition every 1m10s"):
        Schedule(parse_drills("black@60s+30s"), 70)


def test_whom_a_drill_hits() -> None:
    drills = parse_drills("freeze@1s,black@2s:all,cover@3s:cam003")
    hit = {
        name: [each.fault for each in schedule_for(drills, name, first=first, repeat=None).drills]
        for name, first in (("cam001", True), ("cam002", False), ("cam003", False))
    }
    assert hit == {
        "cam001": ["freeze", "black"],
        "cam002": ["black"],
        "cam003": ["black", "cover"],
    }
