"""Daily inventory records as they come: CSV rows, checked one by one, and what is wrong."""

from __future__ import annotations

import csv
import gzip
import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from streetlamp.errors import UserError
from streetlamp.stock.arrays import Reals
from streetlamp.stock.physics.charts import Chart, read_chart

NAMES: Final = ("inventory.csv", "inventory.csv.gz")
NEEDED: Final = ("day", "open_h_mm", "sales_l", "delivery_doc_l", "close_h_mm")
WHEN: Final = ("open", "close")
MOST: Final = 5  # times a tank's capacity that may be sold or delivered in a day
COLDEST: Final = -60.0  # °C
HOTTEST: Final = 80.0
FITS: Final = 0.002  # of the capacity: a chart whose volumes are nearer than this is the tank's


@dataclass(frozen=True, slots=True)
class Problem:
    """A row (or a whole tank) that could not be used, and why."""

    dataset: str
    row: int  # of the file, headings are row 1; 0 for the tank as a whole
    what: str


@dataclass(frozen=True, slots=True, eq=False)
class Tank:
    """One tank's days, ascending: arrays (n,), NaN where nothing was read."""

    name: str
    chart: Chart
    product: str | None  # None: not told
    day: Reals
    open_height: Reals  # mm
    close_height: Reals
    open_volume: Reals  # L, as charted
    close_volume: Reals
    open_temperature: Reals  # °C
    close_temperature: Reals
    sales: Reals  # L, dispensers' totals
    delivered: Reals  # L, by document


def read_folder(folder: Path) -> tuple[list[Tank], list[Problem]]:
    """The tanks of a folder in the order of the file, and every row that was left out.

    UserError where there is no inventory, a column is missing, or no tank is left.
    """
    path = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if path is None:
        raise UserError(f"{folder}: holds no inventory.csv or inventory.csv.gz.")
    charts = {
        chart.stem.removeprefix("chart_"): read_chart(chart)
        for chart in sorted(folder.glob("chart_*.csv"))
    }
    if not charts:
        raise UserError(f"{folder}: holds no chart_*.csv, the tanks' strapping tables.")
    known = _known(folder / "tanks.csv")
    rows, problems = _rows(path)
    tanks = []
    for name, days in rows.items():
        told = known.get(name, {})
        chart = _chart(days, charts, told.get("tank_chart"))
        if isinstance(chart, str):
            problems.append(Problem(name, 0, chart))
            continue
        good, bad = _checked(name, days, chart)
        problems += bad
        if good:
            tanks.append(_tank(name, good, chart, told.get("product")))
        else:
            problems.append(Problem(name, 0, "no row of it can be used"))
    if not tanks:
        said = f" First: {problems[0].what}" if problems else ""
        raise UserError(f"{path}: no tank can be reconciled.{said}")
    return tanks, problems


def _open(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}).") from error
    rows = csv.reader(text.splitlines())
    heads = [cell.strip() for cell in next(rows, [])]
    yield 1, dict.fromkeys(heads, "")
    for number, row in enumerate(rows, 2):
        if any(cell.strip() for cell in row):
            cells = [cell.strip() for cell in row]
            yield number, dict(zip(heads, cells, strict=False)) | {"": str(len(row) - len(heads))}


def _known(path: Path) -> dict[str, dict[str, str]]:
    """What tanks.csv says: each tank's chart and product. Nothing where there is no such file."""
    if not path.is_file():
        return {}
    rows = _open(path)
    _, heads = next(rows)
    if "tank" not in heads:
        raise UserError(f"{path}: has no column tank.")
    return {row["tank"]: row for _, row in rows if row.get("tank")}


def _rows(path: Path) -> tuple[dict[str, dict[float, dict[str, float]]], list[Problem]]:
    rows = _open(path)
    _, heads = next(rows)
    key = next((each for each in ("dataset", "tank") if each in heads), None)
    missing = [each for each in NEEDED if each not in heads]
    if key is None or missing:
        names = ", ".join(missing) if key else "dataset (or tank)"
        raise UserError(f"{path}: lacks the column {names}.")
    good: dict[str, dict[float, dict[str, float]]] = {}
    problems: list[Problem] = []
    for number, row in rows:
        name = row.get(key, "")
        values = _values(row, key)
        if not name:
            problems.append(Problem("", number, f"says no {key}"))
        elif isinstance(values, str):
            good.setdefault(name, {})
            problems.append(Problem(name, number, values))
        elif values["day"] in good.setdefault(name, {}):
            problems.append(Problem(name, number, f"day {values['day']:g} stands here again"))
        else:
            good[name][values["day"]] = values | {"row": number}
    return good, problems


