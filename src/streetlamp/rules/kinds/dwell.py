"""Somebody or something stays in a zone for too long: what is called loitering elsewhere.

It says that a thing has been there for so long, and nothing about why. The clock belongs to a
track: somebody who leaves the picture and comes back is new, because nobody is known again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from streetlamp.rules.base import RULES, Found, State
from streetlamp.rules.columns import SURE, Columns, Doubles, latest, still_sure, watching
from streetlamp.rules.incident import Held
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.scan import Scanned, holding
from streetlamp.rules.zone import Verb, ZoneOptions, ZoneRule, is_inside, least_time, time_to_clear
from streetlamp.values import Bools, Kind


class DwellOptions(ZoneOptions):
    kind: Literal["dwell"] = Field("dwell", title="Kind", description="Which rule this is.")
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON,),
        title="Classes",
        description="What must not stay: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    min_seconds: float = least_time(
        120.0, "Seconds one of them must have spent in the zone before it is an incident."
    )
    clear_seconds: float = time_to_clear(
        10.0,
        "Seconds without one that has stayed so long before the incident has ended; never less"
        " than `forget_seconds`.",
    )
    forget_seconds: float = Field(
        15.0,
        ge=0,
        le=3600,
        title="Time to forget",
        description="Who steps out of the zone and comes back within so many seconds goes on where"
        " they were; the time outside is not counted.",
    )


@dataclass(frozen=True, slots=True)
class Stay:
    """How long one thing has been in the zone, in sum, since it first came in."""

    since: float
    spent: float
    last: float  # when it was last seen in the zone
    inside: bool


@RULES.add("dwell")
class Dwell(ZoneRule[Stay, None]):
    """Stands by the middle of the box's lower edge. The time is that spent in the zone, in sum: who
    paces in and out does not start anew each time."""

    kind = "dwell"
    summary = "Somebody or something stays in a zone for too long."
    Options = DwellOptions
    verb = Verb("has stayed", "have stayed", "stayed", "stayed")
    options: DwellOptions
    hold_seconds = 10.0  # under its own number; a new one must appear sooner, as it may be another
    relink_seconds = 3.0

    @property
    def clear_seconds(self) -> float:
        """Who is out for a moment and not forgotten does not end it."""
        return max(self.options.clear_seconds, self.options.forget_seconds)

    def blank(self) -> None:
        return None

    def look(
        self, state: State[Stay, None], things: Mapping[int, Sighting[Stay]], look: Look
    ) -> Found[Stay, None]:
        watching = self.watching(look.now)
        after = dict(things)
        held: list[Held] = []
        alive = False
        for number, gap in self.gaps(things, look).items():
            thing = things[number]
            stay = self._stay(thing, gap, look) if watching else None
            after[number] = replace(thing, note=stay)
            if stay is None or stay.spent < self.options.min_seconds or not self.still_sure(thing):
                continue
            if stay.inside:
                alive = True
                held.append(Held(stay.since, thing.kind, thing.latest.pixels, stay.spent))
        return Found(after, None, tuple(held), alive)

    def _stay(self, thing: Sighting[Stay], gap: float, look: Look) -> Stay | None:
        """Its stay after this look; None: it is not in the zone, nor has it been lately."""
        old = thing.note
        height = look.scale(thing.latest.box)[1]
        if is_inside(gap, height, old is not None and old.inside):
            if old is None:
                return Stay(look.now, 0.0, look.now, True)
            # From look to look, and over a short loss: it was in before, and it is in now.
            passed = look.now - old.last if old.inside else 0.0
            return Stay(old.since, old.spent + passed, look.now, True)
        if old is None or look.now - old.last > self.options.forget_seconds:
            return None
        return replace(old, inside=False)

    @property
    def scans(self) -> bool:
        return True

    def scan(self, state: State[Stay, None], columns: Columns) -> Scanned[None]:
        inside = self.inside_rows(columns, columns.tall)
        since, spent = self._spent(columns, inside)
        held = still_sure(self, columns, inside & (spent >= self.options.min_seconds))
        return holding(columns, None, held, held, since, spent)

    def _spent(self, columns: Columns, inside: Bools) -> tuple[Doubles, Doubles]:
        """(n,) when each stay began, and how long each has lasted, where that may be enough."""
        if not len(inside):
            return np.zeros(0), np.zeros(0)
        time, before = columns.time, np.roll(inside, 1) & ~columns.start
        known = latest(inside | columns.start)  # the last row inside, or the first of all
        unwatched = np.cumsum(~watching(self, columns)[columns.look])
        comes = np.flatnonzero(inside & ~before)
        out = np.maximum(comes - 1, 0)  # the row before, outside if it is the same thing's
        was = known[out]
        goes_on = ~columns.start[comes] & inside[was]
        goes_on &= time[out] - time[was] <= self.options.forget_seconds
        goes_on &= unwatched[out] == unwatched[was]
        begins = columns.start.copy()
        begins[comes[~goes_on]] = True
        first = np.flatnonzero(begins)
        since = np.repeat(time[first], np.diff(np.append(first, len(time))))
        steps = np.where(inside & before, columns.passed, 0.0)
        spent = np.zeros(len(time))
        ends = np.append(first[1:], len(time))
        long = np.add.reduceat(steps, first) >= self.options.min_seconds - SURE
        for a, b in zip(first[long].tolist(), ends[long].tolist(), strict=True):
            np.add.accumulate(steps[a:b], out=spent[a:b])
        return since, spent
