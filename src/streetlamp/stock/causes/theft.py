"""Product is gone from a tank at once, most often while nothing is sold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from streetlamp.stock.balance.series import Balances
from streetlamp.stock.causes.base import CAUSES, Pattern, StockCause, StockCauseOptions, yearly


class TheftOptions(StockCauseOptions):
    """Sizes in standard deviations of the balance in which it happens."""

    typical: float = Field(
        default=10.0, gt=0, title="Usual size", description="Standard deviations of the balance"
    )
    closed: float = Field(
        default=4.0,
        ge=1,
        title="Out of hours",
        description="How many times likelier it is in a balance without any sale",
    )


@CAUSES.add("theft")
class Theft(StockCause):
    name: ClassVar[str] = "theft"
    label: ClassVar[str] = "a theft"
    forms: ClassVar[frozenset[str]] = frozenset({"tank"})
    summary: ClassVar[str] = "Product is gone from the tank at once."
    lasting: ClassVar[bool] = False
    abrupt: ClassVar[bool] = True
    Options: ClassVar[type[StockCauseOptions]] = TheftOptions

    def patterns(self, balances: Balances) -> Sequence[Pattern]:
        sigma = np.sqrt(np.diag(balances.covariance))
        chance = yearly(balances, self.options.per_year)
        shut = balances.issues <= 0
        chance = chance * np.where(shut, self.options.closed, 1.0)
        typical = self.options.typical * sigma
        return [Pattern(np.eye(len(balances)), chance, typical, np.zeros(len(balances)))]

    def words(self, size: float, balances: Balances) -> str:
        return f"about {size:.3g} {balances.unit} are gone at once"
