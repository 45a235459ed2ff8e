"""What a transformer or a cable has to carry, as its heat sees it, and the most it has carried.

A loaded winding warms with the square of the load and a time constant of hours (IEC 60076-7; here
one exponential). The thermal load is the constant load that would have made it as warm. The
learnt limit is the thermal load that a day exceeds once in so many years: a Gumbel distribution
(Gumbel 1958) through the median and the upper decile of each day's greatest, so that quiet days do
not widen it, and never below the greatest yet seen.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.electricity.quantiles import quantile

KEPT: Final = 365
LEARNT: Final = 28
UNSURE: Final = 2.5


class Thermal:
    """The thermal load of ``n`` meters, and the greatest of each day."""

    def __init__(self, n: int, hours: float) -> None:
        self.load = np.full(n, np.nan)  # kW
        self._square = np.full(n, np.nan)
        self._seconds = hours * 3600
        self._top = np.full(n, np.nan)
        self._days = np.full((n, KEPT), np.nan, np.float32)

    def update(self, power: Doubles, seconds: float) -> None:
        """Takes in (n,) kW over a step; NaN leaves the heat as it was."""
        here = ~np.isnan(power)
        share = 1 - math.exp(-seconds / self._seconds)
        square = np.where(here, power, 0.0) ** 2
        old = np.where(np.isnan(self._square), square, self._square)
        self._square = np.where(here, old + share * (square - old), self._square)
        self.load = np.sqrt(self._square)
        self._top = np.fmax(self._top, np.where(here, self.load, np.nan))

    def end_day(self) -> None:
        """The local day has closed: its greatest is kept."""
        self._days = np.roll(self._days, 1, axis=1)
        self._days[:, 0] = self._top
        self._top[:] = np.nan

    def limit(self, days_between: float) -> Doubles:
        """The thermal load (n,), kW, that one day in so many exceeds; NaN while too few are known.

        The last day does not count: it may be the one in question.
        """
        past = self._days[:, 1:].astype(float)
        known = np.isfinite(past) & (past > 0)
        count = known.sum(1)
        with_nan = np.where(known, past, np.nan)
        ready = count >= LEARNT
        limit = np.full(len(past), np.nan)
        if ready.any():
            middle, high = quantile(with_nan[ready], 0.5), quantile(with_nan[ready], 0.9)
            scale = (high - middle) / (_reduced(0.9) - _reduced(0.5))
            # Of few days the upper decile is uncertain; a limit rather too high than too low.
            scale *= 1 + UNSURE / np.sqrt(count[ready])
            limit[ready] = middle + scale * (_reduced(1 - 1 / days_between) - _reduced(0.5))
        most = np.where(known, past, 0.0).max(1)
        return np.asarray(np.maximum(limit, most), np.float64)


def _reduced(share: float) -> float:
    """Gumbel's reduced variate of a share of the days."""
    return -math.log(-math.log(share))
