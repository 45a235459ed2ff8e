"""Units of readings: a small closed list, each with its dimension and its size in the base unit.

A unit is always written out; none is guessed. ``gal`` is the US gallon (231 in³), as in every
product sold with it; the imperial one is ``imp gal``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Dimension(StrEnum):
    """What is measured, and the base unit in which Streetlamp reckons."""

    VOLUME = "L"
    ENERGY = "kWh"
    FLOW = "L/s"
    POWER = "kW"
    HEAD = "m"
    CURRENT = "A"
    VOLTAGE = "V"
    TEMPERATURE = "°C"


@dataclass(frozen=True, slots=True)
class Unit:
    """``value * factor`` is the same in the dimension's base unit."""

    name: str
    dimension: Dimension
    factor: float


_LITRES: Final = {
    "ml": 1e-3, "l": 1.0, "hl": 100.0, "kl": 1e3, "m3": 1e3, "ml3": 1e-3, "gal": 3.785411784,
    "kgal": 3785.411784, "imp gal": 4.54609, "ft3": 28.316846592, "ccf": 2831.6846592,
}  # fmt: skip
_SECONDS: Final = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "hr": 3600.0, "d": 86400.0}
_OTHERS: Final = {
    Dimension.ENERGY: {
        "wh": 1e-3, "kwh": 1.0, "mwh": 1e3, "gwh": 1e6, "kj": 1 / 3600, "mj": 1 / 3.6,
        "gj": 1e3 / 3.6, "j": 1 / 3.6e6,
    },
    Dimension.POWER: {"w": 1e-3, "kw": 1.0, "mw": 1e3},
    # metres of water at 4 °C under standard gravity
    Dimension.HEAD: {
        "m": 1.0, "mh2o": 1.0, "bar": 10.1974429, "mbar": 0.0101974429, "kpa": 0.101974429,
        "mpa": 101.974429, "pa": 1.01974429e-4, "psi": 0.70307, "ft": 0.3048,
    },
    Dimension.CURRENT: {"a": 1.0, "ma": 1e-3},
    Dimension.VOLTAGE: {"v": 1.0, "mv": 1e-3, "kv": 1e3},
    Dimension.TEMPERATURE: {"°c": 1.0, "degc": 1.0, "c": 1.0},
}  # fmt: skip
_CASED: Final = {  # where the letter's case tells a thousandth from a million
    "mW": Unit("mW", Dimension.POWER, 1e-6),
    "ML": Unit("ML", Dimension.VOLUME, 1e6),
    "mL": Unit("mL", Dimension.VOLUME, 1e-3),
    "mWh": Unit("mWh", Dimension.ENERGY, 1e-6),
}
_SPELLED: Final = {
    "litre": "l", "litres": "l", "liter": "l", "liters": "l", "ltr": "l", "m³": "m3", "m^3": "m3",
    "cbm": "m3", "cubic metre": "m3", "gallon": "gal", "gallons": "gal", "us gal": "gal",
    "usgal": "gal", "impgal": "imp gal", "ft³": "ft3", "cf": "ft3", "cuft": "ft3", "ls": "l/s",
    "lps": "l/s", "lpm": "l/min", "gpm": "gal/min", "gph": "gal/h", "cmh": "m3/h", "m3h": "m3/h",
    "lph": "l/h", "mgd": "mgal/d", "meter": "m", "metre": "m", "metres": "m", "mwc": "m",
    "ampere": "a", "volt": "v",
}  # fmt: skip


def unit_of(text: str) -> Unit | None:
    """The unit called so, or None: upper and lower case, blanks and ``³`` do not matter."""
    plain = " ".join(text.split())
    if plain in _CASED:
        return _CASED[plain]
    name = plain.lower()
    name = _SPELLED.get(name, name)
    above, per, below = name.partition("/")
    above = _SPELLED.get(above.strip(), above.strip())
    if per:
        if above in _LITRES and below.strip() in _SECONDS:
            return Unit(plain, Dimension.FLOW, _LITRES[above] / _SECONDS[below.strip()])
        return None
    if above in _LITRES:
        return Unit(plain, Dimension.VOLUME, _LITRES[above])
    for dimension, sizes in _OTHERS.items():
        if above in sizes:
            return Unit(plain, dimension, sizes[above])
    return None
