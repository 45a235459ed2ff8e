"""Where a view has edges and which way they run, on a grid so coarse that nobody is in it.

Each cell holds how many of its pixels are edges and their mean direction, as the double angle
(structure tensor, Bigün and Granlund 1987), each pixel counted the same from a few levels a pixel
on: so it is the view, and not its light. Two grids are compared patch by patch; where they do not
agree, their correlation says by how far one is shifted.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from streetlamp.values import Bools, Bytes, Floats

COLUMNS: Final = 40
ROWS: Final = 20
SOFT: Final = 3.0  # levels a pixel: the slope from which on an edge is an edge
ALIKE: Final = 0.40  # correlation of two patches of 3×3 cells that show the same edges
LEAST: Final = 0.10  # energy of a patch below which it has no edges of its own
BARE: Final = 0.35  # of the reference's energy: less, and the edges are gone
SHADES: Final = (16, 9)  # columns, rows of light and shade at large
MOST_SHIFT: Final = (20, 10)  # cells that a shift is looked for
LEAST_OVERLAP: Final = 0.25  # of the reference's edges that must be in the picture when shifted
_PAD: Final = (32, 64)

Grid = Floats  # (ROWS, COLUMNS, 3): energy 0–1, and twice the angle as cosine and sine
Shades = Floats  # (9, 16): luma, mean 0 and deviation 1


def edge_grid(luma: Bytes) -> Grid:
    """Of a luma plane (h, w) uint8, at most 320 wide."""
    right = cv2.Sobel(luma, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    down = cv2.Sobel(luma, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    right, down = right[::2, ::2], down[::2, ::2]  # their neighbours say the same
    across, along = right * right, down * down
    total = across + along
    weight = 1.0 / (total + np.float32(SOFT * SOFT))
    fields = cv2.merge((total * weight, (across - along) * weight, 2.0 * right * down * weight))
    return cv2.resize(fields, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(
        np.float32, copy=False
    )


def shades(luma: Bytes) -> Shades:
    """Light and shade at large, of a luma plane (h, w) uint8."""
    some = np.ascontiguousarray(luma[::4, ::4])
    small = cv2.resize(some, SHADES, interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    spread = float(small.std())
    return small / np.float32(max(spread, 1.0))


def structure(grid: Grid) -> float:
    """The share of cells that have edges of their own, 0–1."""
    return float((grid[..., 0] > LEAST).mean())


class View:
    """A grid, and what is worked out once to compare it with others."""

    __slots__ = ("energy", "fields", "grid", "norm", "total", "weight")

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        # What all of the picture has in common (grass, a fence, nothing) says nothing of where.
        self.fields = grid - grid.mean(axis=(0, 1))
        self.energy = _box(grid[..., 0])
        self.norm = _box(_dot(self.fields, self.fields))
        self.weight = np.sqrt(self.norm) * (self.energy > LEAST)
        self.total = float(self.weight.sum())


class Compared:
    """A view held against a reference.

    fit, bare: shares of the reference's edges that are where they were, and that are gone, 0–1.
    agrees: (ROWS, COLUMNS) the cells that are as in the reference, those without edges included.
    """

    __slots__ = ("agrees", "bare", "fit")

    def __init__(self, view: View, reference: View) -> None:
        likeness = _box(_dot(view.fields, reference.fields))
        norm = np.sqrt(view.norm * reference.norm)
        gone = view.energy < BARE * reference.energy
        alike: Bools = (likeness >= ALIKE * (norm + np.float32(1e-4))) & ~gone
        total, weight = reference.total, reference.weight
        self.fit = float((weight * alike).sum()) / total if total else 1.0
        self.bare = float((weight * gone).sum()) / total if total else 0.0
        self.agrees: Bools = np.where(weight > 0, alike, view.energy <= 2 * LEAST)


def chance(view: View, reference: View) -> float:
    """The fit, 0–1, that a view would have by chance with one that has as many edges.

    The mean over the reference moved round by some columns, and its mirror image: top and bottom
    stay what they are, for most views have their sky above.
    """
    mirrored = reference.grid[:, ::-1] * _MIRRORED
    others = [np.roll(reference.grid, COLUMNS * k // 5, axis=1) for k in range(1, 5)]
    others += [mirrored, np.roll(mirrored, COLUMNS // 2, axis=1)]
    return sum(Compared(view, View(one)).fit for one in others) / len(others)


_MIRRORED: Final = np.array([1.0, 1.0, -1.0], np.float32)  # of a direction as the double angle


def shifted(view: View, reference: View) -> tuple[tuple[float, float], float]:
    """(cells right, cells down) by which the reference fits the view best, and its fit there.

    Correlation over what both have in common at each shift, by the Fourier transform.
    """
    ours, theirs = view.fields, reference.fields
    top = _correlated(ours, theirs)
    ones = np.ones((*ours.shape[:2], 1), np.float32)
    a = _correlated(np.square(ours).sum(axis=2, keepdims=True), ones)
    b = _correlated(ones, np.square(theirs).sum(axis=2, keepdims=True))
    whole = float(np.square(theirs).sum())
    score = top / np.sqrt(np.maximum(a, 1e-6) * np.maximum(b, 1e-6))
    score[b < LEAST_OVERLAP * whole] = -1.0
    rows = np.r_[0 : MOST_SHIFT[1] + 1, -MOST_SHIFT[1] : 0]
    columns = np.r_[0 : MOST_SHIFT[0] + 1, -MOST_SHIFT[0] : 0]
    near = score[np.ix_(rows, columns)]
    y, x = np.unravel_index(int(near.argmax()), near.shape)
    down, right = int(rows[y]), int(columns[x])
    fine_x = _peak(score[down, right - 1], score[down, right], score[down, (right + 1) % _PAD[1]])
    fine_y = _peak(score[down - 1, right], score[down, right], score[(down + 1) % _PAD[0], right])
    here, there = _overlapping(view.grid, reference.grid, right, down)
    fits = Compared(View(here), View(there)).fit
    return (right + fine_x, down + fine_y), fits


def _overlapping(grid: Grid, reference: Grid, right: int, down: int) -> tuple[Grid, Grid]:
    """What both show when the reference is moved by so many cells."""
    rows, columns = grid.shape[:2]
    here = np.s_[max(0, down) : rows + min(0, down), max(0, right) : columns + min(0, right)]
    there = np.s_[max(0, -down) : rows - max(0, down), max(0, -right) : columns - max(0, right)]
    return grid[here], reference[there]


def _dot(one: Floats, other: Floats) -> Floats:
    found: Floats = np.einsum("yxc,yxc->yx", one, other)
    return found


def _box(plane: Floats) -> Floats:
    return cv2.blur(np.ascontiguousarray(plane), (3, 3)).astype(np.float32, copy=False)


def _correlated(one: Floats, other: Floats) -> Floats:
    """[dy, dx] sums over all places of one[y + dy, x + dx] · other[y, x]."""
    first = np.fft.rfft2(one, _PAD, axes=(0, 1))
    second = np.fft.rfft2(other, _PAD, axes=(0, 1))
    both = np.fft.irfft2((first * np.conj(second)).sum(axis=2), _PAD, axes=(0, 1))
    return both.astype(np.float32, copy=False)


def _peak(before: float, at: float, after: float) -> float:
    """Where between its neighbours a parabola through three values is highest, -0.5–0.5."""
    bend = float(before - 2 * at + after)
    return 0.0 if bend >= 0 else float(np.clip(0.5 * float(before - after) / bend, -0.5, 0.5))
