"""How well `streetlamp stock reconcile` finds what is missing, and names why.

    python bench/stock_reconcile.py            everything, some 10 minutes
    python bench/stock_reconcile.py shared     the shared sets only (one minute)
    python bench/stock_reconcile.py made       simulated here (bench/stock_sim.py)
    python bench/stock_reconcile.py theory     SITMUF, run lengths, detection at 3.29 sigma
    python bench/stock_reconcile.py --data DIR shared    other sets of the same form

The shared sets' labels are opened here and nowhere in the product. A finding counts for an event
when it is told on the event's day or later; one told before it, or in a store without an event, is
a false alarm. A miss has no delay and stands as ">" in medians. Intervals: 95 %, Wilson for shares
(scored by store), exact Poisson for alarms a year.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import stock_sim

from record import ROOT, Bar, Result, Table
from streetlamp.sequential.cusum import run_length
from streetlamp.stock.balance.close import close
from streetlamp.stock.balance.page import loss_tests, upper_point
from streetlamp.stock.balance.series import Balances
from streetlamp.stock.balance.sitmuf import decorrelate
from streetlamp.stock.causes.judge import judge
from streetlamp.stock.ledger.entries import Entry, in_force
from streetlamp.stock.ledger.folders import read_folder
from streetlamp.stock.ledger.stores import Store

DATA = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data" / "stock"
NAMES = {"delivery_short_once": "delivery_short", "delivery_short_all": "delivery_short",
         "short_in": "delivery_short"}  # fmt: skip
NEVER = 9999
CROSSED = "bound of the odds crossed a clean year"


@dataclass
class Case:
    """One store-year, its event, and what was told: cause, day told, size in the day's sigmas."""

    kind: str
    day: int
    size: float
    form: str
    lasted: int  # days
    told: list[tuple[str, int]]
    sigmas: float  # an abrupt loss's size in standard deviations of its balance
    step: float  # days between stock-takes
    crossed: int  # how often the odds of all causes rose above their bound before the event

    @property
    def losses(self) -> list[tuple[str, int]]:
        """Without requests for a recount."""
        return [one for one in self.told if one[0] != "count_error"]

    @property
    def after(self) -> list[tuple[str, int]]:
        return [one for one in self.losses if one[1] >= self.day]

    @property
    def before(self) -> list[tuple[str, int]]:
        return [one for one in self.losses if one[1] < self.day]

    @property
    def right(self) -> bool:
        return bool(self.after) and self.after[0][0] == NAMES.get(self.kind, self.kind)

    @property
    def delay(self) -> float:
        return self.after[0][1] - self.day if self.after else math.inf


def case(store: Store, entries: Sequence[Entry], kind: str, day: int, size: float) -> Case:
    numbered = [replace(one, seq=i) for i, one in enumerate(entries, 1)]
    balances = close(store, in_force(numbered))
    found = judge(balances)
    lines = (*found.findings, *found.replaced)  # a request to count again was told, too
    told = sorted(
        ((one.cause, int(one.numbers["detected_day"])) for one in lines), key=lambda one: one[1]
    )
    closes = np.array([balances.day(i) for i in range(len(balances))])
    above = (found.log_odds >= found.bound) & (closes < day)
    crossed = int((above[1:] & ~above[:-1]).sum())
    method = next((e.instrument for e in entries if "bags" in e.instrument), "loose")
    form = "tank" if balances.form == "tank" else "bags" if "bags" in method else "loose"
    return Case(
        kind, day, size, form, balances.day(len(balances) - 1), told, _sigmas(balances, day, size),
        float(np.median(balances.days)), crossed,
    )  # fmt: skip


def _sigmas(balances: Balances, day: int, size: float) -> float:
    closes = np.array([balances.day(i) for i in range(len(balances))])
    at = int(np.searchsorted(closes, day))
    if at >= len(balances):
        return math.nan
    return size / float(decorrelate(balances.muf, balances.covariance).sigma[at])


# --- intervals -----------------------------------------------------------------------------------


def wilson(hits: int, n: int) -> str:
    """A share with its 95 % interval."""
    if not n:
        return "-"
    z, p = 1.96, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return f"{hits}/{n} = {p:.0%} ({middle - half:.0%} – {middle + half:.0%})"


def poisson(count: int, years: float) -> str:
    """A rate a year with its exact 95 % interval."""

    def least(chance: float, upto: int) -> float:
        """The mean at which ``upto`` or fewer have this chance."""
        low, high = 0.0, 10.0 * (count + 3)
        for _ in range(80):
            mean = (low + high) / 2
            term = total = math.exp(-mean)
            for k in range(1, upto + 1):
                term *= mean / k
                total += term
            low, high = (mean, high) if total > chance else (low, mean)
        return low

    low = 0.0 if not count else least(0.975, count - 1)
    high = least(0.025, count)
    return f"{count} in {years:.0f} = {count / years:.2f} ({low / years:.2f} – {high / years:.2f})"


def middle(delays: Iterable[float]) -> str:
    found = float(np.median(list(delays)))
    return "> all" if math.isinf(found) else f"{found:.0f}"


