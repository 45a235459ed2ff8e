"""Where each tracked thing was: its sightings, and its box at any moment between them.

All sightings stand in one table, a row for each thing and a column for each look, so that whatever
is asked about a moment is answered for all things at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Bools, Floats, Ints, Tracks
from streetlamp.video.beyond import GHOST_SECONDS, Box, beyond, covering, speed
from streetlamp.video.parting import SELDOM
from streetlamp.video.shape import widened
from streetlamp.video.steady import STEADY_SECONDS, around, steadied
from streetlamp.video.track.associate import Doubles, iou

BACK_SECONDS: Final = 0.6  # how far a newly found person is hidden backwards
ONCE_LESS: Final = 0.05  # less, of a candidate that one single look saw
HELD_A_LOOK: Final = 0.1  # s longer, on both sides, for each look that found a track
SURE_SCORE: Final = 0.5  # a single sighting this sure is a track
LONG_GAP: Final = 0.6  # s without a sighting after which it may be somebody else
FOUND_SECONDS: Final = 0.4  # how far both are hidden then: more than from look to look
AS_FOUND: Final = 0.4  # overlap from which the detector's box is the track's

TOLD: Final = ("kind", "score", "age", "velocity", "posture", "colour", "upper", "lower")
SIGHTING: Final = np.dtype(
    [
        ("seen", np.bool_),  # False: this look did not see this thing, and the rest is zero
        ("sure", np.bool_),  # a track; False: a candidate
        ("steadied", np.bool_),  # `steady` is known
        ("time", np.float64),
        ("box", np.float32, 4),  # the tracker's
        ("core", np.float32, 4),  # the detector's
        ("steady", np.float32, 4),
        ("kind", np.int64),
        ("score", np.float32),
        ("age", np.float32),
        ("velocity", np.float32, 2),
        ("posture", np.int64),
        ("colour", np.int64),
        ("upper", np.int64),
        ("lower", np.int64),
    ],
    align=True,
)
_CELL: Final = np.dtype((np.void, SIGHTING.itemsize))  # NumPy moves it as one, not by its fields

Sightings = NDArray[np.void]  # of SIGHTING
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where things are at some moments: parallel arrays, one row a thing and a moment it may be
    there, the moments in turn. Boxes in pixels.
    """

    moment: Ints  # (n,) which of the moments, from 0
    id: Ints  # (n,)
    there: Bools  # (n,) it is in the picture; False: not there yet, or gone, and the rest is void
    box: Floats  # (n, 4) steadied; where nobody knows, the region it may be in
    height: Floats  # (n,) of itself, pixels
    told: Floats  # (n, 4) the tracker's
    core: Floats  # (n, 4) the detector's
    spread: Doubles  # (n,) how far to widen it, as a share of its width
    near: Sightings  # (n,) the nearest sighting before, or else after
    held: Bools  # (n,) it was seen on both sides, or at this very moment …
    start: Doubles  # (n,) … at this time …
    end: Doubles  # (n,) … and at this
    sure: Bools  # (n,) it was a track at least once, not only a candidate
    total: Ints  # (n,) sightings ever, also those already forgotten
    best_score: Floats  # (n,) the highest among the sightings remembered

    def __len__(self) -> int:
        return len(self.id)


def _nowhere() -> Places:
    ids, yes, boxes = np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros((0, 4), np.float32)
    numbers, near, scores = np.zeros(0), np.zeros(0, SIGHTING), np.zeros(0, np.float32)
    return Places(
        ids,
        ids,
        yes,
        boxes,
        scores,
        boxes,
        boxes,
        numbers,
        near,
        yes,
        numbers,
        numbers,
        yes,
        ids,
        scores,
    )


NOWHERE: Final = _nowhere()  # nothing is there


