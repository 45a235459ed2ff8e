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
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Bools, Ints, Kind, Tracks
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
    wide_iou,
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
        if not math.isfinite(time):
            raise ValueError("a look needs a finite time")
        ended: list[int] = []
        if self._jumped(time, size):
            ended = [int(i) for i in self._book.id[self._book.sure]]
            self.reset()
        book = self._book
        dt = 0.0 if self._time is None else time - self._time
        if dt > 0:
            book.filter.predict(dt, book.last < (self._time or 0.0))
            book.votes *= math.exp(-dt / _VOTE_FADES)
            way = book.filter.position[:, :2] - book.origin
            book.origin += (1 - math.exp(-dt / _ORIGIN_FOLLOWS)) * way
        self._time, self._size = time, size

        detections, votes = _one_vote_a_thing(detections, self._options.low_score)
        rows, columns = self._pair(detections)
        score = detections.score[columns]
        book.filter.correct(rows, detections.box[columns], score)
        book.votes[rows] += votes[columns]
        share = 1 - np.exp((book.last[rows] - time) / _TRUST_FADES)
        book.trust[rows] += share * (score - book.trust[rows])
        book.score[rows] = score
        book.last[rows] = time
        book.found[rows] += 1

        before = book.id[book.sure].tolist()
        fresh = self._start(detections, votes, columns, time)
        kept = self._kept(time)
        if not kept.all():
            book = book.take(kept.nonzero()[0])
        if fresh is not None:
            book = book.join(fresh)
        self._book = book
        book.sure = self._sure(time)
        now = book.id[book.sure].tolist()
        ended += [i for i in before if i not in now]
        tracks, unsure = self._tracks(time, frame, size)
        return TrackUpdate(
            tracks,
            unsure,
            tuple(i for i in now if i not in before),
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
        side = np.maximum(book.filter.position[:, 2:], 1)
        size = np.sqrt(side[:, 0] * side[:, 1])
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
        box, doubt = book.filter.box(), book.filter.doubt()
        same = GROUP[_kinds(book.votes)][:, None] == GROUP[detections.kind]
        plain = iou(box, detections.box)
        near = plain * height_likeness(box, detections.box)
        near *= same
        good = detections.score >= _GOOD * options.sure_score
        some = detections.score >= _SOME * options.sure_score
        fair = detections.score >= options.start_score
        # A cone's own candidate keeps the cone's boxes from a track that walks by and would stay.
        sure = book.sure | (book.found >= _SETTLED)
        free_rows = np.ones(len(book.id), bool)
        free_columns = np.ones(len(detections), bool)

        def alike(r: Indices, c: Indices) -> Bools:
            return np.asarray(same[r[:, None], c])

        def close(r: Indices, c: Indices) -> Doubles:
            return near[r[:, None], c]

        def in_reach(r: Indices, c: Indices) -> Doubles:
            a, b = box[r], detections.box[c]
            return np.asarray(wide_iou(a, doubt[r], b) * height_likeness(a, b) * alike(r, c))

        def fallen(r: Indices, c: Indices) -> Doubles:
            a, b = box[r], detections.box[c]
            return np.asarray(wide_iou(a, doubt[r], b) * area_likeness(a, b) * alike(r, c))

        def whatever(r: Indices, c: Indices) -> Doubles:
            return plain[r[:, None], c]

        def join(
            likeness: Callable[[Indices, Indices], Doubles], least: float, who: Bools, what: Bools
        ) -> None:
            r, c = (free_rows & who).nonzero()[0], (free_columns & what).nonzero()[0]
            if len(r) and len(c):
                i, k = assign(likeness(r, c), least)
                rows.append(r[i])
                columns.append(c[k])
                free_rows[r[i]] = False
                free_columns[c[k]] = False

        join(close, _LEAST_FIRST, sure, good)
        join(in_reach, _LEAST_WIDE, sure, good)
        join(close, _LEAST_SECOND, sure, free_columns)
        join(fallen, _LEAST_FALL, book.sure, some)
        join(close, _LEAST_FIRST, ~sure, fair)
        join(in_reach, _LEAST_WIDE, ~sure, good)
        join(whatever, _LEAST_OTHER_KIND, free_rows, good)
        if not rows:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return np.concatenate(rows), np.concatenate(columns)

    def _start(
        self, detections: Detections, votes: Doubles, used: Indices, time: float
    ) -> Book | None:
        """New tracks from the boxes nobody claimed and nothing explains; None if there are none."""
        free = detections.score >= self._options.start_score
        free[used] = False
        rows = free.nonzero()[0]
        if len(rows):
            rows = rows[~_parts(detections, rows)]
        n = len(rows)
        if not n:
            return None
        box, score, now = detections.box[rows], detections.score[rows], np.full(n, time)
        return Book(
            np.array([self._new_id() for _ in range(n)], np.int64),
            BoxFilter.start(box),
            votes[rows],
            score,
            now,
            now.copy(),
            np.ones(n, np.int64),
            (box[:, :2] + box[:, 2:]).astype(np.float64) / 2,
            score.astype(np.float64),
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
        there = ((position[:, :2] >= 0) & (position[:, :2] < self._size)).all(axis=1)
        held = ~seen & (time - book.last <= hold) & there
        rows = held.nonzero()[0]
        held[rows] = ~self._doubled(rows, seen.nonzero()[0])
        return seen | held

    def _doubled(self, lost: Indices, seen: Indices) -> Bools:
        """(n,) those of ``lost`` (n,) whose place one of ``seen`` (m,) has taken, started since."""
        if not len(lost) or not len(seen):
            return np.zeros(len(lost), bool)
        book = self._book
        box, group = book.filter.box(), GROUP[_kinds(book.votes)]
        taken = iou(box[lost], box[seen]) > _SAME_THING
        taken &= book.first[seen] > book.last[lost][:, None]
        taken &= group[lost][:, None] == group[seen]
        return np.asarray(taken.any(axis=1))

    def _new_id(self) -> int:
        while True:
            number = self._random.randint(1, _ID_LIMIT)
            if number not in self._book.id:
                return number

    def _tracks(self, time: float, frame: int, size: tuple[int, int]) -> tuple[Tracks, Tracks]:
        """What the book holds: the tracks, and the candidates."""
        book = self._book
        box = np.maximum(book.filter.box(), 0)
        np.minimum(box, (*size, *size), out=box)
        columns: dict[str, NDArray[Any]] = {
            "id": book.id,
            "box": box.astype(np.float32),
            "kind": _kinds(book.votes),
            "score": book.score,
            "seen": book.last >= time,
            "age": (time - book.first).astype(np.float32),
            "velocity": book.filter.velocity[:, :2].astype(np.float32),
            **dict.fromkeys(("posture", "colour", "upper", "lower"), np.zeros(len(box), np.int64)),
        }

        def some(mask: Bools) -> Tracks:
            rows = mask.nonzero()[0]
            picked = {name: column.take(rows, axis=0) for name, column in columns.items()}
            return Tracks(self._camera, time, frame, size, **picked)

        return some(book.sure), some(~book.sure)


def _kinds(votes: Doubles) -> Ints:
    """(n,) the class of each row of votes: a person already at a fair share of them."""
    if not len(votes):
        return np.zeros(0, np.int64)
    person = votes[:, Kind.PERSON] >= _PERSON_SHARE * np.maximum(votes.sum(axis=1), 1e-9)
    return np.where(person, int(Kind.PERSON), votes.argmax(axis=1)).astype(np.int64)


def _one_vote_a_thing(detections: Detections, least: float) -> tuple[Detections, Doubles]:
    """Boxes with at least this score, one a thing under several classes: votes (n, kinds).

    A rider and the bicycle are two things, and so are two people however close: only boxes of
    different classes of one group (car and truck) are joined.
    """
    rows = (detections.score >= least).nonzero()[0]
    kind, score = detections.kind[rows], detections.score[rows]
    votes = np.zeros((len(rows), len(Kind)))
    votes[np.arange(len(rows)), kind] = score
    wheeled = (kind != Kind.PERSON).nonzero()[0]  # a person's group has one class
    if len(wheeled) > 1:
        kind, box = kind[wheeled], detections.box[rows[wheeled]]
        double = iou(box, box) > _SAME_THING
        double &= GROUP[kind][:, None] == GROUP[kind]
        double &= kind[:, None] != kind
        keep = np.ones(len(rows), bool)
        strongest = np.argsort(-score[wheeled], kind="stable")
        doubled = np.asarray(double.any(axis=1))
        for k in strongest[doubled[strongest]]:
            if keep[wheeled[k]]:
                same = wheeled[double[k]]
                same = same[keep[same]]
                votes[wheeled[k]] += votes[same].sum(axis=0)
                keep[same] = False
        rows, votes = rows[keep], votes[keep]
    return detections.where(rows), votes


def _parts(detections: Detections, rows: Indices) -> Bools:
    """(n,) those of ``rows`` (n,) that lie within a stronger box of their group: a torso in its
    person.

    They are hidden by the larger box as it is, and would be counted as a second person.
    """
    group = GROUP[detections.kind]
    within = inside(detections.box[rows], detections.box) > 0.85
    within &= group[rows][:, None] == group
    within &= detections.score[rows][:, None] < 0.8 * detections.score
    return np.asarray(within.any(axis=1))
