"""Too many or too few at once: stories with flickering people, and the numbers told."""

from __future__ import annotations

from typing import Any

import pytest

from streetlamp.rules.kinds.occupancy import OccupancyOptions, OccupancyRule
from streetlamp.rules.steady import Steady
from streetlamp.values import Event, Kind, Phase
from support.rule_story import blinking, check_any_clock, check_truncation
from support.scene import T0, YARD, Actor, phases, play, run, stand, walk

# YARD: x 400–800, y 100–450 in pixels


def occupancy(**options: Any) -> OccupancyRule:
    given = {"name": "o", "limit": 4, **options}
    return OccupancyRule(OccupancyOptions.model_validate(given), YARD)


def crowd(number: int, start: float = 0.0, end: float = 1e9, first: int = 0) -> list[Actor]:
    return [
        Actor(stand(420 + 45 * (first + n), 300, start, end), id=first + n) for n in range(number)
    ]


def starts(events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.phase is Phase.START]


def test_the_limit_is_reached_and_the_numbers() -> None:
    made = run(occupancy(), play([*crowd(4, 5, 40), *crowd(2, 15, 25, first=4)], 80))
    assert phases(made.events) == ["start", "update", "end"]
    begin, more, end = made.events
    assert begin.start - T0 == pytest.approx(5 + 1.4, abs=0.3), "half of the smoothing, later"
    assert begin.time - begin.start == pytest.approx(5, abs=0.21)
    assert begin.message == "4 people are in “yard” at once: 4 or more for at least 5 s"
    assert begin.numbers == {
        "now": 4, "most": 4, "limit": 4, "margin": 0, "seconds": pytest.approx(5, abs=0.2),
        "min_seconds": 5,
    }  # fmt: skip
    assert more.numbers["most"] == more.numbers["now"] == end.numbers["most"] == 6
    assert more.numbers["margin"] == 2
    assert more.time - T0 == pytest.approx(15 + 1.4, abs=0.3)
    assert end.message == "6 people were in “yard” at once: 4 or more for 35 s"
    assert end.end is not None
    assert end.end - T0 == pytest.approx(40 + 1.5, abs=0.5)
    assert begin.box is not None
    assert begin.box[0] == pytest.approx(400)
    assert begin.box[2] == pytest.approx(420 + 45 * 3 + 20)


@pytest.mark.parametrize(
    ("story", "actors", "options", "events"),
    [
        ("one fewer than the limit", crowd(3), {}, 0),
        ("the limit", crowd(4), {}, 1),
        ("not for long enough", crowd(4, 5, 10), {}, 0),
        ("just long enough", crowd(4, 5, 11), {}, 1),
        ("one outside", [*crowd(3), Actor(stand(200, 300), id=9)], {}, 0),
        ("one after the other", [a for n in range(6) for a in crowd(1, n * 5, n * 5 + 4.5, n)],
         {}, 0),
        ("a car is not one of them", [*crowd(3), Actor(stand(600, 400), id=9, kind=Kind.CAR)],
         {}, 0),
        ("… but may be", [*crowd(3), Actor(stand(600, 400), id=9, kind=Kind.CAR)],
         {"classes": ["person", "car"]}, 1),
        ("an unsure one", [*crowd(3), Actor(stand(600, 400), id=9, score=0.2)], {}, 0),
        ("any number", crowd(8), {"limit": 0, "least": 1}, 0),
        ("a ghost for two looks each second", [*crowd(3),
         Actor(lambda t: (600, 400) if t % 1.0 < 0.39 else None, id=9)], {}, 0),
        ("one lost two looks of five",
         [*crowd(3), Actor(lambda t: (600, 400) if t % 1.0 > 0.39 else None, id=9)], {}, 1),
        ("four, each lost one look of eight, together lost almost half of the time",
         [blinking(a, a.id, 0.12) for a in crowd(4)], {}, 1),
        ("by night only, and it is day", crowd(5), {"schedule": [{"hours": "22:00-06:00"}]}, 0),
    ],
)  # fmt: skip
def test_who_is_too_many(
    story: str, actors: list[Actor], options: dict[str, Any], events: int
) -> None:
    assert len(starts(run(occupancy(**options), play(actors, 40)).events)) == events, story


