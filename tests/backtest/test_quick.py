"""A rule that scans says what it says look by look, to the byte: on drawn stories, cut anyhow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.backtest.follow import Followed, follow
from streetlamp.backtest.looks import SCALE, SCORES, Looks
from streetlamp.geometry import Place
from streetlamp.rules import RULES, Outcome, RuleRunner, options_of
from streetlamp.rules.keeping import keep
from streetlamp.values import Kind, Posture, Tracks
from support.check_rule import make
from support.quick import SHUT, Story, renumbered, rule_of, run
from support.rule_story import actors
from support.scene import GATE, T0, YARD, Actor, look, stand, walk

PLACES: tuple[Place, ...] = (YARD, GATE)

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "intrusion": [
        {"min_seconds": 0, "cool_down_seconds": 6, "clear_seconds": 1, "min_looks": 1},
        {"classes": ["person", "car"], "min_score": 0.55, "max_height": 0.205, "place": ""},
    ],
    "danger_zone": [{"share": 0.3, "reach": 0.8, "classes": ["person", "car"]}],
    "dwell": [
        {"forget_seconds": 1, "min_seconds": 2, "clear_seconds": 1},
        {"forget_seconds": 4, "classes": ["person", "car"], "min_score": 0.5},
    ],
    "occupancy": [
        {"limit": 2, "min_seconds": 1, "clear_seconds": 1, "smooth_seconds": 0},
        {"limit": 3, "clear_below": 2, "classes": ["person", "car"], "smooth_seconds": 5},
        {"limit": 0, "least": 1, "min_seconds": 2, "clear_seconds": 2},
        {"limit": 0, "least": 2, "min_seconds": 0, "classes": ["person", "car"]},
    ],
    "crowding": [
        {"limit_per_m2": 0.004, "min_seconds": 1, "clear_seconds": 1},
        {"limit_per_m2": 0.002, "min_seconds": 2, "min_score": 0.5},
    ],
    "queue": [
        {"limit": 2, "min_seconds": 1, "clear_seconds": 2, "slow": 0.4, "smooth_seconds": 1},
        {"slow": 0.6, "min_score": 0.5, "wait_of": "served", "min_seconds": 0, "clear_seconds": 1},
    ],
    "line_crossing": [
        {"band": 0.6, "min_looks": 1, "cool_down_seconds": 3},
        {"band": 0.02, "min_looks": 8, "min_score": 0.6, "point": "centre", "alarm_on": "in"},
    ],
    "wrong_way": [
        {"min_sizes": 0.5, "min_seconds": 0.5, "clear_seconds": 1, "classes": ["person", "car"]},
        {
            "arrow": [[0.6, 0.2], [0.55, 0.9]],
            "min_sizes": 0.3,
            "classes": ["person", "car"],
            "place": "",
            "min_score": 0.5,
        },
        {"min_metres": 1, "min_seconds": 0.2, "classes": ["person", "car"], "ground": True},
        {
            "min_metres": 3,
            "place": "",
            "min_looks": 1,
            "ground": True,
            "classes": ["person"],
            "arrow": [[0.9, 0.3], [0.2, 0.6]],
        },
    ],
    "speed": [
        {"limit_kmh": 4, "min_seconds": 0.5, "classes": ["person", "car"], "clear_seconds": 1},
        {
            "limit_kmh": 9,
            "min_seconds": 4,
            "classes": ["person", "car"],
            "place": "",
            "ground": True,
            "min_looks": 1,
        },
    ],
    "stopped_vehicle": [
        {"ignore_parked_at_start": False, "min_seconds": 2, "clear_seconds": 1, "min_looks": 1},
        {"classes": ["person", "car"], "min_seconds": 1, "place": "", "movement": 0.4},
    ],
    "unusual_count": [
        {"direction": "both", "min_seconds": 0, "clear_seconds": 1, "classes": ["person", "car"]},
        {"direction": "fewer", "minutes": 2, "learn": 2, "min_seconds": 20, "clear_seconds": 3},
        {"minutes": 3, "learn": 1, "season": "week", "sigmas": 2, "min_looks": 1, "place": ""},
    ],
    "near_miss": [
        {"pet_seconds": 3, "ttc_seconds": 4, "min_looks": 1, "cool_down_seconds": 2},
        {"pet_seconds": 5, "ttc_seconds": 0, "place": "", "vehicles": ["car", "person"]},
        {"pet_seconds": 5, "ttc_seconds": 6, "place": "", "min_looks": 2, "ground": True},
        {"pet_seconds": 0, "ttc_seconds": 8, "place": "", "min_looks": 2},
    ],
    "person_lying": [
        {"min_seconds": 1, "share": 0.3, "min_looks": 2, "clear_seconds": 1},
        {"min_seconds": 4, "share": 0.5},
    ],
}
"""Beside those that the battery of rules gives every kind; ``ground``: at a camera whose ground
is calibrated."""

SLOW = frozenset({"unusual_count"})
"""Kinds that say nothing in half a minute."""

SCANNING = sorted(kind for kind in RULES if make(RULES[kind]).scans)
CASES = [(kind, one) for kind in SCANNING for one in ({}, *OPTIONS.get(kind, ()))]


@st.composite
def people(draw: st.DrawFn, number: int) -> Actor:
    """Somebody who lies for a while, or seems to now and then."""
    one = draw(actors(number))
    every = draw(st.sampled_from([1, 2, 9]))
    start, end = draw(st.floats(0, 20)), draw(st.floats(5, 40))

    def posture(seconds: float) -> Posture:
        if start <= seconds <= end and round(seconds * 5) % every == 0:
            return Posture.LYING
        return Posture.UNKNOWN if round(seconds * 5) % 7 == 0 else Posture.UPRIGHT

    return replace(one, posture=posture)


def hops(pace: float, every: float) -> Callable[[float], tuple[float, float]]:
    """Drives to the left, and now and then is further, all at once, than anything drives."""

    def where(seconds: float) -> tuple[float, float]:
        return 950 - (pace * seconds + 70 * (seconds // every)) % 900, 420 + 20 * (seconds % 1.3)

    return where


@st.composite
def stories(
    draw: st.DrawFn, *, clock_back: bool = True, numbers: bool = True, slow: bool = False
) -> Story:
    """Looks with pauses, followed and cut into parts; now and then somebody gets a new number.

    ``slow``: some minutes, and perhaps the end of an hour.
    """
    cast = [draw(people(n)) for n in range(draw(st.integers(0, 5)))]
    cast.append(Actor(walk([(100, 300), (900, 300), (100, 300)], 90.0), id=20, score=0.7))
    cast.append(Actor(stand(600, 300, 2, 25), id=21, score=draw(st.floats(0.2, 0.9))))
    cast.append(Actor(hops(draw(st.floats(20, 120)), draw(st.floats(1, 4))), id=22, kind=Kind.CAR))
    every = draw(st.sampled_from([1.0, 1.7] if slow else [0.2, 0.2, 0.37, 0.06]))
    pauses = st.sampled_from([0.9, 3.0, 12.0, 45.0, *([-1.0, -8.0] if clock_back else [])])
    stalls = draw(st.dictionaries(st.integers(1, 119), pauses, max_size=3))
    made, at = [], 0.0
    for n in range(120):
        made.append(look(cast, at, n + 1, (1024, 512)))
        at += every + stalls.get(n, 0.0)
    fresh = np.zeros(120, np.bool_)
    fresh[[0, *draw(st.lists(st.integers(0, 119), max_size=1))]] = True
    if slow:
        later = draw(st.sampled_from([0.0, 3500.0, 3565.0]))
        made = [one.at(one.time + later, one.frame) for one in made]
    looks = Looks.of(made, fresh.tolist())
    cuts = [0, *sorted(draw(st.sets(st.integers(1, 119), max_size=2))), 120]
    broken = draw(st.sampled_from([0, 0, 7, 30])) if numbers else 0
    return Story(renumbered(follow(_some(looks, a, b)), broken) for a, b in pairwise(cuts))


def _some(looks: Looks, start: int, stop: int) -> Looks:
    """As an hour's file has them: watching does not begin anew with the first."""
    wanted = np.zeros(len(looks), np.bool_)
    wanted[start:stop] = True
    some = looks.where(wanted)
    return replace(some, fresh=looks.fresh[wanted])


