"""A transformer, cable or connection that carries more than it may, or than it ever did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step
from streetlamp.meters.electricity.budget import DAY_YEAR, confidence
from streetlamp.meters.electricity.days import Days
from streetlamp.meters.electricity.thermal import Thermal
from streetlamp.meters.episode import Episodes
from streetlamp.values import Finding
from streetlamp.values.findings import SURE


class OverloadOptions(CauseOptions):
    """What the search for overloads can be told."""

    ratings_kw: Mapping[str, float] = Field(
        default_factory=dict,
        title="Ratings",
        description="What each meter's transformer, cable or connection may carry for good (kW), "
        "by the meter's name; a meter without one is held against its own learnt limit",
    )
    hours: float = Field(
        default=2.0,
        gt=0,
        le=48,
        title="Time constant",
        description="How long it takes to warm up to two thirds (hours): 3 for an oil-filled "
        "transformer, 0.5 for a dry one or a cable in air",
    )


@CAUSES.add("electricity_overload")
class ElectricityOverload(Cause):
    """The thermal load is above the rating, or above what one day in many years would reach."""

    name = "overload"
    kinds = frozenset({"electricity"})
    summary = "The load, as heat sees it, is above the rating or the meter's own learnt limit."
    Options = OverloadOptions
    options: Any

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n, mine = len(self.meters), self.options
        self._rating = np.array([mine.ratings_kw.get(name, np.nan) for name in self.meters])
        self._thermal = Thermal(n, mine.hours)
        self._days = Days(n)
        self._between = DAY_YEAR / mine.alarms_per_meter_year
        self._limit = np.full(n, np.nan)
        self._old = 0  # days of the limits
        self._below = np.zeros(n)  # seconds since it was last above
        self._told = Episodes(self.name, self.meters, "kW")

    def update(self, step: Step) -> Sequence[Finding]:
        if self._days.update(step) is not None:
            self._thermal.end_day()
            self._old += 1
            if self._old >= 7:
                self._limit, self._old = self._thermal.limit(self._between), 0
        seconds = step.end - step.begin
        power = step.used * 3600 / seconds
        self._thermal.update(power, seconds)
        rated = ~np.isnan(self._rating)
        limit = np.where(rated, self._rating, self._limit)
        return self._tell(step, power, limit, rated)

    def _tell(self, step: Step, power: Doubles, limit: Doubles, rated: Doubles) -> list[Finding]:
        load = self._thermal.load
        over = (load > limit) & ~np.isnan(step.used)
        self._below = np.where(over, 0.0, self._below + (step.end - step.begin))
        found = [
            self._told.close(i, step.end - float(self._below[i]))
            for i in [i for i in np.flatnonzero(self._below > 86400).tolist() if i in self._told]
        ]
        for i in np.flatnonzero(over).tolist():
            if i in self._told:
                continue
            by = float(load[i] / limit[i])
            of = "its rating of" if rated[i] else "the most it has ever had to carry, some"
            found.append(
                self._told.begin(
                    i,
                    start=step.begin,
                    detected=step.end,
                    size=float(load[i] - limit[i]),
                    confidence=SURE if rated[i] else confidence(20 * (by - 1), 0.0),
                    evidence=(
                        f"It carries {power[i]:.3g} kW and is as warm as {load[i]:.3g} kW for good "
                        f"would make it, {100 * (by - 1):.0f} % above {of} {limit[i]:.3g} kW."
                    ),
                    numbers={
                        "kw": float(power[i]),
                        "thermal_kw": float(load[i]),
                        "limit": float(limit[i]),
                    },
                )
            )
        return found
