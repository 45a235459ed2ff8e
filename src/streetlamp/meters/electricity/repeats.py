"""How unlikely it is that a meter still says the same: runs of one value against its own runs.

The chance that a run goes on is learnt for runs of 1, 2-3, 4-7, 8-15 … steps, from the runs that
have ended (one that lasts teaches nothing yet). It starts from a prior worth a few runs and leans
on the next shorter lengths where few were seen, so a meter of coarse resolution, or one that reads
0 every night, is not called stuck. The evidence of a run is the sum of ``-ln p``.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.values import Bools, Ints

LENGTHS: Final = 18  # dyadic
WORTH: Final = 4.0


class Repeats:
    """Runs of ``n`` meters; what makes a step part of a run is told by the caller."""

    def __init__(self, n: int, begin: float, go_on: float) -> None:
        """``begin`` and ``go_on``: prior chances that a run begins, and that one goes on."""
        self.length = np.zeros(n, np.int64)
        self.evidence = np.zeros(n)
        self._prior = (begin, go_on)
        self._tried = np.zeros((n, LENGTHS))
        self._held = np.zeros((n, LENGTHS))

    def update(self, same: Bools, here: Bools) -> None:
        """``same`` (n,): the step belongs to the run; ``here`` (n,): there was a reading."""
        goes = here & same
        stops = here & ~same
        rows = np.flatnonzero(goes)
        if len(rows):
            self.evidence[rows] -= np.log(self._chance(rows, buckets(self.length[rows])))
        self._learn(stops)
        self.length[rows] += 1
        self.length[stops] = 0
        self.evidence[stops] = 0.0

    def _learn(self, stops: Bools) -> None:
        """A run ended, or none began: each of its steps was a try that held, but the last."""
        ran = stops & (self.length > 0)
        self._tried[:, 0] += stops & ~ran
        rows = np.flatnonzero(ran)
        if not len(rows):
            return
        length = self.length[rows]
        last = buckets(length)
        self._tried[rows, last] += 1.0
        for bucket in range(int(last.max()) + 1):
            low, high = (0, 1) if bucket == 0 else (1 << (bucket - 1), 1 << bucket)
            steps = np.clip(length - low, 0, high - low)
            self._tried[rows, bucket] += steps
            self._held[rows, bucket] += steps

    def _chance(self, rows: Ints, at: Ints) -> Doubles:
        begin, go_on = self._prior
        first = (self._held[rows, 0] + WORTH * begin) / (self._tried[rows, 0] + WORTH)
        tried, held = self._tried[rows], self._held[rows]
        below = np.full(len(rows), go_on)
        chance = first
        for bucket in range(1, int(at.max()) + 1 if len(at) else 0):
            below = (held[:, bucket] + WORTH * below) / (tried[:, bucket] + WORTH)
            chance = np.where(at >= bucket, below, chance)
        return np.asarray(chance, np.float64)


def buckets(length: Ints) -> Ints:
    """0 for no run yet, 1 for a run of 1, 2 for 2-3, 3 for 4-7 …"""
    exact = np.floor(np.log2(np.maximum(length, 1))).astype(np.int64) + 1
    return np.minimum(np.where(length > 0, exact, 0), LENGTHS - 1)
