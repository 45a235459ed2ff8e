"""Where a thing goes on the ground and how fast, with how far that may be off.

A box's lower edge trembles, jumps when something passes before the feet, and lies where it likes
when the picture's border cuts the box. So points at the border are left out, a point that no thing
of this size could have reached is set aside (and three such in a row begin the path anew), and
speeds are medians of the slopes between all pairs of points (Theil 1950; Sen 1968), which up to a
quarter of wild points do not move.

`Step`, `extend` and `pace` take one thing at one look; `streetlamp.rules.ways` takes all of many
looks, to the same bit: so nothing here is added up in an order of NumPy's own, and lengths are
roots of sums of squares, which are the same everywhere.

The error of a speed is twice the root of the sum of three squares: the scatter about the straight
line, what a box's lower edge may slide while the thing is seen from a changing side, and the
doubt of the calibration itself. Where the three are as assumed, 19 of 20 speeds are within it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.ground import Plane
from streetlamp.rules.memory import Look, Seen
from streetlamp.values import Kind

Doubles = NDArray[np.float64]

SPACING: Final = 0.08  # s between the points that are kept: more looks tell nothing new
BORDER: Final = 0.004  # of the picture: a box that ends this near its edge is cut off there
SLIDE: Final = 0.03  # of a thing's size in the picture: how far its lower edge may slide, one σ
STRIDE: Final = 0.05  # the same of a person, whose feet take turns
HARDEST: Final = 8.0  # m/s²: nobody brakes or turns harder
USUAL: Final = 3.0  # m/s²: what drivers do when nothing is wrong
FASTEST: Final = 70.0  # m/s: nobody drives faster
ODD: Final = 3  # points in a row where it could not be: it is somewhere else, or another
LEAST_POINTS: Final = 4
FEW: Final = 10  # steps up to which plain Python is quicker than NumPy


@dataclass(frozen=True, slots=True)
class Step:
    """One point on the ground: a time, metres, and how many metres its size in the picture is."""

    time: float
    x: float
    y: float
    size: float
    slide: float  # pixels by which its lower edge may slide, one σ
    doubt: float  # the same in metres, in the worst direction


@dataclass(frozen=True, slots=True)
class Way:
    """The steps of the last seconds, and those set aside."""

    steps: tuple[Step, ...] = ()
    odd: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Pace:
    """A speed over some seconds. Metres and seconds; errors are two standard deviations."""

    velocity: tuple[float, float]
    speed: float
    error: float  # of the speed
    across: float  # of the velocity's part to the side
    at: tuple[float, float]  # where it is now, by the line through all points
    seconds: float  # over which it was measured

    @property
    def sure(self) -> float:
        """What the speed is at least."""
        return max(self.speed - self.error, 0.0)


def whole(seen: Seen) -> bool:
    """Whether the picture's border does not cut off where it stands."""
    x1, _, x2, y2 = seen.box
    return x1 > BORDER and x2 < 1.0 - BORDER and y2 < 1.0 - BORDER


def steps_of(look: Look, plane: Plane) -> dict[int, Step]:
    """Where all that is seen in this look stands, by its number, where that can be told."""
    if not look.seen:
        return {}
    feet = np.array([one.foot for one in look.seen])
    places = plane.to_metres(feet).tolist()
    scales = plane.error_at(feet, look.size).tolist()
    found = {}
    for seen, (x, y), scale in zip(look.seen, places, scales, strict=True):
        if whole(seen) and math.isfinite(x + y + scale):
            pixels = look.extent(seen.box)
            share = STRIDE if seen.kind is Kind.PERSON else SLIDE
            found[seen.id] = Step(
                look.now, x, y, scale * pixels, share * pixels, share * scale * pixels
            )
    return found


