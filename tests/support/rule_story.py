"""Properties that rules keep for any story: drawn by hypothesis, or by a clock that jumps."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.rules import Rule, State
from streetlamp.values import Kind, Phase, Tracks
from support.scene import SIZE, Actor, look, run_on, stand, walk

_points = st.tuples(st.floats(50, SIZE[0] - 50), st.floats(110, SIZE[1]))
_kinds = st.sampled_from([Kind.PERSON, Kind.PERSON, Kind.PERSON, Kind.CAR])


@st.composite
def actors(draw: st.DrawFn, number: int) -> Actor:
    """Somebody who stands or walks, and now and then is not found."""
    start = draw(st.floats(0, 20))
    if draw(st.booleans()):
        path = stand(*draw(_points), start, start + draw(st.floats(1, 60)))
    else:
        path = walk(
            draw(st.lists(_points, min_size=2, max_size=5)), draw(st.floats(20, 200)), start
        )
    blink, phase = draw(st.sampled_from([0, 2, 3, 7])), draw(st.integers(0, 6))

    def where(seconds: float) -> tuple[float, float] | None:
        if blink and (round(seconds * 5) + phase) % blink == 0:
            return None
        at: tuple[float, float] | None = path(seconds)
        return at

    return Actor(where, id=number, kind=draw(_kinds), score=draw(st.floats(0.2, 0.9)))


@st.composite
def looks(draw: st.DrawFn) -> list[Tracks]:
    """Looks of a story, at a rate of its own, with stalls and small steps of the clock."""
    cast = [draw(actors(n)) for n in range(draw(st.integers(0, 5)))]
    every = draw(st.sampled_from([0.1, 0.2, 0.5]))
    stalls = draw(st.dictionaries(st.integers(0, 120), st.sampled_from([-1.0, 3.0, 45.0])))
    made, at = [], 0.0
    for n in range(120):
        made.append(look(cast, at, n + 1))
        at += every + stalls.get(n, 0.0)
    return made


Begin = Callable[[Rule[Any, Any]], State[Any, Any]]


def _from_the_start(rule: Rule[Any, Any]) -> State[Any, Any]:
    return rule.start()


def check_truncation(make: Callable[[], Rule[Any, Any]], begin: Begin = _from_the_start) -> None:
    """The events of a story's beginning are the beginning of the story's events.

    Nor does it matter how many looks are given at once, or that the state was kept meanwhile.
    """

    @settings(max_examples=25, deadline=None)
    @given(story=looks(), share=st.floats(0, 1))
    def holds(story: list[Tracks], share: float) -> None:
        cut = round(share * len(story))
        rule = make()
        whole, _ = run_on(rule, begin(rule), story)
        rule = make()
        part, state = run_on(rule, begin(rule), story[:cut])
        rest, _ = run_on(make(), pickle.loads(pickle.dumps(state)), story[cut:])
        assert repr(part + rest) == repr(whole)
        assert repr(whole.events[: len(part.events)]) == repr(part.events)
        assert whole.counts[: len(part.counts)] == part.counts
        last = story[cut - 1].time if cut else -math.inf
        later = [e for e in whole.events[len(part.events) :] if e.time < last]
        assert later == [], "nothing is told late that could have been told before"

    holds()


def check_any_clock(make: Callable[[], Rule[Any, Any]], begin: Begin = _from_the_start) -> None:
    """Wherever the clock jumps, starts and ends come in pairs, and no incident is negative."""

    @settings(max_examples=25, deadline=None)
    @given(
        story=looks(),
        jumps=st.dictionaries(
            st.integers(0, 119),
            st.sampled_from([-86400.0, -3600.0, -6.0, -2.0, 6.0, 40.0, 3600.0, 86400.0 * 40]),
            max_size=4,
        ),
    )
    def holds(story: list[Tracks], jumps: dict[int, float]) -> None:
        rule = make()
        off, jumped = 0.0, []
        for n, one in enumerate(story):
            off += jumps.get(n, 0.0)
            jumped.append(one.at(one.time + off, one.frame))
        made, _ = run_on(rule, begin(rule), jumped, finish=True)
        open_now: str | None = None
        for event in made.events:
            assert event.end is None or event.start <= event.end
            if event.phase is Phase.START:
                assert open_now is None
                open_now = event.id
            else:
                assert event.id == open_now
            if event.end is not None:
                open_now = None
        assert open_now is None, "what was running has ended when watching ends"

    holds()


def blinking(actor: Actor, seed: int, share: float) -> Actor:
    """The same, not found in a share of the looks (each drawn from the seed and the time)."""

    def where(seconds: float) -> tuple[float, float] | None:
        drawn = math.sin((round(seconds * 10) + 1) * 12.9898 + seed * 78.233) * 43758.5453
        return None if drawn % 1.0 < share else actor.where(seconds)

    return replace(actor, where=where)
