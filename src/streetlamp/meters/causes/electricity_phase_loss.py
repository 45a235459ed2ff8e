"""One of three phases carries nothing while the other two do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.base import CAUSES, YEAR_SECONDS, CauseOptions, Step
from streetlamp.meters.electricity.budget import confidence, nats
from streetlamp.meters.electricity.phases import PhaseCause
from streetlamp.meters.electricity.repeats import Repeats
from streetlamp.meters.episode import Episodes
from streetlamp.values import Finding


class PhaseLossOptions(CauseOptions):
    """What the search for lost phases can be told."""

    below: float = Field(
        default=0.02,
        gt=0,
        lt=1,
        title="Nothing",
        description="A phase counts as lost below this share of the mean of the other two",
    )
    at_least_hours: float = Field(
        default=0.5,
        ge=0,
        title="Shortest",
        description="A phase lost for less time than this is no finding (hours)",
    )


@CAUSES.add("electricity_phase_loss")
class ElectricityPhaseLoss(PhaseCause):
    """Three meters whose names end in L1, L2, L3 are the phases of one point.

    What is unlikely is learnt from the point's own past: where a phase was never used, or is idle
    every night, it is not lost. The finding's subject is the lost phase's meter.
    """

    name = "phase_loss"
    summary = "One phase of three carries nothing while the others do: a fuse or a wire."
    Options = PhaseLossOptions
    options: Any

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        many = self._rows.size
        self._runs = Repeats(many, begin=0.02, go_on=0.6)
        self._carried = np.zeros(many, bool)
        self._begun = np.full(many, np.nan)
        self._told = Episodes(self.name, self.meters, "kW")

    def update(self, step: Step) -> Sequence[Finding]:
        if not len(self._points):
            return ()
        seconds = step.end - step.begin
        power = step.used[self._rows] * 3600 / seconds  # (points, 3) kW
        others = (power.sum(1, keepdims=True) - power) / 2
        here = (~np.isnan(others) & (others > 0)).ravel()
        lost = here & (power < self.options.below * others).ravel()
        self._carried |= here & ~lost
        self._begun = np.where(lost & (self._runs.length == 0), step.begin, self._begun)
        self._runs.update(lost, here & self._carried)
        found = [
            self._told.close(i, step.begin)
            for i in self._rows.ravel()[here & ~lost].tolist()
            if i in self._told
        ]
        threshold = nats(self.options.alarms_per_meter_year, YEAR_SECONDS / seconds)
        long = step.end - self._begun >= 3600 * self.options.at_least_hours
        due = np.flatnonzero(lost & long & (self._runs.evidence >= threshold)).tolist()
        found += [
            self._begin(flat, step.end, others, threshold)
            for flat in due
            if int(self._rows.ravel()[flat]) not in self._told
        ]
        return found

    def _begin(self, flat: int, now: float, others: Doubles, threshold: float) -> Finding:
        point, phase = divmod(flat, 3)
        carried, evidence = float(others[point, phase]), float(self._runs.evidence[flat])
        hours = (now - float(self._begun[flat])) / 3600
        return self._told.begin(
            int(self._rows[point, phase]),
            start=float(self._begun[flat]),
            detected=now,
            size=carried,
            confidence=confidence(evidence, threshold),
            evidence=(
                f"Phase {phase + 1} of {self._points[point]} has carried nothing for {hours:.1f} h "
                f"while the other two carry {carried:.3g} kW each."
            ),
            numbers={"evidence": evidence, "threshold": threshold, "hours": hours},
        )
