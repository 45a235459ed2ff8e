"""Whether an entry can be: what is odd about it, for the person who is about to note it.

Nothing here refuses anything. A tank may have been exchanged, a clock be wrong, a lorry be huge:
the person says whether it is right, and the entry says that they did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from streetlamp.stock.ledger.entries import INFLOWS, OUTFLOWS, TAKES, Entry, EntryKind
from streetlamp.stock.ledger.units import in_base

AHEAD: Final = 300.0  # seconds by which somebody's clock may be ahead
OLD: Final = 366 * 86_400.0
COLDEST: Final = -40.0  # °C
HOTTEST: Final = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What is known of a store. None where nobody said."""

    capacity: float | None = None  # L, of its chart
    top: float | None = None  # mm, of its chart
    totals: Mapping[str, float] = field(default_factory=dict)  # by meter, its last total: L or t
    issues: bool = False  # what is issued is noted, and no meter's total: both would count twice


def oddities(entry: Entry, limits: Limits, now: float) -> list[str]:
    """What is odd, a sentence each; nothing for an entry like any other. ``now``: POSIX seconds."""
    if entry.kind is EntryKind.WITHDRAWAL:
        return []
    return _time(entry, now) + _quantity(entry, limits)


def _time(entry: Entry, now: float) -> list[str]:
    if entry.at > now + AHEAD:
        return ["The time lies in the future."]
    if entry.at < now - OLD:
        return ["The time is more than a year ago."]
    return []


def _quantity(entry: Entry, limits: Limits) -> list[str]:
    one, base = entry, entry.base
    heights = one.kind in (EntryKind.LEVEL, EntryKind.WATER_LEVEL)
    if heights and limits.top is not None and base > limits.top:
        return [f"The tank's chart ends at {limits.top:.0f} mm."]
    if heights and base < 0:
        return ["A height is not below zero."]
    if one.kind is EntryKind.TEMPERATURE and not COLDEST <= base <= HOTTEST:
        return [f"{base:.0f} °C is no temperature of a store."]
    amount = one.kind in INFLOWS | OUTFLOWS | TAKES
    if amount and limits.capacity is not None and base > limits.capacity:
        return [f"The tank holds {limits.capacity:.0f} L."]
    if one.kind is EntryKind.METER_TOTAL and limits.issues:
        return ["Issues of this store are noted: with a meter's totals they would count twice."]
    if one.kind is EntryKind.METER_TOTAL and one.corrects is None:
        last = limits.totals.get(one.instrument)
        if last is not None and base < last:
            was = last / in_base(1.0, one.unit)
            return [f"The last total of this meter was {was:.1f} {one.unit}, and this is less."]
    return []
