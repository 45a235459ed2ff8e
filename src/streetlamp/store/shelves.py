"""Shelves: what somebody has silenced, until when, and why. Kept for ever; only their end is added.

When one counts is decided in ``alarms/shelving.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import RowMapping, insert, or_, select, update

from streetlamp.store.database import Database
from streetlamp.store.schema_alarms import alarm_shelves
from streetlamp.values import Severity


@dataclass(frozen=True, slots=True)
class Shelf:
    """One alarm, or a rule at a camera, silenced for a while."""

    seq: int  # 0 until written
    alarm: str  # "" when it is about a rule
    camera: str
    rule: str
    place: str | None  # None: wherever the rule watches
    severity: Severity  # what is graver is not silenced
    reason: str
    actor: str
    begins: float
    until: float
    ended: float | None = None  # when it was noted that it is over
    ended_by: str = ""


class Shelves:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, shelf: Shelf) -> Shelf:
        """Writes a new one; it comes back with its number."""
        row = {name: getattr(shelf, name) for name in _NAMES} | {"severity": shelf.severity.value}
        with self._db.write() as connection:
            made = connection.execute(insert(alarm_shelves).values(row)).inserted_primary_key
        assert made is not None
        return replace(shelf, seq=int(made[0]))

    def end(self, seq: int, time: float, actor: str) -> None:
        with self._db.write() as connection:
            connection.execute(
                update(alarm_shelves)
                .where(alarm_shelves.c.seq == seq, alarm_shelves.c.ended.is_(None))
                .values(ended=time, ended_by=actor)
            )

    def running(self) -> list[Shelf]:
        """Those of which nobody has noted the end, oldest first."""
        table = alarm_shelves
        statement = select(table).where(table.c.ended.is_(None)).order_by(table.c.seq)
        with self._db.read() as connection:
            return [_value(row) for row in connection.execute(statement).mappings()]

    def during(self, start: float, end: float) -> list[Shelf]:
        """Those that share time with [start, end), oldest first."""
        table = alarm_shelves
        statement = (
            select(table)
            .where(table.c.begins < end, or_(table.c.ended.is_(None), table.c.ended >= start))
            .order_by(table.c.seq)
        )
        with self._db.read() as connection:
            return [_value(row) for row in connection.execute(statement).mappings()]


_NAMES = (
    "alarm", "camera", "rule", "place", "reason", "actor", "begins", "until", "ended", "ended_by",
)  # fmt: skip


def _value(row: RowMapping) -> Shelf:
    plain = {name: row[name] for name in _NAMES}
    return Shelf(seq=row["seq"], severity=Severity(row["severity"]), **plain)
