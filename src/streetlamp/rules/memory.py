"""What a rule remembers of each thing while it is in the picture: immutable, copied at each look.

A detector loses things for a moment, and a tracker then gives them a new number. `follow` carries
what was known over to the new number when the evidence is strong: same family, nearly the same
size, where the old one was headed, within a moment. It compares places and sizes only, never looks.
Positions are fractions of the picture, so a change of resolution does not move anything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

import numpy as np

from streetlamp.values import Kind, Thing, Tracks

R = TypeVar("R")
Box = tuple[float, float, float, float]

RELINK_SECONDS: Final = 1.0  # a moving thing is not expected where it was for longer than this
NEAR: Final = 0.6  # of the thing's size: how far from where it should be a new number may appear
TALL_SECONDS: Final = 1.0  # time constant of the height by which too small and too large are known
RECENT_SECONDS: Final = 2.0  # time constant of the score of the last looks
PACE_SECONDS: Final = 0.5  # time constant of the pace by which we guess where it is headed
ALIKE: Final = 0.6  # a new number's size must be at least this share of the old one's


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing in one look. ``box`` in fractions of the picture."""

    id: int
    kind: Kind
    box: Box
    pixels: Box
    score: float
    posture: int

    @property
    def foot(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, self.box[3]

    @property
    def centre(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True, slots=True)
class Look:
    """One camera's picture at one moment, as rules see it: only what was seen in this very look."""

    camera: str
    now: float  # POSIX seconds, never less than the look before
    frame: int
    size: tuple[int, int]
    seen: tuple[Seen, ...]
    things: tuple[Thing, ...] = ()  # left and removed; their boxes are pixels

    def scale(self, box: Box) -> tuple[float, float]:
        """Width and height of a fraction box, pixels."""
        return (box[2] - box[0]) * self.size[0], (box[3] - box[1]) * self.size[1]

    def extent(self, box: Box) -> float:
        """The size of a thing in pixels: the side of a square of its box's area."""
        width, height = self.scale(box)
        return math.sqrt(max(width * height, 1.0))

    def gap(self, a: tuple[float, float], b: tuple[float, float]) -> float:
        """Pixels between two points given as fractions."""
        return math.hypot((a[0] - b[0]) * self.size[0], (a[1] - b[1]) * self.size[1])


def look_at(tracks: Tracks, now: float, families: frozenset[bool]) -> Look:
    """The rows seen in this look whose family (person or not) is wanted and whose box is sane."""
    width, height = tracks.size
    box = tracks.box.astype(np.float64)
    good = (
        tracks.seen
        & np.isfinite(box).all(axis=1)
        & (box[:, 2] > box[:, 0])
        & (box[:, 3] > box[:, 1])
    )
    scale = np.array([width, height, width, height], np.float64)
    seen = []
    for row in np.flatnonzero(good):
        kind = Kind(int(tracks.kind[row]))
        if (kind is Kind.PERSON) not in families:
            continue
        fractions = box[row] / scale
        seen.append(
            Seen(
                id=int(tracks.id[row]),
                kind=kind,
                box=_box(fractions),
                pixels=_box(box[row]),
                score=float(tracks.score[row]),
                posture=int(tracks.posture[row]),
            )
        )
    return Look(tracks.camera, now, tracks.frame, tracks.size, tuple(seen), tracks.things)


def _box(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Box:
    x1, y1, x2, y2 = (float(value) for value in values)
    return x1, y1, x2, y2


@dataclass(frozen=True, slots=True)
class Sighting(Generic[R]):
    """What is known of one thing. ``note`` is the rule's own."""

    first: float
    last: float  # when it was last seen
    looks: int
    trust: float  # sum of the scores
    votes: tuple[float, ...]  # sum of the scores by Kind
    latest: Seen
    pace: tuple[float, float] = (0.0, 0.0)  # of the centre, fractions of the picture a second
    note: R | None = None
    height: float = 0.0  # of the box, smoothed, fraction of the picture
    recent: float = 0.0  # the detector's score, smoothed: low when a track clings to a post

    @property
    def kind(self) -> Kind:
        """What it is, by all looks together: one look that says truck does not make a car one."""
        return Kind(max(range(len(self.votes)), key=self.votes.__getitem__))

    @property
    def mean_score(self) -> float:
        return self.trust / self.looks

    def noting(self, note: R) -> Sighting[R]:
        return replace(self, note=note)


def follow(
    before: Mapping[int, Sighting[R]],
    look: Look,
    hold: float,
    relink: float = RELINK_SECONDS,
) -> dict[int, Sighting[R]]:
    """All seen in this look (``last == look.now``), and what was lost for ``hold`` s at most.

    A thing under a new number takes over the sighting of one that was lost for ``relink`` seconds
    at most, if it appears where that one should be.
    """
    fresh = {number: old for number, old in before.items() if look.now - old.last <= hold}
    here = {one.id for one in look.seen}
    lost = {number: old for number, old in fresh.items() if number not in here}
    after: dict[int, Sighting[R]] = {}
    for one in look.seen:
        old = fresh.get(one.id)
        if old is None:
            heir = _heir(one, lost, look, relink)
            old = None if heir is None else lost.pop(heir)
        after[one.id] = _again(old, one, look.now)
    after.update(lost)
    return after


def _again(old: Sighting[R] | None, one: Seen, now: float) -> Sighting[R]:
    votes = [0.0] * len(Kind) if old is None else list(old.votes)
    votes[one.kind] += max(one.score, 1e-6)
    if old is None:
        return Sighting(
            now, now, 1, one.score, tuple(votes), one, height=_height(one), recent=one.score
        )
    passed = now - old.last
    pace, height, recent = old.pace, old.height, old.recent
    if passed > 0:
        recent += (1.0 - math.exp(-passed / RECENT_SECONDS)) * (one.score - recent)
        height += (1.0 - math.exp(-passed / TALL_SECONDS)) * (_height(one) - height)
        share = 1.0 - math.exp(-passed / PACE_SECONDS)
        (x, y), (was_x, was_y) = one.centre, old.latest.centre
        pace = (
            pace[0] + share * ((x - was_x) / passed - pace[0]),
            pace[1] + share * ((y - was_y) / passed - pace[1]),
        )
    return Sighting(
        old.first,
        now,
        old.looks + 1,
        old.trust + one.score,
        tuple(votes),
        one,
        pace,
        old.note,
        height,
        recent,
    )


def _height(one: Seen) -> float:
    return one.box[3] - one.box[1]


def _heir(one: Seen, lost: Mapping[int, Sighting[R]], look: Look, relink: float) -> int | None:
    """The lost thing that this new number continues, if any."""
    size = look.extent(one.box)
    best: tuple[float, int] | None = None
    for number, old in lost.items():
        gone = look.now - old.last
        if gone > relink or (old.latest.kind is Kind.PERSON) != (one.kind is Kind.PERSON):
            continue
        was = look.extent(old.latest.box)
        if min(size, was) < ALIKE * max(size, was):
            continue
        (x, y), (vx, vy) = old.latest.centre, old.pace
        ahead = min(gone, RELINK_SECONDS)
        away = min(
            look.gap(one.centre, (x, y)),
            look.gap(one.centre, (x + vx * ahead, y + vy * ahead)),
        )
        if away <= NEAR * min(size, was) and (best is None or away < best[0]):
            best = (away, number)
    return None if best is None else best[1]
