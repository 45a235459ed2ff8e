"""What an owner may set about heat maps."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from streetlamp.options import Options

LEAST_THINGS: Final = 3
"""Fewer different things than this in a cell could show one person's way. It can only be raised."""


class HeatOptions(Options):
    """Sums of where people and vehicles are, by cell of the picture and hour."""

    enabled: bool = Field(
        default=True,
        title="Keep heat maps",
        description="Keep where people and vehicles walk and wait, as sums by cell of the picture "
        "and hour.",
    )
    min_things: int = Field(
        default=LEAST_THINGS,
        ge=LEAST_THINGS,
        le=1000,
        title="Least number of things",
        description="A cell of the picture is kept for an hour only if so many different things "
        "were in it; else for the day, if they were as many in the day; else not at all.",
    )
    still_below: float = Field(
        default=0.25,
        gt=0,
        le=2,
        title="Waiting below",
        description="Who moves less than so many of their own lengths a second waits. Somebody who "
        "walks makes about 0.8.",
    )
