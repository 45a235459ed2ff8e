"""Queues: who is in one, how long it is, and how long one waits."""

from __future__ import annotations

from typing import Any

import pytest

from streetlamp.rules.kinds.queue import Queue, QueueOptions
from streetlamp.values import Event, Phase
from support.rule_story import blinking, check_any_clock, check_truncation
from support.scene import T0, YARD, Actor, phases, play, run, stand, walk

# YARD: x 400–800, y 100–450 in pixels; an actor is 100 px high, and walks 80 px a second or so


def queue(**options: Any) -> Queue:
    return Queue(QueueOptions.model_validate({"name": "q", "limit": 4, **options}), YARD)


def people(number: int, start: float = 0.0, end: float = 1e9) -> list[Actor]:
    return [Actor(stand(420 + 45 * n, 300, start, end), id=n) for n in range(number)]


def starts(events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.phase is Phase.START]


def test_too_long() -> None:
    made = run(queue(), play(people(5, 5, 60), 120))
    assert phases(made.events)[0] == "start"
    assert phases(made.events)[-1] == "end"
    begin, end = made.events[0], made.events[-1]
    assert begin.start - T0 == pytest.approx(5 + 2 + 2.5, abs=1.0), "known as slow, and smoothed"
    assert begin.time - begin.start == pytest.approx(10, abs=0.21)
    assert begin.message == "5 people queue in “yard” (4 or more are too many)"
    assert begin.numbers["margin"] == 1
    assert end.message == "5 people queued in “yard” (4 or more are too many), for 58 s"


def moving_up(number: int, every: float) -> list[Actor]:
    """A queue that moves up by 45 px (in 0.8 s) every few seconds; the first leaves then."""

    def where(n: int) -> Any:
        def at(seconds: float) -> tuple[float, float] | None:
            steps = int(seconds / every)
            into = min((seconds - steps * every) / 0.8, 1.0) if steps else 1.0
            place = n - steps + (1.0 - into if steps else 0.0)
            return (430 + 45 * place, 300) if place > -3 else None

        return at

    return [Actor(where(n), id=n) for n in range(number)]


@pytest.mark.parametrize(
    ("story", "actors", "options", "events"),
    [
        ("one fewer than the limit", people(3), {}, 0),
        ("the limit", people(4), {}, 1),
        ("not for long enough", people(4, 5, 12), {}, 0),
        ("five walk through side by side",
         [Actor(walk([(200, 200 + 50 * n), (950, 200 + 50 * n)], 80.0), id=n) for n in range(5)],
         {"min_seconds": 0}, 0),
        ("a stream of people who walk through",
         [Actor(walk([(200, 300), (950, 300)], 60.0, start=n * 1.0), id=n) for n in range(40)],
         {"min_seconds": 0}, 0),
        ("three queue and people walk through",
         [*people(3), *(Actor(walk([(200, 400), (950, 400)], 80.0, start=n * 2.0), id=50 + n)
                        for n in range(30))], {"min_seconds": 0}, 0),
        ("a queue that moves up every 8 s", moving_up(9, 8.0), {}, 1),
        ("each lost a quarter of the looks", [blinking(a, a.id, 0.25) for a in people(4)], {}, 1),
        ("beside the zone", [Actor(stand(100 + 50 * n, 300), id=n) for n in range(5)], {}, 0),
        ("any length", people(8), {"limit": 0, "max_wait_seconds": 600}, 0),
        ("by night only, and it is day", people(6), {"schedule": [{"hours": "22:00-06:00"}]}, 0),
    ],
)  # fmt: skip
def test_which_queue_is_too_long(
    story: str, actors: list[Actor], options: dict[str, Any], events: int
) -> None:
    assert len(starts(run(queue(**options), play(actors, 60)).events)) == events, story


@pytest.mark.parametrize(("longest", "events"), [(40, 1), (56, 0)])
def test_the_one_who_waits_longest(longest: float, events: int) -> None:
    """One waits for 60 s of which the last 10 must be over the limit, two others for less."""
    actors = [Actor(stand(450, 300, 0, 60), id=1), Actor(stand(550, 300, 30, 90), id=2)]
    made = run(queue(limit=0, max_wait_seconds=longest), play(actors, 80))
    assert len(starts(made.events)) == events
    if events:
        begin = made.events[0]
        assert begin.time - T0 == pytest.approx(longest + 10, abs=0.5)
        assert begin.message == (
            "2 people queue in “yard” and the longest waited 50 s (over 40 s is too long)"
        )
        assert begin.numbers["margin_seconds"] == pytest.approx(10, abs=0.3)


@pytest.mark.parametrize(
    ("story", "every", "longest", "events"),
    [
        # the n-th waits n × 10 s: the median of those served says so
        ("served every 10 s, 20 s allowed", 10.0, 20, 1),
        ("served every 10 s, 60 s allowed", 10.0, 60, 0),
        ("served every 4 s, 20 s allowed", 4.0, 20, 0),
    ],
)
def test_the_median_of_those_served(story: str, every: float, longest: float, events: int) -> None:
    options = {"limit": 0, "max_wait_seconds": longest, "wait_of": "served", "min_seconds": 0}
    made = run(queue(**options), play(moving_up(8, every), 75))
    assert len(starts(made.events)) == events, story


def test_two_served_are_too_few_to_judge_by() -> None:
    options = {"limit": 0, "max_wait_seconds": 5, "wait_of": "served", "min_seconds": 0}
    assert starts(run(queue(**options), play(moving_up(8, 20.0), 50)).events) == []


def test_hidden_in_the_queue_and_found_under_another_number() -> None:
    """The second of four is hidden for 2 s of every 8, and has a new number after that."""
    hidden = [Actor(stand(465, 300, n * 8, n * 8 + 5.9), id=20 + n) for n in range(10)]
    made = run(queue(), play([*(a for a in people(4) if a.id != 1), *hidden], 60))
    assert len(starts(made.events)) == 1
    assert phases(made.events).count("end") == 1
    assert made.events[-1].numbers["length"] == 4


def test_neither_bound_is_an_error() -> None:
    with pytest.raises(ValueError, match="neither limit nor max_wait_seconds"):
        queue(limit=0)


def test_the_future_changes_no_past() -> None:
    check_truncation(lambda: queue(limit=2, min_seconds=1, max_wait_seconds=5))


def test_any_clock() -> None:
    check_any_clock(lambda: queue(limit=2, min_seconds=1, max_wait_seconds=5))
