"""The colours of things in one picture: shares of the eleven terms, and how clear they are.

A box holds background too. A pixel counts the more, the nearer it is to where the thing must be in
its box, and the rarer its colour is in a strip beside the box; pixels inside a box that stands
nearer to the camera do not count at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Regions of one kind of thing, side by side; shorter ones filled up with points of no weight.

    r regions, n points each in them and m beside them.
    """

    x: Doubles  # (r, n + m) 0–1 across the box
    y: Doubles  # (r, n + m) 0–1 down the box
    prior: Doubles  # (r, n) 0–1
    whole: Doubles  # (r,) sums of the priors
    beside: NDArray[np.bool_]  # (r, m) False: a point that only fills up
    pale: Doubles  # (r,) see `Region`
    level: Doubles  # (r,)

    @classmethod
    def of(cls, *regions: Region) -> Regions:
        n, m = (
            max(map(len, parts))
            for parts in zip(*((r.x, r.beside_x) for r in regions), strict=True)
        )

        def filled(part: Doubles, length: int) -> Doubles:
            return np.pad(part, (0, length - len(part)))

        return cls(
            np.stack([np.append(filled(r.x, n), filled(r.beside_x, m)) for r in regions]),
            np.stack([np.append(filled(r.y, n), filled(r.beside_y, m)) for r in regions]),
            np.stack([filled(r.prior, n) for r in regions]),
            np.array([r.prior.sum() for r in regions]),
            np.stack([np.arange(m) < len(r.beside_x) for r in regions]),
            np.array([r.pale for r in regions]),
            np.array([r.level for r in regions]),
        )


PERSON: Final = Regions.of(
    Region.make(  # upper clothing
        across=(0.22, 0.78),
        down=(0.2, 0.44),
        points=(12, 14),
        spread=(0.2, 0.4),
        pale=1.0,
        level=0.5,
    ),
    Region.make(  # lower clothing
        across=(0.24, 0.76),
        down=(0.54, 0.86),
        points=(12, 16),
        spread=(0.18, 0.4),
        pale=1.0,
        level=0.5,
    ),
)
# Windows, tyres and shade are colourless on a vehicle of any colour, and darker than its paint.
VEHICLE: Final = Regions.of(
    Region.make(
        across=(0.1, 0.9),
        down=(0.2, 0.85),
        points=(18, 14),
        spread=(0.35, 0.22),
        pale=0.7,
        level=0.6,
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Swatches:
    """What was seen of the colours of k things' r regions in one picture."""

    shares: Doubles  # (k, r, 11) of Colour 1 … 11, sums 1; zeros if nothing could be told
    clear: Doubles  # (k, r) 0–1: how much of the region was in view and stood out


def swatches(
    pixels: Pixels,
    light: Light,
    box: NDArray[np.float32],
    regions: Regions,
    nearer: Sequence[NDArray[np.float32]],
) -> Swatches:
    """Swatches of boxes (k, 4); boxes ``nearer`` (j, 4) each hide what is behind them."""
    x1, y1, x2, y2 = box.T[:, :, None, None]
    x = x1 + regions.x * (x2 - x1)
    y = y1 + regions.y * (y2 - y1)
    seen = (x >= 0) & (y >= 0) & (x < pixels.size[0]) & (y < pixels.size[1])
    for k, others in enumerate(nearer):
        for left, top, right, bottom in others.tolist():
            seen[k] &= (x[k] < left) | (x[k] >= right) | (y[k] < top) | (y[k] >= bottom)
    rows = table_row(light.correct(pixels.at(x.ravel(), y.ravel()))).reshape(x.shape)
    n = regions.prior.shape[1]
    beside = seen[:, :, n:] & regions.beside
    # From here on each region of each thing is a row: t = k · r.
    t = len(box) * len(regions.x)
    weight = _weight(
        (regions.prior * seen[:, :, :n]).reshape(t, n),
        coarse()[rows].reshape(t, -1),
        beside.reshape(t, -1),
        np.tile(regions.whole, len(box)),
    )
    total = weight.sum(axis=1)
    rows = rows[:, :, :n].reshape(t, n)
    shares = (weight[:, None, :] @ table()[rows])[:, 0] / np.maximum(total, 1e-9)[:, None]
    pale, level = (np.tile(part, len(box)) for part in (regions.pale, regions.level))
    told = total >= 1e-6
    shares = _named(shares, weight, rows, pale, level) * told[:, None]
    clear = (total * told).reshape(len(box), -1) / regions.whole
    return Swatches(shares.reshape(*clear.shape, -1), clear)


def _weight(
    prior: Doubles, bins: NDArray[np.int64], beside: NDArray[np.bool_], whole: Doubles
) -> Doubles:
    """(t, n) how much each of the rows' own points counts; all 0 where too little is in view.

    prior: (t, n), 0 where not in view. bins: (t, n + m) of their colours, then of those beside.
    beside: (t, m) which of those are in view. whole: (t,) sums of the priors were all in view.
    """
    in_view = prior.sum(axis=1)
    prior = prior * (in_view >= _ENOUGH * whole)[:, None]
    # One histogram a row, side by side.
    bins = bins + np.arange(len(bins))[:, None] * BINS**3
    n, number = prior.shape[1], len(bins) * BINS**3
    mine, theirs = bins[:, :n], bins[:, n:]
    own = np.bincount(mine.ravel(), prior.ravel(), number)[mine]
    own = own / np.maximum(in_view, 1e-9)[:, None]
    other = np.bincount(theirs.ravel(), beside.ravel(), number)[mine]
    around = np.maximum(beside.sum(axis=1), 1)[:, None]
    return np.asarray(prior * own / np.maximum(own + _SURROUNDINGS * other / around, 1e-9))


def _named(
    shares: Doubles, weight: Doubles, rows: NDArray[np.int64], pale: Doubles, level: Doubles
) -> Doubles:
    """Pixels' shares (t, 11) → the things': colourless pixels are one shade in light and shadow.

    A folded white shirt has white and grey pixels, a black car has black, grey and white ones; what
    the shade is called depends on one of them, not on how many there are of each.
    """
    every = np.arange(len(rows))
    light = lightness()[rows]
    order = light.argsort(axis=1)
    colourless = (plainness()[rows] * weight)[every[:, None], order].cumsum(axis=1)
    total = colourless[:, -1]
    place = (colourless < (level * total)[:, None]).sum(axis=1)
    place = order[every, np.minimum(place, rows.shape[1] - 1)]
    shade = light[every, place].astype(np.float64)
    split = np.empty((len(rows), 3))
    split[:, 0] = 1 / (1 + np.exp((shade - _BLACK_BELOW) / _SOFT))
    split[:, 1] = 1 / (1 + np.exp((_WHITE_ABOVE - shade) / _SOFT))
    split[:, 2] = np.maximum(1 - split[:, 0] - split[:, 1], 0)
    plain = pale * shares[:, PLAIN].sum(axis=1) / split.sum(axis=1)
    some = total > 1e-6
    shares[some, PLAIN] = (split * plain[:, None])[some]
    shares /= np.maximum(shares.sum(axis=1), 1e-9)[:, None]
    return shares
