"""A report as a table (CSV) and as a document for programs (JSON)."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from streetlamp.fleet.figures import Figures, Report
from streetlamp.health import Reason

COLUMNS: Final = (
    "level", "id", "name", "area", "expected_minutes", "kept_minutes", "lost_minutes",
    "planned_minutes", "serviceability", "serviceability_of_cameras",
)  # fmt: skip


def as_csv(report: Report) -> str:
    """A row for the site, each area, each camera and each day; shares are 0–1, the rest minutes.

    One column for each reason: the minutes lost for it.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, *(f"lost_{reason}" for reason in Reason)))
    whole = report.whole
    writer.writerow(_row("site", whole.id, whole.name, "", whole.figures))
    for row in report.areas:
        writer.writerow(_row("area", row.id, row.name, row.name, row.figures))
    for row in report.cameras:
        writer.writerow(_row("camera", row.id, row.name, row.area, row.figures))
    for day in report.days:
        writer.writerow(_row("day", day.date, day.date, "", day.figures))
    return text.getvalue()


def _row(level: str, id_: str, name: str, area: str, figures: Figures) -> tuple[Any, ...]:
    return (
        level, id_, _tame(name), _tame(area), figures.expected, figures.kept, figures.lost_minutes,
        figures.planned, _share(figures.share), _share(figures.camera_share),
        *(figures.lost.get(reason, 0) for reason in Reason),
    )  # fmt: skip


def _tame(text: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return "'" + text if text[:1] in "=+-@\t" and text else text


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.6f}"


def as_json(report: Report, zone: tzinfo) -> str:
    """Everything, with every lost stretch. Times are given twice: POSIX seconds, and in words."""
    document = asdict(report)
    for part in (document["whole"], *document["areas"], *document["cameras"], *document["days"]):
        _sums(part["figures"])
    document["budget"]["left"] = report.budget.left
    for stretch in (*document["lost"], *document["maintenance"]):
        stretch["from"] = _when(stretch["start"], zone)
        stretch["until"] = _when(stretch["end"], zone)
    document["made_at"] = _when(report.made, UTC)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _sums(figures: dict[str, Any]) -> None:
    one = Figures(**figures)
    figures |= {
        "expected": one.expected,
        "share": one.share,
        "camera_share": one.camera_share,
    }


def _when(at: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at, zone).isoformat(timespec="seconds")
