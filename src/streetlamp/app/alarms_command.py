"""What `streetlamp alarms` does: a month of alarms against the budget, on the terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, tzinfo
from pathlib import Path

from streetlamp.alarms.escalation import span
from streetlamp.alarms.report import AlarmReport, Offender
from streetlamp.alarms.report import report as make_report
from streetlamp.app.kept import kept
from streetlamp.errors import UserError
from streetlamp.fleet import periods
from streetlamp.fleet.words import count, percent
from streetlamp.site import load_site
from streetlamp.store import AlarmFacts


def report(path: Path, month: str, *, as_json: bool) -> bool:
    """Prints the report; True when the budget was kept.

    UserError: a month that is none or has not begun, no database.
    """
    site = load_site(path)
    now = time.time()
    period = periods.parse(month, now, site.zone)
    until = min(now, float(period.end))
    if until <= period.start:
        raise UserError(f"{period.name} has not begun yet.")
    missing = f"there are no alarms in {site.data} yet. `streetlamp run` keeps them."
    with kept(site.data, missing) as database:
        facts = AlarmFacts(database).between(period.start, until)
    options = site.alarms
    made = make_report(
        facts, period.start, until, options.operators, options.budget_per_operator_hour
    )
    if as_json:
        shown = {"site": site.name, "period": period.key, **asdict(made)}
        shown["within_budget"] = made.within_budget
        text = json.dumps(shown, indent=2, ensure_ascii=False)
    else:
        so_far = " so far" if until < period.end else ""
        title = f"{site.name}, alarms of {period.name}{so_far}"
        text = "\n".join([title, *_said(made, site.zone)])
    sys.stdout.write(text + "\n")
    return made.within_budget


def _said(made: AlarmReport, zone: tzinfo) -> Iterator[str]:
    kept = "within" if made.within_budget else "OVER"
    yield (
        f"  {count(made.alarms, 'alarm')}, shown as {count(made.rows, 'row')}; "
        f"{made.per_hour:.2f} an operator's hour, {kept} the budget of {made.budget:g}"
    )
    if made.peak_at is not None:
        at = datetime.fromtimestamp(made.peak_at, zone)
        yield f"  worst ten minutes: {made.peak:g} for one operator ({at:%d %b %H:%M})"
    yield f"  {count(made.floods, 'flood')}, {percent(made.flood_share)} of the time"
    if made.response_median is not None and made.response_90 is not None:
        yield (
            f"  answered after {span(made.response_median)} (median), "
            f"{span(made.response_90)} (90 %); {made.unanswered:,} without an answer"
        )
    else:
        yield f"  {made.unanswered:,} without an answer"
    yield f"  lasted more than a day: {made.stale:,}; still going on: {made.standing:,}"
    yield "Priorities (share, and what is recommended)"
    for one in made.priorities:
        target = f"{100 * one.target:.0f} %"
        yield f"  {one.severity:<9} {one.alarms:>8,}  {percent(one.share):>8}  ({target})"
    yield from _rows("The ten most frequent", made.offenders)
    yield from _rows("Chattering (three or more within a minute)", made.chattering)
    if made.precision:
        yield "What people said of them"
    for judged in made.precision:
        right = percent(judged.precision)
        false = f"{judged.false:,} false"
        yield f"  {judged.kind:<20} {judged.true:>6,} right, {false:>12}  {right:>8}"


def _rows(title: str, rows: tuple[Offender, ...]) -> Iterator[str]:
    if not rows:
        return
    yield title
    for row in rows:
        where = " · ".join(part for part in (row.camera or "several", row.rule, row.place) if part)
        yield f"  {row.alarms:>7,}  {percent(row.share):>8}  {where}"
