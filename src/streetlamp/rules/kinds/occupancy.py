"""Too many, or too few, are in a zone at once.

How many there are is the median of the last seconds, so that neither a person the detector loses
for a look nor a ghost changes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from streetlamp.rules import words
from streetlamp.rules.base import RULES, Found, State
from streetlamp.rules.columns import Columns, Doubles, Ints, still_sure, watching
from streetlamp.rules.incident import Held, Incident
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.presence import (
    Inside,
    Occupancy,
    around,
    around_zone,
    placed,
    standing,
    stays,
)
from streetlamp.rules.scan import Scanned
from streetlamp.rules.steady import Steady, SteadyRows, since
from streetlamp.rules.zone import ZoneOptions, ZoneRule, least_time, time_to_clear
from streetlamp.values import Count, Kind


class OccupancyOptions(ZoneOptions):
    kind: Literal["occupancy"] = Field("occupancy", title="Kind", description="Which rule this is.")
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON,),
        title="Classes",
        description="What is counted: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    limit: int = Field(
        10,
        ge=0,
        le=10_000,
        title="Limit",
        description="So many at once are an incident; 0: there may be any number.",
    )
    clear_below: int = Field(
        0,
        ge=0,
        le=10_000,
        title="Clear below",
        description="It goes on until fewer than this are there; 0: until fewer than the limit.",
    )
    least: int = Field(
        0,
        ge=0,
        le=10_000,
        title="Least",
        description="Fewer than this are an incident too, as at a post that must be staffed; 0: it"
        " may be empty.",
    )
    min_seconds: float = least_time(
        5.0, "Seconds there must be too many (or too few) before it is an incident.", ge=0
    )
    clear_seconds: float = time_to_clear(
        10.0, "Seconds there must no longer be too many (or too few) before it has ended."
    )
    min_score: float = Field(
        0.35,
        ge=0,
        le=1,
        title="Mean score needed",
        description="The detector's score, averaged over all looks and over the last two seconds,"
        " below which a thing is unsure.",
    )
    smooth_seconds: float = Field(
        2.0,
        ge=0,
        le=60,
        title="Smoothing",
        description="How many there are is the median of so many seconds (of three looks at the"
        " least).",
    )
    count: bool = Field(
        True,
        title="Count occupancy",
        description="Also note, for each minute and class, how many were inside at most.",
    )

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if not self.limit and not self.least:
            raise ValueError("neither a limit nor a least number is set: nothing can happen")
        if self.limit and self.least > self.limit:
            raise ValueError(
                f"least ({self.least}) is more than limit ({self.limit}): it would always be wrong"
            )
        if self.clear_below > self.limit:
            raise ValueError(
                f"clear_below ({self.clear_below}) is more than limit ({self.limit}): an incident"
                " would end as it begins"
            )
        return self


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many there are, and since when too many or too few."""

    steady: Steady = field(default_factory=Steady)
    over: float | None = None
    under: float | None = None
    minute: Occupancy = field(default_factory=Occupancy)


