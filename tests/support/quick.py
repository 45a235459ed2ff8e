"""Rules that scan, run over drawn stories: the quick way, or look by look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from streetlamp.backtest.follow import Followed
from streetlamp.backtest.quick import Quick
from streetlamp.backtest.said import Listening
from streetlamp.geometry import Zone
from streetlamp.ground import plane_from_rectangle
from streetlamp.rules import RULES, Outcome, Rule
from support.check_rule import make
from support.scene import T0

SHUT: dict[str, Any] = {"schedule": [{"hours": "07:59-08:01"}, {"hours": "08:02-09:00"}]}

TILTED = plane_from_rectangle(((0.3, 0.9), (0.7, 0.9), (0.6, 0.4), (0.4, 0.4)), (8.0, 25.0))


class Heard(Listening):
    """Everything that came, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.all = Outcome()

    def note(self, made: Outcome) -> None:
        self.all += Outcome(made.events, tuple(one for one in made.counts if one.direction))
        super().note(made)


class Story(list[Followed]):
    """Parts, which Hypothesis shall not print row by row."""

    def __repr__(self) -> str:
        return f"<{sum(len(part.looks) for part in self)} looks in {len(self)} parts>"


def renumbered(part: Followed, every: int) -> Followed:
    """Each thing under a new number after so many rows of it, as a tracker that loses it."""
    if not every:
        return part
    number = np.zeros_like(part.number)
    new = 0
    for one in np.unique(part.number):
        rows = np.flatnonzero(part.number == one)
        number[rows] = new + np.arange(len(rows)) // every
        new = int(number.max()) + 1
    return replace(part, number=number)


def rule_of(kind: str, options: dict[str, Any]) -> Rule[Any, Any]:
    asked = {name: one for name, one in options.items() if name != "ground"}
    rule = make(RULES[kind], **asked)
    if options.get("place") == "":
        rule.place = Zone.whole()
    if "ground" in options:
        rule.ground = TILTED
    if kind == "unusual_count":
        learnt = rule.recall(learnt_before(rule))
        rule.blank = lambda: learnt  # type: ignore[method-assign]
    return rule


def learnt_before(rule: Rule[Any, Any]) -> dict[str, Any]:
    """Three days, on which nobody came in every second hour."""
    asked: Any = rule.options
    today, many = datetime.fromtimestamp(T0, UTC).toordinal(), 60 // asked.minutes
    return {
        str(slot): [[today - day, [4 * (slot % 2)] * many] for day in (21, 14, 7)]
        for slot in range(24 if asked.season == "day" else 168)
    }


def run(rule: Rule[Any, Any], parts: list[Followed], **how: Any) -> Heard:
    heard = Heard()
    Quick("cam", rule, heard, **how).run(parts)
    return heard
