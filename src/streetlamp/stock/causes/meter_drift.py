"""Dispensers drift: they show ever less (or more) than they give, in proportion to what is sold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from streetlamp.stock.balance.series import Balances
from streetlamp.stock.causes.base import CAUSES, Pattern, StockCause, StockCauseOptions, yearly


class MeterDriftOptions(StockCauseOptions):
    """Sizes are shares of the sales."""

    typical: float = Field(default=0.005, gt=0, title="Usual size", description="Share of sales")
    least: float = Field(
        default=0.0015, gt=0, title="Least size", description="Share of sales; less is not told"
    )
    days: float = Field(
        default=60.0, gt=0, title="Time", description="Days in which the whole drift comes about"
    )


@CAUSES.add("meter_drift")
class MeterDrift(StockCause):
    """``size`` above zero: the meters show less than they give, and the tank seems to lose."""

    name: ClassVar[str] = "meter_drift"
    label: ClassVar[str] = "drifting meters"
    forms: ClassVar[frozenset[str]] = frozenset({"tank"})
    summary: ClassVar[str] = "The dispensers' meters show more or less than they give."
    Options: ClassVar[type[StockCauseOptions]] = MeterDriftOptions

    def patterns(self, balances: Balances) -> Sequence[Pattern]:
        n = len(balances)
        age = (balances.time[1:, None] - balances.time[None, :-1]) / 86400.0
        ramp = np.clip(age / self.options.days, 0.0, 1.0)
        effect = ramp * balances.issues[:, None]
        typical, least = (np.full(n, x) for x in (self.options.typical, self.options.least))
        chance = yearly(balances, self.options.per_year)
        return [Pattern(effect, chance, typical, least, either_sign=True)]

    def unit(self, balances: Balances) -> str:
        return "of sales"

    def words(self, size: float, balances: Balances) -> str:
        if size > 0:
            return f"the dispensers have come to show {100 * size:.2f} % less than they give"
        return f"the dispensers have come to show {-100 * size:.2f} % more than they give"
