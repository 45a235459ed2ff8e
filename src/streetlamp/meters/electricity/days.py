"""Steps of any length become local days of 24 hourly means, as each day closes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.base import Step

DAY = 86400.0
COVERED = 0.5
"""An hour counts when readings cover at least this share of it; a day when 18 hours count."""


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """One local day of ``n`` meters."""

    begin: float  # POSIX seconds of its first step
    end: float  # of its last
    weekend: bool  # Saturday, Sunday or a holiday
    power: Doubles  # (n, 24) mean kW in each hour of the clock, NaN where too little was read


class Days:
    """Gathers steps; gives a `Day` with the first step of the next one.

    An hour that the clock repeats or leaves out (summer time) is the mean of what was read in it,
    or NaN. A register that jumps, a silence of days: nothing is filled in.
    """

    def __init__(self, n: int) -> None:
        self._used = np.zeros((n, 24))
        self._hours = np.zeros((n, 24))
        self._begin = np.nan
        self._end = np.nan
        self._hour = -1
        self._free = False

    def update(self, step: Step) -> Day | None:
        """Takes in a step; gives the day it closed, if it is the first of another."""
        other = self._hour >= 0 and (
            step.hour < self._hour or step.begin - self._begin >= 1.05 * DAY
        )
        # A clock set back repeats an hour: that is no new day.
        if other and self._hour - step.hour == 1 and step.begin - self._begin < DAY - 3 * 3600:
            other = False
        closed = self._close() if other else None
        if self._hour < 0 or other:
            self._begin = step.begin
        self._free = step.holiday or step.weekday >= 5
        self._hour, self._end = step.hour, step.end
        hours = (step.end - step.begin) / 3600
        here = ~np.isnan(step.used)
        if hours <= 1:
            self._used[:, step.hour] += np.where(here, step.used, 0.0)
            self._hours[:, step.hour] += here * hours
        return closed

    def _close(self) -> Day:
        enough = self._hours >= COVERED
        with np.errstate(invalid="ignore", divide="ignore"):
            power = np.where(enough, self._used / self._hours, np.nan)
        day = Day(self._begin, self._end, self._free, power)
        self._used[:] = 0
        self._hours[:] = 0
        return day
