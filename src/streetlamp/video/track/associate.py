"""Which new box belongs to which track: similarity and optimal assignment."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import lap
import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Kind

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Pair = tuple[int, int, float]  # row, column, likeness

# A detector flickers within a group (car, truck) but a person is not a flickering bicycle.
_GROUPS = {
    Kind.PERSON: 0,
    Kind.BICYCLE: 1,
    Kind.MOTORCYCLE: 1,
    Kind.CAR: 2,
    Kind.BUS: 2,
    Kind.TRUCK: 2,
}
_FEW: Final = 7  # pairs in each other's way of which the best are found quickest by trying all
GROUP: NDArray[np.int64] = np.array([_GROUPS[kind] for kind in Kind], np.int64)


def overlap(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) areas shared by boxes (n, 4) and (m, 4), square pixels."""
    # Coordinates first, and b's one behind the other: NumPy's inner loop then runs over boxes that
    # lie side by side, four times as fast.
    one, two = a.T[:, :, None], b.T.copy()[:, None, :]
    sides = np.minimum(one[2:], two[2:])
    sides -= np.maximum(one[:2], two[:2])
    np.maximum(sides, 0, out=sides)
    return np.asarray(np.multiply(sides[0], sides[1], dtype=np.float64))


def area(box: NDArray[Any]) -> Doubles:
    """(n,) areas of boxes (n, 4), square pixels."""
    sides = box[:, 2:] - box[:, :2]
    np.maximum(sides, 0, out=sides)
    return np.asarray(np.multiply(sides[:, 0], sides[:, 1], dtype=np.float64))


def iou(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) intersection over union of boxes (n, 4) and (m, 4)."""
    n = len(a)
    # As in `overlap`; what is asked of each box is asked of all at once.
    both = np.concatenate([a, b], dtype=np.float64).T.copy()
    low, high = both[:2], both[2:]
    size = high - low
    np.maximum(size, 0.0, out=size)
    areas = size[0] * size[1]
    areas += 1e-12  # two boxes of no size have nothing in common
    sides = np.minimum(high[:, :n, None], high[:, None, n:])
    sides -= np.maximum(low[:, :n, None], low[:, None, n:])
    np.maximum(sides, 0.0, out=sides)
    shared: Doubles = sides[0]
    shared *= sides[1]
    union = areas[:n, None] + areas[n:]
    union -= shared
    shared /= union
    return shared


def inside(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) share of each box of ``a`` that lies in each box of ``b``."""
    return np.asarray(overlap(a, b) / np.maximum(area(a), 1e-9)[:, None])


def wide_iou(box: Doubles, doubt: Doubles, found: NDArray[Any]) -> Doubles:
    """(n, m) IoU after boxes (n, 4) and (m, 4) were widened by twice the ``doubt`` (n, 2), pixels.

    C-BIoU (Yang et al. 2023) widens by a fixed share; here a track seen for the first time, or long
    not seen, reaches far and a well-known one hardly at all.
    """
    side = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
    margin = np.minimum(2 * doubt.T, 0.75 * side)[:, :, None]
    # Coordinates first, as in `overlap`: (2, n, 1) and (2, n, m).
    one, two = box.T[:, :, None], found.T.copy()[:, None, :]
    low_a, high_a = one[:2] - margin, one[2:] + margin
    low_b, high_b = two[:2] - margin, two[2:] + margin
    sides = np.minimum(high_a, high_b)
    sides -= np.maximum(low_a, low_b)
    np.maximum(sides, 0, out=sides)
    shared = sides[0] * sides[1]
    high_a -= low_a
    high_b -= low_b
    both = high_a[0] * high_a[1] + high_b[0] * high_b[1]
    both -= shared
    np.maximum(both, 1e-9, out=both)
    return np.asarray(shared / both)


def height(box: NDArray[Any]) -> NDArray[Any]:
    """(n,) heights of boxes (n, 4), pixels."""
    return np.asarray(box[:, 3] - box[:, 1])


