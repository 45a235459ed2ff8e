"""What a back-test says is what the live rules said: on made-up stories, for every kind of rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from streetlamp.backtest.follow import follow
from streetlamp.backtest.looks import Looks
from streetlamp.backtest.replay import Setup, replay
from streetlamp.backtest.said import Said
from streetlamp.rules import RULES, RuleRunner
from streetlamp.rules.kinds.occupancy import OccupancyOptions
from streetlamp.values import Event, Kind, Posture, Tracks
from support.check_rule import FLOOR, STORY, make
from support.rule_story import blinking
from support.scene import GATE, YARD, Actor, look, play, stand, walk

# unusual_count must learn first; what stands or is gone is not in the index
NOT_TRIED = {"unusual_count", "object_left", "object_removed"}
KINDS = sorted(kind for kind in RULES if kind not in NOT_TRIED)


def _drives_up(seconds: float) -> tuple[float, float] | None:
    """In from the right, stands, and on to the left."""
    if not 2.0 <= seconds < 30.0:
        return None
    return 900.0 - 150.0 * min(seconds - 2.0, 2.0) - 150.0 * max(seconds - 26.0, 0.0), 250.0


PARKS = Actor(_drives_up, id=2, kind=Kind.CAR, size=(160, 90))

QUIET = 300.0  # seconds in which nothing is there


def _twice(actors: Iterable[Actor], seconds: float) -> list[Tracks]:
    """The story, a long quiet, and the story again."""
    looks = list(play(actors, seconds))
    n = len(looks)
    quiet = [look((), seconds + 0.2 * (k + 1), n + k) for k in range(int(QUIET / 0.2))]
    late = seconds + QUIET + 5.0
    return [*looks, *quiet, *(one.at(one.time + late, one.frame) for one in play(actors, seconds))]


def _both(kind: str, looks: Sequence[Tracks], **options: Any) -> tuple[list[Event], Said]:
    rule = make(RULES[kind], **options)
    ground = FLOOR if rule.needs_ground else None
    runner = RuleRunner("cam", [rule.options], (YARD, GATE), ground=ground)
    said = [event for one in looks for event in runner.step(one).events]
    final = {event.id: event for event in said}
    kept = Looks.unpack(Looks.of(looks, [True] + [False] * (len(looks) - 1)).pack())
    setup = Setup((rule.options,), (YARD, GATE), ground=ground)
    (back,) = replay("cam", [follow(kept)], setup)
    return sorted(final.values(), key=lambda one: one.start), back


def _agree(live: Sequence[Event], back: Sequence[Event], within: float = 1.3) -> None:
    assert [one.message.split(":")[0][:12] for one in back] == [
        one.message.split(":")[0][:12] for one in live
    ]
    for ours, theirs in zip(back, live, strict=True):
        assert abs(ours.start - theirs.start) <= within
        assert (ours.end is None) == (theirs.end is None)
        if ours.end is not None and theirs.end is not None:
            assert abs(ours.end - theirs.end) <= within


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_rule_says_what_it_said_live(kind: str) -> None:
    story = (*STORY[:1], PARKS, *STORY[3:]) if kind == "stopped_vehicle" else STORY
    live, back = _both(kind, _twice(story, 60))
    assert live, "the story must make the rule speak"
    _agree(live, back.events)
    assert back.shown < 1400, "the quiet between is not gone through look by look"


@pytest.mark.parametrize("kind", ["intrusion", "dwell", "danger_zone", "occupancy", "person_lying"])
def test_who_is_lost_now_and_then_is_followed_on(kind: str) -> None:
    posture = Posture.LYING if kind == "person_lying" else Posture.UPRIGHT
    actors = [
        blinking(Actor(stand(600, 300, 3, 40), id=1, posture=lambda _: posture), 1, 0.3),
        blinking(Actor(walk([(100, 200), (900, 200)], 60.0, start=5), id=2), 2, 0.2),
    ]
    live, back = _both(kind, _twice(actors, 50))
    assert live
    _agree(live, back.events, 2.0)


def test_passages_of_a_line_are_counted_as_they_were() -> None:
    actors = [
        Actor(walk([(300 + 5 * n, 150 + 60 * n), (700, 150 + 60 * n)], 90.0, start=2.0 * n), id=n)
        for n in range(5)
    ]
    _, back = _both("line_crossing", _twice(actors, 20))
    assert sum(back.passed.values()) == 10


def test_a_rule_for_too_few_speaks_where_nobody_is() -> None:
    actors = [Actor(stand(600, 300, 0, 30), id=1), Actor(stand(600, 300, 90, 120), id=1)]
    looks = list(play(actors, 120))
    rule = OccupancyOptions(name="post", place="yard", limit=0, least=1)
    runner = RuleRunner("cam", [rule], (YARD, GATE))
    live = {event.id: event for one in looks for event in runner.step(one).events}
    part = follow(Looks.of(looks, [True] + [False] * (len(looks) - 1)))
    (back,) = replay("cam", [part], Setup((rule,), (YARD, GATE)))
    assert len(live) == 1
    _agree(list(live.values()), back.events)


def test_watching_that_ends_ends_what_runs() -> None:
    actors = [Actor(stand(600, 300), id=1)]
    looks = list(play(actors, 20))
    later = [one.at(one.time + 100, one.frame) for one in looks]
    fresh = [True] + [False] * 100 + [True] + [False] * 100
    rule = make(RULES["intrusion"])
    part = follow(Looks.of([*looks, *later], fresh))
    (back,) = replay("cam", [part], Setup((rule.options,), (YARD, GATE)))
    assert [one.end is None for one in back.events] == [False, True]


def test_what_goes_on_over_the_hour_is_one() -> None:
    looks = list(play([Actor(stand(600, 300), id=1)], 60))
    parts = [
        follow(Looks.of(looks[:150], [True] + [False] * 149)),
        follow(Looks.of(looks[150:], [False] * (len(looks) - 150))),
    ]
    rule = make(RULES["dwell"], min_seconds=40.0)
    (back,) = replay("cam", parts, Setup((rule.options,), (YARD, GATE)))
    assert len(back.events) == 1
    assert back.events[0].start == looks[0].time


def test_the_same_looks_always_give_the_same_answer_and_it_can_be_ended() -> None:
    looks = _twice(STORY, 60)
    assert _both("intrusion", looks)[1] == _both("intrusion", looks)[1]

    class EnoughError(Exception):
        pass

    def enough(share: float) -> None:
        assert 0 <= share <= 1
        raise EnoughError

    rule = make(RULES["intrusion"])
    part = follow(Looks.of(looks, [True] + [False] * (len(looks) - 1)))
    with pytest.raises(EnoughError):
        replay("cam", [part], Setup((rule.options,), (YARD, GATE)), enough)


def test_things_that_pass_each_other_keep_their_numbers() -> None:
    actors = [
        Actor(walk([(100, 200), (900, 200)], 80.0), id=1),
        Actor(walk([(900, 330), (100, 330)], 80.0), id=2),
        Actor(walk([(100, 480), (900, 480)], 300.0), id=3, kind=Kind.CAR, size=(120, 70)),
    ]
    looks = list(play(actors, 9))
    part = follow(Looks.of(looks, [True] + [False] * (len(looks) - 1)))
    assert part.number.max() == 2
