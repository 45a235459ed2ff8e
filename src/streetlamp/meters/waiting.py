"""What it costs to wait: how much is lost in a week while a finding goes on, and in money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streetlamp.meters.kinds import KINDS

_WEEK: Final = 168.0  # hours
_HOUR: Final = 3600.0
_COUNTED: Final = {"L": "m3", "m3": "m3", "kWh": "kWh"}

# What an hour of a size is: its factor and unit.
_RATES: Final = {"L/h": (1e-3, "m3"), "m3/h": (1.0, "m3"), "kW": (1.0, "kWh")}
_FLOWING: Final = frozenset({"leak", "burst", "load_step", "base_load_rise", "dead_meter"})
_AT_MOST: Final = frozenset({"running_toilet", "intermittent_leak"})
"""Their size is what flows in the hours in which it does: so much at most."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a finding that goes on costs."""

    unit: str  # m3 or kWh
    week: float  # in a week, at its size
    so_far: float  # since its beginning, to the last reading
    at_most: bool  # it does not flow all the time
    price: float | None  # of a unit; None: nobody said

    @property
    def money(self) -> float | None:
        """In a week."""
        return None if self.price is None else self.week * self.price


def waiting(
    cause: str, size: float | None, unit: str, start: float, until: float, price: float | None
) -> Waiting | None:
    """None where a cause loses nothing that could be told from its size.

    start, until: POSIX seconds of the beginning and of the meter's last reading. A load that went
    away (below zero) costs nothing.
    """
    rate = _RATES.get(unit)
    if rate is None or size is None or not size > 0 or cause not in _FLOWING | _AT_MOST:
        return None
    factor, counted = rate
    hours = max(until - start, 0.0) / _HOUR
    an_hour = size * factor
    return Waiting(counted, an_hour * _WEEK, an_hour * hours, cause in _AT_MOST, price)


def rank(one: Waiting | None, tariffs: Mapping[str, float]) -> float:
    """The key to sort by, what costs most first, what has no size last.

    What has no price is ranked as if it had the highest of its unit: it is never put behind what
    costs less for want of an entry in the site file.
    """
    if one is None:
        return 0.0
    if one.price is not None:
        return -one.week * one.price
    same = [price for kind, price in tariffs.items() if _COUNTED[KINDS[kind].unit] == one.unit]
    return -one.week * max(same, default=1.0)
