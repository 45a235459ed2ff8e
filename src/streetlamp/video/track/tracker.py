"""Which box is which: one tracker per camera.

Looks come at irregular times (0.05–0.5 s apart). A track starts at the first fair box, because a
person missed is worse than a false track; it is carried while it is not found, because a person
does not vanish. Ids are random numbers of this camera and mean nothing elsewhere (CHARTER 5). No
appearance is looked at: boxes, times, classes and scores are all there is. See
``design/tracking.md`` for the method and its measurements.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Bools, Floats, Ints, Kind, Tracks
from streetlamp.video.raw import Detections
from streetlamp.video.track.associate import (
    GROUP,
    Doubles,
    Indices,
    area_likeness,
    assign,
    height_likeness,
    inside,
    iou,
)
from streetlamp.video.track.book import Book
from streetlamp.video.track.kalman import BoxFilter
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
_PERSON_SHARE: Final = 0.2  # of the votes that keeps an unsure thing a person: it stays hidden
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
        self._book = Book.empty()
        self._time: float | None = None
        self._size = (0, 0)

    def reset(self) -> None:
        """Forgets all tracks: the next look starts with new ids."""
        self._book = Book.empty()
        self._time = None

    def update(
        self, detections: Detections, time: float, frame: int, size: tuple[int, int]
    ) -> TrackUpdate:
        """Takes in one look at ``time`` (POSIX seconds) at picture ``frame`` of ``size`` pixels.

        After a jump of time (backwards, or over five seconds) or a change of size all tracks end.
        Raises ValueError if ``time`` is not finite.
        """
        if not np.isfinite(time):
            raise ValueError("a look needs a finite time")
        ended: list[int] = []
        if self._jumped(time, size):
            ended = [int(i) for i in self._book.id[self._book.sure]]
            self.reset()
        book = self._book
        dt = 0.0 if self._time is None else time - self._time
        if dt > 0:
            book.filter.predict(dt, book.last < (self._time or 0.0))
            book.votes *= np.exp(-dt / _VOTE_FADES)
            way = book.filter.position[:, :2] - book.origin
            book.origin += (1 - np.exp(-dt / _ORIGIN_FOLLOWS)) * way
        self._time, self._size = time, size

        detections, votes = _one_vote_a_thing(
            detections.where(detections.score >= self._options.low_score)
        )
        rows, columns = self._pair(detections)
        book.filter.correct(rows, detections.box[columns], detections.score[columns])
        book.votes[rows] += votes[columns]
        share = 1 - np.exp(-(time - book.last[rows]) / _TRUST_FADES)
        book.trust[rows] += share * (detections.score[columns] - book.trust[rows])
        book.score[rows] = detections.score[columns]
        book.last[rows] = time
        book.found[rows] += 1

        before = book.id[book.sure].tolist()
        fresh = self._start(detections, votes, columns, time)
        kept = self._kept(time)
        self._book = book = book.take(kept).join(fresh)
        book.sure = self._sure(time)
        now = set(book.id[book.sure].tolist())
        ended += [i for i in before if i not in now]
        return TrackUpdate(
            self._tracks(book.sure, time, frame, size),
            self._tracks(~book.sure, time, frame, size),
            tuple(i for i in book.id[book.sure].tolist() if i not in before),
            tuple(ended),
            book.found[book.sure] >= 2,
        )

    def _sure(self, time: float) -> Bools:
        """(n,) which are tracks: by a good score, a fair mean, or having gone their own way.

        A traffic cone scores as a weak person again and again, and now and then well: its mean
        takes it back. It stays a candidate, and hidden.
        """
        book, sure_score = self._book, self._options.sure_score
        way = np.hypot(*(book.filter.position[:, :2] - book.origin).T)
        size = np.sqrt(np.prod(np.maximum(book.filter.position[:, 2:], 1), axis=1))
        far = (way > _WALKED * size) & (book.found >= _WALKED_LOOKS)
        walked = far & (book.trust >= _WALKED_TRUST * sure_score)
        book.proven[walked | (book.trust >= _PROVEN_TRUST * sure_score)] = time
        proven = time - book.proven < _PROVEN_COUNTS
        least = np.where(proven, _PROVEN_STAYS, _STAYS) * sure_score
        stays = (book.sure | walked) & (book.trust >= least)
        return np.asarray((book.score >= sure_score) | stays)

    def _jumped(self, time: float, size: tuple[int, int]) -> bool:
        if self._time is None:
            return False
        return size != self._size or not 0 <= time - self._time <= _LONGEST_GAP

    def _pair(self, detections: Detections) -> tuple[Indices, Indices]:
        """Rows of the book and rows of the detections that are the same thing."""
        book, options = self._book, self._options
        rows: list[Indices] = []
        columns: list[Indices] = []
        if not len(book.id) or not len(detections):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        box = book.filter.box()
        same = GROUP[_kinds(book.votes)][:, None] == GROUP[detections.kind][None, :]
        plain = iou(box, detections.box)
        wide = _wide_iou(box, book.filter.doubt(), detections.box)
        large = area_likeness(box, detections.box)
        tall = height_likeness(box, detections.box)
        good = detections.score >= _GOOD * options.sure_score
        some = detections.score >= _SOME * options.sure_score
        fair = detections.score >= options.start_score
        anything = np.ones(len(detections), bool)
        # A cone's own candidate keeps the cone's boxes from a track that walks by and would stay.
        sure = book.sure | (book.found >= _SETTLED)
        free_rows = np.ones(len(book.id), bool)
        free_columns = np.ones(len(detections), bool)

        def join(likeness: Doubles, least: float, who: Bools, what: Bools) -> None:
            r, c = np.flatnonzero(free_rows & who), np.flatnonzero(free_columns & what)
            i, k = assign(likeness[np.ix_(r, c)], least)
            rows.append(r[i])
            columns.append(c[k])
            free_rows[r[i]] = False
            free_columns[c[k]] = False

        join(np.where(same, plain * tall, 0.0), _LEAST_FIRST, sure, good)
        join(np.where(same, wide * tall, 0.0), _LEAST_WIDE, sure, good)
        join(np.where(same, plain * tall, 0.0), _LEAST_SECOND, sure, anything)
        join(np.where(same, wide * large, 0.0), _LEAST_FALL, book.sure, some)
        join(np.where(same, plain * tall, 0.0), _LEAST_FIRST, ~sure, fair)
        join(np.where(same, wide * tall, 0.0), _LEAST_WIDE, ~sure, good)
        join(plain, _LEAST_OTHER_KIND, sure | ~sure, good)
        return np.concatenate(rows), np.concatenate(columns)

    def _start(self, detections: Detections, votes: Doubles, used: Indices, time: float) -> Book:
        """New tracks from the boxes nobody claimed and nothing explains."""
        free = np.ones(len(detections), bool)
        free[used] = False
        free &= detections.score >= self._options.start_score
        if free.any():
            free &= ~_parts(detections)
        n = int(free.sum())
        now = np.full(n, time)
        return Book(
            np.array([self._new_id() for _ in range(n)], np.int64),
            BoxFilter.start(detections.box[free]),
            votes[free],
            detections.score[free],
            now,
            now.copy(),
            np.ones(n, np.int64),
            (detections.box[free, :2] + detections.box[free, 2:]).astype(np.float64) / 2,
            detections.score[free].astype(np.float64),
            np.full(n, -np.inf),
            np.zeros(n, bool),
        )

    def _kept(self, time: float) -> NDArray[np.bool_]:
        """(n,) which tracks stay: found now, or lost not too long ago and still in the picture."""
        book, options = self._book, self._options
        position, velocity = book.filter.position, book.filter.velocity
        size = np.sqrt(np.maximum(position[:, 2] * position[:, 3], 1))
        still = np.hypot(velocity[:, 0], velocity[:, 1]) < _STILL * size
        hold = np.where(still, options.hold_still_seconds, options.hold_seconds)
        hold = np.where(book.found < 2, options.hold_unsure_seconds, hold)
        seen = book.last >= time
        x, y = position[:, 0], position[:, 1]
        there = (x >= 0) & (y >= 0) & (x < self._size[0]) & (y < self._size[1])
        kept = seen | ((time - book.last <= hold) & there)
        return np.asarray(kept & ~self._doubled(seen))

    def _doubled(self, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(n,) lost tracks that a track started after their loss has taken the place of."""
        book = self._book
        if seen.all() or not seen.any():
            return np.zeros(len(seen), bool)
        box = book.filter.box()
        group = GROUP[_kinds(book.votes)]
        younger = book.first[None, :] > book.last[:, None]
        on_top = iou(box, box) > _SAME_THING
        same = group[:, None] == group[None, :]
        return np.asarray(~seen & (on_top & younger & same & seen[None, :]).any(axis=1))

    def _new_id(self) -> int:
        while True:
            number = self._random.randint(1, _ID_LIMIT)
            if number not in self._book.id:
                return number

    def _tracks(self, rows: Bools, time: float, frame: int, size: tuple[int, int]) -> Tracks:
        book = self._book.take(rows)
        box = book.filter.box()
        box[:, 0::2] = np.clip(box[:, 0::2], 0, size[0])
        box[:, 1::2] = np.clip(box[:, 1::2], 0, size[1])
        return Tracks.make(
            self._camera,
            time,
            frame,
            size,
            id=book.id,
            box=box,
            kind=_kinds(book.votes),
            score=book.score,
            seen=book.last >= time,
            age=time - book.first,
            velocity=book.filter.velocity[:, :2],
        )


