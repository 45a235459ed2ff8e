"""Somebody lies on the ground and may need help.

Judged over many looks: the posture of one look is often wrong, so a share of the looks of the last
seconds must say lying, and a short loss does not start the clock anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from pydantic import Field

from streetlamp.rules.base import RULES, Found, State
from streetlamp.rules.columns import Columns, Ints, sure, watching
from streetlamp.rules.incident import Held
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.scan import Scanned, holding
from streetlamp.rules.zone import Verb, ZoneOptions, ZoneRule, least_time, time_to_clear
from streetlamp.values import Bools, Kind, Posture, Severity

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
            note = self._judge(thing.note, thing.latest.posture, gap >= 0, look.now)
            after[number] = thing.noting(note)
            if note.since is None or not self.sure(thing) or not self.watching(look.now):
                continue
            if look.now - note.since < self.options.min_seconds:
                continue
            alive = True
            if self._lies(note, look.now):
                held.append(self.hold(thing, note.since, look))
        return Found(after, None, tuple(held), alive)

    def _lies(self, note: Lying, now: float) -> bool:
        """Whether enough of the looks in the time asked for say so."""
        start = now - self.options.min_seconds
        known = sum(time >= start for time, _ in note.looks)
        return known >= self.options.min_looks and note.share(start) >= self.options.share

    def _judge(self, note: Lying | None, posture: int, inside: bool, now: float) -> Lying:
        old = note or Lying()
        kept = [one for one in old.looks if one[0] >= now - self.options.min_seconds]
        if posture == Posture.UNKNOWN:
            return Lying(tuple(kept), old.since)
        lying = posture == Posture.LYING and inside
        new = Lying((*kept, (now, lying)), old.since)
        if new.since is None:
            return Lying(new.looks, now) if lying else new
        window = min(UP_SECONDS, self.options.min_seconds)
        if new.share(max(new.since, now - window)) < self.options.share / 2:
            return Lying(new.looks, None)
        return new

    @property
    def scans(self) -> bool:
        return True

    def scan(self, state: State[Lying, None], columns: Columns) -> Scanned[None]:
        """Goes through those alone who can have lain for long enough."""
        n = len(columns.look)
        inside = self.gap_rows(columns, np.zeros(n)) >= 0
        since, alive, held = np.zeros(n), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        ready = sure(self, columns) & watching(self, columns)[columns.look]
        for thing in self._may_lie(columns, inside).tolist():
            note: Lying | None = None
            for row in range(int(columns.begins[thing]), int(columns.ends[thing])):
                now = float(columns.time[row])
                note = self._judge(note, int(columns.posture[row]), bool(inside[row]), now)
                if note.since is None or not ready[row]:
                    continue
                if now - note.since >= self.options.min_seconds:
                    alive[row], since[row] = True, note.since
                    held[row] = self._lies(note, now)
        return holding(columns, None, alive, held, since, columns.time - since)

    def _may_lie(self, columns: Columns, inside: Bools) -> Ints:
        """Things with a stretch of so many seconds in which half the share of looks say lying.

        Whoever lies has more: from its first look that says so on, every three seconds and what is
        left of them have as much.
        """
        if not len(inside):
            return np.zeros(0, np.int64)
        n, seconds = len(inside), self.options.min_seconds
        lying = (columns.posture == Posture.LYING) & inside
        known = columns.posture != Posture.UNKNOWN
        score = np.where(known, lying - self.options.share / 2, 0.0)
        apart = columns.thing * 2.0 * (n + 1)  # more than any sum: things do not mix
        sums = np.cumsum(score)
        lowest = np.minimum.accumulate(sums - score - apart)
        clock = columns.thing * 1e6 + (columns.time - columns.now[0])
        before = np.searchsorted(clock, clock - seconds + 0.01, side="right") - 1
        before = np.maximum(before, 0)
        same = columns.thing[before] == columns.thing
        enough = same & (sums - apart - lowest[before] >= -1e-3)
        return np.unique(columns.thing[enough])
