"""How much each hour of a day tells of a leak: the hours' covariance, and what follows from it.

A leak adds the same to every hour; demand does not. The estimate with the least variance among all
weighted means of the hours' residuals is that of generalised least squares (Aitken 1935). Minimum
night flow is the special case in which only the night is given weight; here the day's hours tell
how much of a restless night is demand. Quantities that move with demand but not with a leak
(weather, the other districts) stand beside the hours with no share in the leak, and take their
part of the noise away in the same step.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.meters.districts.clock import HOURS
from streetlamp.values import Bools

WINDOWS: Final = (2, 4, 6, 9, 12, 18, 24)  # hours
_MEMORY: Final = 90.0  # days
_PRIOR: Final = 60.0  # days for which the shape assumed beforehand is believed
_SHORT: Final = 6  # hours; a shorter run has to show half as much again
_NEAR: Final = 1.0  # hours over which neighbours' correlation is assumed to fall by e
_LEAST: Final = 1e-3  # of the mean inflow: no meter is finer
_REFRESH: Final = 7  # days for which the windows' weights are kept
_FAR: Final = 4.0  # standard deviations of an hour, given all others
_ODD: Final = 5  # such hours of a day
_FEWEST: Final = 8  # hours of a day


class HourWeights:
    """The covariance of a day's 24 residuals and ``beside`` other quantities; all in shares."""

    def __init__(self, days: Doubles, share: float, beside: int) -> None:
        """days: (k, 24) first residuals; share: of their variance that was left by the fit."""
        size = HOURS + beside
        self._beside = beside
        self._sum = np.zeros((size, size))
        self._days = np.full((size, size), 3.0)
        self._sum[np.diag_indices(size)] = 3.0  # what stands beside is made to be about 1
        whole = 1.4826**2 * np.nanmedian(days**2, axis=0) / share
        around = (np.roll(whole, 1) + whole + np.roll(whole, -1)) / 3
        self._sum[np.arange(HOURS), np.arange(HOURS)] = 3 * (around + _LEAST**2)
        self._leak = np.concatenate([np.ones(HOURS), np.zeros(beside)])
        hour = np.arange(HOURS)
        self._near = np.eye(size)
        self._near[:HOURS, :HOURS] = np.exp(-np.abs(hour[:, None] - hour) / _NEAR)
        self._learnt = 0
        self._windows = np.full((HOURS, len(WINDOWS), HOURS), np.nan)
        self._make()
        for day in days:
            self.learn(np.concatenate([day / math.sqrt(share), np.full(beside, np.nan)]))

    def _make(self) -> None:
        found = self._sum / np.maximum(self._days, 1e-9)
        deviation = np.sqrt(np.maximum(np.diag(found), 1e-8))
        days = float(self._days.max())
        prior = _PRIOR / (days + _PRIOR)
        assumed = self._near * deviation[:, None] * deviation
        self.covariance = (1 - prior) * found + prior * assumed
        hours = np.arange(HOURS)
        self.covariance[hours, hours] += _LEAST**2
        self.deviations = np.sqrt(np.diag(self.covariance))

    def estimate(self, day: Doubles) -> tuple[float, float]:
        """(leak, its standard deviation) from (24 + beside,) residuals; NaN with too few hours.

        A single hour far off what all others say of it is taken to be what they say.
        """
        here = ~np.isnan(day)
        if here[:HOURS].sum() < _FEWEST:
            return math.nan, math.nan
        leak, seen = self._leak[here], day[here]
        precision = np.linalg.inv(self.covariance[np.ix_(here, here)])
        weight = precision @ leak
        variance = 1 / float(weight @ leak)
        weight = weight * variance
        own = np.diag(precision)
        for _ in range(_ODD):
            found = float(weight @ seen)
            off = precision @ (seen - found * leak) / own  # less what the others say
            odd = int(np.argmax(np.abs(off) * np.sqrt(own)))
            if abs(off[odd]) * math.sqrt(own[odd]) < _FAR:
                break
            seen[odd] -= off[odd]
        return float(weight @ seen), math.sqrt(variance)

    def misfit(self, days: Doubles) -> float:
        """How badly the mean of some days' residuals (k, 24) is the same in all hours.

        Chi squared per degree of freedom: about 1 for a leak, more for demand of another shape.
        """
        here = ~np.isnan(days)
        count = here.sum(axis=0)
        some = np.flatnonzero(count > 0)
        if len(some) < _FEWEST:
            return 1.0
        mean = np.where(here, days, 0.0).sum(axis=0)[some] / count[some]
        precision = np.linalg.inv(self.covariance[np.ix_(some, some)])
        weight = precision.sum(axis=0)
        off = mean - float(weight @ mean) / float(weight.sum())
        return float(count[some].mean() * (off @ precision @ off) / (len(some) - 1))

    def learn(self, day: Doubles) -> None:
        """Takes in a day's residuals about the level that was foreseen, NaN for none."""
        here = ~np.isnan(day)
        reach = 6 * self.deviations
        near = np.where(here, np.clip(np.where(here, day, 0), -reach, reach), 0)
        keep = 1 - 1 / _MEMORY
        self._sum = self._sum * keep + np.outer(near, near)
        self._days = self._days * keep + np.outer(here, here)
        self._make()
        self._learnt += 1
        if self._learnt % _REFRESH == 0 or self._learnt < _REFRESH:
            self._windows[:] = np.nan

    def scores(self, slot: int, residual: Doubles) -> tuple[Doubles, Doubles]:
        """Of the last hours up to ``slot``: (score, leak) for each of `WINDOWS` that fits the day.

        residual: (24,) about the level that was foreseen; an hour without reading is NaN.
        """
        lengths = [w for w in WINDOWS if w <= slot + 1]
        here = ~np.isnan(residual)
        if not here[: slot + 1].all():
            table = np.array([self._row(slot, w, here) for w in lengths]).reshape(-1, HOURS)
        else:
            table = self._windows[slot, : len(lengths)]
            if np.isnan(table).any():
                table[:] = [self._row(slot, w, here | True) for w in lengths]
        information = np.sqrt(np.maximum(table.sum(axis=1), 1e-12))
        reach = 3 * self.deviations[:HOURS]
        clean = np.where(here, residual, 0.0)
        middle = np.array([_middle(residual[slot - w + 1 : slot + 1]) for w in lengths])[:, None]
        near = np.minimum(np.maximum(clean, middle - reach), middle + reach)
        leak = (table * near).sum(axis=1) / information**2
        short = np.where(np.array(lengths) < _SHORT, 1 / 1.5, 1.0)
        return leak * information * short, leak

    def _row(self, slot: int, length: int, here: Bools) -> Doubles:
        row = np.zeros(HOURS)
        at: Indices = np.flatnonzero(here[slot - length + 1 : slot + 1]) + slot - length + 1
        if len(at) > length // 2:
            row[at] = np.linalg.solve(self.covariance[np.ix_(at, at)], np.ones(len(at)))
        return row


def _middle(values: Doubles) -> float:
    """The median; of two middle values the one nearer to nothing, so that one hour is never it."""
    ordered = sorted(value for value in values.tolist() if not math.isnan(value))
    if not ordered:
        return 0.0
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return min(low, high, key=abs) if low * high > 0 else 0.0
