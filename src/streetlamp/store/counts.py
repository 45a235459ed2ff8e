"""How many passed, or were there at most, by camera, place, class, direction and minute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, func, insert, select, update

from streetlamp.store.database import Database
from streetlamp.store.schema import counts
from streetlamp.values import Count


@dataclass(frozen=True, slots=True)
class CountSum:
    """What the minutes of a step come to, of one place, class and direction."""

    camera: str
    place: str
    kind: str
    direction: str
    start: int  # POSIX seconds where the step begins
    total: int
    most: int
    least: int  # of the minutes that have a count: nobody is no count
    minutes: int  # that have one

    @property
    def n(self) -> int:
        """How many passed; of an occupancy, the most that were there at once."""
        return self.total if self.direction else self.most


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

    def folded(
        self, start: float, end: float, camera: str | None = None, step: int = 60
    ) -> list[CountSum]:
        """Sums of the minutes that begin in [start, end), by step (seconds, a multiple of 60).

        Oldest first. ValueError on another step.
        """
        if step < 60 or step % 60:
            raise ValueError(f"step is {step} s: give a multiple of 60")
        at = counts.c.minute - counts.c.minute % step
        key = (at, counts.c.camera, counts.c.place, counts.c.kind, counts.c.direction)
        n = counts.c.n
        statement = (
            select(*key, func.sum(n), func.max(n), func.min(n), func.count())
            .where(counts.c.minute >= start, counts.c.minute < end)
            .group_by(*key)
            .order_by(*key)
        )
        if camera is not None:
            statement = statement.where(counts.c.camera == camera)
        with self._db.read() as connection:
            return [
                CountSum(one, place, kind, direction, int(begun), int(total), most, least, minutes)
                for begun, one, place, kind, direction, total, most, least, minutes in (
                    connection.execute(statement)
                )
            ]

    def list(
        self, start: float, end: float, camera: str | None = None, step: int = 60
    ) -> list[Count]:
        """Counts of the minutes that begin in [start, end), oldest first.

        ``step`` folds minutes together as `folded` does: ``minute`` is then the start of the step,
        passages are summed and occupancies are the most.
        """
        return [
            Count(one.camera, one.place, one.kind, one.direction, one.start, one.n)
            for one in self.folded(start, end, camera, step)
        ]
