"""How high a day's highest score has to be to be unusual for this series, from its own past days.

The highest of many scores follows Gumbel's distribution (Fisher & Tippett 1928), whatever the tails
of each are, as long as they fall exponentially. Two moments fix it, and with them the value that is
reached once in so many days.
"""

from __future__ import annotations

import math
from typing import Final

_EULER: Final = 0.5772156649015329
_MEMORY: Final = 1 / 60  # a day
_PRIOR: Final = 10.0  # days for which what was assumed beforehand is believed
_REACH: Final = 4.0  # standard deviations a day may count


class DailyExtremes:
    """Mean and spread of daily highest scores, and the value expected once in ``run`` days."""

    def __init__(self, run: float, mean: float = 3.0, deviation: float = 1.0) -> None:
        """mean, deviation: of a day's highest score, before any day was seen."""
        self._mean = mean
        self._variance = deviation**2
        self._days = _PRIOR
        # From Gumbel's location and scale to mean and deviation, at the quantile 1 - 1/run.
        reduced = -math.log(-math.log1p(-1 / run)) if run > 1 else 0.0
        self._factor = (reduced - _EULER) * math.sqrt(6) / math.pi

    @property
    def limit(self) -> float:
        """The score that a day reaches once in ``run`` days."""
        return self._mean + self._factor * math.sqrt(self._variance)

    def update(self, highest: float) -> None:
        """Takes in the highest score of a day that is over."""
        self._days += 1
        gain = max(_MEMORY, 1 / self._days)
        spread = math.sqrt(self._variance)
        gap = min(max(highest - self._mean, -_REACH * spread), _REACH * spread)
        self._mean += gain * gap
        self._variance += gain * (gap * gap - self._variance)
