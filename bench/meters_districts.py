"""Leaks in districts: real inflow with BattLeDIM's leaks put in, and the LeakDB recipe's Hanoi.

    python bench/meters_districts.py             both
    python bench/meters_districts.py real        real inflow: alarms with nothing put in, and delays
    python bench/meters_districts.py hanoi       LeakDB's scores
    python bench/meters_districts.py real --budget 0.3   another budget of false alarms

Beside ours stands minimum night flow as LeakDB publishes it (a day's least half hour or hour
against the least of the ten days before that raised nothing). Rules: nobody looks ahead; a leak's
size is its peak as a share of the district's mean inflow; the delay runs from its true beginning,
in nights; a leak not found within 31 days counts as never found, and the median is over all. What
was raised also with nothing put in counts for nothing. Alarms with nothing put in are an upper
bound of false alarms: real leaks and bursts that nobody labelled are among them. Intervals: Poisson
for alarms, Wilson for shares; the trials of a district share their beginnings and most shapes, so
they are fewer than they look and Wilson's intervals too narrow. What an oracle could find is in
`bench/meters_districts_power.py`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
from meters_districts_data import ZONE, Districts, Scenario, districts, leaks, scenarios
from meters_districts_inject import Record, Trial, listen, night_flow, night_flow_trials, trials
from meters_leakdb import night_flow_alarms, score

from record import Result
from streetlamp.meters.base import Step
from streetlamp.meters.districts.follow import Follow
from streetlamp.meters.districts.options import DistrictOptions
from streetlamp.values import Bools

SHARES: Final = (0.01, 0.02, 0.03, 0.05, 0.1, 0.15)
KINDS: Final = {"abrupt": ("abrupt", "running"), "incipient": ("incipient",)}
NEW_YEAR: Final = 1514764800.0
HALF: Final = 410  # days: half of the records


def poisson(count: int) -> tuple[float, float]:
    """The 95 % interval of a count (Byar's approximation)."""
    low = count * (1 - 1 / (9 * count) - 1.96 / (3 * math.sqrt(count))) ** 3 if count else 0.0
    more = count + 1
    return low, more * (1 - 1 / (9 * more) + 1.96 / (3 * math.sqrt(more))) ** 3


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    p, z = hits / of, 1.96
    middle, half = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


def real(options: DistrictOptions) -> None:
    data, put = districts(), leaks()
    records = listen(data, options)
    _quiet(data, records)
    found: dict[str, list[Trial]] = {"ours": [], "night flow 20 %": [], "night flow 10 %": []}
    for name, record in zip(data.names, records, strict=True):
        rates = np.array([day.rate for day in record.days])
        mean = float(np.nanmean(rates))
        found["ours"] += trials(name, record, mean, put, SHARES)
        starts = [
            at
            for at, day in enumerate(record.days)
            if day.before is not None and at + 30 <= len(rates)
        ]
        for gamma in (0.2, 0.1):
            found[f"night flow {gamma:.0%}".replace("%", " %")] += night_flow_trials(
                name, rates, mean, put, SHARES, starts, gamma
            )
    for kind, kinds in KINDS.items():
        _table(kind, [(w, [t for t in ts if t.leak.kind in kinds]) for w, ts in found.items()])
    abrupt = [t for t in found["ours"] if t.leak.kind in KINDS["abrupt"]]
    _by_district(data, abrupt)
    _by_half(abrupt)


def _quiet(data: Districts, records: list[Record]) -> None:
    print("\nNothing put in: every alarm of the records")
    years = total = 0.0
    nights = {0.2: 0, 0.1: 0}
    for name, record in zip(data.names, records, strict=True):
        years += record.years
        total += len(record.findings)
        rates = np.array([day.rate for day in record.days])
        for gamma in nights:
            alarm = np.concatenate([[False], night_flow(rates, gamma)])
            nights[gamma] += int(np.sum(np.diff(alarm.astype(int)) == 1))
        for one in sorted(record.findings, key=lambda f: f.detected):
            when = datetime.fromtimestamp(one.detected, ZONE).strftime("%Y-%m-%d")
            end = "open" if one.end is None else f"{(one.end - one.start) / 86400:.1f} d"
            print(f"  {name} {when} {one.cause:5} {one.numbers['share']:6.1%} {end}")
    rules = [(f"night flow {100 * gamma:.0f} %", count) for gamma, count in nights.items()]
    for who, count in (("ours", total), *rules):
        low, high = poisson(int(count))
        print(
            f"  {who}: {count:.0f} in {years:.1f} district-years = {count / years:.2f} a year "
            f"({low / years:.2f} to {high / years:.2f})"
        )


def _table(kind: str, rows: Sequence[tuple[str, list[Trial]]]) -> None:
    print(f"\n{kind} leaks: median nights to the finding; found within 7 and 30 nights")
    for who, tried in rows:
        print(f"  {who}")
        for share in SHARES:
            delays = np.array([t.delay for t in tried if t.share == share])
            cells = []
            for nights in (7, 30):
                hits = int((delays <= nights).sum())
                low, high = wilson(hits, len(delays))
                cells.append(f"{hits / len(delays):4.0%} ({low:.0%} to {high:.0%})")
            print(f"    {share:4.0%}: {_nights(np.median(delays)):>8}  {'  '.join(cells)}")


def _by_district(data: Districts, tried: list[Trial]) -> None:
    print("\nabrupt leaks by district: median nights, share found within 30")
    for name in data.names:
        cells = []
        for share in SHARES:
            delays = np.array([t.delay for t in tried if t.share == share and t.district == name])
            cells.append(f"{share:.0%} {_nights(np.median(delays))} {np.mean(delays <= 30):.0%}")
        print(f"  {name}: {'; '.join(cells)}")


def _by_half(tried: list[Trial]) -> None:
    print("\nabrupt leaks by half of the records: median nights, share found within 7 and 30")
    for half, late in (("first", False), ("second", True)):
        cells = []
        for share in SHARES:
            delays = [t.delay for t in tried if t.share == share and (t.start >= HALF) == late]
            got = np.array(delays)
            hits = f"{np.mean(got <= 7):.0%}/{np.mean(got <= 30):.0%}"
            cells.append(f"{share:.0%} {_nights(np.median(got))} {hits}")
        print(f"  {half}: {'; '.join(cells)}")


def _nights(value: float) -> str:
    return "never" if math.isinf(value) else f"{value:.1f}"


def hanoi(options: DistrictOptions) -> None:
    tried = scenarios()
    labels = [one.label for one in tried]
    print("\nLeakDB recipe, Hanoi, half hours, percent")
    rows = [
        (f"night flow {g:.0%}", [night_flow_alarms(s.inflow, g) for s in tried])
        for g in (0.1, 0.2, 0.3)
    ]
    rows.append(("ours", [alarms(one, options) for one in tried]))
    for who, told in rows:
        got = score(labels, told)
        print(
            f"  {who:16} F1 {got.f1:5.1f}  TPR {got.tpr:5.1f}  TNR {got.tnr:6.2f}  "
            f"SED {got.sed:5.1f}"
        )
    print("  each fault's early detection:", " ".join(f"{x:.2f}" for x in got.faults))
    for half in (slice(0, None, 2), slice(1, None, 2)):
        got = score(labels[half], rows[-1][1][half])
        print(f"  every other scenario: F1 {got.f1:.1f} TNR {got.tnr:.2f} SED {got.sed:.1f}")


def alarms(scenario: Scenario, options: DistrictOptions) -> Bools:
    """(steps,) whether a finding is open as it was told by then."""
    follow = Follow(["hanoi"], options)
    told = np.zeros(len(scenario.inflow), bool)
    nothing = np.full(1, np.nan)
    begun: set[str] = set()
    for at, flow in enumerate(scenario.inflow.tolist()):
        begin = NEW_YEAR + 1800.0 * at
        step = Step(
            begin, begin + 1800, at // 2 % 24, at // 48 % 7, False, np.array([flow / 2]), nothing
        )
        for one in follow.update(step):
            if one.end is None:
                begun.add(one.id)
            else:
                begun.discard(one.id)
        told[at] = bool(begun)
    return told


def _real(result: Result, args: argparse.Namespace) -> None:
    real(DistrictOptions())


def _hanoi(result: Result, args: argparse.Namespace) -> None:
    hanoi(DistrictOptions())


PARTS = {"hanoi": _hanoi, "districts": _real}  # they print as they go


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", nargs="*", help="real, hanoi; both where none is named")
    parser.add_argument("--budget", type=float, help="false alarms a district-year")
    chosen = parser.parse_args()
    options = (
        DistrictOptions(alarms_per_meter_year=chosen.budget) if chosen.budget else DistrictOptions()
    )
    for part in chosen.part or ["hanoi", "real"]:
        {"real": real, "hanoi": hanoi}[part](options)


if __name__ == "__main__":
    main()
