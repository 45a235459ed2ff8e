"""What `streetlamp meters scan` does: reads, replays, and writes what was found."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from streetlamp.errors import UserError
from streetlamp.meters import scan
from streetlamp.meters.book import Entry, as_json, write_lines
from streetlamp.meters.budget import causes_of
from streetlamp.meters.picture import draw
from streetlamp.meters.zone import Zone

_AHEAD: Final = 86_400.0  # s a reading's clock may be ahead of ours


def scan_files(
    files: Sequence[Path],
    out: Path,
    timezone: str,
    budget: float | None,
    processes: int = 1,
    *,
    quiet: bool,
) -> bool:
    """Scans, writes the results; False: stopped by Ctrl-C, with what was found until then.

    UserError: no file can be read, DIR cannot be written, or there is no such zone.
    """
    zone = zone_called(timezone)
    folder_for(out)
    console = Console(stderr=True)
    done = scan.Scan(Zone(zone))
    whole = True
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"),
        TimeRemainingColumn(), console=console, disable=quiet, transient=True,
    ) as bar:  # fmt: skip
        size = sum(path.stat().st_size for path in files if path.is_file())
        reading = bar.add_task("reading", total=max(size, 1))
        replaying = bar.add_task("looking", total=None)
        progress = scan.Progress(
            lambda n: bar.advance(reading, n),
            lambda n: bar.update(replaying, total=n),
            lambda n: bar.advance(replaying, n),
        )
        try:
            done.read(files, time.time() + _AHEAD, progress)
            done.replay(budget, progress, processes)
        except KeyboardInterrupt:
            whole = False
    lines = _write(done, out, zone, budget, whole=whole)
    for problem in done.failed:
        console.print(f"Not read: {problem}", style="red", markup=False, highlight=False)
    if not quiet:
        _say(console, done, lines, out, whole=whole)
    return whole


def zone_called(name: str) -> ZoneInfo:
    """UserError: there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(f"there is no time zone {name!r}; write it like Europe/Madrid.") from None


def folder_for(out: Path) -> None:
    """Makes the folder for results. UserError: it cannot be made."""
    try:
        (out / "pictures").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out} cannot be made a folder: {error.strerror}.") from None


def _write(
    done: scan.Scan, out: Path, zone: ZoneInfo, budget: float | None, *, whole: bool
) -> list[dict[str, Any]]:
    lines = []
    used: Counter[str] = Counter()
    for entry in done.book.entries():
        name = _picture_name(entry, used)
        path = out / "pictures" / name
        part = path.with_name(name + ".part")
        part.write_text(draw(entry, zone), encoding="utf-8")
        part.replace(path)
        lines.append(as_json(entry.finding, entry.panel.kind.name, f"pictures/{name}", zone))
    part = out / "rejected.csv.part"
    done.rejects.write(part)
    part.replace(out / "rejected.csv")
    part = out / "report.json.part"
    report = _report(done, lines, budget, whole=whole)
    part.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    part.replace(out / "report.json")
    write_lines(out / "findings.jsonl", lines)
    return lines


def _picture_name(entry: Entry, used: Counter[str]) -> str:
    """A file's name, whatever a meter's name holds."""
    meter = re.sub(r"[^A-Za-z0-9_-]+", "_", entry.finding.subject)[:60]
    stem = f"{meter}-{entry.finding.cause}"
    used[stem] += 1
    return f"{stem}-{used[stem]}.svg"


def _report(
    done: scan.Scan, lines: Sequence[dict[str, Any]], budget: float | None, *, whole: bool
) -> dict[str, Any]:
    years: dict[str, float] = {}
    for panel in done.panels:
        years[panel.kind.name] = years.get(panel.kind.name, 0.0) + panel.meter_years
    found = Counter((line["kind"], line["cause"]) for line in lines)
    return {
        "whole": whole,
        "readings": done.rows,
        "rejected": dict(done.rejects.counts),
        "not_read": done.failed,
        "meters": dict(_meters(done)),
        "meter_years": {kind: round(value, 3) for kind, value in years.items()},
        "budget": budget,
        "looked_for": {kind: sorted(causes_of(kind)) for kind in years},
        "findings": {f"{kind}/{cause}": n for (kind, cause), n in sorted(found.items())},
        "findings_per_meter_year": {
            kind: round(sum(n for (k, _), n in found.items() if k == kind) / value, 4)
            for kind, value in years.items()
            if value
        },
    }


def _meters(done: scan.Scan) -> Counter[str]:
    return Counter(panel.kind.name for panel in done.panels for _ in panel.members)


def _say(
    console: Console, done: scan.Scan, lines: Sequence[dict[str, Any]], out: Path, *, whole: bool
) -> None:
    say_findings(console, lines)
    more = f", the last {min(len(lines), 30)} of them above" if len(lines) > 30 else ""
    console.print(
        f"{done.rows} readings of {sum(_meters(done).values())} meters, "
        f"{done.rejects.total} rows not used: {len(lines)} findings{more}. They are in {out}."
        + ("" if whole else " Stopped before the end."),
        markup=False,
        highlight=False,
    )


def say_findings(console: Console, lines: Sequence[dict[str, Any]]) -> None:
    """The last findings as a table."""
    table = Table("meter", "cause", "since", "found", "size", "evidence")
    for line in lines[-30:]:
        size = "" if line["size"] is None else f"{line['size']:.3g} {line['unit']}"
        table.add_row(
            line["meter"], line["cause"], line["start"][:16], line["detected"][:16], size,
            line["evidence"],
        )  # fmt: skip
    if lines:
        console.print(table)
