"""A pipe that has burst: far more in two hours than this meter has ever had reason to pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step
from streetlamp.meters.episode import Episodes
from streetlamp.meters.own import OwnTail, Prior
from streetlamp.meters.pulses import Pulses
from streetlamp.values import Finding

_ABOVE: Final = 100.0  # L in two steps, from which an amount is an event
_PRIOR: Final = Prior(_ABOVE, events=20, years=0.1, excess=35.0, longest=1000.0, shape=0.08)
_FRESH: Final = 48.0  # h of readings before anything is said


class BurstOptions(CauseOptions):
    """When an amount is a burst."""

    alarms_per_meter_year: float = Field(
        default=0.03,
        gt=0,
        le=52,
        title="False alarms",
        description="How many false alarms a meter may raise in a year; the amount that it passes "
        "so often by its own law is the limit.",
    )
    least_litres: float = Field(
        default=300.0,
        gt=0,
        le=1e6,
        title="Least",
        description="Litres in two hours below which nothing is a burst.",
    )


@CAUSES.add("burst")
class Burst(Cause):
    """Told with the reading that passes the limit; over when an hour is again below a quarter."""

    name = "burst"
    kinds = frozenset({"water"})
    summary = "Far more in two hours than the meter ever passes."
    Options = BurstOptions
    options: BurstOptions

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._pulses = Pulses(n)
        self._tail = OwnTail(n, _PRIOR)
        self._before = np.zeros(n)
        self._peak = np.zeros(n)
        self._hours = np.zeros(n)
        self._open = Episodes(self.name, self.meters)

    def update(self, step: Step) -> Sequence[Finding]:
        hours = (step.end - step.begin) / 3600.0
        passed = self._pulses.update(step)
        amount = np.where(passed.known, passed.pulses * passed.size / passed.steps, 0.0)
        both = np.where(passed.known, amount + self._before, 0.0)
        limit = np.maximum(
            self._tail.passed(self.options.alarms_per_meter_year), self.options.least_litres
        )
        over = passed.known & (both > limit) & ~self._open.is_open & (self._hours > _FRESH)
        calm = passed.known & (amount < 0.25 * limit)
        found = self._open.end(np.flatnonzero(calm & self._open.is_open), step.begin)
        low = passed.known & (both < _ABOVE)
        self._tail.learn(self._peak, low & (self._peak > 0))
        self._peak = np.where(low, 0.0, np.maximum(self._peak, both))
        self._tail.pass_time(np.where(passed.known, hours, 0.0))
        for at in np.flatnonzero(over).tolist():
            first = step.begin - hours * 3600.0 * (self._before[at] > 0.25 * limit[at])
            found.append(
                self._open.begin(
                    at,
                    start=float(first),
                    detected=step.end,
                    size=float(max(amount[at], self._before[at]) / hours),
                    unit="L/h",
                    confidence=0.95,
                    evidence=f"{both[at]:.0f} L in two hours; by its own law this meter passes "
                    f"{limit[at]:.0f} L less than once in "
                    f"{1 / self.options.alarms_per_meter_year:.0f} years.",
                    numbers={"litres": float(both[at]), "limit": float(limit[at])},
                )
            )
        self._before = np.where(passed.known, amount, self._before)
        self._hours += passed.known * hours
        return found