def extend(way: Way | None, new: Step | None, now: float, seconds: float) -> Way:
    """The way with this look's step, if it has one, and nothing older than ``seconds``."""
    old = way or Way()
    steps = tuple(step for step in old.steps if now - step.time <= seconds)
    if new is None:
        return Way(steps, old.odd)
    if steps and now <= steps[-1].time:
        return Way((new,))  # the clock stood still: who knows for how long
    if steps and now - steps[-1].time < SPACING:
        return Way(steps, old.odd)
    if _fits(steps, new):
        return Way((*steps, new))
    odd = (*old.odd, new)
    return Way(odd) if len(odd) >= ODD else Way(steps, odd)


def _fits(steps: tuple[Step, ...], new: Step) -> bool:
    """Whether a thing that took these steps can be there."""
    if not steps:
        return True
    last = steps[-1]
    passed = new.time - last.time
    allowed = 0.35 * max(new.size, last.size) + 0.3
    if len(steps) < LEAST_POINTS:
        return length(new.x - last.x, new.y - last.y) <= allowed + FASTEST * passed
    _, (x, y) = _line(steps, new.time)
    away = length(new.x - x, new.y - y)
    spent = last.time - steps[0].time  # a line lags behind who brakes by so much, by its end
    return away <= allowed + USUAL * (spent * spent / 12 + spent * passed / 2 + passed * passed / 2)


