"""Months of a station's tanks, made up from documented errors: true losses are known exactly.

The effects and their sizes are those that the SIR page lists (chart, temperature, reading and
cut-off, dispensers, deliveries, evaporation). It is not the reference data's own generator: tanks
made here are many and free, to count rare verdicts; the reference sets are what is judged by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from streetlamp.stock.physics.charts import Chart, horizontal_cylinder, write_chart
from streetlamp.stock.sir.options import DIESEL, PER_DAY, PETROL, Product
from streetlamp.stock.sir.records import Tank

CHARTS = tuple(
    horizontal_cylinder(across, volume * 1e6 / (math.pi * (across / 2) ** 2))
    for across, volume in ((1600, 10_000), (2000, 20_000), (2500, 30_000), (2500, 40_000))
)


@dataclass(frozen=True)
class Site:
    """What is drawn once for a tank."""

    chart: Chart
    product: Product
    throughput: float  # L/day
    gauge: str  # atg, stick


def site(random: np.random.Generator, gauge: str) -> Site:
    chart = CHARTS[int(random.integers(4))]
    return Site(
        chart=chart,
        product=(PETROL, DIESEL)[int(random.integers(2))],
        throughput=float(np.exp(random.uniform(math.log(300), math.log(chart.capacity / 4)))),
        gauge=gauge,
    )


def month(
    random: np.random.Generator,
    here: Site,
    leak: float = 0.0,
    *,
    name: str = "1",
    days: int = 60,
    leak_from: int = 30,
    told: bool = False,
) -> Tank:
    """Records of ``days`` days; ``leak`` gal/h from day ``leak_from``. ``told``: which product."""
    chart, capacity, alpha = here.chart, here.chart.capacity, here.product.expansion
    scale = random.normal(0, 0.0015)
    wave = random.normal(0, 0.0008 / math.sqrt(2), (6, 2)) / np.arange(1, 7)[:, None]
    bias, warm = random.normal(0, 0.001), random.normal(2.0, 0.5)
    phase, mean, swing = random.uniform(0, 365), random.uniform(9, 15), random.uniform(4, 8)
    wander = np.cumsum(random.normal(0, 0.15, days + 1))
    warmth = mean + swing * np.sin(2 * math.pi * (np.arange(days + 1) + phase) / 365) + wander
    grid = np.linspace(0, 1, 2001)
    turns = 2 * math.pi * np.arange(1, 7)[:, None] * grid
    wrong = scale * grid + (wave[:, :1] * np.sin(turns) + wave[:, 1:] * np.cos(turns)).sum(0)
    true = (grid + wrong - wrong[0]) * capacity  # what is there where the chart says grid

    def read(stock: float, rate: float, celsius: float) -> tuple[float, float, float]:
        now = stock * (1 + alpha * (celsius - 15)) + random.normal(0, 0.0042) * rate
        charted = float(np.interp(now, true, grid * capacity))
        height = float(chart.height(np.array(charted)))
        height += random.normal(0, 0.3 if here.gauge == "atg" else 3.0)
        height = min(max(height, 5.0), chart.top - 5)
        if here.gauge == "stick":
            height = round(height / 3.175) * 3.175
        volume = float(chart.volume(np.array(height)))
        probe = celsius + random.normal(0, 0.15) if here.gauge == "atg" else math.nan
        return round(height, 1), round(volume, 1), round(probe, 1)

    stock = random.uniform(0.4, 0.9) * capacity  # at 15 °C
    sells = np.maximum(random.normal(1, 0.24, days + 1), 0.2) * here.throughput
    opened = read(stock, sells[0], warmth[0])
    rows = []
    for day in range(days):
        celsius = (warmth[day] + warmth[day + 1]) / 2
        delivered = 0.0
        if stock - sells[day] < 0.32 * capacity:
            delivered = math.floor((0.92 * capacity - stock + sells[day]) / 500) * 500.0
            load = celsius + warm + random.normal(0, 3.3)
            real = delivered * (1 + random.normal(0, 0.0012))
            stock += real * (1 - alpha * (load - 15))
        stock -= sells[day] * (1 - alpha * (celsius - 15)) * (1 + here.product.evaporation)
        if day >= leak_from:
            stock -= leak * PER_DAY
        metered = sells[day] * (1 + bias + random.normal(0, 0.0007))
        closed = read(stock, sells[day], warmth[day + 1])
        rows.append((day, *opened, round(metered, 1), delivered, *closed))
        opened = closed
    columns = np.array(rows, float).T
    return Tank(
        name, chart, here.product.name if told else None,
        columns[0], columns[1], columns[6], columns[2], columns[7], columns[3], columns[8],
        columns[4], columns[5],
    )  # fmt: skip


def write_folder(folder: Path, tanks: list[Tank]) -> None:
    """The tanks as the command reads them."""
    charts: list[Chart] = []
    lines = [
        "dataset,day,open_h_mm,open_l,open_t_c,sales_l,delivery_doc_l,close_h_mm,close_l,close_t_c"
    ]
    for tank in tanks:
        if not any(tank.chart is chart for chart in charts):
            charts.append(tank.chart)
        columns: list[Any] = [
            tank.day, tank.open_height, tank.open_volume, tank.open_temperature, tank.sales,
            tank.delivered, tank.close_height, tank.close_volume, tank.close_temperature,
        ]  # fmt: skip
        for row in zip(*columns, strict=True):
            cells = ["" if math.isnan(value) else f"{value:g}" for value in row[:1]]
            cells += ["" if math.isnan(value) else f"{value:.1f}" for value in row[1:]]
            lines.append(",".join([tank.name, *cells]))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inventory.csv").write_text("\n".join(lines) + "\n", "utf-8")
    for number, chart in enumerate(charts, 1):
        write_chart(folder / f"chart_{number}.csv", chart)