def _kinds(votes: Doubles) -> Ints:
    """(n,) the class of each row of votes: a person already at a fair share of them."""
    if not len(votes):
        return np.zeros(0, np.int64)
    person = votes[:, Kind.PERSON] >= _PERSON_SHARE * np.maximum(votes.sum(axis=1), 1e-9)
    return np.where(person, int(Kind.PERSON), votes.argmax(axis=1)).astype(np.int64)


def _wide_iou(box: Doubles, doubt: Doubles, found: Floats) -> Doubles:
    """IoU after both boxes were widened by what the filter does not know (two deviations).

    C-BIoU (Yang et al. 2023) widens by a fixed share; here a track seen for the first time, or long
    not seen, reaches far and a well-known one hardly at all.
    """
    side = box[:, 2:] - box[:, :2]
    margin = np.minimum(2 * doubt, 0.75 * side.max(axis=1, keepdims=True))[:, None, :]
    low_a, high_a = box[:, None, :2] - margin, box[:, None, 2:] + margin
    low_b, high_b = found[None, :, :2] - margin, found[None, :, 2:] + margin
    shared = np.maximum(np.minimum(high_a, high_b) - np.maximum(low_a, low_b), 0).prod(axis=2)
    both = (high_a - low_a).prod(axis=2) + (high_b - low_b).prod(axis=2)
    return np.asarray(shared / np.maximum(both - shared, 1e-9))


