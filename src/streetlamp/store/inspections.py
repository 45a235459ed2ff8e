"""What the audit of the hiding looked at, and whom it saw: figures and places, never a picture."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import RowMapping, delete, distinct, func, insert, select, update

from streetlamp.store.database import Database
from streetlamp.store.schema import inspections, sightings

Box = tuple[float, float, float, float]


class Verdict(StrEnum):
    """What is thought of a sighting."""

    OPEN = "open"  # both models see somebody; nobody has judged it yet
    PERHAPS = "perhaps"  # only one model does
    THING = "thing"  # it stands there unchanged at other times, too
    LEAK = "leak"  # a person says: somebody can be seen
    FALSE = "false"  # a person says: nobody can
    REMOVED = "removed"  # it was a leak; its recording is gone


LEAKING: Final = frozenset({Verdict.OPEN, Verdict.LEAK, Verdict.REMOVED})
"""What counts in the leak rate: everything beyond doubt that nobody has called false."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """One round of looks at one kind of footage of a camera. Times are POSIX seconds."""

    camera: str
    start: float  # of the footage
    end: float
    made: float  # when it was looked at
    stratum: str
    seconds: float  # of footage that the looks stand for
    looks: int
    model: str
    leaking: int = 0  # looks with a sighting that counts; worked out from the sightings


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody, perhaps, in one stored picture."""

    id: str
    camera: str
    time: float  # of the picture
    size: tuple[int, int]  # width, height of the picture, pixels
    box: Box
    score: float  # 0–1
    verdict: Verdict
    judged: float | None = None  # when a person judged it
    judge: str = ""  # that person's name

    @classmethod
    def make(
        cls,
        camera: str,
        time: float,
        size: tuple[int, int],
        box: Box,
        score: float,
        verdict: Verdict,
    ) -> Sighting:
        """A new one, with an id of its own."""
        return cls(secrets.token_hex(8), camera, time, size, box, score, verdict)


class Inspections:
    """The tables of rounds and sightings. Thread-safe; on the disk when a method returns."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, inspection: Inspection, seen: Iterable[Sighting]) -> None:
        """Notes a round and what it saw, all or nothing."""
        row = {
            column.name: getattr(inspection, column.name)
            for column in inspections.columns
            if column.name != "seq"
        }
        with self._db.write() as connection:
            done = connection.execute(insert(inspections).values(row))
            key = done.inserted_primary_key
            assert key is not None
            for one in seen:
                connection.execute(insert(sightings).values(_row(one) | {"inspection": key[0]}))

    def rounds(self, camera: str, start: float, end: float) -> list[Inspection]:
        """The rounds whose footage ends in (start, end], oldest first."""
        counting = [verdict.value for verdict in LEAKING]
        leaking = (
            select(func.count(distinct(sightings.c.time)))
            .where(sightings.c.inspection == inspections.c.seq, sightings.c.verdict.in_(counting))
            .scalar_subquery()
            .label("leaking")
        )
        columns = [column for column in inspections.columns if column.name != "seq"]
        statement = (
            select(*columns, leaking)
            .where(
                inspections.c.camera == camera, inspections.c.end > start, inspections.c.end <= end
            )
            .order_by(inspections.c.end, inspections.c.seq)
        )
        with self._db.read() as connection:
            return [Inspection(**row) for row in connection.execute(statement).mappings()]

    def reached(self, camera: str) -> float | None:
        """Up to when a camera's footage was sampled; None: never."""
        statement = select(func.max(inspections.c.end)).where(inspections.c.camera == camera)
        with self._db.read() as connection:
            found = connection.execute(statement).scalar()
        return None if found is None else float(found)

    def get(self, id: str) -> Sighting | None:  # noqa: A002
        with self._db.read() as connection:
            row = (
                connection.execute(select(sightings).where(sightings.c.id == id)).mappings().first()
            )
        return None if row is None else _sighting(row)

    def sightings(
        self,
        camera: str | None = None,
        verdicts: Collection[Verdict] = tuple(Verdict),
        start: float = 0.0,
        limit: int | None = None,
    ) -> list[Sighting]:
        """Sightings in pictures since `start`, newest first."""
        statement = select(sightings).where(
            sightings.c.verdict.in_([one.value for one in verdicts]), sightings.c.time >= start
        )
        if camera is not None:
            statement = statement.where(sightings.c.camera == camera)
        statement = statement.order_by(sightings.c.time.desc(), sightings.c.id).limit(limit)
        with self._db.read() as connection:
            return [_sighting(row) for row in connection.execute(statement).mappings()]

    def judge(self, id: str, verdict: Verdict, actor: str, time: float) -> Sighting:  # noqa: A002
        """A person's verdict. KeyError when there is no such sighting."""
        values = {"verdict": verdict.value, "judged": time, "judge": actor}
        with self._db.write() as connection:
            done = connection.execute(update(sightings).where(sightings.c.id == id).values(values))
            if done.rowcount == 0:
                raise KeyError(f"no sighting {id}")
        found = self.get(id)
        assert found is not None
        return found

    def removed(self, camera: str, start: float, end: float) -> None:
        """The footage of [start, end) is gone: leaks in it are no longer open."""
        gone = (sightings.c.camera == camera, sightings.c.time >= start, sightings.c.time < end)
        counted = sightings.c.verdict.in_([Verdict.OPEN.value, Verdict.LEAK.value])
        doubtful = sightings.c.verdict == Verdict.PERHAPS.value
        with self._db.write() as connection:
            statement = update(sightings).where(*gone, counted)
            connection.execute(statement.values(verdict=Verdict.REMOVED.value))
            connection.execute(delete(sightings).where(*gone, doubtful))

    def forget(self, before: float) -> int:
        """Drops rounds whose footage ended before this time, and their sightings; how many."""
        old = inspections.c.end < before
        with self._db.write() as connection:
            connection.execute(
                delete(sightings).where(
                    sightings.c.inspection.in_(select(inspections.c.seq).where(old))
                )
            )
            return connection.execute(delete(inspections).where(old)).rowcount


def _row(one: Sighting) -> dict[str, object]:
    return {
        "id": one.id,
        "camera": one.camera,
        "time": one.time,
        "width": one.size[0],
        "height": one.size[1],
        "box": list(one.box),
        "score": one.score,
        "verdict": one.verdict.value,
        "judged": one.judged,
        "judge": one.judge,
    }


def _sighting(row: RowMapping) -> Sighting:
    x1, y1, x2, y2 = row["box"]
    return Sighting(
        row["id"],
        row["camera"],
        row["time"],
        (row["width"], row["height"]),
        (x1, y1, x2, y2),
        row["score"],
        Verdict(row["verdict"]),
        row["judged"],
        row["judge"],
    )
