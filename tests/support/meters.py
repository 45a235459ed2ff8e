"""Invented meters for tests: homes, and files of their readings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from streetlamp.meters.base import Cause, Step
from streetlamp.meters.format import Intake, read_file
from streetlamp.meters.readings import Readings, Series
from streetlamp.meters.rejects import Rejects
from streetlamp.meters.zone import Zone
from streetlamp.values import Finding

MONDAY = 1_767_571_200.0  # 2026-01-05 00:00 UTC
LATEST = MONDAY + 400 * 86400.0
MADRID = Zone(ZoneInfo("Europe/Madrid"))


def home(hours: int, seed: int = 1, n: int = 1, busy: float = 0.5) -> Any:
    """(hours, n) litres: still in nine of ten hours of the night, and in `busy` of the day's."""
    rng = np.random.default_rng(seed)
    still = np.where((np.arange(hours) % 24 < 6)[:, None], 0.9, busy)
    return np.where(
        rng.uniform(size=(hours, n)) < still, 0.0, np.ceil(rng.exponential(15, (hours, n)))
    )


def steps(used: Any, *, register: bool = True, begin: float = MONDAY) -> Iterable[Step]:
    """Hourly steps of (hours, n) litres; NaN is no reading, after which the register tells."""
    counter = np.where(np.isnan(used), np.nan, np.nancumsum(used, axis=0))
    for at, row in enumerate(used):
        start = begin + at * 3600.0
        known = counter[at] if register else np.full(len(row), np.nan)
        yield Step(start, start + 3600.0, at % 24, at // 24 % 7, False, row, known)


def told(cause: Cause, seen: Iterable[Step]) -> list[Finding]:
    return [finding for step in seen for finding in cause.update(step)]


def hours_after(finding: Finding, hour: int, begin: float = MONDAY) -> float:
    return (finding.detected - begin) / 3600.0 - hour


def read(
    path: Path, *, zone: Zone = MADRID, latest: float = LATEST
) -> tuple[dict[str, Series], Rejects]:
    """A file through the door: the series by meter, and what was not used."""
    rejects = Rejects()
    readings = Readings(rejects)
    read_file(path, Intake(readings, zone, latest))
    return {one.meter: one for one in readings.series()}, rejects


def table(path: Path, rows: Sequence[str], head: str = "") -> Path:
    head = head or "meter_id,timestamp,kind,register,unit,quality"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path
