"""A queue is too long, or people wait in it for too long.

Who stands or moves slowly in the zone is in the queue; who walks through is not. Slowly is meant in
body heights a second, measured over the last seconds, so that one step forward is still waiting and
distance from the camera does not matter.
"""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from streetlamp.geometry import Point
from streetlamp.rules import words
from streetlamp.rules.base import RULES, Found, State
from streetlamp.rules.columns import (
    Columns,
    Doubles,
    lasting,
    ranks,
    shown,
    still_sure,
    swings,
    watching,
)
from streetlamp.rules.incident import Held, Incident
from streetlamp.rules.memory import Box, Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.presence import around, around_zone
from streetlamp.rules.scan import Scanned
from streetlamp.rules.steady import Steady, SteadyRows, since
from streetlamp.rules.zone import EDGE, ZoneOptions, ZoneRule, is_inside, least_time, time_to_clear
from streetlamp.values import Bools, Kind

PACE_SECONDS: Final = 3.0  # how fast somebody is, is measured over so long
KNOWN_SECONDS: Final = 2.0  # … and known after so long
TRAIL_SECONDS: Final = 0.5  # between two places that are remembered for it
WALKS: Final = 2.0  # times `slow`: who is faster than this has left the queue
SERVED_SECONDS: Final = 900.0  # who was served longer ago says nothing of now
SERVED_MOST: Final = 10
SERVED_LEAST: Final = 3


