"""Rows of the audit log: added and read, never changed. `vault.audit` chains and checks them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import insert, select

from streetlamp.store.database import Database
from streetlamp.store.schema import audit


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Somebody did something to something. ``detail`` is JSON text; ``hash`` chains the entries."""

    seq: int  # counts from 1 without gaps
    time: float
    actor: str
    action: str
    object: str
    detail: str
    hash: str  # SHA-256 in hex over the entry before and this one


class AuditLog:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, entry: AuditEntry) -> None:
        row = {name: getattr(entry, name) for name in audit.columns.keys()}  # noqa: SIM118
        with self._db.write() as connection:
            connection.execute(insert(audit).values(row))

    def last(self) -> AuditEntry | None:
        rows = self.list(1)
        return rows[0] if rows else None

    def all(self) -> Iterator[AuditEntry]:
        """Every entry, oldest first, without holding them all in memory."""
        with self._db.read() as connection:
            result = connection.execution_options(yield_per=1000).execute(
                select(audit).order_by(audit.c.seq)
            )
            for row in result.mappings():
                yield AuditEntry(**row)

    def list(
        self, limit: int = 100, before: int | None = None, action: str | None = None
    ) -> list[AuditEntry]:
        """The newest entries (those before ``before``, a sequence number), newest first; of one
        action, or of all."""
        statement = select(audit).order_by(audit.c.seq.desc()).limit(limit)
        if before is not None:
            statement = statement.where(audit.c.seq < before)
        if action is not None:
            statement = statement.where(audit.c.action == action)
        with self._db.read() as connection:
            return [AuditEntry(**row) for row in connection.execute(statement).mappings()]
