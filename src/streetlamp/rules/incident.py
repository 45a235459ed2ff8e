"""One incident of a rule at its place: however many things take part, it is told once.

It starts when the first thing meets the condition, is updated when more do (and now and then while
it lasts), and ends when nothing has kept it alive for a while.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from streetlamp.rules.memory import Box, Look
from streetlamp.values import Kind

UPDATE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that meets the rule's condition now."""

    since: float  # POSIX seconds
    kind: Kind | None  # None: a thing of no class
    box: Box  # pixels
    measured: float  # what the rule compares with its threshold
    facts: Mapping[str, float] = field(default_factory=dict)  # what else `Rule.tell` needs


@dataclass(frozen=True, slots=True)
class Incident:
    id: str
    start: float
    last: float  # when something last kept it alive
    most: tuple[Kind | None, ...]  # the most things at one time
    now: int  # how many at the last look that had any
    measured: float  # the largest value so far
    told: float  # when it was last told
    box: Box  # pixels, of the thing with the largest value when last told
    frame: int
    empty: float = 0.0  # seconds of looking in which nothing has kept it alive since then
    facts: Mapping[str, float] = field(default_factory=dict)  # of the thing with that value


def event_id(camera: str, rule: str, start: float, serial: int) -> str:
    """The same for the same pictures, another for every other incident."""
    text = f"{camera}\n{rule}\n{start!r}\n{serial}"
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def advance(
    incident: Incident | None, held: Sequence[Held], look: Look, *, alive: bool, name: str
) -> tuple[Incident | None, bool]:
    """The incident after one look, and whether there is something new to tell.

    ``name`` is the id of one that starts now.
    """
    now, frame = look.now, look.frame
    if incident is None:
        if not held:
            return None, False
        worst = max(held, key=lambda one: one.measured)
        kinds = _kinds(held)
        start = min(one.since for one in held)
        begun = Incident(
            name, start, now, kinds, len(held), worst.measured, now, worst.box, frame, 0.0,
            worst.facts,
        )  # fmt: skip
        return begun, True
    most, box, at = incident.most, incident.box, incident.frame
    measured, facts, tell = incident.measured, incident.facts, False
    for one in held:
        if one.measured > measured:
            measured, facts = one.measured, one.facts
    if held and (len(held) > len(most) or now - incident.told >= UPDATE_SECONDS):
        worst = max(held, key=lambda one: one.measured)
        box, at, tell = worst.box, frame, True
        if len(held) > len(most):
            most = _kinds(held)
    after = Incident(
        incident.id,
        incident.start,
        now if alive or held else incident.last,
        most,
        len(held) or incident.now,
        measured,
        now if tell else incident.told,
        box,
        at,
        0.0 if alive or held else incident.empty,
        facts,
    )
    return after, tell


def _kinds(held: Sequence[Held]) -> tuple[Kind | None, ...]:
    return tuple(sorted((one.kind for one in held), key=lambda kind: -1 if kind is None else kind))


def numbers(incident: Incident, limit: float, ended: bool) -> dict[str, float]:
    """What was measured, the threshold, and by how much it was passed (seconds)."""
    return {
        "now": 0.0 if ended else float(incident.now),
        "most": float(len(incident.most)),
        "seconds": round(incident.measured, 3),
        "min_seconds": limit,
        "margin_seconds": round(incident.measured - limit, 3),
    }
