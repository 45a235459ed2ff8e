"""What a cause of a stock's loss is: a form that it gives to the balances, if it began then.

A cause says how a MUF would look, balance by balance, had it begun in any one of them; the judge
weighs all of them against "nothing happened" as balances come in. A new cause is one file: an
options class, a class with ``pattern``, and ``@CAUSES.add``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from pydantic import Field

from streetlamp.options import Options
from streetlamp.plugins import Registry
from streetlamp.stock.arrays import Reals
from streetlamp.stock.balance.series import Balances


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """How one cause shows in ``n`` balances. All of it is known at each balance's closing."""

    effect: Reals  # (n, n) [balance, beginning]: what a size of 1 adds to the MUF
    chance: Reals  # (n,) how likely it is to begin in each balance, before anything is measured
    typical: Reals  # (n,) size that is usual where it begins there (scale of a half-normal prior)
    least: Reals  # (n,) below this nobody need be told
    either_sign: bool = False


class StockCauseOptions(Options):
    """What every cause can be told."""

    per_year: float = Field(
        default=1.0,
        gt=0,
        le=100,
        title="How often",
        description="How often in a year it is thought to begin before anything is measured; only "
        "the proportions between causes count",
    )


class StockCause(ABC):
    """The base of all causes. ``size`` is given in ``unit(…)``, which may differ from what the
    pattern is in."""

    name: ClassVar[str]
    label: ClassVar[str]  # in a sentence: "a leak"
    forms: ClassVar[frozenset[str]]  # tank, bulk
    summary: ClassVar[str]  # one sentence for the docs
    lasting: ClassVar[bool] = True  # False: a single event, of one balance
    abrupt: ClassVar[bool] = False  # True: the loss that the test for abrupt loss looks for
    Options: ClassVar[type[StockCauseOptions]] = StockCauseOptions

    def __init__(self, options: Any = None) -> None:
        self.options: Any = self.Options() if options is None else options

    @abstractmethod
    def patterns(self, balances: Balances) -> Sequence[Pattern]:
        """The forms it may take in these balances: mostly one."""

    def often(self, balances: Balances) -> float:
        """How often in a year it is thought to begin in this store."""
        return float(self.options.per_year)

    def unit(self, balances: Balances) -> str:
        """What `size` is in."""
        return balances.unit

    def size(self, found: float) -> float:
        """A pattern's size in ``unit``."""
        return found

    def words(self, size: float, balances: Balances) -> str:
        """What was found, for a person: "about 95 L are missing at once"."""
        return f"about {size:.3g} {self.unit(balances)}"


CAUSES: Final[Registry[type[StockCause]]] = Registry("cause", "streetlamp.stock.causes")


def from_then_on(n: int) -> Reals:
    """(n, n): 1 for every balance from the beginning on."""
    return np.tril(np.ones((n, n)))


def partly_at_first(n: int) -> Reals:
    """(n, n): the same, but half in the first: it began some time in it."""
    return from_then_on(n) - 0.5 * np.eye(n)


def begun_some_time(n: int) -> Sequence[Reals]:
    """(n, n) each: from then on, with a sixth, a half or five sixths of the first balance."""
    return [from_then_on(n) - share * np.eye(n) for share in (1 / 6, 1 / 2, 5 / 6)]


def yearly(balances: Balances, per_year: float) -> Reals:
    """(n,) chance for each balance of something that happens so often in a year."""
    return np.maximum(balances.days, 1 / 24) / 365.25 * per_year
