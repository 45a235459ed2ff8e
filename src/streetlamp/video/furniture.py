"""Faint boxes that are furniture: a sign, a cone, a coat, believed when nothing there ever moves.

A detector takes some things for people again and again, faintly. A score cannot tell them from
somebody in the dark; movement can. Nobody keeps still for ten seconds: somebody who stands, sits or
lies changes several levels of the small picture within a second or so, again and again, where a
cone changes by the camera's noise. Only faint boxes are ever judged, and whatever moves in such a
place without a track to explain it has the box hidden again at once, for ten seconds at least.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from operator import not_
from typing import Final

import numpy as np

from streetlamp.geometry import overlap
from streetlamp.values import Bools, Floats, Ints
from streetlamp.video.motion import Motion, any_at, corners, marked, spans
from streetlamp.video.track.associate import iou

CALM_SECONDS: Final = 6.0  # in which nothing may have moved in the place, at first …
AGAIN_SECONDS: Final = 3.0  # … and once it is known, after something went by
LEAST_LOOKS: Final = 8  # in which the box must have been found: a place, not a passer-by
FAINT: Final = 0.4  # a mean score from which a box is never furniture
SAME_PLACE: Final = 0.4  # overlap (IoU) of two boxes that are one place
TAKEN: Final = 0.3  # overlap of a track at which somebody is in the place
MOST_STEP: Final = 0.5  # s: a longer time between two pictures is not counted as calm
FORGET_SECONDS: Final = 600.0  # a place where nothing was found for so long is forgotten
MOST_PLACES: Final = 100


@dataclass(slots=True, eq=False)
class _Place:
    box: list[float]  # (4,) a running mean
    score: float  # a running mean
    looks: int
    last: float  # POSIX seconds it was last found
    calm: float = 0.0  # seconds in which nothing moved here
    needed: float = CALM_SECONDS

    def found(self, box: list[float], score: float, time: float) -> None:
        """A look at `time` found it again: box (4,)."""
        self.looks += self.last < time
        self.last = time
        weight = max(0.05, 1.0 / self.looks)
        self.box = [old + weight * (new - old) for old, new in zip(self.box, box, strict=True)]
        self.score += weight * (score - self.score)


class Furniture:
    """The places of one camera's picture where something is taken for a person, faintly.

    A look changes the places; the pictures between two looks count how calm they are, in arrays.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forgets all places: another scene, another picture size."""
        self._places: list[_Place] = []
        self._time = float("-inf")
        self._box: Floats = np.zeros((0, 4), np.float32)
        self._explained = self._box
        self._lay_out()

    def add(
        self, faint: Floats, score: Floats, people: Floats, explained: Floats, time: float
    ) -> None:
        """What a look at `time` found. Boxes in pixels.

        faint (n, 4) and score (n,): possible people that are no tracks. people (m, 4): tracks.
        explained (k, 4): whose movement is accounted for: tracks of people and vehicles.
        """
        self._explained = explained
        self._collect()
        gone = [time - place.last >= FORGET_SECONDS for place in self._places]
        if gone and len(people):
            taken = (iou(self._box, people).max(axis=1) > TAKEN).tolist()
            gone = [old or its for old, its in zip(gone, taken, strict=True)]
        if any(gone):
            self._places = list(compress(self._places, map(not_, gone)))
            self._box = self._box[np.logical_not(gone)]
        if len(faint):
            order = np.argsort(-score)
            self._found(faint[order], score[order], time)
        self._lay_out()

    def _found(self, box: Floats, score: Floats, time: float) -> None:
        """Faint boxes (n, 4), each a place that is known or a new one, in order of score (n,)."""
        rows, known = box.tolist(), len(self._places)
        each = iou(box, np.concatenate([self._box, box]))
        likeness = each[:, :known].tolist()  # to all places, for each box
        between = each[:, known:].tolist()
        for row, its_score in enumerate(score.tolist()):
            likes = likeness[row]
            most = max(likes, default=0.0)
            if most >= SAME_PLACE:
                index = likes.index(most)
                self._places[index].found(rows[row], its_score, time)
                place = self._places[index].box
                for other, touches in enumerate(between[row][row + 1 :], row + 1):
                    # Whoever met neither the place nor the box is still far from SAME_PLACE.
                    if touches or likeness[other][index]:
                        likeness[other][index] = overlap(rows[other], place)
                continue
            if len(self._places) >= MOST_PLACES:
                oldest = min(range(MOST_PLACES), key=lambda index: self._places[index].last)
                del self._places[oldest]
                for likes in likeness[row + 1 :]:
                    del likes[oldest]
            self._places.append(_Place(rows[row], its_score, 1, time))
            for likes, like in zip(likeness[row + 1 :], between[row][row + 1 :], strict=True):
                likes.append(like)

    def _lay_out(self) -> None:
        """The places as arrays, for the pictures until the next look."""
        places = self._places
        self._box = np.array([place.box for place in places], np.float32).reshape(-1, 4)
        self._calm = np.array([place.calm for place in places])
        self._needed = np.array([place.needed for place in places])
        self._often = np.array([place.looks >= LEAST_LOOKS for place in places], np.bool_)
        self._faint = np.array([place.score < FAINT for place in places], np.bool_)
        self._ground: _Ground | None = None

    def _collect(self) -> None:
        """The places learn how calm the pictures since the last look found them."""
        counted = zip(self._places, self._calm.tolist(), self._needed.tolist(), strict=True)
        for place, calm, needed in counted:
            place.calm, place.needed = calm, needed

    def moved(self, motion: Motion, size: tuple[int, int], time: float) -> None:
        """The movement of the picture taken at `time`, of `size` (width, height) pixels."""
        step = time - self._time
        self._time = time
        if not self._places or motion.jump or not motion.stirs.size:
            return
        ground = self._ground
        if ground is None or not ground.fits(size, motion.stirs.shape):
            ground = _Ground.of(self._box, self._explained, size, motion.stirs.shape)
            self._ground = ground
        stirred, news = ground.stirred(motion.stirs)
        if 0.0 < step <= MOST_STEP:
            quiet = ~stirred
            self._calm += step * quiet
            quiet &= self._often
            quiet &= self._calm >= self._needed
            self._needed[quiet] = AGAIN_SECONDS
        self._calm[news] = 0.0

    def judge(self, box: Floats) -> Bools:
        """(n,) which faint boxes (n, 4) are furniture."""
        if not (len(box) and self._places):
            return np.zeros(len(box), np.bool_)
        known = self._calm >= self._needed
        known &= self._often
        known &= self._faint
        rows = known.nonzero()[0]
        if not len(rows):
            return np.zeros(len(box), np.bool_)
        return np.asarray(iou(box, self._box[rows]).max(axis=1) >= SAME_PLACE)


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """Where places lie among the blocks of a small picture, and which blocks are explained."""

    size: tuple[int, int]  # of the picture, pixels
    shape: tuple[int, ...]  # rows, columns of blocks
    corners: Ints  # of the places, twice: in two pictures of blocks, one below the other
    unexplained: Bools  # (rows, columns)

    @classmethod
    def of(
        cls, box: Floats, explained: Floats, size: tuple[int, int], shape: tuple[int, ...]
    ) -> _Ground:
        """For places (n, 4), where whatever moves near boxes `explained` (k, 4) is no news."""
        where = corners(spans(box, size, shape, 0), shape)
        below = where + shape[0] * (shape[1] + 1)
        unexplained = ~marked(spans(explained, size, shape, 1), shape)
        return cls(size, shape, np.concatenate([where, below], axis=1), unexplained)

    def fits(self, size: tuple[int, int], shape: tuple[int, ...]) -> bool:
        return size == self.size and shape == self.shape

    def stirred(self, stirs: Bools) -> tuple[Bools, Bools]:
        """(n,) each: in which places anything stirred, and in which of them unexplained."""
        both = np.concatenate([stirs, stirs & self.unexplained])
        found = any_at(self.corners, both)
        half = len(found) // 2
        return found[:half], found[half:]
