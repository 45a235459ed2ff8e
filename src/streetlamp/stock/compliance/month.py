"""A store's month: its balances, its SIR verdict if it is a tank, its findings, and their entries.

Nothing that happened after the month's end is used; corrections of what happened before are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

import numpy as np

from streetlamp.errors import UserError
from streetlamp.stock.account import Account, account
from streetlamp.stock.causes.judge import JudgeOptions
from streetlamp.stock.ledger.entries import INFLOWS, OUTFLOWS, Entry, EntryKind, in_force
from streetlamp.stock.ledger.stores import Store
from streetlamp.stock.shown import rests_on
from streetlamp.stock.sir.estimate import Estimate, estimate
from streetlamp.stock.sir.from_ledger import DAY, Days, days_of
from streetlamp.stock.sir.options import GALLON, SirOptions
from streetlamp.stock.sir.verdict import Verdict, judge
from streetlamp.values import Finding

LIMIT_SHARE: Final = 0.01
LIMIT_FIXED: Final = 130 * GALLON
"""40 CFR 280.43(a): over or short by 1 % of flow-through and 130 gallons is to be reported."""
_LEAST_DAYS: Final = 7
_SHAPE: Final = re.compile(r"(\d{4})-(\d{2})")


class Period(NamedTuple):
    """A calendar month, POSIX seconds; a reading at its end closes its last day."""

    name: str  # 2026-10
    start: float
    end: float


def month_of(text: str, zone: tzinfo) -> Period:
    """ "2026-10". UserError for anything else."""
    found = _SHAPE.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12 or int(found[1]) < 1:
        raise UserError(f"a month is written such as 2026-10, not {text!r}.")
    year, month = int(found[1]), int(found[2])
    after = (year + 1, 1) if month == 12 else (year, month + 1)
    if after[0] > 9999:
        raise UserError(f"{text} is too far away.")
    return Period(
        text,
        datetime(year, month, 1, tzinfo=zone).timestamp(),
        datetime(*after, 1, tzinfo=zone).timestamp(),
    )


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the sheet, and the ledger's numbers that it was computed from."""

    value: float
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One balance that closes in the month; quantities in the store's unit."""

    closes: float  # POSIX seconds
    opening: Figure
    receipts: Figure
    issues: Figure
    allowed: Figure
    closing: Figure
    muf: Figure
    usual: Figure  # 3.29 standard deviations of the MUF


@dataclass(frozen=True, slots=True, eq=False)
class Leak:
    """What the reconciliation says of a tank's month; or ``why`` it says nothing."""

    found: Estimate | None
    verdict: Verdict | None
    why: str
    days: int  # of the month, with readings or movements
    readings: int  # in the month
    entries: tuple[int, ...]  # of the month
    history: tuple[int, ...]  # of the days before, from which errors were learnt
    zero: float = 0.0  # POSIX seconds at which its day 0 begins


@dataclass(frozen=True, slots=True, eq=False)
class StoreMonth:
    """One store on the sheet. Without an account ``trouble`` says why."""

    store: Store
    period: Period
    entries: Sequence[Entry]  # all that was noted of it, by number
    account: Account | None
    trouble: str
    lines: tuple[Line, ...]
    leak: Leak | None  # None: no tank
    findings: tuple[tuple[Finding, tuple[int, ...]], ...]  # found in the month; their entries

    @property
    def unit(self) -> str:
        return "L" if self.store.options.form == "tank" else "t"

    @property
    def used(self) -> frozenset[int]:
        """The entries that some figure was computed from."""
        found: set[int] = set()
        for line in self.lines:
            found.update(line.opening.entries + line.closing.entries + line.muf.entries)
        for _, entries in self.findings:
            found.update(entries)
        if self.leak is not None:
            found.update(self.leak.entries + self.leak.history)
        return frozenset(found)


