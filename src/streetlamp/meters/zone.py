"""Local wall-clock times become POSIX seconds, many at once, with both kinds of clock change.

When the clock goes back, an hour of wall-clock times is there twice: `Local.again` says how much
later its second meaning is. When it goes forward, an hour never happens: `Local.missing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.values import Bools

_GRAIN = 900  # s: no zone's clock changes between quarters of an hour
_DAY = 86400


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """Parallel to the wall-clock times asked for."""

    time: Doubles  # POSIX seconds; the first meaning of a time that is there twice
    again: Doubles  # seconds until its second meaning, 0 where there is only one
    missing: Bools  # the wall clock never showed it


class Zone:
    """A time zone that remembers the days it was asked about."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._known: dict[int, tuple[float, float, bool]] = {}
        self._changing: dict[int, bool] = {}

    def local(self, wall: Doubles) -> Local:
        """wall: (n,) seconds since 1970-01-01 00:00 as the wall clock shows it."""
        days, inverse = np.unique((wall // _DAY).astype(np.int64), return_inverse=True)
        offset = np.zeros(len(days))
        again = np.zeros(len(wall))
        missing = np.zeros(len(wall), np.bool_)
        changing = np.zeros(len(days), np.bool_)
        for at, day in enumerate(days.tolist()):
            changing[at] = self._changes(day)
            offset[at] = self._quarter(day * _DAY // _GRAIN)[0]
        offsets = offset[inverse]
        for row in np.flatnonzero(changing[inverse]).tolist():
            offsets[row], again[row], missing[row] = self._quarter(int(wall[row] // _GRAIN))
        return Local(wall - offsets, again, missing)

    def wall(self, time: Doubles) -> Indices:
        """(n,) wall-clock seconds of POSIX seconds, whole seconds."""
        grains, inverse = np.unique((time // _GRAIN).astype(np.int64), return_inverse=True)
        out = np.empty(len(grains), np.int64)
        known: dict[int, int] = {}
        for at, grain in enumerate(grains.tolist()):
            day = grain // (_DAY // _GRAIN)
            if day not in known:
                ends = {self._offset_at(day * _DAY), self._offset_at((day + 1) * _DAY)}
                known[day] = ends.pop() if len(ends) == 1 else -1
            out[at] = known[day] if known[day] != -1 else self._offset_at(grain * _GRAIN)
        return np.asarray(np.floor(time).astype(np.int64) + out[inverse])

    def _offset_at(self, posix: float) -> int:
        offset = datetime.fromtimestamp(posix, self.zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds())

    def _changes(self, day: int) -> bool:
        if day not in self._changing:
            first, last = self._both(day * _DAY), self._both((day + 1) * _DAY)
            self._changing[day] = len({*first, *last}) > 1
        return self._changing[day]

    def _quarter(self, quarter: int) -> tuple[float, float, bool]:
        if quarter not in self._known:
            first, second = self._both(quarter * _GRAIN)
            self._known[quarter] = (first, max(first - second, 0.0), first < second)
        return self._known[quarter]

    def _both(self, wall: int) -> tuple[float, float]:
        at = datetime(1970, 1, 1) + timedelta(seconds=wall)  # noqa: DTZ001  # a wall-clock time
        found = []
        for fold in (0, 1):
            offset = at.replace(tzinfo=self.zone, fold=fold).utcoffset()
            found.append(0.0 if offset is None else offset.total_seconds())
        return found[0], found[1]


def iso(time: float, zone: ZoneInfo) -> str:
    """A POSIX time as ISO 8601 with the zone's offset, to the second."""
    return datetime.fromtimestamp(round(time), UTC).astimezone(zone).isoformat()
