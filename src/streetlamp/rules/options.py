"""What every rule can be told. A rule's own options stand beside the rule, in ``kinds/``."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from streetlamp.options import Options
from streetlamp.rules.holidays import OnHolidays
from streetlamp.rules.schedule import Window
from streetlamp.values import Kind, Severity


def _kind(value: Any) -> Any:
    return Kind.parse(value) if isinstance(value, str) else value


KindName = Annotated[
    Kind,
    BeforeValidator(_kind),
    PlainSerializer(lambda kind: Kind(kind).label, return_type=str),
    WithJsonSchema({"type": "string", "enum": [kind.label for kind in Kind]}),
]
"""A kind, written by its label in the site file."""


class RuleOptions(Options):
    """Common to all rules."""

    name: str = Field(
        min_length=1, max_length=80, title="Name",
        description="What people call this rule; unique within its camera.",
    )  # fmt: skip
    kind: str = Field(title="Kind", description="Which rule this is.")
    place: str = Field(
        "",
        title="Place",
        description="Name of the camera's zone or line it watches; empty: the whole picture.",
    )
    classes: tuple[KindName, ...] = Field(
        title="Classes",
        description="What it watches: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    severity: Severity = Field(
        Severity.WARNING,
        title="Severity",
        description="How urgent: info, warning, high or critical.",
    )
    alarm: bool = Field(
        True,
        title="Raise an alarm",
        description="Whether somebody must answer; false: it is only noted as an event.",
    )
    schedule: tuple[Window, ...] = Field(
        (), title="Schedule", description="Days and hours in which it watches; empty: always."
    )
    on_holidays: OnHolidays = Field(
        "usual",
        title="On holidays",
        description="On the site's holidays the schedule is: usual, by the day of the week; sunday,"
        " as on a Sunday; never, it rests; always, it watches all day long.",
    )
    armed_in: tuple[str, ...] = Field(
        (),
        title="Armed in",
        description="The site's modes in which it watches, by name; empty: in all.",
    )
    enabled: bool = Field(True, title="On", description="false: the rule rests.")
    min_looks: int = Field(
        3,
        ge=1,
        le=100,
        title="Looks needed",
        description="How often a thing must have been seen before it counts (one is a ghost).",
    )
    min_score: float = Field(
        0.3,
        ge=0,
        le=1,
        title="Mean score needed",
        description="The detector's score, averaged over the looks, below which a thing is unsure.",
    )
    min_height: float = Field(
        0.0,
        ge=0,
        le=1,
        title="Least height",
        description="What is smaller does not count: height of its box as a share of the"
        " picture's.",
    )
    max_height: float = Field(
        1.0,
        gt=0,
        le=1,
        title="Greatest height",
        description="What is larger does not count (an insect on the lens): height of its box as a"
        " share of the picture's.",
    )
    cool_down_seconds: float = Field(
        0.0,
        ge=0,
        le=86400,
        title="Cool-down",
        description="Seconds of silence after an event has ended. What then still goes on is told"
        " when they are over.",
    )

    @model_validator(mode="after")
    def _heights(self) -> Self:
        if self.min_height >= self.max_height:
            raise ValueError(
                f"min_height ({self.min_height:g}) must be less than max_height"
                f" ({self.max_height:g}): nothing has such a size"
            )
        return self
