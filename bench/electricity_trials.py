"""Faults put into real load curves, and what the causes of ``meters/causes`` say to them.

Curves are hourly means on the local clock, in kW, whole days. A trial is 120 days before a fault
and 60 days from it; all trials are stepped together, as a panel of meters.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from streetlamp.meters.base import Cause, Step
from streetlamp.values import Finding

Doubles = NDArray[np.float64]
BEFORE, AFTER = 120, 60  # days of a trial
RAMP = 42  # days
METERS = {
    "uk 0": "uk-electricity-hdd-only-hourly-sample-0",
    "uk 1": "uk-electricity-hdd-only-hourly-sample-1",
    "uk 2": "uk-electricity-hdd-only-hourly-sample-2",
    "il (synthetic)": "il-electricity-cdd-hdd-hourly",
}


@dataclass(frozen=True)
class Trial:
    meter: str
    kind: str  # the injected cause; "" for none
    setting: str
    curve: Doubles  # (hours,) kW
    start: int  # hour of the fault in it
    first: int = 0  # hour of the whole curve that it begins with

    @property
    def grows(self) -> bool:
        """Does the meter read more than before? Then it may well read more than ever."""
        return self.setting.startswith(("+", "x2", "x10")) and self.kind != "clock_shift"


def load(folder: Path, name: str) -> Doubles:
    """(days, 24) kW on the local clock; NaN where not every reading of an hour is there."""
    with gzip.open(folder / f"{METERS[name]}.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    times = [datetime.fromisoformat(row["start"]) for row in rows]
    if times[0].tzinfo is not None and name.startswith("uk"):
        times = [one.astimezone(ZoneInfo("Europe/London")) for one in times]
    wall = [one.replace(tzinfo=None) for one in times]
    first = wall[0].replace(hour=0, minute=0)
    hour = np.array([(one - first).total_seconds() // 3600 for one in wall], int)
    value = np.array([float(row["value"] or "nan") for row in rows])
    days = hour.max() // 24 + 1
    total, count = np.zeros(days * 24), np.zeros(days * 24)
    np.add.at(total, hour, value)
    np.add.at(count, hour, 1)
    whole = np.median(count[count > 0])
    curve = np.where(count >= whole, total * whole / np.maximum(count, 1), np.nan)
    return np.asarray(curve.reshape(days, 24), np.float64)


def starts(curve: Doubles, many: int, seed: int) -> list[int]:
    """Hours at which a fault may begin: with history before and readings after it."""
    good = ~np.isnan(curve).any(1)
    days = [
        day
        for day in range(45, len(curve) - 31)
        if good[:day][-BEFORE:].sum() >= 45 and good[day : day + 30].sum() >= 27
    ]
    hours = np.random.default_rng(seed).integers(0, 24, many)
    picked = np.array(days)[np.linspace(0, len(days) - 1, many).astype(int)]
    return [int(day) * 24 + int(hour) for day, hour in zip(picked, hours, strict=True)]


def trials(folder: Path, many: int, seed: int = 1) -> list[Trial]:
    """Every fault at every start of every meter."""
    found = []
    for name in METERS:
        curve = load(folder, name)
        for at in starts(curve, many, seed):
            first = max(at // 24 - BEFORE, 0) * 24
            flat = curve.ravel()[first : first + (BEFORE + AFTER) * 24]
            for kind, setting, faulty in faults(flat, at - first):
                found.append(Trial(name, kind, setting, faulty, at - first, first))
    return found


def faults(curve: Doubles, at: int) -> Iterator[tuple[str, str, Doubles]]:
    """(kind, setting, curve) of every fault from hour ``at`` on."""

    def put(values: Doubles, until: int | None = None) -> Doubles:
        faulty = curve.copy()
        faulty[at:until] = values[at:until]
        return faulty

    for factor in (0.1, 0.5, 2.0, 10.0):
        yield "scale_change", f"x{factor:g}", put(curve * factor)
    month = curve[at - 30 * 24 : at].reshape(30, 24)
    base = float(np.nanmedian(np.nanmean(np.sort(month, axis=1)[:, :6], axis=1)))
    for share in (-0.6, 1.0, 2.0, 4.0):
        yield "load_step", f"{share:+g} base", put(np.maximum(curve + share * base, 0))
    for hours in (-6, -3, -1, 1, 3, 6):
        moved = np.roll(curve, hours)
        if hours < 0:
            moved[hours:] = np.nan
        else:
            moved[at : at + hours] = np.nan
        yield "clock_shift", f"{hours:+d} h", put(moved)
    value = next(v for v in curve[at:] if v > 0)
    for length in (48, 168):
        yield "stuck_meter", f"{length} h", put(np.full_like(curve, value), at + length)
        yield "dead_meter", f"{length} h", put(np.zeros_like(curve), at + length)
    top = float(np.nanmax(curve[:at]))
    for share in (1.5, 3.0):
        yield "overload", f"+{share:g} of its top", put(curve + share * top, at + 8)
    ramp = np.clip((np.arange(len(curve)) - at) / (RAMP * 24), 0, 1)
    for share in (1.0, 2.0):
        yield "base_load_rise", f"+{share:g} base in {RAMP} d", put(curve + share * base * ramp)


def replay(causes: Sequence[type[Cause]], curves: Sequence[Doubles]) -> list[list[Finding]]:
    """Steps all curves together, hour by hour from midnight; findings of each."""
    hours = max(len(one) for one in curves)
    panel = np.full((hours, len(curves)), np.nan)
    for i, one in enumerate(curves):
        panel[: len(one), i] = one
    names = [str(i) for i in range(len(curves))]
    made = [cause(names) for cause in causes]
    found: list[list[Finding]] = [[] for _ in curves]
    for hour in range(hours):
        step = Step(
            hour * 3600.0, hour * 3600.0 + 3600, hour % 24, hour // 24 % 7, False,
            panel[hour], np.full(len(curves), np.nan),
        )  # fmt: skip
        for cause in made:
            for finding in cause.update(step):
                if finding.end is None:
                    found[int(finding.subject)].append(finding)
        if hour % 2400 == 0:
            print(f"\r  {hour / hours:4.0%} replayed", end="", file=sys.stderr)
    print("\r", end="", file=sys.stderr)
    return found
