"""How much likelier a pattern makes what was seen than nothing does: Bayes factors, in closed form.

SITMUF is white noise, so a pattern's size enters a sum of squares; with a half-normal prior on the
size, cut off below what nobody need be told, the size integrates out (Bernardo & Smith 1994, 5.2).
The cut makes the prior non-local (Johnson & Rossell 2010, JRSS B 72, 143): years of quiet count
against a pattern instead of leaving it open.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals

_ERFC: Final = (
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
)  # fmt: skip
"""Chebyshev fit of erfc, relative error below 1.2e-7 everywhere (Press et al. 1992, 6.2)."""


def log_upper(z: Reals) -> Reals:
    """Log of the chance that a standard normal number exceeds ``z``, any shape; exact in tails."""
    x = np.abs(z) / math.sqrt(2)
    t = 1 / (1 + 0.5 * x)
    fit = np.zeros_like(t)
    for coefficient in reversed(_ERFC):
        fit = fit * t + coefficient
    tail = np.log(t) - x**2 + fit - math.log(2)
    return np.where(z > 0, tail, np.log1p(-np.exp(np.minimum(tail, -math.log(2)))))


def log_factor(
    match: Reals, power: Reals, typical: Reals, least: Reals, either_sign: Reals
) -> Reals:
    """Log Bayes factor of each pattern against none, any one shape.

    ``match`` is Σ w·e and ``power`` Σ w² of the whitened pattern w over SITMUF e since it began;
    ``typical`` and ``least`` the size's prior; ``either_sign`` 1 where the size may be below zero.
    """
    precision = power + typical**-2.0
    root = np.sqrt(precision)
    mean = match / precision
    base = -0.5 * np.log1p(typical**2 * power) + 0.5 * match * mean
    outside = log_upper(least / typical)
    up = log_upper((least - mean) * root) - outside
    down = log_upper((least + mean) * root) - outside
    both = np.logaddexp(up, down) - math.log(2)
    return np.asarray(base + np.where(either_sign > 0, both, up))


def log_sum(values: Reals) -> float:
    """Log of a sum of exponentials; minus infinity for none."""
    if not values.size:
        return -math.inf
    top = float(values.max())
    return top if not math.isfinite(top) else top + math.log(float(np.exp(values - top).sum()))
