"""Goods go missing from a bulk store little by little, every day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from streetlamp.stock.balance.close import per_day
from streetlamp.stock.balance.series import Balances
from streetlamp.stock.causes.base import (
    CAUSES,
    Pattern,
    StockCause,
    StockCauseOptions,
    begun_some_time,
    yearly,
)


class ProtractedOptions(StockCauseOptions):
    """Sizes are shares of what leaves the store in a day, on average."""

    typical: float = Field(
        default=0.01, gt=0, title="Usual size", description="Share of a day's issues"
    )
    least: float = Field(
        default=0.001, gt=0, title="Least size", description="Share of a day's issues"
    )


@CAUSES.add("protracted")
class Protracted(StockCause):
    name: ClassVar[str] = "protracted"
    label: ClassVar[str] = "a loss day by day"
    forms: ClassVar[frozenset[str]] = frozenset({"bulk"})
    summary: ClassVar[str] = "Goods go missing little by little, day by day."
    Options: ClassVar[type[StockCauseOptions]] = ProtractedOptions

    def patterns(self, balances: Balances) -> Sequence[Pattern]:
        daily = np.maximum(per_day(balances, balances.issues), 1e-3)
        begun = begun_some_time(len(balances))
        chance = yearly(balances, self.options.per_year / len(begun))
        typical, least = self.options.typical * daily, self.options.least * daily
        days = balances.days[:, None]
        return [Pattern(effect * days, chance, typical, least) for effect in begun]

    def unit(self, balances: Balances) -> str:
        return f"{balances.unit}/day"

    def words(self, size: float, balances: Balances) -> str:
        return f"about {size:.2g} {balances.unit} go missing every day"