@pytest.mark.parametrize(("kind", "options"), CASES, ids=lambda one: str(one)[:40])
def test_the_quick_way_says_the_same(kind: str, options: dict[str, Any]) -> None:
    @settings(max_examples=8, deadline=None)
    @given(
        story=stories(slow=kind in SLOW), least=st.sampled_from([1, 60, 10_000]), shut=st.booleans()
    )
    def holds(story: Story, least: int, shut: bool) -> None:
        asked = {**options, **(SHUT if shut else {})}
        slow = run(rule_of(kind, asked), story, by_looks=True)
        quick = run(rule_of(kind, asked), story, least=least)
        assert repr(quick.all) == repr(slow.all)

    holds()


@pytest.mark.parametrize("kind", SCANNING)
def test_live_rules_say_the_same_of_what_the_index_holds(kind: str) -> None:
    """The tracks of a camera, rounded as the index rounds them, through `RuleRunner`."""

    @settings(max_examples=6, deadline=None)
    @given(story=stories(clock_back=False, slow=kind in SLOW))
    def holds(story: Story) -> None:
        rule = rule_of(kind, {"min_score": 0.25})
        runner = RuleRunner("cam", [rule.options], PLACES, ground=rule.ground)
        if kind == "unusual_count":
            assert not runner.restore({rule.options.name: keep(rule, rule.start())})
        live, offset = Outcome(), 0
        for part in story:
            for n in range(len(part.looks)):
                if part.looks.fresh[n]:
                    live += runner.finish()
                live += runner.step(_tracks(part, n, offset))
            offset += int(part.number.max(initial=-1)) + 1
        quick = run(rule, story)
        counts = tuple(one for one in live.counts if one.direction)
        assert repr(quick.all) == repr(Outcome(live.events, counts))

    holds()


