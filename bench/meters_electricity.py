"""Electricity: faults of meters, loads and appliances. Bar 5 of the meters.

    python bench/meters_electricity.py              all, about ten minutes
    python bench/meters_electricity.py --quick      two starts a meter
    python bench/meters_electricity.py --meters --starts 7 --seed 2    other starts
    python bench/meters_electricity.py --appliances / --meters / --speed

Faults are put into the curves of ``opendsm_meters`` at several times, in both directions; the
malfunctions of ``appliance_faults`` are its authors' simulation on real appliances. A finding of
another name within the same window counts against the name it gave. See ``design/electricity.md``.
"""

from __future__ import annotations

import argparse
import math
import os
import time as clock
from collections.abc import Sequence
from pathlib import Path

import electricity_appliances as appliances
import electricity_trials as injected
import numpy as np
from electricity_trials import Trial

from record import Bar, Result, Table, save
from streetlamp.meters.base import CAUSES, Cause
from streetlamp.meters.causes.electricity_appliance_fault import ApplianceOptions
from streetlamp.values import Finding

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data" / "meters"
WINDOW = {"clock_shift": 45, "base_load_rise": 60}  # days in which a fault is to be found; else 30
KINDS = (
    "stuck_meter", "dead_meter", "load_step", "scale_change", "clock_shift", "overload",
    "base_load_rise",
)  # fmt: skip


def wilson(found: int, of: int) -> str:
    """A share with its 95 % interval (Wilson 1927)."""
    if not of:
        return "-"
    z, p = 1.96, found / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{100 * p:.0f} % [{100 * (middle - half):.0f}, {100 * (middle + half):.0f}]"


def poisson(count: int, years: float) -> str:
    """A rate with its 95 % interval (Byar's approximation to the exact one)."""
    low = count * (1 - 1 / (9 * count) - 1.96 / (3 * math.sqrt(count))) ** 3 if count else 0.0
    above = count + 1
    high = above * (1 - 1 / (9 * above) + 1.96 / (3 * math.sqrt(above))) ** 3
    return f"{count / years:.2f} [{low / years:.2f}, {high / years:.2f}]"


def f1(right: int, wrong: int, of: int) -> float:
    return 2 * right / (right + wrong + of) if right else 0.0


def median_delay(delays: Sequence[float]) -> str:
    """Median over all events, those not found being later than any."""
    if not delays:
        return "-"
    middle = float(np.median([d if not math.isnan(d) else math.inf for d in delays]))
    return "not found" if math.isinf(middle) else f"{middle:.1f} d"


def zscore(trial: Trial) -> list[float]:
    """Baseline: days whose energy is three standard deviations from the last 56 days' mean."""
    return _daily(trial, lambda past, now: abs(now - past.mean()) > 3 * max(past.std(), 1e-9))


def fixed(trial: Trial) -> list[float]:
    """Baseline: days that use less than half or more than twice the last 56 days' mean."""
    return _daily(trial, lambda past, now: not 0.5 <= now / max(past.mean(), 1e-9) <= 2)


