"""Which pictures are looked at."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.inspection.footage import Cell
from streetlamp.inspection.plan import SHARES, Purse, Stratum, share_out, sort_cells, times

PEOPLE, MOVING, QUIET = Stratum.PEOPLE, Stratum.MOVING, Stratum.QUIET


def cells(*sizes: int) -> list[Cell]:
    return [Cell(10.0 * i, 10.0 * i + 10, size) for i, size in enumerate(sizes)]


def starts(found: dict[Stratum, list[Cell]], stratum: Stratum) -> list[float]:
    return [cell.start for cell in found[stratum]]


def test_cells_beside_people_are_peoples_too() -> None:
    row = cells(*[100] * 8)
    found = sort_cells(row, lambda cell: 0.05 if cell.start == 40 else 0.001)
    assert starts(found, PEOPLE) == [30, 40, 50]
    assert starts(found, QUIET) == [0, 10, 20, 60, 70]
    assert starts(found, MOVING) == []


def test_what_moves_without_a_mosaic_is_looked_at_apart() -> None:
    """Somebody whom the detector missed altogether is in such a cell."""
    found = sort_cells(cells(100, 110, 400, 90, 100), lambda cell: 0.0)
    assert starts(found, MOVING) == [20]
    assert starts(found, QUIET) == [0, 10, 30, 40]


def test_a_cell_that_cannot_be_decoded_is_not_peoples() -> None:
    assert starts(sort_cells(cells(100, 100), lambda cell: None), QUIET) == [0, 10]


def test_looks_are_shared_out() -> None:
    plenty = dict.fromkeys(Stratum, 10_000.0)
    given = share_out(500, plenty)
    assert given == {stratum: 500 * SHARES[stratum] for stratum in Stratum}
    alone = share_out(500, {PEOPLE: 10_000.0})
    assert alone == {PEOPLE: 500, MOVING: 0, QUIET: 0}
    short = share_out(500, {PEOPLE: 10.0, QUIET: 10_000.0})
    assert short == {PEOPLE: 50, MOVING: 0, QUIET: 450}
    assert share_out(500, {PEOPLE: 1.0}) == {PEOPLE: 5, MOVING: 0, QUIET: 0}
    assert sum(share_out(7, plenty).values()) == 7


def test_a_quiet_night_saves_looks_for_the_first_person() -> None:
    purse = Purse(a_day=2400)
    hour = {QUIET: 3600.0}
    for _ in range(8):
        earned = purse.earn(3600)
        assert earned == 100
        assert purse.spend(earned, hour) == {PEOPLE: 0, MOVING: 0, QUIET: 20}
    assert purse.saved == 8 * 80
    given = purse.spend(purse.earn(3600), {PEOPLE: 120.0, QUIET: 3480.0})
    assert given == {PEOPLE: 600, MOVING: 0, QUIET: 20}  # as dense as looks may be
    given = purse.spend(purse.earn(3600), {PEOPLE: 3600.0})
    assert given[PEOPLE] == 60 + 8 * 80 + 100 - 620
    assert purse.saved == 40


def test_what_is_saved_is_a_day_at_most() -> None:
    purse = Purse(a_day=100)
    for _ in range(1000):
        purse.spend(purse.earn(3600), {})
    assert purse.saved == 100


def test_parts_of_a_look_are_not_lost() -> None:
    purse = Purse(a_day=96)  # one in fifteen minutes
    assert sum(purse.earn(60) for _ in range(24 * 60)) == pytest.approx(96, abs=1)


def test_moments_lie_in_the_cells_and_evenly() -> None:
    row = [Cell(0, 10, 1), Cell(50, 70, 1), Cell(100, 110, 1)]
    drawn = times(row, 400, np.random.default_rng(3))
    assert drawn == sorted(drawn)
    inside = [sum(c.start <= t < c.end for t in drawn) for c in row]
    assert sum(inside) == 400
    assert inside == [
        pytest.approx(100, abs=1),
        pytest.approx(200, abs=1),
        pytest.approx(100, abs=1),
    ]


def test_moments_cannot_be_foretold_but_repeated() -> None:
    row = cells(*[1] * 20)
    one, two, again = (times(row, 50, np.random.default_rng(seed)) for seed in (1, 2, 1))
    assert one == again
    assert len(set(one) & set(two)) == 0


def test_no_cells_no_moments() -> None:
    assert times([], 10, np.random.default_rng(0)) == []
    assert times(cells(1), 0, np.random.default_rng(0)) == []
