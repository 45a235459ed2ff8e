"""The mode of a site is part of time: a moment has the same one whenever it is asked about."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.rules import RuleRunner, options_of
from streetlamp.rules.almanac import Almanac
from streetlamp.rules.holidays import Holiday, Holidays
from streetlamp.rules.modes import AUTO, Choice, ModeOptions, Modes, wrong_modes
from support.scene import T0, YARD, Actor, look, phases, stand

BERLIN = ZoneInfo("Europe/Berlin")
OPTIONS = tuple(
    ModeOptions.model_validate(one)
    for one in (
        {"name": "day"},
        {"name": "night", "schedule": [{"hours": "22:00-06:00"}]},
        {"name": "weekend", "schedule": [{"days": ["sat", "sun"]}]},
        {"name": "away"},
    )
)


def at(local: str) -> float:
    return datetime.strptime(local, "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN).timestamp()


def modes(*choices: Choice) -> Modes:
    return Modes(OPTIONS, BERLIN, Holidays([Holiday(date="05-01")]), choices)


@pytest.mark.parametrize(
    ("local", "mode"),
    [
        ("2026-07-01 12:00", "day"),
        ("2026-07-01 22:00", "night"),
        ("2026-07-02 05:59", "night"),
        ("2026-07-02 06:00", "day"),
        ("2026-07-04 12:00", "weekend"),
        ("2026-07-04 23:00", "weekend"),  # the last one in the list that covers it
        ("2026-05-01 12:00", "weekend"),  # a Friday, and a holiday: as on a Sunday
    ],
)
def test_the_schedule_decides_where_nobody_has_chosen(local: str, mode: str) -> None:
    assert modes().at(at(local)) == mode


@pytest.mark.parametrize(
    ("local", "then"),
    [
        ("2026-07-01 12:00", "2026-07-01 22:00"),
        ("2026-07-01 23:00", "2026-07-02 06:00"),
        ("2026-07-02 01:00", "2026-07-02 06:00"),
        ("2026-07-03 23:00", "2026-07-04 00:00"),
        ("2026-07-04 12:00", "2026-07-06 00:00"),  # Sunday's night begins within the weekend
        ("2026-03-28 23:00", "2026-03-30 00:00"),  # over the night with an hour less
    ],
)
def test_when_the_schedule_next_changes_it(local: str, then: str) -> None:
    assert modes().next_change(at(local)) == at(then)


def test_without_schedules_nothing_changes_by_itself() -> None:
    plain = Modes(OPTIONS[:1], BERLIN)
    assert plain.next_change(at("2026-07-01 12:00")) is None
    assert Modes().at(at("2026-07-01 12:00")) == ""


def test_a_choice_holds_until_the_schedule_changes_the_mode() -> None:
    noon, night = at("2026-07-01 12:00"), at("2026-07-01 22:00")
    made = modes()
    choice = made.choose("away", "ada", noon, hold=False)
    assert (choice.time, choice.until) == (noon, night)
    assert [made.at(t) for t in (noon - 1, noon, night - 1, night)] == [
        "day", "away", "away", "night",
    ]  # fmt: skip


def test_a_choice_that_is_held_stays_until_it_is_undone() -> None:
    noon = at("2026-07-01 12:00")
    made = modes()
    assert made.choose("away", "ada", noon, hold=True).until is None
    assert made.at(noon + 40 * 86400) == "away"
    made.choose(AUTO, "bob", noon + 60, hold=False)
    assert made.at(noon + 60) == "day"
    assert made.at(noon + 59) == "away"


def test_a_mode_that_is_gone_from_the_site_file_decides_nothing() -> None:
    noon = at("2026-07-01 12:00")
    assert modes(Choice(noon - 9, "party", None, "ada")).at(noon) == "day"


def test_what_was_told_before_a_choice_stays_true_after_it() -> None:
    """A camera's time may be a little ahead of the desk's."""
    noon = at("2026-07-01 12:00")
    made = modes()
    assert made.at(noon + 2) == "day"
    choice = made.choose("away", "ada", noon, hold=False)
    assert choice.time == math.nextafter(noon + 2, math.inf)
    assert made.at(noon + 2) == "day"
    assert made.at(noon + 2.001) == "away"
    made.at(noon + 7200)  # a camera whose clock is hours ahead holds nothing up
    assert made.choose("night", "ada", noon + 9, hold=False).time == noon + 9


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 20),
            st.sampled_from(["ask", "day", "night", "away", AUTO]),
            st.floats(-1, 3),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_a_stored_day_has_the_modes_it_had(story: list[tuple[float, str, float, bool]]) -> None:
    made, now, asked, choices = modes(), at("2026-07-01 21:59"), [], []
    for wait, what, ahead, hold in story:
        now += wait
        if what == "ask":
            asked.append((now + ahead, made.at(now + ahead)))
        else:
            choices.append(made.choose(what, "ada", now, hold=hold))
    again = modes(*choices)
    assert [(time, again.at(time)) for time, _ in asked] == asked


def test_names_that_cannot_be() -> None:
    assert "'auto'" in wrong_modes(["day", "auto"])
    assert "two modes are called 'day'" in wrong_modes(["day", "night", "day"])
    assert wrong_modes(["day", "night"]) == ""
    with pytest.raises(ValueError, match="there is no mode 'party'; there are: day, night"):
        modes().choose("party", "ada", T0, hold=False)


def rules(made: Modes, **options: Any) -> RuleRunner:
    given = {"name": "Yard", "kind": "intrusion", "place": "yard", **options}
    return RuleRunner("cam", [options_of(given)], (YARD,), almanac=Almanac(modes=made))


def test_a_rule_watches_in_the_modes_it_is_armed_in_and_says_which() -> None:
    made = Modes(OPTIONS)  # T0 is a Friday, 08:00 UTC
    guest = [Actor(stand(600, 300))]
    armed, always = rules(made, armed_in=["away"]), rules(made)
    events, others = [], []
    for n in range(400):
        if n == 100:
            made.choose("away", "ada", T0 + n * 0.2 - 0.1, hold=False)
        if n == 300:
            made.choose("day", "ada", T0 + n * 0.2 - 0.1, hold=False)
        events += armed.step(look(guest, n * 0.2, n + 1)).events
        others += always.step(look(guest, n * 0.2, n + 1)).events
    assert phases(events)[0] == "start"
    assert phases(events)[-1] == "end"
    assert T0 + 20 <= events[0].start <= T0 + 21
    assert [one.mode for one in events if one.phase != "end"] == ["away"] * (len(events) - 1)
    assert others[0].mode == "day"