# --- tables --------------------------------------------------------------------------------------


@dataclass
class Score:
    cases: list[Case]
    bars: list[Bar] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Case]:
        return [one for one in self.cases if one.kind in kinds]

    @property
    def years(self) -> float:
        return sum(min(one.day, one.lasted) for one in self.cases) / 365.25

    @property
    def crossed(self) -> int:
        return sum(one.crossed for one in self.cases)

    @property
    def false(self) -> int:
        return sum(len(one.before) for one in self.cases)


def tanks(cases: list[Case], title: str) -> tuple[Table, list[Bar]]:
    score = Score(cases)
    rows = []
    events = [one for one in cases if one.kind != "none"]
    for kind in sorted({one.kind for one in events}):
        mine = score.of(kind)
        found = [one for one in mine if one.after]
        rows.append(
            [kind, wilson(sum(one.right for one in mine), len(mine)), str(len(mine) - len(found)),
             str(sum(not one.right for one in found)), middle(one.delay for one in mine),
             str(sum(len(one.after) > 1 for one in mine))]
        )  # fmt: skip
    right = sum(one.right for one in events)
    leaks = [one for one in score.of("leak") if one.size >= 0.8]
    thefts = [one for one in score.of("theft") if one.sigmas >= 3.3]
    soon = sum(one.right and one.delay <= 10 for one in leaks)
    next_day = sum(one.right and one.delay <= 1 for one in thefts)
    rows += [
        ["all events", wilson(right, len(events)), "", "", "", ""],
        ["leak >= 0.8 L/h in 10 days", wilson(soon, len(leaks)), "", "", "", ""],
        ["theft >= 3.3 sigma next day", wilson(next_day, len(thefts)), "", "", "", ""],
        ["alarms a clean tank-year", poisson(score.false, score.years), "", "", "", ""],
        [CROSSED, poisson(score.crossed, score.years), "", "", "", ""],
    ]
    columns = ["", "cause right", "not found", "other cause", "median delay, days", "told twice"]
    bars = [
        Bar(f"{title}: cause right", right / len(events), 0.85, at_most=False),
        Bar(f"{title}: alarms a clean tank-year", score.false / score.years, 0.25),
        Bar(f"{title}: leaks in 10 days", soon / max(len(leaks), 1), 1.0, at_most=False),
        Bar(f"{title}: thefts next day", next_day / max(len(thefts), 1), 1.0, at_most=False),
    ]
    return Table(title, columns, rows), bars


def depots(cases: list[Case], title: str) -> tuple[Table, list[Bar]]:
    score = Score(cases)
    groups: dict[tuple[str, str, str], list[Case]] = {}
    for one in cases:
        if one.kind != "none":
            groups.setdefault((one.form, one.kind, _band(one)), []).append(one)
    rows = []
    for (form, kind, band), mine in sorted(groups.items()):
        twice = sum(one.delay <= 2 * one.step + 1 for one in mine)
        soon = sum(one.delay <= 60 for one in mine)
        asked = sum(
            any(c == "count_error" and 0 <= d - one.day <= one.step for c, d in one.told)
            for one in mine
        )
        rows.append(
            [f"{form}, {kind} {band}", wilson(twice, len(mine)), wilson(soon, len(mine)),
             str(sum(one.right for one in mine)), str(asked), middle(one.delay for one in mine)]
        )  # fmt: skip
    loss = sum(len(one.losses) for one in cases if one.kind == "count_error" and one.after)
    asked = sum(c == "count_error" and d < one.day for one in cases for c, d in one.told)
    rows += [
        ["false loss reports a depot-year", poisson(score.false, score.years), "", "", "", ""],
        ["recounts asked for nothing, a year", poisson(asked, score.years), "", "", "", ""],
        ["loss reports for a miscount", str(loss), "", "", "", ""],
        [CROSSED, poisson(score.crossed, score.years), "", "", "", ""],
    ]
    columns = ["", "told by the 2nd count", "told in 60 days", "cause right", "recount asked",
               "median delay, days"]  # fmt: skip
    return Table(title, columns, rows), [
        Bar(f"{title}: false reports a depot-year", score.false / score.years, 0.2),
        Bar(f"{title}: loss reports for a miscount", loss, 0),
    ]


def _band(one: Case) -> str:
    if one.kind == "one_off":
        return next(
            (f"< {limit} sigma" for limit in (2, 3.29, 5) if one.sigmas < limit), ">= 5 sigma"
        )
    return ""


# --- where cases come from -----------------------------------------------------------------------


def shared(folder: Path, key: str, day: str, size: str) -> list[Case]:
    with (folder / "labels.csv").open(newline="") as file:
        labels = {row[key]: row for row in csv.DictReader(file)}
    records = read_folder(folder)
    return [
        case(
            store, records.entries[store.name], label["kind"],
            int(label[day]) if label[day] else NEVER, float(label[size]),
        )
        for store in records.stores
        for label in [labels[store.name]]
    ]  # fmt: skip


