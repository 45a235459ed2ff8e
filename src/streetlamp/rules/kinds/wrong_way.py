"""Something goes against the way an arrow gives.

Of each thing in the zone it is remembered how far along the arrow it has come; how far it is back
from there, and how long ago it was there, says whether it goes the wrong way. Its foot is smoothed,
a leap no thing of its size makes begins it anew, and the way back must be a steady one: a box that
trembles goes to and fro and gets nowhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from streetlamp.geometry import Point, in_picture
from streetlamp.rules import words
from streetlamp.rules.base import RULES, Found, State
from streetlamp.rules.columns import (
    Columns,
    Doubles,
    Ints,
    latest,
    spans,
    stretches_of,
    sure,
    swings,
)
from streetlamp.rules.incident import Held, Incident
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.scan import Scanned, holding
from streetlamp.rules.zone import Verb, ZoneOptions, ZoneRule, is_inside, least_time, time_to_clear
from streetlamp.values import Bools, Kind

SMOOTH_SECONDS: Final = 0.3  # time constant of the smoothed foot
SLACK: Final = 0.15  # of the least distance: so near its furthest point it is still there
STEADY: Final = 0.6  # of the ground it covered since, how much led it back
SLANT: Final = math.tan(math.radians(60))  # further to the side than this, it goes across
LEAP: Final = 1.0  # of its size: further from look to look, at no speed it had, it is another
SLIDE: Final = 0.05  # of its size: how far a box's foot may be off on the ground


class WrongWayOptions(ZoneOptions):
    kind: Literal["wrong_way"] = Field("wrong_way", title="Kind", description="Which rule this is.")
    classes: tuple[KindName, ...] = Field(
        (Kind.BICYCLE, Kind.CAR, Kind.MOTORCYCLE, Kind.BUS, Kind.TRUCK),
        title="Classes",
        description="What must keep to the way: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    arrow: tuple[Point, Point] = Field(
        title="Arrow",
        description="The right way: from a point [x, y] to another, as fractions of the picture.",
        examples=[[[0.45, 0.9], [0.45, 0.6]]],
    )
    min_seconds: float = least_time(
        1.0, "Seconds it must have gone the wrong way before it is an incident.", ge=0.2, le=600
    )
    clear_seconds: float = time_to_clear(
        5.0, "Seconds without anything going the wrong way before the incident has ended."
    )
    min_sizes: float = Field(
        1.5,
        ge=0.3,
        le=50,
        title="Least distance, in sizes",
        description="How far it must have gone against the arrow, in its own sizes (the side of a"
        " square of its box's area), where the camera's ground is not calibrated. Ways into the"
        " depth of the picture look short: there, calibrate the ground.",
    )
    min_metres: float = Field(
        5.0,
        ge=0.5,
        le=500,
        title="Least distance, in metres",
        description="The same where the camera's ground is calibrated. The arrow's direction is"
        " then that on the ground, wherever in the picture.",
    )

    @field_validator("arrow")
    @classmethod
    def _long_enough(cls, arrow: tuple[Point, Point]) -> tuple[Point, Point]:
        for point, which in zip(arrow, ("the arrow's start", "the arrow's end"), strict=True):
            in_picture(point, which)
        if math.dist(*arrow) < 0.01:
            raise ValueError("the arrow's start and end are the same point")
        return arrow


@dataclass(frozen=True, slots=True)
class Along:
    """How far along the arrow a thing has come, and how far back it is since.

    In metres; where the ground is not calibrated, in its own sizes, each step by its size then.
    """

    time: float
    foot: Point  # smoothed, fractions
    here: Point  # along the arrow, and to its side
    best: Point  # the same, where it was furthest along the arrow
    since: float  # when it was last there
    covered: float = 0.0  # ground covered along the arrow since, to and fro
    wrong: bool = False


@RULES.add("wrong_way")
class WrongWay(ZoneRule[Along, None]):
    """Stands by the middle of the box's lower edge. Only what it does inside the zone counts."""

    kind = "wrong_way"
    summary = "Something goes against the direction of an arrow, through a zone."
    Options = WrongWayOptions
    verb = Verb("goes the wrong way", "go the wrong way", "went the wrong way",
                "went the wrong way")  # fmt: skip
    options: WrongWayOptions
    hold_seconds = 2.0

    def blank(self) -> None:
        return None

    @property
    def unit(self) -> str:
        return "sizes" if self.ground is None else "metres"

    @property
    def least(self) -> float:
        """How far back is the wrong way, sizes or metres."""
        return self.options.min_sizes if self.ground is None else self.options.min_metres

    def look(
        self, state: State[Along, None], things: Mapping[int, Sighting[Along]], look: Look
    ) -> Found[Along, None]:
        watching = self.watching(look.now)
        after = dict(things)
        held: list[Held] = []
        alive = False
        for number, gap in self.gaps(things, look).items():
            thing = things[number]
            extent = look.extent(thing.latest.box)
            if not watching or not is_inside(gap, extent, thing.note is not None):
                after[number] = replace(thing, note=None)
                continue
            note = self._go(thing, look, extent)
            back = self._back(note, thing, extent, look)
            wrong = (
                self.sure(thing)
                and look.now - note.since >= self.options.min_seconds
                and back >= self.least
                and self._straight(note)
            )
            note = replace(note, wrong=wrong or (note.wrong and back > self.least / 2))
            after[number] = thing.noting(note)
            alive = alive or note.wrong
            if wrong:
                held.append(self._held(thing, note, back, look))
        return Found(after, None, tuple(held), alive)

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        single = len(incident.most) == 1
        what, place = words.things(incident.most), words.place(self.place)
        verb = self.verb.form(single=single, ended=ended)
        far = incident.measured
        measure = f"{far:.1f} of its own sizes" if self.ground is None else f"{far:.0f} m"
        limit = f"{self.least:g}" if self.ground is None else f"{self.least:g} m"
        numbers = {
            "now": 0.0 if ended else float(incident.now),
            "most": float(len(incident.most)),
            self.unit: round(far, 2),
            f"min_{self.unit}": self.least,
            f"margin_{self.unit}": round(far - self.least, 2),
            **incident.facts,
        }
        return f"{what} {verb} in {place}: {measure} against the arrow (limit {limit})", numbers

    def _held(self, thing: Sighting[Along], note: Along, back: float, look: Look) -> Held:
        more = self._facts(look.now - note.since)
        return Held(note.since, thing.kind, thing.latest.pixels, back, more)

    def _facts(self, lasted: float) -> dict[str, float]:
        limit = self.options.min_seconds
        return {
            "seconds": round(lasted, 3),
            "min_seconds": limit,
            "margin_seconds": round(lasted - limit, 3),
        }

    def _go(self, thing: Sighting[Along], look: Look, extent: float) -> Along:
        """Where along the arrow it is after this look."""
        old, foot = thing.note, thing.latest.foot
        if old is None:
            return self._begin(foot, look)
        passed = look.now - old.time
        if passed <= 0:
            return self._begin(foot, look)  # the clock stood still: who knows for how long
        paced = math.hypot(thing.pace[0] * look.size[0], thing.pace[1] * look.size[1])
        if look.gap(foot, old.foot) > LEAP * extent + paced * (passed + SMOOTH_SECONDS):
            return self._begin(foot, look)
        share = 1.0 - math.exp(-passed / SMOOTH_SECONDS)
        smooth = (
            old.foot[0] + share * (foot[0] - old.foot[0]),
            old.foot[1] + share * (foot[1] - old.foot[1]),
        )
        was, now = self._place(old.foot, look), self._place(smooth, look)
        if was is None or now is None:
            return self._begin(smooth, look)
        unit = 1.0 if self.ground is not None else extent
        here = (
            old.here[0] + (now[0] - was[0]) / unit,
            old.here[1] + (now[1] - was[1]) / unit,
        )
        covered = old.covered + abs(here[0] - old.here[0])
        if here[0] >= old.best[0] - SLACK * self.least:
            best = here if here[0] > old.best[0] else (old.best[0], here[1])
            return replace(
                old, time=look.now, foot=smooth, here=here, best=best, since=look.now, covered=0.0
            )
        return replace(old, time=look.now, foot=smooth, here=here, covered=covered)

    def _begin(self, foot: Point, look: Look) -> Along:
        return Along(look.now, foot, (0.0, 0.0), (0.0, 0.0), look.now)

    def _place(self, foot: Point, look: Look) -> Point | None:
        """How far along the arrow, and how far to its side: metres, or pixels."""
        along, aside = self._places(np.array([foot]), look.size)[0].tolist()
        return None if math.isnan(along) else (along, aside)

    def _places(self, feet: Doubles, size: tuple[int, int]) -> Doubles:
        """(n, 2) the same of (n, 2) points; nan where it cannot be told."""
        points = np.concatenate([self.options.arrow, feet])
        points = points * size if self.ground is None else self.ground.to_metres(points)
        start, end = points[0], points[1]
        ahead = (end - start) / np.hypot(*(end - start))
        away = points[2:] - start
        along = ahead[0] * away[:, 0] + ahead[1] * away[:, 1]
        aside = ahead[0] * away[:, 1] - ahead[1] * away[:, 0]
        found = np.stack([along, aside], axis=1)
        found[~np.isfinite(along + aside)] = np.nan
        return found

    def _back(self, note: Along, thing: Sighting[Along], extent: float, look: Look) -> float:
        """How far back it is from where it was furthest along: sizes, or metres at least."""
        back = note.best[0] - note.here[0]
        if self.ground is None:
            return back
        slide = self.ground.error_at([thing.latest.foot], look.size, SLIDE * extent)
        return back - float(slide[0])

    @staticmethod
    def _straight(note: Along) -> bool:
        """Whether its way back was steady, and not mostly to the side."""
        back = note.best[0] - note.here[0]
        aside = abs(note.best[1] - note.here[1])
        return back >= STEADY * note.covered and aside <= SLANT * back

    @property
    def scans(self) -> bool:
        return True

    def scan(self, state: State[Along, None], columns: Columns) -> Scanned[None]:
        n, time = len(columns.look), columns.time
        rows = np.flatnonzero(self.inside_rows(columns, columns.extent))
        begins = stretches_of(columns, rows)
        smooth = self._smooth(columns, rows, begins)
        here, anew = self._here(columns, rows, smooth, begins)
        best = here[:, 0].copy()
        for a, b in spans(anew):
            np.maximum.accumulate(best[a:b], out=best[a:b])
        there = anew.copy()  # where it is about as far along as it has been
        there[1:] |= here[1:, 0] >= best[:-1] - SLACK * self.least
        mark = latest(there) if len(rows) else rows
        since, aside = time[rows[mark]], np.abs(here[mark, 1] - here[:, 1])
        far = best - here[:, 0]
        back = far
        if self.ground is not None:
            slide = SLIDE * columns.extent[rows]
            back = far - self.ground.error_at(columns.feet[rows], columns.size, slide)
        wrong = sure(self, columns)[rows] & (back >= self.least) & (aside <= SLANT * far)
        wrong &= time[rows] - since >= self.options.min_seconds
        wrong &= self._steadily(here[:, 0], far, mark, wrong)
        goes_on = swings(wrong, ~wrong & ~(back > self.least / 2), anew) if len(rows) else wrong
        alive, held, begun, against = (
            _spread(one, rows, n) for one in (goes_on, wrong, since, back)
        )

        def facts(row: int) -> dict[str, float]:
            return self._facts(float(time[row]) - float(begun[row]))

        return holding(columns, None, alive, held, begun, against, facts)

    def _smooth(self, columns: Columns, rows: Ints, begins: Bools) -> Doubles:
        """(m, 2) the smoothed foot at each of these rows. ``begins`` also says, afterwards, where
        one leapt."""
        feet = columns.feet[rows]
        shares = [1.0 - math.exp(one) for one in (-columns.passed[rows] / SMOOTH_SECONDS).tolist()]
        x = y = 0.0
        made = []
        for (to_x, to_y), share, anew in zip(feet.tolist(), shares, begins.tolist(), strict=True):
            x, y = (to_x, to_y) if anew else (x + share * (to_x - x), y + share * (to_y - y))
            made.append((x, y))
        smooth = np.array(made).reshape(-1, 2)
        away = (feet[1:] - smooth[:-1]) * columns.size
        far = np.hypot(away[:, 0], away[:, 1]) > LEAP * columns.extent[rows[1:]] * (1 - 1e-9)
        far &= ~begins[1:]
        firsts = np.flatnonzero(begins)
        for which in np.unique(np.searchsorted(firsts, np.flatnonzero(far) + 1, side="right")):
            a = int(firsts[which - 1])
            b = int(firsts[which]) if which < len(firsts) else len(rows)
            self._leaping(columns, rows[a:b], shares[a:b], smooth[a:b], begins[a:b])
        return smooth

    @staticmethod
    def _leaping(
        columns: Columns, rows: Ints, shares: list[float], smooth: Doubles, begins: Bools
    ) -> None:
        """The same of one that may have leapt, row by row as `_go` has it: into ``smooth`` and
        ``begins``."""
        look, thing = columns.at(0), int(columns.thing[rows[0]])
        paces, first = columns.paces(thing), int(columns.begins[thing])
        feet, extents = columns.feet[rows].tolist(), columns.extent[rows].tolist()
        passed = columns.passed[rows].tolist()
        x, y = feet[0]
        for n in range(1, len(rows)):
            vx, vy = paces[int(rows[n]) - first]
            paced = math.hypot(vx * look.size[0], vy * look.size[1])
            reach = LEAP * extents[n] + paced * (passed[n] + SMOOTH_SECONDS)
            to_x, to_y = feet[n]
            if look.gap((to_x, to_y), (x, y)) > reach:
                x, y, begins[n] = to_x, to_y, True
            else:
                x, y = x + shares[n] * (to_x - x), y + shares[n] * (to_y - y)
            smooth[n] = x, y

    def _here(
        self, columns: Columns, rows: Ints, smooth: Doubles, begins: Bools
    ) -> tuple[Doubles, Bools]:
        """(m, 2) how far along the arrow and to its side each has come; and where that begins."""
        at = self._places(smooth, columns.size)
        steps = np.diff(at, axis=0, prepend=np.nan)
        if self.ground is None:
            steps /= columns.extent[rows][:, None]
        anew = begins | np.isnan(steps[:, 0])
        steps[anew] = 0.0
        for a, b in spans(anew):
            np.add.accumulate(steps[a:b], axis=0, out=steps[a:b])
        return steps, anew

    @staticmethod
    def _steadily(here: Doubles, far: Doubles, mark: Ints, asked: Bools) -> Bools:
        """(m,) whether the way back was a steady one, at the rows that are asked for."""
        found = np.zeros(len(here), np.bool_)
        rows = np.flatnonzero(asked)
        firsts = np.flatnonzero(np.diff(mark[rows], prepend=-1))
        for which, first in enumerate(firsts.tolist()):
            last = int(firsts[which + 1]) - 1 if which + 1 < len(firsts) else len(rows) - 1
            a, b = int(mark[rows[first]]), int(rows[last]) + 1
            covered = np.zeros(b - a)
            np.add.accumulate(np.abs(np.diff(here[a:b])), out=covered[1:])
            found[a:b] = far[a:b] >= STEADY * covered
        return found


def _spread(values: NDArray[Any], rows: Ints, n: int) -> NDArray[Any]:
    """(n,) the ``values`` (m,) in their ``rows``, nothing in the others."""
    whole = np.zeros(n, values.dtype)
    whole[rows] = values
    return whole
