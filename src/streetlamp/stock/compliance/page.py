"""The monthly sheet as one HTML file: to be read, printed (or saved as PDF by the browser), filed.

Every figure is a link. It leads to the list of ledger entries it was computed from, and each of
these to the entry itself, as it was noted: when, what, by which instrument, by whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Final

from streetlamp.stock.balance.sheet import STYLE
from streetlamp.stock.compliance.month import Figure, Leak, Line, StoreMonth, flow_limit
from streetlamp.stock.ledger.entries import Entry
from streetlamp.stock.sir.from_ledger import DAY
from streetlamp.stock.sir.options import PER_DAY
from streetlamp.stock.sir.verdict import Verdict

_PRINT: Final = """
a{color:inherit;text-decoration-color:#b6bec8;text-underline-offset:2px}
section{margin:2.4rem 0}.pass{color:var(--good)}.fail{color:var(--bad)}.inconclusive{color:#8a5300}
.from{font-size:.8rem;line-height:1.5;columns:3 13rem}.from div{margin-bottom:.25rem}
.from dt,.from dd{display:inline;margin:0}.from dt{font-weight:600;padding-right:.4rem}
.sign{display:grid;grid-template-columns:1fr 1fr;gap:3rem;margin:3rem 0 0}
.sign span{border-top:1px solid var(--ink);padding-top:.3rem;font-size:.85rem}
@media print{@page{size:A4;margin:16mm}body{font-size:10.5pt}section.store{break-before:page}
section.store:first-of-type{break-before:auto}th{position:static}tr,li,dt{break-inside:avoid}
thead{display:table-header-group}table{font-size:8.5pt}}
"""


def page(months: Sequence[StoreMonth], zone: tzinfo, made: float) -> str:
    """The sheet of these stores. ``made``: POSIX seconds."""
    name = months[0].period.name if months else ""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>Stock, {name}</title><style>{STYLE}{_PRINT}</style><main>",
        f"<h1>Stock in {name}</h1><p class=soft>Made {_at(made, zone)}. Times are {zone}. Each "
        "figure links the ledger entries it was computed from.</p>",
        *_overview(months),
    ]
    for number, month in enumerate(months, 1):
        parts += _Store(month, number, zone).parts()
    parts.append(
        "<div class=sign><span>Date, name, signature</span><span>Checked by</span></div>"
        "</main></html>\n"
    )
    return "".join(parts)


def _overview(months: Sequence[StoreMonth]) -> Iterator[str]:
    yield "<table><thead><tr><th>store<th>verdict<th class=n>rate, gal/h<th class=n>finds from"
    yield "<th class=n>balances<th>found</tr></thead><tbody>"
    for number, one in enumerate(months, 1):
        leak = one.leak
        verdict, rate, finds = "–", "–", "–"
        if leak is not None:
            verdict = leak.verdict.verdict if leak.verdict else "inconclusive"
            if leak.verdict is not None:
                rate = f"<a href='#s{number}-sir'>{leak.verdict.rate:+.3f}</a>"
                finds = f"<a href='#s{number}-sir'>{leak.verdict.found:.3f}</a>"
        causes = ", ".join(each.cause.replace("_", " ") for each, _ in one.findings) or "–"
        yield f"<tr><td><a href='#s{number}'>{escape(one.store.name)}</a><td class={verdict}>"
        yield f"{verdict}<td class=n>{rate}<td class=n>{finds}<td class=n>{len(one.lines)}"
        yield f"<td>{escape(causes)}</tr>"
    yield "</tbody></table>"


class _Store:
    """One store's part; counts its figures as it writes them."""

    def __init__(self, month: StoreMonth, number: int, zone: tzinfo) -> None:
        self._m, self._number, self._zone = month, number, zone
        self._from: dict[tuple[int, ...], str] = {}  # the entries, and the place that lists them

    def parts(self) -> Iterator[str]:
        one = self._m
        kind = "tank" if one.store.options.form == "tank" else "bulk store"
        product = f", {escape(one.store.options.product)}" if one.store.options.product else ""
        yield f"<section class=store id=s{self._number}><h2>{escape(one.store.name)}: {kind}"
        yield f"{product}</h2>"
        if one.trouble:
            yield f"<p class=bad>{escape(one.trouble)}</p>"
        if one.leak is not None:
            yield from self._leak(one.leak)
        yield from self._findings()
        if one.lines:
            yield from self._balances(one.lines)
        yield from self._sources()
        yield from self._ledger()
        yield "</section>"

    def _link(self, text: str, entries: Iterable[int]) -> str:
        """A figure that leads to the entries it comes from."""
        key = tuple(entries)
        if not key:
            return text
        place = self._from.setdefault(key, f"s{self._number}-f{len(self._from) + 1}")
        return f"<a href='#{place}'>{text}</a>"

    def _leak(self, leak: Leak) -> Iterator[str]:
        yield f"<div id=s{self._number}-sir>"
        both = tuple(sorted({*leak.history, *leak.entries}))
        if leak.verdict is None or leak.found is None:
            yield f"<p>Leak test (SIR): <b class=inconclusive>inconclusive</b>. {escape(leak.why)}"
            yield ".</p></div>"
            return
        v = leak.verdict
        facts = (
            (v.verdict, "leak test (SIR)", ()),
            (f"{v.rate:+.3f} gal/h", f"rate: {v.rate * PER_DAY:+.1f} L a day", both),
            (f"{v.low:+.3f} … {v.high:+.3f}", "its 95 % interval, gal/h", both),
            (f"{v.threshold:.3f} gal/h", f"fails above; the standard is {v.standard:g}", both),
            (f"{v.found:.3f} gal/h", "is found with 95 %; less may be missed", both),
            (f"{leak.days} days", f"used, with {leak.readings} readings", leak.entries),
        )
        yield "<div class=facts>"
        for value, words, entries in facts:
            colour = v.verdict if value == v.verdict else "figure"
            shown = self._link(value, entries)
            yield f"<div><b class={colour}>{shown}</b><span>{words}</span></div>"
        yield f"</div><p class=soft>{escape(_said(v))} Read by "
        yield f"{'stick' if leak.found.stick else 'gauge'}; a scatter of "
        yield f"{self._link(f'{leak.found.reading:.2g} mm', both)}. Errors were learnt from "
        yield f"{self._link('the days before', leak.history)}.</p>"
        for each in leak.found.strange:
            yield f"<p>{self._at(leak.zero + each.day * DAY)}: "
            yield f"{self._link(f'{abs(each.litres):.0f} L', both)} "
            yield f"{'more' if each.litres > 0 else 'less'} than the records let expect, at once "
            yield f"or by a slip of the pen ({abs(each.sigmas):.1f} sigma); left out of the rate."
            yield "</p>"
        yield "</div>"

    def _findings(self) -> Iterator[str]:
        yield "<h3>Findings</h3>"
        if not self._m.findings:
            yield "<p>None in this month.</p>" if not self._m.trouble else "<p>–</p>"
            return
        yield "<ul>"
        for one, entries in self._m.findings:
            size = self._link(f"{one.size:.3g} {escape(one.unit)}", entries)
            yield f"<li><b class=bad>{escape(one.cause.replace('_', ' '))}</b>, {size}, since "
            yield f"{self._at(one.start)}, found {self._at(one.detected)}: {escape(one.evidence)}"
            yield "</li>"
        yield "</ul>"

    def _balances(self, lines: Sequence[Line]) -> Iterator[str]:
        unit = self._m.unit
        warm = " at 15 °C" if unit == "L" else ""
        yield f"<h3>Balances, {unit}{warm}; above zero is missing</h3><table><thead><tr>"
        for name in ("closes", "opening", "receipts", "issues", "allowed for", "closing", "MUF",
                     "± usual"):  # fmt: skip
            yield f"<th class={'n' if name != 'closes' else 'left'}>{name}"
        yield "</tr></thead><tbody>"
        for one in lines:
            yield f"<tr><td>{self._at(one.closes)}"
            for figure in (one.opening, one.receipts, one.issues, one.allowed, one.closing,
                           one.muf, one.usual):  # fmt: skip
                yield self._cell(figure)
            yield "</tr>"
        yield "<tr><th>month"
        yield self._cell(lines[0].opening)
        for sums in (
            [one.receipts for one in lines], [one.issues for one in lines],
            [one.allowed for one in lines],
        ):  # fmt: skip
            yield self._cell(_sum(sums))
        yield self._cell(lines[-1].closing) + self._cell(_sum([one.muf for one in lines]))
        yield "<td></tr></tbody></table>"
        if unit == "L":
            total, limit = _sum([one.muf for one in lines]), flow_limit(lines)
            within = "within" if abs(total.value) <= limit else "outside"
            limit_link = self._link(f"{limit:,.0f} L", _sum([one.issues for one in lines]).entries)
            yield f"<p class=soft>Over or short in the month: {within} 1 % of what was issued and "
            yield f"130 gal ({limit_link}; 40 CFR 280.43(a)).</p>"

    def _cell(self, figure: Figure) -> str:
        return f"<td class=n>{self._link(f'{figure.value:,.2f}', figure.entries)}"

    def _sources(self) -> Iterator[str]:
        if not self._from:
            return
        yield "<h3>Where the figures come from</h3><dl class=from>"
        for entries, place in self._from.items():
            links = " ".join(f"<a href='#e{seq}'>{seq}</a>" for seq in entries)
            name = place.partition("-")[2]
            yield f"<div id={place}><dt>{name}</dt><dd>{links}</dd></div>"
        yield "</dl>"

    def _ledger(self) -> Iterator[str]:
        used = self._m.used
        replaced = {one.corrects: one.seq for one in self._m.entries if one.corrects is not None}
        shown = [one for one in self._m.entries if _belongs(one, used, replaced)]
        if not shown:
            return
        yield "<h3>Ledger entries</h3><table><thead><tr><th class=n>entry<th>time<th>what"
        yield "<th class=n>quantity<th>instrument<th>who<th>document, note</tr></thead><tbody>"
        for one in sorted(shown, key=lambda each: each.seq):
            yield f"<tr id=e{one.seq}><td class=n>{one.seq}<td>{self._at(one.at)}<td>"
            yield f"{one.kind.replace('_', ' ')}<td class=n>{one.quantity:,.6g} {escape(one.unit)}"
            yield f"<td>{escape(one.instrument)}<td>{escape(one.author or 'records')}<td>"
            yield escape(", ".join(text for text in (one.ref, one.note) if text))
            if one.corrects is not None:
                yield f" stands for <a href='#e{one.corrects}'>{one.corrects}</a>"
            if one.seq in replaced:
                yield f" replaced by <a href='#e{replaced[one.seq]}'>{replaced[one.seq]}</a>"
            yield "</tr>"
        yield "</tbody></table>"

    def _at(self, time: float) -> str:
        return _at(time, self._zone)


def _belongs(one: Entry, used: frozenset[int], replaced: dict[int, int]) -> bool:
    """An entry that a figure rests on, what it stands for, and what stands for it."""
    later = replaced.get(one.seq)
    while later is not None:
        if later in used:
            return True
        later = replaced.get(later)
    return one.seq in used


def _sum(figures: Sequence[Figure]) -> Figure:
    entries = sorted({seq for one in figures for seq in one.entries})
    return Figure(sum(one.value for one in figures), tuple(entries))


def _said(v: Verdict) -> str:
    if v.lasting:
        return "It has been losing since before this month, more than meters explain."
    if v.verdict == "inconclusive":
        return f"Neither no loss nor {v.standard:g} gal/h is clearly likelier."
    return "A rate above zero is a loss."


def _at(time: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(time, zone).strftime("%Y-%m-%d %H:%M")
