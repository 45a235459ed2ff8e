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
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides = np.maximum(high - low, 0).astype(np.float64)
    return np.asarray(sides[:, :, 0] * sides[:, :, 1])


def area(box: NDArray[Any]) -> Doubles:
    """(n,) areas of boxes (n, 4), square pixels."""
    sides = np.maximum(box[:, 2:] - box[:, :2], 0).astype(np.float64)
    return np.asarray(sides[:, 0] * sides[:, 1])


def iou(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) intersection over union of boxes (n, 4) and (m, 4)."""
    shared = overlap(a, b)
    union = area(a)[:, None] + area(b)[None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-9))


def inside(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) share of each box of ``a`` that lies in each box of ``b``."""
    return np.asarray(overlap(a, b) / np.maximum(area(a), 1e-9)[:, None])


def height_likeness(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) smaller height over larger height: the same thing keeps its height between looks."""
    one = np.maximum(a[:, 3] - a[:, 1], 1e-3)[:, None].astype(np.float64)
    two = np.maximum(b[:, 3] - b[:, 1], 1e-3)[None, :].astype(np.float64)
    return np.asarray(np.minimum(one, two) / np.maximum(one, two))


def area_likeness(a: NDArray[Any], b: NDArray[Any]) -> Doubles:
    """(n, m) smaller area over larger area: who falls over changes their height, not their area."""
    one, two = np.maximum(area(a), 1e-3)[:, None], np.maximum(area(b), 1e-3)[None, :]
    return np.asarray(np.minimum(one, two) / np.maximum(one, two))


def assign(likeness: Doubles, least: float) -> tuple[Indices, Indices]:
    """Rows and columns of the best one-to-one pairing among pairs with likeness ≥ ``least``.

    Pairs below ``least`` are taken out before solving: they can never push out a good pair.
    """
    n, m = likeness.shape
    none = np.zeros(0, np.int64)
    if not n or not m:
        return none, none
    allowed = likeness >= least
    if not allowed.any():
        return none, none
    # The Jonker–Volgenant algorithm finds the least cost; a row without a partner gets -1.
    _, partner, _ = lap.lapjv(np.where(allowed, 1.0 - likeness, 1.0), extend_cost=True)
    rows = np.flatnonzero(partner >= 0)
    columns = partner[rows].astype(np.int64)
    good = allowed[rows, columns]
    return rows[good].astype(np.int64), columns[good].astype(np.int64)
