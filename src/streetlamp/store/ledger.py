"""The serviceability ledger's tables: eras, stretches of minutes, expectations, plans, notes.

What they mean is worked out in ``fleet/``. Times are the ledger's, POSIX seconds; minutes are
multiples of 60. Stretches of one camera in one era never overlap; those of two eras may, where the
machine's clock was set back: then those minutes were lived twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, insert, select, update

from streetlamp.health import MinuteState, Reason
from streetlamp.store.database import Database
from streetlamp.store.schema import (
    ledger_cameras,
    ledger_eras,
    ledger_notes,
    ledger_plans,
    ledger_stretches,
)


@dataclass(frozen=True, slots=True)
class LedgerEra:
    """A stretch in which Streetlamp ran with one idea of what time it is: minutes [start, end)."""

    id: int
    boot: str  # the machine's id of this time of being switched on
    start: int
    beat: float  # when it was last heard of
    mono: float  # what the machine's own clock showed then, seconds since it was switched on
    settled: bool  # the time was believed while it lasted
    claim: float  # what the wall clock showed, less what the machine's own did: seconds

    @property
    def end(self) -> int:
        """The end of its last whole minute."""
        return max(self.start, int(self.beat // 60) * 60)

    def shifted(self, seconds: int) -> LedgerEra:
        return replace(self, start=self.start + seconds, beat=self.beat + seconds)


@dataclass(frozen=True, slots=True)
class LedgerStretch:
    """Minutes [start, end) of one camera that are alike."""

    era: int
    camera: str
    start: int
    end: int
    state: MinuteState
    reasons: tuple[Reason, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Expected:
    """From when until when something was expected of a camera."""

    seq: int
    camera: str
    name: str
    area: str
    start: int
    end: int | None  # None: still


@dataclass(frozen=True, slots=True)
class Plan:
    """Planned work: these cameras are not expected in [start, end)."""

    seq: int
    start: int
    end: int
    cameras: tuple[str, ...]
    why: str
    announced: float


@dataclass(frozen=True, slots=True)
class LedgerNote:
    time: float
    text: str


class LedgerTables:
    """Thread-safe; every change is on the disk when it returns. Several belong together in one
    `Database.write`."""

    def __init__(self, db: Database) -> None:
        self.db = db

    # Eras.

    def eras(self) -> list[LedgerEra]:
        """All of them, in the order they were lived."""
        with self.db.read() as connection:
            rows = connection.execute(select(ledger_eras).order_by(ledger_eras.c.id)).mappings()
            return [LedgerEra(**row) for row in rows]

    def save_era(self, era: LedgerEra) -> None:
        """Notes an era, or how far it has come."""
        names = ("boot", "start", "beat", "mono", "settled", "claim")
        row = {name: getattr(era, name) for name in names}
        with self.db.write() as connection:
            where = ledger_eras.c.id == era.id
            if connection.execute(update(ledger_eras).where(where).values(row)).rowcount == 0:
                connection.execute(insert(ledger_eras).values(id=era.id, **row))

    def shift(self, era: int, seconds: int) -> None:
        """Everything of an era lies so many seconds later (whole minutes; below 0: earlier)."""
        with self.db.write() as connection:
            for table, column, of in (
                (ledger_stretches, "start", "era"),
                (ledger_stretches, "end", "era"),
                (ledger_cameras, "start", "start_era"),
                (ledger_cameras, "end", "end_era"),
            ):
                values = {column: table.c[column] + seconds}
                connection.execute(update(table).where(table.c[of] == era).values(values))
            values = {name: ledger_eras.c[name] + seconds for name in ("start", "beat")}
            connection.execute(update(ledger_eras).where(ledger_eras.c.id == era).values(values))

    # Stretches.

    def replace(self, new: Sequence[tuple[int, str, int, Sequence[LedgerStretch]]]) -> None:
        """What an era has of a camera from a start on becomes these stretches: each an era, a
        camera, a start, and the stretches from there on."""
        table = ledger_stretches
        gone = delete(table).where(
            table.c.era == bindparam("of_era"),
            table.c.camera == bindparam("of_camera"),
            table.c.start >= bindparam("from_start"),
        )
        old = [
            {"of_era": era, "of_camera": camera, "from_start": start}
            for era, camera, start, _ in new
        ]
        rows = [_row(one) for *_, stretches in new for one in stretches]
        with self.db.write() as connection:
            if old:
                connection.execute(gone, old)
            if rows:
                connection.execute(insert(table), rows)

    def stretches(
        self, start: int, end: int, cameras: Sequence[str] | None = None
    ) -> list[LedgerStretch]:
        """Those that share time with [start, end), by camera, era and start."""
        table = ledger_stretches
        statement = select(table).where(table.c.end > start, table.c.start < end)
        if cameras is not None:
            statement = statement.where(table.c.camera.in_(cameras))
        statement = statement.order_by(table.c.camera, table.c.era, table.c.start)
        with self.db.read() as connection:
            return [_stretch(row) for row in connection.execute(statement).mappings()]

    # Expectations.

    def expected(self) -> list[Expected]:
        """Every camera there ever was, with when something was expected of it; oldest first."""
        table = ledger_cameras
        columns = [table.c[name] for name in ("seq", "camera", "name", "area", "start", "end")]
        statement = select(*columns).order_by(table.c.start, table.c.seq)
        with self.db.read() as connection:
            return [Expected(**row) for row in connection.execute(statement).mappings()]

    def expect(self, camera: str, name: str, area: str, start: int, era: int) -> None:
        """Something is expected of a camera from this minute on."""
        row = {"camera": camera, "name": name, "area": area, "start": start, "start_era": era}
        with self.db.write() as connection:
            connection.execute(insert(ledger_cameras).values(row))

    def rename(self, seq: int, name: str, area: str) -> None:
        with self.db.write() as connection:
            statement = update(ledger_cameras).where(ledger_cameras.c.seq == seq)
            connection.execute(statement.values(name=name, area=area))

    def expect_no_more(self, seq: int, end: int, era: int) -> None:
        """Nothing is expected of a camera from this minute on."""
        with self.db.write() as connection:
            statement = update(ledger_cameras).where(ledger_cameras.c.seq == seq)
            connection.execute(statement.values(end=end, end_era=era))

    # Plans and notes.

    def plans(self) -> list[Plan]:
        """All planned work there ever was, by its beginning."""
        with self.db.read() as connection:
            rows = connection.execute(select(ledger_plans).order_by(ledger_plans.c.start))
            return [
                Plan(**{**row, "cameras": tuple(row["cameras"])}) for row in rows.mappings()
            ]  # fmt: skip

    def add_plan(
        self, start: int, end: int, cameras: Iterable[str], why: str, announced: float
    ) -> None:
        row = {"start": start, "end": end, "cameras": list(cameras), "why": why}
        with self.db.write() as connection:
            connection.execute(insert(ledger_plans).values(announced=announced, **row))

    def end_plan(self, seq: int, end: int) -> None:
        """A plan was withdrawn: it ends there, or never was if it had not begun."""
        table = ledger_plans
        with self.db.write() as connection:
            connection.execute(update(table).where(table.c.seq == seq).values(end=end))
            connection.execute(
                delete(table).where(table.c.seq == seq, table.c.end <= table.c.start)
            )

    def notes(self, start: float, end: float) -> list[LedgerNote]:
        """What happened to the ledger itself in [start, end), as it was lived."""
        table = ledger_notes
        statement = (
            select(table.c.time, table.c.text)
            .where(table.c.time >= start, table.c.time < end)
            .order_by(table.c.seq)
        )
        with self.db.read() as connection:
            return [LedgerNote(**row) for row in connection.execute(statement).mappings()]

    def add_note(self, time: float, text: str) -> None:
        with self.db.write() as connection:
            connection.execute(insert(ledger_notes).values(time=time, text=text))


def _row(one: LedgerStretch) -> dict[str, Any]:
    return {
        "era": one.era,
        "camera": one.camera,
        "start": one.start,
        "end": one.end,
        "state": one.state.value,
        "reasons": ",".join(one.reasons),
        "text": one.text,
    }


def _stretch(row: RowMapping) -> LedgerStretch:
    reasons = tuple(Reason(one) for one in row["reasons"].split(",") if one)
    return LedgerStretch(
        row["era"], row["camera"], row["start"], row["end"], MinuteState(row["state"]), reasons,
        row["text"],
    )  # fmt: skip
