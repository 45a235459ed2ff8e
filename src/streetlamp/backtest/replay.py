"""The real rules, run over what the index holds: the same code that speaks at the live camera."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from streetlamp.backtest.follow import Followed
from streetlamp.backtest.quick import Quick
from streetlamp.backtest.said import Listening, Said
from streetlamp.backtest.screen import Plan, plan
from streetlamp.backtest.show import Show
from streetlamp.geometry import Place
from streetlamp.ground import Plane
from streetlamp.rules.almanac import PLAIN, Almanac
from streetlamp.rules.base import Rule, State
from streetlamp.rules.memory import Look
from streetlamp.rules.options import RuleOptions
from streetlamp.rules.runner import make_rule

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
        if rule.scans:
            made.append(Quick(camera, rule).run(parts, _share(goes_on, number, len(rules))))
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
        self._heard = Listening()
        self._offset = 0  # numbers of different parts are different things

    def take(self, part: Followed, plan: Plan, goes_on: GoesOn) -> None:
        looks = len(part.looks)
        if not looks:
            return
        goes_on(0.0)
        self._rule.place = plan.place
        show = Show(self._camera, part, plan, self._offset)
        at = self._settle(show, 0, looks, goes_on)
        for start, stop in plan.stretches:
            if plan.sparse:
                self._sparse(show, at, start)
            self._step(show.looks(max(at, start), max(at, stop)), goes_on, looks)
            at = self._settle(show, max(at, stop), looks, goes_on)
        if plan.sparse:
            self._sparse(show, at, looks)
        self._offset += int(part.number.max(initial=-1)) + 1

    def _settle(self, show: Show, at: int, end: int, goes_on: GoesOn) -> int:
        """Goes on until the rule has nothing in mind that could still become anything."""
        while at < end and not self._settled(show.sparse):
            stop = min(at + 5, end)
            self._step(show.looks(at, stop), goes_on, end)
            at = stop
        return at

    def _settled(self, sparse: bool) -> bool:
        quiet = not any(True for _ in self._state.things)
        return quiet and (sparse or self._state.incident is None)

    def _sparse(self, show: Show, at: int, end: int) -> None:
        """Nothing is there: a look now and then is enough."""
        for one in show.sparsely(at, end):
            self._one(one)

    def _step(self, looks: Iterable[Look | None], goes_on: GoesOn, total: int) -> None:
        for one in looks:
            if one is None:  # watching began anew
                self._finish()
                continue
            self._one(one)
            if self._heard.shown % 500 == 0:
                goes_on(one.frame / total)

    def _one(self, look: Look) -> None:
        self._heard.shown += 1
        self._state, made = self._rule.step(self._state, look)
        self._heard.note(made)

    def _finish(self) -> None:
        if self._state.now is not None:
            self._heard.note(self._rule.finish(self._state, self._state.now))
            self._state = self._rule.start(self._state)

    def said(self) -> Said:
        """Everything, when all parts were taken."""
        return self._heard.said(self._rule.options)


def _share(goes_on: GoesOn, done: int, of: int) -> GoesOn:
    return lambda share: goes_on((done + share) / of)
