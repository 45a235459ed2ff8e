"""Plain sentences about things and times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from streetlamp.geometry import Zone
from streetlamp.values import Kind

_PLURAL: Final = {
    Kind.PERSON: "people",
    Kind.BICYCLE: "bicycles",
    Kind.CAR: "cars",
    Kind.MOTORCYCLE: "motorcycles",
    Kind.BUS: "buses",
    Kind.TRUCK: "trucks",
}


def things(kinds: Iterable[Kind | None]) -> str:
    """ "1 person", "2 people and 1 car", in the order of `Kind`; what has none is an object."""
    numbers = Counter(kinds)
    parts = [
        f"{numbers[kind]} {kind.label if numbers[kind] == 1 else _PLURAL[kind]}"
        for kind in Kind
        if numbers[kind]
    ]
    if objects := numbers[None]:
        parts.append(f"{objects} object{'' if objects == 1 else 's'}")
    if not parts:
        return "nothing"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def place(zone: Zone) -> str:
    """ "“loading bay”", or "the picture" for a zone that is all of it."""
    return "the picture" if zone == Zone.whole() else f"“{zone.name}”"


def lasting(seconds: float) -> str:
    """ "4 s", "2 min 5 s", "1 h 20 min"."""
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
