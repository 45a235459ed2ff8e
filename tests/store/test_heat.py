"""The table of heat maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from streetlamp.store import Database, Heats, StoreDamagedError
from streetlamp.store.heat import together
from streetlamp.store.schema_heat import heat
from streetlamp.values import Heat


def made(cells: dict[int, tuple[int, int, int]], start: int = 3600, span: str = "hour") -> Heat:
    table = np.array([(cell, *sums) for cell, sums in cells.items()], np.int64).reshape(-1, 4)
    return Heat("gate", "person", start, span, *table.T)


def cells(one: Heat) -> dict[int, tuple[int, int, int]]:
    return {
        int(cell): (int(p), int(w), int(n))
        for cell, p, w, n in zip(one.cell, one.presence, one.waiting, one.passed, strict=True)
    }


def test_sums_are_added_to_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    db = Database(path)
    Heats(db).add([made({7: (10, 2, 3), 500: (4, 0, 5)}), made({0: (1, 0, 3)}, span="day")])
    db.close()
    db = Database(path)
    table = Heats(db)
    table.add([made({7: (5, 0, 1), 575: (2, 2, 4)}), made({1: (9, 9, 9)}, start=7200)])
    day, hour, later = table.list("gate", "person", 0, 10_000)
    assert (day.span, cells(day)) == ("day", {0: (1, 0, 3)})
    assert cells(hour) == {7: (15, 2, 4), 500: (4, 0, 5), 575: (2, 2, 4)}
    assert cells(later) == {1: (9, 9, 9)}
    assert [one.start for one in table.list("gate", "person", 0, 7200)] == [3600, 3600]
    assert table.list("gate", "vehicle", 0, 10_000) == table.list("dock", "person", 0, 10_000) == []
    db.close()


def test_a_cell_outside_the_grid_is_refused(tmp_path: Path) -> None:
    db = Database(tmp_path / "a.db")
    with pytest.raises(ValueError, match="outside the grid"):
        Heats(db).add([made({576: (1, 1, 1)})])
    db.close()


@pytest.mark.parametrize("blob", [b"", b"\x01nonsense", b"\x02" + b"x" * 40])
def test_a_damaged_map_is_told_in_words(tmp_path: Path, blob: bytes) -> None:
    db = Database(tmp_path / "a.db")
    Heats(db).add([made({7: (10, 2, 3)})])
    with db.write() as connection:
        connection.execute(update(heat).values(cells=blob))
    with pytest.raises(StoreDamagedError, match="heat map"):
        Heats(db).list("gate", "person", 0, 10_000)
    db.close()


def test_maps_of_one_hour_become_one() -> None:
    one, other = together([made({7: (1, 0, 1)}), made({7: (2, 1, 3)}, 7200), made({9: (1, 1, 1)})])
    assert cells(one) == {7: (1, 0, 1), 9: (1, 1, 1)}
    assert cells(other) == {7: (2, 1, 3)}
