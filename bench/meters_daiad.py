"""Real household meters (DAIAD), and what is put into their registers."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from record import ROOT
from streetlamp.meters.base import Cause, Step
from streetlamp.meters.format import Intake, read_file
from streetlamp.meters.panel import Panel, panels
from streetlamp.meters.readings import Readings
from streetlamp.meters.rejects import Rejects
from streetlamp.meters.steps import Stepped, register_use
from streetlamp.meters.zone import Zone

DATA = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data" / "meters"
ZONE = Zone(ZoneInfo("Europe/Madrid"))
Register = Callable[[Stepped], np.ndarray[Any, Any]]


def daiad() -> Panel:
    """All meters, read through the product's own door."""
    source = DATA / "daiad_water" / "hourly.csv.gz"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "daiad.csv"
        with gzip.open(source, "rt") as rows, path.open("w") as out:
            next(rows)
            out.write("meter_id,timestamp,kind,register,unit\n")
            for row in rows:
                meter, time, register, _ = row.split(",")
                out.write(f"{meter},{time},water,{register},L\n")
        readings = Readings(Rejects())
        read_file(path, Intake(readings, ZONE, 4e9))
    (panel,) = panels(readings.series())
    return panel


@dataclass(frozen=True, slots=True)
class Trial:
    """One meter into which something was put at a time."""

    meter: int
    start: float
    size: float


def starts(panel: Panel, seed: int, count: int) -> list[tuple[int, float]]:
    """Moments in the middle eight tenths of each meter's readings, followed by half a week read."""
    rng = np.random.default_rng(seed)
    found = []
    for meter, one in enumerate(panel.members):
        for _ in range(count):
            for _ in range(50):
                at = int(rng.uniform(0.1, 0.9) * len(one.time))
                start = one.time[at] + rng.uniform(0, 3600)
                week = (one.time > start) & (one.time < start + 7 * 86400)
                if week.sum() >= 84:
                    found.append((meter, float(start)))
                    break
    return found


def columns(panel: Panel, registers: Sequence[tuple[int, Any]]) -> tuple[Panel, list[int]]:
    """A panel of changed copies: (meter, register at its readings; NaN is no reading)."""
    members, source = [], []
    for number, (meter, register) in enumerate(registers):
        one = panel.members[meter]
        here = ~np.isnan(register)
        step, counter = one.step[here], register[here]
        members.append(
            Stepped(str(number), step, one.time[here], register_use(step, counter), counter)
        )
        source.append(meter)
    return Panel(panel.kind, panel.length, members), source


def replay(panel: Panel, causes: Sequence[Cause]) -> Iterator[tuple[Step, Any]]:
    for step in panel.replay(ZONE):
        for cause in causes:
            for finding in cause.update(step):
                yield step, finding


def delays(
    panel: Panel,
    trials: Sequence[Trial],
    make: Callable[[tuple[str, ...]], Sequence[Cause]],
    names: frozenset[str],
) -> list[float]:
    """Hours from each trial's start to the first new finding of the named causes; inf: none."""
    found = [float("inf")] * len(trials)
    seen: set[str] = set()
    times = {one.meter: one for one in panel.members}
    for step, finding in replay(panel, make(panel.meters)):
        if finding.id in seen or finding.cause not in names:
            continue
        seen.add(finding.id)
        number = int(finding.subject)
        one = times[finding.subject]
        wanted = round(step.end / panel.length) - 1
        at = int(np.searchsorted(one.step, wanted))
        read = at < len(one.step) and one.step[at] == wanted
        when = float(one.time[at]) if read else step.end
        late = (when - trials[number].start) / 3600.0
        if late > 0 and not np.isfinite(found[number]):
            found[number] = late
    return found
