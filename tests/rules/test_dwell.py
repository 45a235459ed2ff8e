"""Who stays too long: the clock of one track, and what does and does not start it anew."""

from __future__ import annotations

from typing import Any

import pytest

from streetlamp.rules.kinds.dwell import Dwell, DwellOptions
from streetlamp.values import Event, Kind, Phase
from support.rule_story import blinking, check_any_clock, check_truncation
from support.scene import T0, YARD, Actor, look, phases, play, run, run_on, stand, walk

# YARD: x 400–800, y 100–450 in pixels


def dwell(**options: Any) -> Dwell:
    return Dwell(DwellOptions.model_validate({"name": "w", "min_seconds": 30, **options}), YARD)


def starts(events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.phase is Phase.START]


def test_somebody_stays() -> None:
    made = run(dwell(), play([Actor(stand(600, 300, 5, 60))], 90))
    assert phases(made.events) == ["start", "end"]
    begin, end = made.events
    assert begin.start - T0 == pytest.approx(5, abs=0.01)
    assert begin.time - begin.start == pytest.approx(30, abs=0.21)
    assert begin.message == "1 person has stayed in “yard” for at least 30 s"
    assert end.message == "1 person stayed in “yard” for 55 s"
    assert begin.numbers["margin_seconds"] == pytest.approx(0, abs=0.21)
    assert begin.numbers["min_seconds"] == 30


def pacing(inside: float, outside: float) -> Actor:
    """Stands in the zone and beside it by turns, always in view."""
    return Actor(lambda t: (600, 300) if t % (inside + outside) < inside else (300, 300))


@pytest.mark.parametrize(
    ("story", "actors", "options", "events"),
    [
        ("just too short", [Actor(stand(600, 300, 0, 29.5))], {}, 0),
        ("just long enough", [Actor(stand(600, 300, 0, 30.5))], {}, 1),
        ("walks through slowly", [Actor(walk([(200, 300), (950, 300)], 15.0))], {}, 0),
        ("walks about inside", [Actor(walk([(450, 300), (750, 300)] * 9, 60.0))], {}, 1),
        ("outside", [Actor(stand(300, 300))], {}, 0),
        ("a car", [Actor(stand(600, 300), kind=Kind.CAR)], {}, 0),
        ("a car if asked", [Actor(stand(600, 300), kind=Kind.CAR)], {"classes": ["car"]}, 1),
        ("a third of the looks lost", [blinking(Actor(stand(600, 300)), 1, 0.33)], {}, 1),
        ("unsure", [Actor(stand(600, 300), score=0.2)], {}, 0),
        ("one after the other, 20 s each, at other places", [
            Actor(stand(450 + 60 * n, 300, 20 * n, 20 * n + 19.9), id=n) for n in range(5)], {}, 0),
        ("paces: in for 10 s, out for 10 s", [pacing(10, 10)], {}, 1),
        ("the same, forgotten after 5 s", [pacing(10, 10)], {"forget_seconds": 5}, 0),
        ("in for 3 s, out for 14 s: little time inside", [pacing(3, 14)], {}, 0),
        ("by night only, and it is day", [Actor(stand(600, 300))],
         {"schedule": [{"hours": "22:00-06:00"}]}, 0),
    ],
)  # fmt: skip
def test_who_stays(story: str, actors: list[Actor], options: dict[str, Any], events: int) -> None:
    assert len(starts(run(dwell(**options), play(actors, 100)).events)) == events, story


def test_the_time_outside_is_not_counted() -> None:
    made = run(dwell(min_seconds=28), play([pacing(10, 10)], 100))
    assert made.events[0].time - T0 == pytest.approx(48.5, abs=0.5), "28 s inside, 20 outside"
    assert made.events[0].start == T0


def test_hidden_for_a_moment_and_found_under_another_number() -> None:
    """Somebody passes in front every 10 s: lost for 2 s, and a new number after that."""
    actors = [Actor(stand(600, 300, n * 10, n * 10 + 7.9), id=n) for n in range(8)]
    (begin,) = starts(run(dwell(), play(actors, 70)).events)
    assert begin.start == T0
    assert begin.time - T0 == pytest.approx(30, abs=2.5)


def test_who_comes_back_after_leaving_the_picture_is_new() -> None:
    """Nobody is known again: the clock is the track's alone."""
    actors = [Actor(stand(600, 300, n * 40, n * 40 + 25), id=n) for n in range(4)]
    assert starts(run(dwell(), play(actors, 150)).events) == []


def test_several_are_one_incident() -> None:
    actors = [Actor(stand(450 + 60 * n, 300, n * 5, 80), id=n) for n in range(4)]
    made = run(dwell(), play(actors, 110))
    assert len({event.id for event in made.events}) == 1
    assert made.events[-1].numbers["most"] == 4
    assert made.events[-1].message == "4 people stayed in “yard” for 1 min 20 s"


def test_a_stall_of_the_camera_does_not_start_the_clock_anew() -> None:
    rule = dwell()
    _, state = run_on(rule, rule.start(), play([Actor(stand(600, 300))], 20))
    late = (look([Actor(stand(600, 300))], 28 + n * 0.2, n) for n in range(20))
    made, _ = run_on(rule, state, late)
    assert [event.start for event in starts(made.events)] == [T0]


def test_a_clock_set_forward_by_an_hour_is_no_stay_of_an_hour() -> None:
    rule = dwell()
    _, state = run_on(rule, rule.start(), play([Actor(stand(600, 300))], 20))
    late = (look([Actor(stand(600, 300))], 3620 + n * 0.2, n) for n in range(100))
    made, _ = run_on(rule, state, late)
    assert starts(made.events) == []


def test_the_future_changes_no_past() -> None:
    check_truncation(lambda: dwell(min_seconds=5, forget_seconds=3))


def test_any_clock() -> None:
    check_any_clock(lambda: dwell(min_seconds=5, forget_seconds=3))
