"""What two things that may come near are to each other, at each look at which the rule asks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from streetlamp.rules.columns import Doubles, Ints
from streetlamp.rules.encounters import Cast
from streetlamp.rules.movers import FOOTPRINTS, MOVING, both, gaps
from streetlamp.values import Bools, Kind

MOST: Final = 500_000  # numbers at once: memory stays small

Order = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Meeting:
    """One look at two things: rows of the `Cast`, and what `near_miss` measures."""

    look: int
    order: Order  # in which the rule comes to the pairs of a look
    rows: tuple[int, int]
    rides: bool
    ttc: float | None  # seconds to a collision
    pet: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a rule."""

    hold: float  # s: for so long is remembered what is lost
    together: float  # m/s
    stands: float
    stops: float  # s
    pet: float  # s


class Meetings:
    """Of some pairs of things (p, 2). ``weak`` and ``strong`` (m,): which rows are told of as
    such; ``block`` (k,): looks before the last change of it are forgotten."""

    def __init__(
        self,
        cast: Cast,
        pairs: Ints,
        weak: Bools,
        strong: Bools,
        watched: Bools,
        block: Ints,
        limits: Limits,
    ) -> None:
        self.cast, self._limits = cast, limits
        self._block, self._watched = block, watched
        columns = cast.columns
        self._place = np.empty(len(columns.row), np.int64)
        self._place[columns.row] = np.arange(len(columns.row))
        things = np.unique(pairs)
        meets = np.isin(cast.thing, things)
        cast.place(meets)
        rows = np.flatnonzero(meets)
        first, bounds = cast.trails(rows)
        self._first = np.full(len(cast.rows), len(cast.rows) + 1)
        self._bounds = np.zeros((len(cast.rows), 4))
        self._first[rows], self._bounds[rows] = first, bounds
        has = self._first <= len(cast.rows)
        self._weak, self._strong = weak & has, strong & has
        self._within = cast.stepped & cast.inside
        self._driven = cast.stepped & (cast.speed >= MOVING)
        self._pairs = pairs

    def all(self) -> dict[tuple[int, int], list[Meeting]]:
        """By the names of the two, in order."""
        made: dict[tuple[int, int], list[Meeting]] = {}
        tables = [self._looks(int(a), int(b)) for a, b in self._pairs.tolist()]
        if not tables:
            return made
        look, p, q, which = (np.concatenate(one) for one in zip(*tables, strict=True))
        if not len(look):
            return made
        rides = self._rides(look, p, q)
        now = self._times(look, p, q, rides)
        cast, columns = self.cast, self.cast.columns
        first = np.diff(which, prepend=-1) != 0
        edges = np.flatnonzero(first).tolist()
        pet = np.concatenate([
            self._post_encroachment(p[a:b], q[a:b])
            for a, b in pairwise([*edges, len(which)])
        ])  # fmt: skip
        some = np.flatnonzero(self._matters(first, rides, now, pet))
        p, q = p[some], q[some]
        names = columns.number[cast.rows[cast.ways.begun]]
        order = np.stack([
            look[some] - cast.look[p], self._place[cast.rows[p]],
            look[some] - cast.look[q], self._place[cast.rows[q]],
        ], axis=1).tolist()  # fmt: skip
        columns_of = (
            look[some].tolist(), order, p.tolist(), q.tolist(), rides[some].tolist(),
            now[some].tolist(), pet[some].tolist(), names[p].tolist(), names[q].tolist(),
        )  # fmt: skip
        for at, (w, x, y, z), row, other, ride, when, gap, one, two in zip(
            *columns_of, strict=True
        ):
            time = None if math.isnan(when) else when
            meeting = Meeting(at, (w, x, y, z), (row, other), ride, time, gap)
            made.setdefault((one, two), []).append(meeting)
        for meetings in made.values():
            meetings.sort(key=lambda one: (one.look, one.order))
        return made

    def _matters(self, first: Bools, rides: Bools, now: Doubles, pet: Doubles) -> Bools:
        """(c,) which may begin an encounter or change one; ``first``: of its pair."""
        timed = ~np.isnan(now)
        found = rides | timed | (pet <= self._limits.pet)
        found[1:] |= ~first[1:] & (timed[:-1] | rides[:-1] | (pet[1:] < pet[:-1]))
        return found

    def _looks(self, a: int, b: int) -> tuple[Ints, Ints, Ints, Ints]:
        """The looks at which the rule asks about two things, and the last row of each."""
        cast = self.cast
        first = cast.first
        a0, a1, b0, b1 = (int(first[one]) for one in (a, a + 1, b, b + 1))
        here, there = cast.look[a0:a1], cast.look[b0:b1]
        look = np.union1d(here, there)
        look = look[look >= max(here[0], there[0])]
        p = a0 + np.searchsorted(here, look, side="right") - 1
        q = b0 + np.searchsorted(there, look, side="right") - 1
        now = cast.columns.now[look]
        good = self._weak[p] & self._strong[q] & self._watched[look]
        for rows in (p, q):
            good &= now - cast.time[rows] <= self._limits.hold
            good &= self._block[look] == self._block[cast.look[rows]]
        one, two = self._bounds[p], self._bounds[q]
        for low, high in ((0, 2), (1, 3)):
            good &= (one[:, low] - two[:, high] <= 0) & (two[:, low] - one[:, high] <= 0)
        look, p, q = look[good], p[good], q[good]
        return look, p, q, np.full(len(look), a * len(first) + b)

    def _paced(self, look: Ints, p: Ints, q: Ints) -> Bools:
        """(c,) whether both are seen in this look and their pace can be told."""
        cast = self.cast
        seen = (cast.look[p] == look) & (cast.look[q] == look)
        return np.asarray(seen & cast.told[p] & cast.told[q] & cast.stepped[p] & cast.stepped[q])

    def _rides(self, look: Ints, p: Ints, q: Ints) -> Bools:
        """(c,) `NearMiss._rides`."""
        cast, together = self.cast, self._limits.together
        a, b = cast.spot[p], cast.spot[q]

        def far(one: Doubles, two: Doubles) -> Doubles:
            return np.asarray(np.sqrt(one * one + two * two))

        near = far(a[:, 1] - b[:, 1], a[:, 2] - b[:, 2]) <= 2.0 + a[:, 5] + b[:, 5]
        near &= far(b[:, 3], b[:, 4]) >= 2 * together
        near &= far(a[:, 3] - b[:, 3], a[:, 4] - b[:, 4]) <= together
        return np.asarray(near & self._paced(look, p, q))

    def _times(self, look: Ints, p: Ints, q: Ints, rides: Bools) -> Doubles:
        """(c,) `NearMiss._time_to_collision`; nan where there is none."""
        cast, limits = self.cast, self._limits
        found = np.full(len(look), np.nan)
        some = np.flatnonzero(self._paced(look, p, q) & ~rides & cast.inside[p])
        if not len(some):
            return found
        rows = np.unique(np.concatenate([p[some], q[some]]))
        sure, across = cast.errors(rows)
        i, j = np.searchsorted(rows, p[some]), np.searchsorted(rows, q[some])
        drives = sure[j] >= MOVING
        some, i, j = some[drives], i[drives], j[drives]
        one, other = p[some], q[some]
        walks = sure[i] > limits.stands
        sizes = np.array([[both(weak, strong) for strong in Kind] for weak in Kind])
        long, wide = sizes[cast.kind[one], cast.kind[other]].T
        half = np.array([FOOTPRINTS[kind][1] / 2 for kind in Kind])[cast.kind[other]]
        wide = np.where(walks, wide, half)
        when, aside = cast.meets(one, other, walks, long, wide)
        when[walks & (aside - wide > limits.stops * cast.speed[one])] = np.nan
        a, b = cast.spot[one, 5], cast.spot[other, 5]
        side = np.where(walks, across[i], 0.0)
        off = np.sqrt(a * a + b * b) + when * np.sqrt(across[j] * across[j] + side * side)
        meets = ~np.isnan(when)
        some, one, other = some[meets], one[meets], other[meets]
        found[some], _ = cast.meets(one, other, walks[meets], long[meets], (wide - off)[meets])
        return found

    def _post_encroachment(self, p: Ints, q: Ints) -> Doubles:
        """(c,) `NearMiss._post_encroachment` of one pair at some looks."""
        cast = self.cast
        found = np.full(len(p), np.inf)
        rows, others = self._between(p, self._within), self._between(q, self._driven)
        if not len(rows) or not len(others):
            return found
        low, high = np.searchsorted(rows, self._first[p]), np.searchsorted(rows, p, side="right")
        start, stop = (
            np.searchsorted(others, self._first[q]), np.searchsorted(others, q, side="right"),
        )  # fmt: skip
        kinds = cast.kind[p].astype(np.int64) * len(Kind) + cast.kind[q]
        for one in np.unique(kinds).tolist():
            weak, strong = divmod(one, len(Kind))
            gap = gaps(cast.spot[rows], cast.spot[others], *both(Kind(weak), Kind(strong)))
            if not np.isfinite(gap).any():
                continue
            driven, walked = np.nonzero(np.isfinite(gap))
            value = gap[driven, walked]
            which = np.flatnonzero(kinds == one)
            for begin in range(0, len(which), max(MOST // len(value), 1)):
                at = which[begin : begin + max(MOST // len(value), 1)]
                known = (walked >= low[at, None]) & (walked < high[at, None])
                known &= (driven >= start[at, None]) & (driven < stop[at, None])
                found[at] = np.where(known, value, np.inf).min(axis=1)
        return found

    def _between(self, rows: Ints, wanted: Bools) -> Ints:
        """Those wanted that may be in the trail after any of some rows of one thing."""
        low = int(self._first[rows].min())
        return low + np.flatnonzero(wanted[low : int(rows.max()) + 1])
