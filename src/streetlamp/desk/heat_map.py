"""Many hours' heat maps added up: by hour of the day, on the weekdays asked. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, Literal

import numpy as np

from streetlamp.values import HEAT_GRID, Heat, Ints

CELLS: Final = HEAT_GRID[0] * HEAT_GRID[1]
SETTLE_SECONDS: Final = 300.0
"""A map is shown this long after its hour ended, and never before: from two looks at an hour that
runs one could tell who came in between."""

What = Literal["presence", "waiting", "passing"]


@dataclass(frozen=True, slots=True, eq=False)
class HeatSum:
    """Sums by cell. ``by_hour`` is (24, cells) by the hour of the day at the site; ``rest`` is
    (cells,) what was kept for its day alone, zero unless all hours are asked."""

    by_hour: Ints
    rest: Ints
    hours: int  # how many hours had a map

    @property
    def whole(self) -> Ints:
        """(cells,) everything together."""
        whole: Ints = self.by_hour.sum(axis=0) + self.rest
        return whole


def add_up(
    maps: Iterable[Heat],
    what: What,
    zone: tzinfo,
    now: float,
    hours: tuple[int, int] = (0, 23),
    weekdays: Collection[int] = range(7),
) -> HeatSum:
    """Sums of the maps whose hour is over at `now`. hours: first and last hour of the day, both in
    it, over midnight if the first is later; weekdays: 0 is Monday."""
    by_hour = np.zeros((24, CELLS), np.int64)
    rest = np.zeros(CELLS, np.int64)
    seen = set[int]()
    first, last = hours
    asked = {(first + i) % 24 for i in range((last - first) % 24 + 1)}
    for one in maps:
        begun = datetime.fromtimestamp(one.start, zone)
        if begun.weekday() not in weekdays:
            continue
        values = {"presence": one.presence, "waiting": one.waiting, "passing": one.passed}[what]
        if one.span == "hour":
            if begun.hour in asked and one.start + 3600 + SETTLE_SECONDS <= now:
                by_hour[begun.hour, one.cell] += values
                seen.add(one.start)
        elif len(asked) == 24 and one.start + 25 * 3600 + SETTLE_SECONDS <= now:
            rest[one.cell] += values  # a day may have 25 hours
    return HeatSum(by_hour, rest, len(seen))


def top_of(values: Ints, what: What) -> int:
    """Where the scale of colours ends: a round number of seconds, minutes, hours (or of things)
    that 19 of 20 cells do not reach."""
    some = values[values > 0]
    most = float(np.quantile(some, 0.95)) if len(some) else 1.0
    if what != "passing":
        for unit in (1, 60):
            for n in (1, 2, 3, 5, 10, 20, 30):
                if unit * n >= most:
                    return unit * n
    unit = 1 if what == "passing" else 3600
    ten = int(10.0 ** max(0, math.floor(math.log10(most / unit))))
    return next(unit * ten * n for n in (1, 2, 3, 5, 10) if unit * ten * n >= most)
