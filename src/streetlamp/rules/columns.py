"""Many looks as columns: what a rule sees of a stretch of time, thing by thing.

`Rule.step` takes one look and copies what is known of each thing; over a week that is the whole
cost. Here the same numbers stand in arrays, worked out for all rows at once and to the same bit:
sums are added in the same order, exponentials are those of `math`. ``tests/rules/test_scan.py``
holds that a rule says the same either way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.rules.memory import PACE_SECONDS, RECENT_SECONDS, TALL_SECONDS, Box, Look
from streetlamp.values import Bools, Kind

if TYPE_CHECKING:
    from streetlamp.rules.base import Rule

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]

SURE: Final = 1e-6  # a mean of numbers all so far above a bound is above it, however rounded
TALLEST: Final = 1.0 - SURE


@dataclass(eq=False)
class Columns:
    """A stretch of looks at pictures of one size, at the start of which nothing is known.

    Rows (n) stand thing by thing, each thing's in the order they were seen; looks (k) in time,
    always rising. A thing is what `memory.follow` takes for one, under whatever numbers.
    """

    camera: str
    size: tuple[int, int]  # width, height, pixels
    now: Doubles  # (k,) POSIX seconds
    frame: Ints  # (k,)
    look: Ints  # (n,)
    start: Bools  # (n,) the first row of a thing
    number: Ints  # (n,) the tracker's
    kind: NDArray[np.uint8]  # (n,) as found in this look
    score: Doubles  # (n,) 0–1
    posture: NDArray[np.uint8]  # (n,)
    box: Doubles  # (n, 4) fractions of the picture
    first: Ints  # (k + 1,) where each look's rows begin in `row`
    row: Ints  # (n,) rows look by look, in the order a rule sees them

    def seen(self, look: int) -> list[int]:
        """The rows of a look, in the order a rule sees them."""
        rows: list[int] = self.row[self.first[look] : self.first[look + 1]].tolist()
        return rows

    def at(self, look: int) -> Look:
        """One of the looks, without what was seen in it."""
        return Look(self.camera, float(self.now[look]), int(self.frame[look]), self.size, ())

    @cached_property
    def time(self) -> Doubles:
        """(n,) when each row was seen."""
        return self.now[self.look]

    @cached_property
    def passed(self) -> Doubles:
        """(n,) seconds since the thing's row before; 0 for its first."""
        passed = np.diff(self.time, prepend=0.0)
        passed[self.start] = 0.0
        return passed

    @cached_property
    def begins(self) -> Ints:
        """(things,) the first row of each."""
        return np.flatnonzero(self.start)

    @cached_property
    def ends(self) -> Ints:
        """(things,) one behind the last row of each."""
        if not len(self.begins):
            return self.begins
        return np.append(self.begins[1:], len(self.look))

    @cached_property
    def thing(self) -> Ints:
        """(n,) 0, 1, …"""
        return np.cumsum(self.start) - 1

    @cached_property
    def looks(self) -> Ints:
        """(n,) how often the thing was seen, this row included."""
        return ranks(self.start) + 1

    @cached_property
    def height(self) -> Doubles:
        """(n,) of the box, fraction of the picture."""
        return self.box[:, 3] - self.box[:, 1]

    @cached_property
    def tall(self) -> Doubles:
        """(n,) the same in pixels, as `Look.scale` has it."""
        return self.height * self.size[1]

    @cached_property
    def extent(self) -> Doubles:
        """(n,) as `Look.extent` has it."""
        wide = (self.box[:, 2] - self.box[:, 0]) * self.size[0]
        return np.asarray(np.sqrt(np.maximum(wide * self.tall, 1.0)))

    @cached_property
    def feet(self) -> Doubles:
        """(n, 2) the middle of the lower edge, fractions."""
        return np.stack([(self.box[:, 0] + self.box[:, 2]) / 2, self.box[:, 3]], axis=1)

    @cached_property
    def centres(self) -> Doubles:
        """(n, 2) fractions."""
        return (self.box[:, :2] + self.box[:, 2:]) / 2

    def fractions(self, row: int) -> Box:
        """A row's box."""
        x1, y1, x2, y2 = self.box[row].tolist()
        return x1, y1, x2, y2

    def pixels(self, row: int) -> Box:
        """A row's box."""
        (x1, y1, x2, y2), (width, height) = self.fractions(row), self.size
        return x1 * width, y1 * height, x2 * width, y2 * height

    @cached_property
    def voted(self) -> NDArray[np.uint8]:
        """(n,) what each thing is by all its looks so far (`Sighting.kind`)."""
        if not len(self.begins):
            return self.kind
        low = np.minimum.reduceat(self.kind, self.begins)
        high = np.maximum.reduceat(self.kind, self.begins)
        voted = self.kind.copy()
        for a, b in self._spans(low != high):
            votes = np.zeros((len(Kind), b - a))
            votes[self.kind[a:b], np.arange(b - a)] = np.maximum(self.score[a:b], 1e-6)
            voted[a:b] = np.add.accumulate(votes, axis=1).argmax(axis=0)
        return voted

    def mean_score(self, least: float) -> Bools:
        """(n,) whether the mean of a thing's scores so far is at least this."""
        found = np.ones(len(self.look), np.bool_)
        for a, b in self._spans(self._lowest(self.score) < least + SURE):
            found[a:b] = np.add.accumulate(self.score[a:b]) / np.arange(1, b - a + 1) >= least
        return found

    def recent_score(self, least: float, asked: Bools) -> Bools:
        """(n,) whether the score of the last looks (`Sighting.recent`) is at least this, in rows
        that are asked for."""
        found = np.ones(len(self.look), np.bool_)
        some = np.zeros(len(self.begins), np.bool_)
        some[self.thing[asked]] = True
        for a, b in self._spans(some & (self._lowest(self.score) < least + SURE)):
            found[a:b] = self._smooth(self.score, a, b, RECENT_SECONDS) >= least
        return found

    def height_within(self, least: float, most: float) -> Bools:
        """(n,) whether the smoothed height (`Sighting.height`) lies between these."""
        found = np.ones(len(self.look), np.bool_)
        if not len(self.begins):
            return found
        odd = self._lowest(self.height) < least + (SURE if least else 0.0)
        highest = np.maximum.reduceat(self.height, self.begins)
        odd |= highest > (TALLEST if most >= 1.0 else most - SURE)
        for a, b in self._spans(odd):
            smooth = self._smooth(self.height, a, b, TALL_SECONDS)
            found[a:b] = (least <= smooth) & (smooth <= most)
        return found

    def paces(self, thing: int) -> list[tuple[float, float]]:
        """`Sighting.pace` at each row of one thing: worked out one by one, so ask for few."""
        rows = slice(int(self.begins[thing]), int(self.ends[thing]))
        places, passed = self.centres[rows].tolist(), self.passed[rows].tolist()
        vx = vy = 0.0
        made = [(vx, vy)]
        for (was_x, was_y), (x, y), step in zip(places, places[1:], passed[1:], strict=False):
            share = 1.0 - math.exp(-step / PACE_SECONDS)
            vx += share * ((x - was_x) / step - vx)
            vy += share * ((y - was_y) / step - vy)
            made.append((vx, vy))
        return made

    def _lowest(self, column: Doubles) -> Doubles:
        """(things,) the least of each thing's."""
        return np.asarray(np.minimum.reduceat(column, self.begins) if len(column) else column)

    def _spans(self, wanted: Bools) -> Iterator[tuple[int, int]]:
        """First row and one behind the last of some things."""
        yield from zip(self.begins[wanted].tolist(), self.ends[wanted].tolist(), strict=True)

    def _smooth(self, column: Doubles, a: int, b: int, seconds: float) -> Doubles:
        """A column of one thing's, smoothed with this time constant as `memory` does."""
        values: list[float] = column[a:b].tolist()
        smooth = values[0]
        made = [smooth]
        faded = map(math.exp, (-self.passed[a + 1 : b] / seconds).tolist())
        for share, value in zip(faded, values[1:], strict=True):
            smooth += (1.0 - share) * (value - smooth)
            made.append(smooth)
        return np.array(made)


