"""Water comes into a tank: there is more in it every day than there should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from streetlamp.stock.balance.series import Balances
from streetlamp.stock.causes.base import (
    CAUSES,
    Pattern,
    StockCause,
    StockCauseOptions,
    partly_at_first,
    yearly,
)


class WaterInOptions(StockCauseOptions):
    """Sizes in L/day."""

    typical: float = Field(default=12.0, gt=0, title="Usual size", description="L/day")
    least: float = Field(
        default=1.5, gt=0, title="Least size", description="L/day; less is not told"
    )


@CAUSES.add("water_in")
class WaterIn(StockCause):
    name: ClassVar[str] = "water_in"
    label: ClassVar[str] = "water coming in"
    forms: ClassVar[frozenset[str]] = frozenset({"tank"})
    summary: ClassVar[str] = "Ground or rain water comes into the tank."
    Options: ClassVar[type[StockCauseOptions]] = WaterInOptions

    def patterns(self, balances: Balances) -> Sequence[Pattern]:
        n = len(balances)
        effect = -partly_at_first(n) * balances.days[:, None]
        typical, least = (np.full(n, x) for x in (self.options.typical, self.options.least))
        return [Pattern(effect, yearly(balances, self.options.per_year), typical, least)]

    def unit(self, balances: Balances) -> str:
        return "L/day"

    def words(self, size: float, balances: Balances) -> str:
        return f"the tank gains about {size:.2g} L a day that nobody delivered: look for water"
