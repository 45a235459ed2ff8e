"""Two tests of SITMUF that name no cause: Page's for protracted loss, a limit for abrupt loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.sequential.cusum import Cusum, threshold
from streetlamp.stock.arrays import Reals
from streetlamp.values import Bools

REFERENCE: Final = 0.5
"""Page's k: half the protracted loss looked for, one standard deviation of SITMUF a balance."""


@dataclass(frozen=True, slots=True, eq=False)
class LossTests:
    """Both tests over ``n`` balances."""

    page: Reals  # (n,) Page's sum; it begins again after each alarm
    page_limit: float
    page_alarm: Bools  # (n,)
    abrupt_limit: float
    abrupt_alarm: Bools  # (n,)


def loss_tests(sitmuf: Reals, balances_per_false_alarm: float) -> LossTests:
    """Page's test and the abrupt limit, each with one false alarm in so many balances."""
    limit = threshold(balances_per_false_alarm, REFERENCE)
    page = Cusum(1, REFERENCE, limit)
    sums, alarms = np.zeros(len(sitmuf)), np.zeros(len(sitmuf), np.bool_)
    for i, x in enumerate(sitmuf):
        alarms[i] = page.update(np.array([x], np.float32))[0]
        sums[i] = page.sum[0]
        page.reset(alarms[i : i + 1])
    abrupt = upper_point(1 / balances_per_false_alarm)
    return LossTests(sums, limit, alarms, abrupt, np.asarray(sitmuf >= abrupt))


def upper_point(chance: float) -> float:
    """The ``z`` that a standard normal number exceeds with this chance (0 to 0.5)."""
    low, high = 0.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        above = 0.5 * math.erfc(middle / math.sqrt(2))
        low, high = (middle, high) if above > chance else (low, middle)
    return high
