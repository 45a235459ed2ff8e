"""How alarms live, and how those who answer them are kept from drowning."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from streetlamp.options import Options
from streetlamp.values import Severity

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class StormOptions(Options):
    """When alarms that come together are one row of the queue."""

    enabled: bool = Field(
        True, title="Group alarms", description="false: every alarm stands by itself."
    )
    seconds: float = Field(
        60.0,
        ge=1,
        le=3600,
        title="Together",
        description="Alarms at most so many seconds apart may belong together; a group to which"
        " none came for so long takes in no more.",
    )
    alarms: int = Field(
        5,
        ge=2,
        le=1000,
        title="Alarms of one cause",
        description="So many within that time, of one kind of rule at three places or more, or of"
        " three rules or more at one camera, are a group.",
    )
    cameras: int = Field(
        3,
        ge=2,
        le=1000,
        title="Cameras of one switch",
        description="Troubles of so many cameras behind one thing of fleet.groups are a group.",
    )
    rows: int = Field(
        10,
        ge=3,
        le=1000,
        title="Flood",
        description="When so many alarms and groups have come within that time, whatever is not"
        " critical and has no group of its own becomes one group, until it ends.",
    )


class EscalationStep(Options):
    """Who is told when nobody answers."""

    after_seconds: float = Field(
        ge=5,
        le=604_800,
        title="After",
        description="Seconds since the alarm was raised without anybody answering.",
        examples=[120],
    )
    to: tuple[Words, ...] = Field(
        min_length=1,
        title="Tell",
        description="Names of notify targets.",
        examples=[["duty"]],
    )
    severity: Severity = Field(
        Severity.WARNING,
        title="From severity",
        description="Only alarms at least so urgent: info, warning, high or critical.",
    )


class Checklist(Options):
    """What is to be done about an alarm, step by step."""

    steps: tuple[Words, ...] = Field(
        min_length=1,
        max_length=30,
        title="Steps",
        description="One sentence each, in their order.",
        examples=[["Look at the live picture", "Call the guard"]],
    )
    required: bool = Field(
        False,
        title="All needed",
        description="true: the alarm cannot be resolved before every step is ticked.",
    )

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len(set(self.steps)) < len(self.steps):
            raise ValueError("a step stands there twice")
        return self


class AlarmOptions(Options):
    merge_seconds: float = Field(
        60.0,
        ge=0,
        le=86400,
        title="One incident",
        description="Seconds after an incident's end in which the same rule at the same place goes"
        " on with the same alarm instead of raising a new one.",
    )
    before_s: float = Field(
        10.0, ge=0, le=300, title="Clip before", description="Seconds of video before the incident."
    )
    after_s: float = Field(
        10.0, ge=0, le=300, title="Clip after", description="Seconds of video after the incident."
    )
    longest_s: float = Field(
        60.0,
        ge=1,
        le=3600,
        title="Longest incident in a clip",
        description="Of an incident that lasts longer, the clip shows this many seconds.",
    )
    storm: StormOptions = Field(
        default=StormOptions.model_validate({}),
        title="Storms",
        description="When many alarms are shown, rung and answered as one.",
    )
    longest_shelf_hours: float = Field(
        8.0,
        gt=0,
        le=72,
        title="Longest shelving",
        description="Hours for which a person may silence an alarm or a rule; never for ever.",
    )
    escalation: tuple[EscalationStep, ...] = Field(
        (),
        max_length=10,
        title="Escalation",
        description="Who is told, and when, while nobody answers: a list of {after_seconds, to,"
        " severity}.",
    )
    stale_seconds: float = Field(
        1800.0,
        ge=0,
        le=604_800,
        title="Reminder",
        description="Seconds after which an acknowledged alarm with no news is brought to mind"
        " again; 0: never.",
    )
    checklists: dict[Words, Checklist] = Field(
        {},
        title="Checklists",
        description="What is to be done, by a rule's name or kind (the name counts first), such as"
        " person_lying: {steps: [Look at the live picture, Call the guard], required: true}.",
    )
    operators: float = Field(
        1.0,
        gt=0,
        le=1000,
        title="Operators",
        description="How many people answer alarms at a time; for the report.",
    )
    budget_per_operator_hour: float = Field(
        6.0,
        gt=0,
        le=3600,
        title="Alarm budget",
        description="Alarms an hour that one operator is to have at most, on average; for the"
        " report. EEMUA 191 calls one in ten minutes manageable.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [step.after_seconds for step in self.escalation]
        if times != sorted(set(times)):
            raise ValueError("each step of the escalation must come later than the one before")
        return self

    def checklist(self, rule: str, kind: str) -> Checklist | None:
        """What is to be done about an alarm of this rule."""
        return self.checklists.get(rule) or self.checklists.get(kind)
