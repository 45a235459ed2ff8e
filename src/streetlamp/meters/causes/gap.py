"""Readings that stay away for longer than this meter's ever do: a link, a battery, a head-end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step
from streetlamp.meters.episode import Episodes
from streetlamp.meters.kinds import KINDS
from streetlamp.meters.own import OwnRuns, Prior
from streetlamp.values import Finding

_ABOVE: Final = 3.0  # steps
_PRIOR: Final = Prior(_ABOVE, events=10, years=0.25, excess=0.5, longest=6.0)


class GapOptions(CauseOptions):
    """When readings have stayed away for too long."""

    alarms_per_meter_year: float = Field(
        default=0.1,
        gt=0,
        le=52,
        title="False alarms",
        description="How many gaps of its usual sort a meter may raise in a year.",
    )
    shortest_hours: float = Field(
        default=24.0,
        gt=0,
        le=720,
        title="Shortest",
        description="No gap shorter is told.",
    )
    longest_hours: float = Field(
        default=168.0,
        gt=0,
        le=8766,
        title="Longest",
        description="Every gap longer is told, however often this meter has had them.",
    )


@CAUSES.add("gap")
class Gap(Cause):
    """Counted in steps; an estimated or doubtful reading is none."""

    name = "gap"
    kinds = frozenset(KINDS)
    summary = "Readings that stay away for longer than usual."
    Options = GapOptions
    options: GapOptions

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._runs = OwnRuns(n, _PRIOR)
        self._seen = np.full(n, np.nan)  # POSIX s of the last reading's step
        self._open = Episodes(self.name, self.meters)

    def update(self, step: Step) -> Sequence[Finding]:
        length_s = step.end - step.begin
        here = ~np.isnan(step.used) | ~np.isnan(step.register)
        missed = (step.begin - self._seen) / length_s
        self._runs.pass_time(np.where(np.isnan(self._seen), 0.0, length_s / 3600.0))
        self._runs.learn(missed, here & (missed > _ABOVE))
        found = self._open.end(np.flatnonzero(here & self._open.is_open), step.begin)
        self._seen = np.where(here, step.end, self._seen)
        hours = (step.end - self._seen) / 3600.0
        limit = self._runs.passed(self.options.alarms_per_meter_year) * length_s / 3600.0
        limit = np.clip(limit, self.options.shortest_hours, self.options.longest_hours)
        with np.errstate(invalid="ignore"):
            long = hours > limit
        for at in np.flatnonzero(long & ~self._open.is_open).tolist():
            found.append(
                self._open.begin(
                    at,
                    start=float(self._seen[at]),
                    detected=step.end,
                    size=float(hours[at]),
                    unit="h",
                    confidence=0.99,
                    evidence=f"No good reading has come for {hours[at]:.0f} hours; this meter's "
                    f"gaps hardly ever exceed {limit[at]:.0f} hours.",
                    numbers={"hours": float(hours[at]), "limit_hours": float(limit[at])},
                )
            )
        return found
