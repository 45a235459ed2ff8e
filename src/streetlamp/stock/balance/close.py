"""Closes a store's balances from its ledger: what was there, what came, what went, what is allowed.

Everything is known at a balance's closing; a later entry changes no earlier balance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from streetlamp.errors import UserError
from streetlamp.stock.arrays import Reals
from streetlamp.stock.balance.errors_of import bulk_parts, flow_parts, gap_parts, tank_parts
from streetlamp.stock.balance.series import DAY, Balances, Part
from streetlamp.stock.balance.takes import Takes, takes_of
from streetlamp.stock.ledger.entries import INFLOWS, OUTFLOWS, Entry, EntryKind
from streetlamp.stock.ledger.stores import Store
from streetlamp.stock.physics.volume import correction
from streetlamp.values import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """What came and went, one row a movement: quantities in base units, times ascending."""

    time: Reals  # (m,)
    amount: Reals  # (m,)
    inward: Reals  # (m,) 1 where it came, 0 where it went
    instrument: tuple[str, ...]
    seq: tuple[int, ...]


def close(store: Store, entries: Sequence[Entry]) -> Balances:
    """The balances of a store from the entries that stand (see `in_force`).

    UserError where a tank has no chart, or there are fewer than two stock-takes.
    """
    takes = takes_of(store, entries)
    flows = flows_of(entries)
    n = len(takes.time) - 1
    if n < 1:
        raise UserError(f"{store.name}: a balance needs two stock-takes; there are {n + 1}.")
    period = np.asarray(np.searchsorted(takes.time, flows.time) - 1, np.int64)
    within = (period >= 0) & (period < n)
    temperature = (takes.temperature[:-1] + takes.temperature[1:]) / 2  # (n,)
    factor = correction(store.product.expansion, temperature)
    moved = np.zeros((2, n))
    for j, amount, inward in zip(
        period[within], flows.amount[within], flows.inward[within], strict=True
    ):
        moved[int(inward), j] += amount
    receipts, issues = moved[1] * factor, moved[0] * factor
    parts: list[Part] = flow_parts(store, flows, np.where(within, period, -1), n, factor)
    if store.options.form == "tank":
        allowed = store.product.evaporation * issues
        parts += tank_parts(store, takes, receipts, issues, temperature)
        parts += gap_parts(takes, np.bincount(period[within], minlength=n))
    else:
        allowed = store.options.handling_loss * issues
        parts += bulk_parts(store, takes, issues)
    return Balances(
        store=store.name,
        form=store.options.form,
        unit="L" if store.options.form == "tank" else "t",
        by_hand=takes.by_hand,
        time=takes.time,
        stock=takes.stock,
        filled=takes.filled,
        capacity=store.chart.capacity if store.chart else float("nan"),
        receipts=receipts,
        issues=issues,
        allowed=allowed,
        parts=tuple(parts),
        entries=_sources(takes, flows, period, n),
        origin=store.origin,
    )


def flows_of(entries: Sequence[Entry]) -> Flows:
    """What came and went by the entries that stand; UserError where a meter's total falls."""
    rows = [
        (one.at, one.base, float(one.kind in INFLOWS), one.instrument, one.seq)
        for one in entries
        if one.kind in INFLOWS | OUTFLOWS
    ]
    rows += _metered(entries)
    rows.sort(key=lambda row: row[0])
    return Flows(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows]),
        tuple(row[3] for row in rows),
        tuple(row[4] for row in rows),
    )


def _metered(entries: Sequence[Entry]) -> list[tuple[float, float, float, str, int]]:
    """Issues as the steps of running totals, each meter by itself."""
    last: dict[str, Entry] = {}
    rows = []
    for one in entries:
        if one.kind is not EntryKind.METER_TOTAL:
            continue
        before = last.get(one.instrument)
        last[one.instrument] = one
        if before is None:
            continue
        if one.base < before.base:
            raise UserError(
                f"{one.store}: the total of {one.instrument or 'the meter'} falls at entry "
                f"{one.seq}. Give a meter that was exchanged or reset a name of its own."
            )
        rows.append((one.at, one.base - before.base, 0.0, one.instrument, one.seq))
    return rows


def _sources(takes: Takes, flows: Flows, period: Ints, n: int) -> tuple[tuple[int, ...], ...]:
    of: list[list[int]] = [[*takes.seq[j], *takes.seq[j + 1]] for j in range(n)]
    for j, seq in zip(period, flows.seq, strict=True):
        if 0 <= j < n:
            of[int(j)].append(seq)
    return tuple(tuple(sorted(set(one))) for one in of)


def per_day(balances: Balances, quantity: Reals) -> Reals:
    """(n,) mean of ``quantity`` per day up to and with each balance."""
    elapsed = (balances.time[1:] - balances.time[0]) / DAY
    return np.asarray(np.cumsum(quantity) / np.maximum(elapsed, 1e-9))
