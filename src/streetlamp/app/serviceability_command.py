"""What `streetlamp serviceability` does: how well the cameras served, on the terminal and as a
file."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from streetlamp.app.fleet import about
from streetlamp.app.kept import kept
from streetlamp.errors import UserError
from streetlamp.fleet import periods
from streetlamp.fleet.figures import Period, Report, Row
from streetlamp.fleet.report import report as make_report
from streetlamp.fleet.report_page import as_html
from streetlamp.fleet.report_tables import as_csv, as_json
from streetlamp.fleet.words import count, percent
from streetlamp.health import WORDS
from streetlamp.site import Site, load_site
from streetlamp.store import LedgerTables

_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([mhd])")
_SECONDS: Final = {"m": 60.0, "h": 3600.0, "d": 86_400.0}
_REASONS: Final = 5  # that are listed on the terminal


def serviceability(
    path: Path,
    *,
    month: str | None,
    week: str | None,
    day: str | None,
    since: str | None,
    out: Path | None,
) -> bool:
    """Prints a period's serviceability, and writes it; True when the objective is met.

    UserError: a period that is none, nothing in the ledger, a report that cannot be written.
    """
    site = load_site(path)
    now = time.time()
    period = _period(site, now, month=month, week=week, day=day, since=since)
    missing = f"there is no ledger in {site.data} yet. `streetlamp run` keeps one."
    with kept(site.data, missing) as database:
        made = make_report(LedgerTables(database), period, about(site), site.zone, now, live=False)
    if not made.cameras:
        raise UserError(f"the ledger has nothing of {period.name}.")
    sys.stdout.write("\n".join(_said(made)) + "\n")
    if out is not None:
        _write(out, made, site)
        sys.stdout.write(f"Report: {out}\n")
    share = made.whole.figures.share
    return share is None or share >= made.budget.objective


def _period(
    site: Site, now: float, *, month: str | None, week: str | None, day: str | None,
    since: str | None,
) -> Period:  # fmt: skip
    given = [one for one in (month, week, day, since) if one is not None]
    if len(given) > 1:
        raise UserError("give one of --month, --week, --day and --since.")
    if since is not None:
        found = _SPAN.fullmatch(since.strip())
        if found is None:
            raise UserError(f"--since {since!r} is no stretch of time; write it like 24h or 30d.")
        start = now - float(found[1]) * _SECONDS[found[2]]
        return periods.since(start, now, site.zone)
    return periods.parse(given[0] if given else "month", now, site.zone)


def _said(report: Report) -> Iterator[str]:
    figures, budget = report.whole.figures, report.budget
    so_far = " so far" if report.until < report.period.end else ""
    met = figures.share is None or figures.share >= budget.objective
    yield f"{report.site}, {report.period.name}{so_far}"
    yield (
        f"  {percent(figures.share)} of {figures.expected:,} camera minutes; the objective of "
        f"{percent(budget.objective)} is {'met' if met else 'MISSED'}"
    )
    yield (
        f"  without {count(figures.ours, 'minute')} lost by Streetlamp or its machine: "
        f"{percent(figures.camera_share)}"
    )
    left = f"{budget.left:,.0f} left" if budget.left >= 0 else f"{-budget.left:,.0f} too many"
    yield (
        f"  room for error: {budget.spent:,} of {budget.allowed:,.0f} minutes spent, {left}; burn "
        f"rate {budget.burn_rate:.2f}"
    )
    if figures.planned:
        yield f"  planned maintenance, not expected: {count(figures.planned, 'minute')}"
    for reason, minutes in list(figures.lost.items())[:_REASONS]:
        yield f"  {minutes:>8,} min  {WORDS[reason]}"
    yield from _rows("Areas", report.areas)
    yield from _rows("Cameras, the worst first", report.cameras)


def _rows(title: str, rows: tuple[Row, ...]) -> Iterator[str]:
    if not rows:
        return
    yield title
    wide = min(32, max(len(row.name) for row in rows))
    for row in rows:
        first = next(iter(row.figures.lost), None)
        because = "" if first is None else f"  mostly: {WORDS[first]}"
        lost = f"{row.figures.lost_minutes:,} min lost"
        yield f"  {row.name:<{wide}}  {percent(row.figures.share):>7}  {lost:>16}{because}"


def _write(path: Path, made: Report, site: Site) -> None:
    kind = path.suffix.lower()
    if kind == ".csv":
        text = as_csv(made)
    elif kind == ".json":
        text = as_json(made, site.zone)
    elif kind in (".html", ".htm"):
        text = as_html(made, site.zone)
    else:
        raise UserError(f"{path}: a report ends in .html, .csv or .json.")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from None
