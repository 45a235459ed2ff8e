"""Which rows are one thing to a rule: `memory.follow` for many looks at once, to the same result.

A row goes on under its number, unless that was lost for too long. A number that is new takes over
what is known of a thing that was lost just there (`memory._heir`). Such beginnings are rare, so
they alone are gone through one by one, in time; the pace of a lost thing is worked out when it is
asked for.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.rules.columns import Doubles, Ints
from streetlamp.rules.memory import ALIKE, NEAR, PACE_SECONDS, RELINK_SECONDS
from streetlamp.values import Kind

_SLACK: Final = 1.0  # pixels: far more than what rounding can do to a place


def chains(
    look: Ints,
    number: Ints,
    kind: NDArray[np.uint8],
    box: Doubles,
    now: Doubles,
    size: tuple[int, int],
    hold: float,
    relink: float,
) -> Ints:
    """(n,) a name for each row's thing; rows in the order of looks, whose times always rise.

    ``box`` in fractions of the picture; ``hold`` and ``relink`` are the rule's, seconds.
    """
    if not len(look):
        return np.zeros(0, np.int64)
    return _Chains(look, number, kind, box, now, size, hold, relink).things()


class _Chains:
    def __init__(
        self,
        look: Ints,
        number: Ints,
        kind: NDArray[np.uint8],
        box: Doubles,
        now: Doubles,
        size: tuple[int, int],
        hold: float,
        relink: float,
    ) -> None:
        n = len(look)
        self._size, self._hold = size, hold
        self._reach = min(hold, relink)
        self._look, self._number = look, number
        self._time = now[look]
        self._order = np.argsort(number, kind="stable")
        self._rank = np.empty(n, np.int64)
        self._rank[self._order] = np.arange(n)
        same = np.diff(number[self._order]) == 0
        before, after = self._order[:-1][same], self._order[1:][same]
        self._next = np.full(n, -1, np.int64)
        self._next[before] = after
        begins = np.ones(n, np.bool_)
        begins[after[self._time[after] - self._time[before] <= hold]] = False
        self._begins = begins
        gone = (self._next < 0) | (look[self._next] > look + 1)
        self._x, self._y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
        person = kind == Kind.PERSON
        wide, tall = (box[:, 2] - box[:, 0]) * size[0], (box[:, 3] - box[:, 1]) * size[1]
        extent = np.sqrt(np.maximum(wide * tall, 1.0))
        # Of what is lost, in lists: they are asked one by one.
        lost = np.flatnonzero(gone)
        self._lost: list[int] = lost.tolist()
        self._lost_time: list[float] = self._time[lost].tolist()
        never = look[-1] + 1
        self._lost_until: list[int] = np.where(
            self._next[lost] < 0, never, look[self._next[lost]]
        ).tolist()  # the look in which its number is seen again
        self._lost_person = person[lost].tolist()
        self._lost_extent = extent[lost].tolist()
        self._lost_place = list(zip(self._x[lost].tolist(), self._y[lost].tolist(), strict=True))
        self._person, self._extent = person, extent
        self._fastest = self._speeds(before, after)
        self._heir: dict[int, int] = {}  # a beginning: the row it goes on from …
        self._heir_pace: dict[int, tuple[float, float]] = {}  # … and the pace there
        self._taken: set[int] = set()
        self._began: dict[int, int] = {}  # number: the row in which it last began
        self._pace: dict[int, tuple[int, float, float]] = {}  # beginning: row, pace there

    def _speeds(self, before: Ints, after: Ints) -> dict[int, float]:
        """Each number's fastest step, pixels a second: its pace is never more."""
        passed = self._time[after] - self._time[before]
        dx = (self._x[after] - self._x[before]) * self._size[0]
        dy = (self._y[after] - self._y[before]) * self._size[1]
        names, where = np.unique(self._number[after], return_inverse=True)
        most = np.zeros(len(names))
        np.maximum.at(most, where, np.hypot(dx, dy) / passed)
        return dict(zip(names.tolist(), most.tolist(), strict=True))

    def things(self) -> Ints:
        waiting: list[int] = np.flatnonzero(self._begins).tolist()  # sorted, so a heap
        while waiting:
            at = heapq.heappop(waiting)
            heir = self._heir_of(at)
            if heir is not None:
                self._heir[at], self._heir_pace[at] = heir, self._pace_at(heir)
            self._began[int(self._number[at])] = at
            if heir is None:
                continue
            self._taken.add(heir)
            mine, theirs = int(self._number[at]), int(self._number[heir])
            steps = self._fastest
            away = self._gap(at, (float(self._x[heir]), float(self._y[heir])))
            leap = away / float(self._time[at] - self._time[heir])
            steps[mine] = max(steps.get(mine, 0.0), steps.get(theirs, 0.0), leap)
            again = int(self._next[heir])
            if again >= 0 and not self._begins[again]:  # whose past was taken begins anew
                self._begins[again] = True
                heapq.heappush(waiting, again)
        return self._named()

    def _named(self) -> Ints:
        n = len(self._look)
        in_order = self._begins[self._order]
        part = np.empty(n, np.int64)
        part[self._order] = np.cumsum(in_order) - 1
        root = np.arange(int(in_order.sum()))
        for at, heir in sorted(self._heir.items()):
            root[part[at]] = root[part[heir]]
        return np.asarray(root[part])

    def _heir_of(self, at: int) -> int | None:
        """The lost row that this beginning goes on from: the nearest; of equals, seen last."""
        time, look = float(self._time[at]), int(self._look[at])
        start = bisect_left(self._lost_time, time - self._reach - 1e-6)
        stop = bisect_left(self._lost_time, time)
        person, extent = bool(self._person[at]), float(self._extent[at])
        best, found = math.inf, None
        for i in range(stop - 1, start - 1, -1):
            row, was = self._lost[i], self._lost_extent[i]
            gone = time - self._lost_time[i]
            if gone > self._reach or self._lost_person[i] != person or row in self._taken:
                continue
            small, large = (extent, was) if extent < was else (was, extent)
            if small < ALIKE * large:
                continue
            if self._lost_until[i] <= look:
                continue  # it is here, or was seen since
            near, ahead = NEAR * small, min(gone, RELINK_SECONDS)
            place = self._lost_place[i]
            away = self._gap(at, place)
            fastest = self._fastest.get(int(self._number[row]), 0.0)
            if away > near + ahead * fastest * 1.001 + _SLACK:
                continue
            vx, vy = self._pace_at(row)
            away = min(away, self._gap(at, (place[0] + vx * ahead, place[1] + vy * ahead)))
            if away > near:
                continue
            same_look = found is not None and self._look[found] == self._look[row]
            if away < best or (away == best and same_look):
                best, found = away, row
        return found

    def _gap(self, at: int, place: tuple[float, float]) -> float:
        return math.hypot(
            (float(self._x[at]) - place[0]) * self._size[0],
            (float(self._y[at]) - place[1]) * self._size[1],
        )

    def _pace_at(self, row: int) -> tuple[float, float]:
        """How fast the thing of a lost row was: `Sighting.pace`."""
        began = self._began[int(self._number[row])]
        done, vx, vy = self._pace.get(began, (-1, 0.0, 0.0))
        if done < 0:
            done = began
            if began in self._heir:
                vx, vy = self._paced(np.array([self._heir[began], began]), *self._heir_pace[began])
        if done != row:
            rows = self._order[self._rank[done] : self._rank[row] + 1]
            vx, vy = self._paced(rows, vx, vy)
        self._pace[began] = (row, vx, vy)
        return vx, vy

    def _paced(self, rows: Ints, vx: float, vy: float) -> tuple[float, float]:
        """The pace at the last of a thing's rows, from that at the first."""
        times, xs, ys = (one[rows].tolist() for one in (self._time, self._x, self._y))
        for n in range(1, len(rows)):
            passed = times[n] - times[n - 1]
            share = 1.0 - math.exp(-passed / PACE_SECONDS)
            vx = vx + share * ((xs[n] - xs[n - 1]) / passed - vx)
            vy = vy + share * ((ys[n] - ys[n - 1]) / passed - vy)
        return vx, vy
