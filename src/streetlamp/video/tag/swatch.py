"""The colours of things in one picture: shares of the eleven terms, and how clear they are.

A box holds background too. A pixel counts the more, the nearer it is to where the thing must be in
its box, and the rarer its colour is in a strip beside the box; pixels inside a box that stands
nearer to the camera do not count at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.video.tag.colour import (
    BINS,
    PLAIN,
    coarse,
    lightness,
    plainness,
    table,
    table_row,
)
from streetlamp.video.tag.pixels import Light, Pixels

Doubles = NDArray[np.float64]

_SURROUNDINGS: Final = 0.8  # weight of the surroundings against the thing in it
_ENOUGH: Final = 0.35  # least share of the region that must be in view
_BLACK_BELOW, _WHITE_ABOVE = 0.36, 0.75  # OKLab lightness
_SOFT: Final = 0.02  # lightness over which one name passes into the next


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Points of a box, as fractions of it, with a prior each; and points beside it."""

    x: Doubles  # (n,) 0–1 across the box
    y: Doubles  # (n,) 0–1 down the box
    prior: Doubles  # (n,) 0–1: how likely the thing is there
    beside_x: Doubles  # (m,)
    beside_y: Doubles  # (m,)
    pale: float  # weight of its colourless pixels against its colourful ones
    level: float  # which of its colourless pixels, from darkest (0) to lightest (1), is its shade

    @classmethod
    def make(
        cls,
        *,
        across: tuple[float, float],
        down: tuple[float, float],
        points: tuple[int, int],
        spread: tuple[float, float],
        pale: float,
        level: float,
    ) -> Region:
        """A grid of ``points`` with a bell-shaped prior of ``spread`` (deviations, fractions)."""
        columns = np.linspace(*across, points[0])
        rows = np.linspace(*down, points[1])
        x, y = (part.ravel() for part in np.meshgrid(columns, rows))
        middle = (down[0] + down[1]) / 2
        prior = np.exp(-0.5 * (((x - 0.5) / spread[0]) ** 2 + ((y - middle) / spread[1]) ** 2))
        sides = np.concatenate([np.linspace(-0.35, -0.1, 4), np.linspace(1.1, 1.35, 4)])
        beside_x, beside_y = (part.ravel() for part in np.meshgrid(sides, rows))
        return cls(x, y, prior, beside_x, beside_y, pale, level)


UPPER: Final = Region.make(
    across=(0.22, 0.78), down=(0.2, 0.44), points=(12, 14), spread=(0.2, 0.4), pale=1.0, level=0.5
)
LOWER: Final = Region.make(
    across=(0.24, 0.76), down=(0.54, 0.86), points=(12, 16), spread=(0.18, 0.4), pale=1.0, level=0.5
)
# Windows, tyres and shade are colourless on a vehicle of any colour, and darker than its paint.
VEHICLE: Final = Region.make(
    across=(0.1, 0.9), down=(0.2, 0.85), points=(18, 14), spread=(0.35, 0.22), pale=0.7, level=0.6
)


@dataclass(frozen=True, slots=True, eq=False)
class Swatches:
    """What was seen of the colours of one region of each of k things in one picture."""

    shares: Doubles  # (k, 11) of Colour 1 … 11, rows sum to 1; zeros if nothing could be told
    clear: Doubles  # (k,) 0–1: how much of the region was in view and stood out


