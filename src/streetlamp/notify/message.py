"""What is told, before any kind of target puts it into its own form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from streetlamp.values import Alarm, AlarmState, Severity


class What(StrEnum):
    """What happened to an alarm."""

    RAISED = "raised"
    ESCALATED = "escalated"  # it is more urgent than when it was told, or nobody answers it
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    FALSE = "false"
    REMINDER = "reminder"  # it was acknowledged, and nothing has happened since


class MessageKind(StrEnum):
    ALARM = "alarm"  # one thing about one alarm
    GATHERED = "gathered"  # several things that happened together
    MISSED = "missed"  # what happened in a quiet time
    TEST = "test"


@dataclass(frozen=True, slots=True)
class MaskedStill:
    """A picture in which people are hidden, as JPEG.

    Made in ``app/stills.py`` alone, from the live picture behind the glass wall or from an alarm's
    masked clip; a test reads every file's syntax tree for another maker.
    """

    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened to one alarm: facts about a place, never about a person's looks."""

    what: What
    time: float  # POSIX seconds
    alarm: str
    camera: str  # id; "" when it is about several
    camera_name: str
    rule: str
    kind: str
    place: str
    severity: Severity
    message: str
    raised: float
    state: AlarmState
    numbers: Mapping[str, float] = field(default_factory=dict)
    actor: str = ""  # who did it, "" for the machine
    note: str = ""
    group: str = ""  # what belongs together in a summary


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one part of a target."""

    key: str  # the same at every try; letters, digits, - and _
    kind: MessageKind
    time: float  # of the first thing in it, POSIX seconds
    severity: Severity
    title: str
    text: str
    items: tuple[Item, ...] = ()  # the first of them, oldest first
    keys: tuple[str, ...] = ()  # "ALARM:what" of all of them, so that nothing is lost
    count: int = 0  # how many there are
    cameras: int = 0
    rules: int = 0
    until: float = 0.0  # of the last thing in it
    link: str = ""  # where a person finds it at the desk, "" if the owner did not say
    part: str = ""  # whom of the target it is for

    @property
    def only(self) -> Item | None:
        """The one thing in it, None when there are several or none."""
        return self.items[0] if self.kind is MessageKind.ALARM and self.items else None

    def plain(self) -> dict[str, Any]:
        """As JSON takes it; `message_of` reads it back."""
        return asdict(self)


def message_of(data: Mapping[str, Any]) -> Message:
    """The message that `Message.plain` wrote."""
    items = tuple(
        Item(
            **{
                **one,
                "what": What(one["what"]),
                "severity": Severity(one["severity"]),
                "state": AlarmState(one["state"]),
            }
        )
        for one in data["items"]
    )
    return Message(
        **{
            **data,
            "kind": MessageKind(data["kind"]),
            "severity": Severity(data["severity"]),
            "items": items,
            "keys": tuple(data["keys"]),
        }
    )


def item_of(
    alarm: Alarm, what: What, time: float, camera_name: str, group: str, actor: str, note: str
) -> Item:
    """The facts of an alarm that may be told."""
    return Item(
        what=what,
        time=time,
        alarm=alarm.id,
        camera=alarm.camera,
        camera_name=camera_name,
        rule=alarm.rule,
        kind=alarm.kind,
        place=alarm.place,
        severity=alarm.severity,
        message=alarm.message,
        raised=alarm.raised,
        state=alarm.state,
        numbers=dict(alarm.numbers),
        actor=actor,
        note=note,
        group=group,
    )
