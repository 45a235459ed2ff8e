"""A desk's meters from real files of readings: homes, a hall of the site's, a pump, a district."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from streetlamp.app.finding_events import Job, Looked, event_of
from streetlamp.app.finding_work import look_through
from streetlamp.app.meter_keeper import MeterKeeper
from streetlamp.meters.options import MeterOptions
from streetlamp.stock.options import StockOptions
from streetlamp.store import FindingRow
from support.lamp import Lamp
from support.meters import home

HOUR, DAY = 3600.0, 86_400.0
DAYS = 56
LEAKS_AT = 50  # the day on which it begins to leak at the home and at the hall
DISTRICT_AT = 48
LEAKY, TIGHT, HALL, PUMP, NORTH = "H-1", "H-2", "hall 3", "pump-1", "North"
OPTIONS = MeterOptions(
    site_meters=("hall*", "pump-?"),
    tariffs={"water": 4.0, "electricity": 0.3},
    currency="EUR",
)


def usage(days: int = DAYS) -> Mapping[tuple[str, str, str], Any]:
    """By meter, kind and unit: what was used in each hour."""
    hours, rng = days * 24, np.random.default_rng(3)
    homes = home(hours, seed=4, n=3)
    leak = np.arange(hours) >= LEAKS_AT * 24
    hour = np.arange(hours) % 24
    inflow = 100 * (1 + 0.5 * np.sin(2 * np.pi * (hour - 9) / 24))
    inflow = inflow * (1 + 0.02 * rng.standard_normal(hours))
    inflow = inflow + 15.0 * (np.arange(hours) >= DISTRICT_AT * 24)
    load = 5 + 2 * (hour > 6) + rng.uniform(0, 0.5, hours)
    return {
        (LEAKY, "water", "L"): homes[:, 0] + 12 * leak,
        (TIGHT, "water", "L"): homes[:, 1],
        (HALL, "water", "L"): homes[:, 2] + 40 * leak,
        (PUMP, "electricity", "kWh"): load,
        (NORTH, "district_inflow", "m3"): inflow,
    }


def write_readings(folder: Path, until: float) -> None:
    """`DAYS` days of hourly readings that end at midnight before ``until``."""
    folder.mkdir(parents=True, exist_ok=True)
    begin = until // DAY * DAY - DAYS * DAY
    with (folder / "readings.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["meter_id", "timestamp", "kind", "interval", "unit"])
        for (name, kind, unit), used in usage().items():
            for at, value in enumerate(used):
                end = datetime.fromtimestamp(begin + (at + 1) * HOUR, UTC).isoformat()
                out.writerow([name, end, kind, f"{value:.2f}", unit])


@dataclass
class SmallMeters:
    """A keeper that was told what one look through the readings came to, in this process."""

    keeper: MeterKeeper
    job: Job
    looked: Looked

    def row(self, meter: str, cause: str = "leak") -> FindingRow:
        """The last finding of a meter."""
        return [one for one in self.looked.rows if (one.subject, one.cause) == (meter, cause)][-1]


def small_meters(folder: Path, lamp: Lamp, options: MeterOptions = OPTIONS) -> SmallMeters:
    """Looks through readings, raises the alarms of what was found, and shows the meters."""
    write_readings(folder / "readings", lamp.clock())
    job = Job("meters", folder / "readings", "UTC", folder, options, StockOptions())
    looked = look_through(job)
    assert looked.trouble == ""
    assert looked.meters is not None
    lamp.findings.put(looked.rows)
    lamp.book.handle_all([event_of(row) for row in looked.rows])
    keeper = MeterKeeper(folder, lamp.clock, options)
    keeper.show(looked.meters)
    desk = lamp.app.state.desk
    desk.services = replace(desk.services, meters=keeper)
    return SmallMeters(keeper, job, looked)
