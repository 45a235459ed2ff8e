"""Somebody lies on the ground and may need help.

Judged over many looks: the posture of one look is often wrong, so a share of the looks of the last
seconds must say lying, and a short loss does not start the clock anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from streetlamp.rules.base import RULES, Found, State
from streetlamp.rules.incident import Held
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.zone import Verb, ZoneOptions, ZoneRule, least_time, time_to_clear
from streetlamp.values import Kind, Posture, Severity

UP_SECONDS: Final = 3.0  # who has mostly been upright for this long has got up


class PersonLyingOptions(ZoneOptions):
    kind: Literal["person_lying"] = Field(
        "person_lying", title="Kind", description="Which rule this is."
    )
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON,), title="Classes", description="Always person.", min_length=1, max_length=1
    )
    severity: Severity = Field(
        Severity.CRITICAL,
        title="Severity",
        description="How urgent: info, warning, high or critical.",
    )
    min_seconds: float = least_time(
        10.0, "Seconds somebody must lie before it is an incident.", le=3600
    )
    clear_seconds: float = time_to_clear(
        10.0, "Seconds without anybody lying before the incident has ended."
    )
    share: float = Field(
        0.7,
        ge=0.3,
        le=1,
        title="Share of looks",
        description="Of the looks in that time whose posture is known, how many must say lying.",
    )


@dataclass(frozen=True, slots=True)
class Lying:
    """The looks of the last seconds (time, whether lying), and since when it lies."""

    looks: tuple[tuple[float, bool], ...] = ()
    since: float | None = None

    def share(self, start: float) -> float:
        """The share of looks from ``start`` on that say lying; 0 when there are none."""
        lying = [is_lying for time, is_lying in self.looks if time >= start]
        return sum(lying) / len(lying) if lying else 0.0


@RULES.add("person_lying")
class PersonLying(ZoneRule[Lying, None]):
    """Inside by the box's centre: somebody who lies has no foot to stand on."""

    kind = "person_lying"
    summary = "Somebody lies on the ground for too long and may need help."
    Options = PersonLyingOptions
    verb = Verb("lies", "lie", "lay", "lay")
    stands_by = "centre"
    options: PersonLyingOptions
    hold_seconds = 3.0
    relink_seconds = 3.0

    def blank(self) -> None:
        return None

    def look(
        self, state: State[Lying, None], things: Mapping[int, Sighting[Lying]], look: Look
    ) -> Found[Lying, None]:
        after = dict(things)
        held: list[Held] = []
        alive = False
        for number, gap in self.gaps(things, look).items():
            thing = things[number]
            note = self._judge(thing, gap >= 0, look)
            after[number] = thing.noting(note)
            if note.since is None or not self.sure(thing) or not self.watching(look.now):
                continue
            if look.now - note.since < self.options.min_seconds:
                continue
            alive = True
            start = look.now - self.options.min_seconds
            known = sum(time >= start for time, _ in note.looks)
            if known >= self.options.min_looks and note.share(start) >= self.options.share:
                held.append(self.hold(thing, note.since, look))
        return Found(after, None, tuple(held), alive)

    def _judge(self, thing: Sighting[Lying], inside: bool, look: Look) -> Lying:
        old = thing.note or Lying()
        posture = thing.latest.posture
        kept = [one for one in old.looks if one[0] >= look.now - self.options.min_seconds]
        if posture == Posture.UNKNOWN:
            return Lying(tuple(kept), old.since)
        lying = posture == Posture.LYING and inside
        new = Lying((*kept, (look.now, lying)), old.since)
        if new.since is None:
            return Lying(new.looks, look.now) if lying else new
        window = min(UP_SECONDS, self.options.min_seconds)
        if new.share(max(new.since, look.now - window)) < self.options.share / 2:
            return Lying(new.looks, None)
        return new
