"""Which modes people chose, and when: read at a start, and by whoever replays a stored day."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import insert, select

from streetlamp.store.database import Database
from streetlamp.store.schema_modes import mode_choices


class ModeChoiceRow(NamedTuple):
    """One choice. ``until`` None: until the next one."""

    seq: int
    time: float
    mode: str
    until: float | None
    actor: str


class ModeChoices:
    """The table of choices: added and read, never changed."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, time: float, mode: str, until: float | None, actor: str) -> int:
        """Notes a choice; its number."""
        row = {"time": time, "mode": mode, "until": until, "actor": actor}
        with self._db.write() as connection:
            made = connection.execute(insert(mode_choices).values(row)).inserted_primary_key
        return int(made[0]) if made else 0

    def after(self, seq: int) -> list[ModeChoiceRow]:
        """The choices noted after this one, in the order in which they were."""
        columns = mode_choices.c
        statement = select(mode_choices).where(columns.seq > seq).order_by(columns.seq)
        with self._db.read() as connection:
            return [ModeChoiceRow(**row) for row in connection.execute(statement).mappings()]

    def newest(self, limit: int) -> list[ModeChoiceRow]:
        """The last choices by time, the oldest of them first."""
        columns = mode_choices.c
        order = (columns.time.desc(), columns.seq.desc())
        statement = select(mode_choices).order_by(*order).limit(limit)
        with self._db.read() as connection:
            rows = [ModeChoiceRow(**row) for row in connection.execute(statement).mappings()]
        return rows[::-1]

    def between(self, start: float, end: float) -> list[ModeChoiceRow]:
        """The choices that matter in [start, end), oldest first: the one before it, too."""
        columns = mode_choices.c
        before = (
            select(mode_choices)
            .where(columns.time < start)
            .order_by(columns.time.desc(), columns.seq.desc())
            .limit(1)
        )
        within = (
            select(mode_choices)
            .where(columns.time >= start, columns.time < end)
            .order_by(columns.time, columns.seq)
        )
        with self._db.read() as connection:
            return [
                ModeChoiceRow(**row)
                for statement in (before, within)
                for row in connection.execute(statement).mappings()
            ]
