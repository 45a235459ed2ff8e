"""What kinds of meter there are, what each measures, and the unit a step of it is given in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from streetlamp.meters.units import Dimension, Unit

HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class MeterKind:
    """A kind that counts a quantity (``rate``: the dimension of quantity / time) or a level."""

    name: str
    unit: str  # of `Step.used`
    quantity: Dimension | None  # what its register counts; None for a level
    rate: Dimension | None  # what its interval may be given as instead: a mean flow or power
    level: Dimension | None  # pressure, temperature: a value at a moment
    scale: float = 1.0  # the dimension's base unit x scale = `unit`
    finest: float = 60.0  # s; shorter readings are added up to steps of this length
    signed: bool = False  # may be below zero
    modes: tuple[str, ...] = ("register", "interval")

    def factor(self, unit: Unit, mode: str) -> tuple[float, bool] | None:
        """(what to multiply a value with, is it then a rate a second?); None: does not fit."""
        if self.level is not None:
            return (unit.factor, False) if unit.dimension is self.level else None
        if unit.dimension is self.quantity:
            return unit.factor * self.scale, False
        if unit.dimension is self.rate and mode == "interval":
            per_second = unit.factor / HOUR if self.rate is Dimension.POWER else unit.factor
            return per_second * self.scale, True
        return None


def _level(name: str, dimension: Dimension, *, signed: bool = False) -> MeterKind:
    return MeterKind(name, str(dimension), None, None, dimension, signed=signed)


_VOLUME: Final = (Dimension.VOLUME, Dimension.FLOW, None)
KINDS: Final = {
    kind.name: kind
    for kind in (
        MeterKind("water", "L", *_VOLUME, finest=HOUR),
        MeterKind("district_inflow", "m3", *_VOLUME, scale=1e-3, signed=True),
        MeterKind("electricity", "kWh", Dimension.ENERGY, Dimension.POWER, None),
        MeterKind("heat", "kWh", Dimension.ENERGY, Dimension.POWER, None),
        MeterKind("gas", "m3", *_VOLUME, scale=1e-3),
        _level("pressure", Dimension.HEAD, signed=True),
        _level("tank_level", Dimension.HEAD),
        _level("current", Dimension.CURRENT, signed=True),
        _level("voltage", Dimension.VOLTAGE),
        _level("temperature", Dimension.TEMPERATURE, signed=True),
    )
}
