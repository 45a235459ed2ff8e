"""Volume at 15 °C, after ISO 91 / ASTM D1250 / API MPMS 11.1 (Tables 53B and 54B, at 1 atm).

The coefficient of expansion at 15 °C follows from the density there:
``alpha = K0 / rho**2 + K1 / rho + K2``, and ``VCF = exp(-alpha dt (1 + 0.8 alpha dt))`` with
``dt = t - 15``. K0, K1, K2 stand in the table of product groups below (API MPMS 11.1-1980 and, with
the same values at atmospheric pressure, the 2004 adjunct). The printed tables are copyright and are
not here; the formula is the standard's own definition of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals

BASE: Final = 15.0  # °C


@dataclass(frozen=True, slots=True)
class Group:
    """Densities at 15 °C from ``low`` up to ``high`` (kg/m³) expand by these coefficients."""

    name: str
    low: float
    high: float
    k0: float
    k1: float
    k2: float


CRUDE: Final = (Group("crude oil", 610.5, 1075.0, 613.9723, 0.0, 0.0),)
PRODUCTS: Final = (
    Group("gasoline", 653.0, 770.5, 346.4228, 0.4388, 0.0),
    Group("gasoline to jet fuel", 770.5, 787.5, 2680.3206, 0.0, -0.00336312),
    Group("jet fuel, kerosene", 787.5, 838.5, 594.5418, 0.0, 0.0),
    Group("diesel, fuel oil", 838.5, 1075.0, 186.9696, 0.4862, 0.0),
)
LUBRICANTS: Final = (Group("lubricating oil", 800.0, 1164.0, 0.0, 0.6278, 0.0),)


def expansion(density: float, groups: tuple[Group, ...] = PRODUCTS) -> float:
    """The coefficient of expansion at 15 °C, per °C, of a density at 15 °C in kg/m³.

    Raises ValueError for a density outside the tables.
    """
    for group in groups:
        if group.low <= density < group.high:
            return group.k0 / density**2 + group.k1 / density + group.k2
    low, high = groups[0].low, groups[-1].high
    raise ValueError(f"a density of {density:g} kg/m³ is not between {low:g} and {high:g}")


def correction(alpha: float, celsius: Reals) -> Reals:
    """VCF: litres at 15 °C of a litre at a temperature; NaN where there is no temperature."""
    warm = alpha * (np.asarray(celsius, float) - BASE)
    return np.asarray(np.exp(-warm * (1 + 0.8 * warm)))


def density_at_15(observed: float, celsius: float, groups: tuple[Group, ...] = PRODUCTS) -> float:
    """Density at 15 °C, kg/m³, from one measured at a temperature (in vacuo, by no hydrometer).

    Solved as the standard does, by going round until it stands still. ValueError where the answer
    lies outside the tables.
    """
    density = observed
    for _ in range(50):
        before = density
        factor = float(correction(expansion(_within(density, groups), groups), np.array(celsius)))
        density = observed / factor
        if abs(density - before) < 1e-9 * density:
            break
    expansion(density, groups)
    return density


def _within(density: float, groups: tuple[Group, ...]) -> float:
    return min(max(density, groups[0].low), groups[-1].high - 1e-6)


def hydrometer(read: float, celsius: float) -> float:
    """A glass hydrometer's reading freed from the glass's own expansion (API MPMS 11.1, 15 °C)."""
    warm = celsius - BASE
    return read * (1 - 2.3e-5 * warm - 2e-8 * warm**2)
