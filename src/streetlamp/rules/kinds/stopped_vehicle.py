"""A vehicle stands where it should not.

A vehicle stands while its smoothed position stays within a share of its own size of one spot, so a
trembling box, or somebody walking past in front of it, does not set it going again. Where
vehicles stand is remembered as a place and a size, so that one the detector loses for a while and
finds again is not a new incident.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from pydantic import Field

from streetlamp.geometry import Point
from streetlamp.rules.base import BLIND_SECONDS, LOOK_SECONDS, RULES, Found, State
from streetlamp.rules.columns import Columns, Doubles, latest, sure, swings, watching
from streetlamp.rules.incident import Held
from streetlamp.rules.memory import ALIKE, Box, Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.scan import Scanned, holding
from streetlamp.rules.standing import Smoothed, smoothed
from streetlamp.rules.zone import (
    EDGE,
    Verb,
    ZoneOptions,
    ZoneRule,
    is_inside,
    least_time,
    time_to_clear,
)
from streetlamp.values import Bools, Kind

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
        spots = _lasting(state.notes, look.now)
        early = state.began is not None and look.now - state.began <= SETTLE_SECONDS
        learning = early and self.options.ignore_parked_at_start
        running = state.incident is not None
        after = dict(things)
        held: list[Held] = []
        for number, gap in self.gaps(things, look).items():
            thing = things[number]
            if thing.note is None:
                note = self._arrive(thing, gap, look, spots, learning, running)
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
        running: bool,
    ) -> Standing:
        """A vehicle that was not there at the last look: new, or one that stood there before."""
        box, centre = thing.latest.box, thing.latest.centre
        since, known = _arrival(spots, box, look, learning, lambda: running)
        return Standing(look.now, centre, box, centre, since, gap >= 0, known)

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
            _leave(spots, old.box, old.spot, look)
            return Standing(look.now, position, smooth, position, look.now, inside)
        return Standing(look.now, position, smooth, old.spot, old.since, inside, old.known)

    @property
    def scans(self) -> bool:
        return True

    def scan(
        self, state: State[Standing, tuple[Spot, ...]], columns: Columns
    ) -> Scanned[tuple[Spot, ...]]:
        """Where each thing stands, and since when, is its own affair, but for the time until it
        first moves: what is known of it when it comes depends on the spots. So those are gone
        through in time, from one change of them to the next."""
        found = smoothed(columns, SMOOTH_SECONDS, self.options.movement)
        leaves = np.maximum(2.0, EDGE * found.extent(columns.size))
        gaps = self.gap_rows(columns, leaves)
        inside = swings(gaps >= 0.0, gaps < -leaves, columns.start)
        able = inside & sure(self, columns) & watching(self, columns)[columns.look]
        since = columns.time[latest(found.moved)]
        held = able & (columns.time - since >= self.options.min_seconds)
        notes = _Spots(self, state, columns, found, able, since, held).walk()
        return holding(columns, notes, held, held, since, columns.time - since)


class _Spots:
    """Goes through a stretch where something comes, leaves its spot, or is held. What is known of
    arrivals it writes into ``since`` and ``held``."""

    def __init__(
        self,
        rule: StoppedVehicle,
        state: State[Standing, tuple[Spot, ...]],
        columns: Columns,
        found: Smoothed,
        able: Bools,
        since: Doubles,
        held: Bools,
    ) -> None:
        """able: (n,) rows that are held if they have stood for long enough."""
        self._columns, self._found, self._look = columns, found, columns.at(0)
        self._able, self._since, self._held = able, since, held
        self._least = rule.options.min_seconds
        self._spots = list(state.notes)
        self._incident = _Running(rule, state, columns)
        n, row = len(columns.look), columns.row
        self._place = np.empty(n, np.int64)  # of each row, in the order the rule sees them
        self._place[row] = np.arange(n)
        self._changes: list[int] = np.flatnonzero((found.moved | held)[row]).tolist()
        self._holds: list[int] = np.flatnonzero(held[row]).tolist()
        self._more: list[int] = []  # a heap: held since something was known of its thing
        self._moves = np.append(np.flatnonzero(found.moved), n)
        began = columns.now[0] if state.began is None else state.began
        early = int(np.count_nonzero(columns.now - began <= SETTLE_SECONDS))
        self._early = int(columns.first[early]) if rule.options.ignore_parked_at_start else 0

    def walk(self) -> tuple[Spot, ...]:
        """The spots after the last look."""
        columns = self._columns
        place, stop = -1, len(self._place)
        while (place := self._after(place)) < stop:
            self._at(place)
        return tuple(_lasting(self._spots, float(columns.now[-1])))

    def _after(self, place: int) -> int:
        """The next place with something to do: where no spot is known, only what is held."""
        some = self._changes if self._spots or place + 1 < self._early else self._holds
        which = bisect_left(some, place + 1)
        following = some[which] if which < len(some) else len(self._place)
        while self._more and self._more[0] <= place:
            heapq.heappop(self._more)
        return min(following, self._more[0]) if self._more else following

    def _at(self, place: int) -> None:
        columns, row = self._columns, int(self._columns.row[place])
        look = Look("", float(columns.time[row]), 0, self._look.size, ())
        self._spots = _lasting(self._spots, look.now)
        if columns.start[row]:
            self._arrive(row, look, place < self._early)
        elif self._found.moved[row]:
            old = row - 1
            spot = int(self._moves[np.searchsorted(self._moves, old, side="right") - 1])
            _leave(self._spots, self._found.box(old), self._found.centre(spot), look)
        if self._held[row]:
            self._incident.hold(int(columns.look[row]))
            spot_now = Spot(self._found.box(row), float(self._since[row]), look.now, told=True)
            _remember(self._spots, spot_now, look)

    def _arrive(self, row: int, look: Look, learning: bool) -> None:
        """What is known of it, for as long as it has not moved."""

        def running() -> bool:
            return self._incident.at(int(self._columns.look[row]))

        box = self._columns.fractions(row)
        since, known = _arrival(self._spots, box, look, learning, running)
        if since == look.now and not known:
            return
        stop = int(self._moves[np.searchsorted(self._moves, row, side="right")])
        rows = slice(row, stop)
        self._since[rows] = since
        stood = self._columns.time[rows] - since
        held = self._able[rows] & (stood >= self._least) & (not known)
        for more in self._place[rows][held & ~self._held[rows]].tolist():
            heapq.heappush(self._more, more)
        self._held[rows] = held


class _Running:
    """Whether an incident runs, as `Rule.step` has it: asked, and told what is held, in time."""

    def __init__(
        self,
        rule: StoppedVehicle,
        state: State[Standing, tuple[Spot, ...]],
        columns: Columns,
    ) -> None:
        self._now = columns.now
        before = columns.now[0] if state.now is None else state.now
        self._passed = np.diff(columns.now, prepend=before)
        self._clear, self._cool = rule.clear_seconds, rule.options.cool_down_seconds
        self._on = self._was = state.incident is not None
        self._last = -math.inf if state.incident is None else state.incident.last
        self._empty = 0.0 if state.incident is None else state.incident.empty
        self._quiet = state.quiet
        if self._quiet > columns.now[0] + self._cool:
            self._quiet = -math.inf  # the clock was set back meanwhile
        self._done = 0  # looks of which it is known what they made of it
        self._look = -1

    def at(self, look: int) -> bool:
        """Whether it runs as this look comes."""
        if look != self._look:
            while self._on and self._done < look:
                self._nothing(self._done)
                self._done += 1
            if self._on and self._passed[look] > BLIND_SECONDS:
                self._end()
            self._done, self._look, self._was = look, look, self._on
        return self._was

    def hold(self, look: int) -> None:
        """Something is held in this look."""
        self.at(look)
        now = float(self._now[look])
        self._on = self._on or now >= self._quiet
        self._last, self._empty, self._done = now, 0.0, look + 1

    def _nothing(self, look: int) -> None:
        """Nothing is held in this look, and an incident runs."""
        passed = float(self._passed[look])
        self._empty += min(passed, LOOK_SECONDS)
        if passed > BLIND_SECONDS or self._empty >= self._clear:
            self._end()

    def _end(self) -> None:
        self._on = False
        self._quiet = max(self._quiet, self._last + self._cool)


def _lasting(spots: Sequence[Spot], now: float) -> list[Spot]:
    """Those that are still remembered."""
    return [one for one in spots if not one.told or now - one.seen <= REMEMBER_SECONDS]


def _arrival(
    spots: list[Spot], box: Box, look: Look, learning: bool, running: Callable[[], bool]
) -> tuple[float, bool]:
    """Since when a vehicle that comes into view has stood there, and whether it need not be told
    of. ``running``: whether there is an incident. ``spots`` gains that of one that is parked."""
    spot = next((one for one in spots if _same(one.box, box, look)), None)
    if spot is not None and spot.told and running():
        return spot.since, False  # the one the incident is about
    if spot is None and learning:
        spots.append(Spot(box, look.now, look.now, told=False))
    return look.now, spot is not None or learning


def _leave(spots: list[Spot], box: Box, spot: Point, look: Look) -> None:
    """Forgets the spot of a vehicle that drives off, which had this box."""
    left = _shift(box, spot)
    spots[:] = [one for one in spots if not _same(one.box, left, look)]


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
