"""Units of quantities, lengths and temperatures, and their base units L, t, mm and °C."""

from __future__ import annotations

from typing import Final, NamedTuple

from streetlamp.errors import UserError


class Unit(NamedTuple):
    """``base value = factor * value + offset``."""

    base: str
    factor: float
    offset: float = 0.0


UNITS: Final[dict[str, Unit]] = {
    "L": Unit("L", 1.0),
    "m3": Unit("L", 1000.0),
    "gal": Unit("L", 3.785411784),  # US gallon
    "impgal": Unit("L", 4.54609),
    "t": Unit("t", 1.0),
    "kg": Unit("t", 0.001),
    "lb": Unit("t", 0.00045359237),
    "mm": Unit("mm", 1.0),
    "cm": Unit("mm", 10.0),
    "in": Unit("mm", 25.4),
    "°C": Unit("°C", 1.0),
    "°F": Unit("°C", 5 / 9, -160 / 9),
}


def unit(name: str) -> Unit:
    """The unit of that name. UserError lists the known ones."""
    try:
        return UNITS[name]
    except KeyError:
        known = ", ".join(UNITS)
        raise UserError(f"there is no unit {name!r}; known are {known}.") from None


def in_base(quantity: float, name: str) -> float:
    """A quantity in its base unit."""
    one = unit(name)
    return one.factor * quantity + one.offset
