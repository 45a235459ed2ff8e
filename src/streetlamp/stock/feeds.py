"""Feeds of stores: what makes sense for one, and how their readings come into the ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from streetlamp.errors import UserError
from streetlamp.feeds.base import NoReadingError, NotNowError, Reading, Refused
from streetlamp.feeds.options import Room, WhatOptions
from streetlamp.stock.ledger.entries import TAKES, Entry, EntryKind
from streetlamp.stock.ledger.plausible import oddities
from streetlamp.stock.ledger.units import in_base, unit
from streetlamp.stock.shown import ShownStore
from streetlamp.store import StoreError

KINDS: Final = (
    EntryKind.LEVEL, EntryKind.WATER_LEVEL, EntryKind.TEMPERATURE, EntryKind.METER_TOTAL,
    EntryKind.STOCK_TAKE,
)  # fmt: skip
_GOOD: Final = frozenset({"", "good", "ok", "valid", "actual", "measured", "true", "1"})
_USUAL: Final = {
    EntryKind.LEVEL: "gauge",
    EntryKind.WATER_LEVEL: "gauge",
    EntryKind.TEMPERATURE: "thermometer",
}
_LOOKED_BACK: Final = 500  # entries of a store in which its last readings are looked for


def _wrong(what: WhatOptions, timed: bool) -> str:
    del timed  # it counts in no interval
    if what.kind not in KINDS:
        return f"there is no kind {what.kind!r} of a store; there are: {', '.join(KINDS)}"
    if what.counts != "register":
        return "counts is for meters; a store's readings are what stands there, and totals"
    try:
        Entry("any", EntryKind(what.kind), 0.0, 0.0, what.unit)
    except UserError:
        return f"{what.unit!r} is no unit of a {what.kind}"
    return ""


STOCK: Final = Room("stock", "store", instruments=True, wrong=_wrong)


class Ledger(Protocol):
    """As `streetlamp.app.store_keeper.StoreKeeper`."""

    @property
    def reckoned(self) -> float | None: ...
    def list(self) -> Sequence[ShownStore]: ...
    def newest(self, name: str, limit: int, before: int | None) -> Sequence[Entry]: ...
    def has(self, key: str) -> bool: ...
    def note(self, entry: Entry, key: str, now: float) -> tuple[Entry, bool]: ...


_Of = tuple[str, EntryKind, str]  # store, kind, instrument


class StockSink:
    """Notes readings in the ledger: what is odd is refused, as nobody is there to confirm it."""

    def __init__(
        self, feed: str, ledger: Ledger, zone: ZoneInfo, hours: int = 24, first_hour: int = 0
    ) -> None:
        """feed: its name in the site file. hours: see `StockOptions.feed_hours`."""
        self._feed, self._ledger, self._zone = feed, ledger, zone
        self._hours, self._first = hours, first_hour
        self._last: dict[_Of, Entry | None] = {}

    def put(self, readings: Sequence[Reading], now: float) -> Sequence[Refused]:
        """What was not taken. NotNowError: the stores are not known yet, or the disk is full."""
        if self._ledger.reckoned is None:
            raise NotNowError("the stores are being looked through")
        stores = {one.name: one for one in self._ledger.list()}
        refused = []
        for one in readings:
            try:
                self._take(one, stores, now)
            except StoreError as error:
                raise NotNowError(str(error)) from None
            except (UserError, NoReadingError) as error:
                refused.append(Refused(one.name, f"{one.kind}: {error}"))
        return refused

    def _take(self, one: Reading, stores: dict[str, ShownStore], now: float) -> None:
        store = stores.get(one.name)
        if store is None:
            raise NoReadingError("there is no store of this name")
        if one.quality.strip().lower() not in _GOOD:
            raise NoReadingError(f"it is marked as {one.quality}")
        entry = self._entry(one)
        key = self._key(one)
        last = self._before(entry)
        if last is not None and self._slot(last.at) >= self._slot(entry.at) and self._hours:
            return  # one is noted already
        if self._ledger.has(key):
            return
        self._check(entry, store, last, now)
        noted, _ = self._ledger.note(entry, key, now)
        self._last[entry.store, entry.kind, entry.instrument] = noted

    def _entry(self, one: Reading) -> Entry:
        kind = EntryKind.named(one.kind)
        instrument = one.instrument or _USUAL.get(kind, "")
        return Entry(
            one.name, kind, self._posix(one.time), one.value, one.unit, instrument,
            author=f"feed {self._feed}",
        )  # fmt: skip

    def _posix(self, said: str) -> float:
        try:
            found = datetime.fromisoformat(said)
            return (found if found.tzinfo else found.replace(tzinfo=self._zone)).timestamp()
        except (ValueError, OverflowError):
            raise NoReadingError("its time is no time") from None

    def _slot(self, at: float) -> tuple[int, int]:
        """Which of the stretches of so many hours a moment lies in: they ascend with time."""
        local = datetime.fromtimestamp(at, self._zone)
        hour = (local.hour - self._first) % 24
        day = local.toordinal() - (local.hour < self._first)
        return day, hour // (self._hours or 24)

    def _before(self, entry: Entry) -> Entry | None:
        """The last reading of its like, by when it was read."""
        of = entry.store, entry.kind, entry.instrument
        if of not in self._last:
            alike = [
                one
                for one in self._ledger.newest(entry.store, _LOOKED_BACK, None)
                if (one.kind, one.instrument) == of[1:] and one.author == entry.author
            ]
            self._last[of] = max(alike, key=lambda one: one.at, default=None)
        return self._last[of]

    def _check(self, entry: Entry, store: ShownStore, last: Entry | None, now: float) -> None:
        if not store.dated:
            raise NoReadingError("the records of this store only number their days")
        if entry.kind in TAKES | {EntryKind.METER_TOTAL} and unit(entry.unit).base != store.unit:
            raise NoReadingError(f"this store is kept in {store.unit}, and {entry.unit} is another")
        if last is not None and entry.at <= last.at:
            raise NoReadingError("it is older than one that is noted already")
        fresh = last is not None and last.seq not in store.seen  # the others `oddities` knows
        if entry.kind is EntryKind.METER_TOTAL and last and fresh and entry.base < last.base:
            was = last.base / in_base(1.0, entry.unit)
            raise NoReadingError(f"the total falls: it was {was:g} {entry.unit}")
        odd = oddities(entry, store.limits, now)
        if odd:
            raise NoReadingError(" ".join(odd))

    def _key(self, one: Reading) -> str:
        said = json.dumps([self._feed, one.name, one.kind, one.instrument, one.time, one.value])
        return "feed:" + hashlib.sha256(said.encode()).hexdigest()
