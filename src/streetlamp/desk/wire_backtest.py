"""How tests of rules on the last days look on the wire, and how right rules were."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from streetlamp.backtest.answer import Answer, Difference, Incident, RuleAnswer
from streetlamp.desk.wire import Wire

Name = Annotated[str, Field(min_length=1, max_length=80)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Points = Annotated[list[tuple[Fraction, Fraction]], Field(min_length=2, max_length=60)]
Moment = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]

LISTED = 200
"""So many alarms are listed with their times; all of them are counted."""


class BacktestIn(BaseModel):
    """Which rules to try, and on which stretch. What is left out is taken as it is set."""

    model_config = ConfigDict(extra="forbid")

    start: Moment = Field(description="POSIX seconds.")
    end: Moment = Field(description="POSIX seconds; at most 32 days after `start`.")
    zones: Annotated[dict[Name, Points], Field(max_length=50)] | None = Field(
        default=None, description="Corners by name, as in the site file."
    )
    lines: Annotated[dict[Name, Points], Field(max_length=50)] | None = Field(
        default=None, description="Start and end by name, as in the site file."
    )
    ground: dict[str, Any] | None = Field(
        default=None, description="How the ground is calibrated, as in the site file."
    )
    rules: Annotated[list[dict[str, Any]], Field(max_length=30)] | None = Field(
        default=None, description="Rules, each as in the site file."
    )
    compare: bool = Field(
        default=False, description="Also say what the rules as they are set would have done."
    )

    @property
    def draft(self) -> dict[str, Any] | None:
        """What is drafted, None when nothing is."""
        given = {
            "zones": self.zones, "lines": self.lines, "ground": self.ground, "rules": self.rules,
        }  # fmt: skip
        return None if all(one is None for one in given.values()) else given


class IncidentOut(Wire):
    start: float = Field(description="POSIX seconds.")
    end: float | None = Field(description="null: it still went on at the end.")
    message: str
    numbers: dict[str, float]
    box: tuple[float, float, float, float] | None = Field(description="Pixels x1 y1 x2 y2.")
    events: int = Field(description="How many events it gathers.")


class DayOut(Wire):
    day: str = Field(description="YYYY-MM-DD, in the site's time zone.")
    n: int


class PassedOut(Wire):
    kind: str
    direction: str
    n: int


class RuleAnswerOut(Wire):
    name: str
    kind: str
    place: str
    alarm: bool = Field(description="false: it notes events and raises no alarm.")
    tried: bool = Field(
        description="false: it asks what was left or taken away, which cannot be tried afterwards."
    )
    n: int = Field(description="How many alarms (or events) there would have been.")
    sentence: str
    hours: tuple[int, ...] = Field(description="By hour of the day, from 0.")
    days: tuple[DayOut, ...]
    passed: tuple[PassedOut, ...] = Field(description="What a line's rule counted.")
    examples: tuple[IncidentOut, ...] = Field(description="Up to six, spread evenly.")
    incidents: tuple[IncidentOut, ...] = Field(description=f"The first {LISTED}.")

    @classmethod
    def of(cls, made: RuleAnswer) -> RuleAnswerOut:
        return cls(
            name=made.name,
            kind=made.kind,
            place=made.place,
            alarm=made.alarm,
            tried=made.tried,
            n=len(made.incidents),
            sentence=made.sentence,
            hours=made.hours,
            days=tuple(DayOut(day=day, n=n) for day, n in made.days),
            passed=tuple(PassedOut(kind=k, direction=way, n=n) for k, way, n in made.passed),
            examples=_listed(made.examples),
            incidents=_listed(made.incidents),
        )


class DifferenceOut(Wire):
    name: str
    sentence: str
    both: int
    only_before: int = Field(description="Raised only by the rule as it is set.")
    only_after: int = Field(description="Raised only by the rule as drafted.")
    before: tuple[IncidentOut, ...] = Field(description="Of the first: up to 200.")
    after: tuple[IncidentOut, ...] = Field(description="Of the second: up to 200.")

    @classmethod
    def of(cls, made: Difference) -> DifferenceOut:
        return cls(
            name=made.name,
            sentence=made.sentence,
            both=made.both,
            only_before=len(made.before),
            only_after=len(made.after),
            before=_listed(made.before),
            after=_listed(made.after),
        )


class BacktestOut(Wire):
    camera: str
    start: float = Field(description="Of what is kept in the stretch asked for, POSIX seconds.")
    end: float
    watched: float = Field(description="Seconds of it in which the camera was looked at.")
    looks: int = Field(description="How often the camera was looked at in it.")
    rules: tuple[RuleAnswerOut, ...]
    before: tuple[RuleAnswerOut, ...] | None = Field(
        description="The rules as they are set, where a draft is compared with them."
    )
    differences: tuple[DifferenceOut, ...]

    @classmethod
    def of(cls, made: Answer) -> BacktestOut:
        before = None
        if made.before is not None:
            before = tuple(RuleAnswerOut.of(one) for one in made.before.rules)
        return cls(
            camera=made.camera,
            start=made.start,
            end=made.end,
            watched=made.watched,
            looks=made.looks,
            rules=tuple(RuleAnswerOut.of(one) for one in made.version.rules),
            before=before,
            differences=tuple(DifferenceOut.of(one) for one in made.differences),
        )


class KeptOut(Wire):
    start: float | None = Field(description="Since when an index is kept; null: none is.")
    end: float | None
    running: float | None = Field(
        description="How much of the back-test that runs now is done, 0–1; null: none runs."
    )


class PrecisionOut(Wire):
    camera: str
    rule: str
    kind: str
    raised: int
    true: int = Field(description="Resolved: there was something.")
    false: int = Field(description="Called false.")
    unanswered: int
    precision: float | None = Field(description="True of those answered, 0–1; null: none was.")
    low: float = Field(description="Low end of its 95 % interval (Wilson).")
    high: float = Field(description="High end.")


class PrecisionsOut(Wire):
    days: int
    rules: tuple[PrecisionOut, ...]


def _listed(incidents: tuple[Incident, ...]) -> tuple[IncidentOut, ...]:
    return tuple(IncidentOut.model_validate(one) for one in incidents[:LISTED])
