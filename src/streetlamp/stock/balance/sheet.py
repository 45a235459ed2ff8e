"""A store's sheet: one HTML file, whole in itself, every figure linked to its entries."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

import numpy as np

from streetlamp.stock.account import Account
from streetlamp.stock.arrays import Reals
from streetlamp.stock.balance.drawing import chart
from streetlamp.stock.balance.series import clock
from streetlamp.stock.ledger.entries import Entry

STYLE: Final = """
:root{--ink:#1c2024;--soft:#61686f;--line:#dfe2e5;--bad:#b3261e;--good:#1f7a4d}
*{box-sizing:border-box}body{margin:0;background:#f3f4f5;color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:64rem;margin:2rem auto;background:#fff;padding:2.4rem 2.8rem;border-radius:6px}
h1{font-size:1.9rem;line-height:1.15;margin:.2rem 0 .8rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
p{max-width:46rem;margin:.3rem 0 .6rem}.soft{color:var(--soft);font-size:.9rem}
.bad{color:var(--bad)}.good{color:var(--good)}svg{display:block;width:100%;height:auto}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem;margin:1rem 0}
.facts div{border-left:3px solid var(--line);padding-left:.8rem}
.facts b{display:block;font-size:1.3rem;font-variant-numeric:tabular-nums}
.facts span{font-size:.82rem;color:var(--soft);display:block;line-height:1.3}
table{border-collapse:collapse;width:100%;font-size:.85rem}
th{text-align:left;color:var(--soft);font-size:.78rem;position:sticky;top:0;background:#fff}
td,th{padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
:target{background:#fff3c4}.links{font-size:.75rem;max-width:16rem}
@media (max-width:720px){main{padding:1.2rem;margin:0}table{display:block;overflow-x:auto}}
@media print{body{background:#fff}main{margin:0;padding:0;max-width:none}}
"""


def page(title: str, body: str) -> str:
    """A whole HTML page in the sheets' look."""
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>{html.escape(title)}</title><style>{STYLE}</style><main>{body}</main></html>\n"
    )


def sheet(of: Account) -> str:
    """The page of one store."""
    b = of.balances
    days = np.array([b.day(i) for i in range(len(b))], float)
    marks = [(one.numbers["start_day"], one.cause) for one in of.findings]
    expected = b.muf - of.sitmuf * of.sigma
    band = (expected - 3.29 * of.sigma, expected + 3.29 * of.sigma)
    parts = [
        f"<h1>{html.escape(b.store)}</h1>",
        f"<p class=soft>{len(b)} balances, day {b.first_day(0)} to {b.day(len(b) - 1)}; quantities "
        f"in {b.unit}{' at 15 °C' if b.form == 'tank' else ''}. Above zero is missing.</p>",
        _found(of),
        _least(of),
        "<h2>What each balance misses</h2>",
        chart(days, b.muf, b.unit, "MUF with control limits", band=band, marks=marks),
        "<p class=soft>Blue: material unaccounted for (MUF). Band: what was to be expected by the "
        "balances before, ± 3.29 standard deviations.</p>",
        "<h2>Page's test for protracted loss</h2>",
        chart(days, of.tests.page, "sum", "Page's cumulative sum", limits=[of.tests.page_limit]),
        f"<p class=soft>Cumulative sum of SITMUF less 0.5; it begins again after each alarm. Limit "
        f"{of.tests.page_limit:.2f}, abrupt limit {of.tests.abrupt_limit:.2f} standard deviations. "
        "These tests name no cause; the findings above do.</p>",
        _balances(of, days),
        _ledger(of.entries),
    ]
    return page(f"{b.store}: balance", "".join(parts))


def _found(of: Account) -> str:
    if not of.findings:
        return "<p class=good><b>Nothing found.</b></p>"
    rows = "".join(
        f"<li><b class=bad>{html.escape(one.cause)}</b> ({one.confidence:.0%}): "
        f"{html.escape(one.evidence)}</li>"
        for one in of.findings
    )
    return f"<h2>Findings</h2><ul>{rows}</ul>"


def _least(of: Account) -> str:
    one, unit = of.least, of.balances.unit
    facts = (
        (
            f"{one.abrupt:.3g} {unit}",
            "lost at once would be found by the last balance (3.29 sigma)",
        ),
        (
            f"{one.lasting:.2g} {unit}/day",
            f"lost every day, for {one.days:.0f} days from a known one, would be found",
        ),
        (f"{one.muf:.3g} {unit}", "by the last balance alone, without the ones before it"),
    )
    boxes = "".join(f"<div><b>{number}</b><span>{words}</span></div>" for number, words in facts)
    advice = "".join(
        f"<li>{html.escape(each.words)}: if the error of <i>{html.escape(each.part)}</i> were "
        f"halved, {each.abrupt:.0%} of the loss at once and {each.lasting:.0%} of the lasting one "
        "would be enough to be found.</li>"
        for each in one.advice[:3]
    )
    return (
        f"<h2>What could have gone unseen</h2><div class=facts>{boxes}</div>"
        f"<p>What would lower it most:</p><ol>{advice}</ol>"
    )


def _balances(of: Account, days: Reals) -> str:
    b = of.balances
    sigma = np.sqrt(np.diag(b.covariance))
    rows = []
    for i in range(len(b)):
        links = " ".join(f"<a href='#e{seq}'>{seq}</a>" for seq in b.entries[i])
        numbers = (
            f"{days[i]:.0f}", f"{b.stock[i]:,.2f}", f"{b.receipts[i]:,.2f}", f"{b.issues[i]:,.2f}",
            f"{b.allowed[i]:,.2f}", f"{b.stock[i + 1]:,.2f}", f"{b.muf[i]:,.2f}",
            f"{sigma[i]:,.2f}", f"{of.sitmuf[i]:.2f}",
        )  # fmt: skip
        cells = "".join(f"<td class=n>{number}</td>" for number in numbers)
        rows.append(f"<tr id=b{i}>{cells}<td class=links>{links}</td></tr>")
    names = (
        "closes on day", "opening", "receipts", "issues", "allowed for", "closing", "MUF", "sigma",
        "SITMUF",
    )  # fmt: skip
    head = "".join(f"<th class=n>{name}</th>" for name in names)
    return (
        f"<h2>Balances</h2><table><thead><tr>{head}<th>from entries</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _ledger(entries: Sequence[Entry]) -> str:
    rows = "".join(
        f"<tr id=e{one.seq}><td class=n>{one.seq}</td><td>{clock(one.at)}</td><td>{one.kind}</td>"
        f"<td class=n>{one.quantity:,.6g} {one.unit}</td><td>{html.escape(one.instrument)}</td>"
        f"<td>{html.escape(one.ref)}</td><td>{html.escape(one.note)}{_corrects(one)}</td></tr>"
        for one in entries
    )
    names = ("entry", "time (UTC)", "what", "quantity", "instrument", "document", "note")
    head = "".join(f"<th>{name}</th>" for name in names)
    return (
        f"<h2>Ledger</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )  # fmt: skip


def _corrects(one: Entry) -> str:
    if one.corrects is None:
        return ""
    return f" corrects <a href='#e{one.corrects}'>{one.corrects}</a>"
