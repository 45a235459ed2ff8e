"""Stores with a ledger made here: quiet but for what a test puts in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from streetlamp.stock.balance.close import close
from streetlamp.stock.balance.series import Balances
from streetlamp.stock.ledger.entries import Entry, EntryKind, in_force
from streetlamp.stock.ledger.stores import Store, StoreOptions
from streetlamp.stock.physics.charts import horizontal_cylinder

DAY = 86400.0
Loss = Callable[[int], float]


def numbered(entries: list[Entry]) -> list[Entry]:
    return [replace(one, seq=number) for number, one in enumerate(entries, 1)]


def tank_story(
    days: int,
    loss: Loss = lambda day: 0.0,
    *,
    short: Loss = lambda day: 0.0,
    meter: Loss = lambda day: 0.0,
    seed: int = 1,
    pace: float = 900.0,
) -> tuple[Store, list[Entry]]:
    """A diesel tank of 20 m³ at 15 °C that loses ``loss`` (L) on a day, whose deliveries lack the
    share ``short`` and whose dispensers show the share ``meter`` too little."""
    rng = np.random.default_rng(seed)
    chart = horizontal_cylinder(2000, 6400)
    stock, entries = 12_000.0, []
    for day in range(-1, days):
        if day >= 0:
            noon = (day + 0.5) * DAY
            sold = pace * float(rng.uniform(0.7, 1.3))
            stock -= sold + loss(day)
            shown = sold * (1 - meter(day))
            entries.append(Entry("t", EntryKind.ISSUE, noon, shown, "L", "dispenser"))
            if stock < 5000:
                stock += 12_000 * (1 - short(day) + 0.0012 * rng.normal())
                entries.append(
                    Entry("t", EntryKind.RECEIPT, noon, 12_000.0, "L", "delivery document")
                )
        height = float(chart.height(np.array(stock))) + 0.3 * float(rng.normal())
        at = (day + 1) * DAY
        entries.append(Entry("t", EntryKind.LEVEL, at, height, "mm", "gauge"))
        entries.append(Entry("t", EntryKind.TEMPERATURE, at, 15.0, "°C", "thermometer"))
    options = StoreOptions(form="tank", product="diesel", load_degrees=0.3, load_degrees_bias=0.3)
    return Store("t", options, chart), numbered(entries)


def bags_story(
    weeks: int,
    loss: Loss = lambda day: 0.0,
    *,
    miscount: Loss = lambda week: 0.0,
    short: Loss = lambda day: 0.0,
    seed: int = 1,
) -> tuple[Store, list[Entry]]:
    """A depot of 600 kg bags, counted every seventh day."""
    rng = np.random.default_rng(seed)
    stock = 900.0
    entries = [Entry("d", EntryKind.STOCK_TAKE, DAY, stock, "t", "opening")]
    for day in range(1, 7 * weeks + 1):
        noon = (day + 0.5) * DAY
        loads = [(EntryKind.RECEIPT, 28.0)] * rng.poisson(1) + [(EntryKind.ISSUE, 25.0)]
        for kind, load in loads:
            moved = load * float(rng.uniform(0.9, 1.1))
            inward = kind is EntryKind.RECEIPT
            stock += moved * (1 - short(day)) if inward else -moved * 1.00125
            weighed = max(moved + 0.02 * float(rng.normal()), 0.0)
            entries.append(Entry("d", kind, noon, weighed, "t", "weighbridge"))
        stock -= loss(day)
        if day % 7 == 0:
            seen = round(stock / 0.6) * 0.6 + miscount(day // 7)
            take = Entry(
                "d", EntryKind.STOCK_TAKE, (day + 1) * DAY, seen, "t", "count of 600 kg bags"
            )
            entries.append(take)
    return Store("d", StoreOptions(form="bulk")), numbered(entries)


def closed(story: tuple[Store, list[Entry]]) -> Balances:
    store, entries = story
    return close(store, in_force(entries))
