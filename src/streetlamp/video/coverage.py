"""What must be hidden in a picture, from the looks before and after it.

A picture leaves the delay line only when the looks on both sides of it have reported. So what is
hidden in it is decided with hindsight: boxes are interpolated between two looks, a person found
late is hidden backwards, and a person lost stays hidden for a while in a growing region.
Everything here is a pure function of the looks: no pictures, no clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from streetlamp.values import VEHICLES, Floats, Kind, Tracks
from streetlamp.video.options import HideOptions
from streetlamp.video.track.associate import inside

TWO_WHEELERS: Final = frozenset({Kind.BICYCLE, Kind.MOTORCYCLE})
BACK_SECONDS: Final = 0.6  # how far a newly found person is hidden backwards
GHOST_SECONDS: Final = 0.4  # how long something seen in one single look stays hidden
FACE_SECONDS: Final = 0.6  # how long a face seen in a look stays hidden, before and after it
PARKED_SECONDS: Final = 3.0  # a bicycle known for less is not yet believed to be parked
SHOWN_GAP: Final = 0.3  # s: a track not found for longer is hidden meanwhile, but not shown
SURE_SCORE: Final = 0.5  # a single sighting this sure is shown as a track


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one look at a picture reported."""

    time: float
    frame: int
    tracks: Tracks  # those seen and those held
    unsure: Tracks  # candidates: hidden, but not shown and not told to anybody
    loose: Floats  # (k, 4) boxes of possible people too faint to be tracks
    loose_score: Floats  # (k,)
    scene: int = 0  # counts scene jumps: looks of two scenes say nothing about what lies between
    faces: Floats = field(default_factory=lambda: np.zeros((0, 4), np.float32))  # of whoever


@dataclass(slots=True)
class _Sighting:
    time: float
    box: Floats  # (4,)
    tracks: Tracks
    row: int
    sure: bool


@dataclass(slots=True)
class _History:
    times: list[float] = field(default_factory=list)
    sightings: list[_Sighting] = field(default_factory=list)
    total: int = 0  # sightings ever, also those already forgotten
    sure: bool = False  # it was a track at least once, not only a candidate

    def best_score(self) -> float:
        """The highest score among the sightings remembered."""
        return max(_score(sighting) for sighting in self.sightings)


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """What is in a picture: boxes to hide (pixels, margins included), vehicles, and the tracks."""

    hide: Floats  # (k, 4)
    vehicles: Floats  # (m, 4)
    tracks: Tracks


