"""Somebody or something is in a zone where nobody should be (now)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import Literal

import numpy as np
from pydantic import Field

from streetlamp.geometry import Zone
from streetlamp.rules import words
from streetlamp.rules.base import RULES, Found, Rule, State
from streetlamp.rules.incident import Held, Incident, numbers
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName, RuleOptions
from streetlamp.values import Count, Kind

EDGE = 0.1  # of a thing's height: how far outside the border it must stand before it has left


class IntrusionOptions(RuleOptions):
    kind: Literal["intrusion"] = Field("intrusion", title="Kind", description="Which rule this is.")
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON,),
        title="Classes",
        description="What must not be there: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    min_seconds: float = Field(
        1.0,
        ge=0,
        le=86400,
        title="Least time",
        description="Seconds one of them must be inside before it is an incident.",
    )
    clear_seconds: float = Field(
        5.0,
        ge=0.5,
        le=3600,
        title="Time to clear",
        description="Seconds the zone must be empty before the incident has ended.",
    )
    count: bool = Field(
        False,
        title="Count occupancy",
        description="Also note, for each minute and class, how many were inside at most.",
    )


@dataclass(frozen=True, slots=True)
class Inside:
    """A thing that stands in the zone, since when, and how often it was seen there."""

    since: float
    looks: int


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The most of each kind at one time, in the minute that runs."""

    minute: int = 0
    most: Mapping[Kind, int] = field(default_factory=dict)

    def counts(self, camera: str, place: str) -> tuple[Count, ...]:
        return tuple(
            Count(camera, place, kind.label, "", self.minute, n)
            for kind, n in sorted(self.most.items())
        )


@RULES.add("intrusion")
class Intrusion(Rule[Inside, Occupancy]):
    """Stands by the middle of the box's lower edge. Many in the zone are one incident."""

    kind = "intrusion"
    summary = "Somebody or something is in a zone where nobody should be."
    watches = Zone
    Options = IntrusionOptions

    def __init__(self, options: IntrusionOptions, place: Zone, timezone: tzinfo = UTC) -> None:
        super().__init__(options, place, timezone)
        self._options = options
        self._zone = place

    @property
    def clear_seconds(self) -> float:
        return self._options.clear_seconds

    def blank(self) -> Occupancy:
        return Occupancy()

    def close(self, notes: Occupancy, camera: str) -> tuple[Count, ...]:
        return notes.counts(camera, self._zone.name)

    def look(
        self,
        state: State[Inside, Occupancy],
        things: Mapping[int, Sighting[Inside]],
        look: Look,
    ) -> Found[Inside, Occupancy]:
        watching = self.watching(look.now)
        after = {
            number: self._place(thing, look, watching) if thing.last == look.now else thing
            for number, thing in things.items()
        }
        inside = [
            (thing, thing.note)
            for thing in after.values()
            if thing.last == look.now
            and thing.note is not None
            and thing.note.looks >= self.common.min_looks
            and self.sure(thing)
        ]
        held = tuple(
            Held(note.since, thing.kind, thing.latest.pixels, look.now - note.since)
            for thing, note in inside
            if look.now - note.since >= self._options.min_seconds
        )
        notes, counts = self._occupancy(state.notes, [t.kind for t, _ in inside], look)
        return Found(after, notes, held, alive=bool(inside), counts=counts)

    def _place(self, thing: Sighting[Inside], look: Look, watching: bool) -> Sighting[Inside]:
        """Whether it is in the zone now: in by the border itself, out only well beyond it."""
        if not watching:
            return thing if thing.note is None else _outside(thing)
        x, y = thing.latest.foot
        foot = np.array([[x * look.size[0], y * look.size[1]]])
        height = look.scale(thing.latest.box)[1]
        gap = float(self._zone.distance(foot, look.size)[0])
        if thing.note is None:
            return thing.noting(Inside(look.now, 1)) if gap >= 0 else thing
        if gap < -max(2.0, EDGE * height):
            return _outside(thing)
        return thing.noting(Inside(thing.note.since, thing.note.looks + 1))

    def _occupancy(
        self, notes: Occupancy, inside: list[Kind], look: Look
    ) -> tuple[Occupancy, tuple[Count, ...]]:
        if not self._options.count:
            return notes, ()
        minute = int(look.now // 60) * 60
        done: tuple[Count, ...] = ()
        if minute != notes.minute:
            done = notes.counts(look.camera, self._zone.name)
            notes = Occupancy(minute)
        most = dict(notes.most)
        for kind in set(inside):
            most[kind] = max(most.get(kind, 0), inside.count(kind))
        return Occupancy(minute, most), done

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        what, place = words.things(incident.most), words.place(self._zone)
        are = "is" if len(incident.most) == 1 else "are"
        if ended:
            was = "was" if len(incident.most) == 1 else "were"
            text = f"{what} {was} in {place} for {words.lasting(incident.last - incident.start)}"
        else:
            text = f"{what} {are} in {place} for {words.lasting(incident.measured)} so far"
        return text, numbers(incident, self._options.min_seconds, ended)


def _outside(thing: Sighting[Inside]) -> Sighting[Inside]:
    return replace(thing, note=None)
