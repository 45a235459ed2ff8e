"""A base load that creeps up: the load that is on day and night grows week by week."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.base import CAUSES, CauseOptions, Watched
from streetlamp.meters.electricity.budget import DAY_YEAR, confidence
from streetlamp.meters.electricity.daily import DailyCause
from streetlamp.meters.electricity.days import DAY, Day
from streetlamp.meters.electricity.levels import quarters
from streetlamp.meters.electricity.quantiles import median
from streetlamp.sequential.cusum import Cusum, threshold
from streetlamp.values import Finding

WEEKS: Final = 53
LAG: Final = 4
LEARNT: Final = 6
NARROWEST: Final = 0.06
K: Final = 1.0
MOST: Final = 4.0
SUDDEN: Final = 0.7


class BaseLoadOptions(CauseOptions):
    """What the search for a rising base load can be told."""

    least: float = Field(
        default=0.25,
        gt=0,
        title="Least rise",
        description="A rise by less than this share of the base load is no finding",
    )


@CAUSES.add("electricity_base_load_rise")
class ElectricityBaseLoadRise(DailyCause):
    """The week's median of the lowest quarter of each day, against weeks 5 to 53 back.

    A rise of which most came in one week is a ``load_step``; one in which the upper loads rose as
    much is a season.
    """

    name = "base_load_rise"
    summary = "The load that is on day and night grows week by week."
    Options = BaseLoadOptions
    options: Any

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._week: list[Doubles] = []
        self._past = np.full((n, WEEKS, 2), np.nan)
        self._h = threshold(DAY_YEAR / 7 / self.options.alarms_per_meter_year, K)
        self._cusum = Cusum(n, K, self._h)

    def look(self, day: Day, now: float) -> Sequence[Finding]:
        self._week.append(quarters(day.power)[:, [0, 3]])
        if len(self._week) < 7:
            return ()
        week = np.stack(self._week, axis=1)
        self._week = []
        enough = (~np.isnan(week[:, :, 0])).sum(1) >= 4
        level = np.full((len(week), 2), np.nan)
        if enough.any():
            level[enough] = median(week[enough])
        level = np.log(np.where(level > 0, level, np.nan))
        usual, width = self._usual()
        z = np.clip((level[:, 0] - usual[:, 0]) / width, -MOST, MOST)
        over = self._cusum.update(np.asarray(z, np.float64))
        self.watched = Watched(self._cusum.sum.copy(), np.full(len(z), self._h))
        self._past = np.roll(self._past, 1, axis=1)
        self._past[:, 0] = level
        found = [
            self._told.close(i, day.begin)
            for i in np.flatnonzero(z < 1).tolist()
            if i in self._told
        ]
        rise = level - usual
        for i in np.flatnonzero(over).tolist():
            if i in self._told or not self._creeps(i, rise[i]):
                continue
            weeks = self._weeks(i, usual[i, 0], rise[i, 0])
            before, after = float(np.exp(usual[i, 0])), float(np.exp(level[i, 0]))
            found.append(
                self._told.begin(
                    i,
                    start=day.begin - 7 * weeks * DAY,
                    detected=now,
                    size=after - before,
                    confidence=confidence(float(self._cusum.sum[i]), self._h),
                    evidence=(
                        f"The load that is on day and night crept from {before:.3g} to {after:.3g} "
                        f"kW in the last {weeks} weeks; no single week explains it."
                    ),
                    numbers={"before": before, "after": after, "weeks": float(weeks)},
                )
            )
        self._cusum.reset(over)
        return found

    def _creeps(self, i: int, rise: Doubles) -> bool:
        """Is it slow, large enough, and no season?"""
        if not rise[0] >= np.log1p(self.options.least) or not rise[1] < 0.7 * rise[0]:
            return False
        year = self._past[i, :, 0]
        year = year[~np.isnan(year)][::-1]
        # The greatest lasting change in a week: the mean of two weeks above the median of the
        # three before. One week's dip that goes back is none.
        at = range(2, len(year) - 1)
        jumps = [year[k + 1 : k + 3].mean() - np.median(year[k - 2 : k + 1]) for k in at]
        return bool(max(jumps, default=np.inf) < SUDDEN * rise[0])

    def _weeks(self, i: int, usual: float, rise: float) -> int:
        """For how many weeks now it has been above a fifth of its rise."""
        year = self._past[i, :, 0]
        low = np.flatnonzero(year < usual + 0.2 * rise)
        return max(int(low[0]) if len(low) else len(year), 1)

    def _usual(self) -> tuple[Doubles, Doubles]:
        past = self._past[:, LAG:]
        ready = (~np.isnan(past[:, :, 0])).sum(1) >= LEARNT
        usual, width = np.full((len(past), 2), np.nan), np.ones(len(past))
        if ready.any():
            usual[ready] = median(past[ready])
            off = np.abs(past[ready][:, :, 0] - usual[ready, :1])
            width[ready] = np.maximum(1.4826 * median(off), NARROWEST)
        return usual, width
