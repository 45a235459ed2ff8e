"""A plane from points whose places on the ground are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from streetlamp.ground.plane import Array, Plane, as_matrix, homogeneous, project

CLICK_PIXELS: Final = 2.0
PICTURE: Final = (1920, 1080)

_FLAT: Final = 1e-3  # a triangle this small, beside its longest side squared, is a line


def plane_from_points(
    picture: Sequence[Sequence[float]],
    metres: Sequence[Sequence[float]],
    size: tuple[int, int] = PICTURE,
    click_pixels: float = CLICK_PIXELS,
) -> Plane:
    """From four or more points of the picture (fractions) and their places on the ground (metres).

    ``size`` is that of the picture they were clicked in, ``click_pixels`` how exactly (one σ).
    ValueError says why no camera can see such points so.
    """
    here = np.asarray(picture, np.float64).reshape(-1, 2)
    there = np.asarray(metres, np.float64).reshape(-1, 2)
    if len(here) != len(there):
        raise ValueError(
            f"there are {len(here)} points in the picture and {len(there)} on the ground; each"
            " needs the other"
        )
    if len(here) < 4:
        raise ValueError(f"a ground needs at least 4 points, this one has {len(here)}")
    if not (np.isfinite(here).all() and np.isfinite(there).all()):
        raise ValueError("a point is not a pair of numbers")
    _not_in_line(here * size, "in the picture")
    _not_in_line(there, "on the ground")
    matrix = _fit(here, there)
    if matrix is None:
        raise ValueError(
            "no flat ground looks like this: give the points of the picture and those on the ground"
            " in the same order, and points that lie well apart"
        )
    _agree(matrix, here, there, size, click_pixels)
    variants = []
    for row in range(len(here)):
        for axis in (0, 1):
            moved = here.copy()
            moved[row, axis] += click_pixels / size[axis]
            other = _fit(moved, there)
            if other is None:
                raise ValueError(
                    f"point {row + 1} cannot be told from its neighbours: a click"
                    f" {click_pixels:g} pixels beside it makes another ground; take points that"
                    " lie further apart"
                )
            variants.append(as_matrix(other))
    return Plane(as_matrix(matrix), tuple(variants))


def plane_from_rectangle(
    corners: Sequence[Sequence[float]],
    sides: tuple[float, float],
    size: tuple[int, int] = PICTURE,
    click_pixels: float = CLICK_PIXELS,
) -> Plane:
    """From the four corners of a rectangle on the ground, in the order of a walk around it.

    ``sides`` are the metres from the first corner to the second, and from there to the third.
    """
    if len(corners) != 4:
        raise ValueError(f"a rectangle has 4 corners, this one has {len(corners)}")
    a, b = sides
    if not (math.isfinite(a) and math.isfinite(b) and a > 0 and b > 0):
        raise ValueError(f"a rectangle of {a:g} × {b:g} metres has no area")
    around = np.asarray(corners, np.float64) * size
    _not_in_line(around, "in the picture")
    turns = [_turn(*around[[k, (k + 1) % 4, (k + 2) % 4]]) for k in range(4)]
    if min(turns) < 0 < max(turns):
        crossed = sum(turn > 0 for turn in turns) == 2
        raise ValueError(
            "the corners cross: give them in the order you would walk around the rectangle"
            if crossed
            else "no camera sees a rectangle like this: one corner lies inside the other three"
        )
    return plane_from_points(corners, ((0, 0), (a, 0), (a, b), (0, b)), size, click_pixels)


def _turn(a: Array, b: Array, c: Array) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _not_in_line(points: Array, where: str) -> None:
    """ValueError when three of four points lie on one line, or all of more do."""
    if len(points) > 4:
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if spread[1] < 0.02 * spread[0]:
            raise ValueError(f"the points lie on one line {where}; take some beside it")
        return
    for three in combinations(range(4), 3):
        a, b, c = points[list(three)]
        longest = max(math.dist(a, b), math.dist(b, c), math.dist(a, c))
        if abs(_turn(a, b, c)) <= _FLAT * max(longest, 1e-12) ** 2:
            i, j, k = (one + 1 for one in three)
            raise ValueError(
                f"points {i}, {j} and {k} lie on one line {where} (or are the same); of four"
                " points, no three may"
            )


def _fit(here: Array, there: Array) -> Array | None:
    """The map that takes one set of points to the other (DLT, Hartley 1997); None: impossible."""
    a, a_scaled = _normalised(here)
    b, b_scaled = _normalised(there)
    rows = []
    for (x, y), (u, v) in zip(a_scaled, b_scaled, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    *_, basis = np.linalg.svd(np.asarray(rows))
    found: Array = np.linalg.inv(b) @ basis[-1].reshape(3, 3) @ a
    scale = homogeneous(here) @ found[2]
    if not (np.isfinite(found).all() and (scale > 0).all() != (scale < 0).all()):
        return None  # some of the points would be in the sky
    found = found / scale.mean()
    return found if abs(np.linalg.det(found)) > 1e-12 else None


def _normalised(points: Array) -> tuple[Array, Array]:
    """Centred, at a mean distance of √2: the map that does it, and the points."""
    centre = points.mean(axis=0)
    away = float(np.hypot(*(points - centre).T).mean())
    s = math.sqrt(2.0) / away
    return np.array([[s, 0, -s * centre[0]], [0, s, -s * centre[1]], [0, 0, 1]]), (
        points - centre
    ) * s


def _agree(
    matrix: Array, here: Array, there: Array, size: tuple[int, int], click_pixels: float
) -> None:
    """ValueError when one of more than four points is far from where the others say it is."""
    back = project(np.asarray(np.linalg.inv(matrix), np.float64), there, 0.0)
    off = np.hypot(*((back - here) * size).T)
    worst = int(np.argmax(off))
    limit = max(6.0 * click_pixels, 0.01 * math.hypot(*size))
    if off[worst] > limit:
        raise ValueError(
            f"the points do not agree: point {worst + 1} is {off[worst]:.0f} pixels from where the"
            f" others put it (at most {limit:.0f}); measure it again, or leave it out"
        )