def lasting(columns: Columns, rows: Ints, seconds: float) -> Ints:
    """(m,) the look before which each of these rows no longer speaks for its thing: because it was
    seen again, or was lost for longer than this."""
    following = np.append(columns.look[1:], len(columns.now))
    following[columns.ends - 1] = len(columns.now)
    now, time = columns.now, columns.time[rows]
    stop = np.searchsorted(now, time + seconds, side="right")
    stop -= now[stop - 1] - time > seconds  # where the sum was rounded up …
    more = np.minimum(stop, len(now) - 1)
    stop += (stop < len(now)) & (now[more] - time <= seconds)  # … or down
    return np.asarray(np.minimum(following[rows], stop))


def shown(columns: Columns, look: int, seconds: float, until: Mapping[int, int]) -> list[int]:
    """The rows that still speak for their things at a look: ``until`` from `lasting`, by row."""
    first = int(np.searchsorted(columns.now, columns.now[look] - seconds - 1.0))
    near = columns.row[columns.first[first] : columns.first[look + 1]].tolist()
    return [row for row in near if until.get(row, 0) > look]


def ranks(start: Bools) -> Ints:
    """(n,) how many rows lie between each and the last start at or before it."""
    at = np.arange(len(start))
    return at - np.maximum.accumulate(np.where(start, at, 0))


