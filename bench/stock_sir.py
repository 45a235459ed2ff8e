"""Monthly tank sets, as EPA's procedure asks: rates, found leaks, false alarms, inconclusive sets.

    python bench/stock_sir.py                  all parts (about two minutes on one core)
    python bench/stock_sir.py given theory     some of them
    python bench/stock_sir.py made --sets 400  more made-up tanks
    python bench/stock_sir.py --save           also into bench/results/

- *given*: the sets of ../shared/data/stock/sim_sir_monthly, read as the command reads them; labels
  are read here and nowhere else. Beside it, on the same sets: a free step at each delivery
  and free harmonics, a straight line through the cumulated balance, EPA's "1 % + 130 gal".
- *made*: many more tanks of `tests/support/tanks.py`, which makes up the documented effects anew.
  The constants of the verdict were chosen on these and on the given sets; both show arithmetic and
  thresholds, not the real world.
- *events*: the verdict on tanks to which other things happened as well.
- *oshorts*: 57 real days of one tank.
- *theory*: a loss of 3.29 sigma at 5 % false alarms.

A share comes with its 95 % interval (Wilson). `inconclusive` sets count neither as found nor as
false alarms; `of all` counts them against us.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from record import ROOT, Bar, Result, Table, save

sys.path.insert(0, str(ROOT / "tests"))
from streetlamp.alarms.precision import wilson
from streetlamp.stock.sir import estimate as module
from streetlamp.stock.sir.estimate import estimate
from streetlamp.stock.sir.model import model, series
from streetlamp.stock.sir.options import GALLON, PER_DAY, PETROL, PRODUCTS, SirOptions
from streetlamp.stock.sir.overshort import reconcile
from streetlamp.stock.sir.records import Tank, read_folder
from streetlamp.stock.sir.verdict import judge
from support.tanks import month, site

DATA: Final = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data" / "stock"
LEAKS: Final = (0.0, 0.05, 0.1, 0.2)
OPTIONS: Final = SirOptions()
# a step at every delivery and harmonics in the level, both free: SIR as it is usually described
FREE: Final = OPTIONS.model_copy(update={"document": 1.0, "chart_wave": 0.05})


@dataclass(frozen=True)
class Judged:
    """One set as one method saw it."""

    gauge: str
    leak: float  # gal/h, the truth
    rate: float  # NaN: the method gives none
    verdict: str
    sigma: float = math.nan


def ours(tank: Tank, gauge: str, leak: float) -> Judged:
    found = estimate(tank, OPTIONS)
    if isinstance(found, str):
        return Judged(gauge, leak, math.nan, "inconclusive")
    return Judged(gauge, leak, found.rate, judge(found).verdict, found.sigma)


def rule_of_130(tank: Tank, gauge: str, leak: float) -> Judged:
    """40 CFR 280.43(a): the month's shortage against 1 % of flow-through + 130 gal."""
    last = slice(-OPTIONS.test_days, None)
    sold, delivered = tank.sales[last].sum(), tank.delivered[last].sum()
    missing = tank.open_volume[last][0] + delivered - sold - tank.close_volume[-1]
    fails = abs(missing) > 0.01 * sold + 130 * GALLON
    return Judged(gauge, leak, missing / OPTIONS.test_days / PER_DAY, "fail" if fails else "pass")


def line(tank: Tank, gauge: str, leak: float) -> Judged:
    """The slope of the cumulated balance while under test; half the loss is the threshold."""
    last = slice(-OPTIONS.test_days, None)
    balance = tank.close_volume - tank.open_volume - tank.delivered + tank.sales
    slope = np.polyfit(np.arange(OPTIONS.test_days), np.cumsum(balance[last]), 1)[0]
    rate = float(-slope / PER_DAY)
    return Judged(gauge, leak, rate, "fail" if rate > (0.05 if gauge == "atg" else 0.1) else "pass")


def free(tank: Tank, gauge: str, leak: float) -> Judged:
    """The same model without what documents and charts say; half the loss is the threshold."""
    found = estimate(tank, FREE)
    if isinstance(found, str):
        return Judged(gauge, leak, math.nan, "inconclusive")
    fails = found.rate > (0.05 if gauge == "atg" else 0.1)
    return Judged(gauge, leak, found.rate, "fail" if fails else "pass", found.sigma)


def share(hits: int, n: int) -> str:
    low, high = wilson(hits, n)
    return f"{hits / n:.1%} ({low:.0%}–{high:.0%}) of {n}" if n else "–"


def count(sets: Iterable[Judged], verdict: str) -> int:
    return sum(one.verdict == verdict for one in sets)


