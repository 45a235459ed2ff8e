"""Daily overshorts (measured minus book stock): the loss in them, by maximum likelihood.

A reading's error makes one day short and the next day long by as much: differences of white noise,
a moving average with coefficient -1 (Brockwell & Davis, Introduction to Time Series and
Forecasting, example 3.2.8). Errors of a day's sales do not come back. So

    y_t = -loss + r_t - r_{t-1} + w_t,    sd(r) = reading, sd(w) = sales.

The covariance is tridiagonal with constant diagonals, and the sine transform diagonalises it, so
the likelihood is exact and costs nothing. Twice its gain over no loss is chi-square with one degree
of freedom (Wilks 1938) in long records. In short ones it is not: the sales noise is often estimated
as none at all, and then too much is believed (MA unit root pile-up; Sargan & Bhargava 1983,
Econometrica 51, 799). So the gain is also compared with gains of made-up records without loss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals

RATIOS: Final = np.linspace(-7.0, 4.0, 221)  # log of sales noise over reading noise
TRIALS: Final = 2000  # records made up
SEED: Final = 280


@dataclass(frozen=True, slots=True)
class Overshort:
    """In the unit of the records, a day."""

    loss: float
    sigma: float  # were both noises known
    reading: float  # standard deviation of a reading
    sales: float  # … of a day's sales
    gain: float  # twice the log-likelihood over that of no loss
    p: float  # of as much gain were there no loss, by Wilks
    p_made: float  # … by records made up with the noises that fit best without loss


@dataclass(frozen=True, slots=True, eq=False)
class _Profile:
    """Of ``t`` records at ``g`` ratios: log-likelihoods with and without loss, and what goes in."""

    with_loss: Reals  # (t, g)
    without: Reals  # (t, g)
    loss: Reals  # (t, g)
    scale: Reals  # (t, g), variance of a reading, with loss
    scale_without: Reals  # (t, g)
    weight: Reals  # (g,), information on the loss for a variance of 1

    @property
    def gain(self) -> Reals:
        """(t,)"""
        return np.asarray(2 * np.maximum(self.with_loss.max(1) - self.without.max(1), 0.0))


class _Waves:
    """The sine transform in which the covariance of ``n`` days is diagonal."""

    def __init__(self, n: int) -> None:
        k = np.arange(1, n + 1)
        self.n = n
        self.sines = math.sqrt(2 / (n + 1)) * np.sin(math.pi * np.outer(k, k) / (n + 1))
        wave = 2 - 2 * np.cos(math.pi * k / (n + 1))
        self.spread = wave + np.exp(2 * RATIOS)[:, None]  # (g, n), variances for a reading's of 1
        self.one = self.sines @ np.ones(n)

    def profile(self, y: Reals) -> _Profile:
        """``y`` (t, n): records, transformed."""
        by = 1 / self.spread.T  # (n, g)
        information = (self.one**2) @ by
        towards = (y * self.one) @ by  # (t, g)
        square = y**2 @ by
        scale_without = square / self.n
        scale = (square - towards**2 / information) / self.n
        size = np.log(self.spread).sum(1)
        return _Profile(
            with_loss=-0.5 * (self.n * np.log(scale) + size),
            without=-0.5 * (self.n * np.log(scale_without) + size),
            loss=-towards / information,
            scale=scale,
            scale_without=scale_without,
            weight=information,
        )


def reconcile(short: Reals, trials: int = TRIALS) -> Overshort:
    """The loss in ``short`` (n,): measured minus book stock of n days. ValueError below 5 days."""
    n = len(short)
    if n < 5 or not np.isfinite(short).all():
        raise ValueError("overshorts are five numbers or more")
    waves = _Waves(n)
    found = waves.profile((waves.sines @ short)[None])
    best, none = int(found.with_loss[0].argmax()), int(found.without[0].argmax())
    scale, gain = float(found.scale[0, best]), float(found.gain[0])
    made = np.random.default_rng(SEED).standard_normal((trials, n))
    gains = waves.profile(made * np.sqrt(waves.spread[none])).gain
    return Overshort(
        loss=float(found.loss[0, best]),
        sigma=math.sqrt(scale / float(found.weight[best])),
        reading=math.sqrt(scale),
        sales=math.sqrt(scale) * math.exp(float(RATIOS[best])),
        gain=gain,
        p=math.erfc(math.sqrt(gain / 2)),
        p_made=float(1 + (gains >= gain).sum()) / (trials + 1),
    )
