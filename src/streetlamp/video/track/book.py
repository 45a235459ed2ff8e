"""All tracks and candidates of one camera, as parallel arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streetlamp.values import Bools, Floats, Ints, Kind
from streetlamp.video.track.associate import Doubles
from streetlamp.video.track.kalman import BoxFilter


@dataclass(slots=True)
class Book:
    """All live tracks, one row each."""

    id: Ints  # (n,)
    filter: BoxFilter
    votes: Doubles  # (n, kinds) sums of scores, fading
    score: Floats  # (n,) of the last box found
    first: Doubles  # (n,) POSIX seconds first found
    last: Doubles  # (n,) POSIX seconds last found
    found: Ints  # (n,) looks in which it was found
    origin: Doubles  # (n, 2) where it was some seconds ago, pixels
    trust: Doubles  # (n,) mean score of late
    proven: Doubles  # (n,) POSIX seconds when it last walked or scored well for long; -inf: never
    sure: Bools  # (n,) a track, not a candidate

    @classmethod
    def empty(cls) -> Book:
        none = np.zeros(0)
        ints = np.zeros(0, np.int64)
        return cls(
            ints,
            BoxFilter.start(np.zeros((0, 4))),
            np.zeros((0, len(Kind))),
            np.zeros(0, np.float32),
            none,
            none,
            ints,
            np.zeros((0, 2)),
            none,
            none,
            np.zeros(0, bool),
        )

    def take(self, rows: Ints) -> Book:
        """The rows (k,) alone, a copy."""
        return Book(
            self.id.take(rows),
            self.filter.take(rows),
            self.votes.take(rows, axis=0),
            self.score.take(rows),
            self.first.take(rows),
            self.last.take(rows),
            self.found.take(rows),
            self.origin.take(rows, axis=0),
            self.trust.take(rows),
            self.proven.take(rows),
            self.sure.take(rows),
        )

    def join(self, other: Book) -> Book:
        return Book(
            np.concatenate([self.id, other.id]),
            self.filter.join(other.filter),
            np.concatenate([self.votes, other.votes]),
            np.concatenate([self.score, other.score]),
            np.concatenate([self.first, other.first]),
            np.concatenate([self.last, other.last]),
            np.concatenate([self.found, other.found]),
            np.concatenate([self.origin, other.origin]),
            np.concatenate([self.trust, other.trust]),
            np.concatenate([self.proven, other.proven]),
            np.concatenate([self.sure, other.sure]),
        )
