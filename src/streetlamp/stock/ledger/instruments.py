"""How far off an instrument may be: by chance each time, and by the same each time.

The two are kept apart because chance averages out and a bias does not: that, not noise, is the wall
of every balance (systematic terms of material accountancy, IAEA STR-368).
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from pydantic import Field

from streetlamp.options import Options
from streetlamp.stock.arrays import Reals


class Instrument(Options):
    """Standard deviations of one instrument, in the base unit (L, t, mm, °C) and as shares."""

    random: float = Field(
        default=0.0, ge=0, title="Random", description="By chance, each time anew: base unit"
    )
    random_share: float = Field(
        default=0.0, ge=0, le=1, title="Random share", description="By chance, of the quantity"
    )
    resolution: float = Field(
        default=0.0, ge=0, title="Resolution", description="The step in which it shows: base unit"
    )
    systematic: float = Field(
        default=0.0,
        ge=0,
        title="Systematic",
        description="The same each time, unknown: base unit. It cancels where the same instrument "
        "opens and closes a balance",
    )
    systematic_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="Systematic share",
        description="The same share of every quantity, unknown",
    )

    def chance(self, quantity: Reals) -> Reals:
        """Standard deviation by chance of quantities (n,), the rounding of its display included."""
        fixed = self.random**2 + self.resolution**2 / 12
        return np.sqrt(fixed + (self.random_share * np.asarray(quantity, float)) ** 2)


STANDARD: Final[dict[str, Instrument]] = {
    "gauge": Instrument(random=0.3),  # a probe of an automatic tank gauge, mm
    "stick": Instrument(random=3.0, resolution=3.175),  # read to 1/8 in
    "thermometer": Instrument(random=0.12, resolution=0.1),  # of the mean of the whole tank
    "dispenser": Instrument(systematic_share=0.001),
    "delivery document": Instrument(random_share=0.0012, systematic_share=0.0005),
    "weighbridge": Instrument(random=0.02, resolution=0.02, systematic_share=0.0005),
    "survey": Instrument(random_share=0.015, systematic_share=0.004),
    "count": Instrument(random=0.2, resolution=0.6),
    "volume": Instrument(random_share=0.002),  # a volume noted without the height it was read at
}
"""What an entry's instrument is taken for unless the store says otherwise."""

BAG: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*kg bags")


def instrument_named(name: str, own: dict[str, Instrument], fallback: str) -> Instrument:
    """The store's own instrument of that name, or the standard one.

    "count of 600 kg bags" is a count that shows whole bags and is wrong by one in nine counts.
    """
    if name in own:
        return own[name]
    bag = BAG.search(name)
    if bag:
        tonnes = float(bag[1].replace(",", ".")) / 1000
        return Instrument(random=tonnes / 3, resolution=tonnes)
    return STANDARD.get(name, own.get(fallback, STANDARD[fallback]))
