"""All rules of one camera: makes them from their options and the camera's places, and runs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Any

from streetlamp.errors import UserError
from streetlamp.geometry import Place, Zone, find
from streetlamp.ground import Plane
from streetlamp.rules.almanac import PLAIN, Almanac
from streetlamp.rules.base import RULES, Outcome, Rule, State
from streetlamp.rules.keeping import keep, recalled
from streetlamp.rules.options import RuleOptions
from streetlamp.values import Tracks


def make_rule(
    options: RuleOptions,
    places: Iterable[Place],
    timezone: tzinfo = UTC,
    ground: Plane | None = None,
    almanac: Almanac = PLAIN,
) -> Rule[Any, Any]:
    """The rule these options describe, at the place they name.

    UserError: an unknown kind, a place that is not there, a line where a zone is needed,
    a rule that measures in metres where the ground is not calibrated.
    """
    if options.kind not in RULES:
        raise UserError(
            f"rule {options.name!r}: no rule is called {options.kind!r}; there are:"
            f" {', '.join(RULES)}"
        )
    places = tuple(places)
    place = find(places, options.place) if options.place else Zone.whole()
    if place is None:
        known = ", ".join(repr(one.name) for one in places) or "none"
        raise UserError(
            f"rule {options.name!r}: the camera has no zone or line called {options.place!r};"
            f" it has: {known}"
        )
    rule = RULES[options.kind](options, place, timezone, ground)
    rule.heed(almanac)
    return rule


def options_of(data: dict[str, Any]) -> RuleOptions:
    """Typed options from what stands in a site file; ``kind`` says which.

    ValueError (pydantic's ValidationError among them) says what is wrong.
    """
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in RULES:
        raise ValueError(f"kind is {kind!r}; there are: {', '.join(RULES)}")
    return RULES[kind].Options.model_validate(data)


class RuleRunner:
    """The rules of one camera and their states. One thread steps it; the `Outcome` goes out."""

    def __init__(
        self,
        camera: str,
        options: Iterable[RuleOptions],
        places: Iterable[Place],
        timezone: tzinfo = UTC,
        ground: Plane | None = None,
        almanac: Almanac = PLAIN,
    ) -> None:
        """Makes every rule that is switched on; UserError names the camera and what is wrong."""
        places = tuple(places)
        try:
            self._rules = [
                make_rule(one, places, timezone, ground, almanac) for one in options if one.enabled
            ]
        except UserError as error:
            raise UserError(f"camera {camera!r}: {error}") from error
        self._states: list[State[Any, Any]] = [rule.start() for rule in self._rules]

    def step(self, tracks: Tracks) -> Outcome:
        """What all rules make of this look."""
        made = Outcome()
        for number, rule in enumerate(self._rules):
            self._states[number], outcome = rule.step(self._states[number], tracks)
            made += outcome
        return made

    def succeed(self, before: RuleRunner) -> Outcome:
        """Takes over from rules that ran until now; in the thread that steps them, between looks.

        A rule whose options, place and ground are the same goes on as if nothing had happened. What
        other rules had running ends, and says why; their counts are handed out.
        """
        made = Outcome()
        left = dict(enumerate(before._rules))
        for number, rule in enumerate(self._rules):
            same = next((old for old, one in left.items() if _same(rule, one)), None)
            if same is not None:
                del left[same]
                self._states[number] = before._states[same]
        for number, old in left.items():
            state = before._states[number]
            heirs = [i for i, one in enumerate(self._rules) if one.options.name == old.options.name]
            for heir in heirs:  # so that no two incidents get one id
                fresh = self._states[heir]
                self._states[heir] = replace(fresh, serial=max(fresh.serial, state.serial))
            if state.now is None:
                continue
            ended = old.finish(state, state.now)
            why = "the rule was changed" if heirs else "the rule was taken away"
            told = tuple(replace(one, message=f"{one.message} ({why})") for one in ended.events)
            made += Outcome(told, ended.counts)
        return made

    def finish(self) -> Outcome:
        """The camera stops: running incidents end, counts are handed out, all begins anew."""
        made = Outcome()
        for number, rule in enumerate(self._rules):
            state = self._states[number]
            if state.now is not None:
                made += rule.finish(state, state.now)
            self._states[number] = rule.start(state)
        return made

    def keep(self) -> dict[str, Any]:
        """What the rules want to know again after a restart, by name, as plain JSON. Any thread."""
        pairs = zip(self._rules, tuple(self._states), strict=True)
        kept = {rule.options.name: keep(rule, state) for rule, state in pairs}
        return {name: one for name, one in kept.items() if one}

    def restore(self, kept: Mapping[str, Any]) -> list[str]:
        """Takes up what `keep` gave, before the first look. Says which rule starts anew, and why.

        What stands there of a rule that is gone is passed over.
        """
        said = []
        for number, rule in enumerate(self._rules):
            if rule.options.name not in kept:
                continue
            try:
                self._states[number] = recalled(rule, kept[rule.options.name])
            except ValueError as error:
                why = str(error).partition("\n")[0]
                said.append(f"rule {rule.options.name!r} starts to learn anew: {why}")
        return said


def _same(a: Rule[Any, Any], b: Rule[Any, Any]) -> bool:
    """Whether one rule can go on with the other's memory."""
    return (
        a.options == b.options
        and a.place == b.place
        and a.ground == b.ground
        and a.timezone == b.timezone
    )