def rows(name: str, sets: Sequence[Judged]) -> list[list[str]]:
    """A row a gauge: sigma, bias, and the verdicts at each leak."""
    found = []
    for gauge in ("atg", "stick"):
        mine = [one for one in sets if one.gauge == gauge]
        error = np.array([one.rate - one.leak for one in mine])
        error = error[~np.isnan(error)]
        z = np.array([(one.rate - one.leak) / one.sigma for one in mine])
        cells = [
            f"{name}, {gauge}",
            f"{error.std():.3f}",
            f"{np.median(np.abs(error)) / 0.6745:.3f}",
        ]
        cells.append(f"{error.mean():+.4f} ± {1.96 * error.std() / math.sqrt(len(error)):.4f}")
        cells.append("–" if np.isnan(z).all() else f"{np.nanstd(z):.2f}")
        for leak in LEAKS:
            at = [one for one in mine if one.leak == leak]
            cells.append(share(count(at, "fail"), len(at) - count(at, "inconclusive")))
        cells.append(share(count(mine, "inconclusive"), len(mine)))
        found.append(cells)
    return found


COLUMNS: Final = [
    "method, gauge", "sigma", "…, robust", "bias, 95 %", "z", "Pfa", "Pd 0.05", "Pd 0.1", "Pd 0.2",
    "inconclusive",
]  # fmt: skip
NOTE: Final = "gal/h; z: spread of errors over their stated sigma; shares of the conclusive sets"


def bars(name: str, sets: Sequence[Judged]) -> list[Bar]:
    def part(gauge: str, leak: float | None) -> list[Judged]:
        return [one for one in sets if one.gauge == gauge and leak in (None, one.leak)]

    def failed(gauge: str, leak: float) -> float:
        at = part(gauge, leak)
        return 100 * count(at, "fail") / max(len(at) - count(at, "inconclusive"), 1)

    def unsure(gauge: str, leak: float | None) -> float:
        return 100 * count(part(gauge, leak), "inconclusive") / len(part(gauge, leak))

    def of_all(gauge: str, leak: float) -> float:
        return 100 * count(part(gauge, leak), "fail") / len(part(gauge, leak))

    return [
        Bar(f"{name}, ATG: Pd(0.1 gal/h), %", failed("atg", 0.1), 99, at_most=False),
        Bar(f"{name}, ATG: Pd(0.1 gal/h) of all, %", of_all("atg", 0.1), 99, at_most=False),
        Bar(f"{name}, ATG: Pfa, %", failed("atg", 0.0), 1),
        Bar(f"{name}, ATG: inconclusive, %", unsure("atg", None), 5),
        Bar(f"{name}, ATG: Pd(0.05 gal/h), %", failed("atg", 0.05), 80, at_most=False),
        Bar(f"{name}, ATG: Pd(0.05 gal/h) of all, %", of_all("atg", 0.05), 80, at_most=False),
        Bar(f"{name}, stick: Pd(0.2 gal/h), %", failed("stick", 0.2), 95, at_most=False),
        Bar(f"{name}, stick: Pd(0.2 gal/h) of all, %", of_all("stick", 0.2), 95, at_most=False),
        Bar(f"{name}, stick: Pfa, %", failed("stick", 0.0), 5),
        Bar(f"{name}, stick: inconclusive, %", unsure("stick", None), 5),
    ]


def given(_sets: int) -> tuple[list[Table], list[Bar]]:
    folder = DATA / "sim_sir_monthly"
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        labels = {row["dataset"]: row for row in csv.DictReader(file)}
    begin = time.process_time()
    tanks, problems = read_folder(folder)
    assert not problems
    methods = {
        method.__name__: [
            method(tank, labels[tank.name]["gauge"], float(labels[tank.name]["leak_gph"]))
            for tank in tanks
        ]
        for method in (ours, free, line, rule_of_130)
    }
    seconds = time.process_time() - begin
    table = [
        *rows("Streetlamp", methods["ours"]),
        *rows("free steps", methods["free"]),
        *rows("straight line", methods["line"]),
        *rows("1 % + 130 gal", methods["rule_of_130"]),
    ]
    halves = [
        [name, gauge, f"{error.std():.4f}", f"{error.mean():+.4f}"]
        for name, first in (("odd sets", 0), ("even sets", 1))
        for gauge in ("atg", "stick")
        for error in [np.array([
            one.rate - one.leak for one in methods["ours"][first::2] if one.gauge == gauge
        ])]
    ]  # fmt: skip
    return [
        Table(f"Given sets ({len(tanks)}, {seconds:.1f} s)", COLUMNS, table, NOTE),
        Table("Streetlamp by halves", ["sets", "gauge", "sigma", "bias"], halves),
    ], bars("given", methods["ours"])


def made(sets: int) -> tuple[list[Table], list[Bar]]:
    random = np.random.default_rng(20)
    judged = [
        ours(month(random, site(random, gauge), leak), gauge, leak)
        for gauge in ("atg", "stick")
        for leak in LEAKS
        for _ in range(sets)
    ]
    table = rows("Streetlamp", judged)
    wide = [
        [gauge, f"{low:g}–{high:g}", str(len(z)), f"{np.std(z):.2f}", f"{np.mean(z):+.2f}"]
        for gauge in ("atg", "stick")
        for low, high in ((0, 0.005), (0.005, 0.01), (0.01, 0.02), (0.02, 0.05), (0.05, 1))
        for z in [[
            (one.rate - one.leak) / one.sigma
            for one in judged if one.gauge == gauge and low <= one.sigma < high
        ]]
        if len(z) > 10
    ]  # fmt: skip
    return [
        Table(f"Made-up tanks, {sets} a gauge and leak", COLUMNS, table, NOTE),
        Table("Is sigma honest?", ["gauge", "stated sigma", "sets", "z", "mean z"], wide),
    ], bars("made", judged)


