"""Less is delivered than the documents say: once, or with every delivery from some day on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from streetlamp.stock.arrays import Reals
from streetlamp.stock.balance.series import Balances
from streetlamp.stock.causes.base import (
    CAUSES,
    Pattern,
    StockCause,
    StockCauseOptions,
    begun_some_time,
    from_then_on,
)


class DeliveryShortOptions(StockCauseOptions):
    """Sizes are shares of a delivery."""

    per_year: float = Field(
        default=2.0, gt=0, le=100, title="How often", description="In a year, both kinds together"
    )
    once: float = Field(
        default=0.04, gt=0, title="Usual size, once", description="Share of the delivery"
    )
    always: float = Field(
        default=0.01, gt=0, title="Usual size, always", description="Share of every delivery"
    )
    least: float = Field(
        default=0.003, gt=0, title="Least size", description="Share; less is not told"
    )


@CAUSES.add("delivery_short")
class DeliveryShort(StockCause):
    name: ClassVar[str] = "delivery_short"
    label: ClassVar[str] = "a short delivery"
    forms: ClassVar[frozenset[str]] = frozenset({"tank", "bulk"})
    summary: ClassVar[str] = "Deliveries hold less than their documents say: one, or every one."
    Options: ClassVar[type[StockCauseOptions]] = DeliveryShortOptions

    def patterns(self, balances: Balances) -> Sequence[Pattern]:
        n, o = len(balances), self.options
        chance = self._at_deliveries(balances) / 2
        received = balances.receipts[:, None]
        once = Pattern(
            np.eye(n) * received, chance, np.full(n, o.once), np.full(n, 2 * o.least)
        )  # fmt: skip
        always = Pattern(
            from_then_on(n) * received, chance, np.full(n, o.always), np.full(n, o.least)
        )
        if balances.form == "bulk":  # one of many deliveries between two counts: see `one_off`
            begun = begun_some_time(n)
            return [
                replace(always, effect=effect * received, chance=chance / len(begun))
                for effect in begun
            ]
        return [once, always]

    def _at_deliveries(self, balances: Balances) -> Reals:
        """The year's chance, shared out over the deliveries as often as they came so far."""
        came = balances.receipts > 0
        years = np.maximum((balances.time[1:] - balances.time[0]) / (365.25 * 86400.0), 0.05)
        a_year = (np.cumsum(came) + 1) / (years + 0.05)
        return np.where(came, self.options.per_year / a_year, 0.0)

    def unit(self, balances: Balances) -> str:
        return "of the delivery"

    def words(self, size: float, balances: Balances) -> str:
        return f"about {100 * size:.1f} % of what the documents say did not arrive"
