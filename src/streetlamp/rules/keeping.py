"""What a rule keeps over a restart: numbers it has learnt, and until when it is to be silent.

Never a box, a track or a thing (CHARTER 5): a rule that learns says itself, as plain JSON, what is
worth keeping (`Rule.keep`), and reads it back (`Rule.recall`). What was kept by another version, or
learnt about another place or other classes, is not used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

from streetlamp.rules.base import Rule, State

R = TypeVar("R")
N = TypeVar("N")


def keep(rule: Rule[R, N], state: State[R, N]) -> dict[str, Any]:
    """What is worth keeping of a rule's state, as plain JSON; {} if nothing is."""
    kept: dict[str, Any] = {}
    quiet = rule.silent_until(state)
    if math.isfinite(quiet):
        kept["quiet"] = quiet
    if rule.keeps:
        kept |= {"version": rule.keeps, "about": rule.about(), "learnt": rule.keep(state.notes)}
    return {"kind": rule.kind, **kept} if kept else {}


def recalled(rule: Rule[R, N], kept: Any) -> State[R, N]:
    """The state a rule starts with after `keep` gave this. ValueError says why it cannot."""
    if not isinstance(kept, Mapping):
        raise ValueError("it is not what was written")  # noqa: TRY004
    if kept.get("kind") != rule.kind:
        raise ValueError(f"it was a rule of another kind ({kept.get('kind')})")
    quiet = kept.get("quiet", -math.inf)
    if not isinstance(quiet, (int, float)) or math.isnan(quiet):
        raise ValueError("it is not what was written")
    notes = rule.blank()
    if rule.keeps:
        if kept.get("version") != rule.keeps:
            raise ValueError("it was written by another version")
        if kept.get("about") != rule.about():
            raise ValueError("its place or what it counts was changed")
        notes = rule.recall(kept.get("learnt"))
    return State(notes, quiet=float(quiet))
