"""An appliance, motor or heater with a meter of its own that does not run as it did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step
from streetlamp.meters.electricity.budget import confidence
from streetlamp.meters.electricity.runs import Run, Runs
from streetlamp.meters.electricity.watch import Alarm, Watch
from streetlamp.meters.episode import Episodes
from streetlamp.values import Finding

LONGEST_STEP: Final = 300.0
"""Seconds; in longer steps a run cannot be seen."""


class ApplianceOptions(CauseOptions):
    """What the search for faults of an appliance can be told."""

    alarms_per_meter_year: float = Field(
        default=2.0,
        gt=0,
        le=52,
        title="False alarms",
        description="How many false alarms an appliance may raise in a year; the threshold follows "
        "from it and from how often the appliance runs",
    )
    runs_per_false_alarm: float = Field(
        default=100.0,
        ge=10,
        title="Fewest runs to a false alarm",
        description="However seldom the appliance runs, a false alarm comes no more often than "
        "once in so many runs",
    )


@CAUSES.add("electricity_appliance_fault")
class ElectricityApplianceFault(Cause):
    """Runs that last longer or shorter, or draw more or less, than this appliance's own did.

    Its normal is learnt from its own first runs (five days and fifteen runs, whichever is later):
    an appliance that was faulty from the first day is not found. Looks only at curves of one
    appliance in steps of five minutes and less.
    """

    name = "appliance_fault"
    kinds = frozenset({"electricity"})
    summary = "An appliance's runs got longer or shorter, or draw another power, than its own did."
    Options = ApplianceOptions
    options: Any

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        self._runs = Runs(len(self.meters))
        self._watch: dict[int, Watch] = {}
        self._told = Episodes(self.name, self.meters, "min")

    def update(self, step: Step) -> Sequence[Finding]:
        seconds = step.end - step.begin
        if seconds > LONGEST_STEP:
            return ()
        found = []
        for run in self._runs.update(step.begin, step.end, step.used * 3600 / seconds):
            found += self._look(run, step.end)
        return found

    def _look(self, run: Run, now: float) -> list[Finding]:
        i, mine = run.meter, self.options
        watch = self._watch.get(i)
        if watch is None:
            watch = self._watch[i] = Watch(mine.alarms_per_meter_year, mine.runs_per_false_alarm)
        alarm = watch.update(run)
        if i in self._told:
            return [self._told.close(i, run.begin)] if watch.settled else []
        if alarm is None:
            return []
        return [
            self._told.begin(
                i,
                start=alarm.start,
                detected=now,
                size=alarm.minutes - alarm.usual_minutes,
                confidence=confidence(alarm.sum - alarm.threshold, 0.0),
                evidence=_sentence(alarm, float(np.nan_to_num(self._runs.level[i]))),
                numbers={
                    "statistic": alarm.sum,
                    "threshold": alarm.threshold,
                    "minutes": alarm.minutes,
                    "usual_minutes": alarm.usual_minutes,
                    "kw": alarm.power,
                    "usual_kw": alarm.usual_power,
                    "runs": float(alarm.runs),
                },
            )
        ]


def _sentence(alarm: Alarm, level: float) -> str:
    reason = _reason(alarm, level)
    return (
        f"The last {alarm.runs} runs took {alarm.minutes:.3g} min at {alarm.power:.3g} kW, where "
        f"{alarm.usual_minutes:.3g} min at {alarm.usual_power:.3g} kW are usual: {reason}"
    )


def _reason(alarm: Alarm, level: float) -> str:
    """What usually does that to a heater (a kilowatt and more) and to a motor."""
    heater = level >= 1.0
    draw = alarm.power / max(alarm.usual_power, 1e-9)
    longer = alarm.minutes > alarm.usual_minutes
    if draw < 0.9:
        return (
            "less power for its work: part of the heating element or a phase has failed."
            if heater
            else "less power: the motor runs idle, its belt or coupling slips, or gas is missing."
        )
    if draw > 1.1:
        return "more power for its work: a winding, a bearing or the element is damaged."
    if longer:
        return (
            "it heats longer at the same power: thermostat, limescale, or lost insulation."
            if heater
            else "it cools or works longer at the same power: compressor, door seal, thermostat."
        )
    return "it stops earlier at the same power: thermostat, sensor or protection."
