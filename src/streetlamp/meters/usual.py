"""What a meter usually passes at an hour of the day, learnt as it goes on: the null hypothesis.

A step's pulses (units of the register's own resolution, 1 L at least) are nothing with the chance
``still(hour)``, or else something whose size is spread as it mostly is at that time of day. Both
are counted with slow forgetting, so that a season is followed and a week is not.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.values import Bools

EDGES: Final = np.array([1, 2, 3, 4, 5, 6, 8, 11, 15, 20, 28, 40, 60, 90, 150, 300, 1000.0])
BINS: Final = len(EDGES) - 1
_WIDTH: Final = np.diff(EDGES)
_TABLE: Final = np.clip(np.searchsorted(EDGES, np.arange(1001), "right") - 1, 0, BINS - 1)
_DAYS: Final = 60.0  # an hour of the day is remembered so long
_PRIOR_DAYS: Final = 4.0  # weight of not knowing: an even chance of standing still
_PRIOR_USES: Final = 20.0  # weight of not knowing the sizes: they fall off like 1/x^1.3
_BLOCKS: Final = 4  # of the day, each with its own sizes; the others count for 0.3
_OTHERS: Final = 0.3


def bin_of(pulses: Doubles) -> Indices:
    """The size's bin; nothing and less than nothing count as one pulse."""
    return np.asarray(_TABLE[np.clip(pulses, 1, 1000).astype(np.int64)])


class UsualUse:
    """Learns ``n`` meters at once; what is asked about an hour never includes that hour."""

    def __init__(self, n: int, *, sizes: bool = True) -> None:
        """sizes: False keeps only the chances of standing still."""
        self._still = np.zeros((24, n))
        self._seen = np.zeros((24, n))
        self._chance = np.full((24, n), 0.5)
        self._sizes = np.zeros((_BLOCKS, n, BINS)) if sizes else None
        self._all = np.zeros((n, BINS if sizes else 0))  # sizes of all blocks together
        prior = _WIDTH / EDGES[:-1] ** 1.3
        self._prior = prior / prior.sum() * _PRIOR_USES

    def still(self, hour: int) -> Doubles:
        """(n,) the chance that nothing flows in that hour: 0.02 to 0.98."""
        return np.asarray(self._chance[hour])

    def still_all(self) -> Doubles:
        """(24, n) the same of every hour of the day; not to be changed."""
        return self._chance

    def density(self, hour: int) -> Doubles:
        """(n, bins) chance of each single size in pulses, given that something flows."""
        if self._sizes is None:
            raise ValueError("this one was told to learn no sizes")
        own = self._sizes[hour * _BLOCKS // 24]
        weight = own + self._all * (_OTHERS / _BLOCKS)
        weight += self._prior
        weight /= weight @ np.ones((BINS, 1))
        weight /= _WIDTH
        return np.asarray(weight)

    def learn(self, hour: int, pulses: Doubles, known: Bools) -> None:
        """Takes in what one hour passed, where it is known."""
        forget = np.where(known, 1 - 1 / _DAYS, 1.0)
        self._seen[hour] = self._seen[hour] * forget + known
        self._still[hour] = self._still[hour] * forget + (known & (pulses < 1))
        for row in ((hour - 1) % 24, hour, (hour + 1) % 24):
            self._chance[row] = self._smooth(row)
        if self._sizes is None:
            return
        flowed = np.flatnonzero(known & (pulses >= 1))
        block = self._sizes[hour * _BLOCKS // 24]
        forgotten = block[flowed] * (1 / (6 * _DAYS))
        bins = bin_of(pulses[flowed])
        for sizes in (block, self._all):
            sizes[flowed] -= forgotten
            sizes[flowed, bins] += 1

    def _smooth(self, hour: int) -> Doubles:
        before, after = (hour - 1) % 24, (hour + 1) % 24
        still = self._still[hour] + 0.5 * (self._still[before] + self._still[after])
        seen = self._seen[hour] + 0.5 * (self._seen[before] + self._seen[after])
        return np.asarray(np.clip((still + _PRIOR_DAYS / 2) / (seen + _PRIOR_DAYS), 0.02, 0.98))
