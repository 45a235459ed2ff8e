"""Where vehicles stand is remembered as spots: the quick way through stories of parking says what
`stopped_vehicle` says look by look, to the byte."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.backtest.follow import follow
from streetlamp.backtest.looks import Looks
from streetlamp.rules import standing
from streetlamp.values import Kind
from support.quick import SHUT, Heard, Story, renumbered, rule_of, run
from support.scene import T0, Actor, look

BAYS = ((520.0, 300.0), (535.0, 300.0), (600.0, 310.0), (795.0, 330.0))  # the second: as the first

OPTIONS: list[dict[str, Any]] = [
    {},
    {"ignore_parked_at_start": False, "min_seconds": 2, "clear_seconds": 1, "movement": 0.4},
    {"ignore_parked_at_start": False, "min_seconds": 1, "clear_seconds": 60, "min_looks": 1},
    {"min_seconds": 5, "cool_down_seconds": 20, "clear_seconds": 2, "min_score": 0.5, "place": ""},
]


def parks(bay: tuple[float, float], come: float, go: float, shake: float, blink: int) -> Any:
    """Drives in from the left, stands (its box trembles), and drives off to the right."""

    def where(seconds: float) -> tuple[float, float] | None:
        if not come - 3 <= seconds <= go + 4 or (blink and round(seconds * 5) % blink == 0):
            return None
        along = 90.0 * (min(seconds - come, 0.0) + max(seconds - go, 0.0))
        x, y = bay
        return x + along + shake * math.sin(7 * seconds), y + shake * math.cos(5 * seconds)

    return where


@st.composite
def parking(draw: st.DrawFn) -> Story:
    """Vehicles that come into each other's bays; half of a minute to two minutes, with pauses, the
    longest of which outlasts what is remembered."""
    every = draw(st.sampled_from([0.2, 0.5, 1.0]))
    span = 120 * every
    cast = []
    for n in range(draw(st.integers(2, 6))):
        come = draw(st.floats(-0.2, 0.9)) * span
        go = come + draw(st.floats(0.05, 0.8)) * span
        where = parks(
            draw(st.sampled_from(BAYS)), come, go,
            draw(st.sampled_from([0.0, 2.0, 9.0, 18.0])), draw(st.sampled_from([0, 0, 3, 7])),
        )  # fmt: skip
        size = draw(st.sampled_from([(90.0, 50.0), (90.0, 50.0), (60.0, 40.0)]))
        kind = draw(st.sampled_from([Kind.CAR, Kind.CAR, Kind.TRUCK, Kind.PERSON]))
        cast.append(Actor(where, n, kind, size, draw(st.floats(0.35, 0.9))))
    pauses = st.sampled_from([3.0, 12.0, 45.0, 1790.0, 1900.0, -1.0, -8.0])
    stalls = draw(st.dictionaries(st.integers(1, 119), pauses, max_size=3))
    made, late = [], 0.0
    for n in range(120):
        one = look(cast, n * every, n + 1, (1024, 512))
        made.append(one.at(one.time + late, one.frame))
        late += stalls.get(n, 0.0)
    fresh = [n in draw(st.just({0}) | st.just({0, 60})) for n in range(120)]
    part = follow(Looks.of(made, fresh))
    return Story([renumbered(part, draw(st.sampled_from([0, 0, 9, 30])))])


@pytest.mark.parametrize("abreast", [1, 3, standing.ABREAST])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_spots_are_the_same(
    options: dict[str, Any], abreast: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "ABREAST", abreast)

    @settings(max_examples=8, deadline=None)
    @given(story=parking(), least=st.sampled_from([1, 60, 10_000]), shut=st.booleans())
    def holds(story: Story, least: int, shut: bool) -> None:
        asked = {**options, **(SHUT if shut else {})}
        slow = run(rule_of("stopped_vehicle", asked), story, by_looks=True)
        quick = run(rule_of("stopped_vehicle", asked), story, least=least)
        assert repr(quick.all) == repr(slow.all)

    holds()


def told(*cast: Actor, **options: Any) -> Heard:
    """Both ways of a minute and a half, which say the same."""
    looks = [look(cast, n * 0.2, n + 1) for n in range(450)]
    story = Story([follow(Looks.of(looks, [n == 0 for n in range(450)]))])
    slow = run(rule_of("stopped_vehicle", options), story, by_looks=True)
    quick = run(rule_of("stopped_vehicle", options), story)
    assert repr(quick.all) == repr(slow.all)
    return quick


def car(number: int, come: float, go: float, bay: int = 0) -> Actor:
    return Actor(parks(BAYS[bay], come, go, 1.0, 0), number, Kind.CAR, (90.0, 50.0))


def starts(heard: Heard) -> list[float]:
    return sorted({event.start - T0 for event in heard.all.events})


def test_what_is_parked_at_the_start_and_drives_off_makes_room_for_another() -> None:
    parked = car(1, -9, 35)
    assert starts(told(parked)) == []
    (start,) = starts(told(parked, car(2, 50, 80)))
    assert start == pytest.approx(50, abs=2)


def test_one_that_comes_back_into_the_spot_told_of_is_the_same_incident() -> None:
    lost = Actor(
        lambda at: None if 50 <= at < 65 else parks(BAYS[0], 32, 80, 1.0, 0)(at), 1, Kind.CAR,
        (90.0, 50.0),
    )  # fmt: skip
    assert len(starts(told(lost, clear_seconds=30))) == 1
    assert len(starts(told(lost, clear_seconds=5))) == 1  # it has ended, and is not told again
    for clear, longest in ((30, 33.0), (5, 16.0)):  # seconds it stood, when that was last told
        events = told(lost, clear_seconds=clear).all.events
        assert max(event.numbers["seconds"] for event in events) == pytest.approx(longest, abs=1)


def test_while_the_rule_cools_down_no_incident_runs_that_an_arrival_could_be_about() -> None:
    lost = Actor(
        lambda at: None if 40 <= at < 64 else parks(BAYS[0], 32, 99, 1.0, 0)(at), 1, Kind.CAR,
        (90.0, 50.0),
    )  # fmt: skip
    heard = told(lost, car(2, 55, 68, bay=3), clear_seconds=2, cool_down_seconds=32)
    assert len(starts(heard)) == 1
    assert len(starts(told(lost, car(2, 55, 68, bay=3), clear_seconds=2))) == 2