class Coverage:
    """The looks of the last seconds of one camera, asked about any moment between them."""

    def __init__(self, camera: str, options: HideOptions) -> None:
        self._camera = camera
        self._options = options
        self._looks: deque[Look] = deque()
        self._things: dict[int, _History] = {}

    def add(self, look: Look) -> None:
        """The next look's report, in order of time."""
        self._looks.append(look)
        for tracks, sure in ((look.tracks, True), (look.unsure, False)):
            for row in map(int, np.flatnonzero(tracks.seen)):
                thing = self._things.setdefault(int(tracks.id[row]), _History())
                thing.times.append(look.time)
                thing.sightings.append(_Sighting(look.time, tracks.box[row], tracks, row, sure))
                thing.total += 1
                thing.sure |= sure and (thing.total > 1 or float(tracks.score[row]) >= SURE_SCORE)

    def forget_before(self, time: float) -> None:
        """Drop what can no longer matter to a picture taken at `time` or later."""
        keep = time - self._options.hold_seconds - 1.0
        while len(self._looks) > 1 and self._looks[1].time <= keep:
            self._looks.popleft()
        for key in list(self._things):
            thing = self._things[key]
            drop = bisect_right(thing.times, keep)
            # The last sighting before the limit stays while later ones exist: interpolation.
            drop = drop if drop == len(thing.times) else max(0, drop - 1)
            del thing.times[:drop], thing.sightings[:drop]
            if not thing.times:
                del self._things[key]

    def clear(self) -> None:
        """Forget everything: another scene, another picture size."""
        self._looks.clear()
        self._things.clear()

    def around(self, time: float) -> tuple[Look | None, Look | None]:
        """The last look at or before `time` and the first at or after it."""
        before = after = None
        for look in self._looks:
            if look.time <= time:
                before = look
            if look.time >= time:
                after = look
                break
        return before, after

    def looks_at(self, scene: int) -> int:
        """How many of the looks remembered were at this scene."""
        return sum(1 for look in self._looks if look.scene == scene)

    def at(self, time: float, frame: int, size: tuple[int, int]) -> Cover:
        """What is in the picture taken at `time`."""
        hide: list[Floats] = []
        vehicles: list[Floats] = []
        shown: list[tuple[int, _Sighting, Floats, bool]] = []
        for key, thing in self._things.items():
            place = self._place(thing, time)
            if place is None:
                continue
            box, spread, sighting, certain = place
            if thing.best_score() < needed_score(sighting.box, size):
                continue
            kind = Kind(int(sighting.tracks.kind[sighting.row]))
            if kind in VEHICLES:
                vehicles.append(_spread(box, spread))
            if kind not in VEHICLES or self._ridden(kind, sighting, time):
                hide.append(self._with_margin(_spread(box, spread), kind))
            seen_well = thing.total > 1 or _score(sighting) >= SURE_SCORE
            if certain and sighting.sure and seen_well:
                shown.append((key, sighting, box, sighting.time == time))
        hide.extend(self._loose(time, size))
        hide.extend(self._faces(time))
        return Cover(_stack(hide), _stack(vehicles), self._tracks(time, frame, size, shown))

    def _place(self, thing: _History, time: float) -> tuple[Floats, float, _Sighting, bool] | None:
        """Box, how far to spread it (share of its width), the nearest sighting, whether certain."""
        index = bisect_right(thing.times, time)
        before = thing.sightings[index - 1] if index else None
        after = thing.sightings[index] if index < len(thing.sightings) else None
        if before is not None and after is not None:
            gap = after.time - before.time
            share = (time - before.time) / gap
            box = before.box + (after.box - before.box) * np.float32(share)
            near = min(time - before.time, after.time - time)
            spread = min(0.6, 0.5 * max(0.0, near - 0.1))
            return box, spread, before, not self._missed(before.time, after.time)
        if before is not None:
            dt = time - before.time
            if dt == 0.0:
                return before.box, 0.0, before, True
            velocity = _velocity(thing, last=True)
            gone = _leaving(before.box, velocity, before.tracks.size)
            hold = self._options.hold_seconds if thing.sure and not gone else GHOST_SECONDS
            if dt > hold:
                return None
            # Whoever was walking is still somewhere on the way; less and less where they were.
            moved = before.box + _shift(velocity, dt, before.box)
            behind = before.box + (moved - before.box) * np.float32(min(0.5, max(0.0, dt - 0.3)))
            return _hull(behind, moved), min(0.5, 0.5 * dt), before, False
        if after is not None:
            dt = after.time - time
            if dt > (BACK_SECONDS if thing.sure else GHOST_SECONDS):
                return None
            moved = after.box - _shift(_velocity(thing, last=False), dt, after.box)
            return _hull(after.box, moved), min(0.5, 1.0 * dt), after, False
        return None

    def _missed(self, start: float, end: float) -> bool:
        """Whether looks between two sightings, too far apart to be shown through, found nothing."""
        return end - start > SHOWN_GAP and any(start < look.time < end for look in self._looks)

    def _ridden(self, kind: Kind, sighting: _Sighting, time: float) -> bool:
        """Whether somebody may ride it: it moves, a person's box lies over it, or it is new."""
        if kind not in TWO_WHEELERS:
            return False
        if float(sighting.tracks.age[sighting.row]) < PARKED_SECONDS:
            return True
        tracks = sighting.tracks
        box = sighting.box
        speed = float(np.hypot(*tracks.velocity[sighting.row]))
        if speed > 0.25 * float(max(box[2] - box[0], box[3] - box[1])):
            return True
        people = [
            boxes
            for look in self.around(time)
            if look is not None
            for boxes in (look.tracks.box[look.tracks.kind == Kind.PERSON], look.loose)
        ]
        return bool(people) and bool((inside(box[None], np.concatenate(people)) > 0.1).any())

    def _with_margin(self, box: Floats, kind: Kind) -> Floats:
        w, h = float(box[2] - box[0]), float(box[3] - box[1])
        side = self._options.margin_side * max(w, 0.35 * h)
        top = self._options.margin_top * max(h, 0.35 * w)
        if kind in TWO_WHEELERS:  # the rider sits above it
            top = max(top, 0.6 * h)
        return np.array([box[0] - side, box[1] - top, box[2] + side, box[3] + 0.05 * h], np.float32)

    def _loose(self, time: float, size: tuple[int, int]) -> Iterator[Floats]:
        for look in {id(x): x for x in self.around(time) if x is not None}.values():
            if abs(look.time - time) <= GHOST_SECONDS:
                for box, score in zip(look.loose, look.loose_score, strict=True):
                    if score >= needed_score(box, size):
                        yield self._with_margin(box, Kind.PERSON)

    def _faces(self, time: float) -> Iterator[Floats]:
        for look in {id(x): x for x in self.around(time) if x is not None}.values():
            if abs(look.time - time) <= FACE_SECONDS:
                for box in look.faces:
                    yield self._with_margin(box, Kind.PERSON)

    def _tracks(
        self,
        time: float,
        frame: int,
        size: tuple[int, int],
        shown: list[tuple[int, _Sighting, Floats, bool]],
    ) -> Tracks:
        columns: dict[str, list[object]] = {
            name: [getattr(s.tracks, name)[s.row] for _, s, _, _ in shown]
            for name in ("kind", "score", "age", "velocity", "posture", "colour", "upper", "lower")
        }
        if not shown:
            return Tracks.make(self._camera, time, frame, size)
        return Tracks.make(
            self._camera,
            time,
            frame,
            size,
            id=[key for key, _, _, _ in shown],
            box=np.stack([box for _, _, box, _ in shown]),
            seen=[seen for _, _, _, seen in shown],
            **columns,
        )


