"""One test for every pipe and every sensor, side by side: which of them explains what is left?

A leak moves all residuals along its signature, a sensor fault one of them. For each candidate the
residuals are weighed by the noise's covariance (generalised least squares), summed over windows of
several lengths, and held against their own deviation: the generalised likelihood ratio of a
constant flow since the window's beginning (Willsky & Jones 1976). The threshold follows from the
highest score of simulated noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.values import Bools

WINDOWS: Final = (3, 6, 12, 24, 48, 96, 192, 384)  # hours
KEPT: Final = WINDOWS[-1]
_EULER: Final = 0.5772156649015329
_SIMULATED: Final = 120  # days
_LEAST: Final = 1e-9
_PRIOR: Final = (5.0, 2.0)  # days for which a lasting of so much is assumed


@dataclass(frozen=True, slots=True)
class Peak:
    """The candidate that explains most."""

    score: float  # standard deviations
    candidate: int
    hours: int  # of the window


class Bank:
    """Sums of evidence for ``n`` candidates over the last `KEPT` hours."""

    def __init__(self, lasting: Doubles, most: Doubles) -> None:
        """lasting: (n,) variance of a day's sum over that of 24 independent hours.

        What is more than 1 is taken to last longer than any window. most: (n,) the largest size
        that is believed of each candidate.
        """
        n = len(lasting)
        self._most = most
        days = np.array(WINDOWS)[:, None] / 24
        self._spread = np.sqrt(1 + (lasting - 1) * days)
        self._a = np.zeros((KEPT, n), np.float32)
        self._b = np.zeros((KEPT, n), np.float32)
        self._sum_a = np.zeros((len(WINDOWS), n))
        self._sum_b = np.zeros((len(WINDOWS), n))
        self._at = 0
        self.filled = 0

    def forget(self) -> None:
        """All evidence so far counts no more."""
        for table in (self._a, self._b, self._sum_a, self._sum_b):
            table[:] = 0
        self.filled = 0

    def update(self, a: Doubles, b: Doubles) -> None:
        """a: (n,) weighted residual along each signature; b: (n,) its variance."""
        for number, one in enumerate(WINDOWS):
            gone = (self._at - one) % KEPT
            self._sum_a[number] += a - self._a[gone]
            self._sum_b[number] += b - self._b[gone]
        self._a[self._at], self._b[self._at] = a, b
        self._at = (self._at + 1) % KEPT
        self.filled = min(self.filled + 1, KEPT)
        if self._at == 0:  # rounding does not gather
            for number, one in enumerate(WINDOWS):
                a_all, b_all = self.last(one)
                self._sum_a[number], self._sum_b[number] = a_all.sum(axis=0), b_all.sum(axis=0)

    def last(self, hours: int) -> tuple[Doubles, Doubles]:
        """(hours, n) twice: what `update` was told, the oldest first."""
        at = (self._at - hours + np.arange(hours)) % KEPT
        return self._a[at].astype(float), self._b[at].astype(float)

    def scores(self) -> Doubles:
        """(windows, n) in standard deviations; 0 where only more than is believed explains it."""
        b = np.maximum(self._sum_b, _LEAST)
        score = self._sum_a / np.sqrt(b) / self._spread
        return np.asarray(np.where(np.abs(self._sum_a) > self._most * b, 0.0, score))

    def peak(self, among: slice, *, both: bool = False) -> Peak:
        """The highest score among some candidates; both: also of what is less than nothing."""
        score = self.scores()[:, among]
        score = np.abs(score) if both else score
        window, candidate = np.unravel_index(int(np.argmax(score)), score.shape)
        return Peak(
            float(score[window, candidate]), int(candidate) + (among.start or 0),
            min(WINDOWS[window], max(self.filled, 1)),
        )  # fmt: skip

    def begin(self, peak: Peak) -> int:
        """How many hours ago what the candidate explains most likely began.

        At most twice the window that shows it best: what was there before is something else.
        """
        candidate, hours = peak.candidate, max(min(self.filled, 2 * peak.hours), 1)
        a, b = self.last(hours)
        a, b = np.cumsum(a[::-1, candidate]), np.cumsum(b[::-1, candidate])
        return int(np.argmax(np.sign(a[-1]) * a * np.abs(a) / np.maximum(b, _LEAST))) + 1


def threshold(covariance: Doubles, signatures: Doubles, alarms_per_year: float) -> float:
    """The score that noise alone reaches so often in a year.

    covariance: (r, r) of an hour; signatures: (r, n) of all candidates, signs told apart. From the
    highest scores of simulated days by Gumbel's law; an alarm is a day whose highest score passes.
    """
    rng = np.random.default_rng(20)
    weight = np.linalg.inv(covariance)
    root = np.linalg.cholesky(covariance)
    by = (root.T @ weight @ signatures) / np.sqrt(
        np.maximum(np.einsum("rn,rs,sn->n", signatures, weight, signatures), _LEAST)
    )
    hours = _SIMULATED * 24 + KEPT
    total = np.zeros((hours + 1, by.shape[1]), np.float32)
    np.cumsum(rng.standard_normal((hours, len(by))) @ by, axis=0, out=total[1:])
    best = np.full(hours - KEPT, -np.inf)
    for one in WINDOWS:
        z = (total[KEPT + 1 :] - total[KEPT + 1 - one : hours + 1 - one]) / np.sqrt(one)
        best = np.maximum(best, z.max(axis=1))
    daily = best.reshape(-1, 24).max(axis=1)
    days = max(365.25 / alarms_per_year, 2.0)
    reduced = -np.log(-np.log1p(-1 / days))
    return float(daily.mean() + (reduced - _EULER) * np.sqrt(6) / np.pi * daily.std())


def lasting(a: Doubles, b: Doubles) -> Doubles:
    """(n,) how much more the days' sums vary than independent hours would, at least 1.

    a, b: (hours, n) as `weigh` gives them for hours without a leak. A few days are little to tell a
    variance from: it is drawn towards what was assumed beforehand.
    """
    days = len(a) // 24
    sums = a[: days * 24].reshape(days, 24, -1).sum(axis=1)
    usual = np.maximum(b[: days * 24].reshape(days, 24, -1).sum(axis=1), _LEAST)
    ratio = (sums**2 / usual).sum(axis=0)
    ratio = (ratio + _PRIOR[0] * _PRIOR[1]) / (days + _PRIOR[0])
    return np.asarray(np.maximum(np.maximum(ratio, float(np.median(ratio))), 1.0))


def weigh(
    residual: Doubles, covariance: Doubles, signatures: Doubles, usable: Bools
) -> tuple[Doubles, Doubles]:
    """((n,), (n,)): an hour's weighted residual along each signature, and its variance.

    Rows that are not ``usable`` (r,) count for nothing.
    """
    weight = np.linalg.inv(covariance[np.ix_(usable, usable)])
    mine = weight @ signatures[usable]
    a = residual[usable] @ mine
    b = np.einsum("rn,rn->n", signatures[usable], mine)
    return a, b