def pace(
    way: Way | None, plane: Plane, size: tuple[int, int], least: float, above: float = 0.0
) -> Pace | None:
    """How fast it goes; None when it was not measured over ``least`` seconds.

    The errors of what is no faster than ``above`` (m/s) are not worked out: they are infinite.
    """
    if way is None or len(way.steps) < LEAST_POINTS:
        return None
    steps = way.steps
    lasted = steps[-1].time - steps[0].time
    if lasted < least * 0.98 or max(_gaps(steps)) > 0.5 * lasted:
        return None
    velocity, at = _line(steps, steps[-1].time)
    speed = length(*velocity)
    if speed <= above:
        return Pace(velocity, speed, math.inf, math.inf, at, lasted)
    columns = np.array([(step.time, step.x, step.y, step.slide) for step in steps]).T
    time, x, y, slide = columns[:, None]
    rows = Rows(time, x, y, slide, np.array([[*velocity, *at]]), np.array([speed]))
    error, across = (float(one[0]) for one in rows.errors(plane, size))
    if not math.isfinite(error + across):
        return None
    return Pace(velocity, speed, error, across, at, lasted)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What is known of m ways of n steps each when their errors are asked for."""

    time: Doubles  # (m, n)
    x: Doubles  # (m, n)
    y: Doubles  # (m, n)
    slide: Doubles  # (m, n) pixels
    line: Doubles  # (m, 4) the velocity, and where it is at the last step
    speed: Doubles  # (m,)

    def errors(self, plane: Plane, size: tuple[int, int]) -> tuple[Doubles, Doubles]:
        """(m,) the error of each speed, and of its velocity's part to the side."""
        vx, vy, x, y = (self.line[:, n, None] for n in range(4))
        n, speed = self.time.shape[1], self.speed[:, None]
        times = self.time - self.time[:, -1:]
        lasted = -times[:, 0]
        along_x, along_y = x + times * vx, y + times * vy
        off_x, off_y = self.x - along_x, self.y - along_y
        moves = speed > 1e-9
        part = np.where(moves, speed, 1.0)
        ahead_x, ahead_y = np.where(moves, vx / part, 1.0), np.where(moves, vy / part, 0.0)
        spread = times - (_sum(times) / n)[:, None]
        base = np.sqrt(_sum(spread * spread))
        middle = np.stack([_sum(along_x) / n, _sum(along_y) / n], axis=1)
        slopes = plane.jacobian(plane.to_picture(middle)) / np.asarray(size, np.float64)
        pixels = np.sort(self.slide, axis=1)[:, n // 2]
        doubt = plane.doubts_of_lengths(
            np.stack([along_x[:, 0], along_y[:, 0]], axis=1),
            np.stack([along_x[:, -1], along_y[:, -1]], axis=1),
        )
        squares = []
        for way_x, way_y in ((ahead_x, ahead_y), (-ahead_y, ahead_x)):
            scatter = 1.4826 * _median_rows(np.abs(off_x * way_x + off_y * way_y)) * 1.1 / base
            wide = way_x * slopes[:, 0] + way_y * slopes[:, 1]
            wide *= wide
            slide = pixels * np.sqrt(wide[:, 0] + wide[:, 1]) * math.sqrt(2.0) / lasted
            squares.append(scatter * scatter + slide * slide)
        doubt *= self.speed
        error = 2.0 * np.sqrt(squares[0] + doubt * doubt)
        return error, 2.0 * np.sqrt(squares[1])


def _sum(values: Doubles) -> Doubles:
    """(m,) of (m, n), added up one after the other."""
    return np.asarray(np.add.accumulate(values, axis=1)[:, -1])


def _median_rows(values: Doubles) -> Doubles:
    """(m,) of (m, n)."""
    values.sort(axis=1)
    n = values.shape[1]
    return np.asarray((values[:, n // 2] + values[:, (n - 1) // 2]) / 2)


def length(x: float, y: float) -> float:
    return math.sqrt(x * x + y * y)


def steady(way: Way, pace: Pace) -> bool:
    """Whether both halves of the way tell of one drive: a leap in the middle is none."""
    half = len(way.steps) // 2
    if half < 2:
        return True
    (ax, ay), _ = _line(way.steps[: half + 1], 0.0)
    (bx, by), _ = _line(way.steps[half:], 0.0)
    vx, vy = pace.velocity
    bent = length((ax + bx) / 2 - vx, (ay + by) / 2 - vy)
    changed = length(ax - bx, ay - by)
    return bent <= pace.error + 0.5 and changed <= HARDEST * pace.seconds / 2 + 2 * pace.error


def _gaps(steps: tuple[Step, ...]) -> list[float]:
    return [b.time - a.time for a, b in itertools.pairwise(steps)]


@lru_cache(maxsize=128)
def _pairs(n: int) -> tuple[NDArray[Any], NDArray[Any]]:
    i, j = np.triu_indices(n, 1)
    return i, j


def _line(steps: tuple[Step, ...], when: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The velocity, and where it is at ``when``: medians over all pairs of steps."""
    if len(steps) <= FEW:
        return _short_line(steps, when)
    rows = np.array([(step.time - when, step.x, step.y) for step in steps])
    i, j = _pairs(len(rows))
    apart = rows[j] - rows[i]
    slope = _middle(apart[:, 1:] / apart[:, :1])
    start = _middle(rows[:, 1:] - rows[:, :1] * slope)
    return (float(slope[0]), float(slope[1])), (float(start[0]), float(start[1]))


def _short_line(
    steps: tuple[Step, ...], when: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The same of a few steps, to the bit: there, NumPy takes longer to begin than to count."""
    ts = [step.time - when for step in steps]
    pairs = [(b - a, i, j) for (i, a), (j, b) in itertools.combinations(enumerate(ts), 2)]
    found = []
    for places in ([step.x for step in steps], [step.y for step in steps]):
        slope = _median([(places[j] - places[i]) / apart for apart, i, j in pairs])
        start = _median([at - t * slope for at, t in zip(places, ts, strict=True)])
        found.append((slope, start))
    (vx, x), (vy, y) = found
    return (vx, vy), (x, y)


def _median(values: list[float]) -> float:
    values.sort()
    n = len(values)
    return (values[n // 2] + values[(n - 1) // 2]) / 2


def _middle(values: NDArray[Any]) -> NDArray[Any]:
    """The median along the first axis: of a few, quicker than NumPy's."""
    values.sort(axis=0)
    n = len(values)
    middle: NDArray[Any] = (values[n // 2] + values[(n - 1) // 2]) / 2
    return middle
