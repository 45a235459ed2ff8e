"""What every rule must stand, whatever it watches for: the contract battery of rules."""

from __future__ import annotations

import ast
import inspect
import pickle
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from streetlamp.geometry import Line, Zone
from streetlamp.ground import Plane
from streetlamp.options import Options
from streetlamp.rules import Outcome, Rule, RuleOptions, State
from streetlamp.values import Change, Kind, Phase, Posture, Tracks
from support.scene import GATE, SIZE, T0, YARD, Actor, look, play, run_on, stand, walk

STORY = (
    Actor(walk([(100, 300), (900, 300), (100, 300)], 120.0), id=1),
    Actor(walk([(900, 250), (600, 250)], 200.0, start=2.0), id=2, kind=Kind.CAR, size=(160, 90)),
    Actor(stand(600, 250, 3.4, 60), id=2, kind=Kind.CAR, size=(160, 90)),
    Actor(stand(700, 350, 1, 40), id=3, size=(100, 40), posture=lambda t: Posture.LYING),
    Actor(stand(50, 200), id=4, kind=Kind.BICYCLE, size=(50, 50)),
    # somebody crosses closely before a car that goes to the left
    Actor(walk([(950, 200), (50, 200)], 80.0, start=8.0), id=6, kind=Kind.CAR, size=(80, 45)),
    Actor(walk([(500, 120), (500, 400)], 40.0, start=11.0), id=8, size=(20, 50)),
    # a bag is left, and a sign is gone
    Actor(stand(620, 400, 8, 50), size=(30, 30), thing=Change.LEFT, since=2.0),
    Actor(stand(550, 350, 9, 55), size=(30, 60), thing=Change.REMOVED, since=3.0),
)

FLOOR = Plane(((50.0, 0.0, 0.0), (0.0, -25.0, 25.0), (0.0, 0.0, 1.0)))
"""Seen from straight above: a pixel of `SIZE` is 5 cm, and up in the picture is away."""


def make(kind: type[Rule[Any, Any]], **options: Any) -> Rule[Any, Any]:
    """The rule at a place of its sort, with short times."""
    place = GATE if kind.watches is Line else YARD
    fields = kind.Options.model_fields
    given = {"name": "under test", "place": place.name, **options}
    if "min_seconds" in fields and "min_seconds" not in given:
        given["min_seconds"] = 10.0 if kind.needs_things else 3.0
    if "alarm_on" in fields:
        given["alarm_on"] = "both"
    if "count" in fields:
        given["count"] = True
    if "limit" in fields:
        given = {"limit": 1, **given}
    if "learn" in fields:
        given |= {"learn": 1, "season": "day", "minutes": 1, "sigmas": 1, "least_difference": 1}
    limits = {"limit_kmh": 8.0, "limit_per_m2": 0.004}
    given = {**{name: one for name, one in limits.items() if name in fields}, **given}
    given = {**needed(kind), **given}
    if "arrow" in fields:
        given["arrow"] = [[0.2, 0.5], [0.8, 0.5]]
    ground = FLOOR if kind.needs_ground else None
    return kind(kind.Options.model_validate(given), place, ground=ground)


def needed(kind: type[Rule[Any, Any]]) -> dict[str, Any]:
    """An example of every option of its own that must be given."""
    fields = kind.Options.model_fields.items()
    return {name: f.examples[0] for name, f in fields if f.is_required() and f.examples}


def begun(rule: Rule[Any, Any]) -> State[Any, Any]:
    """The state at the start of a story; a rule that learns has looked at an empty yard before."""
    return _learnt(type(rule)) if "learn" in type(rule.options).model_fields else rule.start()


@cache
def _learnt(kind: type[Rule[Any, Any]]) -> State[Any, Any]:
    rule = make(kind)
    state = rule.start()
    for n in range(180 * 25):
        state, made = rule.step(state, look((), n * 20.0 - 25 * 3600, 0))
        assert made == Outcome()
    return state


def run(rule: Rule[Any, Any], looks: Iterable[Tracks]) -> Outcome:
    """Everything a rule makes of the looks, to their end."""
    return run_on(rule, begun(rule), looks, finish=True)[0]


def check_rule(kind: type[Rule[Any, Any]]) -> None:
    """Raises AssertionError with what the rule does not keep."""
    for check in (
        something_happens,
        replays_identically,
        state_is_not_changed,
        pickles_at_every_look,
        survives_nothing_to_see,
        survives_a_gap,
        survives_time_going_back,
        survives_everything_vanishing,
        survives_another_size,
        survives_nonsense_boxes,
        one_look_ghosts_do_nothing,
        events_are_whole,
        documented,
        no_clock,
    ):
        check(kind)


def something_happens(kind: type[Rule[Any, Any]]) -> None:
    made = run(make(kind), play(STORY, 60))
    assert made.events, "the story of the battery must make the rule speak"


def replays_identically(kind: type[Rule[Any, Any]]) -> None:
    looks = list(play(STORY, 30))
    assert run(make(kind), looks) == run(make(kind), looks)


def state_is_not_changed(kind: type[Rule[Any, Any]]) -> None:
    rule = make(kind)
    _, state = run_on(rule, begun(rule), play(STORY, 12))
    before = pickle.dumps(state)
    first = rule.step(state, look(STORY, 12.2, 62))
    again = rule.step(state, look(STORY, 12.2, 62))
    assert pickle.dumps(state) == before
    assert first == again


def pickles_at_every_look(kind: type[Rule[Any, Any]]) -> None:
    rule, straight = make(kind), make(kind)
    state, whole = begun(rule), begun(straight)
    for one in play(STORY, 20):
        state, made = rule.step(pickle.loads(pickle.dumps(state)), one)
        whole, expected = straight.step(whole, one)
        assert made == expected


