"""Where one tracked thing was: its sightings, and its box at any moment between them.

With hindsight a box can be steadied: a walker's box breathes with their stride and the detector's
mood, so a sighting's box is taken together with those half a second before and after it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from streetlamp.values import Floats, Tracks

BACK_SECONDS: Final = 0.6  # how far a newly found person is hidden backwards
GHOST_SECONDS: Final = 0.25  # the same, and forwards, of a candidate
ONCE_SECONDS: Final = 0.2  # the same of a candidate that one single look saw
HELD_A_LOOK: Final = 0.1  # s longer, on both sides, for each look that found a track
STEADY_SECONDS: Final = 0.5  # sightings this near steady a box
STEADY_REST: Final = 0.25  # share of them that may stick out of it at each side
STEADY_LEAST: Final = 0.75  # overlap with the box found, below which the thing itself changed


@dataclass(slots=True)
class Sighting:
    """One look's word on the thing."""

    time: float
    box: Floats  # (4,) the tracker's
    core: Floats  # (4,) the detector's
    tracks: Tracks
    row: int
    sure: bool
    steady: Floats | None = None  # the steadied box, once all its neighbours are known

    @property
    def score(self) -> float:
        return float(self.tracks.score[self.row])


class Place(NamedTuple):
    """Where a thing is at some moment."""

    box: Floats  # (4,) steadied
    told: Floats  # (4,) the tracker's
    core: Floats  # (4,) the detector's
    spread: float  # how far to widen it, as a share of its width
    sighting: Sighting  # the nearest one before, or else after
    span: tuple[float, float] | None  # times of the sightings on both sides, if it has two


@dataclass(slots=True)
class History:
    """The sightings of one thing, in order of time."""

    times: list[float] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    total: int = 0  # sightings ever, also those already forgotten
    sure: bool = False  # it was a track at least once, not only a candidate
    best_score: float = 0.0  # the highest among the sightings remembered

    def add(self, sighting: Sighting) -> None:
        self.times.append(sighting.time)
        self.sightings.append(sighting)
        self.total += 1
        self.best_score = max(self.best_score, sighting.score)

    def forget_before(self, time: float) -> None:
        """Drops the sightings up to `time`, but for the last one if there are later ones."""
        drop = bisect_right(self.times, time)
        drop = drop if drop == len(self.times) else max(0, drop - 1)
        if drop:
            del self.times[:drop], self.sightings[:drop]
            self.best_score = max((sighting.score for sighting in self.sightings), default=0.0)

    def at(self, time: float, hold_seconds: float, known: float) -> Place | None:
        """Where it is at `time`; None: not there yet, or gone. known: time of the last look."""
        index = bisect_right(self.times, time)
        before = index - 1 if index else None
        after = index if index < len(self.sightings) else None
        if before is not None and after is not None:
            gap = self.times[after] - self.times[before]
            if self.sure or gap <= 2.0 * GHOST_SECONDS:
                return self._between(before, after, time)
            if time - self.times[before] > GHOST_SECONDS:  # two ghosts rather than one long one
                before = None
        if before is not None:
            return self._lost(before, time, hold_seconds)
        if after is not None:
            return self._found(after, time, known)
        return None

    def _between(self, before: int, after: int, time: float) -> Place:
        start, end = self.sightings[before], self.sightings[after]
        share = (time - start.time) / (end.time - start.time)
        a, b = self._steadied(before), self._steadied(after)
        near = min(time - start.time, end.time - time)
        spread = min(0.6, 0.5 * max(0.0, near - 0.1))
        steadied = a + (b - a) * np.float32(share)
        told = start.box + (end.box - start.box) * np.float32(share)
        core = start.core + (end.core - start.core) * np.float32(share)
        return Place(steadied, told, core, spread, start, (start.time, end.time))

    def _lost(self, index: int, time: float, hold_seconds: float) -> Place | None:
        last = self.sightings[index]
        dt = time - last.time
        box = self._steadied(index)
        if dt == 0.0:
            return Place(box, last.box, last.core, 0.0, last, (time, time))
        velocity = self._velocity(last=True)
        gone = _leaving(last.box, velocity, last.tracks.size)
        if dt > (self._ghost() if gone else self._reach(hold_seconds)):
            return None
        # Whoever was walking is still somewhere on the way; less and less where they were.
        moved = box + _shift(velocity, dt, box)
        behind = box + (moved - box) * np.float32(min(0.5, max(0.0, dt - 0.3)))
        both = _hull(behind, moved)
        return Place(both, both, both, min(0.35, 0.35 * dt), last, None)

    def _found(self, index: int, time: float, known: float) -> Place | None:
        first = self.sightings[index]
        dt = first.time - time
        # Only who was lost again so soon was perhaps nobody; of all others more is still to come.
        lost = self.times[-1] < known
        if dt > (self._reach(BACK_SECONDS) if lost or not self.sure else BACK_SECONDS):
            return None
        box = self._steadied(index)
        moved = box - _shift(self._velocity(last=False), dt, box)
        both = _hull(box, moved)
        return Place(both, both, both, min(0.35, 0.7 * dt), first, None)

    def _reach(self, most: float) -> float:
        """Seconds for which it is hidden before it was found, or after."""
        if not self.sure:
            return self._ghost()
        return min(most, GHOST_SECONDS + HELD_A_LOOK * self.total)

    def _ghost(self) -> float:
        return GHOST_SECONDS if self.total > 1 else ONCE_SECONDS

    def _steadied(self, index: int) -> Floats:
        """The box of a sighting, as wide and high as it was for most of the second around it."""
        this = self.sightings[index]
        if this.steady is not None:
            return this.steady
        low = bisect_right(self.times, this.time - STEADY_SECONDS - 1e-6)
        high = bisect_right(self.times, this.time + STEADY_SECONDS)
        box = _steady([s.box for s in self.sightings[low:high]], self.times[low:high], index - low)
        if self.times[-1] >= this.time + STEADY_SECONDS:
            this.steady = box
        return box

    def _velocity(self, *, last: bool) -> Floats:
        """(2,) pixels a second of the box's centre, over the last (or first) few sightings."""
        if len(self.sightings) < 2:
            return np.zeros(2, np.float32)
        some = self.sightings[-4:] if last else self.sightings[:4]
        dt = some[-1].time - some[0].time
        if dt <= 0.0:
            return np.zeros(2, np.float32)
        move = (some[-1].box - some[0].box) / np.float32(dt)
        return np.array([(move[0] + move[2]) / 2, (move[1] + move[3]) / 2], np.float32)


