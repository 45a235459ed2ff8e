"""How many passed, or were there at most, by camera, place, class, direction and minute."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, insert, select, update

from streetlamp.store.database import Database
from streetlamp.store.schema import counts
from streetlamp.values import Count


class Counts:
    """The table of minute counts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, new: Iterable[Count]) -> None:
        """Adds passages (a direction) to what the minute has; of occupancies, keeps the most."""
        with self._db.write() as connection:
            for count in new:
                key = and_(
                    counts.c.camera == count.camera,
                    counts.c.minute == count.minute,
                    counts.c.place == count.place,
                    counts.c.kind == count.kind,
                    counts.c.direction == count.direction,
                )
                had = connection.execute(select(counts.c.n).where(key)).scalar()
                if had is None:
                    row = {name: getattr(count, name) for name in counts.columns.keys()}  # noqa: SIM118
                    connection.execute(insert(counts).values(row))
                    continue
                n = had + count.n if count.direction else max(had, count.n)
                if n != had:
                    connection.execute(update(counts).where(key).values(n=n))

    def list(
        self, start: float, end: float, camera: str | None = None, step: int = 60
    ) -> list[Count]:
        """Counts of the minutes that begin in [start, end), oldest first.

        ``step`` (seconds, a multiple of 60) folds minutes together: ``minute`` is then the start of
        the step, passages are summed and occupancies are the most. ValueError on another step.
        """
        if step < 60 or step % 60:
            raise ValueError(f"step is {step} s: give a multiple of 60")
        statement = select(counts).where(counts.c.minute >= start, counts.c.minute < end)
        if camera is not None:
            statement = statement.where(counts.c.camera == camera)
        folded: dict[tuple[int, str, str, str, str], int] = {}
        with self._db.read() as connection:
            for row in connection.execute(statement).mappings():
                at = row["minute"] // step * step
                key = (at, row["camera"], row["place"], row["kind"], row["direction"])
                had = folded.get(key, 0)
                folded[key] = had + row["n"] if row["direction"] else max(had, row["n"])
        return [
            Count(camera, place, kind, direction, minute, n)
            for (minute, camera, place, kind, direction), n in sorted(folded.items())
        ]
