"""More (or fewer) than is usual for this hour of the week.

It learns numbers alone: for each hour of the week, how many were in the zone in each stretch of it,
in the last weeks. What is usual is their median, and how far they scatter their median distance
from it; a day on which something happened moves neither. It predicts nothing: it says that a
number, now, is not what it was at this hour before.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, Self

from pydantic import Field, TypeAdapter, model_validator

from streetlamp.rules import words
from streetlamp.rules.base import BLIND_SECONDS, RULES, Found, State
from streetlamp.rules.incident import Held, Incident
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.presence import around_zone
from streetlamp.rules.zone import ZoneOptions, ZoneRule, is_inside, time_to_clear
from streetlamp.values import Kind

MAD: Final = 1.4826  # times the median distance: the standard deviation of what scatters normally
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


class Day(NamedTuple):
    """One hour of one day: which day, and how many were there in each stretch of it."""

    day: int
    counts: tuple[int, ...]


_HOURS: Final = TypeAdapter(dict[int, tuple[Day, ...]])
MOST: Final = 1_000_000  # of a count that is read back


class Usual(NamedTuple):
    """What is usual in one hour of the season, by the days before this one."""

    slot: int
    day: int
    days: int  # how many days of it are known
    middle: float
    scatter: float


@dataclass(frozen=True, slots=True)
class Learnt:
    """The numbers of past hours, and those of the minutes that run. It knows no things."""

    hours: Mapping[int, tuple[Day, ...]] = field(default_factory=dict)
    usual: Usual | None = None
    last: float | None = None  # time of the last look
    left: tuple[int, ...] = ()  # how many have left in each of the last minutes; this one is last
    seen: tuple[float, ...] = ()  # seconds watched in each of them
    here: int = 0
    since: float | None = None  # since when the number has been unusual


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
        box = around_zone(self.place, look)
        held = Held(since, self.options.classes[0], box, worst["deviations"], worst)
        return Found(after, notes, (held,))

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
        days = [one for one in notes.hours.get(slot, ()) if one.day != day]
        counts = [count for one in days for count in one.counts]
        if not counts:
            return Usual(slot, day, 0, 0.0, 1.0)
        middle = statistics.median(counts)
        scatter = MAD * statistics.median(abs(count - middle) for count in counts)
        # Never less than that of things that come independently of each other.
        scatter = max(scatter, math.sqrt(max(middle, 1.0)))
        return Usual(slot, day, len(days), middle, scatter)

    def _compare(self, notes: Learnt, usual: Usual) -> dict[str, float] | None:
        """What is unusual about the number now; None: nothing, or too little is known."""
        asked, most = self.options, self.options.minutes
        if usual.days < asked.learn:
            return None
        # The minute that runs is not over: for more, it is one of the minutes; for fewer, one more.
        count = sum(notes.left[-most:]) + notes.here
        away = count - usual.middle
        if asked.direction == "fewer" or (asked.direction == "both" and away < 0):
            if sum(notes.seen[:-1]) < WATCHED * most * 60:
                return None
            count = sum(notes.left) + notes.here
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


def _counted(thing: Sighting[There]) -> bool:
    return thing.note is not None and thing.note.counted
