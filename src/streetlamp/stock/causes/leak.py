"""A tank loses product all the time: evenly, or the faster the higher it stands (Torricelli)."""

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


class LeakOptions(StockCauseOptions):
    """Sizes in L/h."""

    typical: float = Field(
        default=2.5, gt=0, title="Usual size", description="L/h; EPA's monthly standard is 0.76"
    )
    least: float = Field(default=0.3, gt=0, title="Least size", description="L/h; less is not told")


@CAUSES.add("leak")
class Leak(StockCause):
    name: ClassVar[str] = "leak"
    label: ClassVar[str] = "a leak"
    forms: ClassVar[frozenset[str]] = frozenset({"tank"})
    summary: ClassVar[str] = "The tank or its pipes lose product, every hour."
    Options: ClassVar[type[StockCauseOptions]] = LeakOptions

    def patterns(self, balances: Balances) -> Sequence[Pattern]:
        n = len(balances)
        evenly = partly_at_first(n) * balances.days[:, None]
        middle = (balances.filled[:-1] + balances.filled[1:]) / 2
        by_head = evenly * np.sqrt(middle / 0.5)[:, None]
        chance = yearly(balances, self.options.per_year / 2)
        typical, least = (np.full(n, 24 * x) for x in (self.options.typical, self.options.least))
        return [Pattern(effect, chance, typical, least) for effect in (evenly, by_head)]

    def unit(self, balances: Balances) -> str:
        return "L/h"

    def size(self, found: float) -> float:
        return found / 24

    def words(self, size: float, balances: Balances) -> str:
        return f"the tank loses about {size:.2g} L/h, sold or not"
