"""What every rule can be told: sizes that count, and silence after an event."""

from __future__ import annotations

from typing import Any

import pytest

from streetlamp.geometry import Line
from streetlamp.rules import RULES, RuleRunner, make_rule, options_of
from streetlamp.rules.memory import follow, look_at
from streetlamp.values import Event, Phase, Tracks
from support.scene import GATE, SIZE, T0, YARD, Actor, look, passed, play, run, run_on, stand, walk

# The picture is 500 px high, an actor 100: a fifth of it.


def rule(kind: str, **options: Any) -> Any:
    place = GATE if RULES[kind].watches is Line else YARD
    return make_rule(
        options_of({"name": "r", "kind": kind, "place": place.name, **options}), [place]
    )


def starts(events: tuple[Event, ...]) -> list[float]:
    return [event.start - T0 for event in events if event.phase is Phase.START]


@pytest.mark.parametrize(
    ("story", "options", "counts"),
    [
        ("no bounds", {}, True),
        ("large enough", {"min_height": 0.19}, True),
        ("too small", {"min_height": 0.21}, False),
        ("small enough", {"max_height": 0.21}, True),
        ("too large", {"max_height": 0.19}, False),
        ("between", {"min_height": 0.15, "max_height": 0.25}, True),
    ],
)
def test_heights_that_count(story: str, options: dict[str, float], counts: bool) -> None:
    inside = run(rule("intrusion", **options), play([Actor(stand(600, 300))], 10))
    assert bool(inside.events) is counts, story
    across = run(rule("line_crossing", **options), play([Actor(walk([(800, 300), (200, 300)]))], 9))
    assert passed(across) == ((1, 0) if counts else (0, 0)), story


def test_nothing_can_be_between_bounds_that_cross() -> None:
    with pytest.raises(ValueError, match=r"min_height \(0.5\) must be less than max_height"):
        options_of({"name": "r", "kind": "intrusion", "min_height": 0.5, "max_height": 0.2})


def test_a_box_that_trembles_about_the_bound_is_steady() -> None:
    """Its height is smoothed: ±10 % about something 5 % larger than the bound never flickers."""
    families = frozenset((True,))
    things: dict[int, Any] = {}
    asked = rule("intrusion", min_height=0.19)
    for n in range(100):
        size = (40, 100 * (1.1 if n % 2 else 0.9))
        things = follow(things, look_at(look([Actor(stand(600, 300), size=size)], n * 0.2), n * 0.2,
                                        families), 2.0)  # fmt: skip
        if n > 10:
            assert asked.sure(things[7]), n


def test_who_comes_nearer_counts_from_the_height_on() -> None:
    def near(seconds: float) -> Tracks:
        return look([Actor(stand(600, 400), size=(40, 50 + 10 * seconds))], seconds)

    made = run(rule("intrusion", min_height=0.2), (near(n * 0.2) for n in range(60)))
    assert 5.0 <= made.events[0].time - T0 <= 6.5


VISITS = [Actor(stand(600, 300, start, start + 5), id=n) for n, start in enumerate((0, 20, 40, 60))]


@pytest.mark.parametrize(
    ("cool_down", "told"),
    [(0, [0, 20, 40, 60]), (10, [0, 20, 40, 60]), (21, [0, 40]), (50, [0, 60])],
)
def test_silence_after_an_incident(cool_down: float, told: list[float]) -> None:
    made = run(rule("intrusion", cool_down_seconds=cool_down), play(VISITS, 80))
    assert starts(made.events) == pytest.approx(told, abs=0.01)


def test_what_still_goes_on_is_told_when_the_silence_is_over() -> None:
    visits = [VISITS[0], Actor(stand(600, 300, 20, 90), id=9)]
    made = run(rule("intrusion", cool_down_seconds=40), play(visits, 100))
    assert starts(made.events) == pytest.approx([0, 20], abs=0.01)
    second = [event for event in made.events if event.phase is Phase.START][1]
    assert second.time - T0 == pytest.approx(45, abs=0.3), "five, where it ended, and forty"


def test_single_events_are_silent_too_and_still_counted() -> None:
    way = [(700, 300), (300, 300)] * 5
    options = {"alarm_on": "both", "cool_down_seconds": 10}
    made = run(rule("line_crossing", **options), play([Actor(walk(way, 100.0))], 40))
    assert passed(made) == (5, 4)
    assert [round(at) for at in starts(made.events)] == [2, 14, 26]


def test_silence_outlasts_a_pause_of_the_camera() -> None:
    options = [options_of({"name": "r", "kind": "intrusion", "cool_down_seconds": 30})]
    runner = RuleRunner("cam", options, ())
    made: list[Event] = []
    for n in range(100):
        made += runner.step(look([Actor(stand(600, 300))], n * 0.2, n)).events
        if n == 49:
            made += runner.finish().events
    assert [event.phase.value for event in made] == ["start", "end"]


def test_a_clock_set_back_does_not_make_it_silent_for_an_hour() -> None:
    asked = rule("intrusion", cool_down_seconds=30)
    _, state = run_on(asked, asked.start(), play(VISITS[:1], 15))
    made, _ = run_on(
        asked, state, (look([Actor(stand(600, 300, -1e9))], n * 0.2 - 3600) for n in range(20))
    )
    assert len(starts(made.events)) == 1


def test_sizes_are_shares_of_any_picture() -> None:
    double = (SIZE[0] * 2, SIZE[1] * 2)
    looks = [look([Actor(stand(600, 300))], n * 0.2, n, double) for n in range(30)]
    assert run(rule("intrusion", min_height=0.19, max_height=0.21), looks).events
