"""Looks through the readings and the records of a site: done in a process of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from streetlamp.app.finding_events import LEDGER, Job, Looked, finding_id, listed
from streetlamp.app.meter_pages import FOLDER, PageWriter
from streetlamp.errors import UserError
from streetlamp.meters.picture import draw
from streetlamp.meters.scan import Progress, Scan
from streetlamp.meters.zone import Zone
from streetlamp.stock.account import reckon
from streetlamp.stock.causes.judge import JudgeOptions
from streetlamp.stock.ledger.book import LedgerBook
from streetlamp.stock.ledger.folders import read_folder
from streetlamp.stock.shown import ShownStore, shown
from streetlamp.store import FindingRow
from streetlamp.values import Finding
from streetlamp.values.findings import SURE

AHEAD: Final = 86_400.0  # seconds by which a reading's clock may be ahead of ours


def look_through(job: Job) -> Looked:
    """All findings there are. What is wrong with the files is said, never raised."""
    if not listed(job.folder):
        return Looked(job.room, (), meters=() if job.room == "meters" else None)
    try:
        return _meters(job) if job.room == "meters" else _stock(job)
    except UserError as error:
        return Looked(job.room, (), str(error))


def _meters(job: Job) -> Looked:
    zone = ZoneInfo(job.zone)
    files = [Path(one.path) for one in listed(job.folder)]
    scan = Scan(Zone(zone))
    scan.read(files, time.time() + AHEAD, Progress())
    pages = PageWriter(job.data / FOLDER, scan.zone, scan.book, job.meters.site_meters)
    scan.replay(job.meters.alarms_per_meter_year, Progress(), over=pages.over)
    pages.close()
    rows = tuple(
        _row(job.room, entry.panel.kind.name, entry.finding, draw(entry, zone))
        for entry in scan.book.entries()
    )
    wrong = [*scan.failed[:1], *filter(None, [pages.trouble])]
    if scan.rejects.total:
        wrong.append(f"{scan.rejects.total} readings could not be used")
    return Looked(job.room, rows, "; ".join(wrong), meters=tuple(pages.meters))


def _stock(job: Job) -> Looked:
    records = read_folder(job.folder)
    book = LedgerBook(job.data / LEDGER)
    rows: list[FindingRow] = []
    over: list[FindingRow] = []
    stores: list[ShownStore] = []
    marks: dict[str, str] = {}
    wrong: list[str] = []
    options = JudgeOptions(false_alarms_per_year=job.stock.alarms_per_store_year)
    try:
        for one in reckon(records, book, options, time.time(), job.marks):
            name = one.store.name
            if one.trouble:  # is said each time, so it is looked at each time
                wrong += [one.trouble] if one.entries else []  # else nothing was noted yet
            else:
                marks[name] = one.mark
            if one.account is not None:
                rows += [_row(job.room, name, each, "") for each in one.account.findings]
                over += [_row(job.room, name, each, "") for each in one.account.replaced]
            if one.account is not None or one.trouble:
                stores.append(shown(one))
    finally:
        book.close()
    names = tuple(store.name for store in records.stores)
    return Looked(
        job.room, tuple(rows), "; ".join(wrong[:3]), tuple(over), tuple(stores), marks, names
    )


def _row(room: str, kind: str, finding: Finding, drawing: str) -> FindingRow:
    return FindingRow(
        finding_id(room, kind, finding),
        room,
        finding.subject,
        finding.cause,
        finding.start,
        finding.detected,
        finding.end,
        finding.size if math.isfinite(finding.size) else None,
        finding.unit,
        min(finding.confidence, SURE),
        finding.evidence,
        dict(_finite(finding)),
        drawing,
    )


def _finite(finding: Finding) -> Iterator[tuple[str, float]]:
    for name, value in finding.numbers.items():
        if math.isfinite(value):
            yield name, float(value)
