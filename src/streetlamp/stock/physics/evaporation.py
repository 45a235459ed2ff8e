"""What leaves a petrol tank as vapour: the allowance, from the fuel's vapour pressure.

A litre that comes in pushes a litre of vapour out. Its mass is ``M p / (R T)`` with the true vapour
pressure ``p`` after EPA's AP-42, 5th ed., ch. 7.1 (from Reid vapour pressure and temperature), so
the allowance follows the season and the fuel, and what a vapour return keeps is taken off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

GAS: Final = 8.314462618  # J/(mol K)
PSI: Final = 6.894757  # kPa
SLOPE: Final = 3.0  # of the distillation curve at 10 %, °F: motor gasoline in AP-42
MOLAR: Final = 66.0  # g/mol, vapour of gasoline of RVP 10 (AP-42 table 7.1-2)
CONDENSED: Final = 611.0  # kg/m³, the liquid that the vapour is (5.1 lb/gal there)


def vapour_pressure(reid: float, celsius: float) -> float:
    """True vapour pressure of motor gasoline, kPa, from Reid vapour pressure in kPa.

    >>> round(vapour_pressure(10 * PSI, 15.556) / PSI, 1)
    5.2
    """
    rankine = (celsius + 273.15) * 1.8
    log, root = math.log10(reid / PSI), math.sqrt(SLOPE)
    exponent = (0.7553 - 413.0 / rankine) * root * log
    exponent -= (1.854 - 1042.0 / rankine) * root
    exponent += (2416.0 / rankine - 2.013) * log - 8742.0 / rankine + 15.64
    return math.exp(exponent) * PSI


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may evaporate: a fraction of what comes in or goes out, and sigma of that fraction."""

    share: float
    sigma: float

    def of(self, litres: float) -> tuple[float, float]:
        """L that may be missing for ``litres`` passed through, and sigma of it."""
        return self.share * litres, self.sigma * litres


def displaced(
    reid: float, celsius: float, *, returned: float = 0.0, saturation: float = 1.0
) -> Allowance:
    """The allowance for vapour pushed out by what comes in.

    returned: share of it that a vapour return (stage I) keeps, 0 to 1. saturation: of the vapour.
    Sigma is a quarter of it: fuel, temperature and return are known no better.
    """
    if not 0 <= returned <= 1:
        raise ValueError("the share returned is 0 to 1")
    density = MOLAR * vapour_pressure(reid, celsius) / (GAS * (celsius + 273.15))  # g/L = kg/m³
    share = saturation * density / CONDENSED * (1 - returned)
    return Allowance(share, share / 4)