@RULES.add("occupancy")
class OccupancyRule(ZoneRule[Inside, Crowd]):
    """Stands by the middle of the box's lower edge. Counts what can be seen: a crowd that hides its
    own members is larger."""

    kind = "occupancy"
    summary = "Too many, or too few, are in a zone at once."
    Options = OccupancyOptions
    options: OccupancyOptions

    def blank(self) -> Crowd:
        return Crowd()

    def close(self, notes: Crowd, camera: str) -> tuple[Count, ...]:
        return notes.minute.counts(camera, self.place.name)

    def look(
        self, state: State[Inside, Crowd], things: Mapping[int, Sighting[Inside]], look: Look
    ) -> Found[Inside, Crowd]:
        watching = self.watching(look.now)
        after = placed(things, standing(self, things, look) if watching else {}, look)
        if not watching:
            return Found(after, Crowd(minute=state.notes.minute))
        inside = [
            thing
            for thing in after.values()
            if thing.last == look.now
            and thing.note is not None
            and thing.note.looks >= self.options.min_looks
            and self.still_sure(thing)
        ]
        crowd = self._judge(state.notes, Counter(thing.kind for thing in inside), look)
        counts: tuple[Count, ...] = ()
        if self.options.count:
            minute, counts = crowd.minute.adding(crowd.steady.kinds, look, self.place.name)
            crowd = Crowd(crowd.steady, crowd.over, crowd.under, minute)
        held = self._held(state.incident, crowd, inside, look)
        return Found(after, crowd, held, counts=counts)

    def _judge(self, old: Crowd, here: Mapping[Kind, int], look: Look) -> Crowd:
        if old.steady.blind(look.now):
            old = Crowd(minute=old.minute)
        steady = old.steady.adding(look.now, here, self.options.smooth_seconds)
        over = under = None
        if self.options.limit and steady.count >= self.options.limit:
            over = look.now if old.over is None else old.over
        if steady.count < self.options.least:
            under = look.now if old.under is None else old.under
        return Crowd(steady, over, under, old.minute)

    def _held(
        self,
        incident: Incident | None,
        crowd: Crowd,
        inside: list[Sighting[Inside]],
        look: Look,
    ) -> tuple[Held, ...]:
        """As many as are too many in all, or as many as are missing."""
        count = crowd.steady.count
        if incident is None:
            too_few = not self._lasts(crowd.over, look)
            if too_few and not self._lasts(crowd.under, look):
                return ()
        else:
            too_few = "missing" in incident.facts
        if too_few:
            missing = max(self.options.least - count, 0)
            since = look.now if crowd.under is None else crowd.under
            kind, box = self.options.classes[0], around_zone(self.place, look)
            return (Held(since, kind, box, missing, {"missing": missing}),) * missing
        if count < (self.options.clear_below or self.options.limit):
            return ()
        since = look.now if crowd.over is None else crowd.over
        box = around([thing.latest.pixels for thing in inside]) or around_zone(self.place, look)
        kinds = [kind for kind, n in sorted(crowd.steady.kinds.items()) for _ in range(n)]
        kinds += [self.options.classes[0]] * (count - len(kinds))
        return tuple(Held(since, kind, box, count) for kind in kinds[:count])

    def _lasts(self, since: float | None, look: Look) -> bool:
        return since is not None and look.now - since >= self.options.min_seconds

    @property
    def scans(self) -> bool:
        return not (self.options.limit and self.options.least)  # else an incident is one of two

    def scan(self, state: State[Inside, Crowd], columns: Columns) -> Scanned[Crowd]:
        """The counts of a minute are not among what it finds."""
        asked, now, old = self.options, columns.now, state.notes
        watched = watching(self, columns)
        within = self.inside_rows(columns, columns.tall)
        inside = within & (stays(columns, within)[1] >= asked.min_looks)
        inside = still_sure(self, columns, inside)
        steady = SteadyRows(old.steady, now, watched, asked.smooth_seconds)
        kinds: dict[Kind, Ints] = {}
        for kind in sorted(asked.classes):
            rows = inside & (columns.voted == kind)
            n = np.bincount(columns.look[rows], minlength=len(now))
            kinds[kind] = steady.with_past(n, kind)
        here = sum(kinds.values(), np.zeros(1, np.int64))
        if asked.limit:
            bad = steady.at_least(here, asked.limit) & watched
            count = steady.medians(here, asked.clear_below or asked.limit, int(here.max()))
            many, measured = np.where(watched, count, 0), count
        else:
            bad = ~steady.at_least(here, asked.least) & watched
            many = np.where(watched, asked.least - steady.medians(here, 1, asked.least), 0)
            measured = many
        before = old.over if asked.limit else old.under
        long = since(bad, steady.begun, now, None if steady.blank else before)
        last = len(now) - 1
        crowd = Crowd(minute=old.minute)
        if watched[last]:
            over = float(long[last]) if bad[last] else None
            above, below = (over, None) if asked.limit else (None, over)
            crowd = Crowd(steady.steady(last, kinds), above, below, old.minute)

        def held(look: int) -> tuple[Held, ...]:
            began = float(long[look] if bad[look] else now[look])
            area = around_zone(self.place, columns.at(look))
            if not asked.limit:
                n = int(many[look])
                return (Held(began, asked.classes[0], area, n, {"missing": n}),) * n
            rows = [row for row in columns.seen(look) if inside[row]]
            box = around([columns.pixels(row) for row in rows]) or area
            some = steady.window(look)
            seen = [(kind, sorted(one[some].tolist())) for kind, one in kinds.items()]
            each = [kind for kind, one in seen for _ in range(one[(len(one) - 1) // 2])]
            each += [asked.classes[0]] * (int(many[look]) - len(each))
            n = int(many[look])
            return tuple(Held(began, kind, box, n) for kind in each[:n])

        lasts = bad & (now - long >= asked.min_seconds)
        alive = np.zeros(len(now), np.bool_)
        worst: Doubles = np.where(many > 0, measured, -np.inf)
        return Scanned(crowd, alive, many, worst, held, begins=lasts)

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        most = len(incident.most)
        lasted = incident.last - incident.start
        times = {
            "seconds": round(lasted, 3),
            "min_seconds": self.options.min_seconds,
        }
        place = words.place(self.place)
        spell = words.lasting(lasted) if ended else f"at least {words.lasting(lasted)}"
        if "missing" in incident.facts:
            least = self.options.least
            fewest = least - most
            who, one = self._few(fewest), fewest < 2
            verb = ("was" if one else "were") if ended else ("is" if one else "are")
            text = f"{who} {verb} in {place} for {spell}: there must be {least} or more"
            numbers: dict[str, float] = {"fewest": fewest, "least": least, "margin": most}
            now = least - incident.now
        else:
            limit = self.options.limit
            verb = ("was" if most == 1 else "were") if ended else ("is" if most == 1 else "are")
            who = words.things(incident.most)
            text = f"{who} {verb} in {place} at once: {limit} or more for {spell}"
            if ended and self.options.clear_below:
                text = f"{who} {verb} in {place} at once: too many for {spell}"
            numbers = {"most": most, "limit": limit, "margin": most - limit}
            now = incident.now
        return text, {**({} if ended else {"now": now}), **numbers, **times}

    def _few(self, count: int) -> str:
        people = self.options.classes == (Kind.PERSON,)
        if not count:
            return "Nobody" if people else "Nothing"
        if len(self.options.classes) == 1:
            return words.things((self.options.classes[0],) * count)
        return f"{count} of them"
