"""A report as one page that needs nothing beside it: to be read, printed, published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Final

from streetlamp.fleet import report_drawing as draw
from streetlamp.fleet.figures import Figures, Report, Row, Stretch
from streetlamp.fleet.report_style import STYLE
from streetlamp.fleet.words import count, length, percent
from streetlamp.health import WORDS, Reason

LONGEST: Final = 60  # lost stretches that are listed


def as_html(report: Report, zone: tzinfo) -> str:
    """The page. Nothing in it is loaded from elsewhere, and it shows no picture of a camera."""
    names = {row.id: row.name or row.id for row in report.cameras}
    parts = [
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width, initial-scale=1'>",
        f"<title>{_e(report.site)}: how well the cameras served, {_e(report.period.name)}</title>",
        f"<style>{STYLE}</style></head><body><main>",
        *_head(report, zone),
        *_short(report),
        *_days(report),
        *_why(report),
        *_table("Areas", "area", report.areas),
        *_cameras(report),
        *_strips(report),
        *_stretches(report, names, zone),
        *_maintenance(report, names, zone),
        *_notes(report, zone),
        *_method(report),
        "</main></body></html>\n",
    ]
    return "".join(parts)


def _e(text: str) -> str:
    return escape(text, quote=True)


def _when(at: float, zone: tzinfo, year: bool = True) -> str:
    one = datetime.fromtimestamp(at, zone)
    return f"{one.day} {one:%b %Y %H:%M}" if year else f"{one.day} {one:%b} {one:%H:%M}"


def _head(report: Report, zone: tzinfo) -> Iterator[str]:
    yield f"<header><p class=over>{_e(report.site)}</p>"
    yield f"<h1>How well the cameras served<br><span>{_e(report.period.name)}</span></h1>"
    said = [
        f"{_when(report.period.start, zone)} to {_when(report.period.end, zone)}, "
        f"{_e(report.timezone)}"
    ]
    if report.until < report.period.end:
        said.append(f"<b>so far: up to {_when(report.until, zone)}</b>")
    if report.operator:
        said.append(f"answered for by {_e(report.operator)}")
    said.append(f"made {_when(report.made, zone)}")
    yield f"<p class=meta>{' · '.join(said)}</p></header>"


def _short(report: Report) -> Iterator[str]:
    """What most people want to know."""
    figures, budget = report.whole.figures, report.budget
    share = figures.share
    if share is None:
        yield "<section class=lead><p>No camera was expected to do anything in this time.</p>"
        yield "</section>"
        return
    met = share >= budget.objective
    over = report.until >= report.period.end
    verdict = (
        ("The objective was met." if met else "The objective was missed.")
        if over
        else ("The objective is met so far." if met else "The objective is missed so far.")
    )
    yield "<section class=lead>"
    yield f"<div class='big {'good' if met else 'bad'}'>{percent(share)}</div><div>"
    yield (
        f"<p class=sentence>In {percent(share)} of the minutes in which they were expected to, the "
        f"{count(len(report.cameras), 'camera')} did their whole job: reached, seeing clearly what "
        f"they are meant to see, analysed, recorded, people hidden. The objective is "
        f"{percent(budget.objective)}. <b>{verdict}</b></p>"
    )
    yield draw.gauge(share, budget.objective)
    yield "</div></section><section class=facts>"
    facts = [
        (f"{figures.expected:,}", "camera minutes expected"),
        (f"{figures.lost_minutes:,}", f"lost ({percent(1 - share)})"),
        (f"{figures.down:,}", "of them because Streetlamp itself was not running"),
        (f"{figures.ours:,}", "of them by Streetlamp or its machine, with that time"),
        (percent(figures.camera_share), "without those: the cameras alone"),
        (f"{figures.planned:,}", "in planned maintenance, not expected"),
    ]
    for number, what in facts:
        yield f"<div><b>{number}</b><span>{what}</span></div>"
    yield "</section>"
    yield _budget(report)


def _budget(report: Report) -> str:
    budget = report.budget
    over = report.until >= report.period.end
    left = budget.left
    whole = f"{budget.allowed:,.0f} camera minutes"
    may = f"An objective of {percent(budget.objective)} leaves room for {whole}"
    if over:
        word = "was left" if left >= 0 else "too much was lost"
        rest = f"{budget.spent:,} were lost; {abs(left):,.0f} {word}."
        rest = rest.replace("was left", "were left")
    elif left < 0:
        rest = f"{budget.spent:,} are lost already, {-left:,.0f} more than that."
    else:
        rest = (
            f"{budget.spent:,} are spent and {left:,.0f} left. At the pace so far "
            f"{percent(min(budget.burn_rate, 99))} of it will be spent by the end."
        )
    return (
        f"<section><h2>Room for error</h2><p>{may}. {rest} "
        f"<span class=soft>Burn rate {budget.burn_rate:.2f}; above 1 the objective is missed."
        f"</span></p>{draw.spent(budget.spent, budget.allowed)}</section>"
    )


def _days(report: Report) -> Iterator[str]:
    if len(report.days) < 2:
        return
    yield "<section><h2>Day by day</h2>"
    yield draw.days(report.days, report.budget.objective)
    odd = [day for day in report.days if (day.end - day.start) not in (86_400,)]
    hours = [
        f"{int(day.date[8:])}.{int(day.date[5:7])}. has {(day.end - day.start) // 3600} hours"
        for day in odd
        if (day.end - day.start) // 3600 in (23, 25)
    ]
    if hours:
        yield f"<p class=soft>{_e(', '.join(hours))}: the clocks were changed.</p>"
    yield "</section>"


def _why(report: Report) -> Iterator[str]:
    lost = report.whole.figures.lost
    total = report.whole.figures.lost_minutes
    if not total:
        return
    yield "<section><h2>Why minutes were lost</h2><table class=why><thead><tr><th>Reason"
    yield "<th class=n>Minutes<th class=n>Of all lost<th class=bar></tr></thead><tbody>"
    for reason, minutes in lost.items():
        mine = reason is Reason.STREETLAMP_DOWN
        yield (
            f"<tr{' class=ours' if mine else ''}><td>{_e(_sentence(reason))}"
            f"<td class=n>{minutes:,}<td class=n>{percent(minutes / total)}"
            f"<td class=bar>{draw.bar(minutes / total, ours=mine)}</tr>"
        )
    yield "</tbody></table></section>"


def _sentence(reason: Reason) -> str:
    said = WORDS[reason]
    return said[0].upper() + said[1:]


def _table(title: str, what: str, rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    yield f"<section><h2>{title}</h2><table><thead><tr><th>{what.capitalize()}"
    yield "<th class=n>Serviceability<th class=n>Cameras alone<th class=n>Expected min"
    yield "<th class=n>Lost min<th class=n>Planned min</tr></thead><tbody>"
    for row in rows:
        yield f"<tr><td>{_e(row.name)}{_sums(row.figures)}</tr>"
    yield "</tbody></table></section>"


def _sums(figures: Figures) -> str:
    return (
        f"<td class=n><b>{percent(figures.share)}</b><td class=n>{percent(figures.camera_share)}"
        f"<td class=n>{figures.expected:,}<td class=n>{figures.lost_minutes:,}"
        f"<td class=n>{figures.planned:,}"
    )


def _cameras(report: Report) -> Iterator[str]:
    if not report.cameras:
        return
    yield "<section><h2>Cameras</h2><p class=soft>The worst first.</p><table><thead><tr><th>Camera"
    yield "<th class=n>Serviceability<th class=n>Cameras alone<th class=n>Expected min"
    yield "<th class=n>Lost min<th class=n>Planned min<th>Mostly (its own)</tr></thead><tbody>"
    for row in report.cameras:
        below = row.figures.share is not None and row.figures.share < report.budget.objective
        area = f"<span class=soft> {_e(row.area)}</span>" if row.area else ""
        own = [reason for reason in row.figures.lost if reason is not Reason.STREETLAMP_DOWN]
        because = _e(_sentence(own[0])) if own else ""
        yield (
            f"<tr{' class=below' if below else ''}><td>{_e(row.name or row.id)}{area}"
            f"{_sums(row.figures)}<td>{because}</tr>"
        )
    yield "</tbody></table></section>"


def _strips(report: Report) -> Iterator[str]:
    """Every camera's whole period as a line."""
    if not report.lost and not report.maintenance:
        return
    yield "<section><h2>When</h2>"
    yield draw.legend()
    by: dict[str, list[Stretch]] = {}
    for one in report.lost:
        by.setdefault(one.camera, []).append(one)
    yield "<div class=strips>"
    for row in report.cameras:
        planned = [
            (one.start, one.end) for one in report.maintenance if row.id in one.cameras
        ]  # fmt: skip
        strip = draw.strip(report, row, by.get(row.id, []), planned)
        yield f"<span>{_e(row.name or row.id)}</span>{strip}"
    yield "</div></section>"


