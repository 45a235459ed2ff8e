"""Which thing of a look is which of the next: found out anew, in memory, when a rule is tried.

The index does not say it, and what is found here is not kept. The live tracker goes look by look
and weighs scores and doubts; here all looks of days are joined at once, in NumPy, by the boxes it
gave out, which are smooth and without a detector's flicker:

1. A thing and one of the next look are joined where each is the other's best match: same group of
   classes, like in size, near. What is left over is asked again, without those that were joined.
2. Where things are quick for their size this is done once more, with their velocities so far.
3. Ends and beginnings are joined over a short loss, as the tracker holds what it has lost.

The same looks always give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.backtest.looks import SCALE, Looks
from streetlamp.values import Kind

Array = NDArray[Any]
Ints = NDArray[np.int64]

LONGEST_GAP: Final = 5.0  # seconds between looks after which nothing can be joined
ALIKE: Final = 0.5  # the smaller of two sizes must be at least this share of the larger
SIZES: Final = 0.5  # what unlike sizes cost, against distance in sizes
NEAR: Final = 0.45  # sizes from where it should be …
PACE: Final = np.array([4.0, 10.0, 12.0])  # … and for each second since, by group …
FURTHEST: Final = np.array([1.6, 2.5, 3.0])  # … and at most
HELD: Final = 1.5  # seconds a moving thing is held while it is not found
HELD_STILL: Final = 4.0  # the same of one that stood
STILL: Final = 0.15  # sizes a second: slower is standing
QUICK: Final = 0.3  # sizes from look to look: where it is more, velocities are asked
CHUNK: Final = 300_000  # pairs judged at once: memory stays small

GROUPS: Final = np.array(
    [{Kind.PERSON: 0, Kind.BICYCLE: 1, Kind.MOTORCYCLE: 1}.get(kind, 2) for kind in Kind], np.int8
)
"""A detector takes a car for a truck now and then, but nobody for a bicycle."""


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """Looks of one picture size, with a number for each row: the same for one thing."""

    looks: Looks
    first: Ints  # (k + 1,) where each look's rows begin
    look: Ints  # (n,) which look a row is of
    number: Ints  # (n,) 0, 1, … in the order they came

    @property
    def seconds(self) -> NDArray[np.float64]:
        """(k,) POSIX seconds of the looks."""
        return np.asarray(self.looks.time / 1e6)


def follow(looks: Looks) -> Followed:
    """Finds out which is which."""
    first = np.concatenate([[0], np.cumsum(looks.many)]).astype(np.int64)
    look = np.repeat(np.arange(len(looks)), looks.many)
    return Followed(looks, first, look, _Joining(looks, first, look).numbers())


class _Joining:
    def __init__(self, looks: Looks, first: Ints, look: Ints) -> None:
        self.first, self.look = first, look
        scale = (np.array([*looks.size, *looks.size]) / SCALE).astype(np.float32)
        box = looks.box.astype(np.float32) * scale
        self.x = (box[:, 0] + box[:, 2]) / 2
        self.y = (box[:, 1] + box[:, 3]) / 2
        area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
        self.extent = np.sqrt(np.maximum(area, 1.0))
        self.group = GROUPS[looks.kind]
        self.seconds = looks.time / 1e6
        self.time = self.seconds[look]
        step = np.diff(self.seconds)
        joins = (step > 0) & (step <= LONGEST_GAP) & ~looks.fresh[1:]
        both = (looks.many[:-1] > 0) & (looks.many[1:] > 0)
        self.pairs = np.flatnonzero(joins & both)  # looks after which there is something to join
        self.watch = np.cumsum(np.concatenate([[True], ~joins]) if len(looks) else [])[look]
        n = len(look)
        self.next = np.full(n, -1, np.int64)
        self.prev = np.full(n, -1, np.int64)
        self.vx = np.zeros(n, np.float32)  # pixels a second, by the join before
        self.vy = np.zeros(n, np.float32)
        self._best = np.full(n, np.inf, np.float32)

    def numbers(self) -> Ints:
        if not len(self.look):
            return np.zeros(0, np.int64)
        self._join_looks(self.pairs)
        self._join_looks(self.pairs)
        self._quick()
        self._over_losses()
        return self._counted()

    # From look to look.

    def _join_looks(self, looks: Ints) -> None:
        """Joins what is free in these looks and in the ones after them."""
        loose = self._loose(self.next)[looks] & self._loose(self.prev)[looks + 1]
        looks = looks[loose]
        a = self.first[looks + 1] - self.first[looks]
        b = self.first[looks + 2] - self.first[looks + 1]
        ends = np.cumsum(a * b)
        start = 0
        while start < len(looks):
            done = ends[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK)))
            some = slice(start, stop)
            rows, others = _products(
                self.first[looks[some]], a[some], self.first[looks[some] + 1], b[some]
            )
            free = (self.next[rows] < 0) & (self.prev[others] < 0)
            free &= self.group[rows] == self.group[others]
            self._join(rows[free], others[free])
            start = stop

    def _loose(self, joined: Ints) -> NDArray[np.bool_]:
        """(k,) which looks have a row that is not joined on this side."""
        return np.bincount(self.look[joined < 0], minlength=len(self.first)) > 0

    def _join(self, rows: Ints, others: Ints) -> None:
        """Joins those of the pairs that are each other's best match."""
        cost, near = self._cost(rows, others)
        rows, others, cost = rows[near], others[near], cost[near]
        best = (cost <= self._least(rows, cost)) & (cost <= self._least(others, cost))
        rows, others = rows[best], others[best]
        for column in (0, 1):  # equally good ones: the first
            keep = np.unique((rows, others)[column], return_index=True)[1]
            rows, others = rows[keep], others[keep]
        self.next[rows], self.prev[others] = others, rows

    def _cost(self, rows: Ints, others: Ints) -> tuple[Array, Array]:
        """How badly they match, and whether they may be joined at all."""
        passed = (self.time[others] - self.time[rows]).astype(np.float32)
        small = np.minimum(self.extent[rows], self.extent[others])
        alike = small / np.maximum(self.extent[rows], self.extent[others])
        away = np.hypot(
            self.x[others] - self.x[rows] - self.vx[rows] * passed,
            self.y[others] - self.y[rows] - self.vy[rows] * passed,
        )
        away /= small
        group = self.group[rows]
        reach = np.minimum(NEAR + PACE[group] * passed, FURTHEST[group])
        return away + SIZES * (1.0 - alike), (away <= reach) & (alike >= ALIKE)

    def _least(self, rows: Ints, cost: Array) -> Array:
        """For each pair the least cost of any pair of the same row."""
        np.minimum.at(self._best, rows, cost)
        least = self._best[rows]
        self._best[rows] = np.inf
        return least

    def _quick(self) -> None:
        """Joins anew where things are quick: with the velocity that the joins so far tell."""
        rows = np.flatnonzero(self.prev >= 0)
        before = self.prev[rows]
        passed = (self.time[rows] - self.time[before]).astype(np.float32)
        dx, dy = self.x[rows] - self.x[before], self.y[rows] - self.y[before]
        far = np.hypot(dx, dy) > QUICK * self.extent[before]
        self.vx[rows], self.vy[rows] = dx / passed, dy / passed
        looks = np.unique(self.look[before[far]])
        again = np.zeros(len(self.first) - 1, np.bool_)
        again[looks] = True
        loose = again[self.look] & (self.next >= 0)
        self.prev[self.next[loose]] = -1
        self.next[loose] = -1
        self._join_looks(looks)
        self._join_looks(looks)

    # Over a loss.

    def _over_losses(self) -> None:
        """Joins things that were lost to things that appeared where they should be."""
        ends, starts = np.flatnonzero(self.next < 0), np.flatnonzero(self.prev < 0)
        low = np.searchsorted(self.time[ends], self.time[starts] - HELD_STILL)
        high = np.searchsorted(self.time[ends], self.time[starts], side="left")
        if not (np.diff(self.time) >= 0).all():  # the clock was set back: none
            return
        many = np.maximum(high - low, 0)
        total = np.cumsum(many)
        start = 0
        while start < len(starts):
            done = total[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(total, done + CHUNK)))
            some = slice(start, stop)
            others, rows = _products(
                np.arange(start, stop), np.ones(stop - start, np.int64), low[some], many[some]
            )
            self._join_lost(ends[rows], starts[others])
            start = stop

    def _join_lost(self, rows: Ints, others: Ints) -> None:
        free = (self.next[rows] < 0) & (self.prev[others] < 0)
        free &= (self.group[rows] == self.group[others]) & (self.watch[rows] == self.watch[others])
        rows, others = rows[free], others[free]
        pace = np.hypot(self.vx[rows], self.vy[rows]) / self.extent[rows]
        held = np.where(pace < STILL, HELD_STILL, HELD)
        there = self.time[others] - self.time[rows] <= held
        self._join(rows[there], others[there])

    def _counted(self) -> Ints:
        """Each row's thing: by the first of its rows, found in steps that double."""
        root = np.where(self.prev >= 0, self.prev, np.arange(len(self.prev)))
        while True:
            further = root[root]
            if np.array_equal(further, root):
                break
            root = further
        return np.unique(root, return_inverse=True)[1].astype(np.int64)


def _products(first: Ints, many: Ints, other: Ints, others: Ints) -> tuple[Ints, Ints]:
    """All pairs of rows: of each block's ``many`` from ``first`` with its ``others``."""
    every = np.repeat(first - (np.cumsum(many) - many), many) + np.arange(int(many.sum()))
    wide = np.repeat(others, many)  # of each row: with how many it pairs
    ends = np.cumsum(wide)
    rows = np.repeat(every, wide)
    return rows, np.repeat(np.repeat(other, many) - (ends - wide), wide) + np.arange(len(rows))
