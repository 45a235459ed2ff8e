"""The same amount again and again, to the last digit: a stuck meter, or a head-end that repeats.

Standing still is no such thing (that is ``dead_meter``'s). What counts is the chance that the
meter, by what it has shown, uses exactly the same once more; a meter that often does so (a machine
with one speed) needs a longer run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step
from streetlamp.meters.episode import Episodes
from streetlamp.values import Finding

_PRIOR: Final = (1.0, 4.0)  # repeats, of how many


class StuckMeterOptions(CauseOptions):
    """When a repeated amount is no accident."""

    alarms_per_meter_year: float = Field(
        default=0.02,
        gt=0,
        le=52,
        title="False alarms",
        description="How many false alarms a meter may raise in a year.",
    )
    least_steps: int = Field(
        default=24,
        ge=3,
        le=1000,
        title="Least steps",
        description="How many times at least the same amount must have come.",
    )


@CAUSES.add("stuck_meter")
class StuckMeter(Cause):
    """Amounts are compared to a ten-thousandth, as decimals do not survive units. A leak at night
    repeats itself as well: so it must be for a day."""

    name = "stuck_meter"
    kinds = frozenset({"water", "gas", "heat"})
    summary = "The same amount again and again."
    Options = StuckMeterOptions
    options: StuckMeterOptions

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._before = np.full(n, np.nan)
        self._run = np.zeros(n)
        self._since = np.full(n, np.nan)
        self._repeats = np.full(n, _PRIOR[0])
        self._chances = np.full(n, _PRIOR[1])
        self._open = Episodes(self.name, self.meters)

    def update(self, step: Step) -> Sequence[Finding]:
        used = step.used
        with np.errstate(invalid="ignore"):
            known = ~np.isnan(used)
            same = known & (used > 0) & (np.abs(used - self._before) <= 1e-4 * used)
        other = known & ~same
        found = self._open.end(np.flatnonzero(other & self._open.is_open), step.begin)
        # what an open run adds is not the meter's own habit; nor is a leak's small constant
        counted = known & ~self._open.is_open & (self._before > 0)
        self._repeats += counted & same
        self._chances += counted
        fade = np.where(counted, 1 - 1 / 2000.0, 1.0)
        self._repeats *= fade
        self._chances *= fade
        self._since = np.where(other, step.begin, self._since)
        self._run = np.where(same, self._run + 1, np.where(other, 0, self._run))
        self._before = np.where(known, used, self._before)
        chance = np.clip(self._repeats / self._chances, 1e-3, 0.97)
        steps_a_year = 365.25 * 86400.0 / (step.end - step.begin)
        limit = np.log(self.options.alarms_per_meter_year / steps_a_year) / np.log(chance)
        limit = np.maximum(limit, self.options.least_steps)
        stuck = same & (self._run >= limit) & ~self._open.is_open
        for at in np.flatnonzero(stuck).tolist():
            found.append(
                self._open.begin(
                    at,
                    start=float(self._since[at]),
                    detected=step.end,
                    size=float(used[at]),
                    confidence=0.95,
                    evidence=f"Exactly {used[at]:.6g} came {self._run[at] + 1:.0f} times in a row; "
                    f"{limit[at]:.0f} would be no accident at this meter.",
                    numbers={"repeats": float(self._run[at]), "limit": float(limit[at])},
                )
            )
        return found
