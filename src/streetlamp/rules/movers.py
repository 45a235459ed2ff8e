"""Things on the ground for `near_miss`: where they were, and the paths that may cross."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.geometry import Point
from streetlamp.rules.memory import Box, Sighting
from streetlamp.rules.motion import Pace, Way, length
from streetlamp.values import Kind

FOOTPRINTS: Final[Mapping[Kind, tuple[float, float]]] = {  # m: length, width
    Kind.PERSON: (0.5, 0.5),
    Kind.BICYCLE: (1.8, 0.6),
    Kind.CAR: (4.4, 1.8),
    Kind.MOTORCYCLE: (2.2, 0.8),
    Kind.BUS: (12.0, 2.5),
    Kind.TRUCK: (7.0, 2.5),
}
MOVING: Final = 1.0  # m/s at least: what is slower is no danger by itself


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a thing was: the middle of what it covers, and where it pointed; metres."""

    time: float
    x: float
    y: float
    vx: float  # 0 while its pace cannot be told
    vy: float
    doubt: float  # m: by how much the middle may be off
    inside: bool  # the zone


@dataclass(frozen=True, slots=True)
class Mover:
    """One thing on the ground. ``name`` stays when the tracker gives it another number."""

    name: int
    way: Way = field(default_factory=Way)
    trail: tuple[Spot, ...] = ()
    pace: Pace | None = None  # at the last look, if it could be told
    inside: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Some spots of one thing (n, 6): time, x, y, vx, vy, doubt; and the ground they lie on."""

    rows: NDArray[np.float64]
    bounds: Box


class Paths:
    """The paths of one look's things, each worked out once, however many pairs ask."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, bool], Path | None] = {}

    def within(self, thing: Sighting[Mover]) -> Path | None:
        """The spots inside the zone; None if there are none."""
        return self._path(mover(thing), driven=False)

    def driven(self, thing: Sighting[Mover]) -> Path | None:
        """The spots at which it moved; None if there are none."""
        return self._path(mover(thing), driven=True)

    def _path(self, mover: Mover, *, driven: bool) -> Path | None:
        key = (mover.name, driven)
        if key not in self._known:
            rows = [
                (one.time, one.x, one.y, one.vx, one.vy, one.doubt)
                for one in mover.trail
                if (length(one.vx, one.vy) >= MOVING if driven else one.inside)
            ]
            self._known[key] = _path(rows)
        return self._known[key]


def _path(rows: Sequence[tuple[float, ...]]) -> Path | None:
    if not rows:
        return None
    _, xs, ys, *_ = zip(*rows, strict=True)
    return Path(np.array(rows), (min(xs), min(ys), max(xs), max(ys)))


def apart(a: Box, b: Box) -> float:
    """How far two pieces of ground are apart; 0 and less: they share some."""
    return max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])


def mover(thing: Sighting[Mover]) -> Mover:
    return thing.note if thing.note is not None else Mover(thing.latest.id)


def seen_from(spot: Spot, x: float, y: float) -> Point:
    """A vector by the way a vehicle points: ahead, and to its side."""
    speed = length(spot.vx, spot.vy)
    hx, hy = spot.vx / speed, spot.vy / speed
    return x * hx + y * hy, x * hy - y * hx


def both(weak: Kind, strong: Kind) -> Point:
    """Half the length and width within which the middle of the one touches the other."""
    reach = sum(FOOTPRINTS[weak]) / 4
    long, wide = FOOTPRINTS[strong]
    return long / 2 + reach, wide / 2 + reach


def enters(
    along: tuple[float, float], aside: tuple[float, float], v_along: float, v_aside: float
) -> float | None:
    """When a point moving so enters a rectangle: (where it is, half the side) for both axes."""
    start, end = 0.0, math.inf
    for (at, half), v in ((along, v_along), (aside, v_aside)):
        if half <= 0:
            return None
        if abs(v) < 1e-9:
            if abs(at) > half:
                return None
            continue
        one, two = sorted(((-half - at) / v, (half - at) / v))
        start, end = max(start, one), min(end, two)
    return start if start <= end else None


def gaps(
    on_foot: NDArray[np.float64], driven: NDArray[np.float64], long: float, wide: float
) -> NDArray[np.float64]:
    """(q, p) seconds between somebody at each of p spots and a vehicle, that was at each of q,
    there; inf where it was not. Spots are rows of a `Path`; half the length and width: `both`."""
    p, q = on_foot, driven
    speed = np.sqrt(q[:, 3] * q[:, 3] + q[:, 4] * q[:, 4])
    hx, hy = (q[:, 3] / speed)[:, None], (q[:, 4] / speed)[:, None]
    dx, dy = p[None, :, 1] - q[:, 1:2], p[None, :, 2] - q[:, 2:3]
    along, aside = dx * hx + dy * hy, dx * hy - dy * hx
    found = np.full(along.shape, np.inf)
    meets = np.abs(along) <= long
    meets &= np.abs(aside) <= wide
    if not meets.any():
        return found
    doubt = np.sqrt(p[None, :, 5] * p[None, :, 5] + q[:, 5:6] * q[:, 5:6])
    meets &= np.abs(aside) <= wide - doubt
    if not meets.any():
        return found
    comes = q[:, :1] - (long - along) / speed[:, None]
    goes = q[:, :1] + (long + along) / speed[:, None]
    gap = np.maximum(np.maximum(comes - p[None, :, 0], p[None, :, 0] - goes), 0.0)
    found[meets] = gap[meets]
    return found
