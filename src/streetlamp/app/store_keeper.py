"""The site's tanks and stores for the desk: what was last reckoned of them, and their ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from streetlamp.app.stock_sheet import sheet_of
from streetlamp.stock.ledger.book import LedgerBook
from streetlamp.stock.ledger.entries import Entry
from streetlamp.stock.shown import ShownStore


class StoreKeeper:
    """``show`` is told what was reckoned; everything else is for the desk. Thread-safe."""

    def __init__(
        self,
        ledger: Path,
        clock: Callable[[], float],
        records: Path,
        zone: str,
        false_alarms: float = 0.15,
    ) -> None:
        """``false_alarms``: a store's budget of them in a year."""
        self._ledger, self._records, self._zone = ledger, records, zone
        self._false_alarms = false_alarms
        self._book = LedgerBook(ledger)
        self._clock = clock
        self._turn = threading.Lock()
        self._stores: dict[str, ShownStore] = {}  # by name, in the order of the records
        self._reckoned: float | None = None
        self._noted: set[int] = set()  # entries that no balance has seen yet
        self._heard: Callable[[], None] = lambda: None

    def on_note(self, callback: Callable[[], None]) -> None:
        """Is called when something was noted here."""
        self._heard = callback

    def close(self) -> None:
        self._book.close()

    def show(self, stores: Sequence[ShownStore], names: Sequence[str]) -> None:
        """Takes the stores that have changed, and the names of all there are."""
        fresh = {one.name: one for one in stores}
        with self._turn:
            all_ = {name: fresh.get(name) or self._stores.get(name) for name in names}
            self._stores = {name: one for name, one in all_.items() if one is not None}
            self._reckoned = self._clock()
            self._noted -= {seq for one in stores for seq in one.seen}

    @property
    def reckoned(self) -> float | None:
        return self._reckoned

    @property
    def waiting(self) -> bool:
        return bool(self._noted)

    def list(self) -> Sequence[ShownStore]:
        return tuple(self._stores.values())

    def get(self, id: str) -> ShownStore | None:  # noqa: A002
        return next((one for one in self._stores.values() if one.id == id), None)

    def newest(self, name: str, limit: int, before: int | None) -> Sequence[Entry]:
        return self._book.newest(name, limit, before)

    def about(self, numbers: Sequence[int]) -> Sequence[Entry]:
        return self._book.about(numbers)

    def sheet(self, name: str, month: str) -> str:
        return sheet_of(self._records, self._ledger, name, month, self._zone, self._false_alarms)

    def has(self, key: str) -> bool:
        return self._book.has(key)

    def note(self, entry: Entry, key: str, now: float) -> tuple[Entry, bool]:
        noted, new = self._book.note(entry, key, now)
        if new:
            with self._turn:
                self._noted.add(noted.seq)
            self._heard()
        return noted, new