def survives_nothing_to_see(kind: type[Rule[Any, Any]]) -> None:
    made = run(make(kind), play((), 20))
    assert made.events == ()
    assert made.counts == ()
    rule = make(kind)
    assert rule.finish(rule.start(), T0).events == ()


def survives_a_gap(kind: type[Rule[Any, Any]]) -> None:
    rule = make(kind)
    _, state = run_on(rule, begun(rule), play(STORY, 20))
    later = [look(STORY[:1], 5000 + n * 0.2, 200 + n) for n in range(5)]
    made, state = run_on(rule, state, later)
    assert all(event.phase is Phase.END for event in made.events), "nothing new began"
    assert state.incident is None, "an incident does not outlive an hour without looks"


def survives_time_going_back(kind: type[Rule[Any, Any]]) -> None:
    rule = make(kind)
    _, state = run_on(rule, begun(rule), play(STORY, 20))
    for seconds in (19.9, 19.5, 20.2, 20.1, 20.4):
        state, made = rule.step(state, look(STORY, seconds, 110))
        assert all(event.end is None or event.end >= event.start for event in made.events)
    state, made = rule.step(state, look(STORY, -3600, 111))
    assert state.now == T0 - 3600, "a clock set back by an hour starts the rule over"


def survives_everything_vanishing(kind: type[Rule[Any, Any]]) -> None:
    rule = make(kind)
    made, state = run_on(rule, begun(rule), play(STORY, 20))
    looks = 600 if "minutes" in kind.Options.model_fields else 200
    after, state = run_on(rule, state, (look((), 20 + n * 0.2, 101 + n) for n in range(looks)))
    assert state.incident is None
    assert len(state.things) == 0, "what is gone is forgotten"
    began = {event.id for event in made.events if event.end is None}
    ended = {event.id for event in (*made.events, *after.events) if event.end is not None}
    assert began <= ended


def survives_another_size(kind: type[Rule[Any, Any]]) -> None:
    rule = make(kind)
    straight = run(make(kind), play(STORY, 40))
    state, made = begun(rule), []
    for n in range(201):
        size = SIZE if n < 60 else (SIZE[0] * 2, SIZE[1] * 2)
        state, outcome = rule.step(state, look(STORY, n * 0.2, n + 1, size))
        made += outcome.events
    made += rule.finish(state, T0 + 40).events
    assert [(e.id, e.phase, e.start, e.end) for e in made] == [
        (e.id, e.phase, e.start, e.end) for e in straight.events
    ]


def survives_nonsense_boxes(kind: type[Rule[Any, Any]]) -> None:
    rule = make(kind)
    nan = float("nan")
    boxes = [[nan, 0, 5, 5], [10, 10, 10, 10], [50, 50, 20, 20], [-500, -500, 5000, 5000]]
    state = begun(rule)
    for n in range(30):
        one = Tracks.make("cam", T0 + n * 0.2, n + 1, SIZE, id=[1, 2, 3, 4], box=boxes)
        state, _ = rule.step(state, one)


def one_look_ghosts_do_nothing(kind: type[Rule[Any, Any]]) -> None:
    rng = np.random.default_rng(5)
    ghosts = [
        Actor(
            stand(*rng.uniform((0, 100), SIZE), start=n * 0.4 - 0.01, end=n * 0.4 + 0.01),
            id=100 + n,
            kind=Kind(n % 6),
            posture=lambda t: Posture.LYING,
            thing=None if n % 4 else list(Change)[n % 8 // 4],
            since=n * 0.4 - 30,
        )
        for n in range(100)
    ]
    quick = _timed(kind) and not kind.needs_things
    made = run(make(kind, min_seconds=1.0) if quick else make(kind), play(ghosts, 40))
    assert made.events == ()
    assert made.counts == ()


def events_are_whole(kind: type[Rule[Any, Any]]) -> None:
    made = run(make(kind), play(STORY, 60))
    for event in made.events:
        assert event.kind == kind.kind
        assert event.rule == "under test"
        assert event.camera == "cam"
        assert event.place in (YARD.name, GATE.name)
        assert event.message == event.message.strip() != ""
        assert event.box is not None
        assert any(name.startswith("margin") for name in event.numbers), "measured and threshold"
        assert T0 <= event.start <= event.time <= T0 + 61
        if event.end is not None:
            assert event.start <= event.end <= event.time
    ids = [event.id for event in made.events if event.phase is Phase.START]
    assert len(ids) == len(set(ids))


def documented(kind: type[Rule[Any, Any]]) -> None:
    assert kind.__doc__
    assert kind.summary.endswith(".")
    assert issubclass(kind.Options, RuleOptions)
    assert issubclass(kind.Options, Options)
    assert kind.watches in (Zone, Line)
    for name, field in kind.Options.model_fields.items():
        assert field.title, f"{name} has no title"
        assert field.description, f"{name} has no description"


def no_clock(kind: type[Rule[Any, Any]]) -> None:
    source = inspect.getsource(inspect.getmodule(kind))  # type: ignore[arg-type]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            assert all(one.name not in ("time", "random") for one in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.module not in ("time", "random", "secrets")
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("now", "utcnow", "today") or _is_time_of_value(node)


def _is_time_of_value(node: ast.Attribute) -> bool:
    """``look.now`` and the like are times of values; ``datetime.now`` is a clock."""
    names = ("look", "state", "incident", "columns")
    return isinstance(node.value, ast.Name) and node.value.id in names


def _timed(kind: type[Rule[Any, Any]]) -> bool:
    return "min_seconds" in kind.Options.model_fields
