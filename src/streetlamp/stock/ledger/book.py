"""The ledger as a book: entries in, numbered; what stands now; is every line as it was written?"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from streetlamp.errors import UserError
from streetlamp.stock.ledger.entries import Entry, EntryKind, in_force
from streetlamp.store import Database, StockEntries, StockRow

PAGE: Final = "page:"  # with what a key begins that the page made for an entry
_SAID: Final = ("store", "kind", "unit", "instrument", "ref", "author", "note", "corrects")


class LedgerBook:
    """A ledger in a database: a site's, or a file of its own. Thread- and process-safe."""

    def __init__(self, database: Database | Path) -> None:
        self._own = isinstance(database, Path)
        self._db = Database(database) if isinstance(database, Path) else database
        self._rows = StockEntries(self._db)

    def close(self) -> None:
        if self._own:
            self._db.close()

    def add(self, entries: Sequence[Entry], now: float) -> list[Entry]:
        """Notes the entries down, all or none; gives them as they stand in the ledger.

        What was told before is not noted again: an upload may be repeated, or come longer. Two
        entries that say the same within one call are two things (two lorries of one weight); the
        same told in a later call is the same thing, unless a ``ref`` tells them apart. Where
        entries come with numbers of their own (rows of a file), ``corrects`` is such a number.
        UserError where a correction does not fit what it corrects.
        """
        self._check(entries)
        keys = _keys(entries)
        rows = [_row(key, one, now) for key, one in zip(keys, entries, strict=True)]
        stand: dict[int, Entry] = {}
        with self._db.write():  # what the check saw still holds when the rows are written
            plain = [i for i, one in enumerate(entries) if one.corrects is None]
            noted = self._rows.append([rows[i] for i in plain])
            for i, (seq, at) in zip(plain, noted, strict=True):
                stand[i] = replace(entries[i], seq=seq, noted=at)
            theirs = {entries[i].seq: one.seq for i, one in stand.items() if entries[i].seq}
            for i, one in enumerate(entries):
                if one.corrects is not None:
                    right = theirs.get(one.corrects, 0) if one.seq else one.corrects
                    if not right:
                        raise _no_entry(one)
                    self._check_standing([replace(one, corrects=right)], [keys[i]])
                    [(seq, at)] = self._rows.append([replace(rows[i], corrects=right)])
                    stand[i] = replace(one, seq=seq, noted=at, corrects=right)
                    theirs[one.seq] = seq
        return [stand[i] for i in range(len(entries))]

    def note(self, entry: Entry, key: str, now: float) -> tuple[Entry, bool]:
        """Notes one entry that a page made, under the page's own ``key`` for it; gives it as it
        stands, and whether it is new. Sent again under its key it is the same entry.

        UserError where a correction does not fit, or the key belongs to another entry.
        """
        row = _row(f"{PAGE}{key}", entry, now)
        with self._db.write():
            before = self._rows.with_key(row.key)
            if before is not None:
                seq, old = before
                if replace(old, noted=row.noted) != row:
                    raise UserError(f"{entry.store}: entry {seq} was sent under this key already.")
                return _entry(seq, old), False
            self._check_standing([entry], [row.key])
            [(seq, noted)] = self._rows.append([row])
        return replace(entry, seq=seq, noted=noted), True

    def has(self, key: str) -> bool:
        """Whether `note` was given this key before."""
        return self._rows.with_key(f"{PAGE}{key}") is not None

    def entries(self, store: str | None = None) -> list[Entry]:
        """All that was ever noted, by number."""
        return [_entry(*one) for one in self._rows.list(store)]

    def made_at_pages(self, store: str) -> list[Entry]:
        """What came by `note`, by number."""
        return [_entry(*one) for one in self._rows.list(store, prefix=PAGE)]

    def newest(self, store: str, limit: int, before: int | None = None) -> list[Entry]:
        """The last ``limit`` entries of a store, the newest first; those before a number."""
        return [_entry(*one) for one in self._rows.newest(store, limit, before)]

    def about(self, numbers: Sequence[int]) -> list[Entry]:
        """The entries of these numbers, and all that correct them."""
        return [_entry(*one) for one in self._rows.about(numbers)]

    def standing(self, store: str, known: float = float("inf")) -> Sequence[Entry]:
        """What stands, by what had been noted until ``known``."""
        return in_force(self.entries(store), known)

    def broken(self) -> int | None:
        """The number of the first entry that is not as it was written, or missing; None: none."""
        return self._rows.broken()

    def _check(self, entries: Sequence[Entry]) -> None:
        twice = Counter(one.corrects for one in entries if one.corrects is not None)
        for seq, times in twice.items():
            if times > 1:
                raise UserError(f"entry {seq} is corrected twice at once: correct it once.")

    def _check_standing(self, entries: Sequence[Entry], keys: Sequence[str]) -> None:
        named = sorted({one.corrects for one in entries if one.corrects is not None})
        if not named:
            return
        rows = self._rows.about(named)
        there = dict(rows)
        corrected = {row.corrects: row.key for _, row in rows if row.corrects is not None}
        for one in entries:
            if one.corrects is None:
                continue
            old = there.get(one.corrects)
            if old is None:
                raise _no_entry(one)
            if old.store != one.store or one.kind not in (old.kind, EntryKind.WITHDRAWAL):
                raise UserError(
                    f"{one.store}: a {one.kind} cannot correct entry {one.corrects}, a {old.kind} "
                    f"of {old.store}; withdraw that and note a new one."
                )
            if one.corrects in corrected and corrected[one.corrects] not in keys:
                raise UserError(
                    f"{one.store}: entry {one.corrects} is corrected already; correct its "
                    "correction."
                )


def _no_entry(one: Entry) -> UserError:
    return UserError(f"{one.store}: there is no entry {one.corrects} to correct.")


def _row(key: str, one: Entry, now: float) -> StockRow:
    return StockRow(
        key, one.store, str(one.kind), one.at, one.quantity, one.unit, one.instrument, one.ref,
        one.author, one.note, one.corrects, one.noted or now,
    )  # fmt: skip


def _entry(seq: int, row: StockRow) -> Entry:
    return Entry(
        row.store, EntryKind(row.kind), row.at, row.quantity, row.unit, row.instrument, row.ref,
        row.author, row.note, row.corrects, row.noted, seq,
    )  # fmt: skip


def _keys(entries: Sequence[Entry]) -> list[str]:
    """The same for the same thing told again; the n-th of its like in one call is its own."""
    like: Counter[str] = Counter()
    keys = []
    for one in entries:
        said = json.dumps(
            [float(one.at), float(one.quantity), *(getattr(one, name) for name in _SAID)]
        )
        like[said] += 1
        keys.append(hashlib.sha256(f"{said}{like[said]}".encode()).hexdigest())
    return keys
