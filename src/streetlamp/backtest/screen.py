"""Which looks a rule that does not scan must be shown: where it cannot speak, nothing is run.

A rule in Python takes some tenths of a millisecond for a look, and a week has millions. So before
it runs, NumPy asks of all things at once whether they come near its place, and whether they stay
for long enough. What is asked is always less than what the rule asks, so nothing it would say is
lost; a rule this file does not know is shown everything.

While the same things stay in a zone, or beside it, a rule that only asks for how long is shown a
look a second instead of five: what it measures may then differ by a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.backtest.follow import Followed
from streetlamp.backtest.looks import SCALE
from streetlamp.geometry import Distances, Line, Zone
from streetlamp.rules.base import Rule
from streetlamp.rules.zone import WHOLE
from streetlamp.values import Kind

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

STAYS: Final = frozenset({"danger_zone"})
"""Rules by which one thing must be in the zone for `min_seconds`."""

GATHERS: Final = frozenset({"occupancy", "queue"})
"""Rules that say nothing while nothing is near their place."""

THINS: Final = frozenset({"danger_zone", "occupancy", "queue"})
"""Rules for which it is enough to be shown a look a second while nobody comes or goes."""

LEAD: Final = 3.0  # seconds shown before something comes near
TAIL: Final = 1.0  # … and after; then until the rule has nothing more in mind
SPARSE: Final = 10.0  # seconds between the looks shown while nothing is there at all
SHARE: Final = 0.5  # of `min_seconds` that a thing must stay: it may have been lost in between
EDGE: Final = 5.0  # seconds: who is near when a piece of the index begins or ends is always shown
ASKED: Final = 300  # looks after a stretch in which the rule may still have something in mind
DENSE: Final = 1.2  # seconds around somebody's coming or going in which every look is shown
MARGIN: Final = 0.35  # of a thing's size outside a zone that is near
_PIECE: Final = 100_000  # rows judged at once


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Which looks are shown, as stretches [start, stop), and which rows of them."""

    stretches: tuple[tuple[int, int], ...]
    rows: Ints
    shown: Bools | None  # (k,) which looks of the stretches; None: all
    place: Zone | Line  # the rule's own, with what is known of it
    sparse: bool  # the rule may say something while nothing is there


class Reckoned(Zone):
    """A zone whose distances to some points are known, because they were worked out together."""

    known: Mapping[tuple[float, float], float]

    def distance(self, points: Any, size: tuple[int, int]) -> Distances:
        try:
            return np.array([self.known[x, y] for x, y in np.asarray(points).tolist()])
        except KeyError:
            return super().distance(points, size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Zone) and (self.name, self.points) == (other.name, other.points)

    __hash__ = Zone.__hash__


def plan(rule: Rule[Any, Any], part: Followed) -> Plan:
    """What a rule must be shown of a part of the index."""
    heard = np.isin(part.looks.kind == Kind.PERSON, list(rule.families))
    spots = _Spots(rule, part, heard)
    known = rule.kind in STAYS | GATHERS and not getattr(rule.options, "least", 0)
    if not known:
        everything = _stretches(part, part.look[heard], LEAD + TAIL)
        rows = np.flatnonzero(heard)
        return Plan(everything, rows, None, spots.reckoned(rows), True)
    near, number = spots.near & _watched(rule, part)[part.look], part.number
    count = int(number.max(initial=-1)) + 1
    comes = np.zeros(count, np.bool_)
    comes[number[near]] = True
    together = getattr(rule.options, "ignore_riders", False)
    rows = np.flatnonzero(heard if together else heard & comes[number])
    shown = _coming_and_going(part, near, spots.inside) if rule.kind in THINS else None
    if rule.kind in STAYS:
        near &= _stays(part, near, getattr(rule.options, "min_seconds", 0.0), count)[number]
    stretches = _stretches(part, part.look[near], LEAD + TAIL)
    asked = np.zeros(len(part.looks) + 1, np.int64)  # for what it will ask, not for all there is
    for start, stop in stretches:
        asked[max(0, start)] += 1
        asked[min(len(asked) - 1, stop + ASKED)] -= 1
    some = rows[np.cumsum(asked)[part.look[rows]] > 0]
    return Plan(stretches, rows, shown, spots.reckoned(some), False)


def _watched(rule: Rule[Any, Any], part: Followed) -> Bools:
    """(k,) which looks the rule's schedule covers, or nearly: by the minute."""
    minute = part.looks.time // 60_000_000
    if not rule.options.schedule:
        return np.ones(len(minute), np.bool_)
    which, where = np.unique(minute, return_inverse=True)
    edges = {int(one) + n for one in which for n in (-1, 0, 1, 2)}
    covers = {one: rule.watching(one * 60.0) for one in edges}
    return np.array([any(covers[int(one) + n] for n in (-1, 0, 1, 2)) for one in which])[where]


