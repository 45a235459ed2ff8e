"""An electricity meter that repeats one reading: what it says is no longer measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, YEAR_SECONDS, Cause, CauseOptions, Step
from streetlamp.meters.electricity.budget import confidence, nats
from streetlamp.meters.electricity.repeats import Repeats
from streetlamp.meters.episode import Episodes
from streetlamp.values import Finding

FEWEST: Final = 6


class StuckOptions(CauseOptions):
    """What the search for repeated readings can be told."""

    at_least_hours: float = Field(
        default=12.0,
        ge=0,
        title="Shortest",
        description="A reading repeated for less time than this is no finding (hours)",
    )


@CAUSES.add("electricity_stuck_meter")
class ElectricityStuckMeter(Cause):
    """The same reading above zero, again and again, beyond all runs this meter has had.

    A register that stands still is a reading of 0: see ``dead_meter``.
    """

    name = "stuck_meter"
    kinds = frozenset({"electricity"})
    summary = "The meter repeats one reading above zero far longer than it ever did."
    Options = StuckOptions
    options: Any

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._least = 3600 * self.options.at_least_hours
        self._runs = Repeats(n, begin=0.1, go_on=0.6)
        self._last = np.full(n, np.nan)
        self._begun = np.full(n, np.nan)
        self._told = Episodes(self.name, self.meters, "kW")

    def update(self, step: Step) -> Sequence[Finding]:
        here = ~np.isnan(step.used)
        # Amounts are compared to a ten-thousandth: differences of a counter have lost their digits.
        same = here & (np.abs(step.used - self._last) <= 1e-4 * self._last) & (step.used > 0)
        self._runs.update(same, here)
        self._begun = np.where(here & ~same, step.begin, self._begun)
        self._last = np.where(here, step.used, self._last)
        seconds = step.end - step.begin
        threshold = nats(self.options.alarms_per_meter_year, YEAR_SECONDS / seconds)
        found = [
            self._told.close(int(i), step.begin)
            for i in np.flatnonzero(here & ~same)
            if int(i) in self._told
        ]
        long = (step.end - self._begun >= self._least) & (self._runs.length >= FEWEST)
        for i in np.flatnonzero(same & long & (self._runs.evidence >= threshold)).tolist():
            if i in self._told:
                continue
            power, hours = step.used[i] * 3600 / seconds, (step.end - self._begun[i]) / 3600
            evidence = float(self._runs.evidence[i])
            found.append(
                self._told.begin(
                    i,
                    start=float(self._begun[i]),
                    detected=step.end,
                    size=float(power),
                    confidence=confidence(evidence, threshold),
                    evidence=(
                        f"The reading of {power:.3g} kW has come {self._runs.length[i] + 1} times "
                        f"in a row, for {hours:.0f} h; by this meter's own runs that is a chance "
                        f"of 1 in {np.exp(min(evidence, 40)):.0e}."
                    ),
                    numbers={"evidence": evidence, "threshold": threshold, "hours": float(hours)},
                )
            )
        return found
