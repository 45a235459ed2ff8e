"""Rules that ask whether somebody is in a zone, and the things such rules share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from streetlamp.geometry import Zone
from streetlamp.rules.base import Found, State
from streetlamp.rules.columns import Columns, Doubles, Ints, ranks, sure
from streetlamp.rules.memory import Box, Look, Sighting
from streetlamp.rules.scan import Scanned, holding
from streetlamp.rules.zone import ZoneRule, is_inside
from streetlamp.values import Bools, Count, Kind

N = TypeVar("N")


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

    def adding(
        self, here: Mapping[Kind, int], look: Look, place: str
    ) -> tuple[Occupancy, tuple[Count, ...]]:
        """With those who are there now; and the counts of the minute before, when it is over."""
        minute = int(look.now // 60) * 60
        done: tuple[Count, ...] = ()
        most = dict(self.most)
        if minute != self.minute:
            done, most = self.counts(look.camera, place), {}
        for kind, n in here.items():
            if n:
                most[kind] = max(most.get(kind, 0), n)
        return Occupancy(minute, most), done


class PresenceRule(ZoneRule[Inside, Occupancy]):
    """The base of rules by which nobody should be in the zone: whoever is in is the incident."""

    @property
    def counting(self) -> bool:
        """Whether it also notes, for each minute, how many were inside at most."""
        return False

    def blank(self) -> Occupancy:
        return Occupancy()

    def close(self, notes: Occupancy, camera: str) -> tuple[Count, ...]:
        return notes.counts(camera, self.place.name)

    def within(self, things: Mapping[int, Sighting[Inside]], look: Look) -> dict[int, bool]:
        """Whether each thing seen in this look is in the zone: by where it stands."""
        return standing(self, things, look)

    def look(
        self,
        state: State[Inside, Occupancy],
        things: Mapping[int, Sighting[Inside]],
        look: Look,
    ) -> Found[Inside, Occupancy]:
        within = self.within(things, look) if self.watching(look.now) else {}
        after = placed(things, within, look)
        inside = [
            (thing, thing.note)
            for thing in after.values()
            if thing.last == look.now
            and thing.note is not None
            and thing.note.looks >= self.options.min_looks
            and self.sure(thing)
        ]
        held = tuple(
            self.hold(thing, note.since, look)
            for thing, note in inside
            if look.now - note.since >= self.options.min_seconds
        )
        notes, counts = state.notes, tuple[Count, ...]()
        if self.counting:
            here = Counter(thing.kind for thing, _ in inside)
            notes, counts = notes.adding(here, look, self.place.name)
        return Found(after, notes, held, alive=bool(inside), counts=counts)

    @property
    def scans(self) -> bool:
        return True

    def within_rows(self, columns: Columns) -> Bools:
        """(n,) `within` of all rows, while it is watched."""
        return self.inside_rows(columns, columns.tall)

    def scan(self, state: State[Inside, Occupancy], columns: Columns) -> Scanned[Occupancy]:
        """The counts of a minute are not among what it finds."""
        within = self.within_rows(columns)
        since, looks = stays(columns, within)
        inside = within & (looks >= self.options.min_looks) & sure(self, columns)
        lasted = columns.time - since
        held = inside & (lasted >= self.options.min_seconds)
        return holding(columns, state.notes, inside, held, since, lasted)


def stays(columns: Columns, within: Bools) -> tuple[Doubles, Ints]:
    """(n,) since when each has been in the zone, and at how many looks: `Inside`, where it is."""
    comes = within.copy()
    comes[1:] &= ~within[:-1] | columns.start[1:]
    rank = ranks(comes)
    return columns.time[np.arange(len(within)) - rank], rank + 1


def standing(
    rule: ZoneRule[Inside, N], things: Mapping[int, Sighting[Inside]], look: Look
) -> dict[int, bool]:
    """Whether each thing seen in this look stands in the zone, or has not clearly left it."""
    return {
        number: is_inside(
            gap, look.scale(things[number].latest.box)[1], things[number].note is not None
        )
        for number, gap in rule.gaps(things, look).items()
    }


def placed(
    things: Mapping[int, Sighting[Inside]], within: Mapping[int, bool], look: Look
) -> dict[int, Sighting[Inside]]:
    """The things, each with since when it is in the zone. Who is not named is not in it."""
    after = {}
    for number, thing in things.items():
        old = thing.note
        if within.get(number, False):
            note = Inside(look.now, 1) if old is None else Inside(old.since, old.looks + 1)
            after[number] = replace(thing, note=note)
        elif old is not None and thing.last == look.now:
            after[number] = replace(thing, note=None)
        else:
            after[number] = thing
    return after


def around(boxes: Sequence[Box]) -> Box | None:
    """The rectangle around all of them, pixels."""
    if not boxes:
        return None
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def around_zone(zone: Zone, look: Look) -> Box:
    """The rectangle around a zone, pixels."""
    xs, ys = zip(*zone.points, strict=True)
    width, height = look.size
    return min(xs) * width, min(ys) * height, max(xs) * width, max(ys) * height