def _daily(trial: Trial, odd) -> list[float]:  # noqa: ANN001
    energy = trial.curve[: len(trial.curve) // 24 * 24].reshape(-1, 24).mean(1)
    hours, last = [], -99
    for day in range(28, len(energy)):
        past = energy[max(day - 56, 0) : day]
        past = past[~np.isnan(past)]
        if len(past) >= 21 and not np.isnan(energy[day]) and odd(past, energy[day]):
            if day - last > 7:
                hours.append((day + 1) * 24.0)
            last = day
    return hours


def meters(many: int, seed: int) -> tuple[list[Table], list[Bar]]:
    folder = SHARED / "opendsm_meters"
    causes = [
        one for name, one in CAUSES.members().items()
        if name.startswith("electricity_") and one.name in KINDS
    ]  # fmt: skip
    clean = [Trial(n, "", "", injected.load(folder, n).ravel(), 0) for n in injected.METERS]
    clean_found = injected.replay(causes, [one.curve for one in clean])
    all_trials = injected.trials(folder, many, seed)
    found = injected.replay(causes, [one.curve for one in all_trials])
    return _meter_tables(clean, clean_found, all_trials, found)


def _meter_tables(
    clean: list[Trial],
    clean_found: list[list[Finding]],
    all_trials: list[Trial],
    found: list[list[Finding]],
) -> tuple[list[Table], list[Bar]]:
    real = [i for i, one in enumerate(all_trials) if one.meter.startswith("uk")]
    natural = {one.meter: fs for one, fs in zip(clean, clean_found, strict=True)}
    rows, bars = [], []
    for kind in KINDS:
        for title, members in (("real", real), ("all", list(range(len(all_trials))))):
            mine = [i for i in members if all_trials[i].kind == kind]
            others = [
                i
                for i in members
                if all_trials[i].kind != kind and not (kind == "overload" and all_trials[i].grows)
            ]
            delays = [_delay(all_trials[i], found[i], kind) for i in mine]
            right = sum(not math.isnan(d) for d in delays)
            wrong = sum(
                _named(all_trials[i], found[i], kind, natural[all_trials[i].meter]) for i in others
            )
            false = sum(
                f.cause == kind
                for one, fs in zip(clean, clean_found, strict=True)
                for f in fs
                if title == "all" or one.meter.startswith("uk")
            )
            score = f1(right, wrong + false, len(mine))
            if title == "real":
                bars.append(Bar(f"F1 of {kind}, real meters", score, 0.9, at_most=False))
            rows.append(
                [
                    f"{kind}, {title}",
                    str(len(mine)),
                    wilson(right, len(mine)),
                    wilson(right, right + wrong + false),
                    f"{score:.2f}",
                    str(wrong),
                    str(false),
                    median_delay(delays),
                ]
            )
    tables = [
        Table(
            "Injected faults",
            ["kind, meters", "events", "recall", "precision", "F1", "misnamed", "false", "delay"],
            rows,
            "misnamed: this name given to another fault (overload: to one that reads no more), but "
            "not where it is also found without that; false: with nothing injected; delay: "
            "median over all events",
        ),
        _settings(all_trials, found),
        _named_instead(all_trials, found, real),
        _false(clean, clean_found),
        _baselines(clean, all_trials, real),
    ]
    return tables, bars


def _window(trial: Trial, kind: str) -> tuple[float, float]:
    return trial.start * 3600.0, (trial.start + 24 * WINDOW.get(kind, 30)) * 3600.0


def _delay(trial: Trial, found: list[Finding], kind: str) -> float:
    first, last = _window(trial, kind)
    hits = [f.detected for f in found if f.cause == kind and first <= f.detected <= last + 7200]
    return (min(hits) - first) / 86400 if hits else math.nan


def _named(trial: Trial, found: list[Finding], kind: str, natural: Sequence[Finding] = ()) -> bool:
    """Was this cause found after the fault, and not also, within a week, with nothing injected?"""
    first, last = _window(trial, kind)
    known = [f.detected - 3600 * trial.first for f in natural if f.cause == kind]
    return any(
        f.cause == kind
        and first <= f.detected <= last
        and not any(abs(f.detected - one) < 7 * 86400 for one in known)
        for f in found
    )


def _settings(all_trials: list[Trial], found: list[list[Finding]]) -> Table:
    rows = []
    for kind in KINDS:
        for setting in dict.fromkeys(t.setting for t in all_trials if t.kind == kind):
            cells = [f"{kind} {setting}"]
            for meter in injected.METERS:
                mine = [
                    _delay(t, f, kind)
                    for t, f in zip(all_trials, found, strict=True)
                    if (t.kind, t.setting, t.meter) == (kind, setting, meter)
                ]
                cells.append(f"{sum(not math.isnan(d) for d in mine)}/{len(mine)}")
            rows.append(cells)
    return Table("Found, by setting and meter", ["fault", *injected.METERS], rows)


def _named_instead(all_trials: list[Trial], found: list[list[Finding]], real: list[int]) -> Table:
    rows = []
    for kind in KINDS:
        mine = [i for i in real if all_trials[i].kind == kind]
        names = [sum(_named(all_trials[i], found[i], name) for i in mine) for name in KINDS]
        rows.append([f"{kind} ({len(mine)})", *map(str, names)])
    return Table("What was said of what, real meters", ["injected", *KINDS], rows)


def _false(clean: list[Trial], found: list[list[Finding]]) -> Table:
    rows = []
    for one, findings in zip(clean, found, strict=True):
        years = float((~np.isnan(one.curve)).sum() / 8766)
        counts = [sum(f.cause == kind for f in findings) for kind in KINDS]
        rows.append([one.meter, f"{years:.1f}", *map(str, counts), poisson(sum(counts), years)])
    return Table(
        "Findings with nothing injected", ["meter", "years", *KINDS, "a meter-year"], rows,
        "an upper bound of false alarms: real changes are among them",
    )  # fmt: skip


def _baselines(clean: list[Trial], all_trials: list[Trial], real: list[int]) -> Table:
    rows = []
    for name, method in (("z-score of the day's energy, 3", zscore), ("half or double", fixed)):
        false = sum(len(method(one)) for one in clean if one.meter.startswith("uk"))
        years = sum(
            float((~np.isnan(t.curve)).sum() / 8766) for t in clean if t.meter.startswith("uk")
        )
        cells = [name]
        for kind in KINDS:
            mine = [all_trials[i] for i in real if all_trials[i].kind == kind]
            hits = 0
            for trial in mine:
                first, last = (v / 3600 for v in _window(trial, kind))
                hits += any(first < hour <= last for hour in method(trial))
            cells.append(
                f"{100 * hits / max(len(mine), 1):.0f} %, {f1(hits, false, len(mine)):.2f}"
            )
        rows.append([*cells, poisson(false, years)])
    return Table(
        "Simple rules on the real meters: recall, F1 (any alarm counts for any kind)",
        ["rule", *KINDS, "false a meter-year"],
        rows,
    )


def faults_of_appliances() -> tuple[list[Table], list[Bar]]:
    files = appliances.load(SHARED / "appliance_faults")
    strict = ApplianceOptions()
    loose = ApplianceOptions(alarms_per_meter_year=52, runs_per_false_alarm=100)
    alone, last = appliances.single(files), appliances.lasting(files)
    tables, bars = [], []
    for title, streams, options, bar in (
        ("One file, one false alarm in 100 runs", alone, loose, True),
        ("One file, as set (2 false alarms a year)", alone, strict, False),
        ("A lasting fault, one false alarm in 100 runs", last, loose, True),
        ("A lasting fault, as set (2 false alarms a year)", last, strict, True),
    ):
        table, score = _appliance_table(title, appliances.watched(streams, options))
        tables.append(table)
        if bar:
            bars.append(Bar(f"F1 of appliance_fault, {title.lower()}", score, 0.9, at_most=False))
    tables.append(_appliance_rules(files))
    return tables, bars


def _appliance_table(title: str, outcomes: list[appliances.Outcome]) -> tuple[Table, float]:
    rows, total = [], [0, 0, 0]
    for unit in dict.fromkeys(o.stream.unit for o in outcomes):
        mine = [o for o in outcomes if o.stream.unit == unit]
        normal = [o for o in mine if o.stream.condition == appliances.NORMAL]
        for condition in sorted({o.stream.condition for o in mine} - {appliances.NORMAL}):
            of = [o for o in mine if o.stream.condition == condition]
            hits = sum(o.inside > 0 for o in of)
            total[0], total[2] = total[0] + hits, total[2] + len(of)
            rows.append([f"{unit} {condition}", wilson(hits, len(of)), *_rest(of)])
        if normal:
            false, runs = sum(o.inside for o in normal), sum(o.runs_inside for o in normal)
            total[1] += sum(o.inside > 0 for o in normal)
        else:
            one = mine[0]  # the normal days are the same in all of a unit's streams
            false, runs = one.before, one.runs_before
            total[1] += one.before
        rows.append([f"{unit} normal", f"{false} in {runs} runs", ""])
    score = f1(total[0], total[1], total[2])
    rows.append(
        [
            "all",
            f"recall {wilson(total[0], total[2])}",
            f"precision {wilson(total[0], total[0] + total[1])}, F1 {score:.2f}",
        ]
    )
    return Table(title, ["unit, condition", "found", "delay"], rows), score


def _rest(of: list[appliances.Outcome]) -> list[str]:
    return [median_delay([o.days for o in of])]


def _appliance_rules(files: appliances.Files) -> Table:
    """AUC per file of two simple scores: the day's energy, and its longest run."""
    rows = []
    for unit in dict.fromkeys(unit for unit, _ in files):
        normal = files[unit, appliances.NORMAL]
        for name, score in (
            ("z-score of the day's energy", lambda power: float(np.nansum(power))),
            ("mean power while on", lambda power: float(np.nanmean(power[power > 0.02]))),
        ):
            faulty = [
                score(p) for (u, c), d in files.items()
                if u == unit and c != appliances.NORMAL for p in d.values()
            ]  # fmt: skip
            clean = [score(p) for p in normal.values()]
            mean, spread = float(np.mean(clean)), float(np.std(clean, ddof=1))
            # The z that keeps all normal files but one in a hundred below it, taken as normal.
            hits = sum((one - mean) / spread > 2.33 for one in faulty)
            false = sum((one - mean) / spread > 2.33 for one in clean)
            rows.append(
                [
                    f"{unit}: {name}",
                    f"{appliances.area(faulty, clean):.2f}",
                    wilson(hits, len(faulty)),
                    f"{f1(hits, false, len(faulty)):.2f}",
                ]
            )
    return Table("Simple rules, one file", ["unit, rule", "AUC", "found at z 2.33", "F1"], rows)


def speed() -> Table:
    """A thousand meters' year by the hour, through every cause of electricity."""
    noise = np.random.default_rng(3)
    n, days = 1000, 60
    shape = 0.2 + 0.3 * np.sin(np.arange(24) / 24 * 2 * np.pi) ** 2
    curves = [np.tile(shape, days) * noise.lognormal(0, 0.4, 24 * days) for _ in range(n)]
    rows = []
    for name, cause in CAUSES.members().items():
        if name.startswith("electricity_"):
            rows.append([name, f"{_timed(cause, curves) * 365 / days:.1f} s"])
    return Table("A thousand meters, a year by the hour, one core", ["cause", "time"], rows)


def _timed(cause: type[Cause], curves: list[np.ndarray]) -> float:
    begun = clock.process_time()
    injected.replay([cause], curves)
    return clock.process_time() - begun


def _meters(result: Result, args: argparse.Namespace) -> None:
    tables, bars = meters(2 if args.quick else 6, args.seed)
    result.tables += tables
    result.bars += bars


def _appliances(result: Result, args: argparse.Namespace) -> None:
    tables, bars = faults_of_appliances()
    result.tables += tables
    result.bars += bars


PARTS = {"electricity": _meters, "appliances": _appliances}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for part in ("quick", "meters", "appliances", "speed"):
        parser.add_argument(f"--{part}", action="store_true")
    parser.add_argument("--starts", type=int, default=6, help="faults of a kind at each meter")
    parser.add_argument("--seed", type=int, default=1, help="another: other hours and days")
    chosen = parser.parse_args()
    every = not (chosen.meters or chosen.appliances or chosen.speed)
    tables: list[Table] = []
    bars: list[Bar] = []
    if every or chosen.meters:
        some = meters(2 if chosen.quick else chosen.starts, chosen.seed)
        tables, bars = tables + some[0], bars + some[1]
    if every or chosen.appliances:
        some = faults_of_appliances()
        tables, bars = tables + some[0], bars + some[1]
    if every or chosen.speed:
        tables.append(speed())
    for table in tables:
        print(table.text(), end="\n\n")
    for bar in bars:
        print(bar)
    if every and not chosen.quick:
        command = "python bench/meters_electricity.py"
        save(Result("meters_electricity", command, False, tables, bars))


if __name__ == "__main__":
    main()