def oshorts(_sets: int) -> tuple[list[Table], list[Bar]]:
    short = np.loadtxt(DATA / "oshorts" / "oshorts.csv", delimiter=",", skiprows=1)[:, 1]
    found = reconcile(short)
    row = [
        f"{found.loss:.2f} ± {1.96 * found.sigma:.2f}", f"{found.loss / 24:.3f}",
        f"{found.reading:.1f}", f"{found.sales:.1f}", f"{found.gain:.2f}", f"{found.p:.4f}",
        f"{found.p_made:.3f}",
    ]  # fmt: skip
    columns = ["loss, gal/day", "gal/h", "reading, gal", "sales, gal/day", "2 ΔlnL", "p, Wilks",
               "p, made-up records"]  # fmt: skip
    note = "the interval takes both noises as known"
    return [Table("OSHORTS, 57 real days", columns, [row], note)], [
        Bar("oshorts: loss off 4.75 gal/day", abs(found.loss - 4.75), 0.1),
        Bar("oshorts: 2 ΔlnL off 7.0", abs(found.gain - 7.0), 0.1),
        Bar("oshorts: p off 0.008", abs(found.p - 0.008), 0.0005),
    ]


def events(_sets: int) -> tuple[list[Table], list[Bar]]:
    folder = DATA / "sim_tank_events"
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        kinds = {row["tank"]: row["kind"] for row in csv.DictReader(file)}
    tanks, _ = read_folder(folder)
    judged: dict[str, list[str]] = {}
    for tank in tanks:
        found = estimate(tank, OPTIONS)
        verdict = "inconclusive" if isinstance(found, str) else judge(found).verdict
        judged.setdefault(kinds[tank.name], []).append(verdict)
    table = [
        [kind, *(str(mine.count(each)) for each in ("pass", "fail", "inconclusive"))]
        for kind, mine in sorted(judged.items())
    ]
    columns = ["what happened in the year", "pass", "fail", "inconclusive"]
    note = "the last 30 days after 120 of history; three of the leaks began before those"
    return [Table("Year-long records (sim_tank_events)", columns, table, note)], []


def theory(_sets: int) -> tuple[list[Table], list[Bar]]:
    """Balances drawn from the model's own covariance, for ten tanks."""
    random = np.random.default_rng(7)
    draws, found = 20_000, []
    for _ in range(10):
        here = site(random, "atg")
        tank = month(random, here, told=True)
        product = PRODUCTS.get(tank.product or "", PETROL)
        fit = module._fit(model(series(tank, OPTIONS), product, OPTIONS), product, OPTIONS)
        inverse = np.linalg.inv(fit.covariance)
        towards = fit.model.design.T @ inverse
        inner = np.linalg.inv(towards @ fit.model.design)
        weight, sigma = (inner @ towards)[1], math.sqrt(inner[1, 1])
        errors = np.linalg.cholesky(fit.covariance) @ random.standard_normal((len(weight), draws))
        rate = weight @ errors
        found.append((np.mean(rate > 1.645 * sigma), np.mean(rate + 3.29 * sigma > 1.645 * sigma),
                      np.std(rate) / sigma))  # fmt: skip
    pfa, pd, spread = np.mean(found, axis=0)
    row = [f"{pfa:.2%}", f"{pd:.2%}", f"{spread:.4f}"]
    columns = ["Pfa at 1.645 sigma", "Pd at 3.29 sigma", "spread over sigma"]
    return [Table(f"Theory, {10 * draws} balances", columns, [row])], [
        Bar("theory: Pd at 3.29 sigma off 95 %", 100 * abs(pd - 0.95), 1.0)
    ]


PARTS: Final = {
    "given": given, "made": made, "events": events, "oshorts": oshorts, "theory": theory,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    parser.add_argument("--sets", type=int, default=250, help="made-up tanks a gauge and leak")
    parser.add_argument("--save", action="store_true")
    told = parser.parse_args()
    result = Result("stock_sir", " ".join(["bench/stock_sir.py", *sys.argv[1:]]), quick=False,
                    tables=[])  # fmt: skip
    for name in told.parts or PARTS:
        if name not in ("made", "theory") and not DATA.is_dir():
            result.skipped.append(f"{name}: no reference data in {DATA}")
            continue
        tables, held = PARTS[name](told.sets)
        result.tables += tables
        result.bars += held
    result.print()
    if told.save:
        save(result)


if __name__ == "__main__":
    main()
