"""All rules of one camera: makes them from their options and the camera's places, and runs them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, tzinfo
from typing import Any

from streetlamp.errors import UserError
from streetlamp.geometry import Place, Zone, find
from streetlamp.rules.base import RULES, Outcome, Rule, State
from streetlamp.rules.options import RuleOptions
from streetlamp.values import Tracks


def make_rule(
    options: RuleOptions, places: Iterable[Place], timezone: tzinfo = UTC
) -> Rule[Any, Any]:
    """The rule these options describe, at the place they name.

    UserError: an unknown kind, a place that is not there, a line where a zone is needed.
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
    return RULES[options.kind](options, place, timezone)


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
    ) -> None:
        """Makes every rule that is switched on; UserError names the camera and what is wrong."""
        places = tuple(places)
        try:
            self._rules = [make_rule(one, places, timezone) for one in options if one.enabled]
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

    def finish(self) -> Outcome:
        """The camera stops: running incidents end, counts are handed out, all begins anew."""
        made = Outcome()
        for number, rule in enumerate(self._rules):
            state = self._states[number]
            if state.now is not None:
                made += rule.finish(state, state.now)
            self._states[number] = rule.start()
        return made