def needed_score(box: Floats, size: tuple[int, int]) -> float:
    """The score below which a box of this size is not believed to be a person or a vehicle.

    A faint small box may be somebody far away. Somebody who fills a fifth of the picture is seen
    clearly (0.35 and more on our footage), while faint boxes of that size are walls and stairs.
    """
    w = min(float(box[2]), size[0]) - max(float(box[0]), 0.0)
    h = min(float(box[3]), size[1]) - max(float(box[1]), 0.0)
    share = max(0.0, w) * max(0.0, h) / (size[0] * size[1])
    return min(0.35, 0.12 + 0.7 * share)


def _score(sighting: _Sighting) -> float:
    return float(sighting.tracks.score[sighting.row])


def _velocity(thing: _History, *, last: bool) -> Floats:
    """(2,) pixels a second of the box's centre, over the last (or first) few sightings."""
    if len(thing.sightings) < 2:
        return np.zeros(2, np.float32)
    some = thing.sightings[-4:] if last else thing.sightings[:4]
    dt = some[-1].time - some[0].time
    if dt <= 0.0:
        return np.zeros(2, np.float32)
    move = (some[-1].box - some[0].box) / np.float32(dt)
    return np.array([(move[0] + move[2]) / 2, (move[1] + move[3]) / 2], np.float32)


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


def _spread(box: Floats, share: float) -> Floats:
    if share <= 0.0:
        return box
    by = np.float32(share * float(max(box[2] - box[0], 0.3 * (box[3] - box[1]))))
    return box + np.array([-by, -by / 2, by, by / 2], np.float32)


def _stack(boxes: list[Floats]) -> Floats:
    return np.stack(boxes) if boxes else np.zeros((0, 4), np.float32)
