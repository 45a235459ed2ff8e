"""Simulates tanks and depots with the effects that the shared sets' META.txt files document.

Written for this bench, to have as many clean store-years and events as thresholds need; what is
measured on it says how well arithmetic and model agree, not how the world behaves. The shared sets
are made by another generator, which this one has not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streetlamp.stock.ledger.entries import Entry, EntryKind
from streetlamp.stock.ledger.stores import Store, StoreOptions
from streetlamp.stock.physics.charts import horizontal_cylinder

DAY = 86400.0
EXPANSION = {"petrol": 0.00125, "diesel": 0.00083}
SIZES = ((1600, 5000), (2000, 6400), (2500, 6100), (2500, 8150))  # diameter, length, mm


@dataclass(frozen=True)
class Label:
    kind: str  # none, leak, theft …
    day: int
    size: float


def tank(  # noqa: PLR0915  # one day after the other, as it happens
    name: str, kind: str, rng: np.random.Generator, days: int = 365
) -> tuple[Store, list[Entry], Label]:
    """A year of one tank, with one event of ``kind`` or none."""
    diameter, length = SIZES[rng.integers(len(SIZES))]
    chart = horizontal_cylinder(diameter, length)
    product = str(rng.choice(["petrol", "diesel"]))
    alpha, capacity = EXPANSION[product], chart.capacity
    pace = float(np.exp(rng.uniform(np.log(450), np.log(6000))))
    while pace > capacity / 4:
        pace /= 2
    label = Label(kind, int(rng.integers(150, 300)) if kind != "none" else 9999, 0.0)
    label = Label(kind, label.day, _size(kind, rng, capacity))
    height = np.linspace(0, diameter, 2001)
    k = np.arange(1, 7)
    wave = np.sin(2 * np.pi * k * height[:, None] / diameter + rng.uniform(0, 2 * np.pi, 6))
    true = chart.volume(height) * (1 + 0.0015 * rng.normal())
    true = true + wave @ (0.0008 * capacity * rng.normal(size=6) / np.sqrt(6))
    true = np.maximum.accumulate(true)
    phase, wobble = rng.uniform(0, 2 * np.pi), 0.0
    bias, stock = 0.001 * rng.normal(), 0.6 * capacity
    due = False
    entries: list[Entry] = []
    cut_before = 0.0
    for day in range(-1, days):
        t = 15 + 8.5 * np.sin(2 * np.pi * day / 365 + phase) + wobble
        wobble = 0.75 * wobble + 0.27 * rng.normal()
        t_next = 15 + 8.5 * np.sin(2 * np.pi * (day + 1) / 365 + phase) + wobble
        warm = 1 + alpha * (t_next - 15)
        if day >= 0:
            sold = pace * np.exp(0.2 * rng.normal() - 0.02)
            drift = np.clip((day - label.day) / 60, 0, 1) * label.size
            shown = sold * (1 + bias + (drift if kind == "meter_drift" else 0))
            stock -= sold / (1 + alpha * (t - 15))
            stock -= (0.00012 if product == "petrol" else 0.0) * sold
            cut = 6 * rng.normal() * pace / 1440
            noon = (day + 0.5) * DAY
            entries.append(
                Entry(name, EntryKind.ISSUE, noon, max(shown + cut - cut_before, 0), "L",
                      "dispenser")
            )  # fmt: skip
            cut_before = cut
            if stock < 0.3 * capacity:
                document = np.floor(0.65 * capacity / 500) * 500
                real = document * (1 + 0.0012 * rng.normal())
                if kind.startswith("delivery_short") and day >= label.day:
                    if kind.endswith("all") or not due:
                        real *= 1 - label.size
                    due = True
                load = t + 1.5 + 3 * rng.normal()
                stock += real / (1 + alpha * (load - 15))
                entries.append(
                    Entry(name, EntryKind.RECEIPT, noon, document, "L", "delivery document")
                )
            if kind == "leak" and day >= label.day:
                level = np.interp(stock * warm, true, height) / diameter
                stock -= 24 * label.size * np.sqrt(max(level, 0.01) / 0.5)
            if kind == "theft" and day == label.day:
                stock -= label.size
            if kind == "water_in" and day >= label.day:
                stock += label.size
        h = float(np.interp(stock * warm, true, height)) + 0.3 * rng.normal()
        closing = (day + 1) * DAY
        entries += [
            Entry(name, EntryKind.STOCK_TAKE, closing, float(chart.volume(np.array(h))), "L",
                  "gauge"),
            Entry(name, EntryKind.LEVEL, closing, h, "mm", "gauge"),
            Entry(name, EntryKind.TEMPERATURE, closing, round(t_next + 0.1 * rng.normal(), 1), "°C",
                  "thermometer"),
        ]  # fmt: skip
    return Store(name, StoreOptions(form="tank", product=product), chart), entries, label


def _size(kind: str, rng: np.random.Generator, capacity: float) -> float:
    match kind:
        case "leak":
            return float(rng.uniform(0.8, 6))
        case "theft":
            return float(rng.uniform(80, 500))
        case "meter_drift":
            return float(rng.uniform(0.0025, 0.008) * rng.choice([-1, 1]))
        case "delivery_short_once":
            return float(rng.uniform(0.02, 0.06))
        case "delivery_short_all":
            return float(rng.uniform(0.004, 0.012))
        case "water_in":
            return float(rng.uniform(3, 25))
    return 0.0


def depot(
    name: str, form: str, kind: str, size: float, rng: np.random.Generator, days: int = 365
) -> tuple[Store, list[Entry], Label]:
    """A year of one depot; ``form`` is bags or loose, ``size`` t, t/day or share by ``kind``."""
    stock, bias = float(rng.uniform(600, 1500)), 0.0005 * rng.normal()
    density, handling = 0.004 * rng.normal(), rng.uniform(0.0005, 0.002)
    label = Label(kind, int(rng.integers(120, 240)) if kind != "none" else 9999, size)
    step = 7 if form == "bags" else 14
    method = "count of 600 kg bags" if form == "bags" else "survey"
    late = int(np.ceil(label.day / step) * step)
    entries = [Entry(name, EntryKind.STOCK_TAKE, DAY, round(stock, 2), "t", "opening")]

    def weigh(tonnes: float) -> float:
        return round((tonnes * (1 + bias) + 0.02 * rng.normal()) / 0.02) * 0.02

    for day in range(1, days):
        noon = (day + 0.5) * DAY
        for _ in range(rng.poisson(1.1) if stock < 1600 else 0):
            load = rng.uniform(25, 30)
            short = kind == "short_in" and day >= label.day
            stock += load * (1 - size if short else 1)
            entries.append(Entry(name, EntryKind.RECEIPT, noon, weigh(load), "t", "weighbridge"))
        for _ in range(rng.poisson(2.0)):
            load = float(rng.choice([0.6, 6.0, 12.0, 24.0, 28.2]))
            if load < stock - 50:
                stock -= load * (1 + handling)
                entries.append(Entry(name, EntryKind.ISSUE, noon, weigh(load), "t", "weighbridge"))
        if (kind == "one_off" and day == label.day) or (kind == "protracted" and day >= label.day):
            stock -= size
        if day % step == 0:
            if form == "bags":
                bags = np.round(stock / 0.6) + rng.choice([-1, 0, 1], p=[0.055, 0.89, 0.055])
                seen = bags * 0.6
            else:
                seen = stock * (1 + density) * (1 + 0.015 * rng.normal())
            seen += size if kind == "count_error" and day == late else 0.0
            take = Entry(name, EntryKind.STOCK_TAKE, (day + 1) * DAY, round(seen, 2), "t", method)
            entries.append(take)
    return Store(name, StoreOptions(form="bulk")), entries, label
