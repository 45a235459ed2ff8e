"""More (or fewer) than is usual for this hour of the week.

It learns numbers alone: for each hour of the week, how many were in the zone in each stretch of it,
in the last weeks. What is usual is their median, and how far they scatter their median distance
from it; a day on which something happened moves neither. It predicts nothing: it says that a
number, now, is not what it was at this hour before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, Literal, Self

import numpy as np
from pydantic import Field, TypeAdapter, model_validator

from streetlamp.rules import words
from streetlamp.rules.base import BLIND_SECONDS, RULES, Found, State
from streetlamp.rules.columns import (
    Columns,
    Doubles,
    Ints,
    lasting,
    still_sure,
    swings,
    watching,
)
from streetlamp.rules.incident import Held, Incident
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.presence import around_zone, stays
from streetlamp.rules.scan import Scanned
from streetlamp.rules.usual import Day, Learnt, Usual, usual_of
from streetlamp.rules.zone import ZoneOptions, ZoneRule, is_inside, time_to_clear
from streetlamp.values import Bools, Kind

WATCHED: Final = 0.9  # of a stretch that must have been watched for its number to mean something
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class UnusualCountOptions(ZoneOptions):
    kind: Literal["unusual_count"] = Field(
        "unusual_count", title="Kind", description="Which rule this is."
    )
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON,),
        title="Classes",
        description="What is counted: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    minutes: int = Field(
        15,
        ge=1,
        le=60,
        title="Minutes",
        description="How many were there in so many minutes is compared; a divisor of 60.",
    )
    season: Literal["week", "day"] = Field(
        "week",
        title="Season",
        description="Compared with the same hour of: the week (a Monday is like a Monday), or the"
        " day (all days are alike; learns seven times as fast).",
    )
    learn: int = Field(
        3,
        ge=1,
        le=52,
        title="Learns for",
        description="So many weeks (or days) of this hour must be known before it speaks.",
    )
    remember: int = Field(
        8,
        ge=1,
        le=52,
        title="Remembers",
        description="The last so many weeks (or days) of each hour are what is usual.",
    )
    sigmas: float = Field(
        5.0,
        ge=1,
        le=50,
        title="Deviations",
        description="So many times the usual scatter away from the usual number is unusual.",
    )
    least_difference: int = Field(
        10,
        ge=1,
        le=100_000,
        title="Least difference",
        description="… and at least so many more (or fewer): one at night is no crowd.",
    )
    direction: Literal["more", "fewer", "both"] = Field(
        "more", title="Direction", description="What is told: more than usual, fewer, or both."
    )
    min_seconds: float = Field(
        0.0,
        ge=0,
        le=3600,
        title="Least time",
        description="Seconds the number must be unusual before it is an incident.",
    )
    clear_seconds: float = time_to_clear(
        60.0, "Seconds the number must be usual again before the incident has ended."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if 60 % self.minutes:
            raise ValueError(f"minutes is {self.minutes}: write 1 2 3 4 5 6 10 12 15 20 30 or 60")
        if self.learn > self.remember:
            raise ValueError(
                f"learn ({self.learn}) is more than remember ({self.remember}): it would never"
                " speak"
            )
        return self


_HOURS: Final = TypeAdapter(dict[int, tuple[Day, ...]])
MOST: Final = 1_000_000  # of a count that is read back


@dataclass(frozen=True, slots=True)
class There:
    """A thing that is in the zone; counted once it is sure."""

    looks: int
    counted: bool


@RULES.add("unusual_count")
class UnusualCount(ZoneRule[There, Learnt]):
    """Compares how many were in the zone in the last minutes with the same hour of past weeks. Says
    nothing until it knows enough of them."""

    kind = "unusual_count"
    summary = "More (or fewer) are in a zone than is usual for this hour."
    Options = UnusualCountOptions
    options: UnusualCountOptions
    hold_seconds = 5.0
    keeps = 1

    def blank(self) -> Learnt:
        return Learnt()

    def again(self, notes: Learnt) -> Learnt:
        return Learnt(notes.hours)

    def about(self) -> dict[str, Any]:
        asked = self.options
        zone = str(self.timezone)
        return {
            **super().about(), "minutes": asked.minutes, "season": asked.season, "zone": zone,
        }  # fmt: skip

    def keep(self, notes: Learnt) -> dict[str, Any]:
        """By hour of the season: [day, [how many in each stretch]], counts alone."""
        return {
            str(slot): [[one.day, list(one.counts)] for one in days]
            for slot, days in sorted(notes.hours.items())
        }

    def recall(self, kept: Any) -> Learnt:
        hours = _HOURS.validate_python(kept)
        slots, stretches = 168 if self.options.season == "week" else 24, 60 // self.options.minutes
        for slot, days in hours.items():
            if not 0 <= slot < slots or not all(
                len(one.counts) <= stretches and all(0 <= n < MOST for n in one.counts)
                for one in days
            ):
                raise ValueError("its numbers make no sense")
        most = self.options.remember + 1
        return Learnt({slot: days[-most:] for slot, days in hours.items()})

    def look(
        self, state: State[There, Learnt], things: Mapping[int, Sighting[There]], look: Look
    ) -> Found[There, Learnt]:
        watching = self.watching(look.now)
        after = dict(things)
        stayed = 0  # of those counted at the last look
        for number, gap in self.gaps(things, look).items():
            thing = things[number]
            note = self._place(thing, gap, look) if watching else None
            after[number] = replace(thing, note=note)
        for number, thing in things.items():
            stayed += _counted(thing) and _counted(after[number])
        here = sum(_counted(thing) for thing in after.values())
        notes = self._advance(state.notes, look, state.notes.here - stayed, watching)
        notes = replace(notes, here=here, last=look.now)
        if not watching:
            return Found(after, replace(notes, since=None))
        usual = self._usual(notes, look.now)
        worst = self._compare(notes, usual)
        since = None
        if worst is not None:
            since = look.now if notes.since is None else notes.since
        notes = replace(notes, usual=usual, since=since)
        if worst is None or since is None:
            return Found(after, notes)
        if state.incident is None and look.now - since < self.options.min_seconds:
            return Found(after, notes)
        return Found(after, notes, (self._held(since, worst, look),))

    def _held(self, since: float, worst: dict[str, float], look: Look) -> Held:
        box = around_zone(self.place, look)
        return Held(since, self.options.classes[0], box, worst["deviations"], worst)

    def _place(self, thing: Sighting[There], gap: float, look: Look) -> There | None:
        old = thing.note
        if not is_inside(gap, look.scale(thing.latest.box)[1], old is not None):
            return None
        looks = 1 if old is None else old.looks + 1
        counted = looks >= self.options.min_looks and self.still_sure(thing)
        return There(looks, counted or (old is not None and old.counted))

    def _advance(self, old: Learnt, look: Look, gone: int, watching: bool) -> Learnt:
        """The minutes with this look. Each stretch that is over by now is learnt."""
        if old.last is None:
            return replace(old, left=(0,), seen=(0.0,))
        last = old.last
        minute, was = int(look.now // 60), int(last // 60)
        most = self.options.minutes
        for edge in range(was + 1, min(minute, was + most + 1) + 1):
            old = self._learn(old, edge * 60.0)
            old = replace(old, left=(*old.left, 0)[-most - 1 :], seen=(*old.seen, 0.0)[-most - 1 :])
        if minute > was + most + 1:
            old = replace(old, left=(0,), seen=(0.0,))
        watched = look.now - last
        if watched > BLIND_SECONDS:
            return old  # who was there before left at some time or other
        if not watching:
            watched = 0.0
        return replace(
            old,
            left=(*old.left[:-1], old.left[-1] + gone),
            seen=(*old.seen[:-1], old.seen[-1] + watched),
        )

    def _slot(self, time: float) -> tuple[int, int]:
        """The hour of the season, and the day."""
        local = datetime.fromtimestamp(time, self.timezone)
        day = local.weekday() * 24 if self.options.season == "week" else 0
        return day + local.hour, local.date().toordinal()

    def _learn(self, old: Learnt, edge: float) -> Learnt:
        """With the stretch that ends at this minute, if one does and was watched."""
        most = self.options.minutes
        if datetime.fromtimestamp(edge, self.timezone).minute % most:
            return old
        if sum(old.seen[-most:]) < WATCHED * most * 60:
            return old
        slot, day = self._slot(edge - most * 60)
        count = sum(old.left[-most:]) + old.here
        days = old.hours.get(slot, ())
        if not days or days[-1].day != day:
            days = (*days, Day(day, ()))[-self.options.remember - 1 :]  # and the one that runs
        if len(days[-1].counts) >= 60 // most:
            return old  # the clock was set back: this hour is known
        days = (*days[:-1], Day(day, (*days[-1].counts, count)))
        return replace(old, hours={**old.hours, slot: days}, usual=None)

    def _usual(self, notes: Learnt, now: float) -> Usual:
        """What is usual in the hour in which the middle of the last minutes lies."""
        slot, day = self._slot(now - self.options.minutes * 30)
        if notes.usual is not None and notes.usual[:2] == (slot, day):
            return notes.usual
        return usual_of(notes.hours, slot, day)

    def _compare(self, notes: Learnt, usual: Usual) -> dict[str, float] | None:
        """What is unusual about the number now; None: nothing, or too little is known."""
        if usual.days < self.options.learn:
            return None
        return self._judge(*self._numbers(notes), usual)

    def _numbers(self, notes: Learnt) -> tuple[int, int, bool]:
        """How many were there in the last minutes, and in those and one more; and whether enough
        of them was watched to say that so few were."""
        most = self.options.minutes
        watched = sum(notes.seen[:-1]) >= WATCHED * most * 60
        return sum(notes.left[-most:]) + notes.here, sum(notes.left) + notes.here, watched

    def _judge(
        self, count: int, longer: int, watched: bool, usual: Usual
    ) -> dict[str, float] | None:
        """The same of `_numbers`. The minute that runs is not over: for more, it is one of the
        minutes; for fewer, one more."""
        asked = self.options
        away = count - usual.middle
        if asked.direction == "fewer" or (asked.direction == "both" and away < 0):
            if not watched:
                return None
            count = longer
            away = usual.middle - count
        needed = max(asked.sigmas * usual.scatter, asked.least_difference)
        if away < needed:
            return None
        return {
            "count": count,
            "usual": usual.middle,
            "scatter": round(usual.scatter, 2),
            "deviations": round(away / usual.scatter, 2),
            "least_deviations": asked.sigmas,
            "margin": round(away - needed, 2),
            "days": usual.days,
            "hour": usual.slot,
        }

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        facts = dict(incident.facts)
        day, hour = divmod(int(facts.pop("hour")), 24)
        when = f"{hour:02}:00–{hour + 1:02}:00"
        if self.options.season == "week":
            when = f"{DAYS[day]} {when}"
        count = int(facts["count"])
        who = f"{count} things"
        if len(self.options.classes) == 1:
            who = words.things((self.options.classes[0],) * count) if count else "nobody"
        text = (
            f"{who} in {words.place(self.place)} in {self.options.minutes} min:"
            f" usual ({when}) is {facts['usual']:g} ± {facts['scatter']:.0f}"
        )
        lasted = incident.last - incident.start
        if ended:
            text += f", for {words.lasting(lasted)}"
        return text[0].upper() + text[1:], {**facts, "seconds": round(lasted, 3)}

    @property
    def scans(self) -> bool:
        return True

    def scan(self, state: State[There, Learnt], columns: Columns) -> Scanned[Learnt]:
        """From half minute to half minute: in one, an hour does not change, nor a minute."""
        now, k = columns.now, len(columns.now)
        here, gone = self._coming_and_going(columns, state.notes.here)
        watched = watching(self, columns)
        notes, found = state.notes, dict[int, dict[str, float]]()
        since = np.full(k, np.nan)
        edges = [*np.flatnonzero(np.diff(np.floor(now / 30.0), prepend=-1.0)).tolist(), k]
        for start, stop in pairwise(edges):
            rest = np.flatnonzero(np.diff(watched[start:stop])) + start + 1
            for a, b in pairwise([start, *rest.tolist(), stop]):
                if self._slot_at(float(now[a])) == self._slot_at(float(now[b - 1])):
                    parts = [(a, b)]
                else:
                    parts = [(at, at + 1) for at in range(a, b)]
                for part in parts:
                    notes = self._part(notes, columns, part, here, gone, watched, found, since)
        many = np.zeros(k, np.int64)
        worst = np.full(k, -np.inf)
        looks = list(found)
        many[looks] = 1
        worst[looks] = [one["deviations"] for one in found.values()]

        def held(look: int) -> tuple[Held, ...]:
            if look not in found:
                return ()
            return (self._held(float(since[look]), found[look], columns.at(look)),)

        lasts = now - since >= self.options.min_seconds
        return Scanned(notes, np.zeros(k, np.bool_), many, worst, held, begins=lasts)

    def _coming_and_going(self, columns: Columns, before: int) -> tuple[Ints, Ints]:
        """(k,) how many are counted at each look, and how many that were are no more."""
        k, n = len(columns.now), len(columns.look)
        inside = self.inside_rows(columns, columns.tall)
        _, looks = stays(columns, inside)
        known = still_sure(self, columns, inside & (looks >= self.options.min_looks))
        counted = swings(known, ~inside, columns.start) if n else inside
        rows = np.flatnonzero(counted)
        stop = lasting(columns, rows, self.hold_seconds)
        come = np.bincount(columns.look[rows], minlength=k + 1)
        here = np.cumsum(come - np.bincount(stop, minlength=k + 1))[:k]
        after = np.minimum(rows + 1, n - 1)
        goes_on = (after > rows) & ~columns.start[after] & counted[after]
        goes_on &= columns.look[after] == stop
        gone = np.bincount(stop[~goes_on], minlength=k + 1)[:k]
        gone[0] += before
        return here, gone

    def _slot_at(self, now: float) -> tuple[int, int]:
        return self._slot(now - self.options.minutes * 30)

    def _part(
        self,
        notes: Learnt,
        columns: Columns,
        part: tuple[int, int],
        here: Ints,
        gone: Ints,
        watched: Bools,
        found: dict[int, dict[str, float]],
        since: Doubles,
    ) -> Learnt:
        """The notes after looks of one half minute and one hour, all watched or none. What is
        unusual goes into ``found`` and ``since``."""
        a, b = part
        look, watching = columns.at(a), bool(watched[a])
        notes = self._advance(notes, look, int(gone[a]), watching)
        notes = replace(notes, here=int(here[a]))
        left = np.cumsum(gone[a + 1 : b])
        worst: list[tuple[int, dict[str, float] | None]] = []
        usual, begun = notes.usual, None
        if watching:
            usual, begun = self._usual(notes, look.now), notes.since
            if usual.days >= self.options.learn:
                worst = self._unusual(notes, usual, here[a:b], left)
        runs = [*((a + at, one) for at, one in worst), (b, None)]
        for (first, one), (stop, _) in pairwise(runs):
            begun = None if one is None else float(columns.now[first]) if begun is None else begun
            if one is not None:
                since[first:stop] = begun
                found.update(dict.fromkeys(range(first, stop), one))
        if not worst:
            begun = None
        steps = np.diff(columns.now[a:b]) if watching else np.zeros(b - a - 1)
        seen = np.add.accumulate(np.concatenate([notes.seen[-1:], steps]))
        return replace(
            notes,
            usual=usual,
            last=float(columns.now[b - 1]),
            left=(*notes.left[:-1], notes.left[-1] + int(left[-1] if len(left) else 0)),
            seen=(*notes.seen[:-1], float(seen[-1])),
            here=int(here[b - 1]),
            since=begun,
        )

    def _unusual(
        self, notes: Learnt, usual: Usual, here: Ints, left: Ints
    ) -> list[tuple[int, dict[str, float] | None]]:
        """What is unusual about the numbers of some looks: each time they change."""
        count, longer, watched = self._numbers(notes)
        more = here - notes.here
        more[1:] += left
        turns = [0, *(np.flatnonzero(np.diff(more)) + 1).tolist()]
        return [
            (at, self._judge(count + int(more[at]), longer + int(more[at]), watched, usual))
            for at in turns
        ]


def _counted(thing: Sighting[There]) -> bool:
    return thing.note is not None and thing.note.counted
