"""What `unusual_count` learns: how many were there in past hours, and what of that is usual."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

MAD: Final = 1.4826  # times the median distance: the standard deviation of what scatters normally


class Day(NamedTuple):
    """One hour of one day: which day, and how many were there in each stretch of it."""

    day: int
    counts: tuple[int, ...]


class Usual(NamedTuple):
    """What is usual in one hour of the season, by the days before this one."""

    slot: int
    day: int
    days: int  # how many days of it are known
    middle: float
    scatter: float


@dataclass(frozen=True, slots=True)
class Learnt:
    """The numbers of past hours, and those of the minutes that run. It knows no things."""

    hours: Mapping[int, tuple[Day, ...]] = field(default_factory=dict)
    usual: Usual | None = None
    last: float | None = None  # time of the last look
    left: tuple[int, ...] = ()  # how many have left in each of the last minutes; this one is last
    seen: tuple[float, ...] = ()  # seconds watched in each of them
    here: int = 0
    since: float | None = None  # since when the number has been unusual


def usual_of(hours: Mapping[int, tuple[Day, ...]], slot: int, day: int) -> Usual:
    """What is usual in an hour of the season, by other days than this one."""
    days = [one for one in hours.get(slot, ()) if one.day != day]
    counts = [count for one in days for count in one.counts]
    if not counts:
        return Usual(slot, day, 0, 0.0, 1.0)
    middle = statistics.median(counts)
    scatter = MAD * statistics.median(abs(count - middle) for count in counts)
    # Never less than that of things that come independently of each other.
    scatter = max(scatter, math.sqrt(max(middle, 1.0)))
    return Usual(slot, day, len(days), middle, scatter)
