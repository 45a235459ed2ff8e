"""Where things are in a camera's picture, hour by hour, as sums by cell: heat maps.

What is summed is the time between two sightings of a thing, laid along the straight line between
them, so uneven looks weigh what they should; a gap longer than `GAP_SECONDS` counts for nothing.
The first sighting of a thing therefore counts nothing either. Nor does a thing whose feet the
picture's lower edge cuts off: nobody knows where it stands.

A cell's sum is handed out only once enough different things were in it within the hour
(k-anonymity, Sweeney 2002, with the cell and hour as the quasi-identifier); what is too little for
its hour is carried over to the day and handed out under the same condition; the rest is forgotten.
"Different" is counted low: a number that appears inside the picture where another was lost a moment
before is taken for the same thing. Seconds of waiting have their own count, of those that waited.
See ``design/heat.md``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Final

import numpy as np

from streetlamp.geometry import Point
from streetlamp.rules.base import BACK_SECONDS
from streetlamp.rules.heat_options import HeatOptions
from streetlamp.rules.memory import Box, Look, Sighting, follow, look_at
from streetlamp.values import HEAT_GRID, Heat, Kind, Tracks

GAP_SECONDS: Final = 3.0  # between two sightings of a thing: it was between them all the time
LOST_SECONDS: Final = 10.0  # for so long a thing that was lost may turn up under another number
REACH: Final = 0.6  # of its own length it may have gone, and as much again …
PACE: Final = 1.0  # … as this many lengths a second
BORDER: Final = 0.02  # of the picture: what is lost or found this near its edge left or came in
CUT: Final = 0.004  # of the picture: whose box ends this near its lower edge stands outside of it
MIN_LOOKS: Final = 3  # evidence, as rules ask for: a ghost must not make a crowd of one person
MIN_SCORE: Final = 0.3
PACE_KNOWN: Final = 1.0  # s for which it must have been followed before its pace is known
DEEP: Final = 2.0  # a way into the depth of the picture looks about this much shorter

HOUR: Final = "hour"
DAY: Final = "day"
FAMILIES: Final = ("person", "vehicle")


@dataclass(slots=True)
class Sums:
    """Seconds by cell, each with who made them; told once they are enough."""

    seconds: dict[int, float] = field(default_factory=dict)
    things: dict[int, set[int]] = field(default_factory=dict)
    told: dict[int, int] = field(default_factory=dict)  # how many things of a cell were told

    def add(self, cell: int, seconds: float, things: set[int]) -> None:
        self.seconds[cell] = self.seconds.get(cell, 0.0) + seconds
        self.things.setdefault(cell, set()).update(things)

    def take(self, least: int) -> Iterator[tuple[int, int, int]]:
        """Cell, whole seconds and how many things, of what was not told yet where they are enough.

        The part of a second that is left over stays for the next time.
        """
        for cell, things in self.things.items():
            if len(things) < least:
                continue
            seconds = round(self.seconds[cell])
            new = len(things) - self.told.get(cell, 0)
            self.seconds[cell] -= seconds
            self.told[cell] = len(things)
            if seconds or new:
                yield cell, seconds, new

    def rest(self, least: int) -> Iterator[tuple[int, float, set[int]]]:
        """What is in cells where they are too few."""
        for cell, things in self.things.items():
            if len(things) < least:
                yield cell, self.seconds[cell], things


@dataclass(slots=True)
class Period:
    """An hour or a day of one kind of things."""

    kind: str
    start: int
    span: str
    here: Sums = field(default_factory=Sums)
    waiting: Sums = field(default_factory=Sums)

    def take(self, camera: str, least: int) -> Heat | None:
        """What can be told and was not yet."""
        sums: dict[int, list[int]] = {}
        for cell, seconds, things in self.here.take(least):
            sums[cell] = [seconds, 0, things]
        for cell, seconds, _ in self.waiting.take(least):
            sums.setdefault(cell, [0, 0, 0])[1] = seconds
        if not sums:
            return None
        cells = sorted(sums)
        table = np.array([sums[cell] for cell in cells], np.int64)
        return Heat(
            camera, self.kind, self.start, self.span, np.array(cells, np.int64),
            table[:, 0], table[:, 1], table[:, 2],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a thing while it is in the picture."""

    time: float  # when it was seen last …
    foot: Point  # … and where it stood then, fractions of the picture
    centre: Point
    entered: bool  # it was first seen at the picture's edge
    thing: int | None = None  # which of the hour's things it is; None: not enough evidence yet


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that was lost inside the picture."""

    time: float
    place: Point
    family: bool  # a person
    thing: int


class HeatMeter:
    """The heat of one camera. One thread gives it looks; it knows no clock."""

    def __init__(self, camera: str, options: HeatOptions, zone: tzinfo) -> None:
        self._camera = camera
        self._options = options
        self._zone = zone
        self._now: float | None = None
        self._things: dict[int, Sighting[Known]] = {}
        self._lost: list[Lost] = []
        self._next = 0
        self._until = -math.inf  # of the hour
        self._hours: dict[str, Period] = {}
        self._days: dict[str, Period] = {}
        self._done: list[Heat] = []

    def look(self, tracks: Tracks) -> None:
        """Takes in what is seen now."""
        if self._now is not None and tracks.time < self._now - BACK_SECONDS:
            self._things, self._lost, self._now = {}, [], None
        now = tracks.time if self._now is None else max(self._now, tracks.time)
        self._now = now
        self._begin(now)
        if not len(tracks) and not self._things:
            return
        look = look_at(tracks, now, frozenset({True, False}))
        after = follow(self._things, look, GAP_SECONDS)
        self._note_lost(after, now)
        here = [number for number, thing in after.items() if thing.last == now]
        for number in here:
            after[number] = self._meet(after[number], after, look)
        self._things = after

    def take(self) -> list[Heat]:
        """What can be told since the last time; to be added to what was told before."""
        told, self._done = self._done, []
        for period in (*self._hours.values(), *self._days.values()):
            told += self._told(period)
        return told

    def _meet(
        self, thing: Sighting[Known], things: Mapping[int, Sighting[Known]], look: Look
    ) -> Sighting[Known]:
        """One thing that is seen now: the time since it was seen last goes to where it was."""
        before, place = thing.note, thing.latest
        if before is None:
            return thing.noting(Known(look.now, place.foot, place.centre, _at_border(place.box)))
        known = replace(before, time=look.now, foot=place.foot, centre=place.centre)
        if thing.looks < MIN_LOOKS or thing.mean_score < MIN_SCORE:
            return thing.noting(known)
        if known.thing is None:
            known = replace(known, thing=self._which(thing, known, things, look))
        assert known.thing is not None
        if look.now > before.time and place.box[3] < 1.0 - CUT:
            hour = self._hours[FAMILIES[thing.kind is not Kind.PERSON]]
            cells = _way(before.foot, place.foot)
            each = (look.now - before.time) / len(cells)
            still = self._waits(thing, look)
            for cell in cells:
                hour.here.add(cell, each, {known.thing})
                if still:
                    hour.waiting.add(cell, each, {known.thing})
        return thing.noting(known)

    def _waits(self, thing: Sighting[Known], look: Look) -> bool:
        """Whether it hardly moves: not before its pace is known."""
        across = thing.pace[0] * look.size[0]
        deep = thing.pace[1] * look.size[1] * DEEP
        length = max(*look.scale(thing.latest.box), 4.0)
        pace = math.hypot(across, deep) / length
        return look.now - thing.first >= PACE_KNOWN and pace < self._options.still_below

    def _which(
        self,
        thing: Sighting[Known],
        known: Known,
        things: Mapping[int, Sighting[Known]],
        look: Look,
    ) -> int:
        """Which thing this is: one that was lost near by a moment ago, or a new one."""
        family = thing.kind is Kind.PERSON
        length = max(look.scale(thing.latest.box))
        gone = [_lost(one) for one in things.values() if one.last < look.now]
        if not known.entered:
            for one in (*reversed(self._lost), *gone):
                if one is None or one.family != family or one.time > thing.first:
                    continue  # both were there at once: they are two
                reach = (REACH + PACE * (thing.first - one.time)) * length
                if look.gap(one.place, known.centre) <= reach:
                    return one.thing
        self._next += 1
        return self._next

    def _note_lost(self, after: Mapping[int, Sighting[Known]], now: float) -> None:
        """Remembers what was not seen for too long, unless it left by the picture's edge."""
        self._lost = [one for one in self._lost if now - one.time <= LOST_SECONDS]
        kept = {one.note.thing for one in after.values() if one.note is not None}
        for number, old in self._things.items():
            if number not in after:
                one = _lost(old)
                if one is not None and one.thing not in kept:
                    self._lost.append(one)

    def _begin(self, now: float) -> None:
        """Sees to it that the hour and day of this moment are open."""
        if self._until - 3600 <= now < self._until:
            return
        local = datetime.fromtimestamp(now, self._zone)
        into = local.minute * 60 + local.second + local.microsecond / 1e6
        hour = round(now - into)
        midnight = datetime(local.year, local.month, local.day, tzinfo=self._zone)
        day = round(midnight.timestamp())
        for kind in FAMILIES:
            self._end_hour(kind)
            if kind in self._days and self._days[kind].start != day:
                self._done += self._told(self._days.pop(kind))
            self._days.setdefault(kind, Period(kind, day, DAY))
            self._hours[kind] = Period(kind, hour, HOUR)
        self._until = hour + 3600

    def _end_hour(self, kind: str) -> None:
        """Tells an hour's last, and gives to its day what was too little."""
        hour, day = self._hours.pop(kind, None), self._days.get(kind)
        if hour is None or day is None:
            return
        self._done += self._told(hour)
        for of_hour, of_day in ((hour.here, day.here), (hour.waiting, day.waiting)):
            for cell, seconds, things in of_hour.rest(self._options.min_things):
                of_day.add(cell, seconds, things)

    def _told(self, period: Period) -> list[Heat]:
        made = period.take(self._camera, self._options.min_things)
        return [] if made is None else [made]


def _lost(old: Sighting[Known]) -> Lost | None:
    """It as something lost; None if nobody knew which thing it was, or it left by the edge."""
    known = old.note
    if known is None or known.thing is None or _at_border(old.latest.box):
        return None
    return Lost(old.last, known.centre, old.kind is Kind.PERSON, known.thing)


def _at_border(box: Box) -> bool:
    x1, y1, x2, y2 = box
    return x1 < BORDER or y1 < BORDER or x2 > 1.0 - BORDER or y2 > 1.0 - BORDER


def _way(a: Point, b: Point) -> list[int]:
    """The cells of points along the way from a to b (fractions), two or more a cell's width."""
    columns, rows = HEAT_GRID
    far = max(abs(b[0] - a[0]) * columns, abs(b[1] - a[1]) * rows)
    n = max(1, math.ceil(2.0 * far))
    cells = []
    for i in range(n):
        share = (i + 0.5) / n
        x, y = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
        column = min(columns - 1, max(0, int(x * columns)))
        row = min(rows - 1, max(0, int(y * rows)))
        cells.append(row * columns + column)
    return cells
