"""Page's cumulative sum (CUSUM), for many series at once, with its exact run length.

For observations of unit variance: ``S = max(S + x - k, 0)``, an alarm when ``S >= h``. With
``k = d/2`` it is the fastest test there is for a lasting shift of ``d`` standard deviations
(Moustakides 1986, Ann. Statist. 14, 1379). Page 1954, Biometrika 41, 100.

The average run length from ``S = 0`` solves a Fredholm equation (Page 1954; Brook & Evans 1972,
Biometrika 59, 539), here by Gauss-Legendre quadrature: good to more digits than are ever needed.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from streetlamp.values import Bools, Floats

_NODES: Final = 96


def run_length(h: float, k: float, shift: float = 0.0) -> float:
    """Mean number of N(``shift``, 1) observations until an alarm, begun at ``S = 0``.

    The alarm's own observation counts. Raises ValueError where ``h`` is not above zero.
    """
    if not h > 0:
        raise ValueError(f"a CUSUM's threshold is above zero, not {h}")
    at, weight = np.polynomial.legendre.leggauss(_NODES)
    at, weight = (at + 1) * h / 2, weight * h / 2
    nodes = np.concatenate(([0.0], at))
    drift = shift - k
    kernel = np.exp(-0.5 * (at[None, :] - nodes[:, None] - drift) ** 2) / math.sqrt(2 * math.pi)
    matrix = np.eye(_NODES + 1)
    matrix[:, 1:] -= kernel * weight
    matrix[:, 0] -= [0.5 * math.erfc((z + drift) / math.sqrt(2)) for z in nodes]
    return float(np.linalg.solve(matrix, np.ones(_NODES + 1))[0])


def threshold(run: float, k: float) -> float:
    """The ``h`` with which white noise gives one alarm in ``run`` observations on average.

    Raises ValueError for a ``run`` no threshold above zero is short enough for.
    """
    low, high = 1e-6, 1.0
    if run <= run_length(low, k):
        raise ValueError(f"with k = {k} even the lowest threshold runs longer than {run}")
    while run_length(high, k) < run:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if run_length(middle, k) < run else (low, middle)
    return high


class Cusum:
    """One-sided CUSUMs of ``n`` series, stepped together; a series that lacks a value waits.

    ``start`` counts how many observations ago each sum last left zero: the likeliest beginning of
    what it has gathered (the maximum-likelihood estimate of the change).
    """

    def __init__(self, n: int, k: float | Floats, h: float | Floats) -> None:
        self.k = np.broadcast_to(np.asarray(k, float), (n,)).copy()
        self.h = np.broadcast_to(np.asarray(h, float), (n,)).copy()
        self.sum = np.zeros(n)
        self.since = np.zeros(n, np.int64)

    def update(self, x: Floats) -> Bools:
        """Takes in ``x`` (n,), NaN for none; gives where the sum stands at or above ``h``."""
        here = ~np.isnan(x)
        raised = np.maximum(self.sum + np.where(here, x, 0.0) - self.k, 0.0)
        self.sum = np.where(here, raised, self.sum)
        self.since = np.where(self.sum > 0, self.since + here, 0)
        return self.sum >= self.h

    def reset(self, where: Bools) -> None:
        """Begins again where ``where`` is true."""
        self.sum[where] = 0.0
        self.since[where] = 0
