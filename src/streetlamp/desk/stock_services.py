"""What the desk asks about tanks and stores, and how it notes an entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from streetlamp.stock.ledger.entries import Entry
from streetlamp.stock.shown import ShownStore


class Stores(Protocol):
    """As `streetlamp.app.store_keeper.StoreKeeper`. Called from several threads at once."""

    @property
    def reckoned(self) -> float | None:
        """When the balances were last closed, POSIX seconds; None: not yet in this run."""
        ...

    @property
    def waiting(self) -> bool:
        """Something was noted that the balances do not hold yet."""
        ...

    def list(self) -> Sequence[ShownStore]:
        """All stores of the site, in the order of the records."""
        ...

    def get(self, id: str) -> ShownStore | None:  # noqa: A002
        """The store with this id."""
        ...

    def newest(self, name: str, limit: int, before: int | None) -> Sequence[Entry]:
        """A store's last entries, the newest first."""
        ...

    def about(self, numbers: Sequence[int]) -> Sequence[Entry]:
        """The entries of these numbers, and all that correct them."""
        ...

    def sheet(self, name: str, month: str) -> str:
        """A store's month, such as "2026-10", as a page of HTML; UserError. Takes seconds."""
        ...

    def has(self, key: str) -> bool:
        """Whether an entry came under this key."""
        ...

    def note(self, entry: Entry, key: str, now: float) -> tuple[Entry, bool]:
        """Notes an entry under its sender's key; as it stands, and whether it is new.

        UserError where it does not fit what the ledger holds.
        """
        ...
