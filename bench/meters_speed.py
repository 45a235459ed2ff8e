"""How fast: 1,000 hourly meters for a year, and one hour of 100,000 meters.

Beside it the floor: numpy alone counting hours without a standstill, the common 24-hour rule, over
the same arrays; and the same file in pandas and in river, in an environment of their own. Seconds
are the processor's, of one core, but for two processes the clock's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from process import PEERS, peers_ready

from record import ROOT, Bar, Result, Table
from streetlamp.meters.base import Step
from streetlamp.meters.budget import make_causes
from streetlamp.meters.scan import Progress, Scan
from streetlamp.meters.zone import Zone

YEAR = 8766
BEGIN = 1_767_225_600.0  # 2026-01-01


def uses(hours: int, n: int, seed: int = 3) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(hours, n) litres of invented homes: still at night, and half of the day."""
    rng = np.random.default_rng(seed)
    still = np.where((np.arange(hours) % 24 < 6)[:, None], 0.9, 0.5)
    flows = np.ceil(rng.exponential(15.0, (hours, n)))
    return np.where(rng.uniform(size=(hours, n)) < still, 0.0, flows)


def _floor(used: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    begin = time.process_time()
    run = np.zeros(used.shape[1])
    for row in used:
        run = np.where(row > 0, run + 1, 0)
        _ = run >= 24
    return time.process_time() - begin


def _peers(path: Path) -> dict[str, float]:
    """CPU seconds of the same file in pandas and river; empty where they cannot be had."""
    missing = peers_ready()
    if missing:
        print(f"pandas and river are left out: {missing}", file=sys.stderr)
        return {}
    program = ROOT / "bench" / "peers" / "meters_year.py"
    done = subprocess.run(
        [str(PEERS / "bin" / "python"), str(program), str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    return {
        "pandas: reading, and the 24-hour rule alone": told["pandas"],
        "river: reading, and one Page-Hinkley test a meter": told["river"],
    }


def speed(result: Result, args: argparse.Namespace) -> None:
    hours = YEAR // 12 if args.quick else YEAR
    n = 1000
    used = uses(hours, n)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "year.csv"
        with path.open("w") as out:
            out.write("meter_id,timestamp,kind,interval,unit,quality\n")
            stamps = np.datetime_as_string(
                np.datetime64("2026-01-01T01:00:00") + np.arange(hours) * np.timedelta64(1, "h")
            )
            for row, stamp in zip(used, stamps, strict=True):
                out.writelines(f"M{i:04d},{stamp},water,{v:.0f},L,\n" for i, v in enumerate(row))
        size = path.stat().st_size / 1e6
        peers = _peers(path)
        scan = Scan(Zone(ZoneInfo("UTC")))
        begin = time.process_time()
        scan.read([path], BEGIN + 400 * 86400, Progress())
        read = time.process_time() - begin
    begin = time.process_time()
    scan.replay(None, Progress())
    looked = time.process_time() - begin
    begin = time.monotonic()
    Scan(scan.zone, panels=scan.panels).replay(None, Progress(), 2)
    shared = time.monotonic() - begin
    floor = _floor(used)
    share = hours / YEAR
    rows = [
        [f"reading {size:.0f} MB of CSV", f"{read:.1f}", f"{read / floor:.0f}"],
        ["looking, all causes of water", f"{looked:.1f}", f"{looked / floor:.0f}"],
        ["the same by two processes, by the clock", f"{shared:.1f}", f"{shared / floor:.0f}"],
        ["numpy floor: the 24-hour rule alone", f"{floor:.2f}", "1"],
        *([name, f"{spent:.1f}", f"{spent / floor:.0f}"] for name, spent in peers.items()),
    ]
    result.tables.append(
        Table(f"1,000 meters, {hours} hours: CPU seconds", ["", "s", "x floor"], rows)
    )
    result.bars.append(
        Bar("1,000 meters x 1 year on 2 cores, s", (read + shared) / share, 60.0)
    )
    many = 20_000 if args.quick else 100_000
    causes = make_causes("water", tuple(str(i) for i in range(many)), None)
    used = uses(30, many)
    register = used.cumsum(axis=0)
    spent = []
    for at in range(30):
        begin = time.process_time()
        step = Step(
            BEGIN + at * 3600, BEGIN + at * 3600 + 3600, at % 24, at // 24, False,
            used[at], register[at],
        )  # fmt: skip
        for cause in causes:
            cause.update(step)
        spent.append(time.process_time() - begin)
    once = float(np.median(spent[3:]))
    floor = _floor(used) / 30
    result.tables.append(
        Table(
            f"One hour of {many} meters: CPU seconds", ["", "s", "x floor"],
            [["all causes of water", f"{once:.2f}", f"{once / floor:.0f}"],
             ["numpy floor: the 24-hour rule alone", f"{floor:.4f}", "1"]],
        )
    )  # fmt: skip
    result.bars.append(Bar(f"an hour of {many} meters, CPU s", once, 60.0))


PARTS: dict[str, Callable[[Result, argparse.Namespace], None]] = {"speed": speed}
