"""By how many hours a meter's days are late or early against its own days before.

A day is the logarithms of its 24 hourly means, less their mean: a wrong factor leaves it as it is.
The meter's own days 15 to 70 back give each hour a location and a width. A shift by ``s`` hours
says that today's hour ``h`` was hour ``h - s`` before; each shift has a cumulative sum of its
log-likelihood ratio against no shift.

Hours depend on each other, and days do: so a meter's ratios are multiplied by the ``w`` with which
they would have been a martingale on its own past (mean of ``exp(w x)`` one; to second order
``w = -2 mean / variance``, of sums of three days). A meter without a daily rhythm has ``w`` near
zero and never says anything: its clock cannot be seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.electricity.quantiles import median, quantile
from streetlamp.meters.electricity.sums import gathered
from streetlamp.values import Bools, Ints

SHIFTS: Final = np.array([-8, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 8, 12])
LAG: Final = 14
KEPT: Final = 70
LEARNT: Final = 21
REFRESHED: Final = 14
LONGEST: Final = 42
OUTLIER: Final = 9.0
NARROWEST: Final = 0.15
ODD: Final = 0.75
FEWEST: Final = 4
"""Days that a shift is seen on, at least."""


@dataclass(frozen=True, slots=True, eq=False)
class ClockVerdict:
    """What one day adds, per meter."""

    shifted: Bools  # (n,)
    hours: Ints  # (n,) the best shift; later is positive
    since: Ints  # (n,) days ago that it began
    evidence: Doubles  # (n,) nats


class Clock:
    """Every meter's days as shapes, and every shift's sum."""

    def __init__(self, n: int, threshold: float) -> None:
        self.threshold = threshold
        self._past = np.full((n, KEPT, 24), np.nan, np.float32)
        self._where = np.full((n, 24), np.nan)
        self._width = np.ones((n, 24))
        self._odd = np.zeros(n)
        self._weight = np.zeros((n, len(SHIFTS)))
        self._sum = np.zeros((n, len(SHIFTS)))
        self._age = np.zeros((n, len(SHIFTS)), np.int64)
        self._days = 0

    def update(self, power: Doubles) -> ClockVerdict:
        """Takes in one day's hours (n, 24), kW."""
        if self._days % REFRESHED == 0:
            self._learn()
        self._days += 1
        shape = shapes(power)
        here = ~np.isnan(shape).any(1) & ~np.isnan(self._where).any(1)
        where = np.nan_to_num(self._where)
        ratio = _ratios(np.nan_to_num(shape)[:, None, :], where, self._width, self._odd)[:, 0]
        ratio = np.where(here[:, None], ratio, 0.0)
        gain = np.minimum(self._weight * ratio, self.threshold / FEWEST)
        self._sum, self._age = gathered(self._sum, self._age, gain, here, LONGEST)
        self._past = np.roll(self._past, 1, axis=1)
        self._past[:, 0] = shape
        best = self._sum.argmax(1)
        rows = np.arange(len(best))
        return ClockVerdict(
            shifted=self._sum[rows, best] >= self.threshold,
            hours=SHIFTS[best],
            since=self._age[rows, best],
            evidence=self._sum[rows, best],
        )

    def adopt(self, where: Bools, verdict: ClockVerdict) -> None:
        """Takes the shift for the new usual at these meters: its end is a shift of its own."""
        for i in np.flatnonzero(where):
            back, by = int(verdict.since[i]), int(verdict.hours[i])
            self._past[i, back:] = np.roll(self._past[i, back:], by, axis=1)
            self._where[i] = np.roll(self._where[i], by)
            self._width[i] = np.roll(self._width[i], by)
        self._sum[where] = 0
        self._age[where] = 0

    def _learn(self) -> None:
        past = self._past[:, LAG:]
        known = np.asarray(~np.isnan(past).any(2), bool)
        ready = known.sum(1) >= LEARNT
        self._where[~ready] = np.nan
        self._weight[~ready] = 0.0
        if not ready.any():
            return
        known = known[ready]
        days = np.where(known[:, :, None], past[ready], np.nan).astype(float)
        # Each half of the past is judged by what the other half taught, as days to come will be.
        half = (np.arange(days.shape[1]) // 7) % 2 == 0
        ratio = np.zeros((*known.shape, len(SHIFTS)))
        for judged in (half, ~half):
            where, width = _profile(np.where(judged[None, :, None], np.nan, days))
            odd = _odd(days[:, ~judged], where, width)
            ratio[:, judged] = _ratios(np.nan_to_num(days[:, judged]), where, width, odd)
        self._weight[ready] = _weights(ratio, known, self.threshold / LONGEST)
        where, width = _profile(days)
        self._where[ready], self._width[ready] = where, width
        self._odd[ready] = _odd(days, where, width)


def _profile(days: Doubles) -> tuple[Doubles, Doubles]:
    """Location and width of each hour: (n, days, 24), NaN unknown, to twice (n, 24)."""
    where = median(days)
    off = median(np.abs(days - where[:, None, :])) * 1.4826
    return where, np.maximum(0.75 * off + 0.25 * off.mean(1, keepdims=True), NARROWEST)


def _cost(days: Doubles, where: Doubles, width: Doubles, by: int) -> Doubles:
    at, wide = np.roll(where, by, axis=1)[:, None], np.roll(width, by, axis=1)[:, None]
    cost: Doubles = np.minimum(((days - at) / wide) ** 2, OUTLIER).sum(2) / 2
    return cost


def _odd(days: Doubles, where: Doubles, width: Doubles) -> Doubles:
    """The cost (n,) beyond which a day is like none of this meter's days, shifted or not."""
    with np.errstate(invalid="ignore"):
        cost = _cost(days, where, width, 0)
    return np.nan_to_num(quantile(cost, ODD))


def _ratios(days: Doubles, where: Doubles, width: Doubles, odd: Doubles) -> Doubles:
    """(n, days, 24) shapes to (n, days, shifts) log-likelihood ratios, nats."""
    most = odd[:, None]
    same = np.minimum(_cost(days, where, width, 0), most)
    each = [same - np.minimum(_cost(days, where, width, int(by)), most) for by in SHIFTS]
    return np.stack(each, axis=2)


def shapes(power: Doubles) -> Doubles:
    """(n, 24) kW to logarithms less their mean; NaN for a day with an unknown hour or none used."""
    top = np.nanmax(np.nan_to_num(power), axis=1, keepdims=True)
    logs = np.log(np.maximum(power, 0.01 * np.maximum(top, 1e-9)))
    shape: Doubles = logs - logs.mean(1, keepdims=True)
    shape[top[:, 0] <= 0] = np.nan
    return shape


def _weights(ratio: Doubles, known: Bools, least: float) -> Doubles:
    """The ``w`` of each meter and shift: (n, days, shifts) and (n, days) to (n, shifts)."""
    n, days, _ = ratio.shape
    whole = days // 3 * 3
    sums = ratio[:, :whole].reshape(n, -1, 3, ratio.shape[2]).sum(2)
    full = np.asarray(known[:, :whole].reshape(n, -1, 3).all(2), bool)
    count = np.maximum(full.sum(1), 1)[:, None]
    mean = (sums * full[:, :, None]).sum(1) / count
    spread = (np.where(full[:, :, None], sums - mean[:, None], 0.0) ** 2).sum(1) / count
    weight: Doubles = np.clip(-2 * mean / np.maximum(spread, 1e-9), 0.0, 1.0)
    weight[full.sum(1) < LEARNT // 3] = 0.0
    # A shift that could not be told before its evidence is dropped is not looked for.
    weight[weight * -mean / 3 < least] = 0.0
    return weight