class Histories:
    """The sightings of all things of one camera, in order of time."""

    def __init__(self) -> None:
        self.clear()

    def __len__(self) -> int:
        return len(self._id)

    def clear(self) -> None:
        """Forgets everything."""
        self._row: dict[int, int] = {}
        self._id = np.zeros(0, np.int64)
        self._total = np.zeros(0, np.int64)
        self._sure = np.zeros(0, np.bool_)
        self._best = np.zeros(0, np.float32)
        self._times: list[float] = []  # of the looks, one a column in use
        self._cells = np.zeros((0, 0), _CELL)  # (things, looks), with room for more looks
        self._latest = float("-inf")  # when a look last saw anything
        self._stale = 0  # how many of the first looks `forget_before` has seen to
        self._speeds: dict[tuple[int, int, bool], tuple[float, float]] = {}  # of `_velocity`

    def add(self, time: float, tracks: Tracks, unsure: Tracks, found: Floats) -> None:
        """A look at `time`: its tracks, its candidates, and the boxes detected (m, 4)."""
        sure, faint = tracks.seen.nonzero()[0], unsure.seen.nonzero()[0]
        ids = np.concatenate([tracks.id.take(sure), unsure.id.take(faint)])
        if not (len(ids) or len(self)):
            return
        self._latest = time if len(ids) else self._latest
        self._speeds.clear()
        new = np.zeros(len(ids), SIGHTING)
        new["seen"] = True
        new["sure"][: len(sure)] = True
        new["time"] = time
        for name in ("box", *TOLD):
            one, two = getattr(tracks, name), getattr(unsure, name)
            both = [one.take(sure, axis=0), two.take(faint, axis=0)]
            np.concatenate(both, out=new[name])
        new["core"] = as_found(new["box"], found)
        rows = self._rows(ids)
        self._unsteady(rows)
        self._append(time)
        self._cells[rows, len(self._times) - 1] = new.view(_CELL)
        self._total[rows] += 1
        self._best[rows] = np.maximum(self._best[rows], new["score"])
        proven = (self._total[rows] > 1) | (new["score"] >= SURE_SCORE)
        self._sure[rows] |= new["sure"] & proven

    def forget_before(self, time: float) -> None:
        """Drops the sightings up to `time`, but for each thing's last one if there are later."""
        old = bisect_right(self._times, time)
        if old <= self._stale:
            return
        self._speeds.clear()
        seen = self._sightings["seen"]
        lasts = seen[:, old:].any(axis=1)
        if not lasts.all():
            self._keep(np.flatnonzero(lasts))
            seen = self._sightings["seen"]
        drop = seen[:, :old] & (np.arange(old) != _last(seen[:, :old])[:, None])
        self._cells[:, :old][drop] = np.zeros((), _CELL)
        self._best = self._sightings["score"].max(axis=1, initial=0.0)
        used = seen[:, :old].any(axis=0)
        unused = int(used.argmax()) if used.any() else old
        del self._times[:unused]
        self._cells = self._cells[:, unused:]
        self._stale = old - unused

    def at(self, time: float, hold_seconds: float, size: tuple[int, int]) -> Places:
        """Where things are at `time`: see `at_each`."""
        return self.at_each((time,), hold_seconds, size)

    def at_each(self, times: Sequence[float], hold_seconds: float, size: tuple[int, int]) -> Places:
        """Where things are at each of some rising times, in pictures of `size` (width, height).

        Who was lost is looked for during `hold_seconds`.
        """
        if times[0] - self._latest > hold_seconds:
            return NOWHERE
        time = np.array(times)
        moment, rows, near, far, lost = self._around(time, hold_seconds)
        if not len(rows):
            return NOWHERE
        self._steady(rows, near, far)
        a, b = self._at(rows, near), self._at(rows, far)
        start, end, now = a["time"], b["time"], time[moment]
        since, gap = now - start, end - start
        between = gap > 0.0
        share = (since / np.where(between, gap, np.inf)).astype(np.float32)[:, None]
        box, told, core = (
            a[name] + (b[name] - a[name]) * share for name in ("steady", "box", "core")
        )
        spread = np.minimum(0.6, 0.5 * np.maximum(0.0, np.minimum(since, end - now) - 0.1))
        height = box[:, 3] - box[:, 1]
        held = between | (since == 0.0)
        there = held.copy()
        lone = (~held).nonzero()[0]
        for row, found in zip(
            lone.tolist(), self._all_beyond(rows, near, a, since, lost, lone, size), strict=True
        ):
            if found is not None:
                there[row] = True
                box[row], spread[row] = found
                told[row] = core[row] = box[row]
        # After a long gap it may be somebody else: the one went on, the other came from elsewhere.
        apart = between & (gap > LONG_GAP)
        for lost_then, side, seen, dt in ((True, near, a, since), (False, far, b, now - end)):
            some = (apart & (np.abs(dt) <= FOUND_SECONDS)).nonzero()[0]
            which = np.full(len(dt), lost_then)
            for row, found in zip(
                some.tolist(),
                self._all_beyond(rows, side, seen, dt, which, some, size),
                strict=True,
            ):
                if found is not None:
                    wide = widened(np.array([found[0]], np.float32), np.array([found[1]]))
                    box[row] = covering(box[row].tolist(), wide[0].tolist())
        return Places(
            moment,
            self._id[rows],
            there,
            box,
            height,
            told,
            core,
            spread,
            a,
            held,
            start,
            end,
            self._sure[rows],
            self._total[rows],
            self._best[rows],
        )

    def _around(self, time: Doubles, hold_seconds: float) -> tuple[Rows, Rows, Rows, Rows, Bools]:
        """The things that may be there at times (t,): of each which time and which row it is, its
        columns near and far, and whether it is lost.

        Near and far are the sightings before and after; one and the same for a thing that is lost,
        or not found yet. (n,) each.
        """
        seen, times = self._sightings["seen"], np.array(self._times)
        index = np.searchsorted(times, time, "right")
        before, after = _sides(seen, index)
        was, will = before >= 0, after < len(times)
        now = time[:, None]
        since = now - times[before]
        # A candidate seen twice is two ghosts rather than one long one.
        gap = times[np.minimum(after, len(times) - 1)] - times[before]
        held, ghost = self._credit()
        between = was & will & (self._sure | (gap <= 2.0 * ghost))
        lost = was & ~between & ~(will & (since > ghost))
        near = np.where(between | lost, before, after)
        most = np.where(lost, hold_seconds, BACK_SECONDS)
        reach = np.minimum(most, GHOST_SECONDS + held * self._total)
        # Only who was lost again so soon was perhaps nobody; of all others more is still to come.
        known = bisect_left(self._times, self._times[-1]) if self._times else 0
        to_come = ~lost & seen[:, known:].any(axis=1)
        reach = np.where(to_come, most, reach)
        short = np.where(self._total > 1, ghost, ghost - ONCE_LESS)
        reach = np.where(self._sure, reach, short)
        there = between | (np.abs(now - times[near]) <= reach)
        there &= now - self._latest <= hold_seconds
        moment, rows = there.nonzero()
        far = np.where(between, after, near)
        return moment, rows, near[there], far[there], lost[there]

    def _credit(self) -> tuple[float, float]:
        """Seconds that a look speaks for a track, and a candidate is hidden: more if seldom."""
        gap = self._times[-1] - self._times[-2] if len(self._times) > 1 else 0.0
        if gap < SELDOM:
            return HELD_A_LOOK, GHOST_SECONDS
        return 0.5 * gap, min(GHOST_SECONDS + 0.05, max(GHOST_SECONDS, 0.6 * gap))

    def missed(self, start: Doubles, end: Doubles) -> Bools:
        """(n,) whether there was a look between two times (n,)."""
        times = np.array(self._times)
        return np.searchsorted(times, start, "right") < np.searchsorted(times, end, "left")

    @property
    def _sightings(self) -> Sightings:
        """(things, looks) the table; writing into a field of it writes into the table."""
        return self._cells[:, : len(self._times)].view(SIGHTING)

    def _at(self, rows: Rows, columns: Rows) -> Sightings:
        """(n,) a copy of these sightings."""
        return self._cells[rows, columns].view(SIGHTING)

    def _rows(self, ids: Ints) -> Rows:
        """(n,) the rows of these things; those not known yet get one."""
        fresh = [number for number in ids.tolist() if number not in self._row]
        if fresh:
            for number in fresh:
                self._row[number] = len(self._row)
            more = len(fresh)
            self._id = np.concatenate([self._id, np.array(fresh, np.int64)])
            self._total = np.concatenate([self._total, np.zeros(more, np.int64)])
            self._sure = np.concatenate([self._sure, np.zeros(more, np.bool_)])
            self._best = np.concatenate([self._best, np.zeros(more, np.float32)])
            blank = np.zeros((more, self._cells.shape[1]), _CELL)
            self._cells = np.concatenate([self._cells, blank])
        return np.array([self._row[number] for number in ids.tolist()], np.intp)

    def _append(self, time: float) -> None:
        """A column for a look at `time`."""
        used = len(self._times)
        if used == self._cells.shape[1]:
            room = np.zeros((len(self), max(16, used)), _CELL)
            self._cells = np.concatenate([self._cells, room], axis=1)
        self._times.append(time)

    def _keep(self, rows: Rows) -> None:
        """Drops all other things."""
        self._id, self._total = self._id[rows], self._total[rows]
        self._sure, self._best = self._sure[rows], self._best[rows]
        self._cells = self._cells[rows]
        self._row = {number: row for row, number in enumerate(self._id.tolist())}

    def _unsteady(self, rows: Rows) -> None:
        """These things are seen again, so what was not yet seen half a second later changes."""
        if self._times:
            table, times = self._sightings, np.array(self._times)
            last = times[_last(table["seen"][rows])]
            table["steadied"][rows] &= times + STEADY_SECONDS <= last[:, None]

    def _steady(self, rows: Rows, near: Rows, far: Rows) -> None:
        """Finds the steadied boxes of these things' sightings (n,) that have none yet."""
        table = self._sightings
        done = table["steadied"]
        if done[rows, near].all() and done[rows, far].all():
            return
        width = len(self._times)
        cells = np.concatenate([rows * width + near, rows * width + far])
        cells.sort()
        cells = cells[np.diff(cells, prepend=-1) > 0]  # each once
        rows, columns = np.divmod(cells, width)
        todo = ~done[rows, columns]
        rows, columns = rows[todo], columns[todo]
        times = np.array(self._times)
        at = times[columns]
        part = slice(
            bisect_left(self._times, float(at.min()) - STEADY_SECONDS - 1e-6),
            bisect_right(self._times, float(at.max()) + STEADY_SECONDS),
        )
        others = around(times[part], at) & table["seen"][rows, part]
        own = table["box"][rows, columns]
        box = steadied(own, table["box"][rows, part], times[part] - at[:, None], others)
        table["steady"][rows, columns] = box
        table["steadied"][rows, columns] = True

    def _all_beyond(
        self,
        rows: Rows,
        columns: Rows,
        near: Sightings,
        dt: Doubles,
        lost: Bools,
        which: Rows,
        size: tuple[int, int],
    ) -> list[tuple[Box, float] | None]:
        """The regions of those of things (n,) that are seen on one side only, and their spreads.

        which (k,): those. None: it is gone. near (n,): their sightings, in columns (n,), `dt` (n,)
        seconds ago of those that are lost, or else after so many, negative.
        """
        if not len(which):
            return []
        seen = near[which]
        return [
            beyond(steady, own, core, self._velocity(row, column, before=gone), ago, gone, size)
            for steady, own, core, row, column, ago, gone in zip(
                *(seen[name].tolist() for name in ("steady", "box", "core")),
                *(values[which].tolist() for values in (rows, columns, dt, lost)),
                strict=True,
            )
        ]

    def _velocity(self, row: int, column: int, *, before: bool) -> tuple[float, float]:
        """`speed` of the thing in a row at its sighting in a column, kept until the next look."""
        asked = row, column, before
        known = self._speeds.get(asked)
        if known is None:
            known = speed(self._sightings[row], self._times, column, before=before)
            self._speeds[asked] = known
        return known