class QueueOptions(ZoneOptions):
    kind: Literal["queue"] = Field("queue", title="Kind", description="Which rule this is.")
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON,),
        title="Classes",
        description="What queues: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    limit: int = Field(
        6,
        ge=0,
        le=10_000,
        title="Limit",
        description="So many in the queue are an incident; 0: it may be any length.",
    )
    max_wait_seconds: float = Field(
        0.0,
        ge=0,
        le=86400,
        title="Longest wait",
        description="A longer wait is an incident; 0: it may be any time.",
    )
    wait_of: Literal["longest", "served"] = Field(
        "longest",
        title="Whose wait",
        description="longest: of the one who has waited longest; served: the median of the last ten"
        " who were seen to leave (three at the least, within 15 minutes).",
    )
    min_seconds: float = least_time(
        10.0, "Seconds the queue must be too long (or too slow) before it is an incident.", ge=0
    )
    clear_seconds: float = time_to_clear(
        30.0, "Seconds it must no longer be too long (or too slow) before the incident has ended."
    )
    slow: float = Field(
        0.25,
        gt=0,
        le=5,
        title="Slow",
        description="Who moves by less than this queues: body heights a second, over 3 seconds"
        " (walking is 0.5 to 1).",
    )
    smooth_seconds: float = Field(
        5.0,
        ge=0,
        le=60,
        title="Smoothing",
        description="The length of the queue is the median of so many seconds.",
    )

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if not self.limit and not self.max_wait_seconds:
            raise ValueError("neither limit nor max_wait_seconds is set: nothing can happen")
        return self


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody has been in the last seconds, and since when they are in the queue."""

    trail: tuple[tuple[float, Point], ...]  # fractions of the picture
    inside: float | None = None  # since when in the zone
    joined: float | None = None  # since when in the queue


@dataclass(frozen=True, slots=True)
class Line:
    """How long the queue is, since when it is too long, and how long the last ones waited."""

    steady: Steady = field(default_factory=Steady)
    since: float | None = None
    served: tuple[tuple[float, float], ...] = ()  # when, and after how long


@RULES.add("queue")
class Queue(ZoneRule[Place, Line]):
    """Stands by the middle of the box's lower edge. Draw the zone where people queue, without the
    way past it and without whoever serves them."""

    kind = "queue"
    summary = "A queue is too long, or people wait in it for too long."
    Options = QueueOptions
    options: QueueOptions
    hold_seconds = 5.0  # who queues is hidden by the next one now and then
    relink_seconds = 3.0

    def blank(self) -> Line:
        return Line()

    def look(
        self, state: State[Place, Line], things: Mapping[int, Sighting[Place]], look: Look
    ) -> Found[Place, Line]:
        if not self.watching(look.now):
            return Found({n: replace(one, note=None) for n, one in things.items()}, Line())
        after = dict(things)
        old = state.notes
        if old.steady.blind(look.now):
            old = Line(served=old.served)
        served = [one for one in old.served if look.now - one[0] <= SERVED_SECONDS]
        for number, gap in self.gaps(things, look).items():
            thing = things[number]
            note, left = self._queue(thing, gap, look)
            after[number] = thing.noting(note)
            if left is not None and self.still_sure(thing):
                served.append((look.now, look.now - left))
        queue = [
            (thing, thing.note.joined)
            for thing in after.values()
            if thing.note is not None and thing.note.joined is not None and self.still_sure(thing)
        ]
        here = Counter(thing.kind for thing, _ in queue)
        steady = old.steady.adding(look.now, here, self.options.smooth_seconds)
        served = served[-SERVED_MOST:]
        length = steady.count
        wait = self._wait([joined for _, joined in queue], served, look)
        bad = self._bad(length, wait)
        since = (look.now if old.since is None else old.since) if bad > 0 else None
        notes = Line(steady, since, tuple(served))
        if since is None or (
            state.incident is None and look.now - since < self.options.min_seconds
        ):
            return Found(after, notes)
        box = around([thing.latest.pixels for thing, _ in queue])
        return Found(after, notes, self._all(since, bad, length, wait, box, look))

    def _all(
        self, since: float, bad: float, length: int, wait: float, box: Box | None, look: Look
    ) -> tuple[Held, ...]:
        held = Held(
            since,
            self.options.classes[0],
            around_zone(self.place, look) if box is None else box,
            bad,
            {"length": length, "wait_seconds": round(wait, 1)},
        )
        return (held,) * max(length, 1)

    def _queue(self, thing: Sighting[Place], gap: float, look: Look) -> tuple[Place, float | None]:
        """Its place after this look; and since when it had queued, if it has left now."""
        old, foot = thing.note, thing.latest.foot
        trail = () if old is None else old.trail
        height = look.scale(thing.latest.box)[1]
        came = None if old is None else old.inside
        inside = None
        if is_inside(gap, height, came is not None):
            inside = look.now if came is None else came
        pace = None
        past = [one for one in trail if one[0] >= look.now - PACE_SECONDS]
        if past and look.now - past[0][0] >= KNOWN_SECONDS:
            pace = look.gap(foot, past[0][1]) / (look.now - past[0][0]) / max(height, 1.0)
        if not past or look.now - past[-1][0] >= TRAIL_SECONDS:
            past.append((look.now, foot))
        joined = None if old is None else old.joined
        if joined is not None and (inside is None or (pace or 0.0) > WALKS * self.options.slow):
            return Place(tuple(past), inside), joined
        if joined is None and inside is not None and pace is not None and pace <= self.options.slow:
            joined = max(inside, past[0][0])  # it has been slow for as long as its pace goes back
        return Place(tuple(past), inside, joined), None

    @property
    def scans(self) -> bool:
        return not self.options.max_wait_seconds

    def scan(self, state: State[Place, Line], columns: Columns) -> Scanned[Line]:
        now, k, old = columns.now, len(columns.now), state.notes
        watched = watching(self, columns)
        joined, left = self._joined(columns, watched)
        sure = still_sure(self, columns, ~np.isnan(joined) | ~np.isnan(left))
        rows = np.flatnonzero(~np.isnan(joined) & sure)
        rest = np.append(np.flatnonzero(~watched), k)  # with these, all is forgotten
        stop = lasting(columns, rows, self.hold_seconds)
        stop = np.minimum(stop, rest[np.searchsorted(rest, columns.look[rows])])
        ahead = np.bincount(columns.look[rows], minlength=k + 1)
        here = np.cumsum(ahead - np.bincount(stop, minlength=k + 1))[:k]
        steady = SteadyRows(old.steady, now, watched, self.options.smooth_seconds)
        many = steady.with_past(here)
        length = steady.medians(many, self.options.limit, int(many.max()))
        length[~watched] = 0
        bad = length >= self.options.limit
        long = since(bad, steady.begun, now, None if steady.blank else old.since)
        until = dict(zip(rows.tolist(), stop.tolist(), strict=True))
        served = self._left(columns, left, sure)
        looks = [at for at, _, _ in served]

        def served_at(look: int) -> list[tuple[float, float]]:
            rested = int(np.searchsorted(rest, look))
            anew = int(rest[rested - 1]) if rested else -1
            past = [*old.served] if anew < 0 else []
            high = bisect_right(looks, look)
            some = served[max(0, high - SERVED_MOST) : high]
            past += [(one, waited) for at, one, waited in some if at > anew]
            return [one for one in past if now[look] - one[0] <= SERVED_SECONDS][-SERVED_MOST:]

        def held(look: int) -> tuple[Held, ...]:
            queue = shown(columns, look, self.hold_seconds, until)
            since_when = [float(joined[row]) for row in queue]
            at, n = columns.at(look), int(length[look])
            box = around([columns.pixels(row) for row in queue])
            wait = self._wait(since_when, served_at(look), at)
            return self._all(float(long[look]), self._bad(n, wait), n, wait, box, at)

        last = k - 1
        after = Line()
        if watched[last]:
            begun = float(long[last]) if bad[last] else None
            kind = {self.options.classes[0]: many}
            after = Line(steady.steady(last, kind), begun, tuple(served_at(last)))
        worst = np.where(bad, length / (self.options.limit or 1), -np.inf)
        lasts = bad & (now - long >= self.options.min_seconds)
        alive = np.zeros(k, np.bool_)
        return Scanned(after, alive, np.where(bad, length, 0), worst, held, begins=lasts)

    def _left(self, columns: Columns, left: Doubles, sure: Bools) -> list[tuple[int, float, float]]:
        """Who was seen to leave the queue, in order: the look, when, and after how long."""
        place = np.empty(len(columns.row), np.int64)
        place[columns.row] = np.arange(len(columns.row))
        rows = np.flatnonzero(~np.isnan(left) & sure)
        rows = rows[np.argsort(place[rows])]
        time = columns.time[rows]
        waited = time - left[rows]
        return list(zip(columns.look[rows].tolist(), time.tolist(), waited.tolist(), strict=True))

    def _joined(self, columns: Columns, watched: Bools) -> tuple[Doubles, Doubles]:
        """(n,) since when each is in the queue, and since when it was that has left it just now;
        nan where it is not."""
        n, time = len(columns.look), columns.time
        here = watched[columns.look]
        rested = np.concatenate([[0], np.cumsum(~watched)])
        begins = columns.start.copy()  # or all was forgotten since it was seen before
        begins[1:] |= rested[columns.look[1:]] != rested[columns.look[:-1]]
        leaves = np.maximum(2.0, EDGE * columns.tall)
        gaps = self.gap_rows(columns, leaves)
        inside = swings((gaps >= 0) & here, (gaps < -leaves) | ~here, begins)
        past = self._past(columns, begins)
        known = past >= 0
        first = np.maximum(past, 0)
        passed = np.where(known, time - time[first], 1.0)
        known &= passed >= KNOWN_SECONDS
        away = (columns.feet - columns.feet[first]) * columns.size
        pace = np.hypot(away[:, 0], away[:, 1]) / passed / np.maximum(columns.tall, 1.0)
        for limit in (self.options.slow, WALKS * self.options.slow):
            for row in np.flatnonzero(known & (np.abs(pace - limit) < 1e-9)).tolist():
                a, b = columns.feet[row].tolist(), columns.feet[first[row]].tolist()
                gap = columns.at(0).gap(a, b)  # rounded as `look` rounds it
                pace[row] = gap / float(passed[row]) / max(float(columns.tall[row]), 1.0)
        slow = inside & known & (pace <= self.options.slow)
        queues = swings(slow, ~inside | (known & (pace > WALKS * self.options.slow)), begins)
        comes = queues & (begins | ~np.roll(queues, 1))
        at = np.arange(n) - ranks(comes | begins)
        came = time[np.arange(n) - ranks((inside & ~np.roll(inside, 1)) | begins)]
        joined = np.where(queues, np.maximum(came, time[first])[at], np.nan)
        left = np.full(n, np.nan)
        goes = np.flatnonzero(~queues & ~begins & np.roll(queues, 1))
        left[goes] = joined[goes - 1]
        return joined, left

    def _past(self, columns: Columns, begins: Bools) -> NDArray[np.int64]:
        """(n,) the row whose place is compared with each; -1 where there is none."""
        n, time = len(columns.look), columns.time
        if not n:
            return np.zeros(0, np.int64)
        following = np.arange(1, n + 1)  # the next row that is kept, if this one is
        near = np.arange(n)
        while len(near):
            near = near[following[near] < n]
            after = following[near]
            near = near[~begins[after] & (time[after] - time[near] < TRAIL_SECONDS)]
            following[near] += 1
        steps: list[int] = following.tolist()
        kept, row = [], 0
        while row < n:
            kept.append(row)
            row = steps[row]
        rows, part = np.array(kept), np.cumsum(begins) * 1e6
        oldest = time - PACE_SECONDS
        since_start = time - columns.now[0] + part
        which = np.searchsorted(since_start[rows], since_start - PACE_SECONDS - 0.01)
        which += time[rows[np.minimum(which, len(rows) - 1)]] < oldest
        found = rows[np.minimum(which, len(rows) - 1)]
        good = (which < len(rows)) & (found < np.arange(n)) & (part[found] == part)
        return np.where(good, found, -1)

    def _wait(self, joined: list[float], served: list[tuple[float, float]], look: Look) -> float:
        """How long one waits, by the way that was asked for; 0 when it is not known."""
        if self.options.wait_of == "longest":
            return look.now - min(joined) if joined else 0.0
        if len(served) < SERVED_LEAST:
            return 0.0
        return statistics.median(waited for _, waited in served)

    def _bad(self, length: int, wait: float) -> float:
        """How many times what is allowed it is, the worse of the two; 0: it is allowed."""
        worst = 0.0
        if self.options.limit and length >= self.options.limit:
            worst = length / self.options.limit
        if self.options.max_wait_seconds and wait > self.options.max_wait_seconds and length:
            worst = max(worst, wait / self.options.max_wait_seconds)
        return worst

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        length, wait = int(incident.facts["length"]), incident.facts["wait_seconds"]
        limit, longest = self.options.limit, self.options.max_wait_seconds
        who = words.things((incident.most[0],) * length)
        verb = (
            ("queued" if ended else "queues") if length == 1 else ("queued" if ended else "queue")
        )
        text = f"{who} {verb} in {words.place(self.place)}"
        numbers: dict[str, float] = {"length": length, "wait_seconds": wait}
        if limit:
            numbers |= {"limit": limit, "margin": length - limit}
            if length >= limit:
                text += f" ({limit} or more are too many)"
        if longest:
            numbers |= {
                "max_wait_seconds": longest,
                "margin_seconds": round(wait - longest, 1),
            }
            if wait > longest:
                by = "the longest" if self.options.wait_of == "longest" else "the last served"
                text += f" and {by} waited {words.lasting(wait)}"
                text += f" (over {words.lasting(longest)} is too long)"
        if ended:
            text += f", for {words.lasting(incident.last - incident.start)}"
        return text, {
            **numbers,
            "seconds": round(incident.last - incident.start, 3),
            "min_seconds": self.options.min_seconds,
        }
