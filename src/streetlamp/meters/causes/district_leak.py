"""Leaks and bursts in a district metered area, from its inflow at all 24 hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streetlamp.meters.base import CAUSES, Cause, Step
from streetlamp.meters.districts.follow import Follow
from streetlamp.meters.districts.options import DistrictOptions
from streetlamp.values import Finding


@CAUSES.add("district_leak")
class DistrictLeak(Cause):
    """Findings are called ``burst`` where much came at once, else ``leak``."""

    name = "district_leak"
    kinds = frozenset({"district_inflow"})
    summary = "A district's inflow is higher at all hours than its demand explains."
    Options = DistrictOptions

    @classmethod
    def together(cls, meters: Sequence[str]) -> bool:
        return len(meters) > 1  # siblings

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        told = self.options
        if not isinstance(told, DistrictOptions):  # the base's options: the budget alone
            told = DistrictOptions(alarms_per_meter_year=told.alarms_per_meter_year)
        self._follow = Follow(self.meters, told)

    def update(self, step: Step) -> Sequence[Finding]:
        found = self._follow.update(step)
        self.watched = self._follow.watched
        return found
