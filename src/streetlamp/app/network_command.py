"""What `streetlamp meters network` does: reads, replays on the model, writes what was found."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from streetlamp.app.meters_command import folder_for, say_findings, zone_called
from streetlamp.meters.book import Entry, as_json, write_lines
from streetlamp.meters.kinds import KINDS
from streetlamp.meters.network.map import draw_map
from streetlamp.meters.network.options import NetworkOptions
from streetlamp.meters.network.run import NetworkRun
from streetlamp.meters.network.tell import PIPE
from streetlamp.meters.panel import Panel
from streetlamp.meters.picture import draw
from streetlamp.meters.zone import Zone
from streetlamp.values import Finding

_AHEAD: Final = 86_400.0  # s a reading's clock may be ahead of ours


def scan_network(
    model: Path, files: Sequence[Path], out: Path, timezone: str, options: NetworkOptions, *,
    quiet: bool,
) -> bool:  # fmt: skip
    """Scans, writes the results; False: stopped by Ctrl-C, with what was found until then.

    UserError: the model or the readings cannot be used, or DIR cannot be written.
    """
    zone = zone_called(timezone)
    folder_for(out)
    console = Console(stderr=True)
    done = NetworkRun()
    whole = True
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"),
        TimeRemainingColumn(), console=console, disable=quiet, transient=True,
    ) as bar:  # fmt: skip
        size = sum(path.stat().st_size for path in files if path.is_file())
        reading = bar.add_task("reading", total=max(size, 1))
        solving = bar.add_task("solving", total=None)
        try:
            record = done.read(
                files, Zone(zone), time.time() + _AHEAD, lambda n: bar.advance(reading, n)
            )
            bar.update(solving, total=record.count)
            done.replay(model, record, options, lambda n: bar.advance(solving, n))
        except KeyboardInterrupt:
            whole = False
    lines = _write(done, out, zone, options, whole=whole)
    for problem in done.failed:
        console.print(f"Not read: {problem}", style="red", markup=False, highlight=False)
    if not quiet:
        say_findings(console, lines)
        learnt = "" if done.limit is not None else " They are too few days to learn from."
        console.print(
            f"{done.hours} hours of {done.rows} readings, {done.rejects.total} rows not used: "
            f"{len(lines)} findings. They are in {out}.{learnt}"
            + ("" if whole else " Stopped before the end."),
            markup=False, highlight=False,
        )  # fmt: skip
    return whole


def _write(
    done: NetworkRun, out: Path, zone: Any, options: NetworkOptions, *, whole: bool
) -> list[dict[str, Any]]:
    lines = []
    used: Counter[str] = Counter()
    panel = Panel(KINDS["pressure"], 3600, ())
    for one in done.findings():
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", one.subject)[:60] + f"-{one.cause}"
        used[stem] += 1
        stem = f"{stem}-{used[stem]}"
        picture = None
        if one.picture is not None and len(one.picture.time):
            picture = f"pictures/{stem}.svg"
            _put(out / picture, draw(Entry(one, panel), zone))
        line = as_json(one, "network" if one.cause == "leak" else "pressure", picture, zone)
        if one.cause == "leak" and done.plan is not None:
            line["map"] = f"pictures/{stem}-map.svg"
            line["pipes"] = ranked(one)
            _put(out / line["map"], draw_map(one, done.plan))
        lines.append(line)
    part = out / "rejected.csv.part"
    done.rejects.write(part)
    part.replace(out / "rejected.csv")
    report = {
        "whole": whole, "readings": done.rows, "rejected": dict(done.rejects.counts),
        "not_read": done.failed, "hours": done.hours, "hours_not_solved": done.skipped,
        "threshold": done.limit, "options": options.model_dump(),
        "findings": dict(sorted(Counter(line["cause"] for line in lines).items())),
    }  # fmt: skip
    _put(out / "report.json", json.dumps(report, indent=2) + "\n")
    write_lines(out / "findings.jsonl", lines)
    return lines


def ranked(finding: Finding) -> list[dict[str, Any]]:
    """The pipes a leak may be at, the first first, with the chance of each."""
    return [
        {"pipe": name.removeprefix(PIPE), "chance": round(float(value), 4)}
        for name, value in finding.numbers.items()
        if name.startswith(PIPE)
    ]


def _put(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
