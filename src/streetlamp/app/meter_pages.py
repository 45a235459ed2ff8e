"""The pages of meters on the disk: written by whoever looks through the readings, read by the desk.

A file a meter, in the data folder, made anew with every look; of households only of those with a
finding, and only what lies around it. What no page needs any more is deleted.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from streetlamp.app.finding_events import finding_id
from streetlamp.meters.book import Book
from streetlamp.meters.chart import chart_of
from streetlamp.meters.homes import is_household
from streetlamp.meters.panel import Panel
from streetlamp.meters.shown import (
    Chart,
    Curve,
    Nights,
    ShownFinding,
    ShownMeter,
    kept_windows,
    meter_id,
    rate_unit,
)
from streetlamp.meters.traces import Traces
from streetlamp.meters.zone import Zone
from streetlamp.values import Finding
from streetlamp.values.findings import SURE
from streetlamp.vault import files

FOLDER: Final = "meter-pages"  # in the data folder

_END: Final = ".npz"
_COLUMNS: Final = ("time", "measured", "expected", "low", "high")


class PageWriter:
    """``over`` is told of each panel that was looked through; ``meters`` is what the desk lists."""

    def __init__(self, folder: Path, zone: Zone, book: Book, site_meters: Iterable[str]) -> None:
        self._folder = folder
        self._zone = zone
        self._book = book
        self._site = tuple(site_meters)
        self._written: set[str] = set()
        self.meters: list[ShownMeter] = []
        self.trouble = ""  # why pages are missing; findings are told all the same

    def over(self, panel: Panel, traces: Traces) -> None:
        """Writes the pages of a panel's meters."""
        of: dict[str, list[Finding]] = {}
        for entry in self._book.entries():
            if entry.panel is panel:
                of.setdefault(entry.finding.subject, []).append(entry.finding)
        for at, one in enumerate(panel.members):
            if len(one.step):
                self._page(panel, at, of.get(one.meter, []), traces)

    def close(self) -> None:
        """Deletes the pages that are no longer any meter's."""
        try:
            for path in self._folder.iterdir() if self._folder.is_dir() else ():
                if path.name not in self._written:
                    path.unlink(missing_ok=True)
        except OSError as error:
            self.trouble = f"{self._folder} cannot be cleared: {error.strerror}"

    def _page(self, panel: Panel, at: int, found: list[Finding], traces: Traces) -> None:
        one, kind = panel.members[at], panel.kind
        last = float((one.step[-1] + 1) * panel.length)
        household = is_household(one.meter, kind.name, self._site)
        meter = ShownMeter(
            id=meter_id(one.meter, kind.name),
            name=one.meter,
            kind=kind.name,
            household=household,
            unit=rate_unit(kind),
            length=panel.length,
            last=last,
            findings=tuple(_shown(each, kind.name) for each in found),
        )
        self.meters.append(meter)
        windows = kept_windows(meter.findings, last) if household else None
        chart = chart_of(panel, at, found, traces, self._zone, windows)
        if chart is None:
            return
        try:
            write_page(self._folder, meter.id, chart)
            self._written.add(f"{meter.id}{_END}")
        except OSError as error:
            self.trouble = f"pages of meters cannot be written: {error.strerror}"


def _shown(one: Finding, kind: str) -> ShownFinding:
    return ShownFinding(
        finding_id("meters", kind, one), one.cause, one.start, one.detected, one.end,
        one.size if math.isfinite(one.size) else None, one.unit, min(one.confidence, SURE),
        one.evidence,
    )  # fmt: skip


def write_page(folder: Path, id: str, chart: Chart) -> None:  # noqa: A002
    """A page's columns, whole or not at all, readable by the owner alone. OSError."""
    columns: dict[str, Any] = {name: getattr(chart, name) for name in _COLUMNS}
    for number, curve in enumerate(chart.curves):
        columns[f"curve {number} {curve.cause}"] = np.stack([curve.statistic, curve.limit])
        columns[f"times {number}"] = curve.time
    if chart.nights is not None:
        nights = chart.nights
        columns["nights"] = np.stack([nights.time, nights.measured, nights.expected])
    part = folder / f".{id}.part"
    part.unlink(missing_ok=True)
    with files.open_write(part) as handle:
        np.savez(handle, **columns)
    part.replace(folder / f"{id}{_END}")


def read_page(folder: Path, id: str) -> Chart | None:  # noqa: A002
    """A page's columns; None: there are none, or they cannot be read."""
    try:
        with (
            files.open_read(folder / f"{id}{_END}") as handle,
            np.load(handle, allow_pickle=False) as kept,
        ):
            return _chart({name: kept[name] for name in kept.files})
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _chart(kept: Mapping[str, Any]) -> Chart:
    curves = []
    for name in sorted(name for name in kept if name.startswith("curve ")):
        _, number, cause = name.split(" ", 2)
        curves.append(Curve(cause, kept[f"times {number}"], *kept[name]))
    nights = None
    if "nights" in kept:
        time, measured, expected = kept["nights"]
        nights = Nights(time, _small(measured), _small(expected))
    columns = {name: kept[name] for name in _COLUMNS}
    return Chart(**columns, curves=tuple(curves), nights=nights)


def _small(values: Any) -> Any:
    return np.asarray(values, np.float32)
