"""Faint boxes that are furniture: a sign, a cone, a coat, believed when nothing there ever moves.

A detector takes some things for people again and again, faintly. A score cannot tell them from
somebody in the dark; movement can. Nobody keeps still for ten seconds: somebody who stands, sits or
lies changes several levels of the small picture within a second or so, again and again, where a
cone changes by the camera's noise. Only faint boxes are ever judged, and whatever moves in such a
place without a track to explain it has the box hidden again at once, for ten seconds at least.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.geometry import overlap
from streetlamp.values import Bools, Floats
from streetlamp.video.motion import Motion, any_within, marked, spans
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
    box: Floats  # (4,) a running mean
    score: float  # a running mean
    looks: int
    last: float  # POSIX seconds it was last found
    calm: float  # seconds in which nothing moved here
    needed: float = CALM_SECONDS

    def found(self, box: Floats, score: float, time: float) -> None:
        """A look at `time` found it again: box (4,)."""
        self.looks += self.last < time
        self.last = time
        weight = max(0.05, 1.0 / self.looks)
        self.box = self.box + np.float32(weight) * (box - self.box)
        self.score += weight * (score - self.score)


class Furniture:
    """The places of one camera's picture where something is taken for a person, faintly."""

    def __init__(self) -> None:
        self._places: list[_Place] = []
        self._time = float("-inf")
        self._explained = np.zeros((0, 4), np.float32)

    def clear(self) -> None:
        """Forgets all places: another scene, another picture size."""
        self._places.clear()
        self._time = float("-inf")
        self._explained = np.zeros((0, 4), np.float32)

    def add(
        self, faint: Floats, score: Floats, people: Floats, explained: Floats, time: float
    ) -> None:
        """What a look at `time` found. Boxes in pixels.

        faint (n, 4) and score (n,): possible people that are no tracks. people (m, 4): tracks.
        explained (k, 4): whose movement is accounted for: tracks of people and vehicles.
        """
        self._explained = explained
        self._places = [p for p in self._places if time - p.last < FORGET_SECONDS]
        if self._places and len(people):
            taken = iou(self._boxes(), people).max(axis=1) > TAKEN
            self._places = [p for p, t in zip(self._places, taken, strict=True) if not t]
        order = np.argsort(-score)
        self._found(faint[order], score[order], time)

    def _found(self, box: Floats, score: Floats, time: float) -> None:
        """Faint boxes (n, 4), each a place that is known or a new one, in order of score (n,)."""
        rows = box.tolist()
        columns = iou(box, self._boxes()).T.tolist()  # likeness: one a place, for all boxes
        for row, its_score in enumerate(score.tolist()):
            likeness = [column[row] for column in columns]
            most = max(likeness, default=0.0)
            if most >= SAME_PLACE:
                index = likeness.index(most)
                self._places[index].found(box[row], its_score, time)
            else:
                if len(self._places) >= MOST_PLACES:
                    oldest = min(range(len(columns)), key=lambda index: self._places[index].last)
                    del self._places[oldest], columns[oldest]
                self._places.append(_Place(box[row].astype(np.float32), its_score, 1, time, 0.0))
                columns.append([0.0] * len(rows))
                index = -1
            place = self._places[index].box.tolist()
            columns[index][row + 1 :] = [overlap(other, place) for other in rows[row + 1 :]]

    def moved(self, motion: Motion, size: tuple[int, int], time: float) -> None:
        """The movement of the picture taken at `time`, of `size` (width, height) pixels."""
        step = time - self._time
        self._time = time
        if not self._places or motion.jump or not motion.stirs.size:
            return
        shape = motion.stirs.shape
        where = spans(self._boxes(), size, shape, 0)
        stirred = any_within(where, motion.stirs)
        explained = marked(spans(self._explained, size, shape, 1), shape)
        news = any_within(where, motion.stirs & ~explained)
        counted = 0.0 < step <= MOST_STEP
        for place, stirs, is_news in zip(self._places, stirred, news, strict=True):
            if is_news:
                place.calm = 0.0
            elif counted and not stirs:
                place.calm += step
                if place.calm >= place.needed and place.looks >= LEAST_LOOKS:
                    place.needed = AGAIN_SECONDS

    def judge(self, box: Floats) -> Bools:
        """(n,) which faint boxes (n, 4) are furniture."""
        if not len(box):
            return np.zeros(0, np.bool_)
        known = [p for p in self._places if p.calm >= p.needed and p.score < FAINT]
        known = [p for p in known if p.looks >= LEAST_LOOKS]
        if not known:
            return np.zeros(len(box), np.bool_)
        return np.asarray(iou(box, _stacked(known)).max(axis=1) >= SAME_PLACE)

    def _boxes(self) -> Floats:
        return _stacked(self._places)


def _stacked(places: list[_Place]) -> Floats:
    """(n, 4) their boxes."""
    return np.array([place.box for place in places], np.float32).reshape(-1, 4)