def _stretches(report: Report, names: dict[str, str], zone: tzinfo) -> Iterator[str]:
    """What was lost at the same time for the same reason stands in one line."""
    if not report.lost:
        return
    together: dict[tuple[int, int, Reason], list[Stretch]] = {}
    for one in report.lost:
        together.setdefault((one.start, one.end, _root(one)), []).append(one)
    lines = sorted(together.items(), key=lambda pair: (pair[0][0] - pair[0][1], pair[0][0]))
    some = len(lines) > LONGEST
    title = f"The {LONGEST} longest losses" if some else "Every loss"
    yield f"<section><h2>{title}</h2>"
    if some:
        yield (
            f"<p class=soft>There were {len(lines):,}; all of them stand in the JSON form of this "
            "report.</p>"
        )
    yield "<table class=losses><thead><tr><th>Camera<th>From<th>Until<th class=n>Lasted<th>Reason"
    yield "</tr></thead><tbody>"
    for (start, end, reason), all_of_it in lines[:LONGEST]:
        who = _several([names.get(one.camera, one.camera) for one in all_of_it], len(names))
        mine = " class=ours" if reason is Reason.STREETLAMP_DOWN else ""
        first = all_of_it[0]
        text = f"<span class=soft> {_e(first.text)}</span>" if _adds(first, reason) else ""
        yield (
            f"<tr{mine}><td>{_e(who)}<td>{_when(start, zone)}<td>{_when(end, zone)}"
            f"<td class=n>{length(end - start)}<td>{_e(_sentence(reason))}{text}</tr>"
        )
    yield "</tbody></table></section>"