def _one_vote_a_thing(detections: Detections) -> tuple[Detections, Doubles]:
    """Joins boxes of one thing under several classes of a group (car and truck): votes (n, kinds).

    A rider and the bicycle are two things, and so are two people however close: only boxes of
    different classes of one group are joined.
    """
    n = len(detections)
    votes = np.zeros((n, len(Kind)))
    votes[np.arange(n), detections.kind] = detections.score
    if n < 2:
        return detections, votes
    group = GROUP[detections.kind]
    double = iou(detections.box, detections.box) > _SAME_THING
    double &= group[:, None] == group[None, :]
    double &= detections.kind[:, None] != detections.kind[None, :]
    keep = np.ones(n, bool)
    for k in np.argsort(-detections.score, kind="stable"):
        if keep[k]:
            same = double[k] & keep
            same[k] = False
            votes[k] += votes[same].sum(axis=0)
            keep[same] = False
    return detections.where(keep), votes[keep]


def _parts(detections: Detections) -> NDArray[np.bool_]:
    """(n,) weaker boxes that lie within a stronger one of their group: a torso in its person.

    They are hidden by the larger box as it is, and would be counted as a second person.
    """
    group = GROUP[detections.kind]
    within = inside(detections.box, detections.box) > 0.85
    within &= group[:, None] == group[None, :]
    within &= detections.score[:, None] < 0.8 * detections.score[None, :]
    return np.asarray(within.any(axis=1))
