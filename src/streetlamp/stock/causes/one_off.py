"""Goods are missing from a bulk store since one stock-take, and stay missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from streetlamp.stock.balance.series import Balances
from streetlamp.stock.causes.base import CAUSES, Pattern, StockCause, StockCauseOptions, yearly


class OneOffOptions(StockCauseOptions):
    """Sizes in standard deviations of the balance in which it happens."""

    typical: float = Field(
        default=5.0, gt=0, title="Usual size", description="Standard deviations of the balance"
    )


@CAUSES.add("one_off")
class OneOff(StockCause):
    name: ClassVar[str] = "one_off"
    label: ClassVar[str] = "a loss at once"
    forms: ClassVar[frozenset[str]] = frozenset({"bulk"})
    summary: ClassVar[str] = "A quantity disappeared between two stock-takes."
    lasting: ClassVar[bool] = False
    abrupt: ClassVar[bool] = True
    Options: ClassVar[type[StockCauseOptions]] = OneOffOptions

    def patterns(self, balances: Balances) -> Sequence[Pattern]:
        n = len(balances)
        sigma = np.sqrt(np.diag(balances.covariance))
        chance = yearly(balances, self.options.per_year)
        return [Pattern(np.eye(n), chance, self.options.typical * sigma, np.zeros(n))]

    def words(self, size: float, balances: Balances) -> str:
        return f"about {size:.3g} {balances.unit} disappeared at once"
