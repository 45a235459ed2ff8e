"""A loss that may have to be reported: its 24-hour clock, the calculation, a form to fill in.

Regulation (EU) 2019/1148, Article 9(4): economic operators and professional users report
significant disappearances and thefts of regulated explosives precursors within 24 hours of
detection to the national contact point; what is significant is judged by all circumstances, and has
no number. So the page shows why the figure is unusual for this store. Nothing is sent by itself.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from streetlamp.stock.balance.series import Balances, clock
from streetlamp.stock.balance.sheet import page
from streetlamp.values import Finding

HOURS: Final = 24.0
LOSSES: Final = frozenset({"one_off", "protracted", "delivery_short", "theft"})
CHECKS: Final = (
    "Count or survey again, by two people, and note it as a recount.",
    "Look through the entries below: a lorry noted twice, left out, or with kg for t.",
    "Weigh a known load: is the weighbridge right?",
    "Look in neighbouring bays and stores: was something moved and not noted?",
    "Look at seals, locks, fences and the alarm system; leave traces as they are.",
    "What was spilt, dried, burnt or given back: is it in the ledger?",
)
_FIELDS: Final = (
    "Business and site (name, address)", "Who reports (name, role, telephone)",
    "Product, substance and concentration", "Packaging, marks and batch numbers",
    "Where and how it was stored and secured", "What was checked, and what came of it",
    "Other circumstances", "Reported to (contact point), on (date, time), reference",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Duty:
    """One loss whose clock runs."""

    finding: Finding
    detected: float  # POSIX seconds: when the stock-take that decided was taken
    due: float

    def line(self) -> dict[str, Any]:
        """For ``duties.jsonl``."""
        return {
            "id": self.finding.id,
            "store": self.finding.subject,
            "cause": self.finding.cause,
            "size": round(self.finding.size, 6),
            "unit": self.finding.unit,
            "detected": self.detected,
            "due": self.due,
            "state": "open",
        }


def duty_of(finding: Finding, balances: Balances) -> Duty | None:
    """The duty a finding of a bulk store brings; None where there is none."""
    if balances.form != "bulk" or finding.cause not in LOSSES:
        return None
    return Duty(finding, finding.detected, finding.detected + HOURS * 3600)


def form(duty: Duty, balances: Balances, sheet: str) -> str:
    """The page: clock, calculation, checks, form. ``sheet`` is the address of the store's sheet."""
    one, b = duty.finding, balances
    within = np.flatnonzero((b.time[1:] > one.start) & (b.time[1:] <= one.detected))
    rows = "".join(
        f"<tr><td class=n><a href='{sheet}#b{i}'>day {b.day(int(i))}</a></td>"
        + "".join(
            f"<td class=n>{number:,.2f}</td>"
            for number in (
                b.stock[i], b.receipts[i], b.issues[i], b.allowed[i], b.stock[i + 1], b.muf[i],
                np.sqrt(b.covariance[i, i]),
            )
        )
        + "</tr>"
        for i in within
    )  # fmt: skip
    names = ("closes on", "opening", "+ receipts", "− issues", "− allowed for", "closing",
             "missing", "sigma")  # fmt: skip
    head = "".join(f"<th class=n>{name}</th>" for name in names)
    checks = "".join(f"<li><label><input type=checkbox> {words}</label></li>" for words in CHECKS)
    fields = "".join(
        f"<p><label>{name}<br><textarea rows=2 style='width:100%'></textarea></label></p>"
        for name in _FIELDS
    )
    return page(
        f"{b.store}: loss of day {one.numbers['start_day']:.0f}",
        f"<h1>{html.escape(b.store)}: {html.escape(one.cause)}, {one.size:.3g} {one.unit}</h1>"
        f"<div class=facts><div><b>{clock(duty.detected)}</b><span>detected</span></div>"
        f"<div><b class=bad>{clock(duty.due)}</b><span>24 hours later (UTC): until then a "
        "significant disappearance is to be reported (Regulation (EU) 2019/1148, Article 9)</span>"
        "</div></div>"
        "<p><b>You decide whether it is significant, and you send the report.</b> Nothing has been "
        "sent.</p>"
        f"<h2>Why it is unusual for this store</h2><p>{html.escape(one.evidence)}</p>"
        f"<h2>The calculation, in {b.unit}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}"
        f"</tbody></table><p class=soft>Each line links the <a href='{sheet}'>store's sheet</a>, "
        "and that the ledger's entries.</p>"
        f"<h2>Check first</h2><ul>{checks}</ul><h2>Report to the national contact point</h2>"
        f"<p>Missing: {one.size:.3g} {one.unit}; last known to be there: {clock(one.start)}; "
        f"detected: {clock(duty.detected)}. Times are UTC.</p>{fields}",
    )
