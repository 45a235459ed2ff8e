"""The fuel's temperature, from probes that scatter or from nothing at all.

A tank's temperature follows the year and wanders a little: a cosine of 365 days with unknown
amplitude and phase, plus a random walk. Conditioning on the probe's readings (Gaussian process
regression; Rasmussen & Williams 2006, eq. 2.23-2.24) gives the temperature and how uncertain it is,
day by day; without a probe what is left is the prior, and the leak rate's interval widens by it.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals

YEAR: Final = 365.25
MEAN: Final = 12.0  # °C, of the ground over a year
MEAN_ERROR: Final = 8.0
SEASON: Final = 6.0  # amplitude
WANDER: Final = 0.2  # per square root of a day
PROBE: Final = 0.17  # scatter of a reading


def temperature(day: Reals, read: Reals) -> tuple[Reals, Reals]:
    """Mean (n,) °C and covariance (n, n) on days ``day``; ``read`` is NaN where there is none."""
    apart = day[:, None] - day[None, :]
    prior = MEAN_ERROR**2 + SEASON**2 * np.cos(2 * math.pi / YEAR * apart)
    prior += WANDER**2 * (np.minimum(day[:, None], day[None, :]) - day[0])
    here = np.flatnonzero(~np.isnan(read))
    if not len(here):
        return np.full(len(day), MEAN), prior
    across = prior[:, here]
    within = prior[np.ix_(here, here)] + PROBE**2 * np.eye(len(here))
    weight = np.linalg.solve(within, across.T).T
    return MEAN + weight @ (read[here] - MEAN), prior - weight @ across.T
