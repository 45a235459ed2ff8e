"""Cycles of real appliances with simulated malfunctions: are the faulty files told from others?

A file is a day. Two ways to ask:

- *one file*: the unit's other nine normal days, then the file. A faulty file is found when the
  appliance raises an alarm in it; a normal one when it does is a false alarm. (The faulty file of
  a day is that day's normal file with its runs prolonged, so its own day is never learnt from.)
- *a lasting fault*: all ten normal days, then all ten files of one malfunction.

Labels (the folder a file lies in) are used here to count, and by nothing that decides.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streetlamp.meters.causes.electricity_appliance_fault import (
    ApplianceOptions,
    ElectricityApplianceFault,
)
from streetlamp.meters.electricity.runs import Run, Runs
from streetlamp.meters.electricity.watch import Watch

Doubles = NDArray[np.float64]
NORMAL = "Normal"
Files = dict[tuple[str, str], dict[str, Doubles]]  # (unit, condition) -> day -> kW by minutes


@dataclass(frozen=True)
class Stream:
    unit: str
    condition: str
    runs: Sequence[tuple[Run, bool]]  # in order; True: of the files in question
    minutes: int  # of the files in question


def load(folder: Path) -> Files:
    """Power by the minute of every file, days of a unit in the order of their dates."""
    found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    first: dict[tuple[str, str], datetime] = {}
    with gzip.open(folder / "power_1min.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            day = row["file"].split("_day")[1].split(".")[0].split("_")[0]
            key = row["unit"], NORMAL if row["condition"] == NORMAL else row["condition"]
            found[key][day].append(float(row["activePower"] or "nan") / 1000)
            if key[1] == NORMAL and (row["unit"], day) not in first:
                first[row["unit"], day] = _time(row["ctime"])
    return {
        key: {
            day: np.array(days[day])
            for day in sorted(days, key=lambda day: first[key[0], day])
        }
        for key, days in found.items()
    }  # fmt: skip


def _time(text: str) -> datetime:
    form = "%m/%d/%Y %H:%M" if "/" in text else "%Y-%m-%d %H:%M:%S"
    return datetime.strptime(text, form)  # noqa: DTZ007 the file's times have no zone


def single(files: Files) -> list[Stream]:
    """Each file after the nine normal days of its unit that are not its own."""
    parts = []
    for (unit, condition), days in files.items():
        normal = files[unit, NORMAL]
        for day, power in days.items():
            before = [one for other, one in normal.items() if other != day]
            parts.append((unit, condition, before, [power]))
    return _cut(parts)


def lasting(files: Files) -> list[Stream]:
    """All ten files of each malfunction after the ten normal days of its unit."""
    return _cut(
        [
            (unit, condition, list(files[unit, NORMAL].values()), list(days.values()))
            for (unit, condition), days in files.items()
            if condition != NORMAL
        ]
    )


def _cut(parts: Sequence[tuple[str, str, list[Doubles], list[Doubles]]]) -> list[Stream]:
    """All streams' runs, cut together."""
    curves = [np.concatenate([*before, *asked]) for _, _, before, asked in parts]
    begins = [60.0 * sum(map(len, before)) for _, _, before, _ in parts]
    panel = np.full((max(map(len, curves)) + 1, len(curves)), np.nan)
    for i, curve in enumerate(curves):
        panel[: len(curve), i] = curve
    cut, found = Runs(len(curves)), [[] for _ in curves]
    for minute in range(len(panel)):
        for run in cut.update(minute * 60.0, minute * 60.0 + 60, panel[minute]):
            found[run.meter].append((run, run.begin >= begins[run.meter]))
        if minute % 2000 == 0:
            print(f"\r  {minute / len(panel):4.0%} cut", end="", file=sys.stderr)
    print("\r", end="", file=sys.stderr)
    return [
        Stream(unit, condition, runs, sum(map(len, asked)))
        for (unit, condition, _, asked), runs in zip(parts, found, strict=True)
    ]


@dataclass(frozen=True)
class Outcome:
    stream: Stream
    before: int  # alarms in the normal days, once it had learnt
    runs_before: int  # runs in them
    inside: int  # alarms in the files in question
    runs_inside: int
    days: float  # from the first run in question to the first alarm; NaN: none


def watched(streams: Sequence[Stream], options: ApplianceOptions) -> list[Outcome]:
    """Every stream's runs seen one after another, as the cause sees them."""
    found = []
    for stream in streams:
        watch = Watch(options.alarms_per_meter_year, options.runs_per_false_alarm)
        counts = {False: [0, 0], True: [0, 0]}
        first, days = None, float("nan")
        for run, asked in stream.runs:
            if asked and first is None:
                first = run.begin
            alarm = watch.update(run)
            counts[asked][1] += 1
            counts[asked][0] += alarm is not None
            if alarm and asked and np.isnan(days):
                days = (run.end - (first or run.begin)) / 86400
        (before, runs_before), (inside, runs_inside) = counts[False], counts[True]
        found.append(Outcome(stream, before, runs_before, inside, runs_inside, days))
    return found


def area(faulty: Sequence[float], normal: Sequence[float]) -> float:
    """AUC: the chance that a faulty file scores above a normal one."""
    a, b = np.array(faulty)[:, None], np.array(normal)[None, :]
    return float(((a > b) + 0.5 * (a == b)).mean())


__all__ = ["ElectricityApplianceFault", "area", "lasting", "load", "single", "watched"]
