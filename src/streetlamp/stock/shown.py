"""A store as its page shows it: plain values that go from the process that reckons to the desk."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.stock.account import Account, Reckoned, is_dated
from streetlamp.stock.arrays import Reals
from streetlamp.stock.ledger.entries import TAKES, Entry, EntryKind, in_force
from streetlamp.stock.ledger.plausible import Limits
from streetlamp.values import Finding

Numbers = tuple[float, ...]

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class ShownBalances:
    """``n`` balances, oldest first, in the store's unit. Above zero is missing."""

    time: Numbers  # POSIX seconds at which each closes
    measured: Numbers  # what was read or counted then
    book: Numbers  # what should have been there: the stock before, and what came and went
    muf: Numbers  # book less measured
    expected: Numbers  # of the MUF, by the balances before
    sigma: Numbers  # what was unsure of it
    sitmuf: Numbers
    page: Numbers  # Page's sum of it
    page_limit: float
    abrupt_limit: float
    entries: tuple[tuple[int, ...], ...]  # of each: the ledger's numbers it comes from


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One finding, with the entries it rests on."""

    id: str
    cause: str
    start: float
    detected: float
    size: float | None
    unit: str
    confidence: float
    evidence: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShownAdvice:
    """What would lower the loss that can go unseen, and to which share of it."""

    words: str
    part: str
    abrupt: float
    lasting: float


@dataclass(frozen=True, slots=True)
class ShownLeast:
    """The loss that is found with a chance of 95 %, in the store's unit."""

    abrupt: float
    lasting: float  # a day, for so many days
    days: float
    advice: tuple[ShownAdvice, ...]


@dataclass(frozen=True, slots=True)
class ShownStore:
    """One store. Without balances ``trouble`` says why."""

    id: str  # in addresses
    name: str
    form: str  # tank or bulk
    product: str
    unit: str
    dated: bool  # False: its records only number their days, so no entry with a date fits
    limits: Limits
    meters: tuple[str, ...]
    methods: tuple[str, ...]  # instruments of its stock-takes so far
    standing: frozenset[int]  # the entries that stand, by number
    seen: frozenset[int]  # all that were looked at
    trouble: str
    balances: ShownBalances | None
    least: ShownLeast | None
    findings: tuple[ShownFinding, ...]


def shown(one: Reckoned) -> ShownStore:
    """What a store's page shows of what was reckoned."""
    store, of = one.store, one.account
    stand = in_force(one.entries)
    totals = _totals(stand)
    chart = store.chart
    takes = dict.fromkeys(each.instrument for each in stand if each.kind in TAKES)
    tank = store.options.form == "tank"
    issued = not totals and any(each.kind is EntryKind.ISSUE for each in stand)
    return ShownStore(
        id=store_id(store.name),
        name=store.name,
        form=store.options.form,
        product=store.options.product,
        unit="L" if tank else "t",
        dated=is_dated(one.entries),
        limits=Limits(
            chart.capacity if chart else None, chart.top if chart else None, totals, issued
        ),
        meters=tuple(totals),
        methods=tuple(name for name in takes if name),
        standing=frozenset(each.seq for each in stand),
        seen=frozenset(each.seq for each in one.entries),
        trouble=one.trouble,
        balances=None if of is None else _balances(of),
        least=None if of is None else _least(of),
        findings=() if of is None else tuple(_finding(of, each) for each in of.findings),
    )


def store_id(name: str) -> str:
    """The store's name where it can stand in an address, else a name made from it."""
    if _PLAIN.fullmatch(name):
        return name
    return f"store.{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def rests_on(of: Account, finding: Finding) -> tuple[int, ...]:
    """The ledger's numbers of all balances from a finding's beginning until it was found."""
    closes = of.balances.time[1:]
    within = np.flatnonzero((closes > finding.start) & (closes <= finding.detected))
    return tuple(sorted({seq for i in within for seq in of.balances.entries[int(i)]}))


def _totals(stand: Sequence[Entry]) -> Mapping[str, float]:
    meters = (one for one in stand if one.kind is EntryKind.METER_TOTAL)
    return {one.instrument: one.base for one in meters}


def _balances(of: Account) -> ShownBalances:
    b = of.balances
    return ShownBalances(
        time=tuple(map(float, b.time[1:])),
        measured=_plain(b.stock[1:]),
        book=_plain(b.stock[1:] + b.muf),
        muf=_plain(b.muf),
        expected=_plain(b.muf - of.sitmuf * of.sigma),
        sigma=_plain(of.sigma),
        sitmuf=_plain(of.sitmuf),
        page=_plain(of.tests.page),
        page_limit=of.tests.page_limit,
        abrupt_limit=of.tests.abrupt_limit,
        entries=b.entries,
    )


def _least(of: Account) -> ShownLeast:
    one = of.least
    advice = (
        ShownAdvice(each.words, each.part, each.abrupt, each.lasting) for each in one.advice[:3]
    )
    return ShownLeast(one.abrupt, one.lasting, one.days, tuple(advice))


def _finding(of: Account, one: Finding) -> ShownFinding:
    return ShownFinding(
        one.id, one.cause, one.start, one.detected,
        one.size if math.isfinite(one.size) else None, one.unit, one.confidence, one.evidence,
        rests_on(of, one),
    )  # fmt: skip


def _plain(values: Reals) -> Numbers:
    return tuple(float(f"{value:.6g}") for value in values)
