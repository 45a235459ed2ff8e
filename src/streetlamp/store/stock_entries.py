"""The stock ledger's rows: added once, never changed, each chained to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, insert, select

from streetlamp.store.database import Database
from streetlamp.store.schema_stock import stock_entries

_ASKED_AT_ONCE: Final = 500
_NUMBERS: Final = ("at", "quantity", "noted")  # 1 and 1.0 are one number, and must be one text


@dataclass(frozen=True, slots=True)
class StockRow:
    """One row as it is to be written; ``key`` is the same for the same thing told twice."""

    key: str
    store: str
    kind: str
    at: float  # POSIX seconds, when it happened
    quantity: float  # in `unit`
    unit: str
    instrument: str
    ref: str  # the document's number
    author: str  # who noted it: a user or a program, never a customer
    note: str
    corrects: int | None  # the number of the row this one stands for
    noted: float  # POSIX seconds, when it was written down


class StockEntries:
    """Thread-safe; every row is on the disk when `append` returns. There is no other change."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def append(self, rows: Sequence[StockRow]) -> list[tuple[int, float]]:
        """Adds the rows whose key is new, all or none; gives each one's number and when it was
        noted, old or new."""
        table = stock_entries
        with self.db.write() as connection:
            known = _known(connection, [row.key for row in rows])
            last = connection.execute(
                select(table.c.seq, table.c.digest).order_by(table.c.seq.desc()).limit(1)
            ).first()
            seq, digest = (0, "") if last is None else (int(last[0]), str(last[1]))
            new: list[dict[str, Any]] = []
            for row in rows:
                if row.key not in known:
                    seq += 1
                    digest = _chain(digest, seq, row)
                    known[row.key] = (seq, row.noted)
                    new.append({"seq": seq, "digest": digest, **asdict(row)})
            if new:
                connection.execute(insert(table), new)
        return [known[row.key] for row in rows]

    def list(
        self, store: str | None = None, after: int = 0, prefix: str = ""
    ) -> list[tuple[int, StockRow]]:
        """Number and row, by number: those of one store, or all, after a number; with a prefix only
        those whose key begins with it."""
        statement = select(stock_entries).where(stock_entries.c.seq > after)
        if store is not None:
            statement = statement.where(stock_entries.c.store == store)
        if prefix:
            statement = statement.where(stock_entries.c.key.startswith(prefix, autoescape=True))
        return [*self._read(statement)]

    def newest(self, store: str, limit: int, before: int | None) -> Sequence[tuple[int, StockRow]]:
        """The last ``limit`` of a store, the newest first; those before a number."""
        statement = select(stock_entries).where(stock_entries.c.store == store)
        if before is not None:
            statement = statement.where(stock_entries.c.seq < before)
        with self.db.read() as connection:
            ordered = statement.order_by(stock_entries.c.seq.desc()).limit(limit)
            found = connection.execute(ordered).mappings()
            return [(int(row["seq"]), _row(row)) for row in found]

    def about(self, numbers: Sequence[int]) -> Sequence[tuple[int, StockRow]]:
        """The rows of these numbers, and all that correct them."""
        columns = stock_entries.c
        found: dict[int, StockRow] = {}
        for some in _batches(numbers):
            there = columns.seq.in_(some) | columns.corrects.in_(some)
            found.update(self._read(select(stock_entries).where(there)))
        return sorted(found.items())

    def with_key(self, key: str) -> tuple[int, StockRow] | None:
        """The row of that key."""
        found = self._read(select(stock_entries).where(stock_entries.c.key == key))
        return found[0] if found else None

    def _read(self, statement: Select[Any]) -> Sequence[tuple[int, StockRow]]:
        with self.db.read() as connection:
            found = connection.execute(statement.order_by(stock_entries.c.seq)).mappings()
            return [(int(row["seq"]), _row(row)) for row in found]

    def broken(self) -> int | None:
        """The number of the first row that is not what was written; None: all are."""
        digest, expected = "", 1
        with self.db.read() as connection:
            statement = select(stock_entries).order_by(stock_entries.c.seq)
            for found in connection.execute(statement).mappings():
                seq = int(found["seq"])
                digest = _chain(digest, seq, _row(found))
                if seq != expected or digest != found["digest"]:
                    return expected
                expected = seq + 1
        return None


def _known(connection: Connection, keys: Sequence[str]) -> dict[str, tuple[int, float]]:
    found: dict[str, tuple[int, float]] = {}
    for some in _batches(keys):
        columns = stock_entries.c
        statement = select(columns.key, columns.seq, columns.noted).where(columns.key.in_(some))
        for key, seq, noted in connection.execute(statement):
            found[str(key)] = (int(seq), float(noted))
    return found


def _batches(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(keys), _ASKED_AT_ONCE):
        yield keys[first : first + _ASKED_AT_ONCE]


def _row(found: Any) -> StockRow:
    return StockRow(**{name: found[name] for name in StockRow.__slots__})


def _chain(before: str, seq: int, row: StockRow) -> str:
    said = {**asdict(row), **{name: float(getattr(row, name)) for name in _NUMBERS}}
    text = json.dumps([before, seq, said], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
