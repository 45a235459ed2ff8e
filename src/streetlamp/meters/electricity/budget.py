"""How much evidence a budget of false alarms asks for, and what a confidence it then gives."""

from __future__ import annotations

import math

from streetlamp.meters.base import YEAR_SECONDS
from streetlamp.values.findings import SURE

DAY_YEAR = YEAR_SECONDS / 86400


def nats(alarms_per_meter_year: float, looks_per_year: float, hypotheses: float = 1.0) -> float:
    """The evidence that so many looks a year, for so many hypotheses, reach by chance that often.

    A cumulative sum of log-likelihood ratios runs at least ``exp(h)`` looks to a false alarm
    (Lorden 1971, Ann. Math. Statist. 42, 1897).
    """
    return math.log(looks_per_year * hypotheses / alarms_per_meter_year)


def confidence(evidence: float, threshold: float) -> float:
    """0.9 at the threshold, and more with every nat beyond it."""
    return min(SURE, 1 / (1 + math.exp(-2.2 - max(evidence - threshold, 0.0))))
