"""Somebody on foot and a vehicle came so close in time that little was missing to a collision.

Two measures of research on traffic safety, on the calibrated ground:

- time to collision (Hayward 1972): in how many seconds the two would touch if both went on as they
  do,
- post-encroachment time (Allen, Shin & Cooper 1978): how many seconds after the one had left a spot
  the other came there.

A vehicle is a rectangle of its kind's usual size that points where it goes. Of the rectangle's
width as much is taken away as the places may be off by when they meet, so that somebody beside a
passing car is not in its way. The event comes when both measures are known: when it is over.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Any, Final, Literal

import numpy as np
from pydantic import Field

from streetlamp.geometry import Place, Zone
from streetlamp.ground import Plane
from streetlamp.rules import words
from streetlamp.rules.base import RULES, Found, Moment, Rule, State
from streetlamp.rules.book import BLIND, TOLD_SECONDS, Book, Encounter, Encounters
from streetlamp.rules.columns import Columns, Ints, evident, swings, watching
from streetlamp.rules.encounters import Asked, Candidates, Cast
from streetlamp.rules.meetings import Limits, Meeting, Meetings
from streetlamp.rules.memory import Box, Look, Sighting
from streetlamp.rules.motion import Pace, Step, extend, length, pace, steps_of
from streetlamp.rules.movers import (
    FOOTPRINTS,
    MOVING,
    Mover,
    Paths,
    Spot,
    apart,
    both,
    enters,
    gaps,
    mover,
    seen_from,
)
from streetlamp.rules.options import KindName, RuleOptions
from streetlamp.rules.scan import Scanned, only_moments
from streetlamp.rules.zone import EDGE, distances, is_inside
from streetlamp.values import Kind

PACE_SECONDS: Final = 1.2  # a pace is measured over this at most
PACE_LEAST: Final = 0.5
STANDS: Final = 0.3  # m/s: nobody stands more still than that
TRAIL_SECONDS: Final = 6.0  # how far back ways are compared
TOGETHER: Final = (
    1.5  # m/s: two that differ by less and lie on each other are a vehicle and its rider
)
STOPS: Final = 0.5  # s: who walks or cycles stops within so much of their way
SETTLE_SECONDS: Final = 1.0  # after the later of the two could have come: then it is over
REACH: Final = 3.0  # m about a trail in which another matters


class NearMissOptions(RuleOptions):
    kind: Literal["near_miss"] = Field("near_miss", title="Kind", description="Which rule this is.")
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON, Kind.BICYCLE),
        title="Classes",
        description="Who is in danger; stands in the zone when it is close.",
        min_length=1,
    )
    vehicles: tuple[KindName, ...] = Field(
        (Kind.CAR, Kind.MOTORCYCLE, Kind.BUS, Kind.TRUCK),
        title="Vehicles",
        description="What they are in danger from.",
        min_length=1,
    )
    ttc_seconds: float = Field(
        1.5,
        ge=0,
        le=10,
        title="Time to collision",
        description="A near miss when, at several looks in a row, so few seconds or fewer were left"
        " to a collision if both had gone on as they did; 0: never by this.",
    )
    pet_seconds: float = Field(
        1.0,
        ge=0,
        le=5,
        title="Post-encroachment time",
        description="A near miss when one came where the other had been so few seconds before, or"
        " fewer; 0: never by this.",
    )


@RULES.add("near_miss")
class NearMiss(Rule[Mover, Encounters]):
    """Each pair is one event, told when it is over. Who stands beside the way of a vehicle is in no
    danger by either measure."""

    kind = "near_miss"
    summary = "Somebody and a vehicle nearly collided: time to collision, post-encroachment time."
    watches = Zone
    Options = NearMissOptions
    needs_ground = True
    options: NearMissOptions
    place: Zone
    ground: Plane
    hold_seconds = 4.0

    def __init__(
        self,
        options: Any,
        place: Place,
        timezone: tzinfo = UTC,
        ground: Plane | None = None,
    ) -> None:
        super().__init__(options, place, timezone, ground)
        watched = (*self.options.classes, *self.options.vehicles)
        self._families = frozenset(kind is Kind.PERSON for kind in watched)

    def blank(self) -> Encounters:
        return Encounters()

    def sure(self, thing: Sighting[Mover]) -> bool:
        return self.evident(thing) and (
            thing.kind in self.options.classes or thing.kind in self.options.vehicles
        )

    def look(
        self, state: State[Mover, Encounters], things: Mapping[int, Sighting[Mover]], look: Look
    ) -> Found[Mover, Encounters]:
        notes = state.notes
        if not 0 < look.now - notes.time <= BLIND:  # too long, or a clock that was set back
            notes = Encounters()
            things = {number: replace(thing, note=None) for number, thing in things.items()}
        after = self._move(things, look)
        known = {one.pair: one for one in notes.known}
        if self.watching(look.now):
            paths = Paths()
            for weak, strong in self._pairs(after, look):
                pair = (mover(weak).name, mover(strong).name)
                found = self._meet(known.get(pair), pair, weak, strong, look, paths)
                if found is not None:
                    known[pair] = found
        moments = []
        for pair, one in list(known.items()):
            age = look.now - one.changed
            if not one.told and age > self.settled:
                if self.near(one):
                    moments.append(self.told(one))
                known[pair] = replace(one, told=True)
            if age > TOLD_SECONDS:
                del known[pair]
        return Found(after, Encounters(look.now, tuple(known.values())), moments=tuple(moments))

    @property
    def settled(self) -> float:
        """Seconds after the last change when it is over."""
        return self.options.pet_seconds + SETTLE_SECONDS

    def _move(
        self, things: Mapping[int, Sighting[Mover]], look: Look
    ) -> dict[int, Sighting[Mover]]:
        """All things with where they are now."""
        after = dict(things)
        here = {number: one for number, one in things.items() if one.last == look.now}
        if not here:
            return after
        feet = np.array([one.latest.foot for one in here.values()])
        steps = steps_of(look, self.ground)
        gaps = self.place.distance(feet * look.size, look.size).tolist()
        for (number, thing), gap in zip(here.items(), gaps, strict=True):
            old = thing.note or Mover(number)
            way = extend(old.way, steps.get(thing.latest.id), look.now, PACE_SECONDS)
            inside = is_inside(gap, look.scale(thing.latest.box)[1], old.inside)
            if way.steps == old.way.steps or not way.steps:
                after[number] = thing.noting(replace(old, way=way, pace=None, inside=inside))
                continue
            above = STANDS if thing.kind is Kind.PERSON else MOVING
            found = pace(way, self.ground, look.size, PACE_LEAST, above)
            trail = tuple(one for one in old.trail if look.now - one.time <= TRAIL_SECONDS)
            trail = (*trail, self._spot(thing.kind, way.steps[-1], found, look, inside))
            after[number] = thing.noting(Mover(old.name, way, trail, found, inside))
        return after

    def _spot(self, kind: Kind, step: Step, found: Pace | None, look: Look, inside: bool) -> Spot:
        """The middle of what it covers: a box's lower edge is the near side of a vehicle."""
        (x, y), (vx, vy) = ((step.x, step.y), (0.0, 0.0)) if found is None else (
            found.at, found.velocity,
        )  # fmt: skip
        doubt = step.doubt
        if found is None or found.speed <= MOVING or kind is Kind.PERSON:
            return Spot(look.now, x, y, vx, vy, doubt, inside)
        up = -self.ground.jacobian(self.ground.to_picture([(x, y)]))[0][:, 1]
        up_x, up_y = up.tolist()
        far = length(up_x, up_y)
        up_x, up_y = up_x / far, up_y / far
        long, wide = FOOTPRINTS[kind]
        ahead = abs(up_x * vx + up_y * vy) / found.speed
        half = ahead * long / 2 + math.sqrt(max(1 - ahead * ahead, 0.0)) * wide / 2
        x, y = x + half * up_x, y + half * up_y
        return Spot(look.now, x, y, vx, vy, doubt, inside)

    def _pairs(
        self, things: Mapping[int, Sighting[Mover]], look: Look
    ) -> Iterator[tuple[Sighting[Mover], Sighting[Mover]]]:
        """Who is in danger, and a vehicle that may be near it: one of them seen now."""
        ready = [
            (one, one.kind)
            for one in things.values()
            if one.note is not None and one.note.trail and self.sure(one)
        ]
        weak = [one for one, kind in ready if kind in self.options.classes]
        strong = [one for one, kind in ready if kind in self.options.vehicles]
        if not weak or not strong:
            return
        near = np.array([_bounds(mover(one)) for one in weak])[:, None]
        far = np.array([_bounds(mover(one)) for one in strong])[None]
        apart = np.maximum(near[..., :2] - far[..., 2:], far[..., :2] - near[..., 2:])
        for i, j in np.argwhere((apart <= 0).all(axis=-1)).tolist():
            one, other = weak[i], strong[j]
            if one is not other and look.now in (one.last, other.last):
                yield one, other

    def _meet(
        self,
        old: Encounter | None,
        pair: tuple[int, int],
        weak: Sighting[Mover],
        strong: Sighting[Mover],
        look: Look,
        paths: Paths,
    ) -> Encounter | None:
        """The encounter after this look; None while there is none."""
        a, b = mover(weak), mover(strong)
        now = None
        if a.pace is not None and b.pace is not None and weak.last == strong.last == look.now:
            if self._rides(a, b):
                return replace(old or Encounter(pair, look.now), together=True, changed=look.now)
            if b.pace.sure >= MOVING and a.inside:
                now = self._time_to_collision(weak, strong)
        pet = self._post_encroachment(weak, strong, paths)
        if old is None and now is None and pet > self.options.pet_seconds:
            return None
        one = old or Encounter(pair, look.now)
        times, ttc = self._shortest(one, now)
        one = replace(one, times=times)
        if ttc >= one.ttc and pet >= one.pet:
            return one
        speed = b.pace.speed * 3.6 if b.pace is not None else one.speed
        boxes = _around(weak.latest.pixels, strong.latest.pixels)
        return one.closer(ttc, pet, look.now, speed, (weak.kind, strong.kind), boxes)

    def _shortest(self, one: Encounter, now: float | None) -> tuple[tuple[float, ...], float]:
        """The times to collision of the last looks in a row, with this look's; and the longest of
        them, if there are enough."""
        least = self.options.min_looks
        times = (*one.times, now)[-least:] if now is not None and self.soon(now) else ()
        return times, max(times) if len(times) >= least else math.inf

    @staticmethod
    def _rides(a: Mover, b: Mover) -> bool:
        """Whether one is in or on the other: at the same place, at the same pace."""
        p, q = a.trail[-1], b.trail[-1]
        near = length(p.x - q.x, p.y - q.y) <= 2.0 + p.doubt + q.doubt
        moving = length(q.vx, q.vy) >= 2 * TOGETHER
        return near and moving and length(p.vx - q.vx, p.vy - q.vy) <= TOGETHER

    @staticmethod
    def _time_to_collision(weak: Sighting[Mover], strong: Sighting[Mover]) -> float | None:
        """Seconds until they touch if both go on so; None: they surely do not, or it is unsure."""
        a, b = mover(weak), mover(strong)
        if a.pace is None or b.pace is None:
            return None
        p, q = a.trail[-1], b.trail[-1]
        along, aside = seen_from(q, p.x - q.x, p.y - q.y)
        walks = a.pace.sure > STANDS
        wx, wy = (p.vx, p.vy) if walks else (0.0, 0.0)
        v_along, v_aside = seen_from(q, wx - q.vx, wy - q.vy)
        long, width = both(weak.kind, strong.kind)
        if not walks:  # only who stands right before it
            width = FOOTPRINTS[strong.kind][1] / 2
        elif abs(aside) - width > STOPS * a.pace.speed:
            return None  # may well stop at the kerb
        when = enters((along, long), (aside, width), v_along, v_aside)
        if when is None:
            return None
        off = length(p.doubt, q.doubt) + when * length(
            b.pace.across, a.pace.across if walks else 0.0
        )
        return enters((along, long), (aside, width - off), v_along, v_aside)

    def _post_encroachment(
        self, weak: Sighting[Mover], strong: Sighting[Mover], paths: Paths
    ) -> float:
        """The fewest seconds between one at a spot and the other; inf where ways do not meet."""
        on_foot, driven = paths.within(weak), paths.driven(strong)
        if on_foot is None or driven is None:
            return math.inf
        long, wide = both(weak.kind, strong.kind)
        if apart(on_foot.bounds, driven.bounds) > math.hypot(long, wide):
            return math.inf
        return float(gaps(on_foot.rows, driven.rows, long, wide).min())

    @property
    def scans(self) -> bool:
        return True

    def scan(self, state: State[Mover, Encounters], columns: Columns) -> Scanned[Encounters]:
        now = columns.now
        known = {one.pair: one for one in state.notes.known}
        if not 0 < now[0] - state.notes.time <= BLIND:
            known = {}
        book = Book(self, now, known)
        book.take(self._meetings(columns, book.block, known))
        moments, notes = book.close()
        return only_moments(columns, notes, moments, ())

    def _meetings(
        self, columns: Columns, block: Ints, known: Iterable[tuple[int, int]]
    ) -> Meetings | None:
        """Everything that may matter of who came near whom; None: nothing."""
        if not len(columns.look):
            return None
        begins = columns.start.copy()
        begins[1:] |= block[columns.look[1:]] != block[columns.look[:-1]]
        leaves = np.maximum(2.0, EDGE * columns.tall)
        gaps = distances(self.place, columns.feet * columns.size, columns.size, leaves)
        inside = swings(gaps >= 0.0, gaps < -leaves, begins)
        weak = np.isin(columns.voted, self.options.classes)
        strong = np.isin(columns.voted, self.options.vehicles)
        pairs = Candidates(columns, begins, known, self.hold_seconds)
        things = pairs.things(weak, strong, inside)
        rows = np.flatnonzero(things[columns.thing])
        asked = Asked(
            self.options.ttc_seconds, self.options.pet_seconds, PACE_SECONDS, PACE_LEAST, STANDS,
            STOPS, TRAIL_SECONDS, REACH,
        )  # fmt: skip
        cast = Cast(columns, rows, begins[rows], inside[rows], self.ground, asked)
        watched = watching(self, columns)
        sure = evident(self, columns)[rows]
        ready = sure & watched[columns.look[rows]]
        near = cast.near(pairs.ever(weak)[rows], pairs.ever(strong)[rows], ready)
        limits = Limits(
            self.hold_seconds, TOGETHER, STANDS, STOPS, self.options.pet_seconds
        )  # fmt: skip
        return Meetings(
            cast, pairs.named_alike(near), sure & weak[rows], sure & strong[rows], watched, block,
            limits,
        )  # fmt: skip

    def soon(self, seconds: float) -> bool:
        """Whether so few to a collision are a near miss."""
        return seconds <= self.options.ttc_seconds

    def begins(self, meeting: Meeting) -> bool:
        """Whether there is an encounter, where there was none."""
        near = meeting.pet <= self.options.pet_seconds
        return meeting.rides or meeting.ttc is not None or near

    def after(
        self, old: Encounter | None, pair: tuple[int, int], meeting: Meeting, cast: Cast
    ) -> Encounter:
        """`_meet`, of what is known already, where there is an encounter."""
        p, q = meeting.rows
        columns = cast.columns
        now = float(columns.now[meeting.look])
        if meeting.rides:
            return replace(old or Encounter(pair, now), together=True, changed=now)
        pet = meeting.pet
        one = old or Encounter(pair, now)
        times, ttc = self._shortest(one, meeting.ttc)
        if times != one.times:
            one = replace(one, times=times)
        if ttc >= one.ttc and pet >= one.pet:
            return one
        paced = cast.told[q] and cast.stepped[q]
        speed = float(cast.speed[q]) * 3.6 if paced else one.speed
        kinds = Kind(int(cast.kind[p])), Kind(int(cast.kind[q]))
        boxes = [columns.pixels(int(cast.rows[row])) for row in (p, q)]
        return one.closer(ttc, pet, now, speed, kinds, _around(boxes[0], boxes[1]))

    def near(self, one: Encounter) -> bool:
        limits = self.options.ttc_seconds, self.options.pet_seconds
        values = one.ttc, one.pet
        return not one.together and any(
            value <= limit and limit > 0 for value, limit in zip(values, limits, strict=True)
        )

    def told(self, one: Encounter) -> Moment:
        numbers = {"speed_kmh": round(one.speed, 1)}
        parts = []
        for short, value, limit, what in (
            ("ttc", one.ttc, self.options.ttc_seconds, "to a collision"),
            ("pet", one.pet, self.options.pet_seconds, "between one and the other at a spot"),
        ):
            numbers[f"limit_{short}_seconds"] = limit
            if math.isfinite(value):
                numbers[f"{short}_seconds"] = round(value, 2)
                numbers[f"margin_{short}_seconds"] = round(limit - value, 2)
                parts.append(f"{value:.1f} s {what} (limit {limit:g})")
        weak, strong = (words.things([kind]).removeprefix("1 ") for kind in one.kinds)
        text = f"A {weak} and a {strong} nearly collided in {words.place(self.place)}"
        return Moment(one.at, f"{text}: {', '.join(parts)}", one.box, numbers)


def _bounds(mover: Mover) -> Box:
    """The piece of ground it has been on and comes to in three seconds, and what is near."""
    xs = [one.x for one in mover.trail]
    ys = [one.y for one in mover.trail]
    last = mover.trail[-1]
    xs.append(last.x + 3.0 * last.vx)
    ys.append(last.y + 3.0 * last.vy)
    return min(xs) - REACH, min(ys) - REACH, max(xs) + REACH, max(ys) + REACH


def _around(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