def latest(decided: Bools) -> Ints:
    """(n,) the last row at or before each that is decided; the first row is."""
    return np.asarray(np.maximum.accumulate(np.where(decided, np.arange(len(decided)), 0)))


def swings(on: Bools, off: Bools, start: Bools) -> Bools:
    """(n,) what was switched on, and not off since: ``on`` and ``off`` never both in a row.

    At a start it is off, unless it is switched on there.
    """
    return np.asarray(on[latest(on | off | start)])


def most_of(column: Doubles, last: Ints, many: Ints) -> Doubles:
    """(m,) the largest of so many values of a column up to ``last``; at least one."""
    found = np.empty(len(last))
    level, wide = column, 1  # at each place: the largest of so many
    while len(last):
        some = np.flatnonzero((many >= wide) & (many < 2 * wide))
        ends = last[some]
        found[some] = np.maximum(level[ends], level[ends - many[some] + wide])
        if 2 * wide > many.max():
            break
        following = level.copy()
        following[wide:] = np.maximum(level[wide:], level[:-wide])
        level, wide = following, 2 * wide
    return found


def stretches_of(columns: Columns, rows: Ints) -> Bools:
    """(m,) at which of some rows a stretch begins: the row before is not among them, or is another
    thing's."""
    begins = np.diff(rows, prepend=-2) != 1
    return np.asarray(begins | columns.start[rows])


def spans(begins: Bools) -> Iterator[tuple[int, int]]:
    """First and one behind the last of what begins so; the first does."""
    firsts = np.flatnonzero(begins).tolist()
    yield from pairwise([*firsts, len(begins)])


def evident(rule: Rule[Any, Any], columns: Columns) -> Bools:
    """(n,) `Rule.evident` of all rows."""
    asked = rule.options
    return np.asarray(
        (columns.looks >= asked.min_looks)
        & columns.mean_score(asked.min_score)
        & columns.height_within(asked.min_height, asked.max_height)
    )


def sure(rule: Rule[Any, Any], columns: Columns) -> Bools:
    """(n,) `Rule.sure` of all rows."""
    return np.asarray(evident(rule, columns) & np.isin(columns.voted, rule.options.classes))


def still_sure(rule: Rule[Any, Any], columns: Columns, asked: Bools) -> Bools:
    """(n,) the rows of those asked for that are `ZoneRule.still_sure`."""
    asked = asked & sure(rule, columns)
    return np.asarray(asked & columns.recent_score(rule.options.min_score, asked))


def watching(rule: Rule[Any, Any], columns: Columns) -> Bools:
    """(k,) `Rule.watching` at all looks: the hours are asked by the minute, as they are written."""
    asked = rule.options
    now = columns.now
    if not asked.schedule and not asked.armed_in and asked.on_holidays != "never":
        return np.ones(len(now), np.bool_)
    if asked.armed_in:
        return np.array([rule.watching(one) for one in now.tolist()], np.bool_)
    minutes, which = np.unique(np.floor(now / 60.0), return_inverse=True)
    edges = [(rule.watching(one * 60.0), rule.watching(one * 60.0 + 59.999)) for one in minutes]
    covered = np.array([begin for begin, _ in edges], np.bool_)[which]
    for at in np.flatnonzero(np.array([a != b for a, b in edges])[which]).tolist():
        covered[at] = rule.watching(float(now[at]))
    return covered