def swatches(
    pixels: Pixels,
    light: Light,
    box: NDArray[np.float32],
    regions: tuple[Region, ...],
    nearer: Sequence[NDArray[np.float32]],
) -> tuple[Swatches, ...]:
    """Swatches of each region of boxes (k, 4); boxes ``nearer`` (m, 4) each hide what is behind."""
    across, down = _points(regions)
    x = box[:, :1] + across * (box[:, 2:3] - box[:, :1])
    y = box[:, 1:2] + down * (box[:, 3:] - box[:, 1:2])
    seen = (x >= 0) & (y >= 0) & (x < pixels.size[0]) & (y < pixels.size[1])
    for row, others in enumerate(nearer):
        for x1, y1, x2, y2 in others.tolist():
            seen[row] &= (x[row] < x1) | (x[row] >= x2) | (y[row] < y1) | (y[row] >= y2)
    rgb = light.correct(pixels.at(x.ravel(), y.ravel()))
    rows = table_row(rgb).reshape(seen.shape)
    result, start = [], 0
    for region in regions:
        inner = slice(start, start + len(region.x))
        outer = slice(inner.stop, inner.stop + len(region.beside_x))
        start = outer.stop
        result.append(
            _swatches(
                region, rows[:, inner], seen[:, inner], coarse()[rows[:, outer]], seen[:, outer]
            )
        )
    return tuple(result)


@cache
def _points(regions: tuple[Region, ...]) -> tuple[Doubles, Doubles]:
    """(p,) x and y of all points of the regions: a region's own, those beside it, the next's …"""
    x = [part for region in regions for part in (region.x, region.beside_x)]
    y = [part for region in regions for part in (region.y, region.beside_y)]
    return np.concatenate(x), np.concatenate(y)


def _swatches(
    region: Region,
    rows: NDArray[np.int64],
    seen: NDArray[np.bool_],
    beside_bins: NDArray[np.int64],
    beside_seen: NDArray[np.bool_],
) -> Swatches:
    """rows, seen: (k, n) of the region's own points; beside …: (k, m) of those beside it."""
    whole = float(region.prior.sum())
    prior = region.prior * seen
    in_view, around = prior.sum(axis=1), beside_seen.sum(axis=1)
    # One histogram a thing, side by side in one row of bins.
    first = np.arange(len(rows))[:, None] * BINS**3
    bins = coarse()[rows] + first
    number = len(rows) * BINS**3
    own = np.bincount(bins.ravel(), prior.ravel(), number)[bins]
    own /= np.maximum(in_view, 1e-9)[:, None]
    other = np.bincount((beside_bins + first).ravel(), beside_seen.ravel(), number)[bins]
    other *= (_SURROUNDINGS / np.maximum(around, 1))[:, None]
    weight = prior * (own / np.maximum(own + other, 1e-9))
    total = weight.sum(axis=1)
    told = (in_view >= _ENOUGH * whole) & (total >= 1e-6)
    shares = (weight[:, None, :] @ table()[rows])[:, 0] / np.maximum(total, 1e-9)[:, None]
    shares = _named(shares, weight, rows, region)
    return Swatches(shares * told[:, None], total / whole * told)


def _named(shares: Doubles, weight: Doubles, rows: NDArray[np.int64], region: Region) -> Doubles:
    """Pixels' shares (k, 11) → the things': colourless pixels are one shade in light and shadow.

    A folded white shirt has white and grey pixels, a black car has black, grey and white ones; what
    the shade is called depends on one of them, not on how many there are of each.
    """
    things = np.arange(len(rows))
    light = lightness()[rows]
    order = light.argsort(axis=1)
    colourless = (plainness()[rows] * weight)[things[:, None], order].cumsum(axis=1)
    total = colourless[:, -1]
    place = (colourless < (region.level * total)[:, None]).sum(axis=1)
    place = order[things, np.minimum(place, rows.shape[1] - 1)]
    shade = light[things, place].astype(np.float64)
    split = np.empty((len(rows), 3))
    split[:, 0] = 1 / (1 + np.exp((shade - _BLACK_BELOW) / _SOFT))
    split[:, 1] = 1 / (1 + np.exp((_WHITE_ABOVE - shade) / _SOFT))
    split[:, 2] = np.maximum(1 - split[:, 0] - split[:, 1], 0)
    plain = region.pale * shares[:, PLAIN].sum(axis=1) / split.sum(axis=1)
    some = total > 1e-6
    result = shares.copy()
    result[some, PLAIN] = (split * plain[:, None])[some]
    return np.asarray(result / np.maximum(result.sum(axis=1), 1e-9)[:, None])
