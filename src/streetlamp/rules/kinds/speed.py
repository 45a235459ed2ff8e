"""Something goes faster than is allowed there.

Measured on the calibrated ground (`streetlamp.rules.motion`), over a second and more, and stated
with its error. Too fast is only what is too fast by more than the error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from pydantic import Field

from streetlamp.ground import Plane
from streetlamp.rules import words
from streetlamp.rules.base import RULES, Found, State
from streetlamp.rules.columns import Columns, Doubles, ranks, stretches_of, sure
from streetlamp.rules.incident import Held, Incident
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.motion import Step, Way, extend, pace, steady, steps_of
from streetlamp.rules.options import KindName
from streetlamp.rules.scan import Scanned, holding
from streetlamp.rules.ways import Points, Ways, paces, steadily
from streetlamp.rules.zone import Verb, ZoneOptions, ZoneRule, is_inside, least_time, time_to_clear
from streetlamp.values import Kind

KMH: Final = 3.6
AGAIN: Final = 2  # looks in a row at which it must be too fast
WINDOW_SECONDS: Final = 2.0  # it is measured over this, or over min_seconds where that is longer


class SpeedOptions(ZoneOptions):
    kind: Literal["speed"] = Field("speed", title="Kind", description="Which rule this is.")
    classes: tuple[KindName, ...] = Field(
        (Kind.CAR, Kind.MOTORCYCLE, Kind.BUS, Kind.TRUCK),
        title="Classes",
        description="Whose speed is measured: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    limit_kmh: float = Field(
        50.0,
        gt=0,
        le=300,
        title="Limit, km/h",
        description="Faster than this is too fast, once the measured speed less its error is.",
    )
    min_seconds: float = least_time(
        0.8, "Seconds over which a speed must have been measured to count.", ge=0.5, le=10
    )
    clear_seconds: float = time_to_clear(
        3.0, "Seconds without anything too fast before the incident has ended."
    )


@dataclass(frozen=True, slots=True)
class Drive:
    """A thing's way through the zone; since when, and at how many looks, it was too fast."""

    way: Way
    since: float | None = None
    looks: int = 0


@RULES.add("speed")
class Speed(ZoneRule[Drive, None]):
    """By the middle of the box's lower edge, inside the zone. All that are too fast are one
    incident; its numbers are those of the fastest."""

    kind = "speed"
    summary = "Something goes faster through a zone than is allowed, by more than the error."
    Options = SpeedOptions
    verb = Verb("goes", "go", "went", "went")
    needs_ground = True
    options: SpeedOptions
    ground: Plane
    hold_seconds = 2.0

    def blank(self) -> None:
        return None

    def look(
        self, state: State[Drive, None], things: Mapping[int, Sighting[Drive]], look: Look
    ) -> Found[Drive, None]:
        watching = self.watching(look.now)
        steps = steps_of(look, self.ground)
        after = dict(things)
        held: list[Held] = []
        alive = False
        for number, gap in self.gaps(things, look).items():
            thing = things[number]
            height = look.scale(thing.latest.box)[1]
            if not watching or not is_inside(gap, height, thing.note is not None):
                after[number] = replace(thing, note=None)
                continue
            drive, measured = self._drive(thing, steps.get(thing.latest.id), look)
            after[number] = thing.noting(drive)
            if measured is None or drive.since is None or not self.sure(thing):
                continue
            alive = True
            if drive.looks >= AGAIN:
                speed, error = measured
                more = {"error_kmh": round(error, 1)}
                held.append(Held(drive.since, thing.kind, thing.latest.pixels, speed - error, more))
        return Found(after, None, tuple(held), alive)

    @property
    def _window(self) -> float:
        return max(WINDOW_SECONDS, self.options.min_seconds)

    def _drive(
        self, thing: Sighting[Drive], step: Step | None, look: Look
    ) -> tuple[Drive, tuple[float, float] | None]:
        """The drive with this look, and its speed and error (km/h) where they can be told."""
        old = thing.note or Drive(Way())
        least = self.options.min_seconds
        way = extend(old.way, step, look.now, self._window)
        if way.steps == old.way.steps:  # nothing new was seen of it
            return replace(old, way=way), None
        found = pace(way, self.ground, look.size, least, self.options.limit_kmh / KMH)
        if found is None:
            return Drive(way), None
        speed, error = found.speed * KMH, found.error * KMH
        if speed - error <= self.options.limit_kmh or not steady(way, found):
            return Drive(way), None
        began = way.steps[0].time if old.since is None else old.since
        return Drive(way, began, old.looks + 1), (speed, error)

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        single = len(incident.most) == 1
        verb = self.verb.form(single=single, ended=ended)
        sure, error, limit = incident.measured, incident.facts["error_kmh"], self.options.limit_kmh
        text = (
            f"{words.things(incident.most)} {verb} through {words.place(self.place)} at up to"
            f" {sure + error:.0f} ± {error:.0f} km/h (limit {limit:g})"
        )
        return text, {
            "now": 0.0 if ended else float(incident.now),
            "most": float(len(incident.most)),
            "speed_kmh": round(sure + error, 1),
            "error_kmh": error,
            "limit_kmh": limit,
            "margin_kmh": round(sure - limit, 1),
        }

    @property
    def scans(self) -> bool:
        return True

    def scan(self, state: State[Drive, None], columns: Columns) -> Scanned[None]:
        rows = np.flatnonzero(self.inside_rows(columns, columns.tall))
        begins = stretches_of(columns, rows)
        ways = Ways(Points.of(columns, rows, begins, self.ground), self._window)
        sures, errors = self._too_fast(ways, columns.size)
        drives = np.flatnonzero(ways.changed)  # the rows by which it is judged
        fast = sures[drives] > -np.inf
        comes = fast.copy()
        begun = ways.begun[drives]
        comes[1:] &= ~fast[:-1] | (begun[1:] != begun[:-1])
        looks = ranks(comes) + 1
        which = np.flatnonzero(fast & sure(self, columns)[rows[drives]])
        since = [
            float(ways.points.time[ways.steps(int(drives[at - looks[at] + 1]))[0]])
            for at in which.tolist()
        ]
        n = len(columns.look)
        alive, held = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        began, measured, error = np.zeros(n), np.zeros(n), np.zeros(n)
        some = rows[drives[which]]
        alive[some] = True
        held[some] = looks[which] >= AGAIN
        began[some], measured[some] = since, sures[drives[which]]
        error[some] = errors[drives[which]]

        def facts(row: int) -> dict[str, float]:
            return {"error_kmh": round(float(error[row]), 1)}

        return holding(columns, None, alive, held, began, measured, facts)

    def _too_fast(self, ways: Ways, size: tuple[int, int]) -> tuple[Doubles, Doubles]:
        """(m,) what each is at least, km/h, where it is too fast now, else -inf; and the error."""
        limit = self.options.limit_kmh
        sures, errors = (np.full(len(ways.many), value) for value in (-np.inf, 0.0))
        above = np.full(len(ways.many), limit / KMH)
        asked = np.flatnonzero(ways.changed & (ways.fastest() > above))
        for one in paces(ways, asked, self.ground, size, self.options.min_seconds, above):
            speed, error = one.speed * KMH, one.error * KMH
            fast = ~(speed - error <= limit) & steadily(ways, one)
            sures[one.rows[fast]] = (speed - error)[fast]
            errors[one.rows[fast]] = error[fast]
        return sures, errors