def made_tanks(each: int, quiet: int) -> list[Case]:
    rng = np.random.default_rng(2024)
    kinds = ("leak", "theft", "meter_drift", "delivery_short_once", "delivery_short_all",
             "water_in")  # fmt: skip
    found = []
    for kind in [*kinds * each, *["none"] * quiet]:
        store, entries, label = stock_sim.tank(f"{kind}-{len(found)}", kind, rng)
        found.append(case(store, entries, label.kind, label.day, label.size))
    return found


def made_depots(each: int) -> list[Case]:
    rng = np.random.default_rng(2025)
    plan = [("bags", "one_off", s) for s in (0.6, 0.9, 1.2, 1.8)]
    plan += [("bags", "protracted", 0.2), ("bags", "short_in", 0.012), ("bags", "count_error", 3.0)]
    plan += [("loose", "one_off", s) for s in (30.0, 60.0, 100.0)]
    plan += [("loose", "protracted", 0.4), ("loose", "count_error", 90.0)]
    plan += [("bags", "none", 0.0), ("loose", "none", 0.0)] * 2
    found = []
    for form, kind, size in plan * each:
        store, entries, label = stock_sim.depot(f"d{len(found)}", form, kind, size, rng)
        found.append(case(store, entries, label.kind, label.day, label.size))
    return found


# --- theory --------------------------------------------------------------------------------------


def theory() -> tuple[Table, list[Bar]]:
    rng = np.random.default_rng(7)
    store, entries, _ = stock_sim.depot("theory", "bags", "none", 0.0, rng)
    balances = close(store, in_force([replace(one, seq=i) for i, one in enumerate(entries, 1)]))
    lower = np.linalg.cholesky(balances.covariance)
    draws = [decorrelate(lower @ rng.normal(size=len(lower)), balances.covariance).value
             for _ in range(2000)]  # fmt: skip
    z = np.array(draws)
    lag = np.corrcoef(z[:, 1:].ravel(), z[:, :-1].ravel())[0, 1]
    rows = [["SITMUF of simulated MUFs: variance", "1", f"{z.var():.4f}"],
            ["SITMUF: correlation of neighbours", "0", f"{lag:+.4f}"]]  # fmt: skip
    bars = [Bar("theory: SITMUF's variance off 1", abs(z.var() - 1), 0.02)]
    for limit, k, shift in ((4.0, 0.5, 0.0), (4.0, 0.5, 1.0), (3.0, 0.5, 0.0)):
        exact = run_length(limit, k, shift)
        counted = _run(rng, limit, k, shift)
        rows.append([f"Page, h {limit:g}, k {k:g}, shift {shift:g}", f"{exact:.1f}",
                     f"{counted:.1f}"])  # fmt: skip
        bars.append(Bar(f"theory: run length, shift {shift:g}", abs(counted / exact - 1), 0.05))
    off = rng.normal(3.29, 1, 200_000)
    found = float((off >= upper_point(0.05)).mean())
    rows.append(["found at 3.29 sigma with 5 % false", "95 %", f"{found:.2%}"])
    bars.append(Bar("theory: Pd at 3.29 sigma off 95 %", abs(found - 0.95), 0.01))
    tests = loss_tests(rng.normal(size=100_000), 500.0)
    rows.append(["Page's alarms, one in 500 asked", "500", f"{1e5 / tests.page_alarm.sum():.0f}"])
    rows.append(["abrupt alarms, one in 500", "500", f"{1e5 / tests.abrupt_alarm.sum():.0f}"])
    return Table("Theory", ["", "exact", "measured"], rows), bars


def _run(rng: np.random.Generator, limit: float, k: float, shift: float) -> float:
    """Mean run length of 4000 Page sums, stepped together."""
    total, sums, alive = np.zeros(4000), np.zeros(4000), np.ones(4000, bool)
    while alive.any():
        sums = np.maximum(sums + rng.normal(shift, 1, 4000) - k, 0)
        total += alive
        alive &= sums < limit
    return float(total.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help="shared, made, theory")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--each", type=int, default=10, help="stores of each kind, made here")
    given = parser.parse_args()
    parts = given.parts or ["theory", "shared", "made"]
    begun = time.monotonic()
    result = Result("stock_reconcile", "python bench/stock_reconcile.py", False, [])
    found: list[tuple[Table, list[Bar]]] = []
    if "theory" in parts:
        found.append(theory())
    if "shared" in parts:
        if (given.data / "sim_tank_events").is_dir():
            cases = shared(given.data / "sim_tank_events", "tank", "day", "size")
            found.append(tanks(cases, "sim_tank_events"))
            cases = shared(given.data / "sim_an_depot", "depot", "day", "size_t_or_frac")
            found.append(depots(cases, "sim_an_depot"))
        else:
            result.skipped.append(f"no sets in {given.data}")
    if "made" in parts:
        found.append(tanks(made_tanks(given.each, 3 * given.each), "tanks made here"))
        found.append(depots(made_depots(given.each), "depots made here"))
    for table, bars in found:
        result.tables.append(table)
        result.bars += bars
    result.print()
    print(f"\n{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
