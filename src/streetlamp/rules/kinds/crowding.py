"""More people stand on a piece of ground than it holds with ease.

How many there are is the median of the last seconds, as for `occupancy`, so people the detector
loses for a look, or finds twice, change nothing. It is divided by the zone's area on the calibrated
ground. What the numbers mean is known from research on crowds (Fruin 1971; Still 2000): see
`design/rules.md`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import Any, Final, Literal

import numpy as np
from pydantic import Field

from streetlamp.errors import UserError
from streetlamp.geometry import Place
from streetlamp.ground import Plane
from streetlamp.rules import words
from streetlamp.rules.base import RULES, Found, State
from streetlamp.rules.columns import Columns, Doubles, Ints, lasting, shown, sure, swings, watching
from streetlamp.rules.incident import Held, Incident
from streetlamp.rules.memory import Box, Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.presence import around
from streetlamp.rules.scan import Scanned
from streetlamp.rules.steady import Steady, SteadyRows
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

HOLD_SECONDS: Final = 5.0  # how long it is remembered that somebody is no ghost
LOST_SECONDS: Final = 1.0  # who was lost this short a time ago is still there
CALM: Final = 0.9  # of the limit: it must be emptier than this to have ended
SMOOTH_SECONDS: Final = 3.0  # how many there are is the median of so long a time


class CrowdingOptions(ZoneOptions):
    kind: Literal["crowding"] = Field("crowding", title="Kind", description="Which rule this is.")
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON,), title="Classes", description="Always person.", min_length=1, max_length=1
    )
    limit_per_m2: float = Field(
        4.0,
        gt=0,
        le=10,
        title="People per square metre",
        description="As many are too many. 2: people who walk hinder each other; 4: most can hardly"
        " move; 5 and more: the crowd pushes, and people fall.",
    )
    min_seconds: float = least_time(10.0, "Seconds it must be as full before it is an incident.")
    clear_seconds: float = time_to_clear(
        10.0, "Seconds with fewer (below nine tenths of the limit) before the incident has ended."
    )


@dataclass(frozen=True, slots=True)
class Fullness:
    """How many there are, and since when they are too many."""

    steady: Steady = field(default_factory=Steady)
    since: float | None = None
    running: bool = False  # it has lasted long enough


@RULES.add("crowding")
class Crowding(ZoneRule[bool, Fullness]):
    """Stands by the middle of the box's lower edge. Where people hide each other's feet, fewer are
    seen than are there."""

    kind = "crowding"
    summary = "More people per square metre are in a zone than it holds with ease."
    Options = CrowdingOptions
    verb = Verb("is", "are", "was", "were")
    needs_ground = True
    options: CrowdingOptions
    ground: Plane
    hold_seconds = HOLD_SECONDS

    def __init__(
        self,
        options: Any,
        place: Place,
        timezone: tzinfo = UTC,
        ground: Plane | None = None,
    ) -> None:
        super().__init__(options, place, timezone, ground)
        self.area = self.ground.area(self.place.points)
        if not math.isfinite(self.area):
            raise UserError(
                f"rule {self.options.name!r}: {words.place(self.place)} reaches to the horizon of"
                " the calibrated ground or above it; draw a zone on the ground as its place"
            )
        self._doubt = self.ground.doubt(lambda plane: plane.area(self.place.points)) / self.area

    def blank(self) -> Fullness:
        return Fullness()

    def look(
        self, state: State[bool, Fullness], things: Mapping[int, Sighting[bool]], look: Look
    ) -> Found[bool, Fullness]:
        after = dict(things)
        for number, gap in self.gaps(things, look).items():
            thing = things[number]
            inside = is_inside(gap, look.scale(thing.latest.box)[1], bool(thing.note))
            after[number] = replace(thing, note=inside)
        here = [
            thing
            for thing in after.values()
            if thing.note and look.now - thing.last <= LOST_SECONDS and self.sure(thing)
        ]
        if not self.watching(look.now):
            return Found(after, Fullness())
        notes = self._count(state.notes, len(here), look.now)
        if notes.since is None:
            return Found(after, notes)
        if not notes.running and look.now - notes.since < self.options.min_seconds:
            return Found(after, notes)
        full = notes.steady.count >= self._full()
        held = self._held(notes, here) if full else ()
        return Found(after, replace(notes, running=True), held, alive=True)

    @property
    def scans(self) -> bool:
        return True

    def scan(self, state: State[bool, Fullness], columns: Columns) -> Scanned[Fullness]:
        now, k = columns.now, len(columns.now)
        watched = watching(self, columns)
        leaves = np.maximum(2.0, EDGE * columns.tall)
        gaps = self.gap_rows(columns, leaves)
        inside = swings(gaps >= 0, gaps < -leaves, columns.start)
        rows = np.flatnonzero(inside & sure(self, columns))
        stop = lasting(columns, rows, LOST_SECONDS)
        ahead = np.bincount(columns.look[rows], minlength=k + 1)
        here = np.cumsum(ahead - np.bincount(stop, minlength=k + 1))[:k]
        old = state.notes
        steady = SteadyRows(old.steady, now, watched, SMOOTH_SECONDS)
        many = steady.with_past(here)
        count = steady.medians(many, math.ceil(self._full(CALM)), int(many.max()))
        known = Fullness() if steady.blank else old
        since, running = self._since(steady, count, watched, now, known)
        full = running & (count >= self._full()) & (here > 0)
        measured = np.where(full, count / self.area, -np.inf)
        after = Fullness()
        if watched[-1]:
            begun = None if math.isnan(since[-1]) else float(since[-1])
            last = steady.steady(k - 1, {Kind.PERSON: many})
            after = Fullness(last, begun, bool(running[-1]))
        until = dict(zip(rows.tolist(), stop.tolist(), strict=True))

        def held(look: int) -> tuple[Held, ...]:
            rows = shown(columns, look, LOST_SECONDS, until)
            box = around([columns.pixels(row) for row in rows])
            return self._crowd(float(since[look]), int(count[look]), box)

        return Scanned(after, running, full.astype(np.int64), measured, held)

    def _since(
        self, steady: SteadyRows, count: Ints, watched: Bools, now: Doubles, old: Fullness
    ) -> tuple[Doubles, Bools]:
        """(k,) since when it is as full (nan: it is not), and whether it has lasted."""
        since, running = np.full(len(now), np.nan), np.zeros(len(now), np.bool_)
        looks = np.flatnonzero((count >= self._full(CALM)) & watched)
        anew = (steady.begun == np.arange(len(now)))[looks].tolist()
        full = (count >= self._full())[looks].tolist()
        began, lasts, before = old.since, old.running, -1
        for look, begins, fills in zip(looks.tolist(), anew, full, strict=True):
            if look != before + 1 or begins:
                began, lasts = None, False
            before = look
            if not lasts and not fills:
                began = None
                continue
            time = float(now[look])
            began = time if began is None else began
            lasts = lasts or time - began >= self.options.min_seconds
            since[look], running[look] = began, lasts
        return since, running

    def _full(self, share: float = 1.0) -> float:
        """How many people are the limit, or a share of it."""
        return share * self.options.limit_per_m2 * self.area

    def _count(self, old: Fullness, n: int, now: float) -> Fullness:
        """How many there are with this look's, and since when it is too full."""
        if old.steady.blind(now):
            old = Fullness()
        steady = old.steady.adding(now, {Kind.PERSON: n}, SMOOTH_SECONDS)
        if steady.count < self._full(CALM if old.running else 1.0):
            return Fullness(steady)
        return Fullness(steady, now if old.since is None else old.since, old.running)

    def _held(self, notes: Fullness, here: list[Sighting[bool]]) -> tuple[Held, ...]:
        """One, however many there are: the crowd. Its box is around all of them."""
        box = around([thing.latest.pixels for thing in here])
        return () if notes.since is None else self._crowd(notes.since, notes.steady.count, box)

    def _crowd(self, since: float, count: int, box: Box | None) -> tuple[Held, ...]:
        if box is None:
            return ()
        density = count / self.area
        more = {
            "people": round(density * self.area, 1),
            "error_per_m2": round(2 * self._doubt * density, 2),
        }
        return (Held(since, Kind.PERSON, box, density, more),)

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        density, limit = incident.measured, self.options.limit_per_m2
        people, error = incident.facts["people"], incident.facts["error_per_m2"]
        verb = "were" if ended else "are"
        lasted = (
            words.lasting(incident.last - incident.start)
            if ended
            else f"at least {words.lasting(self.options.min_seconds)}"
        )
        text = (
            f"Up to {density:.1f} ± {error:.1f} people per m² {verb} in {words.place(self.place)}"
            f" ({people:.0f} on {self.area:.0f} m²; limit {limit:g}) for {lasted}"
        )
        return text, {
            "per_m2": round(density, 2),
            "error_per_m2": error,
            "limit_per_m2": limit,
            "margin_per_m2": round(density - limit, 2),
            "people": people,
            "area_m2": round(self.area, 1),
            "min_seconds": self.options.min_seconds,
        }
