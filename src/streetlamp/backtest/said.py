"""What a rule said while it was run over the index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from streetlamp.rules.base import Outcome
from streetlamp.rules.options import RuleOptions
from streetlamp.values import Event


@dataclass(frozen=True, slots=True)
class Said:
    """What one rule said: each event as it last was, and passages by (class, direction)."""

    rule: RuleOptions
    events: tuple[Event, ...]
    passed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    shown: int = 0  # looks it was run on
    tried: bool = True  # False: it asks what no index holds


class Listening:
    """Takes what a rule makes, and keeps of each event what it last was."""

    def __init__(self) -> None:
        self.shown = 0  # looks
        self._events: dict[str, Event] = {}
        self._passed: Counter[tuple[str, str]] = Counter()

    def note(self, made: Outcome) -> None:
        for event in made.events:
            self._events[event.id] = event
        for count in made.counts:
            if count.direction:
                self._passed[count.kind, count.direction] += count.n

    def said(self, rule: RuleOptions) -> Said:
        """Everything so far. What still runs has no end."""
        events = tuple(sorted(self._events.values(), key=lambda one: one.start))
        return Said(rule, events, dict(self._passed), self.shown)
