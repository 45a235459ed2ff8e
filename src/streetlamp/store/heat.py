"""Heat maps: one row a camera, kind and hour, its cells in a small blob.

A blob is a format byte and, compressed with zlib, four rows of little-endian 32-bit numbers: cell,
seconds present, seconds waiting, how many passed. Cells in which nothing was are not in it.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, insert, select, update

from streetlamp.store.database import Database
from streetlamp.store.errors import StoreDamagedError
from streetlamp.store.schema_heat import heat
from streetlamp.values import HEAT_GRID, Heat, Ints

_FORMAT: Final = 1
_CELLS: Final = HEAT_GRID[0] * HEAT_GRID[1]
_MOST: Final = 2**32 - 1


class Heats:
    """The table of heat maps. Thread-safe; on the disk when a method returns."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, new: Iterable[Heat]) -> None:
        """Adds these sums to what their hours have already: all or nothing."""
        with self._db.write() as connection:
            for one in new:
                key = and_(
                    heat.c.camera == one.camera,
                    heat.c.kind == one.kind,
                    heat.c.start == one.start,
                    heat.c.span == one.span,
                )
                had = connection.execute(select(heat.c.cells).where(key)).scalar()
                sums = _dense(one)
                if had is not None:
                    table = _unpacked(had)
                    sums[:, table[0]] += table[1:]
                    connection.execute(update(heat).where(key).values(cells=_packed(sums)))
                    continue
                row = {"camera": one.camera, "kind": one.kind, "start": one.start, "span": one.span}
                connection.execute(insert(heat).values(**row, cells=_packed(sums)))

    def list(self, camera: str, kind: str, start: float, end: float) -> list[Heat]:
        """The maps of the hours and days that begin in [start, end), oldest first."""
        statement = (
            select(heat)
            .where(
                heat.c.camera == camera,
                heat.c.kind == kind,
                heat.c.start >= start,
                heat.c.start < end,
            )
            .order_by(heat.c.start, heat.c.span)
        )
        with self._db.read() as connection:
            found = connection.execute(statement).mappings().all()
        return [
            Heat(row["camera"], row["kind"], row["start"], row["span"], *_unpacked(row["cells"]))
            for row in found
        ]


def together(maps: Iterable[Heat]) -> list[Heat]:
    """Maps of the same hour as one."""
    sums: dict[tuple[str, str, int, str], NDArray[np.int64]] = defaultdict(
        lambda: np.zeros((3, _CELLS), np.int64)
    )
    for one in maps:
        sums[one.camera, one.kind, one.start, one.span] += _dense(one)
    return [Heat(*key, *_columns(table)) for key, table in sums.items()]


def _dense(one: Heat) -> NDArray[np.int64]:
    """(3, cells) presence, waiting, passed; ValueError on a cell that is not in the grid."""
    if len(one.cell) and not 0 <= int(one.cell.min()) <= int(one.cell.max()) < _CELLS:
        raise ValueError(f"a cell is outside the grid of {_CELLS}")
    sums = np.zeros((3, _CELLS), np.int64)
    for row, column in enumerate((one.presence, one.waiting, one.passed)):
        np.add.at(sums[row], one.cell, column)
    return sums


def _columns(sums: NDArray[np.int64]) -> tuple[Ints, Ints, Ints, Ints]:
    cell = np.flatnonzero(sums.any(axis=0)).astype(np.int64)
    return cell, sums[0, cell], sums[1, cell], sums[2, cell]


def _packed(sums: NDArray[np.int64]) -> bytes:
    table = np.stack(_columns(sums)).clip(0, _MOST).astype("<u4")
    return bytes([_FORMAT]) + zlib.compress(table.tobytes(), 6)


def _unpacked(blob: bytes) -> NDArray[Any]:
    """(4, n) cell, presence, waiting, passed. StoreDamagedError when it cannot be one."""
    try:
        numbers = np.frombuffer(zlib.decompress(blob[1:]), "<u4")
    except (zlib.error, ValueError):
        numbers = np.zeros(1, np.uint32)
    if blob[:1] != bytes([_FORMAT]) or len(numbers) % 4:
        raise StoreDamagedError("a heat map in the database cannot be read: it is damaged.")
    table = numbers.reshape(4, -1).astype(np.int64)
    if table.shape[1] and int(table[0].max()) >= _CELLS:
        raise StoreDamagedError("a heat map in the database cannot be read: it is damaged.")
    return table
