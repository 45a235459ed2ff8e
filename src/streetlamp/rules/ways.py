"""Where things go on the ground, for many looks at once: what `motion` says, to the same bit.

Nearly every point a thing is seen at becomes a step of its way. So it is first taken that each
does; then a way is a piece of the list of points, and whether the next one fits to it is asked of
all at once. From a point that does not fit, the way is walked with `motion.extend`, until it is
such a piece again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from streetlamp.ground import Plane
from streetlamp.rules.columns import Columns, Doubles, Ints, latest, most_of
from streetlamp.rules.medians import medians
from streetlamp.rules.motion import (
    BORDER,
    FASTEST,
    HARDEST,
    LEAST_POINTS,
    SLIDE,
    SPACING,
    STRIDE,
    USUAL,
    Rows,
    Step,
    Way,
    extend,
)
from streetlamp.values import Bools, Kind

PIECE: Final = 4096  # ways worked out at once: what is in use stays in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The step of each of m rows, where there is one; and where a way begins anew."""

    time: Doubles  # (m,)
    x: Doubles  # (m,) metres
    y: Doubles  # (m,)
    size: Doubles  # (m,) metres
    slide: Doubles  # (m,) pixels
    doubt: Doubles  # (m,) metres
    good: Bools  # (m,) whether there is one
    begins: Bools  # (m,)

    @classmethod
    def of(cls, columns: Columns, rows: Ints, begins: Bools, plane: Plane) -> Points:
        """`motion.steps_of` of these rows."""
        box, feet = columns.box[rows], columns.feet[rows]
        x, y, scales = plane.metres_and_errors(feet, columns.size)
        pixels = columns.extent[rows]
        share = np.where(columns.kind[rows] == Kind.PERSON, STRIDE, SLIDE)
        good = (box[:, 0] > BORDER) & (box[:, 2] < 1.0 - BORDER) & (box[:, 3] < 1.0 - BORDER)
        good &= np.isfinite(x + y + scales)
        return cls(
            columns.time[rows], x, y, scales * pixels, share * pixels,
            share * scales * pixels, good, begins,
        )  # fmt: skip

    def step(self, row: int) -> Step | None:
        if not self.good[row]:
            return None
        return Step(
            float(self.time[row]), float(self.x[row]), float(self.y[row]), float(self.size[row]),
            float(self.slide[row]), float(self.doubt[row]),
        )  # fmt: skip


