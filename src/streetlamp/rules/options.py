"""What every rule can be told. A rule's own options stand beside the rule, in ``kinds/``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from streetlamp.options import Options
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
        Severity.WARNING, title="Severity", description="How urgent: info, warning or critical."
    )
    alarm: bool = Field(
        True,
        title="Raise an alarm",
        description="Whether somebody must answer; false: it is only noted as an event.",
    )
    schedule: tuple[Window, ...] = Field(
        (), title="Schedule", description="Days and hours in which it watches; empty: always."
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
