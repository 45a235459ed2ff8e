"""What is told of cameras' minutes: stretches, sums, a month's budget, a report.

Minutes are whole ones; a time is POSIX seconds, a multiple of 60 where it is a minute's. Every
minute that was expected and not kept stands under exactly one reason, its root.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from streetlamp.health import OURS, Judgement, MinuteState, Reason


@dataclass(frozen=True, slots=True)
class Stretch:
    """Minutes of one camera that are alike: [start, end), POSIX seconds."""

    camera: str
    start: int
    end: int
    state: MinuteState
    reasons: tuple[Reason, ...] = ()  # by precedence; the first one is the root
    text: str = ""  # for a person

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // 60

    @property
    def reason(self) -> Reason | None:
        """The root; None when it is not lost."""
        return self.reasons[0] if self.reasons and self.state is MinuteState.LOST else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over minutes, of one camera or of several. ``lost`` by root reason, most first."""

    kept: int = 0
    lost: Mapping[Reason, int] = field(default_factory=dict)
    planned: int = 0  # maintenance that was announced: not expected

    @property
    def expected(self) -> int:
        return self.kept + self.lost_minutes

    @property
    def lost_minutes(self) -> int:
        return sum(self.lost.values())

    @property
    def down(self) -> int:
        """Minutes in which Streetlamp itself was not running."""
        return self.lost.get(Reason.STREETLAMP_DOWN, 0)

    @property
    def ours(self) -> int:
        """Minutes lost by Streetlamp or its machine, first of all: `streetlamp.health.OURS`."""
        return sum(minutes for reason, minutes in self.lost.items() if reason in OURS)

    @property
    def share(self) -> float | None:
        """Of the expected minutes those kept, 0–1: the serviceability. None: none were expected."""
        return self.kept / self.expected if self.expected else None

    @property
    def camera_share(self) -> float | None:
        """The same without what is `ours`: what the cameras are like."""
        seen = self.expected - self.ours
        return self.kept / seen if seen else None

    def __add__(self, other: Figures) -> Figures:
        lost = dict(self.lost)
        for reason, minutes in other.lost.items():
            lost[reason] = lost.get(reason, 0) + minutes
        ordered = dict(sorted(lost.items(), key=lambda pair: -pair[1]))
        return Figures(self.kept + other.kept, ordered, self.planned + other.planned)

    @classmethod
    def of(cls, stretches: Iterable[Stretch]) -> Figures:
        """The sums of these stretches, which do not overlap."""
        kept = planned = 0
        lost: dict[Reason, int] = {}
        for one in stretches:
            if one.state is MinuteState.KEPT:
                kept += one.minutes
            elif one.state is MinuteState.PLANNED:
                planned += one.minutes
            else:
                root = one.reason or Reason.STREETLAMP_DOWN
                lost[root] = lost.get(root, 0) + one.minutes
        return cls(kept, dict(sorted(lost.items(), key=lambda pair: -pair[1])), planned)


@dataclass(frozen=True, slots=True)
class Budget:
    """What an objective leaves room for in a period, in camera minutes."""

    objective: float  # share that must be kept, 0–1
    allowed: float  # minutes that may be lost in the whole period
    spent: int  # minutes lost so far
    burn_rate: float  # 1: at this pace all of it is spent at the period's end; 2: at its half

    @property
    def left(self) -> float:
        """Minutes; below 0 the objective is missed."""
        return self.allowed - self.spent


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the calendar in the site's time zone: [start, end), POSIX seconds."""

    name: str  # "October 2026", "Week 43 of 2026", "25 October 2026"
    key: str  # "2026-10", "2026-W43", "2026-10-25"
    start: int
    end: int
    before: str = ""  # key of the period before
    after: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One camera, area, or the whole site in a report."""

    id: str  # the camera's; the area's or site's name
    name: str
    figures: Figures
    area: str = ""  # of a camera
    since: int | None = None  # of a camera: expected from then on, if that is in the period
    until: int | None = None  # of a camera: expected until then, if that is in the period


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day in the site's time zone; 23 to 25 hours."""

    date: str  # 2026-10-25
    start: int
    end: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned work that was announced, as far as it lies in the period."""

    start: int
    end: int
    cameras: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the ledger itself: the clock was set, a start, minutes put right later."""

    time: float
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """A site's serviceability in a period."""

    site: str
    operator: str
    timezone: str
    period: Period
    made: float  # POSIX seconds
    until: int  # up to when minutes are in it: `period.end`, or earlier while it lasts
    whole: Row
    budget: Budget
    areas: tuple[Row, ...]
    cameras: tuple[Row, ...]  # the worst first
    days: tuple[Day, ...]
    lost: tuple[Stretch, ...]  # every lost stretch, oldest first
    maintenance: tuple[Maintenance, ...]
    notes: tuple[Note, ...]


class Standing(StrEnum):
    """How a camera does now."""

    WELL = "well"
    LOST = "lost"
    PLANNED = "planned"  # maintenance that was announced
    UNKNOWN = "unknown"  # nothing has been judged yet


@dataclass(frozen=True, slots=True)
class CameraNow:
    """One camera as the fleet's page shows it."""

    camera: str
    state: Standing
    since: float  # POSIX seconds
    reasons: tuple[Reason, ...] = ()  # by precedence
    text: str = ""  # for a person: why it is lost, or what is planned
    judgements: tuple[Judgement, ...] = ()
    today: Figures = Figures()  # since midnight at the site
    week: Figures = Figures()  # the last 7 days
    month: Figures = Figures()  # the last 30 days
    visit: str = ""  # why somebody should go there; "" if nobody needs to

    @property
    def needs_visit(self) -> bool:
        return bool(self.visit)