class Ways:
    """`Way.steps` after each of m rows, of the last ``seconds``."""

    def __init__(self, points: Points, seconds: float) -> None:
        self.points, self._seconds = points, seconds
        m = len(points.time)
        at = np.arange(m)
        self.begun = latest(points.begins) if m else at  # the first row of its way
        kept = self._spaced()
        self._kept = np.flatnonzero(kept)
        self._stop: Ints = np.cumsum(kept)  # of `_kept`: one behind the last that was seen by then
        first: Ints = (self._stop - kept)[self.begun]  # of `_kept`: the first of this way
        before = self._before(first[self._kept])
        self.many = np.zeros(m, np.int64)  # (m,) steps after each row
        self.many[self._kept] = before + 1
        others = np.flatnonzero(~kept)
        self.many[others] = self._within(others, self._stop[others], first[others])
        self._walked: dict[int, Ints] = {}
        self._odd = np.zeros(m, np.bool_)  # which rows are in it
        self._walk(self._kept[~self._fit(before)])
        # Whether the steps are not those after the row before.
        self.changed = np.ones(m, np.bool_)
        same = (np.diff(self._stop) == 0) & (np.diff(self.many) == 0)
        self.changed[1:] = ~same
        self.changed[points.begins] = True
        self.changed &= (self.many > 0) | ~points.begins
        for row, steps in self._walked.items():
            if not points.begins[row]:
                self.changed[row] = not np.array_equal(steps, self.steps(row - 1))
            if row + 1 < m and not points.begins[row + 1] and row + 1 not in self._walked:
                self.changed[row + 1] = not np.array_equal(steps, self.steps(row + 1))

    def steps(self, row: int) -> Ints:
        """(n,) the rows that are the steps after this one."""
        walked = self._walked.get(row)
        return self._piece(row) if walked is None else walked

    def last(self, rows: Ints) -> Ints:
        """(g,) the row that is the last step after each of these, which have some."""
        found = self._kept[self._stop[rows] - 1]
        for which in np.flatnonzero(self._odd[rows]).tolist():
            found[which] = self._walked[int(rows[which])][-1]
        return found

    def way(self, row: int) -> Way:
        steps = (self.points.step(one) for one in self.steps(row).tolist())
        return Way(tuple(step for step in steps if step is not None))

    def groups(self, rows: Ints) -> Iterator[tuple[Ints, Ints]]:
        """Some of these rows (g,), and the steps of each (g, n): those that have equally many."""
        many = self.many[rows]
        for n in np.unique(many).tolist():
            some = rows[many == n]
            for start in range(0, len(some), PIECE):
                piece = some[start : start + PIECE]
                steps = self._kept_rows(self._stop[piece], n)
                for which in np.flatnonzero(self._odd[piece]).tolist():
                    steps[which] = self._walked[int(piece[which])]
                yield piece, steps

    def fastest(self) -> Doubles:
        """(m,) m/s that no `pace` after each row is above: a slope between two steps is a mean of
        those from step to step between them."""
        most = np.full(len(self.many), np.inf)
        left = np.flatnonzero(~self._odd & (self.many >= LEAST_POINTS))
        if not len(left):
            return most
        last, many = self._stop[left] - 1, self.many[left] - 1
        high = [most_of(np.abs(slope), last, many) for slope in self._slopes]
        most[left] = np.hypot(*high) * (1 + 1e-6) + 1e-6
        return most

    @cached_property
    def _slopes(self) -> tuple[Doubles, Doubles]:
        """(kept,) m/s from each step's predecessor to it, along both axes."""
        points, kept = self.points, self._kept
        passed = np.diff(points.time[kept], prepend=0.0)
        passed[passed == 0] = 1.0  # from one thing to another
        x, y = (np.diff(one[kept], prepend=0.0) / passed for one in (points.x, points.y))
        return x, y

    def _piece(self, row: int) -> Ints:
        stop, n = int(self._stop[row]), int(self.many[row])
        return self._kept[stop - n : stop]

    def _kept_rows(self, stop: Ints, n: int) -> Ints:
        """(g, n) the last n that were kept before each of these; step by step in memory."""
        return np.asarray(self._kept[stop + np.arange(-n, 0)[:, None]]).T

    def _spaced(self) -> Bools:
        """(m,) which points are steps, if all fit: not those that come too soon after another."""
        points = self.points
        rows = np.flatnonzero(points.good)
        soon = np.diff(points.time[rows]) < SPACING
        soon &= self.begun[rows[1:]] == self.begun[rows[:-1]]
        if not soon.any():
            return points.good
        kept = points.good.copy()
        last, begun = 0.0, -1
        for row, time, way in zip(
            rows.tolist(), points.time[rows].tolist(), self.begun[rows].tolist(), strict=True
        ):
            if way == begun and time - last < SPACING:
                kept[row] = False
            else:
                last, begun = time, way
        return kept

    def _within(self, rows: Ints, stop: Ints, first: Ints) -> Ints:
        """(m,) how many of the kept before ``stop`` and from ``first`` on are no older than the
        window, at the time of each row."""
        now = self.points.time[rows]
        times = self.points.time[self._kept]
        many = np.zeros(len(rows), np.int64)
        left = np.arange(len(rows))
        n = 0
        while len(left):
            n += 1
            left = left[stop[left] - n >= first[left]]
            left = left[now[left] - times[stop[left] - n] <= self._seconds]
            many[left] = n
        return many

    def _before(self, first: Ints) -> Ints:
        """(kept,) the same of each of the kept, of those before it."""
        time = self.points.time[self._kept]
        room = np.arange(len(time)) - first
        many = np.zeros(len(time), np.int64)
        within = np.ones(len(time), np.bool_)
        n = 0
        while within.any():
            many += within
            n += 1
            within[:n] = False
            within[n:] &= (room[n:] >= n) & (time[n:] - time[: len(time) - n] <= self._seconds)
        return many - 1 if n else many

    def _fit(self, before: Ints) -> Bools:
        """(kept,) `motion._fits` of each to the steps before it, of which there are so many."""
        points, kept = self.points, self._kept
        fits = np.ones(len(kept), np.bool_)
        few = np.flatnonzero((before > 0) & (before < LEAST_POINTS))
        allowed, passed = self._allowed(few)
        new, last = kept[few], kept[few - 1]
        dx, dy = points.x[new] - points.x[last], points.y[new] - points.y[last]
        fits[few] = np.sqrt(dx * dx + dy * dy) <= allowed + FASTEST * passed
        left = np.flatnonzero(before >= LEAST_POINTS)
        left = left[~self._surely(left, before[left])]
        for n in np.unique(before[left]).tolist():
            every = left[before[left] == n]
            for start in range(0, len(every), PIECE):
                some = every[start : start + PIECE]
                new = kept[some]
                steps = self._kept_rows(some, n)
                _, _, x, y = self.lines(steps, points.time[new]).T
                dx, dy = points.x[new] - x, points.y[new] - y
                fits[some] = np.sqrt(dx * dx + dy * dy) <= self._reach(some, before[some])
        return fits

    def _allowed(self, some: Ints) -> tuple[Doubles, Doubles]:
        """How far each of the kept may be off by the sizes alone, and the seconds since the one
        before."""
        points, new, last = self.points, self._kept[some], self._kept[some - 1]
        allowed = 0.35 * np.maximum(points.size[new], points.size[last]) + 0.3
        return allowed, points.time[new] - points.time[last]

    def _reach(self, some: Ints, before: Ints) -> Doubles:
        """How far each of the kept may be off the line through those before it."""
        time = self.points.time[self._kept]
        allowed, passed = self._allowed(some)
        spent = time[some - 1] - time[some - before]
        lag = spent * spent / 12 + spent * passed / 2 + passed * passed / 2
        return np.asarray(allowed + USUAL * lag)

    def _surely(self, some: Ints, before: Ints) -> Bools:
        """Which of the kept fit, by less than is asked: the line's velocity and the mean one from
        any step before lie between the least and the greatest from step to step. So with those of
        the later half it is off by no more than their difference in the time since; and then the
        median over all is not."""
        time = self.points.time[self._kept]
        wide = [most_of(one, some, before) + most_of(-one, some, before) for one in self._slopes]
        since = time[some] - time[some - before // 2 - 1]
        off = np.hypot(*wide) * since if len(some) else since
        return np.asarray(off * (1 + 1e-6) + 1e-6 < self._reach(some, before))

    def lines(self, steps: Ints, when: Doubles) -> Doubles:
        """(g, 4) `motion._line` of (g, n) steps: the velocity, and where it is at ``when`` (g,)."""
        points, n = self.points, steps.shape[1]
        turned = np.ascontiguousarray(steps.T)
        time = points.time[turned] - when
        found = []
        for places in (points.x[turned], points.y[turned]):
            slopes = np.empty((n * (n - 1) // 2, len(when)))
            at = 0
            for i in range(n - 1):
                part = slopes[at : at + n - 1 - i]
                np.subtract(places[i + 1 :], places[i], out=part)
                part /= time[i + 1 :] - time[i]
                at += n - 1 - i
            slope = medians(slopes)
            found += [slope, medians(places - time * slope)]
        vx, x, vy, y = found
        return np.stack([vx, vy, x, y], axis=1)

    def _walk(self, odd: Ints) -> None:
        """Takes note of the ways from each point that does not fit, until they are pieces again."""
        points, m = self.points, len(self.points.time)
        row = 0
        for at in odd.tolist():
            if at < row:
                continue
            row = at
            way = Way() if points.begins[row] else self.way(row - 1)
            while row < m and (row == at or not points.begins[row]):
                way = extend(way, points.step(row), float(points.time[row]), self._seconds)
                low = int(self.begun[row])
                times = points.time[low : row + 1]
                steps = low + np.searchsorted(times, [step.time for step in way.steps])
                row += 1
                if not way.odd and np.array_equal(steps, self._piece(row - 1)):
                    break
                self._walked[row - 1] = steps
                self._odd[row - 1] = True
                self.many[row - 1] = len(steps)


@dataclass(frozen=True, slots=True, eq=False)
class Paces:
    """`Pace` after each of g rows, where one could be told."""

    rows: Ints  # (g,)
    steps: Ints  # (g, n)
    line: Doubles  # (g, 4) the velocity, and where it is now
    speed: Doubles  # (g,)
    error: Doubles  # (g,)
    across: Doubles  # (g,)
    seconds: Doubles  # (g,)


def paces(
    ways: Ways, rows: Ints, plane: Plane, size: tuple[int, int], least: float, above: Doubles
) -> Iterator[Paces]:
    """`motion.pace` after these rows, where there is one; ``above`` (m,) m/s, by row."""
    points = ways.points
    for piece, every in ways.groups(rows[ways.many[rows] >= LEAST_POINTS]):
        time = points.time[every]
        lasted = time[:, -1] - time[:, 0]
        widest = time[:, 1] - time[:, 0]
        for n in range(2, time.shape[1]):
            np.maximum(widest, time[:, n] - time[:, n - 1], out=widest)
        long = ~(lasted < least * 0.98) & ~(widest > 0.5 * lasted)
        some, steps = piece, every
        if not long.all():
            some, steps, lasted, time = piece[long], every[long], lasted[long], time[long]
        if not len(some):
            continue
        line = ways.lines(steps, time[:, -1])
        speed = np.sqrt(line[:, 0] * line[:, 0] + line[:, 1] * line[:, 1])
        error, across = np.full(len(some), np.inf), np.full(len(some), np.inf)
        fast = ~(speed <= above[some])
        if fast.any():
            which = steps[fast]
            asked = Rows(
                time[fast], points.x[which], points.y[which], points.slide[which], line[fast],
                speed[fast],
            )  # fmt: skip
            error[fast], across[fast] = asked.errors(plane, size)
        told = ~fast | np.isfinite(error + across)
        if told.all():
            yield Paces(some, steps, line, speed, error, across, lasted)
            continue
        yield Paces(
            some[told], steps[told], line[told], speed[told], error[told], across[told],
            lasted[told],
        )  # fmt: skip


def steadily(ways: Ways, paced: Paces) -> Bools:
    """(g,) `motion.steady` of these."""
    half = paced.steps.shape[1] // 2
    if half < 2:
        return np.ones(len(paced.rows), np.bool_)
    zero = np.zeros(len(paced.rows))
    ax, ay, _, _ = ways.lines(paced.steps[:, : half + 1], zero).T
    bx, by, _, _ = ways.lines(paced.steps[:, half:], zero).T
    dx, dy = (ax + bx) / 2 - paced.line[:, 0], (ay + by) / 2 - paced.line[:, 1]
    bent = np.sqrt(dx * dx + dy * dy) <= paced.error + 0.5
    dx, dy = ax - bx, ay - by
    most = HARDEST * paced.seconds / 2 + 2 * paced.error
    return np.asarray(bent & (np.sqrt(dx * dx + dy * dy) <= most))