def _stays(part: Followed, near: Bools, least: float, count: int) -> Bools:
    """Which things are near for long enough, all in all."""
    seconds = part.seconds
    time, number = seconds[part.look[near]], part.number[near]
    first, last = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(first, number, time)
    np.maximum.at(last, number, time)
    long = last - first >= SHARE * least - 0.2
    edge = (first <= seconds[0] + EDGE) | (last >= seconds[-1] - EDGE)
    return np.asarray(long | (edge & np.isfinite(first)))


def _coming_and_going(part: Followed, near: Bools, inside: Bools) -> Bools:
    """(k,) the looks around which something near comes, goes, or passes the zone's border; and one
    a second."""
    seconds = part.seconds
    rows = np.flatnonzero(near)
    rows = rows[np.argsort(part.number[rows], kind="stable")]
    number, look = part.number[rows], part.look[rows]
    new = np.ones(len(rows) + 1, np.bool_)
    new[1:-1] = (np.diff(number) != 0) | (np.diff(seconds[look]) > DENSE)
    turns = np.zeros(len(rows), np.bool_)
    turns[1:] = inside[rows[1:]] != inside[rows[:-1]]
    change = np.unique(look[new[:-1] | new[1:] | turns])
    step = np.zeros(len(seconds) + 1, np.int64)
    np.add.at(step, np.searchsorted(seconds, seconds[change] - DENSE), 1)
    np.add.at(step, np.searchsorted(seconds, seconds[change] + DENSE, side="right"), -1)
    dense = np.cumsum(step[:-1]) > 0
    return np.asarray(dense | (np.diff(np.floor(seconds), prepend=-1.0) != 0) | part.looks.fresh)


def _stretches(part: Followed, looks: Ints, apart: float) -> tuple[tuple[int, int], ...]:
    """Looks with something to show, and some around them, as few stretches; and all that begin
    anew."""
    seconds = part.seconds
    starts: list[int] = np.flatnonzero(part.looks.fresh).tolist()
    found = [(at, at + 1) for at in starts]
    if len(looks):
        hit = np.unique(looks)
        time = seconds[hit]
        cut = np.flatnonzero(np.diff(time) > apart)
        begins = np.searchsorted(seconds, time[np.r_[0, cut + 1]] - LEAD)
        ends = np.searchsorted(seconds, time[np.r_[cut, len(hit) - 1]] + TAIL, side="right")
        found += zip(begins.tolist(), ends.tolist(), strict=True)
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(found):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return tuple(merged)


class _Spots:
    """Where all things a rule hears of stand, against its place."""

    def __init__(self, rule: Rule[Any, Any], part: Followed, heard: Bools) -> None:
        self._rule, self._part, self._heard = rule, part, heard
        self.near = np.zeros(len(heard), np.bool_)
        self.inside = np.zeros(len(heard), np.bool_)
        self._gap = np.full(len(heard), np.nan)
        self._whole = isinstance(rule.place, Zone) and rule.place.points == WHOLE
        every = np.flatnonzero(heard)
        for start in range(0, len(every), _PIECE):
            self._place(every[start : start + _PIECE])

    def reckoned(self, rows: Ints) -> Zone | Line:
        """The rule's place, with the distances of these rows."""
        place = self._rule.place
        if not isinstance(place, Zone):
            return place
        points = map(tuple, self._points(rows)[0].tolist())
        made = Reckoned(place.name, place.points)
        known = dict(zip(points, self._gap[rows].tolist(), strict=True))
        object.__setattr__(made, "known", known)
        return made

    def _points(self, rows: Ints) -> tuple[Distances, Distances]:
        """Where these rows stand, and their boxes as fractions."""
        box = self._part.looks.box[rows].astype(np.float64) / SCALE
        centre = getattr(self._rule, "stands_by", "foot") == "centre"
        centre = centre or getattr(self._rule.options, "point", "foot") == "centre"
        y = (box[:, 1] + box[:, 3]) / 2 if centre else box[:, 3]
        return np.stack([(box[:, 0] + box[:, 2]) / 2, y], axis=1) * self._part.looks.size, box

    def _place(self, rows: Ints) -> None:
        size, place = self._part.looks.size, self._rule.place
        points, box = self._points(rows)
        height = (box[:, 3] - box[:, 1]) * size[1]
        if isinstance(place, Line):
            return  # no rule that is known here asks for one
        if self._whole:
            self.near[rows] = self.inside[rows] = True
            self._gap[rows] = np.inf
            return
        assert isinstance(place, Zone)
        margin = np.maximum(MARGIN, getattr(self._rule.options, "reach", 0.0) + 0.1) * height + 4.0
        corners = np.array(place.points) * size
        low, high = corners.min(axis=0), corners.max(axis=0)
        some = (points >= low - margin[:, None]).all(axis=1)
        some &= (points <= high + margin[:, None]).all(axis=1)
        within = rows[some]
        gaps = place.distance(points[some], size)
        self.inside[within] = gaps >= 0
        self.near[within] = gaps >= -margin[some]
        self._gap[within] = gaps
        far = points[~some]
        self._gap[rows[~some]] = -np.hypot(*(far - np.clip(far, low, high)).T)  # at least so far
