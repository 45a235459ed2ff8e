"""An electricity meter whose clock went wrong: its days come early or late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from streetlamp.meters.base import CAUSES
from streetlamp.meters.electricity.budget import confidence
from streetlamp.meters.electricity.clock import Clock
from streetlamp.meters.electricity.daily import DailyCause
from streetlamp.meters.electricity.days import DAY, Day
from streetlamp.values import Finding


@CAUSES.add("electricity_clock_shift")
class ElectricityClockShift(DailyCause):
    """Every hour of the day looks like another hour did, all by the same number of hours."""

    name = "clock_shift"
    summary = "The whole day's shape comes hours earlier or later than it did."
    unit = "h"

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        self._clock = Clock(len(self.meters), self.threshold)

    def look(self, day: Day, now: float) -> Sequence[Finding]:
        verdict = self._clock.update(day.power)
        found = []
        for i in np.flatnonzero(verdict.shifted).tolist():
            start = day.begin - (int(verdict.since[i]) - 1) * DAY
            hours = float(verdict.hours[i])
            if i in self._told:
                past = self._told.close(i, start)
                found.append(past)
                if past.size * hours < 0:
                    continue  # back: the episode is over
            evidence, days = float(verdict.evidence[i]), int(verdict.since[i])
            how = (
                f"{abs(hours):.0f} h later than in the two months before"
                if hours > 0
                else f"{abs(hours):.0f} h earlier than in the two months before"
            )
            found.append(
                self._told.begin(
                    i,
                    start=start,
                    detected=now,
                    size=hours,
                    confidence=confidence(evidence, self.threshold),
                    evidence=(
                        f"For {days} days the day's shape has come {how}; "
                        f"no shift explains it exp({evidence:.0f}) times worse."
                    ),
                    numbers={"evidence": evidence, "threshold": self.threshold, "hours": hours},
                )
            )
        self._clock.adopt(verdict.shifted, verdict)
        return found