def test_about_the_limit_is_one_incident_with_clear_below() -> None:
    """The fourth comes and goes every 15 s; three stay."""
    fourth = Actor(lambda t: (600, 400) if t % 30 < 15 else None, id=9)
    story = [*crowd(3), fourth]
    assert len(starts(run(occupancy(clear_seconds=5), play(story, 150)).events)) == 5
    steady = run(occupancy(clear_seconds=5, clear_below=3), play(story, 150))
    assert len(starts(steady.events)) == 1
    assert steady.events[-1].message == "4 people were in “yard” at once: too many for 2 min 29 s"


def test_a_post_nobody_is_at() -> None:
    """Staffed by one, who steps out for 20 s (fine) and for a minute (not fine)."""
    guard = Actor(lambda t: None if 40 <= t < 60 or 100 <= t < 160 else (600, 300))
    made = run(occupancy(limit=0, least=1, min_seconds=30), play([guard], 220))
    assert phases(made.events) == ["start", "update", "end"]
    begin, _, end = made.events
    assert begin.message == "Nobody is in “yard” for at least 30 s: there must be 1 or more"
    assert begin.start - T0 == pytest.approx(101.5, abs=0.6)
    assert end.end is not None
    assert end.end - T0 == pytest.approx(161.5, abs=0.8)
    assert end.message == "Nobody was in “yard” for 1 min: there must be 1 or more"
    assert begin.numbers["margin"] == 1
    assert begin.numbers["fewest"] == 0


def test_too_few_that_become_fewer_is_told_again() -> None:
    actors = [*crowd(1), *crowd(1, 0, 30, first=1), *crowd(1, 0, 50, first=2)]
    made = run(occupancy(limit=0, least=3), play(actors, 70))
    assert [event.numbers["fewest"] for event in made.events] == [2, 1, 1]
    assert made.events[1].message.startswith("1 person is in “yard” for at least ")


def test_too_many_and_then_too_few_are_two_incidents() -> None:
    made = run(occupancy(least=2), play([*crowd(5, 0, 20), *crowd(3, 40, 60)], 60))
    assert [(event.phase.value, "fewest" in event.numbers) for event in made.events] == [
        ("start", False), ("end", False), ("start", True), ("end", True),
    ]  # fmt: skip


def test_the_most_in_each_minute_is_counted_steadily() -> None:
    """A ghost for a look is not in the count; nothing is counted where nobody was."""
    ghost = Actor(lambda t: (700, 200) if 30 < t < 31 else None, id=50)
    made = run(occupancy(limit=20), play([*crowd(3, 5, 70), ghost], 200))
    assert [(c.minute - T0, c.kind, c.direction, c.n) for c in made.counts] == [
        (0, "person", "", 3),
        (60, "person", "", 3),
    ]


def test_who_walks_in_and_out_of_the_picture_is_nobody_twice() -> None:
    way = [(200, 300), (950, 300)]
    actors = [Actor(walk(way, 100.0, start=n * 5.0), id=n) for n in range(10)]
    assert starts(run(occupancy(limit=2), play(actors, 60)).events) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"limit": 0}, "neither a limit nor a least number"),
        ({"limit": 2, "least": 3}, r"least \(3\) is more than limit \(2\)"),
        ({"limit": 2, "clear_below": 3}, r"clear_below \(3\) is more than limit \(2\)"),
    ],
)
def test_options_that_contradict_each_other(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        occupancy(**options)


@pytest.mark.parametrize(
    ("counts", "seconds", "expected"),
    [
        ([5, 5, 0, 5], 3.0, 5),
        ([5, 5, 0, 0, 0, 0], 3.0, 0),
        ([1, 9], 3.0, 1),
        ([7], 3.0, 7),
        ([0] * 40 + [4] * 8, 1.0, 4),
        ([4, 4, 4, 9], 0.0, 4),
    ],
)
def test_steady(counts: list[int], seconds: float, expected: int) -> None:
    steady = Steady()
    for n, count in enumerate(counts):
        steady = steady.adding(n * 0.2, {Kind.PERSON: count}, seconds)
    assert steady.count == expected
    assert steady.kinds == {Kind.PERSON: expected}


def test_what_was_counted_before_a_stall_says_nothing() -> None:
    assert Steady(((0.0, {Kind.CAR: 3}),)).adding(31.0, {}, 60.0).count == 0


def test_the_future_changes_no_past() -> None:
    check_truncation(lambda: occupancy(limit=2, least=1, min_seconds=2))


def test_any_clock() -> None:
    check_any_clock(lambda: occupancy(limit=2, least=1, min_seconds=2))
