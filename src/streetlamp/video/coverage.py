"""What must be hidden in a picture, from the looks before and after it.

A picture leaves the delay line only when the looks on both sides of it have reported. So what is
hidden in it is decided with hindsight: boxes are interpolated between two looks, a person found
late is hidden backwards, and a person lost stays hidden for a while in a growing region.
Everything here is a pure function of the looks: no pictures, no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from streetlamp.values import VEHICLES, Bools, Floats, Kind, Tracks
from streetlamp.video.furniture import Furniture
from streetlamp.video.history import BACK_SECONDS, GHOST_SECONDS, History, Place, Sighting
from streetlamp.video.motion import Motion
from streetlamp.video.options import HideOptions
from streetlamp.video.shape import TWO_WHEELERS, hiding, widened
from streetlamp.video.track.associate import inside, iou

__all__ = ["BACK_SECONDS", "GHOST_SECONDS", "TWO_WHEELERS", "Cover", "Coverage", "Look"]

FACE_SECONDS: Final = 0.6  # how long a face seen in a look stays hidden, before and after it
LOOSE_SECONDS: Final = 0.3  # the same of what is too faint for a track
AS_FOUND: Final = 0.4  # overlap from which the detector's box is the track's
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
    found: Floats = field(default_factory=lambda: np.zeros((0, 4), np.float32))  # as detected


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
        self._things: dict[int, History] = {}
        self._furniture = Furniture()

    def add(self, look: Look) -> None:
        """The next look's report, in order of time."""
        self._looks.append(look)
        for tracks, sure in ((look.tracks, True), (look.unsure, False)):
            for row in map(int, np.flatnonzero(tracks.seen)):
                thing = self._things.setdefault(int(tracks.id[row]), History())
                box = tracks.box[row]
                core = _as_found(box, look.found)
                thing.add(Sighting(look.time, box, core, tracks, row, sure))
                thing.sure |= sure and (thing.total > 1 or float(tracks.score[row]) >= SURE_SCORE)
        unsure, tracks = look.unsure, look.tracks
        faint = unsure.seen & _hideable(unsure)
        self._furniture.add(
            np.concatenate([unsure.box[faint], look.loose]),
            np.concatenate([unsure.score[faint], look.loose_score]),
            tracks.box[tracks.kind == Kind.PERSON],
            tracks.box,
            look.time,
        )

    def moved(self, motion: Motion, size: tuple[int, int], time: float) -> None:
        """What moves in the picture taken at `time`: faint boxes in which nothing ever does go."""
        self._furniture.moved(motion, size, time)

    def furniture(self, boxes: Floats) -> Bools:
        """(n,) which faint boxes (n, 4) are known to be furniture and need not be hidden."""
        return self._furniture.judge(boxes)

    def faint(self, look: Look) -> Floats:
        """(n, 4) the possible people of a look who are neither tracks nor furniture."""
        boxes = np.concatenate([look.unsure.box[_hideable(look.unsure)], look.loose])
        return boxes[~self._furniture.judge(boxes)]

    def forget_before(self, time: float) -> None:
        """Drop what can no longer matter to a picture taken at `time` or later."""
        keep = time - self._options.hold_seconds - 1.0
        while len(self._looks) > 1 and self._looks[1].time <= keep:
            self._looks.popleft()
        for key in list(self._things):
            thing = self._things[key]
            thing.forget_before(keep)
            if not thing.times:
                del self._things[key]

    def clear(self) -> None:
        """Forget everything: another scene, another picture size."""
        self._looks.clear()
        self._things.clear()
        self._furniture.clear()

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
        shown: list[tuple[int, Sighting, Floats, bool]] = []
        for key, thing, place in self._there(time, size):
            sighting = place.sighting
            kind = Kind(int(sighting.tracks.kind[sighting.row]))
            wide = widened(place.box, place.spread)
            if kind in VEHICLES:
                vehicles.append(wide)
            if kind not in VEHICLES or self._ridden(kind, sighting, time):
                hide.extend(hiding(wide, kind, self._options, place.core))
            certain = place.span is not None and not self._missed(*place.span)
            if certain and sighting.sure and (thing.total > 1 or sighting.score >= SURE_SCORE):
                shown.append((key, sighting, place.told, sighting.time == time))
        hide.extend(self._loose(time, size))
        hide.extend(self._faces(time))
        return Cover(_stack(hide), _stack(vehicles), self._tracks(time, frame, size, shown))

    def _there(self, time: float, size: tuple[int, int]) -> list[tuple[int, History, Place]]:
        """The things in the picture, but for what is too faint for its size, and furniture."""
        found: list[tuple[int, History, Place]] = []
        known = self._looks[-1].time if self._looks else time
        for key, thing in self._things.items():
            place = thing.at(time, self._options.hold_seconds, known)
            if place is not None and thing.best_score >= needed_score(place.sighting.box, size):
                found.append((key, thing, place))
        faint = [row for row, (_, thing, _) in enumerate(found) if not thing.sure]
        still = self._furniture.judge(_stack([found[row][2].sighting.box for row in faint]))
        gone = {row for row, is_still in zip(faint, still, strict=True) if is_still}
        return [entry for row, entry in enumerate(found) if row not in gone]

    def _missed(self, start: float, end: float) -> bool:
        """Whether looks between two sightings, too far apart to be shown through, found nothing."""
        return end - start > SHOWN_GAP and any(start < look.time < end for look in self._looks)

    def _ridden(self, kind: Kind, sighting: Sighting, time: float) -> bool:
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
            for look in self._near(time)
            for boxes in (look.tracks.box[look.tracks.kind == Kind.PERSON], look.loose)
        ]
        return bool(people) and bool((inside(box[None], np.concatenate(people)) > 0.1).any())

    def _near(self, time: float) -> Iterable[Look]:
        """The look before and the look after `time`, one or none of them if there are no more."""
        return {id(look): look for look in self.around(time) if look is not None}.values()

    def _loose(self, time: float, size: tuple[int, int]) -> Iterator[Floats]:
        for look in self._near(time):
            if abs(look.time - time) <= LOOSE_SECONDS and len(look.loose):
                still = self._furniture.judge(look.loose)
                for box, score, is_still in zip(look.loose, look.loose_score, still, strict=True):
                    if score >= needed_score(box, size) and not is_still:
                        yield from hiding(box, Kind.PERSON, self._options)

    def _faces(self, time: float) -> Iterator[Floats]:
        for look in self._looks:  # not the nearest alone: few looks are for faces
            if abs(look.time - time) <= FACE_SECONDS:
                for box in look.faces:
                    yield from hiding(box, Kind.PERSON, self._options)

    def _tracks(
        self,
        time: float,
        frame: int,
        size: tuple[int, int],
        shown: list[tuple[int, Sighting, Floats, bool]],
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


def _hideable(tracks: Tracks) -> Bools:
    """(n,) which may be somebody, or carry somebody in the open."""
    return ~np.isin(tracks.kind, list(VEHICLES - TWO_WHEELERS))


def _as_found(box: Floats, found: Floats) -> Floats:
    """The detector's own box (4,) of a track's, which follows it smoothly and so lags a little."""
    if not len(found):
        return box
    likeness = iou(box[None], found)[0]
    best = int(likeness.argmax())
    return found[best] if likeness[best] >= AS_FOUND else box


def _stack(boxes: list[Floats]) -> Floats:
    return np.stack(boxes) if boxes else np.zeros((0, 4), np.float32)
