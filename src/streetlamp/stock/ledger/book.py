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
        same told in a later call is the same thing, unless a ``ref`` tells them apart.
        UserError where a correction does not fit what it corrects.
        """
        self._check(entries)
        rows = [
            StockRow(key, one.store, str(one.kind), one.at, one.quantity, one.unit, one.instrument,
                     one.ref, one.author, one.note, one.corrects, one.noted or now)
            for key, one in zip(_keys(entries), entries, strict=True)
        ]  # fmt: skip
        with self._db.write():  # what the check saw still holds when the rows are written
            self._check_standing(entries)
            stand = self._rows.append(rows)
        return [
            replace(one, seq=seq, noted=noted)
            for one, (seq, noted) in zip(entries, stand, strict=True)
        ]

    def entries(self, store: str | None = None) -> list[Entry]:
        """All that was ever noted, by number."""
        return [
            Entry(row.store, EntryKind(row.kind), row.at, row.quantity, row.unit, row.instrument,
                  row.ref, row.author, row.note, row.corrects, row.noted, seq)
            for seq, row in self._rows.list(store)
        ]  # fmt: skip

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

    def _check_standing(self, entries: Sequence[Entry]) -> None:
        if all(one.corrects is None for one in entries):
            return
        keys = set(_keys(entries))
        all_rows = self._rows.list()
        rows = dict(all_rows)
        corrected = {row.corrects: row.key for _, row in all_rows if row.corrects is not None}
        for one in entries:
            if one.corrects is None:
                continue
            old = rows.get(one.corrects)
            if old is None:
                raise UserError(f"{one.store}: there is no entry {one.corrects} to correct.")
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
