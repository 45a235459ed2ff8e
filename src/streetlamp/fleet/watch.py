"""Trouble with cameras becomes alarms: not too soon, and one for one cause.

A camera may be in trouble of several kinds, and each is told by itself; of one that sends nothing
only that. It is told when it has been so for a while. When it is, all that were lost with it are
looked at: those behind one thing become one incident that names the thing; those lost at once with
nothing known in common become one as well. Who is lost later behind a thing that is already blamed
joins it. An incident ends when the last of its cameras has been well for a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from streetlamp.fleet import storm_words
from streetlamp.fleet.groups import Group, blamed
from streetlamp.fleet.options import FleetAlarmOptions
from streetlamp.health import PRECEDENCE, Reason
from streetlamp.rules.incident import event_id
from streetlamp.values import Event, Phase, Severity

FLICKER_SECONDS: Final = 10.0  # well for so long: what was not told yet is forgotten
UPDATE_SECONDS: Final = 30.0


class TroubleKind(StrEnum):
    """The kinds of alarms about cameras."""

    DOWN = "camera_down"
    TAMPER = "tamper"
    DEGRADED = "degraded"


_DOWN: Final = frozenset(
    {Reason.UNREACHABLE, Reason.LOGIN_REFUSED, Reason.NO_VIDEO, Reason.DAMAGED}
)
_TAMPER: Final = frozenset({Reason.COVERED, Reason.MOVED})


def kind_of(reason: Reason) -> TroubleKind:
    if reason in _DOWN:
        return TroubleKind.DOWN
    return TroubleKind.TAMPER if reason in _TAMPER else TroubleKind.DEGRADED


@dataclass(frozen=True, slots=True)
class Condition:
    """What is wrong with a camera now."""

    reason: Reason
    text: str = ""


Conditions = Mapping[TroubleKind, Condition]
WELL: Final[Conditions] = {}


def by_kind(found: Iterable[Condition]) -> Conditions:
    """Of what is wrong with one camera the root of each kind, the root of all first.

    Of a camera that sends nothing only that: what it showed last says nothing of now.
    """
    worst: dict[TroubleKind, Condition] = {}
    for one in sorted(found, key=lambda one: PRECEDENCE[one.reason]):
        worst.setdefault(kind_of(one.reason), one)
    down = worst.get(TroubleKind.DOWN)
    return worst if down is None else {TroubleKind.DOWN: down}


@dataclass(slots=True)
class Case:
    """One camera in one kind of trouble. ``mono`` times are of a clock that is never set."""

    camera: str
    since: float  # POSIX seconds
    mono: float
    condition: Condition
    well: float | None = None  # mono: since when it has been well
    incident: Storm | None = None


@dataclass(slots=True, eq=False)
class Storm:
    """One incident, of one camera or many."""

    id: str
    kind: TroubleKind
    group: Group | None
    start: float
    cases: dict[str, Case]
    ever: dict[str, Condition] = field(default_factory=dict)  # every camera that took part
    newest: float = 0.0  # mono: when the last of them was lost
    told: float = 0.0  # mono
    told_about: tuple[int, int] = (0, 0)  # cameras lost then, and ever

    @property
    def alone(self) -> str:
        """The camera, when it is about one only."""
        return next(iter(self.ever)) if self.group is None and len(self.ever) == 1 else ""


class FleetWatch:
    """``step`` it every second or so with what is wrong with whom; events come out.

    names: what people call each camera. Not thread-safe.
    """

    def __init__(
        self, options: FleetAlarmOptions, groups: Sequence[Group], names: Mapping[str, str]
    ) -> None:
        self._options = options
        self._groups = tuple(groups)
        self._names = names
        self._cases: dict[tuple[TroubleKind, str], Case] = {}
        self._storms: list[Storm] = []
        self._serial = 0
        self._delays = {
            TroubleKind.DOWN: options.down_seconds,
            TroubleKind.TAMPER: options.tamper_seconds,
            TroubleKind.DEGRADED: options.degraded_seconds,
        }

    def step(self, now: float, mono: float, conditions: Mapping[str, Conditions]) -> list[Event]:
        """now: POSIX seconds, for the events. mono: seconds of a clock that is never set.

        conditions: of every camera that is watched, as `by_kind` gives them; `WELL`: all is well,
        or it is being worked on.
        """
        self._look(now, mono, conditions)
        told: list[Event] = []
        for kind in TroubleKind:
            told += self._begin(kind, now, mono)
        for storm in list(self._storms):
            told += self._go_on(storm, now, mono)
        return told

    def _look(self, now: float, mono: float, conditions: Mapping[str, Conditions]) -> None:
        for camera, found in conditions.items():
            for kind in TroubleKind:
                condition, case = found.get(kind), self._cases.get((kind, camera))
                if condition is not None:
                    if case is None:
                        case = self._cases[kind, camera] = Case(camera, now, mono, condition)
                    case.condition, case.well = condition, None
                elif case is not None and case.incident is not None and TroubleKind.DOWN in found:
                    case.well = None  # nobody sees whether that is over
                elif case is not None:
                    case.well = mono if case.well is None else case.well
                    if case.incident is None and mono - case.well >= FLICKER_SECONDS:
                        del self._cases[kind, camera]
        for key, case in list(self._cases.items()):
            if case.camera not in conditions:
                case.well = mono if case.well is None else case.well
                if case.incident is None:
                    del self._cases[key]

    def _begin(self, kind: TroubleKind, now: float, mono: float) -> list[Event]:
        """Who joins what runs, and what begins."""
        waiting = {
            case.camera: case
            for (of, _), case in self._cases.items()
            if of is kind and case.incident is None
        }
        self._join(kind, waiting)
        told = []
        while due := [
            one for one in waiting.values()
            if one.well is None and mono - one.mono >= self._delays[kind]
        ]:  # fmt: skip
            group, members = self._common(kind, min(due, key=lambda one: one.mono), waiting)
            told.append(self._new(kind, group, [waiting.pop(one) for one in members], now, mono))
        return told

    def _join(self, kind: TroubleKind, waiting: dict[str, Case]) -> None:
        for storm in self._storms:
            if storm.kind is not kind or storm.alone:
                continue
            for camera, case in list(waiting.items()):
                if storm.group is not None:
                    belongs = camera in storm.group.cameras
                else:
                    apart = case.mono - storm.newest
                    belongs = apart <= self._options.at_once_seconds
                if belongs:
                    self._take_in(storm, waiting.pop(camera))

    def _take_in(self, storm: Storm, case: Case) -> None:
        case.incident = storm
        storm.cases[case.camera] = case
        storm.ever[case.camera] = case.condition
        storm.newest = max(storm.newest, case.mono)

    def _common(
        self, kind: TroubleKind, first: Case, waiting: Mapping[str, Case]
    ) -> tuple[Group | None, list[str]]:
        """What ``first`` was lost with: the thing they have in common, if it is known, and who."""
        near = {
            camera for camera, case in waiting.items()
            if abs(case.mono - first.mono) <= self._options.together_seconds
        }  # fmt: skip
        before = {
            case.camera for (of, _), case in self._cases.items()
            if of is kind and case.incident is not None
        }  # fmt: skip
        groups = [group for group in self._groups if first.camera in group.cameras]
        found = blamed(groups, near, before, self._options.most_percent / 100)
        if found is not None:
            return found[0], sorted(found[1])
        chain = [first.camera]
        latest = first.mono
        for case in sorted(waiting.values(), key=lambda one: one.mono):
            if case is not first and 0 <= case.mono - latest <= self._options.at_once_seconds:
                chain.append(case.camera)
                latest = case.mono
        return None, chain if len(chain) >= self._options.at_once_cameras else [first.camera]

    def _new(
        self, kind: TroubleKind, group: Group | None, cases: Sequence[Case], now: float, mono: float
    ) -> Event:
        start = min(case.since for case in cases)
        self._serial += 1
        where = group.id if group is not None else cases[0].camera
        storm = Storm(event_id(where, kind, start, self._serial), kind, group, start, {})
        for case in cases:
            self._take_in(storm, case)
        self._storms.append(storm)
        return self._event(storm, Phase.START, now, mono)

    def _go_on(self, storm: Storm, now: float, mono: float) -> list[Event]:
        for camera, case in list(storm.cases.items()):
            storm.ever[camera] = case.condition
            if case.well is not None and mono - case.well >= self._options.recovered_seconds:
                del storm.cases[camera]
                self._cases.pop((storm.kind, camera), None)
        if not storm.cases:
            self._storms.remove(storm)
            return [self._event(storm, Phase.END, now, mono)]
        about = (len(storm.cases), len(storm.ever))
        if about != storm.told_about and mono - storm.told >= UPDATE_SECONDS:
            return [self._event(storm, Phase.UPDATE, now, mono)]
        return []

    def _event(self, storm: Storm, phase: Phase, now: float, mono: float) -> Event:
        storm.told = mono
        storm.told_about = (len(storm.cases), len(storm.ever))
        ended = phase is Phase.END
        words = storm_words.of(storm.kind, storm.group, storm.ever, len(storm.cases), self._names)
        message = words.over(now - storm.start) if ended else words.message
        critical = storm.kind is TroubleKind.TAMPER or not storm.alone
        numbers = {
            "lost": float(len(storm.cases)),
            "most": float(len(storm.ever)),
            "seconds": round(now - storm.start, 1),
            "min_seconds": self._delays[storm.kind],
        }
        if storm.group is not None:
            numbers["behind"] = float(len(storm.group.cameras))
        return Event(
            id=storm.id,
            phase=phase,
            camera=storm.alone,
            rule=storm.kind.value,
            kind=storm.kind.value,
            place=words.place,
            start=storm.start,
            end=now if ended else None,
            frame=0,
            message=message,
            severity=Severity.CRITICAL if critical else Severity.WARNING,
            box=None,
            numbers=numbers,
            time=now,
        )
