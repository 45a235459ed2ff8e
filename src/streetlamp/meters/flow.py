"""Evidence that something flows all the time, for each of many sizes at once.

The likelihood of what a meter passed, if a flow of that size were added to what it usually passes,
against the usual alone. A leak shows as the same few pulses in the hours in which else nothing
flows; a busy day shows large and uneven ones, which say nothing for or against it. That is why this
is faster, at the same false alarms, than counting hours without a zero.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.pulses import Passed
from streetlamp.meters.usual import UsualUse, bin_of

RATES: Final = np.array(
    [
        0.5,
        1,
        1.5,
        2,
        2.5,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11.5,
        13.4,
        15.5,
        18,
        21,
        24.5,
        28.5,
        33,
        38.5,
        45,
        52,
        60,
        70,
        81,
        94,
        110,
        128,
        150,
    ]
)  # L/h
SPREAD: Final = 1.12  # a flow of a size is between size/SPREAD and size*SPREAD …
STEADY: Final = 0.5  # … and so often just the size
_EXACT: Final = 0.94  # chance of just the pulses the flow gives
_WOBBLE: Final = 0.03  # chance of a pulse more or less than the flow gives
_LEAST: Final = np.log(0.012)  # evidence of one hour, at most: a reading may be wrong
_MOST: Final = 4.5


class Flow:
    """Keeps the chance of a standstill over gaps; otherwise only reckons."""

    def __init__(self, n: int) -> None:
        self._log_still = np.zeros(n)

    def still(self, usual: UsualUse, hour: int, passed: Passed) -> Doubles:
        """(n,) the chance that nothing flowed in all the steps that were passed."""
        self._log_still += np.log(usual.still(hour))
        gap = passed.known & (passed.steps > 1)
        out = np.exp(np.where(gap, self._log_still, np.log(usual.still(hour))))
        self._log_still[passed.known] = 0.0
        return np.asarray(out)


def evidence(still: Doubles, density: Doubles, pulses: Doubles, flow: Doubles) -> Doubles:
    """(n, r) log likelihood ratios.

    still (n,): chance of nothing; density (n, bins): of sizes; pulses (n,): what was passed;
    flow (n, r): pulses that a flow of each size would have given.
    """
    # nothing passed: only less than a pulse can have flowed
    out = np.where(flow < 1, np.log(np.maximum(_EXACT * (1 - flow) + _WOBBLE, 1e-9)), _LEAST)
    at = np.flatnonzero(pulses >= 1)
    out[at] = _moved(still[at], density[at], pulses[at], flow[at])
    return np.asarray(np.clip(out, _LEAST, _MOST))


def _moved(still: Doubles, density: Doubles, pulses: Doubles, flow: Doubles) -> Doubles:
    """Of meters that passed something."""
    y, p = pulses[:, None], still[:, None]
    rows = np.arange(len(pulses))
    whole = np.floor(flow)
    part = flow - whole
    less, more = y == whole, y == whole + 1
    exact = _EXACT * (np.where(less, 1 - part, 0.0) + np.where(more, part, 0.0))
    exact += _WOBBLE * (less | more)
    low, high = np.floor(flow / SPREAD), np.ceil(flow * SPREAD)
    even = ((y >= low) & (y <= high)) / (high - low + 1)
    alone = np.where(flow < 3.5, exact, STEADY * exact + (1 - STEADY) * even)
    beside = np.take_along_axis(density, bin_of(y - flow), axis=1) * (y > flow)
    usual = (1 - still) * density[rows, bin_of(pulses)]
    mixed = p * alone + (1 - p) * beside
    return np.asarray(np.log(np.maximum(mixed, 1e-300) / usual[:, None]))
