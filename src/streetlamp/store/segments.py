"""Which stretches of masked video are on the disk, and which are still being written."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import RowMapping, Select, delete, func, insert, or_, select, update

from streetlamp.store.database import Database
from streetlamp.store.schema import segments
from streetlamp.values import Segment

LONGEST_SECONDS: Final = 7200.0
"""An hour is the most that may be asked for, and a file goes on to the next keyframe."""


def _value(row: RowMapping) -> Segment:
    return Segment(**row)


class Segments:
    """The table of recorded segments. Thread-safe; every change is on the disk when it returns."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, segment: Segment) -> None:
        """Notes a segment, usually one whose writing begins (``end=None``, size 0)."""
        row = {column.name: getattr(segment, column.name) for column in segments.columns}
        with self._db.write() as connection:
            connection.execute(insert(segments).values(row))

    def finish(self, id: str, end: float, size: int) -> None:  # noqa: A002
        """The segment is complete: it ends at ``end`` and its file has ``size`` bytes.

        KeyError when there is no such segment (retention may have taken it).
        """
        statement = update(segments).where(segments.c.id == id).values(end=end, size=size)
        with self._db.write() as connection:
            if connection.execute(statement).rowcount == 0:
                raise KeyError(f"no segment {id}")

    def get(self, id: str) -> Segment | None:  # noqa: A002
        rows = self._rows(select(segments).where(segments.c.id == id))
        return rows[0] if rows else None

    def oldest(self, limit: int, camera: str | None = None) -> list[Segment]:
        """The oldest complete segments, for retention; those being written are never among them."""
        statement = select(segments).where(segments.c.end.is_not(None))
        if camera is not None:
            statement = statement.where(segments.c.camera == camera)
        return self._rows(statement.order_by(segments.c.start, segments.c.id).limit(limit))

    def unfinished(self) -> list[Segment]:
        """Segments without an end: being written now, or left by a process that died."""
        return self._rows(
            select(segments).where(segments.c.end.is_(None)).order_by(segments.c.start)
        )

    def remove(self, id: str) -> None:  # noqa: A002
        """Forgets a segment; its file is the caller's. Nothing happens when there is none."""
        with self._db.write() as connection:
            connection.execute(delete(segments).where(segments.c.id == id))

    def total_size(self, camera: str | None = None) -> int:
        """Bytes of all complete segments."""
        statement = select(func.coalesce(func.sum(segments.c.size), 0))
        if camera is not None:
            statement = statement.where(segments.c.camera == camera)
        with self._db.read() as connection:
            return int(connection.execute(statement).scalar_one())

    def cameras(self) -> list[str]:
        """Cameras of which something is recorded, in order of name."""
        statement = select(segments.c.camera).distinct().order_by(segments.c.camera)
        with self._db.read() as connection:
            return [str(name) for name in connection.execute(statement).scalars()]

    def _rows(self, statement: Select[Any]) -> list[Segment]:
        with self._db.read() as connection:
            return [_value(row) for row in connection.execute(statement).mappings()]

    def during(self, start: float, end: float) -> list[Segment]:
        """Segments of all cameras that share time with [start, end), by camera and start.

        No segment is longer than `LONGEST_SECONDS`.
        """
        where = (
            segments.c.start < end,
            segments.c.start > start - LONGEST_SECONDS,
            or_(segments.c.end.is_(None), segments.c.end > start),
        )
        order = (segments.c.camera, segments.c.start)
        return self._rows(select(segments).where(*where).order_by(*order))

    def list(self, camera: str, start: float, end: float) -> list[Segment]:
        """Segments of a camera that share time with [start, end), oldest first.

        One that is still being written counts as reaching to the present.
        """
        where = (
            segments.c.camera == camera,
            segments.c.start < end,
            or_(segments.c.end.is_(None), segments.c.end > start),
        )
        return self._rows(select(segments).where(*where).order_by(segments.c.start, segments.c.id))
