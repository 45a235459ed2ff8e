"""Pass, fail or inconclusive: a rate and its sigma judged as EPA's monthly test asks.

40 CFR 280.43: a loss of 0.2 gal/h is found with 95 % probability at 5 % false alarms; products for
gauges are listed at 0.1 gal/h. Both thresholds are likelihood ratios, of a normal rate:

- A tank fails above half the loss that must be found, where that loss and none are as likely; or
  already where *half* that loss is ten times likelier than none, which good records show sooner
  (Neyman & Pearson 1933: no other threshold finds more for the same false alarms).
- Where the records are not that good, and neither the loss that must be found nor none is clearly
  likelier, the tank is inconclusive (Chow 1970, IEEE Trans. Inf. Theory 16, 41: of all rules that
  decline as often, this one errs least). Clearly is three times for a gauge, whose errors must be
  1 in 100, and one and a half times for a stick, 5 in 100.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from streetlamp.stock.sir.estimate import Estimate

SOONER: Final = math.log(10)
BEFORE: Final = 3.5  # sigmas of a loss that began before the history
Z: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Standard:
    """What a kind of instrument is held to."""

    loss: float  # gal/h, that must be found
    favour: float  # log of how many times likelier one answer must be, where records are poor


GAUGE: Final = Standard(0.1, math.log(3))
STICK: Final = Standard(0.2, math.log(1.5))


@dataclass(frozen=True, slots=True)
class Verdict:
    """gal/h; losses are above zero."""

    verdict: Literal["pass", "fail", "inconclusive"]
    rate: float
    low: float  # of the 95 % interval
    high: float
    threshold: float
    standard: float  # the loss the test is for
    detectable: float  # 3.29 sigma: found with 95 % probability were 5 % false alarms allowed
    found: float  # what fails this tank's threshold with 95 % probability; less may be missed
    lasting: bool  # fails for a loss that was there before the days under test


def judge(found: Estimate) -> Verdict:
    """The verdict on one tank's rate."""
    standard = STICK if found.stick else GAUGE
    limit, half = threshold(found.sigma, standard.loss), standard.loss / 2
    lasting = found.before > max(half, BEFORE * found.before_sigma)
    verdict: Literal["pass", "fail", "inconclusive"]
    unsure = standard.favour * found.sigma**2 / standard.loss if limit == half else 0.0
    if abs(found.rate - limit) < unsure:
        verdict = "inconclusive"
    else:
        verdict = "fail" if found.rate > limit else "pass"
    return Verdict(
        verdict="fail" if lasting else verdict,
        rate=found.rate,
        low=found.rate - Z * found.sigma,
        high=found.rate + Z * found.sigma,
        threshold=limit,
        standard=standard.loss,
        detectable=3.29 * found.sigma,
        found=limit + unsure + 1.645 * found.sigma,
        lasting=lasting,
    )


def threshold(sigma: float, loss: float) -> float:
    """gal/h above which a tank fails, where ``loss`` is what must be found."""
    half = loss / 2
    return min(half, half / 2 + sigma**2 * SOONER / half)
