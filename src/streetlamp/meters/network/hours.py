"""Readings of a network put onto hours: pressures, flows and levels, as they were known then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.errors import UserError
from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.meters.network.epanet import Metered
from streetlamp.meters.readings import Series
from streetlamp.meters.steps import native_length, stepped

HOUR: Final = 3600
_LONGEST: Final = 10 * 366 * 24  # hours
KINDS: Final = ("pressure", "district_inflow", "tank_level")


@dataclass(frozen=True, slots=True, eq=False)
class Hour:
    """What was measured in one hour. NaN: nothing that can be used."""

    begin: float  # POSIX seconds
    end: float
    last: float  # of the last reading in it; its end where there was none
    raw: Doubles  # (k, s) pressure readings one after another, m
    flow: Doubles  # (f,) m3/h
    swing: Doubles  # (f,) m3/h between the highest and lowest reading in it; NaN: not known
    level: Doubles  # (t,) m, mean
    rise: Doubles  # (t,) m from the last reading before the hour to the last in it


class Record:
    """All readings of a network on hours."""

    def __init__(self, series: Sequence[Series]) -> None:
        """UserError: a kind is missing, or the readings are coarser than an hour."""
        of: Mapping[str, dict[str, Series]] = {
            kind: {one.meter: one for one in series if one.kind.name == kind} for kind in KINDS
        }
        for kind, what in (("pressure", "pressures"), ("district_inflow", "flows")):
            if not of[kind]:
                raise UserError(f"there are no readings of {what} (kind {kind}).")
        self.metered = Metered(*(tuple(sorted(of[kind])) for kind in KINDS))
        slow = sorted(
            one.meter for group in of.values() for one in group.values()
            if native_length(one.time) > 1.5 * HOUR
        )  # fmt: skip
        if slow:
            raise UserError(f"{', '.join(slow[:5])}: readings further apart than an hour.")
        self._pressure = [of["pressure"][one] for one in self.metered.pressures]
        flows = [stepped(of["district_inflow"][one], HOUR) for one in self.metered.flows]
        levels = [of["tank_level"][one] for one in self.metered.levels]
        there = np.concatenate([one.step for one in flows])
        if not len(there):
            raise UserError("the flow meters have no reading that can be used.")
        self.first = int(np.quantile(there, 0.001))
        self.count = int(np.quantile(there, 0.999)) + 1 - self.first
        self.count = min(self.count, _LONGEST)
        self._flow = np.full((self.count, len(flows)), np.nan)
        self._swing = np.full((self.count, len(flows)), np.nan)
        for column, one in enumerate(flows):
            self._put(self._flow, column, one.step, one.used)
            self._swings(column, of["district_inflow"][one.meter])
        self._level = np.full((self.count, len(levels)), np.nan)
        self._rise = np.full((self.count, len(levels)), np.nan)
        for column, level in enumerate(levels):
            self._levels(column, level)
        self._last = np.full(self.count, np.nan)
        self._raw = self._grid()

    def _put(self, table: Doubles, column: int, step: Indices, value: Doubles) -> None:
        row = step - self.first
        good = (row >= 0) & (row < self.count)
        table[row[good], column] = value[good]

    def _swings(self, column: int, series: Series) -> None:
        good = ~np.isnan(series.value)
        time, value = series.time[good], series.value[good]
        if series.register or not len(time):
            return
        apart = native_length(time)
        value = np.where(series.rate[good] > 0, value * HOUR, value / apart * HOUR)
        step = np.floor((time - apart / 2) / HOUR).astype(np.int64)
        first = np.flatnonzero(np.diff(step, prepend=step[0] - 1) > 0)
        swing = np.maximum.reduceat(value, first) - np.minimum.reduceat(value, first)
        self._put(self._swing, column, step[first], swing)

    def _levels(self, column: int, series: Series) -> None:
        put = stepped(series, HOUR)
        self._put(self._level, column, put.step, put.used)
        good = ~np.isnan(series.value)
        time, value = series.time[good], series.value[good]
        step = np.floor((time - native_length(time) / 2) / HOUR).astype(np.int64)
        last = np.flatnonzero(np.diff(step, append=np.iinfo(np.int64).max) > 0)
        rise = np.diff(value[last], prepend=np.nan)
        rise[np.diff(step[last], prepend=-9) > 1] = np.nan
        self._put(self._rise, column, step[last], rise)

    def _grid(self) -> Doubles:
        """Pressures, (hours, k, s); also notes when the last reading of each hour came."""
        apart = min(native_length(one.time) for one in self._pressure)
        each = int(np.clip(round(HOUR / apart), 1, 60))
        raw = np.full((self.count * each, len(self._pressure)), np.nan)
        for column, one in enumerate(self._pressure):
            middle = one.time - apart / 2
            row = np.floor(middle / HOUR * each).astype(np.int64) - self.first * each
            good = (row >= 0) & (row < len(raw))
            raw[row[good], column] = one.value[good]
            np.fmax.at(self._last, row[good] // each, one.time[good])
        return raw.reshape(self.count, each, len(self._pressure))

    def hours(self) -> Iterator[Hour]:
        """Every hour from the first flow reading to the last."""
        for row in range(self.count):
            begin = float((self.first + row) * HOUR)
            last = float(self._last[row])
            yield Hour(
                begin, begin + HOUR, begin + HOUR if np.isnan(last) else last,
                self._raw[row], self._flow[row], self._swing[row], self._level[row],
                self._rise[row],
            )  # fmt: skip
