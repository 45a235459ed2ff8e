"""What changed for good from one day to the next: a constant load, or a factor of all readings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, CauseOptions, Watched
from streetlamp.meters.electricity.budget import confidence
from streetlamp.meters.electricity.daily import DailyCause
from streetlamp.meters.electricity.days import DAY, Day
from streetlamp.meters.electricity.levels import Levels, Verdict
from streetlamp.meters.episode import Episodes
from streetlamp.values import Bools, Finding


class LevelChangeOptions(CauseOptions):
    """What the search for changed levels can be told."""

    alarms_per_meter_year: float = Field(
        default=0.2,
        gt=0,
        le=52,
        title="False alarms",
        description="How many false alarms a meter may raise in a year, of both causes together",
    )


@CAUSES.add("electricity_load_step", "electricity_scale_change")
class ElectricityLevelChange(DailyCause):
    """Tells two causes, by what moved.

    ``load_step``: the same kW more or less at every hour, from one day to the next, and it lasts. A
    pump, a heater or a fan that never stops any more; a machine that does not run any more.

    ``scale_change``: night and day, base and peaks are all multiplied by the same: no load does
    that. A wrong transformer ratio, a wrong unit or multiplier after an exchange, one phase of
    three lost at the meter.
    """

    name = "load_step"
    summary = "A constant load came or went for good, or one factor multiplies all readings."
    hypotheses = 16.0
    Options = LevelChangeOptions

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        self._levels = Levels(len(self.meters), self.threshold)
        self._scaled = Episodes("scale_change", self.meters)

    def look(self, day: Day, now: float) -> Sequence[Finding]:
        verdict = self._levels.update(day.power)
        limit = np.full(len(verdict.evidence), self.threshold)
        self.watched = Watched(verdict.evidence, limit)
        found = [
            *self._changed(self._told, verdict.step, day, now, verdict, self._step),
            *self._changed(self._scaled, verdict.scale, day, now, verdict, self._scale),
        ]
        self._levels.adopt(verdict.scale | verdict.step, verdict)
        return found

    def _changed(
        self,
        told: Episodes,
        where: Bools,
        day: Day,
        now: float,
        verdict: Verdict,
        tell: Callable[[Verdict, int], tuple[float, bool, str, dict[str, float]]],
    ) -> list[Finding]:
        found = []
        for i in np.flatnonzero(where).tolist():
            start = day.begin - (int(verdict.since[i]) - 1) * DAY
            size, back, evidence, numbers = tell(verdict, i)
            if i in told:
                found.append(told.close(i, start))
                if back:
                    continue  # towards what it was before: the episode is over
            nats = float(verdict.evidence[i])
            found.append(
                told.begin(
                    i,
                    start=start,
                    detected=now,
                    size=size,
                    confidence=confidence(nats, self.threshold),
                    evidence=evidence,
                    numbers={"evidence": nats, "threshold": self.threshold, **numbers},
                )
            )
        return found

    def _step(self, verdict: Verdict, i: int) -> tuple[float, bool, str, dict[str, float]]:
        """Size, whether it goes back towards what was before, evidence, numbers."""
        added, past = float(verdict.added[i]), self._told.size(i)
        low, usual = float(verdict.low[i]), float(verdict.usual_low[i])
        evidence = (
            f"The load that never stops went from {usual:.3g} to {low:.3g} kW "
            f"{int(verdict.since[i])} days ago and stayed there; peaks moved by no more than that."
        )
        back = past * added < 0 and abs(past + added) < abs(past)
        return added, back, evidence, {"before": usual}

    def _scale(self, verdict: Verdict, i: int) -> tuple[float, bool, str, dict[str, float]]:
        factor, past = float(verdict.factor[i]), self._scaled.size(i)
        evidence = (
            f"Base load and peaks both read about {factor:.3g} times what they did (on average "
            f"{verdict.mean[i]:.3g} kW, {verdict.usual_mean[i]:.3g} before), for "
            f"{int(verdict.since[i])} days: a factor, not a load."
        )
        back = abs(np.log(past * factor)) < abs(np.log(past))
        return factor, back, evidence, {"factor": factor}
