"""Rules about things that are left or taken away: lasting changes of the scene, never people.

What has changed comes with the tracks (`Tracks.things`), without a number: it is known again by its
place, as it does not move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np
from pydantic import Field

from streetlamp.rules import words
from streetlamp.rules.base import Found, State
from streetlamp.rules.incident import Held, Incident, numbers
from streetlamp.rules.memory import Box, Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.zone import ZoneOptions, ZoneRule, least_time, time_to_clear
from streetlamp.values import Change, Thing

HOLD_SECONDS: Final = 10.0  # a thing that was not told of for so long is forgotten
SAME: Final = 0.3  # of the joint area that two boxes share, if they are one thing


class ObjectOptions(ZoneOptions):
    classes: tuple[KindName, ...] = Field(
        (), title="Classes", description="None: a thing has no class.", max_length=0
    )
    min_seconds: float = least_time(
        60.0, "Seconds the place must look so before it is an incident.", ge=10
    )
    clear_seconds: float = time_to_clear(
        10.0, "Seconds the place must look as before until the incident has ended."
    )
    min_height: float = Field(
        0.05,
        ge=0,
        le=1,
        title="Least height",
        description="What is smaller does not count: height of its box as a share of the"
        " picture's.",
    )
    max_height: float = Field(
        0.35,
        gt=0,
        le=1,
        title="Greatest height",
        description="What is larger does not count: height of its box as a share of the picture's.",
    )


@dataclass(frozen=True, slots=True)
class Spot:
    """One thing: where it is (fractions of the picture), since when, and how often it was told."""

    box: Box
    pixels: Box
    since: float
    looks: int
    last: float


Spots = tuple[Spot, ...]


class ObjectRule(ZoneRule[None, Spots]):
    """The base of both: what has changed in this way, in the zone, for long enough."""

    change: ClassVar[Change]
    needs_things = True
    options: ObjectOptions

    def blank(self) -> Spots:
        return ()

    def look(
        self, state: State[None, Spots], things: Mapping[int, Sighting[None]], look: Look
    ) -> Found[None, Spots]:
        spots = self._follow(state.notes, look)
        if not self.watching(look.now):
            return Found(things, spots)
        here = [spot for spot in spots if spot.last == look.now and self._counts(spot)]
        within = self._inside(here, look)
        held = tuple(
            Held(spot.since, None, spot.pixels, look.now - spot.since)
            for spot, inside in zip(here, within, strict=True)
            if inside and look.now - spot.since >= self.options.min_seconds
        )
        return Found(things, spots, held)

    def _follow(self, before: Spots, look: Look) -> Spots:
        """The things of this look, and those not told of for a moment."""
        left = [spot for spot in before if 0 <= look.now - spot.last <= HOLD_SECONDS]
        after = []
        for thing in look.things:
            if thing.change is not self.change:
                continue
            new = _spot(thing, look)
            old = max(left, key=lambda one: _shared(one.box, new.box), default=None)
            if old is not None and _shared(old.box, new.box) >= SAME:
                left.remove(old)
                new = replace(new, since=min(old.since, new.since), looks=old.looks + 1)
            after.append(new)
        return (*after, *left)

    def _counts(self, spot: Spot) -> bool:
        height = spot.box[3] - spot.box[1]
        return (
            spot.looks >= self.options.min_looks
            and self.options.min_height <= height <= self.options.max_height
        )

    def _inside(self, spots: list[Spot], look: Look) -> list[bool]:
        if not spots:
            return []
        feet = np.array([((one.box[0] + one.box[2]) / 2, one.box[3]) for one in spots])
        found: list[bool] = (self.place.distance(feet * look.size, look.size) >= 0).tolist()
        return found

    def said(self, what: str, place: str, *, single: bool, lasted: str) -> str:
        """The sentence of an incident that goes on, or has ended."""
        raise NotImplementedError

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        seconds = incident.last - incident.start if ended else incident.measured
        lasted = words.lasting(seconds) if ended else f"at least {words.lasting(seconds)}"
        text = self.said(
            words.things(incident.most),
            words.place(self.place),
            single=len(incident.most) == 1,
            lasted=lasted,
        )
        return text, numbers(incident, self.options.min_seconds, ended)


def _spot(thing: Thing, look: Look) -> Spot:
    x1, y1, x2, y2 = thing.box
    width, height = look.size
    box = (x1 / width, y1 / height, x2 / width, y2 / height)
    return Spot(box, thing.box, min(thing.since, look.now), 1, look.now)


def _shared(a: Box, b: Box) -> float:
    """Intersection over union."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return both / (areas - both)
