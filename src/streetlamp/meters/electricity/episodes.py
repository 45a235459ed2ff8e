"""One finding an episode: which meters have one open, since when, and how it ends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from streetlamp.meters.base import YEAR_SECONDS
from streetlamp.values import Finding
from streetlamp.values.findings import SURE

DAY_YEAR = YEAR_SECONDS / 86400


class Episodes:
    """The open findings of one cause at its meters."""

    def __init__(self, cause: str, meters: Sequence[str], unit: str) -> None:
        self._cause = cause
        self._meters = meters
        self._unit = unit
        self._open: dict[int, Finding] = {}

    def __contains__(self, meter: int) -> bool:
        return meter in self._open

    def begin(
        self,
        meter: int,
        start: float,
        detected: float,
        size: float,
        confidence: float,
        evidence: str,
        numbers: Mapping[str, float],
    ) -> Finding:
        """Opens an episode; gives the finding to tell."""
        name = self._meters[meter]
        finding = Finding(
            id=f"{name}/{self._cause}/{start:.0f}",
            subject=name,
            cause=self._cause,
            start=start,
            detected=detected,
            size=size,
            unit=self._unit,
            confidence=confidence,
            evidence=evidence,
            numbers=dict(numbers),
        )
        self._open[meter] = finding
        return finding

    def open(self, meter: int) -> Finding:
        """The open finding of a meter that has one."""
        return self._open[meter]

    def end(self, meter: int, at: float) -> Finding:
        """Closes the meter's episode; gives the finding with its end."""
        return replace(self._open.pop(meter), end=at)


def nats(alarms_per_meter_year: float, looks_per_year: float, hypotheses: float = 1.0) -> float:
    """The evidence that so many looks a year, for so many hypotheses, reach by chance that often.

    A cumulative sum of log-likelihood ratios runs at least ``exp(h)`` looks to a false alarm
    (Lorden 1971, Ann. Math. Statist. 42, 1897).
    """
    return math.log(looks_per_year * hypotheses / alarms_per_meter_year)


def confidence(evidence: float, threshold: float) -> float:
    """0.9 at the threshold, and more with every nat beyond it."""
    return min(SURE, 1 / (1 + math.exp(-2.2 - max(evidence - threshold, 0.0))))