def _values(row: Mapping[str, str], key: str) -> dict[str, float] | str:
    if row[""] != "0":
        return "has more or fewer cells than the headings"
    values = {}
    for column, cell in row.items():
        if column in ("", key):
            continue
        try:
            values[column] = float(cell) if cell else math.nan
        except ValueError:
            if column in NEEDED:
                return f"{column} is {cell!r}, not a number"
            values[column] = math.nan
        if math.isinf(values[column]):
            return f"{column} is {cell!r}"
    if not values["day"].is_integer():
        return f"day is {row['day']!r}, not a whole number"
    for column in ("sales_l", "delivery_doc_l"):
        if math.isnan(values[column]) or values[column] < 0:
            return f"{column} is {row[column]!r}: it must be 0 or above"
    return values


def _checked(
    name: str, days: Mapping[float, Mapping[str, float]], chart: Chart
) -> tuple[list[Mapping[str, float]], list[Problem]]:
    """The rows in the order of days, without those that cannot be; and what is wrong with which.

    A height that the chart does not reach is left out; the day's sales are kept.
    """
    good: list[Mapping[str, float]] = []
    bad: list[Problem] = []
    for day in sorted(days):
        row = dict(days[day])
        number = int(row["row"])
        for column in ("sales_l", "delivery_doc_l"):
            if row[column] > MOST * chart.capacity:
                what = f"{column} is {row[column]:g} L in a tank of {chart.capacity:g} L"
                bad.append(Problem(name, number, what))
                break
        else:
            for column in ("open_h_mm", "close_h_mm"):
                if not np.isnan(row[column]) and np.isnan(chart.volume(np.array(row[column]))):
                    what = f"{column} is {row[column]:g} mm, the chart ends at {chart.top:g} mm"
                    bad.append(Problem(name, number, what))
                    row[column] = math.nan
            for column in ("open_t_c", "close_t_c"):
                if not COLDEST < row.get(column, 0.0) < HOTTEST:
                    if not math.isnan(row[column]):
                        bad.append(Problem(name, number, f"{column} is {row[column]:g} °C"))
                    row[column] = math.nan
            good.append(row)
    return good, bad


def _tank(
    name: str, rows: Sequence[Mapping[str, float]], chart: Chart, product: str | None
) -> Tank:
    names = (*NEEDED, "open_l", "close_l", "open_t_c", "close_t_c")
    columns = {each: np.array([row.get(each, math.nan) for row in rows], float) for each in names}
    charted = []
    for when in WHEN:
        height, volume = columns[f"{when}_h_mm"], columns[f"{when}_l"]
        own = chart.volume(height)
        near = np.abs(volume - own) < FITS * chart.capacity
        charted.append(np.where(near, volume, own))  # less rounded than the height
    return Tank(
        name=name,
        chart=chart,
        product=product or None,
        day=columns["day"],
        open_height=columns["open_h_mm"],
        close_height=columns["close_h_mm"],
        open_volume=charted[0],
        close_volume=charted[1],
        open_temperature=columns["open_t_c"],
        close_temperature=columns["close_t_c"],
        sales=columns["sales_l"],
        delivered=columns["delivery_doc_l"],
    )


def _chart(
    days: Mapping[float, Mapping[str, float]], charts: Mapping[str, Chart], told: str | None
) -> Chart | str:
    """The chart that is told, or the one whose volumes are the recorded ones."""
    if told:
        told = re.sub(r"^chart_|\.csv$", "", told)
        return charts.get(told, f"tanks.csv names chart_{told}.csv, which is not there")
    height, volume = (
        np.array([row.get(f"{when}_{what}", math.nan) for row in days.values() for when in WHEN])
        for what in ("h_mm", "l")
    )
    here = ~np.isnan(height) & ~np.isnan(volume)
    if not here.any():
        if len(charts) == 1:
            return next(iter(charts.values()))
        return "no volumes are recorded to tell its chart by: name it in tanks.csv"
    best, off = None, math.inf
    for chart in charts.values():
        apart = np.abs(chart.volume(height[here]) - volume[here]) / chart.capacity
        middle = float(np.median(np.nan_to_num(apart, nan=1.0)))
        if middle < off:
            best, off = chart, middle
    if best is None or off > FITS:
        return "no chart gives the recorded volumes: name the right one in tanks.csv"
    return best
