"""What people write beside alarms: ticks of checklists, and notes for the next shift. Only ever
added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import insert, select

from streetlamp.store.chunks import chunks
from streetlamp.store.database import Database
from streetlamp.store.schema_alarms import alarm_ticks, shift_notes


@dataclass(frozen=True, slots=True)
class Tick:
    """Somebody did a step of a checklist, or took that back."""

    step: str
    done: bool
    actor: str
    time: float


@dataclass(frozen=True, slots=True)
class ShiftNote:
    """What one shift leaves for the next."""

    time: float
    actor: str
    text: str


class Incidents:
    def __init__(self, db: Database) -> None:
        self._db = db

    def tick(self, alarm: str, tick: Tick) -> None:
        row = {
            "alarm": alarm, "step": tick.step, "done": tick.done, "actor": tick.actor,
            "time": tick.time,
        }  # fmt: skip
        with self._db.write() as connection:
            connection.execute(insert(alarm_ticks).values(row))

    def ticks(self, ids: Collection[str]) -> Mapping[str, list[Tick]]:
        """The ticks of these alarms, in the order they were made; alarms without any are left
        out."""
        found: dict[str, list[Tick]] = defaultdict(list)
        table = alarm_ticks
        with self._db.read() as connection:
            for some in chunks(list(ids)):
                statement = select(table).where(table.c.alarm.in_(some)).order_by(table.c.seq)
                for row in connection.execute(statement).mappings():
                    tick = Tick(row["step"], row["done"], row["actor"], row["time"])
                    found[row["alarm"]].append(tick)
        return found

    def add_note(self, note: ShiftNote) -> None:
        row = {"time": note.time, "actor": note.actor, "text": note.text}
        with self._db.write() as connection:
            connection.execute(insert(shift_notes).values(row))

    def notes(self, start: float, end: float) -> list[ShiftNote]:
        """Notes written in [start, end), newest first."""
        table = shift_notes
        statement = (
            select(table)
            .where(table.c.time >= start, table.c.time < end)
            .order_by(table.c.seq.desc())
        )
        with self._db.read() as connection:
            rows = connection.execute(statement).mappings()
            return [ShiftNote(row["time"], row["actor"], row["text"]) for row in rows]
