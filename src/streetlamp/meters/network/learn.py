"""The first days: the model's standing errors, the noise about them, and the limit for evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.errors import UserError
from streetlamp.meters.arrays import Doubles
from streetlamp.meters.network.bank import Bank, lasting, threshold, weigh
from streetlamp.meters.network.options import NetworkOptions
from streetlamp.meters.network.residuals import Solved, Standing, wandering

_READING: Final = 1.5  # deviations of a reading in those of an hour, for what changes within it


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What the first days taught."""

    standing: Standing
    deviation: Doubles  # (s,) of a single reading of each sensor, m
    bank: Bank
    limit: float  # score from which on there is something
    lasting: float  # of a typical pipe's evidence, see `bank.lasting`
    wander: Doubles  # (r, r) of what lasts for days because demands wander

    @property
    def weighed_by(self) -> Doubles:
        """(r, r) of an hour, as part of a day that wanders as a whole."""
        return np.asarray(self.standing.covariance + 24 * self.wander)


class Learning:
    """Gathers hours until there are enough."""

    def __init__(self, sensors: int, most: Doubles, options: NetworkOptions) -> None:
        """most: (p,) m3/h, the largest leak that is believed of each pipe."""
        self._most = np.concatenate([most, np.full(sensors, np.inf)])
        self._sensors = sensors
        self._options = options
        self._features: list[Doubles] = []
        self._residual: list[Doubles] = []
        self._spread: list[Doubles] = []
        self._hour: list[int] = []
        self._wander: list[Doubles] = []

    def pressure(self, raw: Doubles) -> Doubles:
        """(s,) of an hour's readings (k, s): their middle, as nothing is expected yet."""
        middle = middle_of(raw)
        self._spread.append(middle_of(np.abs(raw - middle)))
        return middle

    def add(self, solved: Solved, residual: Doubles, hour: int) -> bool:
        """residual: (r,), NaN where there is none; hour: of the day. True: that is enough."""
        self._features.append(solved.features)
        self._wander.append(solved.wander)
        self._residual.append(residual)
        self._hour.append(hour)
        return len(self._features) >= self._options.learn_days * 24 * 0.85

    def learn(self, answer: Doubles) -> Learned:
        """answer: (24, r, p) of leaks, by hour of the day. UserError: too few sensors to go by."""
        standing = Standing(np.array(self._features), np.array(self._residual), self._sensors)
        if standing.usable[: self._sensors].sum() < 2:
            raise UserError("fewer than two pressure sensors gave readings while learning.")
        within = middle_of(np.array(self._spread)) / 0.6745
        hourly = np.where(standing.usable, standing.deviation, 1.0)[: self._sensors]
        deviation = np.maximum(np.nan_to_num(within), hourly) * _READING
        good = standing.usable
        shape = np.mean(self._wander, axis=0)
        wander = shape * wandering(standing.left, standing.covariance, shape, good)
        weighed_by = standing.covariance + 24 * wander
        pairs = [
            weigh(np.nan_to_num(left), weighed_by,
                  candidates(answer[hour].astype(float), self._sensors), good & np.isfinite(left))
            for left, hour in zip(standing.left, self._hour, strict=True)
            if (good & np.isfinite(left)).sum() >= 2
        ]  # fmt: skip
        lasts = lasting(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))
        every = candidates(answer.mean(axis=0).astype(float), self._sensors)[good]
        limit = threshold(weighed_by[np.ix_(good, good)], every, self._options.alarms_per_year)
        return Learned(
            standing, deviation, Bank(lasts, self._most), limit, float(np.median(lasts)), wander
        )


def candidates(answer: Doubles, sensors: int) -> Doubles:
    """(r, p + s): signatures of all pipes, (r, p), then of each sensor being off by 1 m."""
    return np.concatenate([answer, np.eye(len(answer))[:, :sensors]], axis=1)


def middle_of(values: Doubles) -> Doubles:
    """Median of each column without NaN; NaN where there is nothing."""
    out = np.full(values.shape[1], np.nan)
    good = np.isfinite(values).any(axis=0)
    if good.any():
        out[good] = np.nanmedian(values[:, good], axis=0)
    return out


def mean_of(values: Doubles) -> Doubles:
    """Mean of each column without NaN; NaN where there is nothing."""
    out = np.full(values.shape[1], np.nan)
    good = np.isfinite(values).any(axis=0)
    if good.any():
        out[good] = np.nanmean(values[:, good], axis=0)
    return out
