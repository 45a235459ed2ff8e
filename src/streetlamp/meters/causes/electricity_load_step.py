"""A constant load that came or went for good."""

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


@CAUSES.add("electricity_load_step")
class ElectricityLoadStep(DailyCause):
    """The same kW more or less at every hour, from one day to the next, and it lasts.

    A pump, a heater or a fan that never stops any more; a machine that does not run any more.
    """

    name = "load_step"
    summary = "A constant load came or went from one day to the next, and it lasts."

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        self._levels = Levels(len(self.meters), self.threshold)

    def look(self, day: Day, now: float) -> Sequence[Finding]:
        verdict = self._levels.update(day.power)
        found = []
        for i in np.flatnonzero(verdict.step).tolist():
            start = day.begin - (int(verdict.since[i]) - 1) * DAY
            added = float(verdict.added[i])
            if i in self._told:
                past = self._told.end(i, start)
                found.append(past)
                if past.size * added < 0 and abs(past.size + added) < abs(past.size):
                    continue  # back towards what it was before: the episode is over
            evidence, low, usual = (
                float(v[i]) for v in (verdict.evidence, verdict.low, verdict.usual_low)
            )
            found.append(
                self._told.begin(
                    i,
                    start,
                    now,
                    added,
                    confidence(evidence, self.threshold),
                    f"The load that never stops went from {usual:.3g} to {low:.3g} kW "
                    f"{int(verdict.since[i])} days ago and stayed there; peaks moved by no more "
                    f"than that.",
                    {"evidence": evidence, "threshold": self.threshold, "before": usual},
                )
            )
        self._levels.adopt(verdict.scale | verdict.step, verdict)
        return found
