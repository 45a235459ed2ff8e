"""Who came near a vehicle, for many looks at once: what `near_miss` asks, to the same bit.

Of all pairs that are seen together few ever come close. So it is asked first, of all at once and by
less than the rule asks, which pairs may; of those alone everything that the rule would know of
them is worked out, look by look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.ground import Plane
from streetlamp.rules.columns import Columns, Doubles, Ints, most_of
from streetlamp.rules.motion import Rows
from streetlamp.rules.movers import FOOTPRINTS, MOVING
from streetlamp.rules.ways import Points, Ways, paces
from streetlamp.values import Bools, Kind

PIECES: Final = 500_000  # pairs judged at once: memory stays small


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule asks of those who meet."""

    ttc: float  # seconds
    pet: float
    window: float  # seconds over which a pace is measured …
    least: float  # … and at least
    stands: float  # m/s
    stops: float  # s
    trail: float  # s
    reach: float  # m


def products(a: Ints, b: Ints, k: int) -> Iterator[tuple[Ints, Ints]]:
    """All pairs (place in ``a``, place in ``b``) of equal values below k; both are sorted."""
    many_b = np.bincount(b, minlength=k)
    first_b = np.cumsum(many_b) - many_b
    yield from ranges(first_b[a], many_b[a])


def ranges(first: Ints, many: Ints) -> Iterator[tuple[Ints, Ints]]:
    """All pairs (n, one of ``many[n]`` from ``first[n]`` on), some at a time."""
    ends = np.cumsum(many)
    start = 0
    while start < len(many):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + PIECES, side="right")))
        some = many[start:stop]
        left = np.repeat(np.arange(start, stop), some)
        right = np.arange(len(left)) - np.repeat(ends[start:stop] - some - done, some)
        yield left, right + first[left]
        start = stop


