"""What else happened near an alarm, in time and place. Pure functions.

Near is the same camera, the same area, or a camera that stands close by on the same plan. It says
nothing of who was there: no thing is followed from one camera to another (CHARTER 1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from streetlamp.values import Alarm

SECONDS: Final = 600.0
"""So long before and after."""

NEAR_METRES: Final = 50.0
NEAR_SHARE: Final = 0.15
"""Of a plan's width, where nobody said how many metres that is."""

_EARTH: Final = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a camera is. x and y: metres, or fractions of the plan's width; degrees on a map."""

    area: str = ""
    plan: str = ""
    x: float | None = None
    y: float | None = None
    unit: str = "share"  # "metres", "share" or "degrees" (x is the longitude)


@dataclass(frozen=True, slots=True)
class Neighbour:
    alarm: Alarm
    why: str  # in words: "the same camera", "22 m away"
    seconds: float  # later than the alarm; below 0: before it


def neighbours(
    alarm: Alarm, others: Iterable[Alarm], spots: Mapping[str, Spot]
) -> tuple[Neighbour, ...]:
    """Those of the others that are near, the nearest in time first."""
    found = []
    for other in others:
        apart = other.raised - alarm.raised
        if other.id == alarm.id or abs(apart) > SECONDS:
            continue
        why = _near(alarm, other, spots)
        if why:
            found.append(Neighbour(other, why, apart))
    return tuple(sorted(found, key=lambda one: (abs(one.seconds), one.alarm.id)))


def _near(alarm: Alarm, other: Alarm, spots: Mapping[str, Spot]) -> str:
    if not alarm.camera or not other.camera:
        return ""
    if alarm.camera == other.camera:
        same = bool(alarm.place) and alarm.place == other.place
        return "the same place" if same else "the same camera"
    here, there = spots.get(alarm.camera, Spot()), spots.get(other.camera, Spot())
    if distance := _distance(here, there):
        return distance
    if here.area and here.area == there.area:
        return "the same area"
    if alarm.place and alarm.place == other.place:
        return f"another camera's {alarm.place}"
    return ""


def _distance(a: Spot, b: Spot) -> str:
    """How far two cameras of one plan are apart, in words; "" when that is not near or unknown."""
    if not a.plan or (a.plan, a.unit) != (b.plan, b.unit):
        return ""
    if a.x is None or a.y is None or b.x is None or b.y is None:
        return ""
    if a.unit == "share":
        return "close by on the plan" if math.hypot(a.x - b.x, a.y - b.y) <= NEAR_SHARE else ""
    if a.unit == "degrees":
        across = math.radians(b.x - a.x) * math.cos(math.radians((a.y + b.y) / 2))
        metres = _EARTH * math.hypot(across, math.radians(b.y - a.y))
    else:
        metres = math.hypot(a.x - b.x, a.y - b.y)
    return f"{metres:.0f} m away" if metres <= NEAR_METRES else ""
