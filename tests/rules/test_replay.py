"""A stored day replayed through the rules gives the same events, to the byte: every kind of rule.

Drawn are the story (the battery's, whose people blink, with others beside them), how many looks are
given at once, where the state is put away and taken up again in another object, what the future
holds, and when somebody changed the site's mode.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.app.tables import event_json
from streetlamp.rules import RULES, Outcome, Rule, RuleRunner, State, Tally
from streetlamp.rules.almanac import Almanac
from streetlamp.rules.modes import Choice, ModeOptions, Modes
from streetlamp.values import Tracks
from support.check_rule import FLOOR, STORY, begun, make
from support.rule_story import actors, blinking
from support.scene import GATE, T0, YARD, look, run_on

NAMES = ("on", "off", "other")


class Story(list[Tracks]):
    """Looks in order, which Hypothesis shall not print one by one."""

    def __repr__(self) -> str:
        return f"<{len(self)} looks>"


@st.composite
def stories(draw: st.DrawFn, *, longest: int = 100) -> Story:
    """The battery's story at a rate of its own, with people who blink, others, and stalls."""
    seed, share = draw(st.integers(0, 99)), draw(st.sampled_from([0.0, 0.1, 0.3]))
    cast = [blinking(one, seed + n, share) for n, one in enumerate(STORY)]
    cast += [draw(actors(20 + n)) for n in range(draw(st.integers(0, 3)))]
    every = draw(st.sampled_from([0.2, 0.4]))
    stalls = draw(st.dictionaries(st.integers(0, longest), st.sampled_from([-1.0, 3.0, 45.0])))
    made, at = Story(), 0.0
    for n in range(longest):
        made.append(look(cast, at, n + 1))
        at += every + stalls.get(n, 0.0)
    return made


changes = st.lists(st.tuples(st.floats(-5, 60), st.sampled_from(NAMES)), max_size=4)


def almanac(chosen: list[tuple[float, str]]) -> Almanac:
    choices = [Choice(T0 + at, name, None, "ada") for at, name in chosen]
    return Almanac(modes=Modes([ModeOptions(name=name) for name in NAMES], choices=choices))


def rule_of(kind: str, chosen: list[tuple[float, str]]) -> Rule[Any, Any]:
    """Made anew, as another process would: it shares nothing with the others."""
    rule = make(RULES[kind], armed_in=("on", "other"))
    rule.heed(almanac(chosen))
    return rule


def start(kind: str) -> State[Any, Any]:
    return begun(make(RULES[kind]))


def as_bytes(made: Outcome) -> bytes:
    """Everything of the events and counts, as it would be stored."""
    events = [asdict(event) for event in made.events]
    lines = [json.dumps(one, sort_keys=True) for one in events]
    lines += [json.dumps(event_json(event), sort_keys=True) for event in made.events]
    tally = Tally()
    tally.add(made.counts)
    return "\n".join([*lines, *map(repr, tally.rows())]).encode()


@pytest.mark.parametrize("kind", list(RULES))
def test_any_batches_give_the_same_events(kind: str) -> None:
    @settings(max_examples=6, deadline=None)
    @given(story=stories(), chosen=changes, cuts=st.lists(st.integers(0, 99), max_size=5))
    def holds(story: list[Tracks], chosen: list[tuple[float, str]], cuts: list[int]) -> None:
        whole, _ = run_on(rule_of(kind, chosen), start(kind), story, finish=True)
        state, made = start(kind), Outcome()
        edges = [0, *sorted(cuts), len(story)]
        for first, last in pairwise(edges):
            batch = story[first:last]
            kept = pickle.loads(pickle.dumps(state))
            done = last == len(story)
            part, state = run_on(rule_of(kind, chosen), kept, batch, finish=done)
            made += part
        assert as_bytes(made) == as_bytes(whole)

    holds()


@pytest.mark.parametrize("kind", list(RULES))
def test_the_future_changes_nothing_that_was_told(kind: str) -> None:
    """Another future, in which the mode changes too, and none at all."""

    @settings(max_examples=6, deadline=None)
    @given(story=stories(), other=stories(longest=30), chosen=changes, cut=st.integers(1, 99))
    def holds(
        story: list[Tracks], other: list[Tracks], chosen: list[tuple[float, str]], cut: int
    ) -> None:
        whole, _ = run_on(rule_of(kind, chosen), start(kind), story)
        until = max(one.time for one in story[:cut]) - T0
        known = [one for one in chosen if one[0] <= until]
        part, state = run_on(rule_of(kind, known), start(kind), story[:cut])
        assert repr(whole.events[: len(part.events)]) == repr(part.events)
        assert whole.counts[: len(part.counts)] == part.counts
        later = [replace_time(one, story[cut - 1].time + 0.2) for one in other]
        elsewhere, _ = run_on(rule_of(kind, [*known, (until + 0.1, "off")]), state, later)
        assert all(event.time >= state.now for event in elsewhere.events if state.now is not None)

    holds()


def replace_time(one: Tracks, start: float) -> Tracks:
    return one.at(start + one.time - T0, one.frame)


def test_a_runner_with_every_kind_replays_to_the_byte() -> None:
    """All rules of one camera together, twice, in two runners that share nothing."""

    @settings(max_examples=4, deadline=None)
    @given(story=stories(), chosen=changes)
    def holds(story: list[Tracks], chosen: list[tuple[float, str]]) -> None:
        made = []
        for _ in range(2):
            options = [
                make(RULES[kind]).options.model_copy(update={"name": kind, "armed_in": ("on",)})
                for kind in RULES
            ]
            runner = RuleRunner("cam", options, (YARD, GATE), ground=FLOOR, almanac=almanac(chosen))
            out = Outcome()
            for one in story:
                out += runner.step(one)
            made.append(as_bytes(out + runner.finish()))
        assert made[0] == made[1]

    holds()


def test_the_stories_make_every_kind_speak() -> None:
    """Else the properties above would say nothing."""
    plain = [look(STORY, n * 0.2, n + 1) for n in range(300)]
    for kind in RULES:
        made, _ = run_on(rule_of(kind, []), start(kind), plain, finish=True)
        assert made.events, kind
        assert replace(made.events[0], mode="") != made.events[0], "events say the mode"
