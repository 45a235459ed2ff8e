"""What this store could have lost unseen, and what would lower that most.

A loss of 3.29 standard deviations is found with a chance of 95 % at 5 % false alarms in one test
(2 x 1.645; IAEA Safeguards Glossary 2022, "detection goal").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals
from streetlamp.stock.balance.series import Balances

SIGMAS: Final = 3.29
LASTING_DAYS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Advice:
    """If one source of error were halved: what could then still go unseen, as a share of now."""

    part: str
    words: str
    abrupt: float
    lasting: float


@dataclass(frozen=True, slots=True)
class Detectable:
    """In base units; per day for the lasting loss."""

    abrupt: float  # all at once, in the last balance
    muf: float  # the same by the last balance alone, without the ones before
    lasting: float  # each day, over the last `days`
    days: float
    advice: tuple[Advice, ...]  # the most helpful first


def detectable(balances: Balances, scale: float = 1.0) -> Detectable:
    """The minimum detectable loss at the last balance; ``scale`` as `Sitmuf.scale` learnt it."""
    total = balances.covariance
    last = np.zeros(len(balances))
    last[-1] = 1.0
    until = balances.time[-1] - LASTING_DAYS * 86400.0
    lasting = np.where(balances.time[1:] > until, balances.days, 0.0)
    effects = np.stack((last, lasting), axis=1)
    least = SIGMAS * np.sqrt(scale) * _sigma(total, effects)
    advice = []
    for part in balances.parts:
        halved = SIGMAS * np.sqrt(scale) * _sigma(total - 0.75 * part.covariance, effects)
        abrupt, slow = halved / least
        advice.append(Advice(part.name, part.advice, float(abrupt), float(slow)))
    advice.sort(key=lambda one: one.abrupt + one.lasting)
    return Detectable(
        float(least[0]),
        float(SIGMAS * np.sqrt(scale * total[-1, -1])),
        float(least[1]),
        float(lasting.sum()),
        tuple(advice),
    )


def _sigma(covariance: Reals, effects: Reals) -> Reals:
    """Standard deviation of the best estimate of each loss of the forms (n, k) by itself."""
    information = np.einsum("nk,nk->k", effects, np.linalg.solve(covariance, effects))
    return np.asarray(1 / np.sqrt(information))
