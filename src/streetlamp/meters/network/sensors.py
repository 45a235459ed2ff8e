"""Faults of the pressure sensors themselves: stuck, silent, spiking, off by a step, drifting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.values import Bools, Evidence, Finding

STUCK: Final = "stuck_meter"
SILENT: Final = "gap"
SPIKES: Final = "sensor_spikes"
OFFSET: Final = "sensor_offset"
DRIFT: Final = "sensor_drift"

_SAME_PRIOR: Final = (2.0, 20.0)  # repeats in so many readings, assumed beforehand
_SAME_MOST: Final = 0.97
_STUCK_HOURS: Final = 3
_DOUBTED: Final = 7.0  # nats of repeats from which on a sensor is not believed
_SILENT_HOURS: Final = 6
_SPIKE: Final = 8.0  # deviations
_SPIKES: Final = 3  # in a day
_QUIET_HOURS: Final = 24


class Same:
    """How long each sensor has been telling the very same value, and how odd that is."""

    def __init__(self, sensors: int) -> None:
        self._value = np.full(sensors, np.nan)
        self.run = np.zeros(sensors)  # repeats
        self._repeats = np.full(sensors, _SAME_PRIOR[0])
        self._readings = np.full(sensors, _SAME_PRIOR[1])
        self.since = np.zeros(sensors)  # POSIX seconds

    @property
    def odd(self) -> Doubles:
        """(s,) nats against the run being chance."""
        share = np.minimum(self._repeats / self._readings, _SAME_MOST)
        return np.asarray(self.run * -np.log(share))

    def update(self, raw: Doubles, begin: float) -> None:
        """raw: (k, s) of one hour, which begins at ``begin``."""
        for row, value in enumerate(raw):
            here = np.isfinite(value)
            same = here & (np.abs(value - self._value) < 1e-9)
            over = here & ~same
            normal = over & (self.odd < _DOUBTED)
            self._repeats += np.where(normal, self.run, 0.0)
            self._readings += np.where(normal, self.run + 1, 0.0)
            self.since[over] = begin + row * 3600.0 / len(raw)
            self.run = np.where(same, self.run + 1, np.where(over, 0.0, self.run))
            self._value = np.where(here, value, self._value)


class Faults:
    """The open faults of the sensors, by what their own readings show."""

    def __init__(self, names: Sequence[str], alarms_per_year: float) -> None:
        self._names = names
        n = len(names)
        self._same = Same(n)
        self._limit = math.log(365.25 * 96 * max(n, 1) / alarms_per_year)
        self._silent = np.zeros(n)
        self._spikes = np.zeros((_QUIET_HOURS, n))
        self._since = np.zeros(n)
        self._hour = 0
        self.open: dict[tuple[int, str], Finding] = {}

    def believed(self, raw: Doubles) -> Bools:
        """(s,) whose readings count: neither stuck nor found at fault. Told before `update`."""
        out = self._same.odd < _DOUBTED
        for at, cause in self.open:
            if cause in (STUCK, OFFSET, DRIFT):
                out[at] = False
        return np.asarray(out & np.isfinite(raw).any(axis=0))

    def is_open(self, at: int, cause: str) -> bool:
        return (at, cause) in self.open

    def tell(
        self, at: int, cause: str, start: float, detected: float, evidence: str,
        *, size: float = math.nan, unit: str = "", confidence: float = 0.9,
        picture: Evidence | None = None,
    ) -> Finding:  # fmt: skip
        """Opens a sensor's finding."""
        name = self._names[at]
        found = Finding(
            f"{cause}-{name}-{start:.0f}", name, cause, min(start, detected), detected, size, unit,
            confidence, evidence, picture=picture,
        )  # fmt: skip
        self.open[at, cause] = found
        return found

    def end(self, at: int, cause: str, when: float) -> Finding:
        found = self.open.pop((at, cause))
        return replace(found, end=max(when, found.start))

    def update(self, raw: Doubles, begin: float, last: float) -> list[Finding]:
        """Stuck and silent sensors: raw (k, s) of an hour whose last reading came at ``last``."""
        self._same.update(raw, begin)
        out = []
        silent: Bools = np.asarray(~np.isfinite(raw).any(axis=0))
        odd = self._same.odd
        long = self._same.run >= _STUCK_HOURS * len(raw)
        for at in np.flatnonzero(silent | (self._silent > 0)).tolist():
            out += self._gap(at, silent=bool(silent[at]), begin=begin, last=last)
        for at in np.flatnonzero((odd >= self._limit) & long).tolist():
            if not self.is_open(at, STUCK):
                hours = self._same.run[at] / len(raw)
                out.append(self.tell(
                    at, STUCK, float(self._same.since[at]), last,
                    f"The pressure sensor at {self._names[at]} has told the very same value for "
                    f"{hours:.1f} hours.",
                ))  # fmt: skip
        for at, cause in list(self.open):
            if cause == STUCK and odd[at] < _DOUBTED and not silent[at]:
                out.append(self.end(at, STUCK, begin))
        return out

    def _gap(self, at: int, *, silent: bool, begin: float, last: float) -> list[Finding]:
        if not silent:
            self._silent[at] = 0
            return [self.end(at, SILENT, begin)] if self.is_open(at, SILENT) else []
        if self._silent[at] == 0:
            self._since[at] = begin
        self._silent[at] += 1
        if self._silent[at] < _SILENT_HOURS or self.is_open(at, SILENT):
            return []
        return [self.tell(
            at, SILENT, float(self._since[at]), last,
            f"No reading of the pressure sensor at {self._names[at]} for {_SILENT_HOURS} hours.",
        )]  # fmt: skip

    def spikes(
        self, off: Doubles, deviation: Doubles, begin: float, last: float
    ) -> tuple[Bools, list[Finding]]:
        """((k, s) readings that are single spikes, findings) from how far off readings are.

        off: (k, s) from what was expected, m; deviation: (s,) of a single reading, m.
        """
        wild = np.abs(off) > _SPIKE * deviation
        wild &= wild.sum(axis=0) <= max(len(off) // 2, 1)
        self._spikes[self._hour % _QUIET_HOURS] = wild.sum(axis=0)
        self._hour += 1
        day = self._spikes.sum(axis=0)
        out = []
        for at in np.flatnonzero(day >= _SPIKES).tolist():
            if not self.is_open(at, SPIKES):
                ago = (self._hour - 1 - np.arange(_QUIET_HOURS)) % _QUIET_HOURS
                first = int(np.flatnonzero(self._spikes[ago, at])[-1])
                out.append(self.tell(
                    at, SPIKES, begin - first * 3600.0, last,
                    f"{day[at]:.0f} single readings of the pressure sensor at {self._names[at]} "
                    f"within a day are far off those around them, by up to "
                    f"{float(np.nanmax(np.abs(off[:, at]))):.1f} m.",
                ))  # fmt: skip
        for at, cause in list(self.open):
            if cause == SPIKES and day[at] == 0:
                out.append(self.end(at, SPIKES, begin - _QUIET_HOURS * 3600.0))
        return wild, out
