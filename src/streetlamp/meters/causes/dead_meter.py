"""A meter that counts nothing any more, although something surely flows: dead, or its link is.

A place that nobody uses stands still as well, so the limit is each meter's own: the longest
standstill that it would show, by the law of those it has shown, once in as many years as the budget
allows. In a home that is lived in every day that is days; in a second home it is a season.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step
from streetlamp.meters.episode import Episodes
from streetlamp.meters.own import OwnRuns, Prior
from streetlamp.values import Finding

_ABOVE: Final = 12.0  # h: a night
_PRIOR: Final = Prior(_ABOVE, events=4, years=0.1, excess=0.4, longest=6.0)
_LEAST: Final = 1.2  # times the longest standstill there was, whatever the law says: at least …
_MOST: Final = 2.0  # … and at most
_LIVED_IN: Final = 7 * 24.0  # h of readings before anything is said


class DeadMeterOptions(CauseOptions):
    """When a standstill is longer than the place explains."""

    alarms_per_meter_year: float = Field(
        default=0.05, gt=0, le=52, title="False alarms",
        description="How many false alarms a meter may raise in a year; 0.01 is its own standstill "
        "of a hundred years.",
    )  # fmt: skip
    shortest_hours: float = Field(
        default=96.0, gt=0, le=8766, title="Shortest",
        description="No standstill shorter is told: most homes are empty over a weekend some day.",
    )  # fmt: skip


@CAUSES.add("dead_meter")
class DeadMeter(Cause):
    """A gap in which the register stood still is part of the standstill."""

    name = "dead_meter"
    kinds = frozenset({"water", "gas", "heat"})
    summary = "A meter that counts nothing any more."
    Options = DeadMeterOptions
    options: DeadMeterOptions

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._runs = OwnRuns(n, _PRIOR)
        self._last = np.full(n, np.nan)
        self._since = np.full(n, np.nan)  # POSIX s since when nothing was counted
        self._read = np.zeros(n)  # h of readings
        self._uses = np.zeros(n)
        self._longest = np.zeros(n)  # h of standstill that ended by itself
        self._open = Episodes(self.name, self.meters)

    def update(self, step: Step) -> Sequence[Finding]:
        hours = (step.end - step.begin) / 3600.0
        counter = ~np.isnan(step.register)
        with np.errstate(invalid="ignore"):
            moved = counter & (np.abs(step.register - self._last) > 1e-9)
            still = (counter & ~moved & ~np.isnan(self._last)) | (~counter & (step.used == 0))
            used = moved | (~counter & (step.used > 0))
        self._last = np.where(counter, step.register, self._last)
        length = (step.begin - self._since) / 3600.0
        ended = used & ~np.isnan(self._since)
        self._runs.learn(np.where(ended, length, 0.0), ended & (length > _ABOVE))
        self._longest = np.where(ended, np.maximum(self._longest, length), self._longest)
        found = self._open.end(np.flatnonzero(used & self._open.is_open), step.begin)
        self._since = np.where(used, np.nan, self._since)
        self._since = np.where(still & np.isnan(self._since), step.begin, self._since)
        self._uses += used
        self._read += still | used
        self._runs.pass_time(np.where(still | used, hours, 0.0))
        least = np.maximum(self.options.shortest_hours, _LEAST * self._longest)
        most = np.maximum(_LIVED_IN, _MOST * self._longest)
        limit = np.clip(self._runs.passed(self.options.alarms_per_meter_year), least, most)
        length = (step.end - self._since) / 3600.0
        with np.errstate(invalid="ignore"):
            dead = still & (length > limit) & (self._read >= _LIVED_IN) & (self._uses >= 20)
        for at in np.flatnonzero(dead & ~self._open.is_open).tolist():
            found.append(self._found(at, step, float(length[at]), float(limit[at])))
        return found

    def _found(self, at: int, step: Step, length: float, limit: float) -> Finding:
        return self._open.begin(
            at, start=float(self._since[at]), detected=step.end, confidence=0.9,
            evidence=f"It has counted nothing for {length / 24:.1f} days; by what it has shown "
            f"so far, it never stands still for {limit / 24:.1f} days by itself.",
            numbers={"hours": length, "limit_hours": limit},
        )  # fmt: skip