def _tracks(part: Followed, n: int, offset: int) -> Tracks:
    rows = slice(int(part.first[n]), int(part.first[n + 1]))
    looks = part.looks
    box = looks.box[rows] / SCALE * np.tile(looks.size, 2)
    score = np.full(len(box), 0.5)
    looks.score[rows] = round(0.5 * SCORES)
    return Tracks.make(
        "cam", float(part.seconds[n]), n + 1, looks.size, id=part.number[rows] + offset, box=box,
        kind=looks.kind[rows], posture=looks.posture[rows], score=score,
    )  # fmt: skip


def test_the_stories_make_each_kind_speak() -> None:
    """Else the properties above would say nothing."""
    cast = [
        Actor(walk([(100, 300), (900, 300), (100, 300)], 90.0), id=1),
        Actor(stand(600, 300, 2, 20), id=2, posture=lambda seconds: Posture.LYING),
        Actor(stand(650, 300, 2, 20), id=3, kind=Kind.CAR),
        Actor(walk([(950, 200), (50, 200)], 80.0, start=22.0), id=6, kind=Kind.CAR, size=(80, 45)),
        Actor(walk([(500, 120), (500, 400)], 40.0, start=25.0), id=8, size=(20, 50)),
        Actor(stand(450, 440, 31, 38), id=9, kind=Kind.CAR),  # was not parked there at the start
    ]
    quick = [look(cast, n * 0.2, n + 1) for n in range(200)]
    slow = [look(cast, n * 1.0, n + 1) for n in range(400)]
    slow = [one.at(one.time + 3500.0, one.frame) for one in slow]  # over the end of an hour
    for kind, options in CASES:
        story = slow if kind in SLOW else quick
        looks = Looks.of(story, [False] * len(story))
        heard = run(rule_of(kind, options), [follow(looks)])
        assert heard.all.events, (kind, options)
        assert all(event.start >= T0 - 1 for event in heard.all.events)


def test_what_scans_is_told_apart_by_its_options() -> None:
    plain = {"kind": "occupancy", "name": "r", "place": "yard"}
    for more, scans in (({"limit": 2}, True), ({"limit": 3, "least": 1}, False)):
        rule = RULES["occupancy"](options_of({**plain, **more}), YARD)
        assert rule.scans is scans
