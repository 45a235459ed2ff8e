"""An electricity meter that counts nothing any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, YEAR_SECONDS, Cause, CauseOptions, Step
from streetlamp.meters.electricity.budget import confidence, nats
from streetlamp.meters.electricity.repeats import Repeats
from streetlamp.meters.episode import Episodes
from streetlamp.values import Finding


class DeadOptions(CauseOptions):
    """What the search for meters that count nothing can be told."""

    at_least_hours: float = Field(
        default=24.0,
        ge=0,
        title="Shortest",
        description="Zeros for less time than this are a power cut or an empty line, no finding "
        "(hours)",
    )


@CAUSES.add("electricity_dead_meter")
class ElectricityDeadMeter(Cause):
    """Zeros for a day and more, beyond all runs of zeros this meter has had.

    Unlike water, electricity is seldom zero: one line in standby keeps the reading above it. A
    meter that has never counted anything is not called dead.
    """

    name = "dead_meter"
    kinds = frozenset({"electricity"})
    summary = "The meter counts nothing, far longer than it ever did."
    Options = DeadOptions
    options: Any

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._least = 3600 * self.options.at_least_hours
        self._runs = Repeats(n, begin=0.02, go_on=0.6)
        self._begun = np.full(n, np.nan)
        self._lived = np.zeros(n, bool)
        self._power = np.zeros(n)  # kW, mean while it counted, one week's memory
        self._told = Episodes(self.name, self.meters, "kW")

    def update(self, step: Step) -> Sequence[Finding]:
        here = ~np.isnan(step.used)
        zero = here & (step.used == 0)
        seconds = step.end - step.begin
        counts = here & ~zero
        share = 1 - np.exp(-seconds / (7 * 86400))
        now = np.where(counts, np.nan_to_num(step.used) * 3600 / seconds, 0.0)
        self._power += np.where(counts, share * (now - self._power), 0.0)
        self._power = np.where(counts & ~self._lived, now, self._power)
        self._lived |= counts
        self._begun = np.where(zero & (self._runs.length == 0), step.begin, self._begun)
        self._runs.update(zero, here & self._lived)
        threshold = nats(self.options.alarms_per_meter_year, YEAR_SECONDS / seconds)
        found = [
            self._told.close(int(i), step.begin)
            for i in np.flatnonzero(counts)
            if int(i) in self._told
        ]
        long = step.end - self._begun >= self._least
        dead = zero & long & (self._runs.evidence >= threshold)
        for i in np.flatnonzero(dead).tolist():
            if i in self._told:
                continue
            hours, evidence = (step.end - self._begun[i]) / 3600, float(self._runs.evidence[i])
            found.append(
                self._told.begin(
                    i,
                    start=float(self._begun[i]),
                    detected=step.end,
                    size=float(self._power[i]),
                    confidence=confidence(evidence, threshold),
                    evidence=(
                        f"Nothing counted for {hours:.0f} h, where {self._power[i]:.3g} kW was "
                        f"usual; by this meter's own runs of zeros that is a chance of "
                        f"1 in {np.exp(min(evidence, 40)):.0e}."
                    ),
                    numbers={"evidence": evidence, "threshold": threshold, "hours": float(hours)},
                )
            )
        return found
