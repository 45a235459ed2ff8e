"""A look through a room's folder, and what its findings say at the alarm desk: an event each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from streetlamp.meters.options import MeterOptions
from streetlamp.meters.shown import ShownMeter
from streetlamp.stock.options import StockOptions
from streetlamp.stock.shown import ShownStore
from streetlamp.store import FindingRow
from streetlamp.values import Event, Finding, Phase, Severity


@dataclass(frozen=True, slots=True)
class Job:
    """What is looked through: a room's folder, and how."""

    room: str  # meters or stock
    folder: Path
    zone: str
    data: Path
    meters: MeterOptions
    stock: StockOptions
    marks: Mapping[str, str] = field(default_factory=dict)  # of stores, as they were looked at last


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of it. `trouble`: what could not be read, in a sentence; "" for nothing."""

    room: str
    rows: tuple[FindingRow, ...]
    trouble: str = ""
    over: tuple[FindingRow, ...] = ()  # told before, and now part of another
    stores: tuple[ShownStore, ...] = ()  # those that have changed
    marks: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()  # of all stores there are
    meters: tuple[ShownMeter, ...] | None = None  # all there are; None: it did not come so far


LEDGER: Final = "stock-ledger.db"  # in the data folder


class Listed(NamedTuple):
    """A file as it stands in a folder."""

    path: str
    size: int
    changed: int  # ns


def listed(folder: Path) -> tuple[Listed, ...]:
    """The files in a folder and below it, by name; none that begins with a dot. OSError."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            stat = path.stat()
            found.append(Listed(str(path), stat.st_size, stat.st_mtime_ns))
    if not found:
        folder.stat()  # whether there is one
    return tuple(found)


def finding_id(room: str, kind: str, finding: Finding) -> str:
    """Of the event that a finding raises: the same for the same episode, however often found."""
    whole = "\n".join((room, kind, finding.subject, finding.id))
    return f"f-{hashlib.sha256(whole.encode()).hexdigest()[:24]}"


GRAVE: Final = {
    "burst": Severity.HIGH,
    "overload": Severity.HIGH,
    "phase_loss": Severity.HIGH,
    "theft": Severity.HIGH,
    "one_off": Severity.HIGH,
    "protracted": Severity.HIGH,
    "clock_shift": Severity.INFO,
    "count_error": Severity.INFO,
    "gap": Severity.INFO,
    "intermittent_leak": Severity.INFO,
    "scale_change": Severity.INFO,
}
"""How urgent a cause is; all others are a warning."""


def event_of(row: FindingRow) -> Event:
    """The event of a finding as it stands."""
    return Event(
        id=row.id,
        phase=Phase.START if row.end is None else Phase.END,
        camera="",
        rule=f"{row.room}: {row.cause}",
        kind=row.cause,
        place=row.subject,
        start=row.detected,
        end=None if row.end is None else max(row.end, row.detected),
        frame=0,
        message=message(row),
        severity=GRAVE.get(row.cause, Severity.WARNING),
        box=None,
        numbers=row.numbers,
        alarm=row.alarm,
        time=row.detected if row.end is None else max(row.end, row.detected),
    )


def message(row: FindingRow) -> str:
    """A sentence that stands alone: the evidence says where its numbers come from."""
    what = row.cause.replace("_", " ")
    size = "" if row.size is None else f", {row.size:.3g} {row.unit}"
    return f"{what[0].upper()}{what[1:]} at “{row.subject}”{size}"
