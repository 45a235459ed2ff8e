"""Which new box belongs to which track: similarity and optimal assignment."""

from __future__ import annotations

from typing import Any

import lap
import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Kind

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]

# A detector flickers within a group (car, truck) but a person is not a flickering bicycle.
_GROUPS = {
    Kind.PERSON: 0,
    Kind.BICYCLE: 1,
    Kind.MOTORCYCLE: 1,
    Kind.CAR: 2,
    Kind.BUS: 2,
    Kind.TRUCK: 2,
}
GROUP: NDArray[np.int64] = np.array([_GROUPS[kind] for kind in Kind], np.int64)


def overlap(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) areas shared by boxes (n, 4) and (m, 4), square pixels."""
    # Coordinates first: NumPy's inner loop then runs over boxes, not over the two of a corner.
    one, two = a.T[:, :, None], b.T[:, None, :]
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
    shared = overlap(a, b)
    union = area(a)[:, None] + (area(a) if b is a else area(b))
    union -= shared
    np.maximum(union, 1e-9, out=union)
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
    one, two = box.T[:, :, None], found.T[:, None, :]
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


def height_likeness(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) smaller height over larger height: the same thing keeps its height between looks."""
    return _likeness(a[:, 3] - a[:, 1], b[:, 3] - b[:, 1])


def area_likeness(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) smaller area over larger area: who falls over changes their height, not their area."""
    return _likeness(area(a), area(b))


def _likeness(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) smaller over larger of sizes (n,) and (m,)."""
    one = np.maximum(a, 1e-3).astype(np.float64)[:, None]
    two = np.maximum(b, 1e-3).astype(np.float64)
    return np.asarray(np.minimum(one, two) / np.maximum(one, two))


def assign(likeness: Doubles, least: float) -> tuple[Indices, Indices]:
    """Rows and columns of the best one-to-one pairing among pairs with likeness ≥ ``least`` > 0.

    Pairs below ``least`` are taken out before solving: they can never push out a good pair.
    """
    allowed = likeness >= least
    rows, columns = allowed.nonzero()
    # Most things have one box in reach that is in nobody else's: those need no solver.
    n, m = likeness.shape
    contested = np.bincount(rows, minlength=n)[rows] > 1
    contested |= np.bincount(columns, minlength=m)[columns] > 1
    if not contested.any():
        return rows, columns
    alone = ~contested
    in_row, in_column = np.zeros(n, bool), np.zeros(m, bool)
    in_row[rows[contested]] = True
    in_column[columns[contested]] = True
    r, c = in_row.nonzero()[0], in_column.nonzero()[0]
    some = (r[:, None], c)
    # The Jonker–Volgenant algorithm finds the least cost. It wants a square; a partner that is not
    # allowed, or made up to fill the square, is none.
    side = max(len(r), len(c))
    cost = np.ones((side, side))
    cost[: len(r), : len(c)] -= np.where(allowed[some], likeness[some], 0.0)
    _, partner, _ = lap.lapjv(cost)
    partner = partner[: len(r)]
    real = partner < len(c)
    r, c = r[real], c[partner[real]]
    good = allowed[r, c]
    return np.concatenate([rows[alone], r[good]]), np.concatenate([columns[alone], c[good]])
