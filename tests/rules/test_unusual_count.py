"""What is usual is learnt from numbers alone, and what is not is told with them."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from streetlamp.rules import RuleRunner, State
from streetlamp.rules.kinds.unusual_count import UnusualCount, UnusualCountOptions
from streetlamp.rules.usual import Day, Learnt
from streetlamp.values import Event, Phase, Tracks
from support.rule_story import check_any_clock, check_truncation
from support.scene import T0, YARD, Actor, look, run_on, stand

# T0 is a Friday, 08:00 UTC: hour 4 × 24 + 8 of the week.
SLOT = 4 * 24 + 8
DAY = 86400.0
FRIDAY = 739_999  # any day but those of the stories


def unusual(timezone: tzinfo = UTC, **options: Any) -> UnusualCount:
    given = {"name": "u", "minutes": 5, **options}
    return UnusualCount(UnusualCountOptions.model_validate(given), YARD, timezone)


def knows(rule: UnusualCount, days: Sequence[Sequence[int]]) -> State[Any, Any]:
    """A state that has learnt these numbers, day by day, for every hour."""
    learnt = tuple(Day(FRIDAY + 7 * n, tuple(counts)) for n, counts in enumerate(days))
    return replace(rule.start(), notes=Learnt(dict.fromkeys(range(168), learnt)))


def visitors(number: int, start: float, seconds: float = 300.0) -> list[Actor]:
    """So many, one after the other, each for most of an equal share of the time."""
    each = seconds / max(number, 1)
    return [
        Actor(stand(500 + 30 * (n % 8), 300, start + n * each, start + n * each + each * 0.8), id=n)
        for n in range(number)
    ]


def watch(actors: list[Actor], start: float, end: float, every: float = 1.0) -> Iterator[Tracks]:
    for n in range(int((end - start) / every)):
        yield look(actors, start + n * every, n + 1)


def starts(events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.phase is Phase.START]


def mornings(number: int, people: int) -> Iterator[Tracks]:
    """A quarter of an hour on each of some days, with so many in each five minutes."""
    for day in range(number):
        start = day * DAY
        actors = [a for k in range(3) for a in visitors(people, start + k * 300)]
        yield from watch(actors, start - 10, start + 930)


def test_it_learns_and_tells_what_is_more_than_usual() -> None:
    rule = unusual(season="day", learn=3, min_looks=2)
    quiet, state = run_on(rule, rule.start(), mornings(3, 2))
    assert quiet.events == ()
    assert [day.counts for day in state.notes.hours[8]] == [(2, 2, 2)] * 3
    made, _ = run_on(rule, state, watch(visitors(20, 3 * DAY), 3 * DAY, 3 * DAY + 900))
    assert len(starts(made.events)) == 1
    begin = made.events[0]
    assert begin.message == "12 people in “yard” in 5 min: usual (08:00–09:00) is 2 ± 1"
    assert begin.numbers["count"] == 12
    assert begin.numbers["usual"] == 2
    assert begin.numbers["scatter"] == pytest.approx(1.41)
    assert begin.numbers["deviations"] == pytest.approx(10 / 2**0.5, abs=0.01)
    assert begin.numbers["margin"] == 0
    assert begin.numbers["days"] == 3
    assert made.events[-1].message.startswith("20 people in “yard” in 5 min: usual (08:00")
    assert made.events[-1].phase is Phase.END
    assert made.events[-1].end is not None
    assert made.events[-1].end - T0 - 3 * DAY == pytest.approx(450, abs=120)


@pytest.mark.parametrize(
    ("story", "days", "people", "options", "events"),
    [
        ("as usual", [(10, 11), (9, 10), (12, 10)], 11, {}, 0),
        ("just under five deviations", [(10, 10)] * 3, 23, {}, 0),
        ("just over", [(10, 10)] * 3, 26, {}, 1),
        ("many deviations, few people", [(0, 0)] * 3, 8, {}, 0),
        ("many deviations, enough people", [(0, 0)] * 3, 10, {}, 1),
        ("too few weeks known", [(10, 10)] * 2, 40, {}, 0),
        ("two weeks asked", [(10, 10)] * 2, 40, {"learn": 2}, 1),
        ("an hour that scatters", [(5, 30), (40, 10), (20, 3)], 40, {}, 0),
        ("one odd week moves nothing", [(10, 10), (10, 11), (90, 80), (9, 10)], 28, {}, 1),
        ("fewer, not asked", [(40, 41)] * 3, 2, {}, 0),
        ("fewer", [(40, 41)] * 3, 2, {"direction": "fewer"}, 1),
        ("both", [(40, 41)] * 3, 2, {"direction": "both"}, 1),
        ("both, as usual", [(40, 41)] * 3, 38, {"direction": "both"}, 0),
        ("nobody", [(40, 41)] * 3, 0, {"direction": "fewer"}, 1),
    ],
)
def test_what_is_unusual(
    story: str, days: list[tuple[int, ...]], people: int, options: dict[str, Any], events: int
) -> None:
    """Ten minutes of which each five have so many (and one more who is there at both ends)."""
    rule = unusual(min_looks=2, **options)
    actors = [*visitors(people, 0), *visitors(people, 300)]
    made, _ = run_on(rule, knows(rule, days), watch(actors, 0, 600, every=0.5))
    assert len(starts(made.events)) == events, story


def test_fewer_is_not_said_before_it_has_watched_for_long_enough() -> None:
    rule = unusual(direction="fewer")
    made, _ = run_on(rule, knows(rule, [(40,)] * 3), watch([], 30, 600))
    (begin,) = starts(made.events)
    assert begin.time - T0 >= 300
    assert begin.message == "Nobody in “yard” in 5 min: usual (Friday 08:00–09:00) is 40 ± 6"


def test_a_stretch_that_was_not_watched_is_not_learnt() -> None:
    rule = unusual()
    state = rule.start()
    _, state = run_on(rule, state, watch([], -10, 400))
    _, state = run_on(rule, state, watch([], 500, 930))  # the second five minutes have a hole
    assert [day.counts for day in state.notes.hours[SLOT]] == [(0, 0)]


def test_a_schedule_leaves_the_rest_unlearnt() -> None:
    rule = unusual(schedule=[{"hours": "08:00-08:05"}])
    _, state = run_on(rule, rule.start(), watch([], -400, 930))
    assert {slot: [day.counts for day in days] for slot, days in state.notes.hours.items()} == {
        SLOT: [(0,)]
    }


def test_hours_are_those_of_the_place() -> None:
    rule = unusual(ZoneInfo("Asia/Kolkata"))  # 5 h 30 min ahead
    _, state = run_on(rule, rule.start(), watch([], -10, 330))
    assert list(state.notes.hours) == [4 * 24 + 13]


def test_the_last_weeks_alone_are_remembered() -> None:
    rule = unusual(season="day", learn=2, remember=2)
    _, state = run_on(rule, rule.start(), mornings(5, 0))
    assert len(state.notes.hours[8]) == 3, "two, and the day that runs"


def test_the_same_hour_again_is_not_learnt_twice() -> None:
    """The clock is set back by an hour, as in autumn."""
    rule = unusual(minutes=20)
    _, state = run_on(rule, rule.start(), watch([], -10, 3630, every=5))
    before = state.notes.hours[SLOT]
    assert [day.counts for day in before] == [(0, 0, 0)]
    _, state = run_on(rule, state, watch(visitors(3, 0), 0, 1500, every=1))
    assert state.notes.hours[SLOT] == before


def test_what_was_learnt_outlasts_a_pause_and_a_clock_set_back() -> None:
    rule = unusual(season="day", learn=2)
    _, state = run_on(rule, rule.start(), mornings(3, 2))
    assert rule.start(state).notes == Learnt(state.notes.hours)
    _, back = run_on(rule, state, watch([], 0, 10))
    assert back.notes.hours == state.notes.hours


def test_a_pause_of_the_camera_in_the_runner() -> None:
    options = UnusualCountOptions.model_validate(
        {"name": "u", "minutes": 1, "season": "day", "learn": 1, "sigmas": 1, "least_difference": 1}
    )
    runner = RuleRunner("cam", [options], ())
    for one in watch([], -10, 70):
        runner.step(one)
    runner.finish()
    made = [
        e for one in watch([Actor(stand(600, 300))], DAY, DAY + 90) for e in runner.step(one).events
    ]
    assert [event.phase for event in made][:1] == [Phase.START]


def test_a_year_of_it_is_small_and_knows_no_things() -> None:
    rule = unusual(minutes=15, remember=8)
    days = [(120, 130, 90, 300)] * 9
    state = knows(rule, days)
    hours = {slot: tuple(Day(*day) for day in learnt) for slot, learnt in state.notes.hours.items()}
    assert len(pickle.dumps(replace(state, notes=Learnt(hours)))) < 60_000


@pytest.mark.parametrize(
    ("options", "said"),
    [({"minutes": 7}, "minutes is 7"), ({"learn": 9}, r"learn \(9\) is more than remember \(8\)")],
)
def test_options_that_do_not_fit(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        unusual(**options)


def eager() -> UnusualCount:
    return unusual(minutes=1, sigmas=1, least_difference=1, learn=1, direction="both")


def test_the_future_changes_no_past() -> None:
    check_truncation(eager, lambda rule: knows(rule, [(1, 1)]))  # type: ignore[arg-type]


def test_any_clock() -> None:
    check_any_clock(eager, lambda rule: knows(rule, [(1, 1)]))  # type: ignore[arg-type]
