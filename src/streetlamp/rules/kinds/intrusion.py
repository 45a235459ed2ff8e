"""Somebody or something is in a zone where nobody should be (now)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import Field

from streetlamp.rules.base import RULES, Found, State
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.zone import Verb, ZoneOptions, ZoneRule, is_inside, least_time, time_to_clear
from streetlamp.values import Count, Kind


class IntrusionOptions(ZoneOptions):
    kind: Literal["intrusion"] = Field("intrusion", title="Kind", description="Which rule this is.")
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON,),
        title="Classes",
        description="What must not be there: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    min_seconds: float = least_time(
        1.0, "Seconds one of them must be inside before it is an incident.", ge=0
    )
    clear_seconds: float = time_to_clear(
        5.0, "Seconds the zone must be empty before the incident has ended."
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
class Intrusion(ZoneRule[Inside, Occupancy]):
    """Stands by the middle of the box's lower edge. Many in the zone are one incident."""

    kind = "intrusion"
    summary = "Somebody or something is in a zone where nobody should be."
    Options = IntrusionOptions
    verb = Verb("is", "are", "was", "were")
    options: IntrusionOptions

    def blank(self) -> Occupancy:
        return Occupancy()

    def close(self, notes: Occupancy, camera: str) -> tuple[Count, ...]:
        return notes.counts(camera, self.place.name)

    def look(
        self,
        state: State[Inside, Occupancy],
        things: Mapping[int, Sighting[Inside]],
        look: Look,
    ) -> Found[Inside, Occupancy]:
        watching = self.watching(look.now)
        gaps = self.gaps(things, look)
        after = dict(things)
        for number, gap in gaps.items():
            after[number] = _placed(things[number], gap, look, watching)
        inside = [
            (thing, thing.note)
            for thing in (after[number] for number in gaps)
            if thing.note is not None
            and thing.note.looks >= self.options.min_looks
            and self.sure(thing)
        ]
        held = tuple(
            self.hold(thing, note.since, look)
            for thing, note in inside
            if look.now - note.since >= self.options.min_seconds
        )
        notes, counts = self._occupancy(state.notes, [t.kind for t, _ in inside], look)
        return Found(after, notes, held, alive=bool(inside), counts=counts)

    def _occupancy(
        self, notes: Occupancy, inside: list[Kind], look: Look
    ) -> tuple[Occupancy, tuple[Count, ...]]:
        if not self.options.count:
            return notes, ()
        minute = int(look.now // 60) * 60
        done: tuple[Count, ...] = ()
        if minute != notes.minute:
            done = notes.counts(look.camera, self.place.name)
            notes = Occupancy(minute)
        most = dict(notes.most)
        for kind in set(inside):
            most[kind] = max(most.get(kind, 0), inside.count(kind))
        return Occupancy(minute, most), done


def _placed(thing: Sighting[Inside], gap: float, look: Look, watching: bool) -> Sighting[Inside]:
    """The thing with whether it is in the zone now."""
    old = thing.note
    height = look.scale(thing.latest.box)[1]
    if watching and is_inside(gap, height, old is not None):
        note = Inside(look.now, 1) if old is None else Inside(old.since, old.looks + 1)
        return thing.noting(note)
    return thing if old is None else replace(thing, note=None)
