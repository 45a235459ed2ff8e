"""A meter's clock that jumped: the day it shows is the usual one, some hours too early or too late.

The likelihood of standing still or not, had the hour been another, against the hour it says. One
hour is not looked for: a place that gets up an hour later looks the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step
from streetlamp.meters.episode import Episodes
from streetlamp.meters.own import OwnTail, Prior
from streetlamp.meters.pulses import Pulses
from streetlamp.meters.usual import UsualUse
from streetlamp.values import Finding

_SHIFTS: Final = np.array([-12, -9, -6, -4, -3, -2, 2, 3, 4, 6, 9])
_FROM: Final = np.append(0, _SHIFTS)
_ABOVE: Final = 6.0
_PRIOR: Final = Prior(_ABOVE, events=4, years=0.4, excess=2.5, longest=20.0)
_LEARNT: Final = 28 * 24.0  # h of readings before a day can be called usual
_MOST: Final = 1.5  # evidence of one hour


class ClockShiftOptions(CauseOptions):
    """When a day is out of step."""

    alarms_per_meter_year: float = Field(
        default=0.02, gt=0, le=52, title="False alarms",
        description="How many false alarms a meter may raise in a year.",
    )  # fmt: skip
    memory_days: float = Field(
        default=15.0, gt=1, le=120, title="Memory",
        description="Days after which evidence counts for a third.",
    )  # fmt: skip


@CAUSES.add("clock_shift")
class ClockShift(Cause):
    """The usual day is not learnt further while one is open."""

    name = "clock_shift"
    kinds = frozenset({"water"})
    summary = "The usual day, hours too early or too late."
    Options = ClockShiftOptions
    options: ClockShiftOptions

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._pulses, self._usual = Pulses(n), UsualUse(n, sizes=False)
        self._sum = np.zeros((n, len(_SHIFTS)))
        self._age = np.zeros((n, len(_SHIFTS)))
        self._peak = np.zeros(n)
        self._hours = np.zeros(n)
        self._tail = OwnTail(n, _PRIOR)
        self._open = Episodes(self.name, self.meters)

    def update(self, step: Step) -> Sequence[Finding]:
        hours = (step.end - step.begin) / 3600.0
        passed = self._pulses.update(step)
        one = passed.known & (passed.steps == 1)
        rows = np.arange(len(self.meters))
        still = self._usual.still_all()[(step.hour - _FROM) % 24].T
        chance = np.log(np.where((passed.pulses < 1)[:, None], still, 1 - still))
        ratio = chance[:, 1:] - chance[:, :1]
        use = one & (self._hours > _LEARNT)
        keep = np.exp(-hours / 24.0 / self.options.memory_days)
        ratio = np.where(use[:, None], np.clip(ratio, -_MOST, _MOST), 0.0)
        self._sum = np.maximum(self._sum * keep + ratio, 0.0)
        self._age = np.where(self._sum > 0, self._age + hours, 0.0)
        best = self._sum.argmax(axis=1)
        height = self._sum[rows, best]
        np.maximum(self._peak, height, out=self._peak)
        over = (height < 1) & (self._peak > 0)
        self._tail.learn(self._peak, over)
        self._tail.pass_time(np.where(use, hours, 0.0))
        self._peak[over] = 0.0
        found = self._open.end(np.flatnonzero(over & self._open.is_open), step.begin)
        limit = self._tail.passed(self.options.alarms_per_meter_year)
        for at in np.flatnonzero((height >= limit) & ~self._open.is_open).tolist():
            shift, lasted = int(_SHIFTS[best[at]]), float(self._age[at, best[at]])
            found.append(
                self._open.begin(
                    at,
                    start=step.end - lasted * 3600.0,
                    detected=step.end,
                    size=float(shift),
                    unit="h",
                    confidence=0.8,
                    evidence=f"For {lasted / 24:.0f} days its day has been the usual one "
                    f"{abs(shift)} hours {'late' if shift > 0 else 'early'}.",
                    numbers={"evidence": float(height[at]), "threshold": float(limit[at])},
                )
            )
        # a day that looks shifted must not become the usual one while it is still in doubt
        self._usual.learn(step.hour, passed.pulses, one & (height < 0.4 * limit))
        self._hours += one * hours
        return found
