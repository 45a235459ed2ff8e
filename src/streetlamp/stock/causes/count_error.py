"""A stock-take was wrong: what one balance misses, the next one has too much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from streetlamp.stock.balance.series import Balances
from streetlamp.stock.causes.base import CAUSES, Pattern, StockCause, StockCauseOptions, yearly


class CountErrorOptions(StockCauseOptions):
    """Sizes in standard deviations of the balance that it closes."""

    per_year: float = Field(
        default=0.1,
        gt=0,
        le=100,
        title="How often, gauge",
        description="In a year, read by a gauge",
    )
    by_hand: float = Field(
        default=2.0, gt=0, le=100, title="How often, by hand", description="In a year, by people"
    )
    typical: float = Field(
        default=5.0, gt=0, title="Usual size", description="Standard deviations of the balance"
    )


@CAUSES.add("count_error")
class CountError(StockCause):
    name: ClassVar[str] = "count_error"
    label: ClassVar[str] = "a miscount"
    forms: ClassVar[frozenset[str]] = frozenset({"tank", "bulk"})
    summary: ClassVar[str] = "A stock-take was wrong: first of all, count again."
    lasting: ClassVar[bool] = False
    Options: ClassVar[type[StockCauseOptions]] = CountErrorOptions

    def patterns(self, balances: Balances) -> Sequence[Pattern]:
        n = len(balances)
        sigma = np.sqrt(np.diag(balances.covariance))
        effect = np.eye(n) - np.eye(n, k=-1)
        typical = self.options.typical * sigma
        return [
            Pattern(
                effect,
                yearly(balances, self.often(balances)),
                typical,
                np.zeros(n),
                either_sign=True,
            )
        ]

    def often(self, balances: Balances) -> float:
        return float(self.options.by_hand if balances.by_hand else self.options.per_year)

    def words(self, size: float, balances: Balances) -> str:
        much = f"{abs(size):.3g} {balances.unit}"
        if size > 0:
            return f"the stock-take shows {much} less than the book: count again before all else"
        return f"the stock-take shows {much} more than the book: count again before all else"
