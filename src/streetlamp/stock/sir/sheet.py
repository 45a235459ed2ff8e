"""The sheet of a run: every tank's rate, verdict and balance chart on one page that needs no other.

Plain HTML with its style and drawings inside: to be read on any screen, printed, filed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from streetlamp.stock.sir import drawing
from streetlamp.stock.sir.estimate import Estimate
from streetlamp.stock.sir.options import PER_DAY, SirOptions
from streetlamp.stock.sir.records import Problem
from streetlamp.stock.sir.verdict import Verdict

STYLE: Final = """
*{box-sizing:border-box}body{margin:0;background:#f3f4f5;color:#1c2024;
font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:56rem;margin:2rem auto;background:#fff;padding:2.5rem 3rem;border-radius:6px}
h1{font-size:1.9rem;line-height:1.15;margin:.2rem 0 .6rem}h2{font-size:1.2rem;margin:0 0 .3rem}
section{margin:2.2rem 0;break-inside:avoid}p{margin:.3rem 0 .6rem}.soft{color:#61686f}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{text-align:right;padding:.25rem .6rem;border-bottom:1px solid #dfe2e5}
th:first-child,td:first-child{text-align:left}td.left,th.left{text-align:left}
.pass{color:#1f7a4d}.fail{color:#b3261e;font-weight:700}.inconclusive{color:#a05f00}
svg{width:100%;height:auto;display:block}a{color:inherit}
@media print{body{background:#fff}main{margin:0;padding:0}}
@media(max-width:40rem){main{margin:0;padding:1.2rem}table{font-size:.8rem}th,td{padding:.2rem}}
"""
ADVICE: Final[Mapping[str, str]] = {
    "readings": "read the tank more finely: a gauge for a stick, or several dips averaged",
    "cut-off": "read tank and dispensers at the same moment, or with the pumps at rest",
    "deliveries": "write down each load's temperature, or dip before and after it",
    "dispensers": "have the dispensers checked against a measure",
    "chart": "calibrate the chart from the records, or test over the same levels as the history",
    "temperature": "write down the fuel's temperature with each reading",
    "gaps": "leave no day out",
}


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One tank: what was found, or why nothing was."""

    name: str
    found: Estimate | None
    judged: Verdict | None
    why: str = ""

    @property
    def verdict(self) -> str:
        return self.judged.verdict if self.judged else "inconclusive"


def as_csv(rows: Sequence[Row]) -> str:
    """``dataset,rate_gph,rate_low,rate_high,verdict``; no rate where a tank cannot be judged."""
    lines = ["dataset,rate_gph,rate_low,rate_high,verdict"]
    for row in rows:
        name = f'"{row.name}"' if "," in row.name else row.name
        if row.judged is None:
            lines.append(f"{name},,,,{row.verdict}")
        else:
            judged = row.judged
            lines.append(
                f"{name},{judged.rate:.4f},{judged.low:.4f},{judged.high:.4f},{row.verdict}"
            )
    return "\n".join(lines) + "\n"


def problems_csv(problems: Sequence[Problem]) -> str:
    """``dataset,row,problem``: what was left out."""
    lines = ["dataset,row,problem"]
    for one in problems:
        what = one.what.replace('"', "'")
        lines.append(f'"{one.dataset}",{one.row or ""},"{what}"')
    return "\n".join(lines) + "\n"


def as_html(rows: Sequence[Row], problems: Sequence[Problem], options: SirOptions) -> str:
    """The page."""
    return "".join(
        [
            "<!doctype html><html lang=en><head><meta charset=utf-8>",
            "<meta name=viewport content='width=device-width, initial-scale=1'>",
            f"<title>Statistical inventory reconciliation</title><style>{STYLE}</style></head>",
            "<body><main>",
            *_head(rows, options),
            *_overview(rows),
            *(part for row in rows for part in _tank(row, problems, options)),
            *_problems(problems),
            *_method(options),
            "</main></body></html>\n",
        ]
    )


def _head(rows: Sequence[Row], options: SirOptions) -> Iterator[str]:
    counts = Counter(row.verdict for row in rows)
    said = ", ".join(f"{counts[each]} {each}" for each in ("pass", "fail", "inconclusive"))
    yield "<h1>Statistical inventory reconciliation</h1>"
    yield f"<p>{len(rows)} tanks, the last {options.test_days} days under test: {said}.</p>"
    yield "<p class=soft>A rate above zero is a loss, in US gallons an hour, with its 95 % "
    yield f"interval; 1 gal/h is {PER_DAY:.1f} L a day.</p>"


def _overview(rows: Sequence[Row]) -> Iterator[str]:
    yield "<section><table><tr><th>Tank<th>Rate<th>from<th>to<th>fails above<th>finds (95 %)"
    yield "<th class=left>Verdict</tr>"
    for row in rows:
        name = f"<a href='#tank-{escape(row.name, quote=True)}'>{escape(row.name)}</a>"
        cells = ["–"] * 5
        if row.judged:
            one = row.judged
            cells = [f"{v:+.3f}" for v in (one.rate, one.low, one.high)]
            cells += [f"{v:.3f}" for v in (one.threshold, one.found)]
        yield f"<tr><td>{name}" + "".join(f"<td>{cell}" for cell in cells)
        yield f"<td class='left {row.verdict}'>{row.verdict}</tr>"
    yield "</table></section>"


def _tank(row: Row, problems: Sequence[Problem], options: SirOptions) -> Iterator[str]:
    yield f"<section id='tank-{escape(row.name, quote=True)}'><h2>Tank {escape(row.name)}: "
    yield f"<span class={row.verdict}>{row.verdict}</span></h2>"
    if row.found is None or row.judged is None:
        yield f"<p>No rate: {escape(row.why)}.</p></section>"
        return
    found, judged = row.found, row.judged
    yield drawing.balance(found, judged, options.test_days)
    kind = "stick" if judged.standard > 0.15 else "gauge"
    yield f"<p>{escape(_sentence(judged))}</p><p class=soft>"
    yield f"Read by {kind}, which scatters by {found.reading:.2g} mm; the fuel "
    yield f"expands like {found.product}. This test finds {judged.found:.3f} gal/h "
    yield f"({judged.found * PER_DAY:.0f} L a day) or more with 95 %, and may miss less; at 5 % "
    yield f"false alarms these records would show {judged.detectable:.3f}. "
    most = next(iter(found.limits))
    yield f"What limits it most: {most} ({found.limits[most]:.3f} gal/h); {ADVICE[most]}.</p>"
    if found.misfit > 1.5:
        yield "<p>The records scatter more than the errors that were assumed; the interval was "
        yield f"widened by {found.misfit**0.5:.2f}.</p>"
    for one in found.strange:
        yield f"<p>Day {one.day:g}: {escape(_strange(one.kind, one.litres))} ({abs(one.sigmas):.1f}"
        yield " sigma). It was left out of the rate: look into it by itself.</p>"
    bad = sum(one.dataset == row.name for one in problems)
    if bad:
        yield f"<p>{bad} rows were left out, see below.</p>"
    yield "</section>"


def _sentence(judged: Verdict) -> str:
    what = "lost" if judged.rate > 0 else "gained"
    said = (
        f"{abs(judged.rate):.3f} gal/h {what} in the days under test (95 % interval "
        f"{judged.low:+.3f} to {judged.high:+.3f}); it fails above {judged.threshold:.3f}."
    )
    if judged.lasting:
        said += " It has been losing since before the days under test, more than meters explain."
    elif judged.verdict == "inconclusive":
        said += f" Neither no loss nor {judged.standard:g} gal/h is clearly likelier."
    return said


def _strange(kind: str, litres: float) -> str:
    if kind == "reading":
        return f"a reading {abs(litres):.0f} L too {'high' if litres > 0 else 'low'}"
    return f"{abs(litres):.0f} L {'more' if litres > 0 else 'less'} at once than the books say"


def _problems(problems: Sequence[Problem]) -> Iterator[str]:
    if not problems:
        return
    yield "<section><h2>Left out</h2><table><tr><th>Tank<th>Row<th class=left>Why</tr>"
    for one in problems[:500]:
        yield f"<tr><td>{escape(one.dataset)}<td>{one.row or ''}<td class=left>{escape(one.what)}"
    yield "</table></section>"


def _method(options: SirOptions) -> Iterator[str]:
    yield "<section><h2>How it is reckoned</h2><p class=soft>Everything is brought to 15 °C. "
    yield "Readings, cut-off, dispensers, deliveries, chart and temperature each have an error of "
    yield "their own; generalised least squares weighs them. A grey bar is a reading's error, "
    yield "twice its sigma; the dashed line is the rate at which the tank fails. Before the "
    yield f"{options.test_days} days under test a steady loss cannot be told from a meter's bias, "
    yield "unless it is far larger. See docs/22-stock-sir.md.</p></section>"
