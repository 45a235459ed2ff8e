"""The real rules, run over what the index holds: the same code that speaks at the live camera."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any, Final

import numpy as np

from streetlamp.backtest.follow import Followed
from streetlamp.backtest.looks import SCALE, SCORES
from streetlamp.backtest.screen import SPARSE, Plan, plan
from streetlamp.geometry import Place
from streetlamp.ground import Plane
from streetlamp.rules.almanac import PLAIN, Almanac
from streetlamp.rules.base import Outcome, Rule, State
from streetlamp.rules.memory import Look, Seen
from streetlamp.rules.options import RuleOptions
from streetlamp.rules.runner import make_rule
from streetlamp.values import Event, Kind

_KINDS: Final = tuple(Kind)
_PIECE: Final = 2000  # looks made ready at once

GoesOn = Callable[[float], None]
"""Told how much is done (0–1); raises to end it."""


@dataclass(frozen=True, slots=True)
class Setup:
    """A camera's rules and what they measure by."""

    rules: tuple[RuleOptions, ...]
    places: tuple[Place, ...]
    timezone: tzinfo = UTC
    ground: Plane | None = None
    almanac: Almanac = PLAIN  # holidays, and which mode held when

    @property
    def enabled(self) -> tuple[RuleOptions, ...]:
        return tuple(one for one in self.rules if one.enabled)


@dataclass(frozen=True, slots=True)
class Said:
    """What one rule said: each event as it last was, and passages by (class, direction)."""

    rule: RuleOptions
    events: tuple[Event, ...]
    passed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    shown: int = 0  # looks it was run on
    tried: bool = True  # False: it asks what no index holds


def replay(
    camera: str, parts: Sequence[Followed], setup: Setup, goes_on: GoesOn = lambda share: None
) -> tuple[Said, ...]:
    """What each rule that is switched on would have said. UserError: a rule that cannot be made.

    ``parts`` follow each other in time, as the files of the index do.
    """
    rules = [
        make_rule(one, setup.places, setup.timezone, setup.ground, setup.almanac)
        for one in setup.enabled
    ]
    steps = max(len(rules) * len(parts), 1)
    made = []
    for number, rule in enumerate(rules):
        if rule.needs_things:  # they live in the background picture, which is not kept
            made.append(Said(rule.options, (), tried=False))
            continue
        run = _Run(camera, rule)
        for done, part in enumerate(parts):

            def told(share: float, at: int = number * len(parts) + done) -> None:
                goes_on((at + share) / steps)

            run.take(part, plan(rule, part), told)
        made.append(run.said())
    return tuple(made)


class _Run:
    """One rule on its way through the index."""

    def __init__(self, camera: str, rule: Rule[Any, Any]) -> None:
        self._camera, self._rule = camera, rule
        self._state: State[Any, Any] = rule.start()
        self._events: dict[str, Event] = {}
        self._passed: Counter[tuple[str, str]] = Counter()
        self._offset = 0  # numbers of different parts are different things
        self._shown = 0

    def take(self, part: Followed, plan: Plan, goes_on: GoesOn) -> None:
        looks = len(part.looks)
        if not looks:
            return
        goes_on(0.0)
        self._rule.place = plan.place
        show = _Show(self._camera, part, plan, self._offset)
        at = self._settle(show, 0, looks, goes_on)
        for start, stop in plan.stretches:
            if plan.sparse:
                self._sparse(show, at, start)
            self._step(show.looks(max(at, start), max(at, stop)), goes_on, looks)
            at = self._settle(show, max(at, stop), looks, goes_on)
        if plan.sparse:
            self._sparse(show, at, looks)
        self._offset += int(part.number.max(initial=-1)) + 1

    def _settle(self, show: _Show, at: int, end: int, goes_on: GoesOn) -> int:
        """Goes on until the rule has nothing in mind that could still become anything."""
        while at < end and not self._settled(show.sparse):
            stop = min(at + 5, end)
            self._step(show.looks(at, stop), goes_on, end)
            at = stop
        return at

    def _settled(self, sparse: bool) -> bool:
        quiet = not any(True for _ in self._state.things)
        return quiet and (sparse or self._state.incident is None)

    def _sparse(self, show: _Show, at: int, end: int) -> None:
        """Nothing is there: a look now and then is enough."""
        for one in show.sparsely(at, end):
            self._one(one)

    def _step(self, looks: Iterable[Look | None], goes_on: GoesOn, total: int) -> None:
        for one in looks:
            if one is None:  # watching began anew
                self._finish()
                continue
            self._one(one)
            if self._shown % 500 == 0:
                goes_on(one.frame / total)

    def _one(self, look: Look) -> None:
        self._shown += 1
        self._state, made = self._rule.step(self._state, look)
        self._note(made)

    def _finish(self) -> None:
        if self._state.now is not None:
            self._note(self._rule.finish(self._state, self._state.now))
            self._state = self._rule.start(self._state)

    def _note(self, made: Outcome) -> None:
        for event in made.events:
            self._events[event.id] = event
        for count in made.counts:
            if count.direction:
                self._passed[count.kind, count.direction] += count.n

    def said(self) -> Said:
        """Everything, when all parts were taken. What runs at the end has no end."""
        return Said(
            self._rule.options,
            tuple(sorted(self._events.values(), key=lambda one: one.start)),
            dict(self._passed),
            self._shown,
        )


class _Show:
    """Makes looks of a part, as a rule takes them."""

    def __init__(self, camera: str, part: Followed, plan: Plan, offset: int) -> None:
        self._camera, self._part, self._rows = camera, part, plan.rows
        self._shown = plan.shown
        self._offset = offset
        self._first = np.searchsorted(plan.rows, part.first)
        self.sparse = plan.sparse

    def looks(self, start: int, stop: int) -> Iterator[Look | None]:
        """The looks [start, stop); None before one with which watching began anew."""
        for begin in range(start, stop, _PIECE):
            yield from self._piece(begin, min(begin + _PIECE, stop))

    def sparsely(self, start: int, stop: int) -> Iterator[Look]:
        """A look every ten seconds."""
        seconds, at = self._part.seconds, start
        while at < stop:
            yield Look(
                self._camera, float(seconds[at]), at + 1, self._part.looks.size, ()
            )
            at = max(at + 1, int(np.searchsorted(seconds, seconds[at] + SPARSE)))

    def _piece(self, start: int, stop: int) -> Iterator[Look | None]:
        looks, size = self._part.looks, self._part.looks.size
        low, high = int(self._first[start]), int(self._first[stop])
        rows = self._rows[low:high]
        box = looks.box[rows].astype(np.float64) / SCALE
        seen = [
            Seen(number, _KINDS[kind], (a, b, c, d), (e, f, g, h), score, posture)
            for number, kind, (a, b, c, d), (e, f, g, h), score, posture in zip(
                (self._part.number[rows] + self._offset).tolist(),
                looks.kind[rows].tolist(),
                box.tolist(),
                (box * np.tile(size, 2)).tolist(),
                (looks.score[rows] / SCORES).tolist(),
                looks.posture[rows].tolist(),
                strict=True,
            )
        ]
        first = (self._first[start : stop + 1] - low).tolist()
        times = self._part.seconds[start:stop].tolist()
        fresh = looks.fresh[start:stop].tolist()
        shown = None if self._shown is None else self._shown[start:stop].tolist()
        for n, (time, begins) in enumerate(zip(times, fresh, strict=True)):
            if shown is not None and not shown[n]:
                continue
            if begins:
                yield None
            things = tuple(seen[first[n] : first[n + 1]])
            yield Look(self._camera, time, start + n + 1, size, things)