def store_month(
    store: Store, noted: Sequence[Entry], period: Period, options: JudgeOptions
) -> StoreMonth:
    """The month of one store, by all entries that were noted of it."""
    entries = [one for one in noted if one.at <= period.end]
    leak = _leak(store, entries, period) if store.options.form == "tank" else None
    try:
        of = account(store, entries, options)
    except UserError as error:
        return StoreMonth(store, period, noted, None, str(error), (), leak, ())
    closes = of.balances.time[1:]
    within = np.flatnonzero((closes > period.start) & (closes <= period.end))
    stand = {one.seq: one for one in in_force(entries)}
    before = _totals_before(list(stand.values()))
    found = [one for one in of.findings if period.start < one.detected <= period.end]
    return StoreMonth(
        store, period, noted, of, "",
        tuple(_line(of, int(i), stand, before) for i in within),
        leak,
        tuple((one, rests_on(of, one)) for one in found),
    )  # fmt: skip


def flow_limit(lines: Sequence[Line]) -> float:
    """L by which a month may be over or short under 40 CFR 280.43(a)."""
    return LIMIT_SHARE * sum(line.issues.value for line in lines) + LIMIT_FIXED


def _line(of: Account, i: int, stand: dict[int, Entry], before: dict[int, int]) -> Line:
    b = of.balances
    mine = [stand[seq] for seq in b.entries[i]]
    middle = (b.time[i] + b.time[i + 1]) / 2
    flows = INFLOWS | OUTFLOWS | {EntryKind.METER_TOTAL}
    takes = [one for one in mine if one.kind not in flows]
    first = tuple(one.seq for one in takes if one.at <= middle)
    last = tuple(one.seq for one in takes if one.at > middle)
    came = tuple(one.seq for one in mine if one.kind in INFLOWS)
    went = tuple(one.seq for one in mine if one.kind in OUTFLOWS | {EntryKind.METER_TOTAL})
    went = tuple(sorted({*went, *(before[seq] for seq in went if seq in before)}))
    warm = tuple(one.seq for one in takes if one.kind is EntryKind.TEMPERATURE)
    whole = tuple(sorted({*first, *last, *came, *went}))

    def moved(value: float, entries: tuple[int, ...]) -> Figure:
        """A quantity that moved, brought to 15 °C by the tank's temperatures."""
        return Figure(value, tuple(sorted({*entries, *warm})) if entries else ())

    return Line(
        float(b.time[i + 1]),
        Figure(float(b.stock[i]), first),
        moved(float(b.receipts[i]), came),
        moved(float(b.issues[i]), went),
        moved(float(b.allowed[i]), went),
        Figure(float(b.stock[i + 1]), last),
        Figure(float(b.muf[i]), whole),
        Figure(3.29 * float(np.sqrt(b.covariance[i, i])), whole),
    )


def _totals_before(stand: Sequence[Entry]) -> dict[int, int]:
    """Of each meter's total the one before it: an issue is the step between both."""
    last: dict[str, int] = {}
    found: dict[int, int] = {}
    for one in stand:
        if one.kind is EntryKind.METER_TOTAL:
            if one.instrument in last:
                found[one.seq] = last[one.instrument]
            last[one.instrument] = one.seq
    return found


def _leak(store: Store, entries: Sequence[Entry], period: Period) -> Leak:
    try:
        days = days_of(store, in_force(entries))
    except UserError as error:
        return _none(str(error))
    tested = days.begins >= period.start - DAY / 2
    if not tested.any():
        return _none("there is no reading in the month")
    number = int(tested.sum())
    first = float(days.tank.day[tested][0])
    span = int(days.tank.day[-1] + 1 - first)
    readings = int(np.isfinite(days.tank.close_volume[tested]).sum())
    if span < _LEAST_DAYS:
        return _none(f"{span} days of the month are too few, {_LEAST_DAYS} are needed")
    options = SirOptions(test_days=span)
    history = (days.tank.day < first) & (days.tank.day >= first - options.history_days)
    found = estimate(days.tank, options)
    why = found if isinstance(found, str) else ""
    answer = None if isinstance(found, str) else found
    return Leak(
        answer, None if answer is None else judge(answer), why, number, readings,
        _joined(days, tested), _joined(days, history),
        float(days.begins[0] - days.tank.day[0] * DAY),
    )  # fmt: skip


def _none(why: str) -> Leak:
    return Leak(None, None, why, 0, 0, (), ())


def _joined(days: Days, which: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[int, ...]:
    return tuple(sorted({seq for k in np.flatnonzero(which) for seq in days.entries[int(k)]}))
