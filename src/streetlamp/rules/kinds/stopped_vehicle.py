"""A vehicle stands where it should not.

A vehicle stands while its smoothed position stays within a share of its own size of one spot, so a
trembling box, or somebody walking past in front of it, does not set it going again. Where
vehicles stand is remembered as a place and a size, so that one the detector loses for a while and
finds again is not a new incident.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from pydantic import Field

from streetlamp.geometry import Point
from streetlamp.rules.base import RULES, Found, State
from streetlamp.rules.incident import Held, Incident
from streetlamp.rules.memory import ALIKE, Box, Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.zone import Verb, ZoneOptions, ZoneRule, is_inside, least_time, time_to_clear
from streetlamp.values import Kind

SMOOTH_SECONDS: Final = 1.0  # time constant of the smoothed position
SETTLE_SECONDS: Final = 30.0  # a vehicle found standing this soon after the start was parked there
REMEMBER_SECONDS: Final = 1800.0  # how long the spot of a vehicle already told of is remembered
SAME_SPOT: Final = 0.35  # of its size: how near a spot a vehicle is the one that stood there


class StoppedVehicleOptions(ZoneOptions):
    kind: Literal["stopped_vehicle"] = Field(
        "stopped_vehicle", title="Kind", description="Which rule this is."
    )
    classes: tuple[KindName, ...] = Field(
        (Kind.CAR, Kind.MOTORCYCLE, Kind.BUS, Kind.TRUCK),
        title="Classes",
        description="What must not stand there: bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    min_seconds: float = least_time(30.0, "Seconds a vehicle must stand before it is an incident.")
    clear_seconds: float = time_to_clear(
        10.0, "Seconds without a standing vehicle before the incident has ended."
    )
    movement: float = Field(
        0.25,
        gt=0,
        le=2,
        title="Movement",
        description="How far it may move and still stand, as a share of its size.",
    )
    ignore_parked_at_start: bool = Field(
        True,
        title="Ignore parked at start",
        description="Vehicles found standing in the first 30 seconds are not incidents until they"
        " have moved.",
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a vehicle is (smoothed) and the spot it has not left. Fractions of the picture."""

    time: float
    position: Point
    box: Box  # smoothed
    spot: Point
    since: float
    inside: bool
    known: bool = False  # parked from the start, or told of already


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where a vehicle stands that need not be told of (again)."""

    box: Box
    since: float
    seen: float
    told: bool  # False: parked from the start, remembered until it moves


@RULES.add("stopped_vehicle")
class StoppedVehicle(ZoneRule[Standing, tuple[Spot, ...]]):
    """Inside by the middle of the box's lower edge; all that stand in the zone are one incident."""

    kind = "stopped_vehicle"
    summary = "A vehicle stands in a zone for too long."
    Options = StoppedVehicleOptions
    verb = Verb("stands", "stand", "stood", "stood")
    options: StoppedVehicleOptions
    hold_seconds = 10.0  # something that stands is still there after a bus has passed before it
    relink_seconds = 10.0

    def blank(self) -> tuple[Spot, ...]:
        return ()

    def look(
        self,
        state: State[Standing, tuple[Spot, ...]],
        things: Mapping[int, Sighting[Standing]],
        look: Look,
    ) -> Found[Standing, tuple[Spot, ...]]:
        spots = [
            spot
            for spot in state.notes
            if not spot.told or look.now - spot.seen <= REMEMBER_SECONDS
        ]
        early = state.began is not None and look.now - state.began <= SETTLE_SECONDS
        learning = early and self.options.ignore_parked_at_start
        after = dict(things)
        held: list[Held] = []
        for number, gap in self.gaps(things, look).items():
            thing = things[number]
            if thing.note is None:
                note = self._arrive(thing, gap, look, spots, learning, state.incident)
            else:
                note = self._stand(thing, thing.note, gap, look, spots)
            after[number] = thing.noting(note)
            stood = look.now - note.since
            if note.inside and not note.known and self._meets(thing, stood, look.now):
                held.append(self.hold(thing, note.since, look))
                _remember(spots, Spot(note.box, note.since, look.now, told=True), look)
        alive = bool(held)
        return Found(after, tuple(spots), tuple(held), alive)

    def _meets(self, thing: Sighting[Standing], stood: float, now: float) -> bool:
        return stood >= self.options.min_seconds and self.sure(thing) and self.watching(now)

    def _arrive(
        self,
        thing: Sighting[Standing],
        gap: float,
        look: Look,
        spots: list[Spot],
        learning: bool,
        incident: Incident | None,
    ) -> Standing:
        """A vehicle that was not there at the last look: new, or one that stood there before."""
        box, centre = thing.latest.box, thing.latest.centre
        new = Standing(look.now, centre, box, centre, look.now, gap >= 0)
        spot = next((one for one in spots if _same(one.box, box, look)), None)
        if spot is not None and spot.told and incident is not None:
            return replace(new, since=spot.since)  # the one the incident is about
        if spot is not None:
            return replace(new, known=True)
        if learning:
            spots.append(Spot(box, look.now, look.now, told=False))
            return replace(new, known=True)
        return new

    def _stand(
        self,
        thing: Sighting[Standing],
        old: Standing,
        gap: float,
        look: Look,
        spots: list[Spot],
    ) -> Standing:
        """Where it stands after this look. ``spots`` loses the spot of one that drives off."""
        share = 1.0 - math.exp(-(look.now - old.time) / SMOOTH_SECONDS)
        position = _blend(old.position, thing.latest.centre, share)
        box = thing.latest.box
        smooth = (*_blend(old.box[:2], box[:2], share), *_blend(old.box[2:], box[2:], share))
        size = look.extent(smooth)
        inside = is_inside(gap, size, old.inside)
        if look.gap(position, old.spot) > self.options.movement * size:
            left = _shift(old.box, old.spot)
            spots[:] = [one for one in spots if not _same(one.box, left, look)]
            return Standing(look.now, position, smooth, position, look.now, inside)
        return Standing(look.now, position, smooth, old.spot, old.since, inside, old.known)


def _blend(a: tuple[float, ...], b: tuple[float, ...], share: float) -> Point:
    x, y = (p + share * (q - p) for p, q in zip(a, b, strict=True))
    return x, y


def _shift(box: Box, centre: Point) -> Box:
    """The box, moved so that its centre is there."""
    dx = centre[0] - (box[0] + box[2]) / 2
    dy = centre[1] - (box[1] + box[3]) / 2
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy


def _same(a: Box, b: Box, look: Look) -> bool:
    """Whether two boxes can be one standing vehicle."""
    small, large = sorted((look.extent(a), look.extent(b)))
    centres = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in (a, b)]
    return small >= ALIKE * large and look.gap(*centres) <= SAME_SPOT * large


def _remember(spots: list[Spot], spot: Spot, look: Look) -> None:
    """Notes or renews the spot of a vehicle that has been told of."""
    spots[:] = [one for one in spots if not (one.told and _same(one.box, spot.box, look))]
    spots.append(spot)
