"""Exposure, colour and sharpness of one picture, from its planes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Bytes, Floats

DARK: Final = 14.0  # levels: at or below this there is nothing to see
WHITE: Final = 248.0  # levels: from here on the sensor is at its end
REACH: Final = 8  # pixels of the fine plane over which an edge's whole step is taken
EDGE: Final = 24  # levels that a step must have at least: noise has less
EDGE_SHARE: Final = 0.03  # of a block that must be edges for it to vote
BLOCKS: Final = (12, 8)  # columns, rows
FEWEST: Final = 10  # of 192 blocks that must vote, or nobody can tell
CHROMA_STEP: Final = 8  # every so many chroma pixels one is looked at
CHROMA_CELL: Final = 4  # of those, a side, are averaged: noise has no colour
LINES: Final = 4  # so many rows, or columns, are taken together: noise shrinks, edges stay


@dataclass(frozen=True, slots=True)
class Exposure:
    """How light lies on the picture; levels 0–255."""

    brightness: float
    low: float
    high: float
    dark: float
    bright: float


def exposure(luma: Bytes, *, full_range: bool) -> Exposure:
    """Of a small luma plane (h, w) uint8."""
    counts = cv2.calcHist([luma], [0], None, [256], [0, 256]).ravel()
    levels = _LEVELS if full_range else _LIMITED
    share = np.cumsum(counts) / luma.size
    return Exposure(
        brightness=float(counts @ levels) / luma.size,
        low=float(levels[min(255, int(np.searchsorted(share, 0.05)))]),
        high=float(levels[min(255, int(np.searchsorted(share, 0.95)))]),
        dark=float(counts[levels <= DARK].sum()) / luma.size,
        bright=float(counts[levels >= WHITE].sum()) / luma.size,
    )


_LEVELS: Final = np.arange(256, dtype=np.float64)
_LIMITED: Final = np.clip((_LEVELS - 16.0) * (255.0 / 219.0), 0.0, 255.0)


def colour(u: Bytes, v: Bytes) -> float:
    """Mean distance of the chroma planes (h, w) from grey, levels, noise averaged out."""
    return _from_grey(u) + _from_grey(v)


def _from_grey(plane: Bytes) -> float:
    some = plane[::CHROMA_STEP, ::CHROMA_STEP].astype(np.float32)
    rows, columns = some.shape[0] // CHROMA_CELL, some.shape[1] // CHROMA_CELL
    if not rows or not columns:
        return float(abs(some.mean() - 128.0))
    cells = some[: rows * CHROMA_CELL, : columns * CHROMA_CELL]
    means = cells.reshape(rows, CHROMA_CELL, columns, CHROMA_CELL).mean(axis=(1, 3))
    return float(np.abs(means - 128.0).mean())


def sharpness(fine: Bytes) -> tuple[float | None, float]:
    """(sharpness, detail) of a luma plane (h, w) uint8 about 640 wide.

    Sharpness is taken at strong edges alone: the largest step over two pixels as a share of the
    whole step over `REACH`, so neither contrast nor noise counts; blocks of the picture vote, so
    neither does a burnt-in clock, always sharp: the top and the bottom, where texts stand, have
    no vote. Near 1 for a step between neighbours, less
    behind a blur (erf(1/(σ√2)) of σ pixels), a quarter where all is smooth. None where too few
    blocks have edges. Detail is the middle block's mean step over `REACH` pixels, levels.
    """
    height, width = fine.shape
    if min(height, width) < 4 * REACH:
        return None, 0.0
    rows = cv2.resize(fine, (width, height // LINES), interpolation=cv2.INTER_AREA)
    columns = cv2.resize(fine, (width // LINES, height), interpolation=cv2.INTER_AREA)
    across, down = (
        _steps(rows.astype(np.uint8, copy=False)),
        _steps(np.ascontiguousarray(columns.T)),
    )
    steep = np.concatenate([across[0], down[0]])
    edges = np.concatenate([across[1], down[1]])
    detail = np.concatenate([across[2], down[2]])
    voting = (edges > EDGE_SHARE * EDGE) & _INNER
    found = steep[voting] / edges[voting]
    return (_middle(found) if len(found) >= FEWEST else None), _middle(detail)


def _steps(plane: Bytes) -> tuple[Floats, Floats, Floats]:
    """Along rows, of each block: mean steep step and mean whole step at edges, mean of all."""
    whole = cv2.absdiff(plane[:, REACH:], plane[:, :-REACH])
    near = cv2.absdiff(plane[:, 2:], plane[:, :-2])
    steepest = cv2.dilate(near, _ALONG)[:, REACH // 2 - 1 :][:, : whole.shape[1]]
    _, edges = cv2.threshold(whole, EDGE, 255, cv2.THRESH_TOZERO)
    steep = cv2.min(steepest, edges)
    return _blocks(steep), _blocks(edges), _blocks(whole)


def _blocks(plane: NDArray[Any]) -> Floats:
    means = cv2.resize(plane.astype(np.float32), BLOCKS, interpolation=cv2.INTER_AREA)
    return means.astype(np.float32, copy=False).ravel()


def _middle(values: Floats) -> float:
    half = len(values) // 2
    return float(np.partition(values, half)[half])


_ALONG: Final = np.ones((1, REACH - 1), np.uint8)
_ROWS: Final = np.ones(BLOCKS[::-1], np.bool_)
_ROWS[[0, -1]] = False
_COLUMNS: Final = np.ones(BLOCKS[::-1], np.bool_)  # of the picture on its side
_COLUMNS[:, [0, -1]] = False
_INNER: Final = np.concatenate([_ROWS.ravel(), _COLUMNS.ravel()])
