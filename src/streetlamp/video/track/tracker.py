"""Which box is which: one tracker per camera.

Looks come at irregular times (0.05–0.5 s apart). A track starts at the first fair box, because a
person missed is worse than a false track; it is carried while it is not found, because a person
does not vanish. Ids are random numbers of this camera and mean nothing elsewhere (CHARTER 5). No
appearance is looked at: boxes, times, classes and scores are all there is. See
``design/tracking.md`` for the method and its measurements.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.geometry import overlap
from streetlamp.values import Bools, Floats, Ints, Kind, Tracks
from streetlamp.video.raw import Detections
from streetlamp.video.track.associate import (
    GROUP,
    Doubles,
    Indices,
    Pair,
    area_likeness,
    assign,
    best_pairs,
    height,
    height_likeness,
    inside,
    iou,
    likeness,
    wide_iou,
)
from streetlamp.video.track.book import Book, kinds
from streetlamp.video.track.flow import flow
from streetlamp.video.track.options import TrackOptions

_LEAST_FIRST: Final = 0.2  # likeness of a strong box and a track, first association
_GOOD: Final = 1.0  # share of `sure_score` from which a box goes first
_LEAST_SECOND: Final = 0.4  # of a weak box and a track that is left over
_LEAST_WIDE: Final = 0.1  # of what is still left over, boxes widened by what is not known
_SOME: Final = 0.6  # share of `sure_score` of a box that may be a person who fell over
_LEAST_FALL: Final = 0.3  # of a fair box and a track left over, whatever their heights
_LEAST_OTHER_KIND: Final = 0.6  # across groups of classes: the boxes must all but coincide
_SAME_THING: Final = 0.6  # overlap (IoU) at which two boxes of one group are one thing
_VOTE_FADES: Final = 4.0  # s: how long a class vote counts
_WALKED: Final = 0.6  # sizes: how far a candidate must have come to be a track
_WALKED_LOOKS: Final = 4  # looks in which it must have been found on the way
_ORIGIN_FOLLOWS: Final = 4.0  # s over which where it was is forgotten
_PROVEN_TRUST: Final = 1.2  # share of `sure_score` of a mean that proves a track
_PROVEN_COUNTS: Final = 30.0  # s for which having walked or scored well speaks for a track
_SETTLED: Final = 12  # looks after which a candidate has as good a claim to its boxes as a track
_WALKED_TRUST: Final = 0.7  # share of `sure_score` that its mean score must reach
_TRUST_FADES: Final = 1.0  # s over which the mean score is taken
_STAYS: Final = 0.9  # share of `sure_score` below which its mean makes a track a candidate again
_PROVEN_STAYS: Final = 0.3  # the same for one that is proven
_STILL: Final = 0.15  # sizes a second: slower than this is standing still
_LONGEST_GAP: Final = 5.0  # s between looks after which nothing can be joined
_NOBODY: Final = np.zeros(0, np.bool_)
_ID_LIMIT: Final = 2**31 - 1  # ids fit every language's and database's plain integer


@dataclass(frozen=True, slots=True, eq=False)
class TrackUpdate:
    """The outcome of one look."""

    tracks: Tracks  # those found now, and those lost but held (seen=False, predicted box)
    unsure: Tracks  # candidates: to be hidden, not to be shown or counted; an id that becomes
    # sure moves to `tracks` and stays there
    started: tuple[int, ...]  # ids that are new in `tracks` in this look
    ended: tuple[int, ...]  # ids of `tracks` that were given up in this look
    confirmed: Bools  # (n,) found in at least two looks, one row a track of `tracks`


class Tracker:
    """Joins the boxes of one camera's looks into tracks.

    >>> tracker = Tracker("gate", TrackOptions(), seed=1)
    >>> seen = Detections([[10, 10, 30, 60]], [0], [0.9])
    >>> first = tracker.update(seen, time=0.0, frame=1, size=(640, 360))
    >>> second = tracker.update(seen, time=0.2, frame=3, size=(640, 360))
    >>> first.tracks.id == second.tracks.id, second.confirmed, second.started
    (array([ True]), array([ True]), ())
    """

    def __init__(self, camera: str, options: TrackOptions, seed: int | None = None) -> None:
        """``seed`` makes the ids repeatable, for tests; without one they are truly random."""
        self._camera = camera
        self._options = options
        self._random = random.SystemRandom() if seed is None else random.Random(seed)
        self._size = (0, 0)
        self.reset()

    def reset(self) -> None:
        """Forgets all tracks: the next look starts with new ids."""
        self._book = Book.empty()
        self._shown: list[int] = []  # ids of the tracks told of last
        self._time: float | None = None

    def update(
        self, detections: Detections, time: float, frame: int, size: tuple[int, int]
    ) -> TrackUpdate:
        """Takes in one look at ``time`` (POSIX seconds) at picture ``frame`` of ``size`` pixels.

        After a jump of time (backwards, or over five seconds) or a change of size all tracks end.
        Raises ValueError if ``time`` is not finite.
        """
        if not math.isfinite(time):
            raise ValueError("a look needs a finite time")
        ended: list[int] = []
        if self._jumped(time, size):
            ended = self._shown
            self.reset()
        book, before = self._book, self._shown
        dt = 0.0 if self._time is None else time - self._time
        if dt > 0:
            book.filter.predict(dt, book.last < (self._time or 0.0))
            book.votes *= math.exp(-dt / _VOTE_FADES)
            origin = book.origin
            way = book.filter.position[:, :2] - origin
            origin += (1 - math.exp(-dt / _ORIGIN_FOLLOWS)) * way
        self._time, self._size = time, size
        if not len(detections) and not len(book.id):  # as with a sleeping camera nearly always
            self._shown = []
            nothing = Tracks.make(self._camera, time, frame, size)
            return TrackUpdate(nothing, nothing, (), tuple(ended + before), _NOBODY)

        found = _Found.of(detections, self._options.low_score)
        rows, columns = self._pair(found)
        if len(rows):
            score = found.score[columns]
            book.filter.correct(rows, found.box[columns], score)
            book.votes[rows] += found.votes[columns]
            book.kind = kinds(book.votes)
            book.found_again(rows, score, time, _TRUST_FADES)

        fresh = self._start(found, columns, time)
        kept = self._kept(time)
        if not kept.all():
            book = book.take(kept.nonzero()[0])
        if fresh is not None:
            book = book.join(fresh)
        self._book = book
        book.sure = self._sure(time)
        tracks, unsure, confirmed = self._tracks(time, frame, size)
        self._shown = now = tracks.id.tolist()
        ended = ended + [i for i in before if i not in now]
        started = tuple(i for i in now if i not in before)
        return TrackUpdate(tracks, unsure, started, tuple(ended), confirmed)

    def _sure(self, time: float) -> Bools:
        """(n,) which are tracks: by a good score, a fair mean, or having gone their own way.

        A traffic cone scores as a weak person again and again, and now and then well: its mean
        takes it back. It stays a candidate, and hidden.
        """
        book, sure_score = self._book, self._options.sure_score
        position = book.filter.position
        way = position[:, :2] - book.origin
        way *= way
        side = np.maximum(position[:, 2:], 1)
        far = way[:, 0] + way[:, 1] > _WALKED * _WALKED * (side[:, 0] * side[:, 1])
        far &= book.found >= _WALKED_LOOKS
        walked = far & (book.trust >= _WALKED_TRUST * sure_score)
        book.proven[walked | (book.trust >= _PROVEN_TRUST * sure_score)] = time
        proven = time - book.proven < _PROVEN_COUNTS
        least = np.where(proven, _PROVEN_STAYS, _STAYS) * sure_score
        stays = (book.sure | walked) & (book.trust >= least)
        return np.asarray((book.score >= np.float32(sure_score)) | stays)

    def _jumped(self, time: float, size: tuple[int, int]) -> bool:
        if self._time is None:
            return False
        return size != self._size or not 0 <= time - self._time <= _LONGEST_GAP

    def _pair(self, found: _Found) -> tuple[Indices, Indices]:
        """Rows of the book and rows of what was found that are the same thing."""
        if not len(self._book.id) or not len(found.score):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        chosen = np.array(_Pairing(self._book, found, self._options).pairs(), np.int64).reshape(
            -1, 2
        )
        return chosen[:, 0], chosen[:, 1]

    def _start(self, found: _Found, used: Indices, time: float) -> Book | None:
        """New tracks from the boxes nobody claimed and nothing explains; None if there are none."""
        free = found.score >= self._options.start_score
        free[used] = False
        rows = free.nonzero()[0]
        if len(rows):
            rows = rows[~_parts(found, rows)]
        if not len(rows):
            return None
        ids = np.array([self._new_id() for _ in range(len(rows))], np.int64)
        made = Book.start(ids, found.box[rows], found.votes[rows], found.score[rows], time)
        made.filter.velocity[:, :2] = flow(self._book, found.box[rows], made.kind)
        return made

    def _kept(self, time: float) -> Bools:
        """(n,) which tracks stay: found now, or lost not too long ago and still in the picture."""
        book, options = self._book, self._options
        kept = book.last >= time
        lost = (~kept).nonzero()[0]
        if not len(lost):
            return kept
        state = book.filter.state[:2, lost]
        position, velocity = state[0], state[1, :, :2]
        velocity *= velocity
        area = np.maximum(position[:, 2] * position[:, 3], 1)
        still = velocity[:, 0] + velocity[:, 1] < _STILL * _STILL * area
        hold = np.where(still, options.hold_still_seconds, options.hold_seconds)
        hold[book.found[lost] < 2] = options.hold_unsure_seconds
        there = ((position[:, :2] >= 0) & (position[:, :2] < self._size)).all(axis=1)
        there &= time - book.last[lost] <= hold
        held = lost[there]
        kept[held] = ~self._doubled(held, kept.nonzero()[0])
        return kept

    def _doubled(self, lost: Indices, seen: Indices) -> Bools:
        """(n,) those of ``lost`` (n,) whose place one of ``seen`` (m,) has taken, started since."""
        doubled = np.zeros(len(lost), np.bool_)
        if not len(lost) or not len(seen):
            return doubled
        book, box = self._book, self._book.filter.box()
        rows, others = (iou(box[lost], box[seen]) > _SAME_THING).nonzero()
        if len(rows):
            mine, its = lost[rows], seen[others]
            since = book.first[its] > book.last[mine]
            doubled[rows[since & (GROUP[book.kind[mine]] == GROUP[book.kind[its]])]] = True
        return doubled

    def _new_id(self) -> int:
        while True:
            number = self._random.randint(1, _ID_LIMIT)
            if number not in self._book.id:
                return number

    def _tracks(
        self, time: float, frame: int, size: tuple[int, int]
    ) -> tuple[Tracks, Tracks, Bools]:
        """What the book holds: the tracks, the candidates, and which tracks were found twice."""
        sure = self._book.sure
        tracks = int(np.count_nonzero(sure))
        book = self._book
        if not sure[:tracks].all():  # the tracks do not come first yet
            book = book.take(np.argsort(~sure, kind="stable"))
        box = book.filter.box()
        np.maximum(box, 0, out=box)
        np.minimum(box, (*size, *size), out=box)
        unknown = np.zeros(len(sure), np.int64)
        columns: dict[str, NDArray[Any]] = {
            "id": book.id,
            "box": box.astype(np.float32),
            "kind": book.kind,
            "score": book.score.astype(np.float32),
            "seen": book.last >= time,
            "age": (time - book.first).astype(np.float32),
            "velocity": book.filter.velocity[:, :2].astype(np.float32),
            **dict.fromkeys(("posture", "colour", "upper", "lower"), unknown),
        }

        def some(rows: slice) -> Tracks:
            picked: dict[str, Any] = {name: column[rows] for name, column in columns.items()}
            return Tracks.make(
                self._camera, time, frame, size, **(picked if len(sure[rows]) else {})
            )

        return some(slice(tracks)), some(slice(tracks, None)), book.found[:tracks] >= 2


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What a look found, one row a thing."""

    box: Floats  # (n, 4)
    kind: Ints  # (n,)
    score: Floats  # (n,)
    votes: Doubles  # (n, kinds)

    @classmethod
    def of(cls, detections: Detections, least: float) -> _Found:
        """Boxes with at least this score; one of a thing that was found under several classes.

        A rider and the bicycle are two things, and so are two people however close: only boxes of
        different classes of one group (car and truck) are joined.
        """
        found = detections.box, detections.kind, detections.score
        enough = detections.score >= least
        if not enough.all():
            rows = enough.nonzero()[0]
            found = found[0][rows], found[1][rows], found[2][rows]
        box, kind, score = found
        votes = np.zeros((len(score), len(Kind)))
        votes[np.arange(len(score)), kind] = score
        merged = _merged(box, kind, score, votes)
        if not merged:
            return cls(box, kind, score, votes)
        rows = np.setdiff1d(np.arange(len(score)), merged)
        return cls(box[rows], kind[rows], score[rows], votes[rows])


