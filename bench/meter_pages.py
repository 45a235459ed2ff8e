"""What the pages of meters cost: in a look through all readings, and when somebody opens one.

    python bench/meter_pages.py [--meters N] [--days N]

Invented homes (as in `meters_speed`), once all taken for households', once for the site's.
Seconds are the processor's. A look without pages, and one of each kind with them, take turns; the
pages of a look go to an empty folder.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from meters_speed import BEGIN, uses

from record import Bar, Table
from streetlamp.app.meter_pages import PageWriter, read_page
from streetlamp.desk.wire_meters import MeterOut
from streetlamp.meters.kinds import KINDS
from streetlamp.meters.panel import Panel, panels
from streetlamp.meters.readings import Series
from streetlamp.meters.scan import Progress, Scan
from streetlamp.meters.zone import Zone

ROUNDS = 3
LEAKY = 20  # every so manieth leaks in the last two weeks
HOUSEHOLDS, SITE = (), ("*",)
ZONE = Zone(ZoneInfo("UTC"))


def homes(n: int, days: int) -> list[Panel]:
    used = uses(days * 24, n)
    used[-14 * 24 :, ::LEAKY] += 10.0
    time_ = BEGIN + (np.arange(days * 24) + 1) * 3600.0
    none = np.zeros(len(time_), np.uint8)
    return panels(
        Series(f"M{at:04d}", KINDS["water"], time_, used[:, at], False, none, np.zeros(0))
        for at in range(n)
    )


def look(made: list[Panel], site: tuple[str, ...] | None, folder: Path) -> tuple[float, PageWriter]:
    """CPU s of a look; site: None makes no pages."""
    begin = time.process_time()
    scan = Scan(ZONE, panels=made)
    pages = PageWriter(folder, ZONE, scan.book, site or ())
    scan.replay(None, Progress(), over=None if site is None else pages.over)
    pages.close()
    return time.process_time() - begin, pages


def page(folder: Path, pages: PageWriter) -> tuple[float, int]:
    """(median CPU ms, bytes) of the answers to those who open the pages of a look."""
    spent, size = [], 0
    for meter in pages.meters[::LEAKY]:
        begin = time.process_time()
        chart = read_page(folder, meter.id)
        assert chart is not None
        size = len(MeterOut.of(meter, chart, {}, 4.0, "EUR", 0.0).model_dump_json())
        spent.append(time.process_time() - begin)
    return statistics.median(spent) * 1000, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=300)
    parser.add_argument("--days", type=int, default=365)
    asked = parser.parse_args()
    made = homes(asked.meters, asked.days)
    kinds: dict[str, tuple[str, ...] | None] = {
        "no pages": None, "pages, all households": HOUSEHOLDS, "pages, all the site's own": SITE,
    }  # fmt: skip
    spent: dict[str, list[float]] = {name: [] for name in kinds}
    rows, worst = [], 0.0
    for turn in range(ROUNDS):
        for name, site in kinds.items():
            with tempfile.TemporaryDirectory() as folder:
                cpu, pages = look(made, site, Path(folder))
                spent[name].append(cpu)
                if turn == ROUNDS - 1 and site is not None:
                    files = list(Path(folder).iterdir())
                    kept = sum(one.stat().st_size for one in files) / 1e6
                    ms, size = page(Path(folder), pages)
                    worst = max(worst, ms)
                    rows.append([name, str(len(files)), f"{kept:.1f}", f"{ms:.0f}", str(size)])
    plain = spent["no pages"]
    ratios = {
        name: statistics.median(a / b for a, b in zip(values, plain, strict=True))
        for name, values in spent.items()
    }
    title = f"A look through {asked.meters} meters and {asked.days} days"
    told = [[n, f"{statistics.median(spent[n]):.1f}", f"{ratios[n]:.2f}"] for n in kinds]
    print(Table(title, ["", "CPU s", "x no pages"], told).text())
    print(Table("Pages", ["", "files", "MB", "CPU ms to open one", "bytes sent"], rows).text())
    print(Bar("to open a page, CPU ms", worst, 1000.0))


if __name__ == "__main__":
    main()