def _root(one: Stretch) -> Reason:
    return one.reason or Reason.STREETLAMP_DOWN


def _adds(one: Stretch, reason: Reason) -> bool:
    """Whether its text says more than the reason does."""
    return bool(one.text) and one.text.lower() != WORDS[reason].lower()


def _maintenance(report: Report, names: dict[str, str], zone: tzinfo) -> Iterator[str]:
    yield "<section><h2>Planned maintenance</h2>"
    if not report.maintenance:
        yield "<p>None was announced.</p></section>"
        return
    yield "<p class=soft>Announced before it began; these minutes were not expected.</p><table>"
    yield "<thead><tr><th>From<th>Until<th>What<th>Cameras</tr></thead><tbody>"
    for one in report.maintenance:
        who = _several([names.get(id_, id_) for id_ in one.cameras], len(report.cameras))
        yield (
            f"<tr><td>{_when(one.start, zone)}<td>{_when(one.end, zone)}<td>{_e(one.why)}"
            f"<td>{_e(who)}</tr>"
        )
    yield "</tbody></table></section>"


def _several(names: Sequence[str], all_of_them: int) -> str:
    if len(names) == all_of_them and all_of_them > 1:
        return f"all {all_of_them:,}"
    more = len(names) - 6
    return ", ".join(names[:6]) + (f" and {more:,} more" if more > 0 else "")


def _notes(report: Report, zone: tzinfo) -> Iterator[str]:
    if not report.notes:
        return
    yield "<section><h2>What happened to the ledger itself</h2><ul class=notes>"
    for note in report.notes:
        yield f"<li><time>{_when(note.time, zone)}</time> {_e(note.text)}</li>"
    yield "</ul></section>"


def _method(report: Report) -> Iterator[str]:
    lines: Iterable[str] = (
        "Every camera is expected to do its whole job in every minute from when it was first set "
        "up until it was switched off. A minute in which any part of that job was missing for more "
        "than six seconds is lost as a whole, and stands under one reason, the root.",
        "Minutes in which the software that measures this (Streetlamp) was not running are lost as "
        "well: nobody looked after the place then. They are shown apart. Neither these nor minutes "
        "lost first of all because a camera was not looked at as often as promised, not recorded, "
        "or hidden whole are held against the cameras.",
        "Planned maintenance is left out where it was announced before it began. What was "
        "announced later does not count.",
        "The minutes were written as they passed, and are worked out again from that record for "
        "this report. Corrections of the machine's clock, if there were any, are listed above.",
        "Nothing here says who or what the cameras saw.",
    )
    yield "<section class=method><h2>How this was measured</h2>"
    for line in lines:
        yield f"<p>{line}</p>"
    yield f"<p class=soft>Streetlamp · {_e(report.site)} · {_e(report.period.key)}</p></section>"
