"""What a rule is: a pure function of (state, tracks, time) that says what happens at a place.

``step(state, tracks)`` gives a new state and what came out of it; the old state is untouched, so
the same tracks always replay to the same events. All times are the tracks' own. A state pickles.

A new rule is one file in ``kinds/``: an options class, a class with ``look``, and ``@RULES.add``.
It may have a ``scan`` beside it, which finds the same in many looks at once, for quick back-tests.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

from streetlamp.errors import UserError
from streetlamp.geometry import Place
from streetlamp.ground import Plane
from streetlamp.plugins import Registry
from streetlamp.rules.almanac import PLAIN, Almanac
from streetlamp.rules.incident import Held, Incident, advance, event_id
from streetlamp.rules.memory import RELINK_SECONDS, Box, Look, Sighting, follow, look_at
from streetlamp.rules.options import RuleOptions
from streetlamp.rules.schedule import Schedule
from streetlamp.values import Count, Event, Kind, Phase, Tracks

if TYPE_CHECKING:
    from streetlamp.rules.columns import Columns
    from streetlamp.rules.scan import Scanned

R = TypeVar("R")
N = TypeVar("N")

BACK_SECONDS: Final = 5.0
"""A clock that jumps back by more than this makes a rule start over; by less, it stands still."""

BLIND_SECONDS: Final = 30.0
"""After no look for this long, what is there now is not taken for what was there before."""

LOOK_SECONDS: Final = 2.0
"""One look that shows nothing speaks for the time before it, but for no more than this."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step made: events, and counts to add (see `streetlamp.rules.tally`)."""

    events: tuple[Event, ...] = ()
    counts: tuple[Count, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(self.events + other.events, self.counts + other.counts)


@dataclass(frozen=True, slots=True)
class State(Generic[R, N]):
    """A rule's memory between looks. ``things`` by track number, ``notes`` the rule's own."""

    notes: N
    things: Mapping[int, Sighting[R]] = field(default_factory=dict)
    incident: Incident | None = None
    serial: int = 0  # incidents and single events so far
    began: float | None = None  # time of the first look
    now: float | None = None  # time of the last look
    camera: str = ""
    frame: int = 0
    quiet: float = -math.inf  # until when nothing new is told (`cool_down_seconds`)


@dataclass(frozen=True, slots=True)
class Found(Generic[R, N]):
    """What a rule made of one look.

    ``held`` meet the condition now; ``alive`` keeps a running incident going; ``moments`` are
    single events (start and end are one); ``counts`` are to be added.
    """

    things: Mapping[int, Sighting[R]]
    notes: N
    held: tuple[Held, ...] = ()
    alive: bool = False
    moments: tuple[Moment, ...] = ()
    counts: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened at one instant."""

    time: float
    message: str
    box: Box
    numbers: Mapping[str, float]


class Rule(ABC, Generic[R, N]):
    """The base of all rules. ``place`` is a `Zone` or a `Line`, whichever `watches` says."""

    kind: ClassVar[str]
    summary: ClassVar[str]  # one sentence for the docs
    watches: ClassVar[type]  # Zone or Line
    Options: ClassVar[type[RuleOptions]]
    hold_seconds: ClassVar[float] = 2.0  # how long a lost thing is remembered
    relink_seconds: ClassVar[float] = RELINK_SECONDS
    needs_ground: ClassVar[bool] = False  # measures in metres: the camera's ground is calibrated
    needs_things: ClassVar[bool] = False  # asks what was left or removed (`Tracks.things`)
    keeps: ClassVar[int] = 0  # version of what `keep` gives; 0: it learns nothing

    options: RuleOptions  # a rule names its own class, and its sort of place
    place: Place
    ground: Plane | None  # a rule that needs it says Plane

    def __init__(
        self,
        options: Any,
        place: Place,
        timezone: tzinfo = UTC,
        ground: Plane | None = None,
    ) -> None:
        if not isinstance(options, self.Options):
            raise TypeError(f"{self.kind} takes {self.Options.__name__}")
        if not isinstance(place, self.watches):
            want, got = self.watches.__name__.lower(), type(place).__name__.lower()
            raise UserError(
                f"rule {options.name!r}: {self.kind} watches a {want}, but {place.name!r} is a"
                f" {got}: name one of the camera's {want}s as its place"
            )
        if self.needs_ground and ground is None:
            raise UserError(f"rule {options.name!r}: {no_ground(self.kind)}")
        self.options = options
        self.place = place
        self.timezone = timezone
        self.ground = ground
        self.heed(PLAIN)
        self._families = frozenset(kind is Kind.PERSON for kind in options.classes)

    def heed(self, almanac: Almanac) -> None:
        """Goes by this almanac from now on; before the first look."""
        asked = self.options
        self._schedule = Schedule(
            asked.schedule, self.timezone, almanac.holidays, asked.on_holidays
        )
        self._modes = almanac.modes

    # What a kind of rule says for itself.

    @abstractmethod
    def blank(self) -> N:
        """The rule's own notes at the start."""

    @abstractmethod
    def look(
        self, state: State[R, N], things: Mapping[int, Sighting[R]], look: Look
    ) -> Found[R, N]:
        """What this look shows. ``things`` already hold what was seen in it (`memory.follow`)."""

    @property
    def scans(self) -> bool:
        """Whether it has a `scan`, for the options it has."""
        return False

    def scan(self, state: State[R, N], columns: Columns) -> Scanned[N]:
        """What `look` would find in all these looks, one after the other: the quick way of
        back-tests, for which a rule need not have one. ``state`` knows of no thing."""
        raise NotImplementedError(f"{self.kind} does not scan")

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        """The sentence and the numbers of an incident, for rules whose `look` gives ``held``."""
        raise NotImplementedError(f"{self.kind} has no incidents")

    def close(self, notes: N, camera: str) -> tuple[Count, ...]:
        """Counts not yet handed out when watching ends."""
        del notes, camera
        return ()

    def again(self, notes: N) -> N:
        """What a rule keeps of its notes when it starts over: what it has learnt, if it learns."""
        del notes
        return self.blank()

    def keep(self, notes: N) -> Any:
        """What it has learnt as plain JSON, for after a restart: numbers alone (CHARTER 5)."""
        raise NotImplementedError(f"{self.kind} learns nothing")

    def recall(self, kept: Any) -> N:
        """The notes with what `keep` gave. ValueError if it is anything else."""
        raise NotImplementedError(f"{self.kind} learns nothing")

    def about(self) -> Any:
        """What it has learnt about, as plain JSON: where this differs, it is worth nothing."""
        points = getattr(self.place, "points", ())
        return {
            "classes": sorted(kind.label for kind in self.options.classes),
            "points": [[round(value, 6) for value in point] for point in points],
        }

    # What all rules have in common.

    def start(self, before: State[R, N] | None = None) -> State[R, N]:
        """The state at the start; ``before`` is that of watching that has ended."""
        if before is None:
            return State(self.blank())
        return State(self.again(before.notes), quiet=self.silent_until(before))

    def silent_until(self, state: State[R, N]) -> float:
        """Until when nothing new is told, should watching end now (POSIX seconds; -inf: no)."""
        if not self.options.cool_down_seconds:
            return -math.inf
        return self.quiet_after(state.incident, state.quiet)

    def watching(self, time: float) -> bool:
        """Whether the schedule covers this moment, and the site's mode then is one asked."""
        armed = self.options.armed_in
        return (not armed or self._modes.at(time) in armed) and self._schedule.covers(time)

    def sure(self, thing: Sighting[R]) -> bool:
        """Whether there is enough evidence for this thing to count, and it is of a class asked."""
        return self.evident(thing) and thing.kind in self.options.classes

    def evident(self, thing: Sighting[R]) -> bool:
        """Whether there is enough evidence for this thing, of whatever class, and it has a size
        that counts."""
        return (
            thing.looks >= self.options.min_looks
            and thing.mean_score >= self.options.min_score
            and self.options.min_height <= thing.height <= self.options.max_height
        )

    @property
    def families(self) -> frozenset[bool]:
        """Which things it hears of: people (True), everything else (False)."""
        return self._families

    def step(self, state: State[R, N], tracks: Tracks | Look) -> tuple[State[R, N], Outcome]:
        """The state after this look, and what it made. ``state`` stays as it was.

        A `Look` is one that was made ready before, of the families this rule hears of.
        """
        done = Outcome()
        time = tracks.now if isinstance(tracks, Look) else tracks.time
        if state.now is not None and time < state.now - BACK_SECONDS:
            done = self.finish(state, state.now)
            state = replace(self.start(state), serial=state.serial)
        now = time if state.now is None else max(time, state.now)
        if isinstance(tracks, Look):
            look = tracks if now == time else replace(tracks, now=now)
        else:
            look = look_at(tracks, now, self._families)
        things = follow(state.things, look, self.hold_seconds, self.relink_seconds)
        ended: tuple[Event, ...] = ()
        passed = 0.0 if state.now is None else now - state.now
        quiet = state.quiet
        if quiet > now + self.options.cool_down_seconds:
            quiet = -math.inf  # the clock was set back meanwhile
        if passed > BLIND_SECONDS:
            quiet = self.quiet_after(state.incident, quiet)
            ended, state = self._end(state, now), replace(state, incident=None)
        begun = replace(state, began=now if state.began is None else state.began, now=now)
        found = self.look(begun, things, look)
        incident = state.incident
        if incident is not None and not found.alive and not found.held:
            incident = replace(incident, empty=incident.empty + min(passed, LOOK_SECONDS))
            if incident.empty >= self.clear_seconds:
                quiet = self.quiet_after(incident, quiet)
                ended, incident = ended + self._end(state, now), None
        serial = state.serial
        moments = []
        for moment in found.moments:
            if moment.time < quiet:
                continue
            quiet = moment.time + self.options.cool_down_seconds
            moments.append(self.instant(look, moment, serial))
            serial += 1
        held = found.held if incident is not None or now >= quiet else ()
        begun_now = incident is None and len(held) > 0
        name = event_id(look.camera, self.options.name, now, serial) if begun_now else ""
        after, tell = advance(incident, held, look, alive=found.alive, name=name)
        told: tuple[Event, ...] = ()
        if after is not None and tell:
            begins = incident is None
            serial += begins
            phase = Phase.START if begins else Phase.UPDATE
            told = (self.event(after, phase, look.camera, look.frame, now),)
        new = State(
            found.notes, found.things, after, serial, begun.began, now, look.camera, look.frame,
            quiet,
        )  # fmt: skip
        return new, done + Outcome(ended + tuple(moments) + told, found.counts)

    def quiet_after(self, incident: Incident | None, quiet: float) -> float:
        """Until when nothing new is told, now that this incident ends."""
        if incident is None:
            return quiet
        return max(quiet, incident.last + self.options.cool_down_seconds)

    @property
    def clear_seconds(self) -> float:
        """How long nothing may keep an incident alive before it ends."""
        return 5.0

    def finish(self, state: State[R, N], time: float) -> Outcome:
        """Ends what is running, because the camera stops at ``time``."""
        del time  # an incident ends when something last kept it alive, not when we looked away
        events = () if state.now is None else self._end(state, state.now)
        return Outcome(events, self.close(state.notes, state.camera))

    def _end(self, state: State[R, N], now: float) -> tuple[Event, ...]:
        """The end of what is running, if anything is."""
        if state.incident is None:
            return ()
        return (self.event(state.incident, Phase.END, state.camera, state.frame, now),)

    def event(self, incident: Incident, phase: Phase, camera: str, frame: int, now: float) -> Event:
        """What is told of an incident at ``now``."""
        ended = phase is Phase.END
        message, numbers = self.tell(incident, ended)
        return Event(
            id=incident.id,
            phase=phase,
            camera=camera,
            rule=self.options.name,
            kind=self.kind,
            place=self.place.name,
            start=incident.start,
            end=incident.last if ended else None,
            frame=frame if ended else incident.frame,
            message=message,
            severity=self.options.severity,
            box=incident.box,
            numbers=numbers,
            alarm=self.options.alarm,
            time=now,
            mode=self._modes.at(now),
        )

    def instant(self, look: Look, moment: Moment, serial: int) -> Event:
        """An instant is one START event that has its end already."""
        return Event(
            id=event_id(look.camera, self.options.name, moment.time, serial),
            phase=Phase.START,
            camera=look.camera,
            rule=self.options.name,
            kind=self.kind,
            place=self.place.name,
            start=moment.time,
            end=moment.time,
            frame=look.frame,
            message=moment.message,
            severity=self.options.severity,
            box=moment.box,
            numbers=moment.numbers,
            alarm=self.options.alarm,
            time=look.now,
            mode=self._modes.at(look.now),
        )


def no_ground(kind: str) -> str:
    """What to say about a rule that measures in metres at a camera that has none."""
    return (
        f"{kind} measures in metres, and this camera's ground is not calibrated: write ground:"
        " beside its zones, with the corners of a rectangle on the ground and the length of its"
        " sides (see docs/03-site-file.md, The ground in metres)"
    )


RULES: Final[Registry[type[Rule[Any, Any]]]] = Registry("rule", "streetlamp.rules.kinds")

__all__ = ["RULES", "Found", "Moment", "Outcome", "Rule", "RuleOptions", "State", "no_ground"]
