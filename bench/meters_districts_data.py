"""Readings and leaks of the district sets, as `bench/meters_districts.py` uses them."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.base import Step

ROOT: Final = Path(__file__).resolve().parent.parent
DATA: Final = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data" / "meters"
ZONE: Final = ZoneInfo("Europe/Rome")
HOUR: Final = 3600.0


def _table(path: Path) -> tuple[list[str], list[str], Doubles]:
    """(names, first column, the other columns as numbers, NaN for nothing) of a CSV."""
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    values = [[float(cell) if cell else np.nan for cell in row[1:]] for row in rows[1:]]
    return rows[0][1:], [row[0] for row in rows[1:]], np.array(values)


@dataclass(frozen=True, eq=False)
class Districts:
    """The real inflows: hour after hour from the first of January 2021."""

    names: list[str]
    begin: Doubles  # (t,) POSIX
    inflow: Doubles  # (t, n) m3/h
    temperature: Doubles  # (t,) °C
    rain: Doubles  # (t,) mm

    def steps(self, *, weather: bool = True) -> Iterator[Step]:
        empty = np.full(len(self.names), np.nan)
        holidays = {day for year in range(2021, 2024) for day in italian_holidays(year)}
        for at, begin in enumerate(self.begin.tolist()):
            local = datetime.fromtimestamp(begin, ZONE)
            beside = {"temperature": self.temperature[at], "rain": self.rain[at]}
            yield Step(
                begin, begin + HOUR, local.hour, local.weekday(), local.date() in holidays,
                self.inflow[at], empty, beside if weather else {},
            )  # fmt: skip


def italian_holidays(year: int) -> list[date]:
    fixed = ((1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26))
    easter = {2021: date(2021, 4, 4), 2022: date(2022, 4, 17), 2023: date(2023, 4, 9)}[year]
    return [date(year, m, d) for m, d in fixed] + [easter + timedelta(days=1)]


def districts() -> Districts:
    folder = DATA / "bwdf_dma_inflow"
    names, _, inflow = _table(folder / "inflow_lps_hourly.csv")
    _, _, weather = _table(folder / "weather_hourly.csv")
    first = datetime(2021, 1, 1, tzinfo=ZONE).timestamp()
    begin = first + HOUR * np.arange(len(inflow))
    return Districts(names, begin, inflow * 3.6, weather[:, 1], weather[:, 0])


@dataclass(frozen=True, eq=False)
class Leak:
    """A leak's hourly flow from its first hour on, as shares of its peak."""

    pipe: str
    kind: str  # abrupt, incipient; "running" where it had its peak before the record begins
    flow: Doubles


def leaks() -> list[Leak]:
    """BattLeDIM's, from the hour they begin in 2019."""
    folder = DATA / "battledim_leaks"
    names, _, flow = _table(folder / "leak_flow_m3h_5min_2019.csv.gz")
    with (folder / "leaks.csv").open(encoding="utf-8", newline="") as file:
        kinds = {row["pipe"]: row["type"] for row in csv.DictReader(file)}
    found = []
    for column, name in enumerate(names):
        hourly = flow[: len(flow) // 12 * 12, column].reshape(-1, 12).mean(axis=1)
        first = int(np.flatnonzero(hourly > 0)[0])
        kind = "running" if first == 0 else kinds[name]
        found.append(Leak(name, kind, hourly[first:] / hourly.max()))
    return found


@dataclass(frozen=True, eq=False)
class Scenario:
    """One year of the LeakDB recipe on the Hanoi network: 30 min steps from 1 January."""

    name: str
    inflow: Doubles  # (17520,) m3/h
    pressure: Doubles  # (17520, 4) m
    label: Doubles  # (17520,) 1 where something leaks


def scenarios() -> list[Scenario]:
    folder = DATA / "leakdb_recipe_hanoi"
    found = []
    for path in sorted(folder.glob("s[0-9][0-9].csv.gz")):
        name = path.name[:3]
        with gzip.open(path, "rt") as file:
            values = np.genfromtxt(file, delimiter=",", skip_header=1)
        with gzip.open(folder / f"{name}_label.csv.gz", "rt") as file:
            label = np.genfromtxt(file)
        found.append(Scenario(name, values[:, 0], values[:, 1:], label))
    return found
