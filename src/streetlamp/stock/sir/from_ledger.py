"""A tank's days out of its ledger, as the reconciliation wants them, and the entries of each.

A day begins at the time of day at which the tank is usually read. What went between two readings
belongs to the day between them, whatever the clock says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.errors import UserError
from streetlamp.stock.arrays import Reals
from streetlamp.stock.balance.close import Flows, flows_of
from streetlamp.stock.balance.takes import Takes, takes_of
from streetlamp.stock.ledger.entries import Entry
from streetlamp.stock.ledger.stores import Store
from streetlamp.stock.sir.records import Tank

DAY: Final = 86_400.0
OFF: Final = DAY / 4  # a reading further from a day's end than this is none of it


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """The tank, and for each of its ``n`` days the ledger's numbers that it comes from."""

    tank: Tank
    begins: Reals  # (n,) POSIX seconds
    entries: tuple[tuple[int, ...], ...]


def days_of(store: Store, standing: Sequence[Entry]) -> Days:
    """UserError where it has no chart, or fewer than two readings a day or so apart."""
    if store.chart is None:
        raise UserError(f"{store.name}: a tank needs its chart (height in mm, volume in L).")
    takes, flows = takes_of(store, standing), flows_of(standing)
    phase = _usual_time(takes.time) if len(takes.time) else 0.0
    read = _nearest(takes, phase)
    if len(read) < 2:
        raise UserError(f"{store.name}: {len(read)} daily readings; two are needed at least.")
    first, last = min(read), max(read)
    edges = np.array(
        [takes.time[read[k]] if k in read else k * DAY + phase for k in range(first, last + 1)]
    )
    rows: list[tuple[float, ...]] = []
    sources: list[tuple[int, ...]] = []
    for k in range(first, last):
        a, b = edges[k - first], edges[k - first + 1]
        within = np.flatnonzero((flows.time > a) & (flows.time <= b))
        if k not in read and k + 1 not in read and not within.size:
            continue  # nobody wrote anything down: the day is unknown
        rows.append((k, *_ends(takes, read, k, store), *_moved(flows, within)))
        seq = {flows.seq[int(j)] for j in within}
        for j in (read.get(k), read.get(k + 1)):
            seq.update(() if j is None else takes.seq[j])
        sources.append(tuple(sorted(seq)))
    columns = np.array(rows, float).T
    tank = Tank(store.name, store.chart, store.options.product or None, *columns)
    return Days(tank, columns[0] * DAY + phase, tuple(sources))


def _usual_time(time: Reals) -> float:
    """Seconds after midnight at which readings are taken: the middle one, around the clock."""
    turn = 2 * math.pi * time / DAY
    mean = math.atan2(float(np.sin(turn).mean()), float(np.cos(turn).mean())) / (2 * math.pi) * DAY
    off = (time - mean + DAY / 2) % DAY - DAY / 2
    return float(mean + np.median(off))


def _nearest(takes: Takes, phase: float) -> dict[int, int]:
    """By day: which reading stands at its beginning."""
    found: dict[int, int] = {}
    for j, time in enumerate(takes.time):
        k = round((float(time) - phase) / DAY)
        off = abs(float(time) - phase - k * DAY)
        before = found.get(k)
        if off <= OFF and (before is None or off < abs(takes.time[before] - phase - k * DAY)):
            found[k] = j
    return found


def _ends(takes: Takes, read: dict[int, int], k: int, store: Store) -> tuple[float, ...]:
    """Heights, volumes and temperatures at both ends of a day; NaN where nobody read."""
    assert store.chart is not None
    top = store.chart.top
    ends = [read.get(k), read.get(k + 1)]
    height = [math.nan if j is None else float(takes.filled[j]) * top for j in ends]
    volume = [math.nan if j is None else float(takes.gross[j]) for j in ends]
    warm = [
        math.nan if j is None or takes.thermometer[j] > 1 else float(takes.temperature[j])
        for j in ends
    ]
    return (*height, *volume, *warm)


def _moved(flows: Flows, within: np.ndarray[tuple[int], np.dtype[np.intp]]) -> tuple[float, float]:
    """L sold and delivered."""
    inward = flows.inward[within] > 0
    amount = flows.amount[within]
    return float(amount[~inward].sum()), float(amount[inward].sum())
