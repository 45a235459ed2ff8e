"""The usual inflow of each hour of the week, learnt day by day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.districts.clock import HOURS

_ALL: Final = 28.0  # days of memory of the hours
_SEASON: Final = 7.0  # days of memory of how far the day swings: the season makes it more or less
_KIND: Final = 8.0  # weeks of memory of what a weekday differs by


class HourProfile:
    """Mean of each hour, and each weekday's difference from it."""

    def __init__(self, days: Doubles, kinds: Sequence[int]) -> None:
        """days: (k, 24) the first days, without their trend; kinds: of each."""
        self.mean = np.nanmean(days, axis=0)
        self._seen = np.sum(~np.isnan(days), axis=0).astype(float)
        self._differs = np.zeros((7, HOURS))
        self._weeks = np.zeros((7, HOURS))
        for kind, day in zip(kinds, days - self.mean, strict=True):
            here = ~np.isnan(day)
            self._weeks[kind] += here
            gap = np.where(here, day - self._differs[kind], 0)
            self._differs[kind] += gap / np.maximum(self._weeks[kind], 1)

    def usual(self, kind: int) -> Doubles:
        """(24,) the usual hours of a weekday."""
        return np.asarray(self.mean + self._differs[kind])

    def usual_all(self, kinds: Sequence[int]) -> Doubles:
        """(k, 24) the usual hours of some days."""
        return np.asarray(self.mean + self._differs[list(kinds)])

    @property
    def swing(self) -> float:
        """How far the usual day goes from its mean: a standard deviation over its hours."""
        return float(np.std(self.mean))

    def learn(self, kind: int, shape: Doubles, whole: Doubles) -> None:
        """Takes in a day's difference from its usual hours, NaN for none.

        shape: (24,) without what was the same in all hours, so that no leak becomes usual;
        whole: (24,) with what of it the level did not foresee: what weekdays differ by.
        """
        here = ~np.isnan(shape)
        self._seen += here
        shape = np.where(here, shape, 0)
        swing = np.where(here, self.mean - self.mean.mean(), 0)
        season = swing * float(swing @ shape) / max(float(swing @ swing), 1e-9)
        days = np.clip(self._seen, 1, None)
        self.mean = self.mean + season / np.minimum(days, _SEASON)
        self.mean = self.mean + (shape - season) / np.minimum(days, _ALL)
        self._weeks[kind] += here
        gain = 1 / np.minimum(self._weeks[kind] + 1, _KIND)  # one more: what is new is half noise
        self._differs[kind] += np.where(here, gain * whole, 0)
        if np.all(self._weeks > 0):
            self._differs -= self._differs.mean(axis=0)
