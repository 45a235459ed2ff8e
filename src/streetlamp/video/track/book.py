"""All tracks and candidates of one camera, as parallel arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from streetlamp.values import Bools, Floats, Ints, Kind
from streetlamp.video.track.associate import Doubles
from streetlamp.video.track.kalman import BoxFilter

_PERSON_SHARE: Final = 0.2  # of the votes that keeps an unsure thing a person: it stays hidden


@dataclass(slots=True)
class Book:
    """All live tracks, one row each."""

    id: Ints  # (n,)
    filter: BoxFilter
    votes: Doubles  # (n, kinds) sums of scores, fading
    kind: Ints  # (n,) what the votes say
    sure: Bools  # (n,) a track, not a candidate
    marks: Doubles  # (8, n) all that follows: one array is copied faster than eight
    score: Doubles = field(init=False)  # (n,) of the last box found
    first: Doubles = field(init=False)  # (n,) POSIX seconds first found
    last: Doubles = field(init=False)  # (n,) POSIX seconds last found
    found: Doubles = field(init=False)  # (n,) looks in which it was found
    trust: Doubles = field(init=False)  # (n,) mean score of late
    # (n,) POSIX seconds when it last walked or scored well for long; -inf: never
    proven: Doubles = field(init=False)
    origin: Doubles = field(init=False)  # (n, 2) where it was some seconds ago, pixels

    def __post_init__(self) -> None:
        self.score, self.first, self.last, self.found, self.trust, self.proven = self.marks[:6]
        self.origin = self.marks[6:].T

    @classmethod
    def empty(cls) -> Book:
        return cls.start(
            np.zeros(0, np.int64),
            np.zeros((0, 4), np.float32),
            np.zeros((0, len(Kind))),
            np.zeros(0, np.float32),
            0.0,
        )

    @classmethod
    def start(cls, ids: Ints, box: Floats, votes: Doubles, score: Floats, time: float) -> Book:
        """Candidates found for the first time: boxes (n, 4), votes (n, kinds), scores (n,)."""
        n, boxes = len(ids), BoxFilter.start(box)
        marks = np.empty((8, n))
        book = cls(ids, boxes, votes, kinds(votes), np.zeros(n, np.bool_), marks)
        book.score[:] = book.trust[:] = score
        book.first[:] = book.last[:] = time
        book.found[:] = 1
        book.proven[:] = -np.inf
        book.origin[:] = boxes.position[:, :2]
        return book

    def found_again(self, rows: Ints, score: Floats, time: float, fades: float) -> None:
        """These rows (k,) were found at ``time``; their mean score is taken over ``fades`` s."""
        marks = self.marks.take(rows, axis=1)
        old, _, last, found, trust, _, _, _ = marks
        trust += (1 - np.exp((last - time) / fades)) * (score - trust)
        found += 1
        old[:], last[:] = score, time
        self.marks[:, rows] = marks

    def take(self, rows: Ints) -> Book:
        """The rows (k,) alone, a copy."""
        return Book(
            self.id.take(rows),
            self.filter.take(rows),
            self.votes.take(rows, axis=0),
            self.kind.take(rows),
            self.sure.take(rows),
            self.marks.take(rows, axis=1),
        )

    def join(self, other: Book) -> Book:
        return Book(
            np.concatenate([self.id, other.id]),
            self.filter.join(other.filter),
            np.concatenate([self.votes, other.votes]),
            np.concatenate([self.kind, other.kind]),
            np.concatenate([self.sure, other.sure]),
            np.concatenate([self.marks, other.marks], axis=1),
        )


def kinds(votes: Doubles) -> Ints:
    """(n,) the class of each row of votes: a person already at a fair share of them."""
    if not len(votes):
        return np.zeros(0, np.int64)
    kind: Ints = votes.argmax(axis=1)
    kind[votes[:, Kind.PERSON] >= _PERSON_SHARE * np.maximum(votes.sum(axis=1), 1e-9)] = Kind.PERSON
    return kind
