"""From looks and what they found to a leak rate, and how sure one may be of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

CONFIDENCE: Final = 0.95
_TINY: Final = 1e-300  # instead of a division by nought


@dataclass(frozen=True, slots=True)
class Sample:
    """Looks spread evenly over some footage."""

    seconds: float  # of footage that the looks stand for
    looks: int
    leaking: int  # looks in which somebody could be seen


@dataclass(frozen=True, slots=True)
class Rate:
    """The share of footage in which somebody can be seen, with its 95 % interval, 0–1.

    `share` is as observed; `low`, `best` and `high` allow for what the auditor overlooks and what
    it takes for somebody who is not there.
    """

    seconds: float
    looks: int
    leaking: int
    share: float
    low: float
    best: float
    high: float


def rate(samples: Iterable[Sample], power: float, false: float) -> Rate:
    """The rate of several samples together, each weighted with the footage it stands for.

    The interval is Clopper and Pearson's (1934, exact) at the effective number of looks, as Korn
    and Graubard (1998) do it for rare things in weighted surveys. The correction is Rogan and
    Gladen's (1978); `false` lowers the low end and the best guess only, so that an auditor who errs
    less often than thought never makes the high end too low. Without looks: 0 to 1.
    """
    kept = [sample for sample in samples if sample.looks > 0 and sample.seconds > 0]
    seconds = sum(sample.seconds for sample in kept)
    if not kept:
        return Rate(0.0, 0, 0, 0.0, 0.0, 0.0, 1.0)
    share = sum(s.seconds * s.leaking / s.looks for s in kept) / seconds
    # Kish's effective size: looks that stand for more footage than others count for less
    effective = seconds**2 / sum(s.seconds**2 / s.looks for s in kept)
    low, high = interval(share * effective, effective)
    return Rate(
        seconds,
        sum(sample.looks for sample in kept),
        sum(sample.leaking for sample in kept),
        share,
        corrected(low, power, false),
        corrected(share, power, false),
        corrected(high, power, 0.0),
    )


def corrected(share: float, power: float, false: float) -> float:
    """What share leaks when `share` is observed (Rogan and Gladen 1978), 0–1.

    power: chance that a leak is seen; false: chance that one is seen where there is none.
    """
    if not 0 <= false < power <= 1:
        raise ValueError(f"the power {power} must be above the false rate {false}")
    return min(1.0, max(0.0, (share - false) / (power - false)))


def interval(hits: float, looks: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share, for whole and for effective numbers of looks.

    >>> [round(end, 4) for end in interval(5, 10)]
    [0.1871, 0.8129]
    """
    if not 0 <= hits <= looks or looks <= 0:
        raise ValueError(f"{hits} of {looks} looks")
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _quantile(tail, hits, looks - hits + 1)
    high = 1.0 if hits == looks else _quantile(1 - tail, hits + 1, looks - hits)
    return low, high


def chance(leak: float, looks: int, power: float) -> float:
    """The chance that `looks` looks find at least one of the leaks in a share `leak` of pictures.

    >>> round(chance(0.01, 330, 0.95), 3)
    0.957
    """
    return 1.0 - (1.0 - leak * power) ** looks


def needed(leak: float, power: float, wanted: float = CONFIDENCE) -> int:
    """How many looks find a leak in a share `leak` of the pictures with the chance `wanted`."""
    return math.ceil(math.log(1.0 - wanted) / math.log(1.0 - leak * power))


def _quantile(p: float, a: float, b: float) -> float:
    """The value below which a share p of a beta(a, b) distribution lies, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _beta(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), 0–1."""
    if x <= 0 or x >= 1:
        return min(1.0, max(0.0, x))
    if x > (a + 1) / (a + b + 2):  # the fraction converges quickly on this side only
        return 1.0 - _beta(1 - x, b, a)
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log + a * math.log(x) + b * math.log1p(-x)) / a
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of DLMF 8.17.22, worked out from the front (Lentz 1976)."""
    above, below, value = 1.0, 0.0, 1.0
    for step in range(1, 2000):
        m, odd = divmod(step, 2)
        if odd:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1.0 / ((1.0 + term * below) or _TINY)
        above = (1.0 + term / above) or _TINY
        value *= above * below
        if abs(above * below - 1.0) < 1e-14:
            break
    return 1.0 / value
