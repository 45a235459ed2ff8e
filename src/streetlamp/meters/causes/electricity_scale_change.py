"""An electricity meter that counts a multiple of what it counted: a factor, a ratio, a phase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from streetlamp.meters.base import CAUSES
from streetlamp.meters.electricity.daily import DailyCause
from streetlamp.meters.electricity.days import DAY, Day
from streetlamp.meters.electricity.episodes import confidence
from streetlamp.meters.electricity.levels import Levels
from streetlamp.values import Finding


@CAUSES.add("electricity_scale_change")
class ElectricityScaleChange(DailyCause):
    """Night and day, base and peaks are all multiplied by the same: no load does that.

    A wrong transformer ratio, a wrong unit or multiplier after an exchange, one phase of three lost
    at the meter.
    """

    name = "scale_change"
    summary = "All readings, of base and of peaks, are multiplied by one factor."
    unit = ""

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        self._levels = Levels(len(self.meters), self.threshold)

    def look(self, day: Day, now: float) -> Sequence[Finding]:
        verdict = self._levels.update(day.power)
        found = []
        for i in np.flatnonzero(verdict.scale).tolist():
            start = day.begin - (int(verdict.since[i]) - 1) * DAY
            factor = float(verdict.factor[i])
            if i in self._told:
                past = self._told.end(i, start)
                found.append(past)
                if abs(np.log(past.size * factor)) < abs(np.log(past.size)):
                    continue  # back towards what it was before: the episode is over
            evidence = float(verdict.evidence[i])
            found.append(
                self._told.begin(
                    i,
                    start,
                    now,
                    factor,
                    confidence(evidence, self.threshold),
                    f"Base load and peaks both read about {factor:.3g} times what they did "
                    f"(on average {verdict.mean[i]:.3g} kW, {verdict.usual_mean[i]:.3g} before), "
                    f"for {int(verdict.since[i])} days: a factor, not a load.",
                    {"evidence": evidence, "threshold": self.threshold, "factor": factor},
                )
            )
        self._levels.adopt(verdict.scale | verdict.step, verdict)
        return found
