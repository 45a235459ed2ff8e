"""How long a run is, for this appliance, as a standard normal score.

Under "as before" the score of a run is its place in the distribution of the appliance's own earlier
runs, turned into a normal deviate (van der Waerden 1952; Chernoff & Savage 1958, Ann. Math.
Statist. 29, 972: nowhere less efficient than Student's t). So a CUSUM of the scores has its exact
run length whatever an appliance's runs look like, with programmes and defrosts among them. Runs are
compared with runs of the same place after a long pause (a dishwasher's second heating is longer
than its first), after taking out how their length follows the pause before (a fridge in a warm
room runs longer and pauses shorter).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices

FEWEST: Final = 6
"""Runs of one place, below which they are compared with all runs."""
FINEST: Final = 0.03
"""Bandwidth of logarithms below which steps of a minute would show."""
UNKNOWN: Final = (0.2, 0.5)
"""Weight, in runs, and width of what was never seen."""
MOST: Final = 3.0
BATCH: Final = 12  # runs
PRIOR: Final = 0.05
"""Sum of squares of the pauses' logarithms that "no slope" is worth."""
_NORMAL: Final = NormalDist()


class Scores:
    """The distribution of an appliance's earlier runs: ``of`` gives a run's score.

    ``y``: (m,) logarithm of the length, ``x``: (m,) logarithm of the mean pause before, NaN
    unknown, ``place``: (m,) 0 to 3.
    """

    def __init__(self, y: Doubles, x: Doubles, place: Indices) -> None:
        known = ~np.isnan(x)
        self._middle = float(np.median(x[known])) if known.any() else 0.0
        shifted = np.where(known, x - self._middle, 0.0)
        self._centre: dict[int, tuple[float, float]] = {}
        for group in range(4):
            same = place == group
            if same.sum() >= FEWEST:
                self._centre[group] = float(np.median(y[same])), float(np.median(shifted[same]))
        self._all = float(np.median(y)), float(np.median(shifted))
        centres = np.array([self._centre.get(int(group), self._all) for group in place])
        off, pause = y - centres[:, 0], shifted - centres[:, 1]
        self._slope, left = _robust_slope(pause, off)
        self._left = {group: _Smooth(left[place == group]) for group in self._centre}
        self._pool = _Smooth(left)
        self.alike = _alike(left)

    def of(self, y: float, x: float, place: int) -> float:
        """The run's score: 0 is its usual, 3 (the most) far longer than ever."""
        group = place if place in self._centre else -1
        centre = self._centre.get(group, self._all)
        pause = 0.0 if math.isnan(x) else x - self._middle
        return self._normal(y - centre[0] - self._slope * (pause - centre[1]), place)

    def _normal(self, off: float, place: int) -> float:
        share = self._left.get(place, self._pool).below(off)
        return max(-MOST, min(MOST, _NORMAL.inv_cdf(min(max(share, 1e-6), 1 - 1e-6))))


class _Smooth:
    """A smoothed distribution of what was seen, with a little left for what was not."""

    def __init__(self, left: Doubles) -> None:
        n = len(left)
        spread = min(
            float(left.std()) * math.sqrt(n / max(n - 1, 1)),
            2.0 * float(np.median(np.abs(left - np.median(left)))) + 1e-3,
        )
        self._left = left
        self._width = max(FINEST, 1.06 * spread * n**-0.2)

    def below(self, off: float) -> float:
        """The share of runs that are shorter."""
        weight, wide = UNKNOWN
        below = float(_cdf((off - self._left) / self._width).sum())
        return (below + weight * _NORMAL.cdf(off / wide)) / (len(self._left) + weight)


def _cdf(z: Doubles) -> Doubles:
    """The normal distribution function, to 3e-4 (Hendrycks & Gimpel 2016, the GELU paper)."""
    share: Doubles = 0.5 * (1 + np.tanh(0.7978845608 * (z + 0.044715 * z**3)))
    return share


def _robust_slope(x: Doubles, y: Doubles) -> tuple[float, Doubles]:
    """Slope through 0 of y on x, shrunk towards 0, outliers weighted down; and what is left."""
    weight = np.ones(len(y))
    slope, left = 0.0, y
    for _ in range(6):
        slope = float((weight * x * y).sum() / ((weight * x * x).sum() + PRIOR))
        left = y - slope * x
        spread = 1.4826 * float(np.median(np.abs(left))) + 0.01
        weight = 1 / (1 + (left / (2 * spread)) ** 2)
    return slope, left


def _alike(left: Doubles) -> float:
    """How much a run resembles the one before, 0 to 0.8, by the normal scores of their ranks."""
    n = len(left)
    if n < FEWEST:
        return 0.0
    score = np.empty(n)
    score[np.argsort(left, kind="stable")] = [_NORMAL.inv_cdf((i + 0.5) / n) for i in range(n)]
    whole = max(float((score * score).sum()), 1e-9)
    together = float((score[1:] * score[:-1]).sum()) / whole
    # Of few runs, it is mostly chance.
    found = min(max(together * n / (n + 20), 0.0), 0.8)
    batches = n // BATCH
    if batches >= 5:
        # Days differ too: what the means of batches say of it, as the same number.
        means = score[: batches * BATCH].reshape(batches, BATCH).mean(1)
        wider = (BATCH * float(means.var()) * n / whole * batches + 5) / (batches + 5)
        found = max(found, min((wider - 1) / (wider + 1), 0.8))
    return found


def mean_pause(pauses: Sequence[float]) -> float:
    """Logarithm of the last pauses' geometric mean; NaN where none is known."""
    known = [math.log(max(one, 0.5)) for one in pauses if not math.isnan(one)]
    return sum(known) / len(known) if known else math.nan
