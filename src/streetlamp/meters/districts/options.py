"""What can be told to the search for leaks in districts."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, model_validator

from streetlamp.meters.base import CauseOptions
from streetlamp.options import Options


class KnownEvent(Options):
    """Water known to have been taken: a hydrant in use, a main flushed, a tank filled."""

    meter: str = Field(
        default="",
        title="District",
        description="Whose inflow it was in; empty for every district of the panel",
    )
    begin: datetime = Field(title="From", description="When it began, with its time zone")
    end: datetime = Field(title="To", description="When it was over, with its time zone")
    flow: float | None = Field(
        default=None,
        title="Flow",
        description="How much was taken, m3/h; it is subtracted. Empty where that is not known: "
        "the readings of the time are then left out",
    )

    @model_validator(mode="after")
    def _zoned(self) -> KnownEvent:
        if self.begin.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("begin and end need a time zone, as in 2024-05-01T06:00+02:00")
        if self.end <= self.begin:
            raise ValueError("end has to come after begin")
        return self


class DistrictOptions(CauseOptions):
    """The search for leaks and bursts in the inflow of districts."""

    alarms_per_meter_year: float = Field(
        default=1.0,
        gt=0,
        le=52,
        title="False alarms",
        description="How many false alarms a district may raise in a year; the threshold follows "
        "from it",
    )
    learn_days: int = Field(
        default=14,
        ge=7,
        le=400,
        title="Days to learn",
        description="Days with readings before the first alarm: two weeks show every weekday twice",
    )
    burst_share: float = Field(
        default=0.2,
        gt=0,
        le=5,
        title="Burst",
        description="A leak that came at once and is at least this share of the mean inflow is "
        "called a burst",
    )
    least_share: float = Field(
        default=0.02,
        ge=0,
        le=1,
        title="Least leak",
        description="Share of the mean inflow below which nothing is told: districts wander by as "
        "much in a season",
    )
    events: tuple[KnownEvent, ...] = Field(
        default=(),
        title="Known events",
        description="Water known to have been taken; it raises no alarm",
    )
