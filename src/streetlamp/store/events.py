"""What rules have said: one row an event, renewed while it lasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, insert, select, update

from streetlamp.store.chunks import chunks
from streetlamp.store.database import Database
from streetlamp.store.schema import events
from streetlamp.values import Event, Phase, Severity


def _row(event: Event, alarm: str | None) -> dict[str, Any]:
    return {
        "alarm": alarm,
        "camera": event.camera,
        "rule": event.rule,
        "kind": event.kind,
        "place": event.place,
        "start": event.start,
        "end": event.end,
        "updated": event.at,
        "frame": event.frame,
        "message": event.message,
        "severity": event.severity.value,
        "box": None if event.box is None else list(event.box),
        "numbers": dict(event.numbers),
        "needs_person": event.alarm,
    }


def value_of(row: RowMapping) -> Event:
    """The event that a row of the table holds."""
    box = row["box"]
    return Event(
        id=row["id"],
        phase=Phase.START if row["end"] is None else Phase.END,
        camera=row["camera"],
        rule=row["rule"],
        kind=row["kind"],
        place=row["place"],
        start=row["start"],
        end=row["end"],
        frame=row["frame"],
        message=row["message"],
        severity=Severity(row["severity"]),
        box=None if box is None else (box[0], box[1], box[2], box[3]),
        numbers=row["numbers"],
        alarm=row["needs_person"],
        time=row["updated"],
        mode=row["mode"],
    )


class Events:
    """The table of events. The phase is not kept: a row shows an event as it last was."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def save(self, event: Event, alarm: str | None = None) -> None:
        """Notes an event, or what has become of it. ``alarm`` is the alarm it belongs to."""
        self.save_all([(event, alarm)])

    def save_all(self, told: Sequence[tuple[Event, str | None]]) -> None:
        """As `save`, many at once, each with its alarm. No event twice."""
        if not told:
            return
        with self._db.write() as connection:
            known: set[str] = set()
            for ids in chunks([event.id for event, _ in told]):
                known.update(connection.scalars(select(events.c.id).where(events.c.id.in_(ids))))
            old = [
                {f"new_{name}": value for name, value in _row(event, alarm).items()}
                | {"the_id": event.id}
                for event, alarm in told
                if event.id in known
            ]
            new = [
                _row(event, alarm) | {"id": event.id, "mode": event.mode}  # in which it began
                for event, alarm in told
                if event.id not in known
            ]
            if old:
                names = [name.removeprefix("new_") for name in old[0] if name != "the_id"]
                values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
                where = events.c.id == bindparam("the_id")
                connection.execute(update(events).where(where).values(values), old)
            if new:
                connection.execute(insert(events), new)

    def get(self, id: str) -> Event | None:  # noqa: A002
        found = self._rows(select(events).where(events.c.id == id))
        return found[0][0] if found else None

    def find(self, id: str) -> tuple[Event, str | None] | None:  # noqa: A002
        """An event and the alarm it belongs to, if any."""
        found = self._rows(select(events).where(events.c.id == id))
        return found[0] if found else None

    def find_all(self, ids: Sequence[str]) -> dict[str, tuple[Event, str | None]]:
        """As `find`, many at once, by id."""
        found: dict[str, tuple[Event, str | None]] = {}
        for some in chunks(ids):
            for event, alarm in self._rows(select(events).where(events.c.id.in_(some))):
                found[event.id] = event, alarm
        return found

    def running(self, alarm: str | None = None) -> list[tuple[Event, str | None]]:
        """Events without an end, with their alarm; at a start: left by a process that died."""
        statement = select(events).where(events.c.end.is_(None)).order_by(events.c.start)
        if alarm is not None:
            statement = statement.where(events.c.alarm == alarm)
        return self._rows(statement)

    def of_alarm(self, alarm: str) -> list[Event]:
        """The events an alarm gathered, oldest first."""
        statement = select(events).where(events.c.alarm == alarm).order_by(events.c.start)
        return [event for event, _ in self._rows(statement)]

    def close(self, id: str) -> None:  # noqa: A002
        """Ends an event of which nothing more will be heard, at the time it was last heard of."""
        with self._db.write() as connection:
            connection.execute(update(events).where(events.c.id == id).values(end=events.c.updated))

    def _rows(self, statement: Select[Any]) -> list[tuple[Event, str | None]]:
        with self._db.read() as connection:
            found = connection.execute(statement).mappings()
            return [(value_of(row), row["alarm"]) for row in found]

    def list(
        self,
        camera: str | None = None,
        start: float | None = None,
        end: float | None = None,
        limit: int = 100,
    ) -> list[Event]:
        """Events that began in [start, end), newest first."""
        statement = select(events).order_by(events.c.start.desc()).limit(limit)
        if camera is not None:
            statement = statement.where(events.c.camera == camera)
        if start is not None:
            statement = statement.where(events.c.start >= start)
        if end is not None:
            statement = statement.where(events.c.start < end)
        return [event for event, _ in self._rows(statement)]
