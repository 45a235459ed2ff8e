"""What happened: events, alarms, counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from streetlamp.values.arrays import Ints


class Severity(StrEnum):
    """How urgent. The four priorities of ISA-18.2 practice: low, medium, high, critical."""

    INFO = "info"
    WARNING = "warning"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the least urgent."""
        return tuple(Severity).index(self)


class Phase(StrEnum):
    START = "start"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Event:
    """A rule's condition held, at a place, from a time to a time, with the numbers behind it."""

    id: str  # the same through start, update and end
    phase: Phase
    camera: str  # "" when it is about several
    rule: str  # the rule's name in the site file, unique in its camera
    kind: str  # the rule's kind: intrusion, line_crossing, …
    place: str  # the zone's or line's name
    start: float
    end: float | None  # None while it lasts
    frame: int  # the frame that decided, counts from 1
    message: str  # one sentence for a person
    severity: Severity
    box: tuple[float, float, float, float] | None  # where, pixels, at `frame`
    numbers: Mapping[str, float] = field(default_factory=dict)  # measured values and thresholds
    alarm: bool = True  # an event that needs a person
    time: float = 0.0  # POSIX seconds of the picture that decided; 0: same as `end` or `start`
    mode: str = ""  # the site's mode when this was told; "" where it has none

    @property
    def at(self) -> float:
        """When this was decided, POSIX seconds."""
        if self.time:
            return self.time
        return self.start if self.end is None else self.end


@dataclass(frozen=True, slots=True)
class Count:
    """How many passed a place in one minute, by class and direction (or were there, at most)."""

    camera: str
    place: str
    kind: str  # class label
    direction: str  # "in", "out", or "" for an occupancy
    minute: int  # POSIX seconds, a multiple of 60
    n: int


HEAT_GRID: Final = (32, 18)
"""Columns and rows of the cells of a `Heat`: so coarse that a person fills one or more."""


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """Where things were in one camera's picture in an hour: sums by cell, and nobody's way.

    A cell is listed only if enough different things were in it (see ``design/heat.md``). Cells are
    numbered by rows from the top left.
    """

    camera: str
    kind: str  # "person" or "vehicle"
    start: int  # POSIX seconds where the hour, or the day, begins at the site
    span: str  # "hour"; or "day" for what was too little in each of its hours
    cell: Ints  # (n,) ascending
    presence: Ints  # (n,) seconds of all things together
    waiting: Ints  # (n,) seconds of those that stood or hardly moved
    passed: Ints  # (n,) how many different things


class AlarmState(StrEnum):
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class AlarmStep:
    """One line of an alarm's life: who did what, when."""

    time: float
    actor: str  # a user's name, or "streetlamp"
    state: AlarmState
    note: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An incident that needs a person. One incident is one alarm, however many events it has."""

    id: str
    camera: str  # "" when it is about several
    rule: str
    kind: str
    place: str
    severity: Severity
    message: str
    raised: float  # time of the first event's start
    updated: float
    ended: float | None  # None while the condition holds
    state: AlarmState
    events: int  # how many events it gathered
    frame: int
    box: tuple[float, float, float, float] | None
    numbers: Mapping[str, float]
    steps: tuple[AlarmStep, ...] = ()
    clip: str = ""  # file of the masked clip, relative to the data folder; "" until cut
    group: str = ""  # the storm it belongs to: the id of the alarm that began it; "" when alone
    shelved: float | None = None  # until when it is silent, POSIX seconds; None: it is not
    escalated: int = 0  # how many steps of the escalation were taken since it was raised
