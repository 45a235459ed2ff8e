"""One store reckoned from its ledger: balances, findings, tests, and what could go unseen.

The one place where records become findings: the command, the desk's watch and its pages use it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from streetlamp.errors import UserError
from streetlamp.stock.arrays import Reals
from streetlamp.stock.balance.close import close
from streetlamp.stock.balance.detectable import Detectable, detectable
from streetlamp.stock.balance.page import LossTests, loss_tests
from streetlamp.stock.balance.series import DAY, NUMBERED, Balances
from streetlamp.stock.causes.judge import JudgeOptions, judge
from streetlamp.stock.ledger.book import LedgerBook
from streetlamp.stock.ledger.entries import Entry, in_force, together
from streetlamp.stock.ledger.folders import Records
from streetlamp.stock.ledger.stores import Store
from streetlamp.values import Finding


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """``n`` balances of a store, and what they say."""

    balances: Balances
    entries: Sequence[Entry]  # all that was noted of it, by number
    findings: Sequence[Finding]
    replaced: Sequence[Finding]  # requests to count again that became one of the findings
    sitmuf: Reals  # (n,)
    sigma: Reals  # (n,) what was unsure of each MUF once the ones before were known
    tests: LossTests
    least: Detectable


@dataclass(frozen=True, slots=True, eq=False)
class Reckoned:
    """A store of the records. Without an account it has not changed, or there is ``trouble``."""

    store: Store
    entries: Sequence[Entry]
    account: Account | None
    trouble: str  # why no balance could be closed; "" for nothing
    mark: str  # the same while nothing has changed


def account(store: Store, entries: Sequence[Entry], options: JudgeOptions) -> Account:
    """The account of a store by all entries that were noted of it.

    UserError where a tank has no chart, or there are fewer than two stock-takes.
    """
    balances = close(store, in_force(entries))
    found = judge(balances, options)
    lasted = balances.time[-1] - balances.time[0]
    a_year = len(balances) * 365.25 * DAY / lasted
    return Account(
        balances, entries, found.findings, found.replaced, found.sitmuf, found.sigma,
        loss_tests(found.sitmuf, a_year), detectable(balances, found.scale),
    )  # fmt: skip


def reckon(
    records: Records,
    book: LedgerBook,
    options: JudgeOptions,
    now: float,
    marks: Mapping[str, str] | None = None,
) -> Iterator[Reckoned]:
    """Notes the records down and reckons each store, with what was noted of it at pages.

    Those of which nothing has changed since ``marks`` are not reckoned anew.
    """
    for told in records.stores:
        noted = book.add(records.entries[told.name], now=now)
        entries = together(noted, book.made_at_pages(told.name))
        store = begun(told, entries)
        mark = _mark(store, entries, options)
        if marks and marks.get(store.name) == mark:
            yield Reckoned(store, entries, None, "", mark)
            continue
        try:
            yield Reckoned(store, entries, account(store, entries, options), "", mark)
        except UserError as error:
            yield Reckoned(store, entries, None, str(error), mark)


def is_dated(entries: Sequence[Entry]) -> bool:
    """Whether times are dates. Records may only number their days, from 0."""
    return all(one.at >= NUMBERED for one in entries)


def begun(store: Store, entries: Sequence[Entry]) -> Store:
    """Day 0 is the day of the first entry, also where pages noted the first."""
    if store.origin or not entries or not is_dated(entries):
        return store
    return replace(store, origin=min(one.at for one in entries) // DAY * DAY)


def _mark(store: Store, entries: Sequence[Entry], options: JudgeOptions) -> str:
    made = hashlib.sha256(
        repr((options, store.options, store.origin, [one.seq for one in entries])).encode()
    )
    if store.chart is not None:
        made.update(store.chart.heights.tobytes() + store.chart.volumes.tobytes())
    return made.hexdigest()