def _steady(boxes: list[Floats], times: list[float], at: int) -> Floats:
    n = len(boxes)
    own = boxes[at]
    if n < 3:
        return own
    all_of = np.stack(boxes)
    since = np.array(times, np.float64) - times[at]
    off = since - since.mean()
    centre = (all_of[:, :2] + all_of[:, 2:]) / 2
    velocity = (off[:, None] * centre).sum(axis=0) / max(float((off * off).sum()), 1e-9)
    way = (since[:, None] * velocity).astype(np.float32)
    there = np.sort(all_of - np.concatenate([way, way], axis=1), axis=0)
    rest = round(STEADY_REST * (n - 1))
    box = np.concatenate([there[rest, :2], there[n - 1 - rest, 2:]]).astype(np.float32)
    return box if _overlap(box, own) >= STEADY_LEAST else _hull(box, own)


def _overlap(a: Floats, b: Floats) -> float:
    """Intersection over union of two boxes (4,)."""
    sides = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
    shared = float(sides[0] * sides[1])
    both = float((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]))
    return shared / max(both - shared, 1e-9)


def _shift(velocity: Floats, dt: float, box: Floats) -> Floats:
    """(4,) how far a box moves in `dt`, at most its own height."""
    reach = float(box[3] - box[1])
    move = np.clip(velocity * np.float32(dt), -reach, reach)
    return np.array([move[0], move[1], move[0], move[1]], np.float32)


def _leaving(box: Floats, velocity: Floats, size: tuple[int, int]) -> bool:
    """Whether the box touches the picture's edge and moves out over it."""
    at_edge = (box[0] <= 2, box[1] <= 2, box[2] >= size[0] - 2, box[3] >= size[1] - 2)
    outward = (velocity[0] < 0, velocity[1] < 0, velocity[0] > 0, velocity[1] > 0)
    return any(at and out for at, out in zip(at_edge, outward, strict=True))


def _hull(a: Floats, b: Floats) -> Floats:
    return np.concatenate([np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])])