class Cast:
    """Where m rows are on the ground, and where they go: `Mover`, after each."""

    def __init__(
        self, columns: Columns, rows: Ints, begins: Bools, inside: Bools, plane: Plane, asked: Asked
    ) -> None:
        self.columns, self.rows, self._plane, self._asked = columns, rows, plane, asked
        self.thing = columns.thing[rows]
        self.look, self.time = columns.look[rows], columns.time[rows]
        self.kind, self.inside = columns.voted[rows], inside
        self.ways = Ways(Points.of(columns, rows, begins, plane), asked.window)
        points = self.ways.points
        m = len(rows)
        self.stepped = self.ways.changed & (self.ways.many > 0)
        some = np.flatnonzero(self.stepped)
        self._above = np.where(self.kind == Kind.PERSON, asked.stands, MOVING)
        self.told, self.speed = np.zeros(m, np.bool_), np.zeros(m)
        self._placed = ~self.stepped
        self.spot = np.zeros((m, 6))  # time, x, y, vx, vy, doubt: the last of `Mover.trail`
        last = self.ways.last(some)
        self.spot[some, 0] = self.time[some]
        self.spot[some, 1], self.spot[some, 2] = points.x[last], points.y[last]
        self.spot[some, 5] = points.doubt[last]
        self._never = np.full(m, np.inf)

    def place(self, wanted: Bools) -> None:
        """Works out the spots of these rows (m,): until then they are not known."""
        some = np.flatnonzero(wanted & ~self._placed)
        self._placed[some] = True
        size, least = self.columns.size, self._asked.least
        for one in paces(self.ways, some, self._plane, size, least, self._never):
            self._place(one.rows, one.line, one.speed, one.seconds)

    def _place(self, rows: Ints, line: Doubles, speed: Doubles, seconds: Doubles) -> None:
        """Spots of those whose pace can be told, unless its error cannot."""
        vx, vy, x, y = line.T
        told = speed <= self._above[rows]
        seen = self._plane.pictures(x, y)
        seen &= self._plane.pictures(x - seconds * vx, y - seconds * vy)
        told |= seen
        drives = told & (speed > MOVING) & (self.kind[rows] != Kind.PERSON)
        x, y = x.copy(), y.copy()
        if drives.any():
            at = np.stack([x[drives], y[drives]], axis=1)
            up = -self._plane.jacobian(self._plane.to_picture(at))[:, :, 1]
            far = np.sqrt(up[:, 0] * up[:, 0] + up[:, 1] * up[:, 1])
            up_x, up_y = up[:, 0] / far, up[:, 1] / far
            long, wide = _FOOTPRINTS[self.kind[rows[drives]]].T
            ahead = np.abs(up_x * vx[drives] + up_y * vy[drives]) / speed[drives]
            half = ahead * long / 2 + np.sqrt(np.maximum(1 - ahead * ahead, 0.0)) * wide / 2
            x[drives], y[drives] = at[:, 0] + half * up_x, at[:, 1] + half * up_y
        if not told.all():
            rows, speed = rows[told], speed[told]
            x, y, vx, vy = x[told], y[told], vx[told], vy[told]
        self.told[rows], self.speed[rows] = True, speed
        for n, column in enumerate((x, y, vx, vy)):
            self.spot[rows, n + 1] = column

    @cached_property
    def first(self) -> Ints:
        """(things,) the first row of each; a thing that has none begins where the next does."""
        return np.searchsorted(self.thing, np.arange(len(self.columns.begins) + 1))

    def errors(self, rows: Ints) -> tuple[Doubles, Doubles]:
        """(g,) what each of these rows' speed is at least, and the error across."""
        points = self.ways.points
        place = np.zeros(len(self.rows), np.int64)
        place[rows] = np.arange(len(rows))
        sure, across = np.zeros(len(rows)), np.full(len(rows), np.inf)
        fast = rows[self.told[rows] & ~(self.speed[rows] <= self._above[rows])]
        for some, steps in self.ways.groups(fast):
            time = points.time[steps]
            line = self.ways.lines(steps, time[:, -1])
            speed = self.speed[some]
            known = Rows(time, points.x[steps], points.y[steps], points.slide[steps], line, speed)
            error, aside = known.errors(self._plane, self.columns.size)
            sure[place[some]] = np.maximum(speed - error, 0.0)
            across[place[some]] = aside
        return sure, across

    def trails(self, rows: Ints) -> tuple[Ints, Doubles]:
        """(g,) the first row of the trail after each of these rows, m + 1 where there is none; and
        (g, 4) the ground it has been on and comes to."""
        steps = np.flatnonzero(self.stepped)
        stop = np.cumsum(self.stepped)[rows]
        first: Ints = (np.cumsum(self.stepped) - self.stepped)[self.ways.begun[rows]]
        found = np.full(len(rows), len(self.rows) + 1)
        bounds = np.zeros((len(rows), 4))
        left = np.flatnonzero(stop > first)
        last = stop[left] - 1
        now = self.time[steps[last]]
        low = np.searchsorted(self._trail_time(steps), self._trail_time(steps[last]) -
                              self._asked.trail - 0.001)  # fmt: skip
        low = np.maximum(low, first[left])
        late = np.arange(len(left))
        while len(late := late[now[late] - self.time[steps[low[late]]] > self._asked.trail]):
            low[late] += 1
        found[left] = steps[low]
        at, ahead = self.spot[steps, 1:3], self.spot[steps[last], 1:5]
        reach = self._asked.reach
        for axis in (0, 1):
            to = ahead[:, axis] + 3.0 * ahead[:, axis + 2]
            many = last - low + 1
            bounds[left, axis] = np.minimum(-most_of(-at[:, axis], last, many), to) - reach
            bounds[left, axis + 2] = np.maximum(most_of(at[:, axis], last, many), to) + reach
        return found, bounds

    def _trail_time(self, rows: Ints) -> Doubles:
        """Seconds that rise from row to row, also from thing to thing."""
        span = float(self.columns.now[-1] - self.columns.now[0]) + 100.0
        return np.asarray(self.time[rows] - self.columns.now[0] + span * self.thing[rows])

    def near(self, weak: Bools, strong: Bools, ready: Bools) -> Ints:
        """(p, 2) the pairs of things that may be near by either measure: nobody else ever is.

        ``weak`` and ``strong`` (m,): what each thing may be; ``ready``: who is told of.
        """
        self.place(self.inside | strong)
        none = np.zeros((0, 2), np.int64)
        found = np.concatenate([none, *self._head_on(weak & ready, strong & ready)])
        known = np.unique(self._key(found[:, 0], found[:, 1]))
        crossed = np.concatenate([none, *self._cross(weak, strong, known)])
        key = np.unique(np.append(known, self._key(crossed[:, 0], crossed[:, 1])))
        return np.stack(np.divmod(key, len(self.columns.begins)), axis=1)

    def _key(self, things: Ints, others: Ints) -> Ints:
        return things * len(self.columns.begins) + others

    def _sizes(self, rows: Ints, others: Ints) -> tuple[Doubles, Doubles, Doubles]:
        """As `both` and a vehicle's own half width, and never less, whatever they are taken for."""
        long, wide = self._largest[0][others], self._largest[1][others]
        reach = self._largest[2][rows]
        return long / 2 + reach, wide / 2 + reach, wide / 2

    @cached_property
    def _largest(self) -> Doubles:
        """(3, m) the largest length, width and reach that each row's thing ever had."""
        if not len(self.rows):
            return np.zeros((3, 0))
        long, wide = _FOOTPRINTS[self.kind].T
        starts = np.flatnonzero(np.diff(self.thing, prepend=-1))
        many = np.diff(np.append(starts, len(self.rows)))
        columns = (long, wide, (long + wide) / 4)
        return np.stack([np.repeat(np.maximum.reduceat(one, starts), many) for one in columns])

    def _head_on(self, weak: Bools, strong: Bools) -> Iterator[NDArray[np.int64]]:
        """Pairs by their time to collision, as if nothing was in doubt."""
        if not self._asked.ttc:
            return
        told = self.stepped & self.told
        a = _by_look(np.flatnonzero(weak & told & self.inside), self.look)
        b = _by_look(np.flatnonzero(strong & told & (self.speed >= MOVING)), self.look)
        for left, right in products(self.look[a], self.look[b], len(self.columns.now)):
            p, q = a[left], b[right]
            long, wide, half = self._sizes(p, q)
            soon = np.zeros(len(p), np.bool_)
            for walks in (True, False):
                when, aside = self.meets(p, q, np.full(len(p), walks), long,
                                         wide if walks else half)  # fmt: skip
                found = when <= self._asked.ttc + 1e-9
                if walks:
                    found &= aside - wide <= self._asked.stops * self.speed[p] + 1e-9
                soon |= found
            soon &= self.thing[p] != self.thing[q]
            yield np.stack([self.thing[p[soon]], self.thing[q[soon]]], axis=1)

    def meets(
        self, p: Ints, q: Ints, walks: Bools, long: Doubles, wide: Doubles
    ) -> tuple[Doubles, Doubles]:
        """(c,) when they touch, nan if they do not; and how far to the side somebody is."""
        a, b = self.spot[p], self.spot[q]
        hx, hy = b[:, 3] / self.speed[q], b[:, 4] / self.speed[q]
        x, y = a[:, 1] - b[:, 1], a[:, 2] - b[:, 2]
        along, aside = x * hx + y * hy, x * hy - y * hx
        vx, vy = (np.where(walks, a[:, n], 0.0) - b[:, n] for n in (3, 4))
        speeds = vx * hx + vy * hy, vx * hy - vy * hx
        return enters_rows((along, long), (aside, wide), *speeds), np.abs(aside)

    def _cross(self, weak: Bools, strong: Bools, known: Ints) -> Iterator[NDArray[np.int64]]:
        """Pairs by the ways they went, as if nothing was in doubt: those whose pieces of a second
        come near are looked at spot by spot, unless they are known."""
        pet = self._asked.pet
        a = self._pieces(np.flatnonzero(weak & self.stepped & self.inside))
        b = self._pieces(np.flatnonzero(strong & self.stepped & (self.speed >= MOVING)))
        if not pet or not len(a.thing) or not len(b.thing):
            return
        largest = self._largest
        vehicles = b.rows[b.first]
        long = largest[0, vehicles] / 2 + largest[2].max()
        wide = largest[1, vehicles] / 2 + largest[2].max()
        slow = pet + 2.0 * long / b.slowest + 1.0
        most = np.minimum(slow, 2.0 * self._asked.trail) + 1.0
        away = np.ceil(most).astype(np.int64)
        order = np.argsort(a.second, kind="stable")
        seconds = a.second[order]
        low = np.searchsorted(seconds, b.second - away)
        high = np.searchsorted(seconds, b.second + away, side="right")
        reach = np.hypot(long, wide) + 1e-6
        for right, left in ranges(low, high - low):
            i, j = order[left], right
            near = a.thing[i] != b.thing[j]
            for low_side, high_side in ((0, 2), (1, 3)):
                near &= a.box[i, low_side] - b.box[j, high_side] <= reach[j]
                near &= b.box[j, low_side] - a.box[i, high_side] <= reach[j]
            i, j = i[near], j[near]
            new = ~np.isin(self._key(a.thing[i], b.thing[j]), known)
            yield from self._spot_by_spot(a, b, i[new], j[new])

    def _spot_by_spot(
        self, a: _Pieces, b: _Pieces, i: Ints, j: Ints
    ) -> Iterator[NDArray[np.int64]]:
        if not len(i):
            return
        _, px, py, *_ = self.spot[a.rows].T.copy()
        _, qx, qy, vx, vy, _ = self.spot[b.rows].T.copy()
        speed = self.speed[b.rows]
        hx, hy = vx / speed, vy / speed
        far = self._largest[0, b.rows] / 2 + self._largest[2].max() + 1e-9
        many = b.many[j]
        for which, one in ranges(np.zeros(len(i), np.int64), a.many[i] * many):
            across = many[which]
            row = one // across
            n, m = (a.first[i])[which] + row, (b.first[j])[which] + one - row * across
            dx, dy = px[n] - qx[m], py[n] - qy[m]
            close = np.flatnonzero(np.abs(dx * hx[m] + dy * hy[m]) <= far[m])
            n, m, dx, dy = n[close], m[close], dx[close], dy[close]
            p, q = a.rows[n], b.rows[m]
            long, wide, _ = self._sizes(p, q)
            along, aside = dx * hx[m] + dy * hy[m], dx * hy[m] - dy * hx[m]
            meets = (np.abs(along) <= long + 1e-9) & (np.abs(aside) <= wide + 1e-9)
            comes = self.spot[q, 0] - (long - along) / speed[m]
            goes = self.spot[q, 0] + (long + along) / speed[m]
            at = self.spot[p, 0]
            soon = meets & (np.maximum(comes - at, at - goes) <= self._asked.pet + 1e-5)
            yield np.stack([self.thing[p[soon]], self.thing[q[soon]]], axis=1)

    def _pieces(self, rows: Ints) -> _Pieces:
        """Some rows, by thing and second."""
        second = np.floor(self.time[rows] - self.columns.now[0]).astype(np.int64)
        first = np.flatnonzero(
            (np.diff(self.thing[rows], prepend=-1) != 0) | (np.diff(second, prepend=-1) != 0)
        )
        x, y = self.spot[rows, 1], self.spot[rows, 2]
        box = np.zeros((len(first), 4))
        slowest = np.zeros(len(first))
        if len(rows):
            for n, (least, one) in enumerate(((np.minimum, x), (np.minimum, y),
                                              (np.maximum, x), (np.maximum, y))):  # fmt: skip
                box[:, n] = least.reduceat(one, first)
            slowest = np.maximum(np.minimum.reduceat(self.speed[rows], first), MOVING)
        return _Pieces(
            rows, first, np.diff(np.append(first, len(rows))), self.thing[rows[first]],
            second[first], box, slowest,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    rows: Ints
    first: Ints  # of `rows`
    many: Ints
    thing: Ints
    second: Ints
    box: Doubles  # (n, 4) metres
    slowest: Doubles  # m/s


_FOOTPRINTS: Final = np.array([FOOTPRINTS[kind] for kind in Kind])


def _by_look(rows: Ints, look: Ints) -> Ints:
    return np.asarray(rows[np.argsort(look[rows], kind="stable")])


def enters_rows(
    along: tuple[Doubles, Doubles],
    aside: tuple[Doubles, Doubles],
    v_along: Doubles,
    v_aside: Doubles,
) -> Doubles:
    """(c,) `movers.enters`; nan where it does not."""
    start, end = np.zeros(len(v_along)), np.full(len(v_along), np.inf)
    never = np.zeros(len(v_along), np.bool_)
    for (at, half), v in ((along, v_along), (aside, v_aside)):
        still = np.abs(v) < 1e-9
        never |= (half <= 0) | (still & (np.abs(at) > half))
        moving = np.where(still, 1.0, v)
        one, two = (-half - at) / moving, (half - at) / moving
        low, high = np.where(two < one, two, one), np.where(two < one, one, two)
        start = np.where(~still & (low > start), low, start)
        end = np.where(~still & (high < end), high, end)
    return np.where(never | ~(start <= end), np.nan, start)


class Candidates:
    """Which things may be one of a pair, by when they are there and by their names: a mover's is
    the number it began with, which another may have borne before."""

    def __init__(
        self, columns: Columns, begins: Bools, known: Iterable[tuple[int, int]], hold: float
    ) -> None:
        self._columns, self._hold = columns, hold
        rows = np.flatnonzero(begins)
        self._name, self._bearer = columns.number[rows], columns.thing[rows]
        self._known = tuple(known)  # names of encounters before

    def ever(self, rows: Bools) -> Bools:
        """(n,) the rows of things that have any of these rows."""
        return np.asarray(self._things(rows)[self._columns.thing])

    def _things(self, rows: Bools) -> Bools:
        found = np.zeros(len(self._columns.begins), np.bool_)
        found[self._columns.thing[rows]] = True
        return found

    def things(self, weak: Bools, strong: Bools, inside: Bools) -> Bools:
        """(things,) who may be near another that is there at the same time."""
        columns = self._columns
        on_foot = self._things(weak) & self._things(inside)
        drive = self._things(strong)
        start = columns.time[columns.begins]
        end = columns.time[columns.ends - 1] + self._hold + 1.0
        found = on_foot & _together(start, end, drive)
        found |= drive & _together(start, end, on_foot)
        names = np.concatenate(
            [self._name[found[self._bearer]], np.array(self._known, np.int64).ravel()]
        )
        found[self._bearer[np.isin(self._name, names)]] = True
        return found

    def named_alike(self, pairs: Ints) -> Ints:
        """(p, 2) with all pairs of things that bear the names of these, or of one known before."""
        many = np.bincount(self._bearer, minlength=len(self._columns.begins))
        names, times = np.unique(self._name, return_counts=True)
        odd = np.isin(self._name, names[times > 1])
        if not self._known and not odd.any():
            return pairs
        bearers: dict[int, list[int]] = {}
        borne: dict[int, list[int]] = {}
        for name, thing in zip(self._name.tolist(), self._bearer.tolist(), strict=True):
            bearers.setdefault(name, []).append(thing)
            borne.setdefault(thing, []).append(name)
        strange = np.zeros(len(many), np.bool_)
        strange[self._bearer[odd]] = True
        found = set(map(tuple, pairs.tolist()))
        named = list(self._known)
        for a, b in pairs.tolist():
            if strange[a] or strange[b]:
                named += [(one, two) for one in borne[a] for two in borne[b]]
        for one, two in named:
            found |= {(a, b) for a in bearers.get(one, ()) for b in bearers.get(two, ()) if a != b}
        return np.array(sorted(found), np.int64).reshape(-1, 2)


def _together(start: Doubles, end: Doubles, others: Bools) -> Bools:
    """(things,) which are there when any of the others is."""
    begun = np.searchsorted(np.sort(start[others]), end, side="right")
    gone = np.searchsorted(np.sort(end[others]), start, side="left")
    return np.asarray(begun > gone)
