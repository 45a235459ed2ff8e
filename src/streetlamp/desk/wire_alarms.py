"""How alarm management looks on the wire: groups, shelves, incidents, the shift and the month."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from streetlamp.alarms.neighbours import Neighbour
from streetlamp.alarms.report import AlarmReport
from streetlamp.desk.wire import AlarmOut, Wire
from streetlamp.store.alarm_groups import GroupSum
from streetlamp.values import Phase, Severity

Text = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]


class GroupOut(Wire):
    """Alarms that are one row of the queue."""

    id: str
    cause: Literal["switch", "rule", "camera", "flood"]
    key: str = Field(description="The switch, the kind of rule or the camera; empty for a flood.")
    severity: Severity = Field(description="Nothing graver than this is taken in.")
    worst: Severity = Field(description="Of its open alarms.")
    reason: str = Field(description="Why they are one, in words.")
    first: float = Field(description="When its first alarm came, POSIX seconds.")
    last: float
    updated: float
    alarms: int
    raised: int = Field(description="Of these, nobody has answered so many.")
    acknowledged: int
    shelved: int = Field(description="Open ones on a shelf; they are in neither of the others.")
    cameras: int
    rules: int
    escalated: int = Field(description="How far the escalation has come.")

    @classmethod
    def of(cls, found: GroupSum) -> GroupOut:
        own = {name: getattr(found.group, name) for name in _OF_GROUP}
        sums = {name: getattr(found, name) for name in cls.model_fields if name not in _OF_GROUP}
        return cls.model_validate(own | sums)


_OF_GROUP = ("id", "cause", "key", "severity", "reason", "first", "last")


class QueueOut(Wire):
    """What stands in the queue: groups as one row each, and the alarms that are in none."""

    groups: tuple[GroupOut, ...]
    alarms: tuple[AlarmOut, ...]
    shelved: int = Field(description="How many shelves there are.")


class AnswerIn(BaseModel):
    """How all of a group is answered."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["acknowledged", "resolved", "false"]
    note: Annotated[str, Field(max_length=2000)] = ""


class AnsweredOut(Wire):
    group: GroupOut
    answered: int = Field(description="How many alarms were answered.")


class ShelfIn(BaseModel):
    """What is to be silent, how long, and why. Who says so is taken from the session."""

    model_config = ConfigDict(extra="forbid")

    alarm: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="The alarm that it is about."
    )
    scope: Literal["alarm", "place", "rule"] = Field(
        description="This alarm alone, its rule at its place, or its rule wherever at its camera."
    )
    seconds: Annotated[float, Field(gt=0, le=259_200)] = Field(description="How long.")
    reason: Text


class ShelfOut(Wire):
    seq: int
    alarm: str = Field(description="Id of the alarm; empty when a rule is meant.")
    camera: str
    rule: str
    place: str | None = Field(description="null: wherever the rule watches.")
    severity: Severity = Field(description="What is graver is not silenced.")
    reason: str
    actor: str
    begins: float
    until: float
    ended: float | None
    ended_by: str


class ShelvesOut(Wire):
    shelves: tuple[ShelfOut, ...]
    longest_seconds: float


class TickIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    step: Text
    done: bool


class TextIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Text


class ItemOut(Wire):
    step: str
    done: bool
    actor: str
    time: float | None
    listed: bool = Field(description="false: ticked once, and no longer in the site file.")


class HappenedOut(Wire):
    """One event behind an alarm."""

    id: str
    phase: Phase
    start: float
    end: float | None
    message: str
    severity: Severity
    numbers: dict[str, float]


class NearOut(Wire):
    id: str
    camera: str
    place: str
    rule: str
    severity: Severity
    message: str
    state: str
    raised: float
    why: str = Field(description="Why it is near, in words.")
    seconds: float = Field(description="Later than the alarm; below 0: before it.")

    @classmethod
    def of(cls, one: Neighbour) -> NearOut:
        own = {name: getattr(one.alarm, name) for name in cls.model_fields if name not in _OF_NEAR}
        return cls.model_validate(own | {"why": one.why, "seconds": one.seconds})


_OF_NEAR = ("why", "seconds")


class IncidentOut(Wire):
    """An alarm with all that stands around it."""

    alarm: AlarmOut
    group: GroupOut | None
    checklist: tuple[ItemOut, ...]
    required: bool = Field(description="It cannot be resolved before all is ticked.")
    events: tuple[HappenedOut, ...] = Field(description="The last ones, oldest first.")
    near: tuple[NearOut, ...] = Field(description="Within ten minutes, the nearest first.")


class ShiftNoteOut(Wire):
    time: float
    actor: str
    text: str


class NumbersOut(Wire):
    raised: int
    rows: int = Field(description="A group counts once.")
    acknowledged: int
    resolved: int
    false: int
    unanswered: int
    response_median: float | None = Field(description="Seconds until somebody did something.")


class HandoverOut(Wire):
    """What one shift has to tell the next."""

    since: float
    until: float
    numbers: NumbersOut
    open: tuple[AlarmOut, ...] = Field(description="In no group; at most 100.")
    groups: tuple[GroupOut, ...]
    stale: tuple[AlarmOut, ...] = Field(description="Open for more than a day.")
    shelves: tuple[ShelfOut, ...]
    happened: tuple[AlarmOut, ...] = Field(description="Raised and closed in the shift.")
    notes: tuple[ShiftNoteOut, ...]


class OffenderOut(Wire):
    camera: str
    rule: str
    place: str
    alarms: int
    share: float


class PriorityOut(Wire):
    severity: Severity
    alarms: int
    share: float
    target: float = Field(description="What EEMUA 191 and ISA-18.2 recommend, 0–1.")


class PrecisionOut(Wire):
    kind: str
    resolved: int = Field(validation_alias="true")
    false: int
    share: float | None = Field(
        validation_alias="precision", description="Of those that somebody judged, 0–1."
    )


class AlarmReportOut(Wire):
    """A month of alarms against the budget. Rates count rows: a group is one."""

    site: str
    name: str = Field(description="October 2026.")
    key: str
    before: str
    after: str
    start: float
    end: float
    operators: float
    budget: float
    within_budget: bool
    alarms: int
    rows: int
    per_hour: float = Field(description="Rows an operator's hour.")
    peak: float = Field(description="Rows of one operator in the worst ten minutes.")
    peak_at: float | None
    busy_share: float = Field(description="Ten-minute stretches with more than ten rows.")
    floods: int
    flood_share: float = Field(description="Of the time.")
    chattering: tuple[OffenderOut, ...]
    stale: int
    standing: int
    unanswered: int
    response_median: float | None
    response_90: float | None
    offenders: tuple[OffenderOut, ...]
    offenders_share: float
    priorities: tuple[PriorityOut, ...]
    precision: tuple[PrecisionOut, ...]
    days: tuple[int, ...]

    @classmethod
    def of(
        cls, found: AlarmReport, site: str, name: str, key: str, before: str, after: str
    ) -> AlarmReportOut:
        about = {"site": site, "name": name, "key": key, "before": before, "after": after}
        own = {field: getattr(found, field) for field in cls.model_fields if field not in about}
        return cls.model_validate(own | about)


def group_message(group: GroupOut) -> dict[str, Any]:
    """What the live line says of a group that changed."""
    return {"type": "group", "group": group.model_dump(mode="json")}
