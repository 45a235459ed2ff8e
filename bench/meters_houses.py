"""Household water meters: leaks, running toilets, bursts and faults put into real registers.

The common rules stand beside: water in every hour of 24, or of 48, gaps to 6 hours bridged.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from meters_daiad import Trial, columns, daiad, delays, replay, starts
from meters_measure import a_year, hours, median, rate, wilson

from record import Bar, Result, Table
from streetlamp.meters.base import CAUSES
from streetlamp.meters.budget import make_causes
from streetlamp.meters.panel import Panel

SIZES = (0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # L/h
RUNNING = frozenset({"leak", "intermittent_leak", "running_toilet"})
CHUNK = 350  # columns replayed at once


def _run(panel: Panel, made: Sequence[tuple[Trial, Any]], causes: Sequence[str]) -> list[float]:
    out: list[float] = []
    for first in range(0, len(made), CHUNK):
        part = made[first : first + CHUNK]
        copy, _ = columns(panel, [(trial.meter, register) for trial, register in part])
        out += delays(
            copy,
            [trial for trial, _ in part],
            lambda meters: [CAUSES[name](meters) for name in causes],
            frozenset(causes) | ({"running_toilet"} if "intermittent_leak" in causes else set()),
        )
    return out


def rule(panel: Panel, register: Any, meter: int, length: float) -> list[float]:
    """Times at which water has flowed in every reading of so many hours, once a stretch."""
    time = panel.members[meter].time
    told, since, done = [], np.nan, False
    for at in range(1, len(time)):
        flowed = register[at] > register[at - 1] and time[at] - time[at - 1] <= 6 * 3600
        if not flowed:
            since, done = np.nan, False
            continue
        since = time[at - 1] if np.isnan(since) else since
        if not done and time[at] - since >= length * 3600:
            told.append(float(time[at]))
            done = True
    return told


def leaks(panel: Panel, args: argparse.Namespace) -> list[tuple[Trial, Any]]:
    rng = np.random.default_rng(args.seed + 100)
    made = []
    for meter, start in starts(panel, args.seed, 1 if args.quick else 2):
        one, phase = panel.members[meter], rng.uniform()
        for size in SIZES:
            grown = np.clip(one.time - start, 0, None) * size / 3600
            made.append(
                (Trial(meter, start, size), one.register + np.floor(grown + phase * (grown > 0)))
            )
    return made


def toilets(panel: Panel, args: argparse.Namespace) -> list[tuple[Trial, Any]]:
    """A cistern that lets 2 to 15 L through every 5 to 60 minutes, for good."""
    rng = np.random.default_rng(args.seed + 200)
    made = []
    for meter, start in starts(panel, args.seed + 1, 1):
        one = panel.members[meter]
        portion, every = rng.uniform(2, 15), rng.uniform(300, 3600)
        added = np.floor(np.clip(one.time - start, 0, None) / every) * round(portion)
        made.append((Trial(meter, start, portion * 3600 / every), one.register + added))
    return made


def bursts(panel: Panel, args: argparse.Namespace) -> list[tuple[Trial, Any]]:
    made = []
    for meter, start in starts(panel, args.seed + 2, 1):
        one = panel.members[meter]
        for size in (300.0, 600.0, 1000.0, 1500.0):
            added = np.floor(np.clip(one.time - start, 0, 86400.0) * size / 3600)
            made.append((Trial(meter, start, size), one.register + added))
    return made


def faults(panel: Panel, args: argparse.Namespace) -> dict[str, list[tuple[Trial, Any]]]:
    rng = np.random.default_rng(args.seed + 300)
    found: dict[str, list[tuple[Trial, Any]]] = {}
    for meter, start in starts(panel, args.seed + 3, 1):
        one = panel.members[meter]
        after = one.time > start
        at = int(np.argmax(after))
        reg = one.register
        use = np.diff(reg, prepend=reg[0])
        before = reg[at - 1]
        same = np.where(after, before + 12.0 * np.cumsum(after), reg)
        shift = int(rng.choice((-6, -4, -3, 3, 4, 6)))
        moved = np.where(after, np.roll(use, shift), use)
        factor = float(rng.choice((0.1, 10.0, 3.785)))
        scaled = np.where(after, use * factor, use)
        away = (one.time > start) & (one.time < start + 10 * 86400)
        fallen = reg - np.where(after, max(float(rng.uniform(0.05, 0.5)) * 1000, 20.0), 0.0)
        for name, register in (
            ("dead_meter", np.where(after, before, reg)),
            ("stuck_meter", same),
            ("backwards_register", fallen),
            ("gap", np.where(away, np.nan, reg)),
            ("scale_change", np.floor(reg[0] + np.cumsum(scaled))),
            ("clock_shift", reg[0] + np.cumsum(moved)),
        ):
            found.setdefault(name, []).append((Trial(meter, start, 0.0), register))
    return found


def natural(panel: Panel, result: Result) -> None:
    """Alarms with nothing put in, and those of the common rules."""
    found: dict[str, Any] = {}
    for _, finding in replay(panel, make_causes("water", panel.meters, None)):
        found.setdefault(finding.id, finding)
    years = panel.meter_years
    count = Counter(one.cause for one in found.values())
    rows = [[name, str(count[name]), a_year(count[name], years)] for name in sorted(count)]
    for length in (24.0, 48.0):
        n = sum(len(rule(panel, one.register, at, length)) for at, one in enumerate(panel.members))
        rows.append([f"rule: {length:.0f} h with water", str(n), a_year(n, years)])
    half = set(panel.meters[: len(panel.meters) // 2])
    first = sum(one.cause == "leak" and one.subject in half for one in found.values())
    result.tables.append(
        Table(
            f"Nothing put in, {len(panel.meters)} meters, {years:.1f} meter-years",
            ["", "alarms", "a meter-year"],
            rows,
            "an upper bound of false ones: real leaks are inside. Leaks in the first half of the "
            f"meters {first}, in the second {count['leak'] - first}",
        )
    )
    result.bars.append(Bar("leak alarms a meter-year, nothing put in", count["leak"] / years, 0.5))


def _table(
    title: str, made: Sequence[tuple[Trial, Any]], late: Sequence[float], within: Sequence[float],
) -> Table:  # fmt: skip
    rows = []
    for size in sorted({trial.size for trial, _ in made}):
        mine = [d for (trial, _), d in zip(made, late, strict=True) if trial.size == size]
        cells = [rate(sum(d <= most for d in mine), len(mine)) for most in within]
        rows.append([f"{size:g} L/h", str(len(mine)), *cells, hours(median(mine))])
    heads = [f"in {most:g} h" if most < 48 else f"in {most / 24:g} d" for most in within]
    return Table(title, ["", "n", *heads, "median"], rows)


def _rules(panel: Panel, made: Sequence[tuple[Trial, Any]], result: Result) -> None:
    rows = []
    for length in (24.0, 48.0):
        late: dict[float, list[float]] = {}
        for trial, register in made:
            after = [t for t in rule(panel, register, trial.meter, length) if t > trial.start]
            hit = (after[0] - trial.start) / 3600 if after else float("inf")
            late.setdefault(trial.size, []).append(hit)
        large = [d for size, mine in late.items() if size >= 1 for d in mine]
        cells = [rate(sum(d <= 168 for d in mine), len(mine)) for mine in late.values()]
        rows.append([f"{length:.0f} h with water", *cells, hours(median(large))])
    heads = [f"{size:g} L/h" for size in SIZES]
    result.tables.append(
        Table("The common rules: found in 7 d", ["", *heads, "median from 1 L/h"], rows)
    )


def houses(result: Result, args: argparse.Namespace) -> None:
    panel = daiad()
    natural(panel, result)
    made = leaks(panel, args)
    late = _run(panel, made, ["leak"])
    result.tables.append(_table("Constant leaks", made, late, (24, 168, 336)))
    large = [d for (trial, _), d in zip(made, late, strict=True) if trial.size >= 1]
    drips = [d for (trial, _), d in zip(made, late, strict=True) if trial.size == 0.5]
    week, fortnight = sum(d <= 168 for d in large), sum(d <= 336 for d in drips)
    low, high = wilson(week, len(large))
    result.bars += [
        Bar(f"from 1 L/h found in 7 d, % [{100 * low:.1f}–{100 * high:.1f}]",
            100 * week / len(large), 98.0, at_most=False),
        Bar("from 1 L/h, median delay in h", median(large), 18.0),
        Bar("0.5 L/h found in 14 d, %", 100 * fortnight / len(drips), 80.0, at_most=False),
    ]  # fmt: skip
    _rules(panel, made, result)
    made = bursts(panel, args)
    late = _run(panel, made, ["burst"])
    result.tables.append(_table("Bursts of a day", made, late, (2, 3, 24)))
    result.bars.append(Bar("bursts, median delay in h", median(late), 2.0))
    made = toilets(panel, args)
    late = _run(panel, made, ["leak", "intermittent_leak"])
    rows = [["running toilet", str(len(late)), rate(sum(d <= 168 for d in late), len(late)),
             rate(sum(d <= 336 for d in late), len(late)), hours(median(late))]]  # fmt: skip
    for name, made_of in faults(panel, args).items():
        late = _run(panel, made_of, [name])
        cells = [rate(sum(d <= most for d in late), len(late)) for most in (168, 720)]
        rows.append([name, str(len(late)), *cells, hours(median(late))])
    result.tables.append(
        Table("Running toilets (in 7 and 14 d) and faults (in 7 and 30 d), one a meter",
              ["", "n", "in 7 d", "in 14 or 30 d", "median"], rows)
    )  # fmt: skip


PARTS: dict[str, Callable[[Result, argparse.Namespace], None]] = {"houses": houses}
