"""What an owner may set about how a camera's health is judged."""

from __future__ import annotations

from pydantic import Field

from streetlamp.health import Check
from streetlamp.options import Options


class HealthOptions(Options):
    """How a camera's health is judged. Left out, everything is, against the camera's own normal."""

    ignore: tuple[Check, ...] = Field(
        (),
        title="Not judged",
        description="What is not judged of this camera: view for one that turns by itself, "
        "exposure for one that is dark at night by intention, clock, focus, alive, flowing, "
        "analysed, masked. A minute is not lost for it, and no alarm is raised.",
        examples=[["view"]],
    )
    parked_minutes: float = Field(
        20.0,
        ge=2.0,
        le=240.0,
        title="Something parked in front",
        description="Minutes for which a part of the view (two fifths or more) may be blocked by "
        "something that has edges of its own before it counts as covered: a lorry that unloads.",
    )
    clock_seconds: float = Field(
        5.0,
        ge=0.5,
        le=3600.0,
        title="Clock",
        description="Seconds by which the camera's clock may be wrong.",
    )
