"""Bulk goods: weight at a moisture, weight lost in drying, weight from a pile's size."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weighed:
    """t, with the part of its error that is another each time and the part that stays the same.

    Only the first averages out; sums keep the two apart.
    """

    tonnes: float
    random: float = 0.0  # sigma
    systematic: float = 0.0  # sigma, common to all weighings by the same means

    def __add__(self, other: Weighed) -> Weighed:
        """The sum of two weighings by the same means."""
        return Weighed(
            self.tonnes + other.tonnes,
            math.hypot(self.random, other.random),
            self.systematic + other.systematic,
        )

    @property
    def sigma(self) -> float:
        """Of both together."""
        return math.hypot(self.random, self.systematic)


def at_moisture(tonnes: float, moisture: float, reference: float) -> float:
    """t of the same dry matter at another moisture (fractions of the wet weight).

    >>> round(at_moisture(100, 0.20, 0.15), 3)
    94.118
    """
    if not (0 <= moisture < 1 and 0 <= reference < 1):
        raise ValueError("a moisture is a fraction of the wet weight, below 1")
    return tonnes * (1 - moisture) / (1 - reference)


def shrinkage(moisture: float, reference: float, handling: float = 0.0) -> float:
    """The fraction that drying takes, and dust and spill besides, of the wet weight.

    Drying from 20 % to 15 % takes 5.88 %: (20 - 15) / (100 - 15).

    >>> round(shrinkage(0.20, 0.15), 4)
    0.0588
    """
    return 1 - at_moisture(1.0, moisture, reference) + handling


def dried(
    wet: Weighed, moisture: float, reference: float, moisture_sigma: float, *, common: bool = True
) -> Weighed:
    """A weighing at its reference moisture, with what the moisture's own error adds.

    common: the moisture meter is off by the same each time, so that its error does not average out.
    """
    factor = at_moisture(1.0, moisture, reference)
    added = wet.tonnes * moisture_sigma / (1 - reference)
    return Weighed(
        wet.tonnes * factor,
        wet.random * factor if common else math.hypot(wet.random * factor, added),
        math.hypot(wet.systematic * factor, added) if common else wet.systematic * factor,
    )


def pile(volume: float, density: float, volume_sigma: float, density_sigma: float) -> Weighed:
    """t of a pile of ``volume`` m³ at a bulk density in t/m³.

    The survey's error is another each time, the density's stays: it is the same assumption.
    """
    return Weighed(volume * density, density * volume_sigma, volume * density_sigma)
