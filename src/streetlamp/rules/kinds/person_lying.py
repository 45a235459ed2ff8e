"""Somebody lies on the ground and may need help.

Judged over many looks: the posture of one look is often wrong, so a share of the looks of the last
seconds must say lying, and a short loss does not start the clock anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final, Literal

import numpy as np
from pydantic import Field

from streetlamp.geometry import Zone
from streetlamp.rules import words
from streetlamp.rules.base import RULES, Found, Rule, State
from streetlamp.rules.incident import Held, Incident, numbers
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName, RuleOptions
from streetlamp.values import Kind, Posture, Severity

UP_SECONDS: Final = 3.0  # who has mostly been upright for this long has got up


class PersonLyingOptions(RuleOptions):
    kind: Literal["person_lying"] = Field(
        "person_lying", title="Kind", description="Which rule this is."
    )
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON,), title="Classes", description="Always person.", min_length=1, max_length=1
    )
    severity: Severity = Field(
        Severity.CRITICAL, title="Severity", description="How urgent: info, warning or critical."
    )
    min_seconds: float = Field(
        10.0,
        ge=1,
        le=3600,
        title="Least time",
        description="Seconds somebody must lie before it is an incident.",
    )
    share: float = Field(
        0.7,
        ge=0.3,
        le=1,
        title="Share of looks",
        description="Of the looks in that time whose posture is known, how many must say lying.",
    )
    clear_seconds: float = Field(
        10.0,
        ge=0.5,
        le=3600,
        title="Time to clear",
        description="Seconds without anybody lying before the incident has ended.",
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
class PersonLying(Rule[Lying, None]):
    """Inside by the box's centre: somebody who lies has no foot to stand on."""

    kind = "person_lying"
    summary = "Somebody lies on the ground for too long and may need help."
    watches = Zone
    Options = PersonLyingOptions
    hold_seconds = 3.0
    relink_seconds = 3.0

    def __init__(self, options: PersonLyingOptions, place: Zone, timezone: tzinfo = UTC) -> None:
        super().__init__(options, place, timezone)
        self._options = options
        self._zone = place

    @property
    def clear_seconds(self) -> float:
        return self._options.clear_seconds

    def blank(self) -> None:
        return None

    def look(
        self, state: State[Lying, None], things: Mapping[int, Sighting[Lying]], look: Look
    ) -> Found[Lying, None]:
        after = dict(things)
        held: list[Held] = []
        alive = False
        for number, thing in things.items():
            if thing.last != look.now:
                continue
            note = self._judge(thing, look)
            after[number] = thing.noting(note)
            if note.since is None or not self.sure(thing) or not self.watching(look.now):
                continue
            lain = look.now - note.since
            if lain < self._options.min_seconds:
                continue
            alive = True
            start = look.now - self._options.min_seconds
            known = sum(time >= start for time, _ in note.looks)
            if known >= self.common.min_looks and note.share(start) >= self._options.share:
                held.append(Held(note.since, Kind.PERSON, thing.latest.pixels, lain))
        return Found(after, None, tuple(held), alive)

    def _judge(self, thing: Sighting[Lying], look: Look) -> Lying:
        old = thing.note or Lying()
        posture = thing.latest.posture
        kept = [one for one in old.looks if one[0] >= look.now - self._options.min_seconds]
        if posture == Posture.UNKNOWN:
            return Lying(tuple(kept), old.since)
        x, y = thing.latest.centre
        centre = np.array([[x * look.size[0], y * look.size[1]]])
        lying = posture == Posture.LYING and bool(self._zone.contains(centre, look.size)[0])
        new = Lying((*kept, (look.now, lying)), old.since)
        if new.since is None:
            return Lying(new.looks, look.now) if lying else new
        window = min(UP_SECONDS, self._options.min_seconds)
        if new.share(max(new.since, look.now - window)) < self._options.share / 2:
            return Lying(new.looks, None)
        return new

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        what, place = words.things(incident.most), words.place(self._zone)
        if ended:
            text = f"{what} lay in {place} for {words.lasting(incident.last - incident.start)}"
        else:
            verb = "lies" if len(incident.most) == 1 else "lie"
            text = f"{what} {verb} in {place} for {words.lasting(incident.measured)} so far"
        return text, numbers(incident, self._options.min_seconds, ended)
