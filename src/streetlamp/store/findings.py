"""Findings: kept under the id of the event they raise, told anew whenever more is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from sqlalchemy import insert, select, update

from streetlamp.store.database import Database
from streetlamp.store.schema_findings import findings


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding. Times are POSIX seconds; `drawing` is an SVG document, "" for none."""

    id: str
    room: str
    subject: str
    cause: str
    start: float
    detected: float
    end: float | None
    size: float | None
    unit: str
    confidence: float
    evidence: str
    numbers: Mapping[str, float]
    drawing: str = ""
    alarm: bool = True  # it was told as an alarm; else only noted


class Known(NamedTuple):
    """What was told of a finding."""

    end: float | None
    alarm: bool


class Findings:
    """The table. Thread-safe; what a method changes is on the disk when it returns. StoreError."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, id: str) -> FindingRow | None:  # noqa: A002
        """The finding with this id."""
        with self._db.read() as connection:
            row = connection.execute(select(findings).where(findings.c.id == id)).mappings().first()
        return None if row is None else FindingRow(**row)

    def put(self, rows: Sequence[FindingRow]) -> None:
        """Notes these; one that is known takes what is known of it now."""
        with self._db.write() as connection:
            for one in rows:
                row = {**asdict(one), "numbers": dict(one.numbers)}
                there = findings.c.id == row["id"]
                if not connection.execute(update(findings).where(there).values(row)).rowcount:
                    connection.execute(insert(findings).values(row))

    def known(self, room: str) -> dict[str, Known]:
        """What was told of a room, by id."""
        columns = findings.c
        statement = select(columns.id, columns.end, columns.alarm).where(columns.room == room)
        with self._db.read() as connection:
            return {row.id: Known(row.end, row.alarm) for row in connection.execute(statement)}
