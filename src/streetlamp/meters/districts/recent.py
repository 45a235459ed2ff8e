"""The last weeks of one district, hour by hour: what a finding shows as its evidence."""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.values import Evidence

_HOURS: Final = 28 * 24
BAND: Final = 2.0  # standard deviations of an hour


class Recent:
    """A ring of hours: beginning, m3/h, foreseen, its deviation, score of the daily test."""

    def __init__(self) -> None:
        self._rows: Doubles = np.full((_HOURS, 5), np.nan)
        self._count = 0

    def add(self, begin: float, measured: float, foreseen: float, off: float, score: float) -> None:
        self._rows[self._count % _HOURS] = begin, measured, foreseen, off, score
        self._count += 1

    def evidence(self, threshold: float) -> Evidence:
        """All that is kept, oldest first."""
        rows = np.roll(self._rows, -(self._count % _HOURS), axis=0)
        rows = rows[~np.isnan(rows[:, 0])]
        time, measured, foreseen, off, score = rows.T.copy()
        return Evidence(
            time=time,
            measured=measured,
            expected=foreseen,
            low=foreseen - BAND * off,
            high=foreseen + BAND * off,
            statistic=score,
            threshold=threshold,
            unit="m3/h",
        )