def height_likeness(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) smaller height over larger height: the same thing keeps its height between looks."""
    return likeness(height(a)[:, None], height(b))


def area_likeness(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) smaller area over larger area: who falls over changes their height, not their area."""
    return likeness(area(a)[:, None], area(b))


def likeness(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """The smaller over the larger of two sizes each."""
    one = np.maximum(a, 1e-3, dtype=np.float64)
    two = np.maximum(b, 1e-3, dtype=np.float64)
    return np.asarray(np.minimum(one, two) / np.maximum(one, two))


def assign(alike: Doubles, least: float) -> tuple[Indices, Indices]:
    """Rows and columns of the best one-to-one pairing among pairs ``alike`` by ``least`` > 0.

    Pairs below ``least`` are taken out before solving: they can never push out a good pair.
    """
    rows, columns = (alike >= least).nonzero()
    pairs = zip(rows.tolist(), columns.tolist(), alike[rows, columns].tolist(), strict=True)
    chosen = np.array(best_pairs(list(pairs)), np.int64).reshape(-1, 2)
    return chosen[:, 0], chosen[:, 1]


def best_pairs(pairs: list[Pair]) -> list[tuple[int, int]]:
    """Row and column of those ``pairs`` that together, one a row and one a column, are likest.

    Likeness is above 0 and at most 1.
    """
    rows, columns = [row for row, _, _ in pairs], [column for _, column, _ in pairs]
    # Most things have one box in reach that is in nobody else's: those need no solver.
    if len(set(rows)) == len(set(columns)) == len(pairs):
        return list(zip(rows, columns, strict=True))
    of_row, of_column = Counter(rows), Counter(columns)
    alone, contested = [], []
    for pair in pairs:
        row, column, _ = pair
        if of_row[row] == of_column[column] == 1:
            alone.append((row, column))
        else:
            contested.append(pair)
    for knot in _knots(contested):
        alone += _tried(knot)[1] if len(knot) <= _FEW else _solved(knot)
    return alone


def _knots(pairs: list[Pair]) -> list[list[Pair]]:
    """The pairs in groups that have no row and no column in common."""
    of_row: dict[int, list[Pair]] = {}
    of_column: dict[int, list[Pair]] = {}
    for pair in pairs:
        row, column, _ = pair
        knot, other = of_row.get(row), of_column.get(column)
        if knot is None:
            knot = [] if other is None else other
        elif other is not None and other is not knot:
            knot += other
            for its_row, its_column, _ in other:
                of_row[its_row] = of_column[its_column] = knot
        knot.append(pair)
        of_row[row] = of_column[column] = knot
    return list({id(knot): knot for knot in of_row.values()}.values())


def _tried(pairs: list[Pair]) -> tuple[float, list[tuple[int, int]]]:
    """How alike the best of few pairs are, and which they are: with or without the first."""
    if not pairs:
        return 0.0, []
    (row, column, like), *rest = pairs
    free = [pair for pair in rest if pair[0] != row and pair[1] != column]
    others, chosen = _tried(free)
    if len(free) < len(rest):
        without = _tried(rest)
        if without[0] > like + others:
            return without
    return like + others, [(row, column), *chosen]


def _solved(pairs: list[Pair]) -> list[tuple[int, int]]:
    """The same of many pairs that are in each other's way."""
    row_at = {row: place for place, row in enumerate(sorted({pair[0] for pair in pairs}))}
    column_at = {column: place for place, column in enumerate(sorted({p[1] for p in pairs}))}
    # The Jonker–Volgenant algorithm finds the least cost. It wants a square; a partner that is not
    # allowed, or made up to fill the square, is none.
    side = max(len(row_at), len(column_at))
    cost = np.ones((side, side))
    for row, column, like in pairs:
        cost[row_at[row], column_at[column]] = 1.0 - like
    partner = lap.lapjv(cost)[1].tolist()
    return [(r, c) for r, c, _ in pairs if partner[row_at[r]] == column_at[c]]