def _last(seen: Bools) -> Rows:
    """(n,) of each row of (n, m) the last column that is true; -1: none is."""
    return np.asarray((seen * np.arange(1, seen.shape[1] + 1)).max(axis=1, initial=0) - 1)


def _sides(seen: Bools, index: Rows) -> tuple[Rows, Rows]:
    """(t, n) each: of each row of `seen` (n, m) the last column that is true before each of `index`
    (t,), or -1, and the first that is true from there on, or m.
    """
    m = seen.shape[1]
    column = np.arange(m)
    last = np.maximum.accumulate(np.where(seen, column, -1), axis=1)
    first = np.minimum.accumulate(np.where(seen, column, m)[:, ::-1], axis=1)[:, ::-1]
    before = np.where(index > 0, last[:, index - 1], -1)
    after = np.where(index < m, first[:, np.minimum(index, m - 1)], m)
    return before.T, after.T


def as_found(box: Floats, found: Floats) -> Floats:
    """(n, 4) the detector's own boxes of the tracks' (n, 4), which follow them smoothly and so lag.

    found (m, 4): what it detected.
    """
    if not len(found):
        return box
    likeness = iou(box, found)
    best = likeness.argmax(axis=1)
    same = likeness.max(axis=1) >= AS_FOUND
    return np.where(same[:, None], found[best], box)