def _merged(box: Floats, kind: Ints, score: Floats, votes: Doubles) -> list[int]:
    """Rows that are a stronger one under another class of its group, which gets their votes."""
    of_kind: dict[int, list[int]] = {}
    for row, its_kind in enumerate(kind.tolist()):
        of_kind.setdefault(its_kind, []).append(row)
    boxes = box.tolist()
    others: dict[int, list[int]] = {}
    for one, two in combinations(of_kind, 2):
        if GROUP[one] == GROUP[two]:
            for row, other in product(of_kind[one], of_kind[two]):
                if overlap(boxes[row], boxes[other]) > _SAME_THING:
                    others.setdefault(row, []).append(other)
                    others.setdefault(other, []).append(row)
    merged: list[int] = []
    for row in sorted(sorted(others), key=lambda row: -float(score[row])):
        if row not in merged:
            weaker = [other for other in others[row] if other not in merged]
            votes[row] += votes[weaker].sum(axis=0)
            merged += weaker
    return merged


class _Pairing:
    """Pairs the rows of a book with what a look found, the likeliest kind of pair first."""

    def __init__(self, book: Book, found: _Found, options: TrackOptions) -> None:
        self._book, self._found, self._options = book, found, options
        self._box, self._group, self._its = book.filter.box(), GROUP[book.kind], GROUP[found.kind]
        self._rows = set(range(len(book.id)))  # those without a partner yet …
        self._columns = set(range(len(found.score)))  # … of the book, and of what was found
        self._pairs: list[tuple[int, int]] = []

    def pairs(self) -> list[tuple[int, int]]:
        """(row of the book, row of what was found) of each thing that both know."""
        book, options = self._book, self._options
        good = self._scored(_GOOD * options.sure_score)
        tracks = set(book.sure.nonzero()[0].tolist())
        # A cone's own candidate keeps the cone's boxes from a track that walks by and would stay.
        sure = tracks.union((book.found >= _SETTLED).nonzero()[0].tolist())
        unsure = self._rows - sure
        near, plain = self._near()
        self._join(near, _LEAST_FIRST, sure, good)
        self._join_wide(height_likeness, _LEAST_WIDE, sure, good)
        self._join(near, _LEAST_SECOND, sure, self._columns)
        some = self._scored(_SOME * options.sure_score)
        self._join_wide(area_likeness, _LEAST_FALL, tracks, some)
        self._join(near, _LEAST_FIRST, unsure, self._scored(options.start_score))
        self._join_wide(height_likeness, _LEAST_WIDE, unsure, good)
        self._join(plain, _LEAST_OTHER_KIND, self._rows, good)
        return self._pairs

    def _scored(self, least: float) -> set[int]:
        return set((self._found.score >= least).nonzero()[0].tolist())

    def _near(self) -> tuple[list[Pair], list[Pair]]:
        """How alike those are that overlap: if of one group, and of whatever groups."""
        overlaps = iou(self._box, self._found.box)
        rows, columns = (overlaps >= _LEAST_FIRST).nonzero()  # less than this joins nobody
        plain = overlaps[rows, columns]
        tall, its_tall = height(self._box), height(self._found.box)
        near = plain * likeness(tall[rows], its_tall[columns])
        near *= self._group[rows] == self._its[columns]
        r, c = rows.tolist(), columns.tolist()
        one, two = zip(r, c, near.tolist(), strict=True), zip(r, c, plain.tolist(), strict=True)
        return (
            [pair for pair in one if pair[2] >= _LEAST_FIRST],
            [pair for pair in two if pair[2] >= _LEAST_OTHER_KIND],
        )

    def _join(self, pairs: list[Pair], least: float, who: set[int], what: set[int]) -> None:
        """Joins the best of ``pairs`` of rows ``who`` and columns ``what`` still without one."""
        rows, columns = who & self._rows, what & self._columns
        if rows and columns:
            some = [p for p in pairs if p[0] in rows and p[1] in columns and p[2] >= least]
            if some:
                self._take(best_pairs(some))

    def _join_wide(
        self, alike: Callable[[Doubles, Floats], Doubles], least: float, who: set[int],
        what: set[int],
    ) -> None:  # fmt: skip
        """The same of pairs of one group that may not overlap, for all that is not known."""
        rows, columns = sorted(who & self._rows), sorted(what & self._columns)
        if not rows or not columns:
            return
        a, b = self._box[rows], self._found.box[columns]
        reach = wide_iou(a, self._book.filter.doubt(rows), b) * alike(a, b)
        reach *= self._group[rows][:, None] == self._its[columns]
        i, k = assign(reach, least)
        self._take([(rows[p], columns[q]) for p, q in zip(i.tolist(), k.tolist(), strict=True)])

    def _take(self, pairs: list[tuple[int, int]]) -> None:
        self._pairs += pairs
        self._rows.difference_update([row for row, _ in pairs])
        self._columns.difference_update([column for _, column in pairs])


def _parts(found: _Found, rows: Indices) -> Bools:
    """(n,) those of ``rows`` (n,) that lie within a stronger box of their group: a torso in its
    person.

    They are hidden by the larger box as it is, and would be counted as a second person.
    """
    group = GROUP[found.kind]
    within = inside(found.box[rows], found.box) > 0.85
    within &= group[rows][:, None] == group
    within &= found.score[rows][:, None] < 0.8 * found.score
    return np.asarray(within.any(axis=1))
