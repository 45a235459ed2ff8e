"""The colours of one thing in one picture: shares of the eleven terms, and how clear they are.

A box holds background too. A pixel counts the more, the nearer it is to where the thing must be in
its box, and the rarer its colour is in a strip beside the box; pixels inside a box that stands
nearer to the camera do not count at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Colour
from streetlamp.video.tag.colour import lightness, table, table_row
from streetlamp.video.tag.pixels import Light, Pixels

Doubles = NDArray[np.float64]

_BINS: Final = 8  # a side of the coarse colour histogram that thing and surroundings share
_SURROUNDINGS: Final = 0.8  # weight of the surroundings against the thing in it
_ENOUGH: Final = 0.35  # least share of the region that must be in view
_PLAIN: Final = slice(Colour.BLACK - 1, Colour.GREY)  # columns of black, white, grey
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
class Swatch:
    """What was seen of one thing's colour in one picture."""

    shares: Doubles  # (11,) of Colour 1 … 11, sum 1; zeros if nothing could be told
    clear: float  # 0–1: how much of the region was in view and stood out


_NOTHING: Final = Swatch(np.zeros(len(Colour) - 1), 0.0)


def swatches(
    pixels: Pixels,
    light: Light,
    box: NDArray[np.float32],
    regions: tuple[Region, ...],
    nearer: NDArray[np.float32],
) -> tuple[Swatch, ...]:
    """One swatch a region of ``box`` (4,); boxes ``nearer`` (k, 4) hide what is behind them."""
    x = np.concatenate([part for r in regions for part in (r.x, r.beside_x)])
    y = np.concatenate([part for r in regions for part in (r.y, r.beside_y)])
    x = box[0] + x * (box[2] - box[0])
    y = box[1] + y * (box[3] - box[1])
    seen = (x >= 0) & (y >= 0) & (x < pixels.size[0]) & (y < pixels.size[1])
    for other in nearer:
        seen &= (x < other[0]) | (x >= other[2]) | (y < other[1]) | (y >= other[3])
    rgb = light.correct(pixels.at(x, y))
    coarse = np.minimum((rgb * _BINS).astype(np.int64), _BINS - 1)
    bins = (coarse[:, 0] * _BINS + coarse[:, 1]) * _BINS + coarse[:, 2]
    rows = table_row(rgb)
    result, start = [], 0
    for region in regions:
        inner = slice(start, start + len(region.x))
        outer = slice(inner.stop, inner.stop + len(region.beside_x))
        start = outer.stop
        result.append(
            _swatch(
                region,
                region.prior * seen[inner],
                (bins[inner], bins[outer]),
                seen[outer],
                rows[inner],
            )
        )
    return tuple(result)


def _swatch(
    region: Region,
    prior: Doubles,
    bins: tuple[NDArray[np.int64], NDArray[np.int64]],
    beside: NDArray[np.bool_],
    rows: NDArray[np.int64],
) -> Swatch:
    whole = float(region.prior.sum())
    if prior.sum() < _ENOUGH * whole:
        return _NOTHING
    own = np.bincount(bins[0], prior, _BINS**3) / prior.sum()
    weight = prior
    if beside.any():
        other = np.bincount(bins[1], beside, _BINS**3) / beside.sum()
        weight = prior * (own / np.maximum(own + _SURROUNDINGS * other, 1e-9))[bins[0]]
    total = float(weight.sum())
    if total < 1e-6:
        return _NOTHING
    shares = weight @ table()[rows].astype(np.float64) / total
    return Swatch(_named(shares, weight, rows, region), total / whole)


def _named(shares: Doubles, weight: Doubles, rows: NDArray[np.int64], region: Region) -> Doubles:
    """Pixels' shares (11,) → the thing's: its colourless pixels are one shade in light and shadow.

    A folded white shirt has white and grey pixels, a black car has black, grey and white ones; what
    the shade is called depends on one of them, not on how many there are of each.
    """
    colourless = table()[rows, _PLAIN].sum(axis=1) * weight
    total = float(colourless.sum())
    result = shares.copy()
    if total > 1e-6:
        light = lightness()[rows]
        order = np.argsort(light)
        place = np.searchsorted(np.cumsum(colourless[order]), region.level * total)
        shade = float(light[order[min(int(place), len(order) - 1)]])
        black = 1 / (1 + np.exp((shade - _BLACK_BELOW) / _SOFT))
        white = 1 / (1 + np.exp((_WHITE_ABOVE - shade) / _SOFT))
        split = np.array([black, white, max(1 - black - white, 0.0)])
        result[_PLAIN] = region.pale * shares[_PLAIN].sum() * split / split.sum()
    return np.asarray(result / max(float(result.sum()), 1e-9))
