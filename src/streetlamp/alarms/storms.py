"""Which alarms are one row of the queue: those that came together and have a cause in common.

The causes, the most telling first:

- **switch**: trouble of several cameras behind one thing that the site file names.
- **rule**: the same kind of rule at several places.
- **camera**: several rules at one camera.
- **flood**: so many different things at once that nobody can tell them apart. (ISA-18.2 and
  EEMUA 191 call more than ten alarms in ten minutes a flood; here it is ten rows in a minute.)

A group takes in nothing graver than itself, and what is critical only joins its own kind: nothing
important disappears in a crowd. The time is that of the alarms, never a clock's: the same alarms
make the same groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from streetlamp.alarms.options import StormOptions
from streetlamp.store.alarm_groups import GroupSum
from streetlamp.values import Alarm, Severity

PLACES: Final = 3  # of one kind of rule
RULES: Final = 3  # at one camera
ALONE: Final = 200  # alarms that are looked at for what they have in common, at most

ABOUT_CAMERAS: Final = frozenset({"camera_down", "tamper", "degraded"})
"""Kinds of alarms about cameras themselves, as ``fleet/watch.py`` names them."""


class Cause(StrEnum):
    SWITCH = "switch"
    RULE = "rule"
    CAMERA = "camera"
    FLOOD = "flood"


@dataclass(slots=True)
class Storm:
    """A group while it takes in alarms."""

    id: str  # of the alarm that began it
    cause: Cause
    key: str  # the switch, the kind of rule, the camera; "" for a flood
    severity: Severity  # nothing graver is taken in
    first: float  # POSIX seconds
    last: float
    alarms: int = 0
    cameras: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)

    @property
    def reason(self) -> str:
        """Why these are one, for a person."""
        return reason(
            self.cause, self.key, self.alarms, len(self.cameras), len(self.rules),
            self.last - self.first,
        )  # fmt: skip

    def takes(self, alarm: Alarm) -> bool:
        """Whether an alarm with this cause may stand in here."""
        if alarm.severity.rank > self.severity.rank:
            return False
        return alarm.severity is not Severity.CRITICAL or self.cause in (Cause.SWITCH, Cause.RULE)

    def add(self, alarm: Alarm) -> None:
        self.alarms += 1
        self.cameras.add(alarm.camera)
        self.rules.add(alarm.rule)
        self.first = min(self.first, alarm.updated)
        self.last = max(self.last, alarm.updated)


@dataclass(frozen=True, slots=True)
class Joined:
    """An alarm belongs to a storm, and takes along these that stood alone before it."""

    storm: Storm
    drawn_in: tuple[str, ...] = ()


class Storms:
    """``take`` every new alarm, in the order they come. Not thread-safe.

    behind: the names of the things that each camera depends on.
    """

    def __init__(
        self, options: StormOptions, behind: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._options = options
        self._behind = behind or {}
        self._things = frozenset(name for names in self._behind.values() for name in names)
        self._alone: dict[str, Alarm] = {}  # lately, by id, oldest first
        self._running: list[Storm] = []

    def restore(self, storms: Iterable[Storm]) -> None:
        """Groups of before a restart; those that are over are forgotten with the next alarm."""
        self._running.extend(storms)

    def take(self, alarm: Alarm) -> Joined | None:
        """Where a new alarm belongs; None: it stands alone (for now)."""
        if not self._options.enabled:
            return None
        self._forget(alarm.updated)
        causes = self._causes(alarm)
        for storm in self._running:
            known = (storm.cause, storm.key) in causes or storm.cause is Cause.FLOOD
            if known and storm.takes(alarm):
                storm.add(alarm)
                return Joined(storm)
        self._alone[alarm.id] = alarm
        if len(self._alone) > ALONE:
            del self._alone[next(iter(self._alone))]
        for cause, key in (*causes, (Cause.FLOOD, "")):
            founders = self._founders(cause, key)
            if alarm.id in founders:
                return self._found(cause, key, founders, alarm)
        return None

    def _forget(self, now: float) -> None:
        """What is too long ago, or in the future: the clock was set back."""
        far = self._options.seconds
        self._running = [one for one in self._running if abs(now - one.last) <= far]
        self._running.sort(key=lambda one: one.cause is Cause.FLOOD)  # the telling causes first
        self._alone = {
            id_: one for id_, one in self._alone.items() if abs(now - one.updated) <= far
        }

    def _causes(self, alarm: Alarm) -> tuple[tuple[Cause, str], ...]:
        causes: list[tuple[Cause, str]] = []
        if alarm.kind in ABOUT_CAMERAS:
            things = self._behind.get(alarm.camera, ())
            if not alarm.camera and alarm.place in self._things:
                things = (alarm.place,)
            causes += [(Cause.SWITCH, thing) for thing in things]
        causes.append((Cause.RULE, alarm.kind))
        if alarm.camera:
            causes.append((Cause.CAMERA, alarm.camera))
        return tuple(causes)

    def _founders(self, cause: Cause, key: str) -> dict[str, Alarm]:
        """The alarms that stand alone and are a group of this cause; none while they are too
        few."""
        options = self._options
        found = {
            id_: one
            for id_, one in self._alone.items()
            if cause is Cause.FLOOD or (cause, key) in self._causes(one)
        }
        if cause in (Cause.CAMERA, Cause.FLOOD):
            found = {
                id_: one for id_, one in found.items() if one.severity is not Severity.CRITICAL
            }
        match cause:
            case Cause.SWITCH:
                enough = len({one.camera for one in found.values()}) >= options.cameras
            case Cause.RULE:
                places = {(one.camera, one.place) for one in found.values()}
                enough = len(found) >= options.alarms and len(places) >= PLACES
            case Cause.CAMERA:
                rules = {one.rule for one in found.values()}
                enough = len(found) >= options.alarms and len(rules) >= RULES
            case Cause.FLOOD:
                enough = len(found) > 1 and len(found) + len(self._running) >= options.rows
        if not enough:
            return {}
        # The severity of most of them; what is graver than that stays visible by itself.
        ranks = sorted(one.severity.rank for one in found.values())
        most = ranks[len(ranks) // 2]
        return {id_: one for id_, one in found.items() if one.severity.rank <= most}

    def _found(self, cause: Cause, key: str, founders: Mapping[str, Alarm], alarm: Alarm) -> Joined:
        first = min(founders.values(), key=lambda one: one.updated)
        worst = max((one.severity for one in founders.values()), key=lambda one: one.rank)
        storm = Storm(first.id, cause, key, worst, first.updated, first.updated)
        for id_, one in founders.items():
            storm.add(one)
            del self._alone[id_]
        self._running.append(storm)
        return Joined(storm, tuple(id_ for id_ in founders if id_ != alarm.id))


def reason(cause: Cause, key: str, alarms: int, cameras: int, rules: int, seconds: float) -> str:
    """Why these are one, for a person. key: "" for a switch whose name is not to be told."""
    span = f"within {max(1, round(seconds))} s"
    match cause:
        case Cause.SWITCH:
            behind = f" behind {key}" if key else ""
            return f"{_many(cameras, 'camera')}{behind}, {span}"
        case Cause.RULE:
            return f"{_many(cameras, 'camera')}, the same rule ({_plain(key)}), {span}"
        case Cause.CAMERA:
            return f"One camera ({key}), {_many(rules, 'rule')}, {span}"
        case Cause.FLOOD:
            return (
                f"{_many(alarms, 'alarm')} of {_many(rules, 'rule')} at "
                f"{_many(cameras, 'camera')}, {span}"
            )


def as_seen(found: GroupSum) -> GroupSum:
    """A group as somebody sees it who may see some of its cameras: nothing in it tells of others.

    found: the sums of these cameras alone. The name of a switch is left out, since what is
    behind it is not all theirs.
    """
    cause = Cause(found.group.cause)
    key = "" if cause is Cause.SWITCH else found.group.key
    said = reason(cause, key, found.alarms, found.cameras, found.rules, found.last - found.first)
    group = replace(
        found.group, key=key, severity=found.gravest, reason=said, first=found.first,
        last=found.last,
    )  # fmt: skip
    return replace(found, group=group)


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _plain(name: str) -> str:
    return name.replace("_", " ")
