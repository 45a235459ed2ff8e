"""The last hours' residuals, the newest last."""

from __future__ import annotations

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.meters.network.bank import KEPT
from streetlamp.values import Bools


class Past:
    """Up to `KEPT` hours of ``rows`` residuals."""

    def __init__(self, rows: int) -> None:
        self._residual = np.full((KEPT, rows), np.nan)
        self._time = np.full(KEPT, np.nan)
        self._hour = np.zeros(KEPT, np.int64)
        self._next = 0
        self.count = 0

    def add(self, residual: Doubles, usable: Bools, end: float) -> None:
        """residual: (r,) of the hour that ended at POSIX ``end``."""
        at = self._next % KEPT
        self._residual[at] = np.where(usable, residual, np.nan)
        self._time[at] = end
        self._hour[at] = int(end // 3600 - 1) % 24
        self._next += 1
        self.count = min(self.count + 1, KEPT)

    def _last(self, hours: int) -> Indices:
        hours = min(hours, self.count)
        return (self._next - hours + np.arange(hours)) % KEPT

    def residual(self, hours: int) -> Doubles:
        """(hours, r), NaN where there was nothing to go by."""
        return self._residual[self._last(hours)]

    def time(self, hours: int) -> Doubles:
        """(hours,) POSIX ends."""
        return self._time[self._last(hours)]

    def hours_of_day(self, hours: int) -> Doubles:
        """(24,) which share of the last hours fell on each hour of the day (UTC)."""
        last = self._last(hours)
        return np.bincount(self._hour[last], minlength=24) / max(len(last), 1)

    def move(self, by: Doubles) -> None:
        """Takes ``by`` (r,) off all residuals: what they are counted from has moved."""
        self._residual -= by
