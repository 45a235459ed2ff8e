"""Little plays for rules: who is where at which look."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from streetlamp.geometry import Line, Zone
from streetlamp.rules import Outcome, Rule, State
from streetlamp.values import Change, Event, Kind, Posture, Thing, Tracks

T0 = 1_800_000_000.0  # a Friday, 08:00 UTC
SIZE = (1000, 500)

YARD = Zone("yard", ((0.4, 0.2), (0.8, 0.2), (0.8, 0.9), (0.4, 0.9)))
GATE = Line("gate", (0.5, 0.0), (0.5, 1.0))  # drawn downwards: its right is the picture's left


@dataclass(frozen=True)
class Actor:
    """``where(seconds)`` is the foot in pixels, or None while it is not seen."""

    where: Callable[[float], tuple[float, float] | None]
    id: int = 7
    kind: Kind = Kind.PERSON
    size: tuple[float, float] = (40.0, 100.0)
    score: float = 0.8
    posture: Callable[[float], Posture] = lambda seconds: Posture.UPRIGHT
    thing: Change | None = None  # no person and no vehicle: something left or removed …
    since: float = 0.0  # … since then, seconds


def stand(x: float, y: float, start: float = 0.0, end: float = 1e9) -> Callable[[float], Any]:
    """At one place from a time to a time."""
    return lambda seconds: (x, y) if start <= seconds <= end else None


def walk(
    points: Sequence[tuple[float, float]], speed: float = 100.0, start: float = 0.0
) -> Callable[[float], Any]:
    """Along points at a speed (pixels a second); gone at the end."""

    def where(seconds: float) -> tuple[float, float] | None:
        left = (seconds - start) * speed
        if left < 0:
            return None
        for (x1, y1), (x2, y2) in itertools.pairwise(points):
            length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
            if left <= length:
                share = left / length if length else 0.0
                return x1 + share * (x2 - x1), y1 + share * (y2 - y1)
            left -= length
        return None

    return where


def tracks(
    rows: Iterable[dict[str, Any]], time: float, frame: int = 1, size: tuple[int, int] = SIZE
) -> Tracks:
    """Tracks from one dict a row."""
    rows = list(rows)
    columns = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    return Tracks.make("cam", time, frame, size, **columns)


def look(
    actors: Iterable[Actor], seconds: float, frame: int = 1, size: tuple[int, int] = SIZE
) -> Tracks:
    """What a tracker says at one look; sizes scale with the picture."""
    fx, fy = size[0] / SIZE[0], size[1] / SIZE[1]
    rows, things = [], []
    for actor in actors:
        at = actor.where(seconds)
        if at is None:
            continue
        (x, y), (w, h) = at, actor.size
        if actor.thing is not None:
            box = ((x - w / 2) * fx, (y - h) * fy, (x + w / 2) * fx, y * fy)
            things.append(Thing(box, T0 + actor.since, actor.thing))
            continue
        rows.append(
            {
                "id": actor.id,
                "box": [(x - w / 2) * fx, (y - h) * fy, (x + w / 2) * fx, y * fy],
                "kind": actor.kind,
                "score": actor.score,
                "posture": actor.posture(seconds),
            }
        )
    return tracks(rows, T0 + seconds, frame, size).with_things(tuple(things))


def play(actors: Iterable[Actor], seconds: float, every: float = 0.2) -> Iterator[Tracks]:
    """Looks from 0 to ``seconds``."""
    actors = list(actors)
    for n in range(int(seconds / every) + 1):
        yield look(actors, n * every, n + 1)


def run(rule: Rule[Any, Any], looks: Iterable[Tracks], finish: bool = True) -> Outcome:
    """Everything a rule makes of the looks."""
    made, _ = run_on(rule, rule.start(), looks, finish)
    return made


def run_on(
    rule: Rule[Any, Any], state: State[Any, Any], looks: Iterable[Tracks], finish: bool = False
) -> tuple[Outcome, State[Any, Any]]:
    made = Outcome()
    for one in looks:
        state, outcome = rule.step(state, one)
        made += outcome
    if finish and state.now is not None:
        made += rule.finish(state, state.now)
    return made, state


def phases(events: Iterable[Event]) -> list[str]:
    return [event.phase.value for event in events]


def passed(outcome: Outcome) -> tuple[int, int]:
    """(in, out) over all classes."""
    sums = {"in": 0, "out": 0}
    for count in outcome.counts:
        sums[count.direction] += count.n
    return sums["in"], sums["out"]
