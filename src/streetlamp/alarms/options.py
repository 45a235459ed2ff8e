"""How alarms live."""

from __future__ import annotations

from pydantic import Field

from streetlamp.options import Options


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
