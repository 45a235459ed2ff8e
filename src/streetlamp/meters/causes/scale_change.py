"""Readings that are suddenly multiplied: a wrong unit, pulse weight or decimal point.

The likelihood of each amount, had it been multiplied by one of the factors such mistakes have,
against the usual sizes. Only what flowed says anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step
from streetlamp.meters.episode import Episodes
from streetlamp.meters.own import OwnTail, Prior
from streetlamp.values import Finding

FACTORS: Final = np.array([0.001, 0.01, 0.1, 1 / 3.785, 3.785, 10, 100, 1000])
_EDGES: Final = np.geomspace(0.01, 1e5, 43)  # L: a sixth of a decade
_ABOVE: Final = 6.0
_PRIOR: Final = Prior(_ABOVE, events=4, years=0.4, excess=3.5, longest=20.0)
_LEARNT: Final = 100.0  # uses before sizes can be called usual
_MOST: Final = 3.0  # evidence of one use
_USES: Final = 500.0  # that are remembered


class ScaleChangeOptions(CauseOptions):
    """When sizes are no longer the usual ones."""

    alarms_per_meter_year: float = Field(
        default=0.01, gt=0, le=52, title="False alarms",
        description="How many false alarms a meter may raise in a year.",
    )  # fmt: skip
    memory_uses: float = Field(
        default=60.0, gt=5, le=1000, title="Memory",
        description="Hours with use after which evidence counts for a third.",
    )  # fmt: skip


@CAUSES.add("scale_change")
class ScaleChange(Cause):
    """Sizes are not learnt further while one is open."""

    name = "scale_change"
    kinds = frozenset({"water", "gas", "heat"})
    summary = "Readings that are suddenly multiplied."
    Options = ScaleChangeOptions
    options: ScaleChangeOptions

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._sizes = np.full((n, len(_EDGES) + 1), 0.02)
        self._seen = np.zeros(n)
        self._sum = np.zeros((n, len(FACTORS)))
        self._since = np.full((n, len(FACTORS)), np.nan)  # POSIX s since when each sum is not zero
        self._peak = np.zeros(n)
        self._tail = OwnTail(n, _PRIOR)
        self._open = Episodes(self.name, self.meters)

    def update(self, step: Step) -> Sequence[Finding]:
        rows = np.arange(len(self.meters))
        with np.errstate(invalid="ignore"):
            flowed = step.used > 0
        amount = np.where(flowed, step.used, 1.0)
        place = np.searchsorted(_EDGES, amount)
        others = np.searchsorted(_EDGES, amount[:, None] / FACTORS)
        usual = np.log(self._sizes[rows, place])
        ratio = np.log(self._sizes[rows[:, None], others]) - usual[:, None]
        use = flowed & (self._seen > _LEARNT)
        keep = np.exp(-1 / self.options.memory_uses)
        summed = self._sum * keep + np.clip(ratio, -_MOST, _MOST)
        self._sum = np.where(use[:, None], np.maximum(summed, 0.0), self._sum)
        rising = self._sum > 0
        self._since = np.where(rising & np.isnan(self._since), step.begin, self._since)
        self._since[~rising] = np.nan
        best = self._sum.argmax(axis=1)
        height = self._sum[rows, best]
        np.maximum(self._peak, height, out=self._peak)
        over = (height < 1) & (self._peak > 0)
        self._tail.learn(self._peak, over)
        self._tail.pass_time(np.where(use, (step.end - step.begin) / 3600.0, 0.0))
        self._peak[over] = 0.0
        found = self._open.end(np.flatnonzero(over & self._open.is_open), step.begin)
        limit = self._tail.passed(self.options.alarms_per_meter_year)
        for at in np.flatnonzero((height >= limit) & ~self._open.is_open).tolist():
            factor = float(FACTORS[best[at]])
            found.append(
                self._open.begin(
                    at,
                    start=float(self._since[at, best[at]]),
                    detected=step.end,
                    size=factor,
                    confidence=0.9,
                    evidence=f"What it counts is about {factor:.3g} times what it was, each time "
                    "that something flows.",
                    numbers={"evidence": float(height[at]), "threshold": float(limit[at])},
                )
            )
        learn = np.flatnonzero(flowed & (height < 0.4 * limit))
        self._sizes[learn] *= 1 - 1 / _USES
        self._sizes[learn, place[learn]] += 1
        self._seen[learn] += 1
        return found
