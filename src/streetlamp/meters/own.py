"""A meter's own law of what happens without a cause: so that a budget of false alarms is kept.

Both fit a tail to what the meter itself has shown, beginning from what is mostly so, and give the
value that it passes as often a year as the budget allows (peaks over a threshold; Pickands 1975,
Ann. Statist. 3, 119).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.values import Bools

HOURS_A_YEAR: Final = 8766.0


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of a meter nothing is known of, and how firmly."""

    above: float  # values are counted from here
    events: float  # of how many values above it that is worth …
    years: float  # … in how many years
    excess: float  # their mean excess
    longest: float  # no more excess than that is counted of one event
    shape: float = 0.0  # above 0 the tail is heavier than exponential (Pareto's)


class OwnTail:
    """Excesses fall off exponentially: for evidence, which is a logarithm already."""

    def __init__(self, n: int, prior: Prior) -> None:
        self.prior = prior
        self._events = np.zeros(n)
        self._excess = np.zeros(n)
        self._years = np.zeros(n)

    def pass_time(self, hours: Doubles | float) -> None:
        """Hours in which an event could have been seen. What is a year ago counts for a third."""
        self._years += np.asarray(hours) / HOURS_A_YEAR
        keep = np.exp(-np.asarray(hours) / HOURS_A_YEAR)
        self._events *= keep
        self._excess *= keep
        self._years *= keep

    def learn(self, value: Doubles, where: Bools) -> None:
        """An event's highest value, where there was one."""
        excess = value - self.prior.above
        new = where & (excess > 0)
        self._events += new
        self._excess += np.where(new, np.minimum(excess, self.prior.longest), 0.0)

    @property
    def mean(self) -> Doubles:
        """(n,) mean excess."""
        prior = self.prior
        return np.asarray(
            (prior.excess * prior.events + self._excess) / (prior.events + self._events)
        )

    def passed(self, budget: float) -> Doubles:
        """(n,) the value passed ``budget`` times a year."""
        prior = self.prior
        rate = (prior.events + self._events) / (prior.years + self._years)
        often = np.maximum(rate / budget, 1.2)
        if prior.shape:
            return np.asarray(prior.above + self.mean * (often**prior.shape - 1) / prior.shape)
        return np.asarray(prior.above + self.mean * np.log(often))


class OwnRuns:
    """Lengths of gaps and standstills fall off like a power (Hill 1975, Ann. Statist. 3, 1163)."""

    def __init__(self, n: int, prior: Prior) -> None:
        self._tail = OwnTail(n, Prior(0.0, prior.events, prior.years, prior.excess, prior.longest))
        self._above = prior.above

    def pass_time(self, hours: Doubles | float) -> None:
        self._tail.pass_time(hours)

    def learn(self, length: Doubles, where: Bools) -> None:
        """A run that is over, where one is."""
        self._tail.learn(np.log(np.maximum(length, self._above) / self._above), where)

    def passed(self, budget: float) -> Doubles:
        """(n,) the length passed ``budget`` times a year."""
        return np.asarray(self._above * np.exp(np.minimum(self._tail.passed(budget), 20.0)))
