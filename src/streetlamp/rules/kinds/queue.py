"""A queue is too long, or people wait in it for too long.

Who stands or moves slowly in the zone is in the queue; who walks through is not. Slowly is meant in
body heights a second, measured over the last seconds, so that one step forward is still waiting and
distance from the camera does not matter.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from streetlamp.geometry import Point
from streetlamp.rules import words
from streetlamp.rules.base import RULES, Found, State
from streetlamp.rules.incident import Held, Incident
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.presence import around, around_zone
from streetlamp.rules.steady import Steady
from streetlamp.rules.zone import ZoneOptions, ZoneRule, is_inside, least_time, time_to_clear
from streetlamp.values import Kind

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
        held = Held(
            since,
            self.options.classes[0],
            around_zone(self.place, look) if box is None else box,
            bad,
            {"length": length, "wait_seconds": round(wait, 1)},
        )
        return Found(after, notes, (held,) * max(length, 1))

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
