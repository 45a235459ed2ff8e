"""What must be hidden in a picture, from the looks before and after it.

A picture leaves the delay line only when the looks on both sides of it have reported. So what is
hidden in it is decided with hindsight: boxes are interpolated between two looks, a person found
late is hidden backwards, and a person lost stays hidden for a while in a growing region.
Everything here is a pure function of the looks: no pictures, no clock.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from streetlamp.values import VEHICLES, Bools, Floats, Ints, Kind, Tracks
from streetlamp.video.beyond import GHOST_SECONDS
from streetlamp.video.furniture import Furniture
from streetlamp.video.history import (
    BACK_SECONDS,
    SURE_SCORE,
    TOLD,
    Histories,
    Places,
    as_found,
)
from streetlamp.video.motion import Motion
from streetlamp.video.options import HideOptions
from streetlamp.video.parting import SELDOM, ways
from streetlamp.video.shape import TWO_WHEELERS, WHEELS, among, hiding, widened
from streetlamp.video.track.associate import Doubles, inside

__all__ = ["BACK_SECONDS", "GHOST_SECONDS", "TWO_WHEELERS", "Cover", "Coverage", "Look"]

FACE_SECONDS: Final = 0.6  # how long a face seen in a look stays hidden, before and after it
LOOSE_SECONDS: Final = 0.3  # the same of what is too faint for a track
PARKED_SECONDS: Final = 3.0  # a bicycle known for less is not yet believed to be parked
SHOWN_GAP: Final = 0.3  # s: a track not found for longer is hidden meanwhile, but not shown
IS_VEHICLE: Final = among(VEHICLES)  # by kind
OPEN: Final = ~among(VEHICLES - TWO_WHEELERS)  # by kind: somebody, or what carries one in the open
NO_BOXES: Final = np.zeros((0, 4), np.float32)
NO_BOXES.flags.writeable = False

Stamp = tuple[float, int]  # of a picture: time (POSIX seconds) and frame number


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
        self._things = Histories()
        self._furniture = Furniture()
        self._tidied = 0  # at this version
        self._seldom = float("-inf")  # where the last gap between looks that was long ended
        self._faced = float("-inf")  # when a look last found faces
        self.version = 0  # another one: what was said of a picture may not hold any more

    def add(self, look: Look) -> None:
        """The next look's report, in order of time."""
        self.version += 1
        unsure, tracks = look.unsure, look.tracks
        if self._looks and look.time - self._looks[-1].time >= SELDOM:
            self._seldom = look.time
        self._looks.append(look)
        if len(look.faces):
            self._faced = look.time
        self._things.add(look.time, tracks, unsure, look.found)
        faint = unsure.seen & OPEN[unsure.kind]
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
        boxes = np.concatenate([look.unsure.box[OPEN[look.unsure.kind]], look.loose])
        return boxes[~self._furniture.judge(boxes)]

    def forget_before(self, time: float) -> None:
        """Drop what can no longer matter to a picture taken at `time` or later."""
        if self._tidied == self.version:
            return  # once a look is often enough
        self._tidied = self.version
        keep = time - self._options.hold_seconds - 1.0
        while len(self._looks) > 1 and self._looks[1].time <= keep:
            self._looks.popleft()
        self._things.forget_before(keep)

    def clear(self) -> None:
        """Forget everything: another scene, another picture size."""
        self.version += 1
        self._looks.clear()
        self._seldom = self._faced = float("-inf")
        self._things.clear()
        self._furniture.clear()

    def around(self, time: float) -> tuple[Look | None, Look | None]:
        """The last look at or before `time` and the first at or after it."""
        index = bisect_left(self._looks, time, key=lambda look: look.time)
        after = self._looks[index] if index < len(self._looks) else None
        if after is not None and after.time == time:
            return after, after
        return (self._looks[index - 1] if index else None), after

    def seldom(self, time: float) -> bool:
        """Whether the looks around `time` are so far apart that people may be mixed up."""
        if time > self._seldom:
            return False
        before, after = self.around(time)
        return before is not None and after is not None and after.time - before.time >= SELDOM

    def looks_at(self, scene: int) -> int:
        """How many of the looks remembered were at this scene."""
        return sum(1 for look in self._looks if look.scene == scene)

    def at(self, time: float, frame: int, size: tuple[int, int]) -> Cover:
        """What is in the picture taken at `time`."""
        return self.at_each(((time, frame),), size)[0]

    def at_each(self, pictures: Sequence[Stamp], size: tuple[int, int]) -> list[Cover]:
        """What is in each of some pictures, in order of time: worked out together."""
        loose = [self._loose(time) for time, _ in pictures]
        faces = [self._faces(time) for time, _ in pictures]
        times = [time for time, _ in pictures]
        places = self._things.at_each(times, self._options.hold_seconds, size)
        if not (len(places) or any(loose) or any(faces)):
            return [self._nothing(*picture, size) for picture in pictures]
        near, kind, things = places.near, places.near["kind"], len(places)
        faint = [look for some in loose for look in some]
        possible = np.concatenate([near["box"], *(look.loose for look in faint)])
        score = np.concatenate([places.best_score, *(look.loose_score for look in faint)])
        believed = self._believed(possible, score, places.sure, size)
        if not (believed.any() or any(faces)):
            return [self._nothing(*picture, size) for picture in pictures]
        there, vehicle = places.there & believed[:things], IS_VEHICLE[kind]
        wide = widened(places.box, places.spread)
        rows = (there & (~vehicle | self._ridden(places, times))).nonzero()[0]
        people = [possible[things:][believed[things:]], *(box for some in faces for box in some)]
        parting, of_parting = self._parting(times)
        people.append(parting)
        others = sum(map(len, people))
        of_loose = _numbered([sum(len(look.loose) for look in some) for some in loose])
        of_faces = _numbered([sum(map(len, some)) for some in faces])
        hide, of = hiding(
            np.concatenate([wide[rows], *people]),
            np.concatenate([kind[rows], np.full(others, int(Kind.PERSON))]),
            self._options,
            np.concatenate([places.core[rows], *people]),
            np.concatenate([places.height[rows], *(box[:, 3] - box[:, 1] for box in people)]),
        )
        moment = np.concatenate(
            [places.moment[rows], of_loose[believed[things:]], of_faces, of_parting]
        )[of]
        tracks = there & self._shown(places)
        there &= vehicle
        covers = []
        for number, (time, frame) in enumerate(pictures):
            mine = places.moment == number
            told = self._tracks(places, mine & tracks, time, frame, size)
            covers.append(Cover(hide[moment == number], wide[mine & there], told))
        return covers

    def _nothing(self, time: float, frame: int, size: tuple[int, int]) -> Cover:
        return Cover(NO_BOXES, NO_BOXES, Tracks.make(self._camera, time, frame, size))

    def _believed(self, box: Floats, score: Floats, sure: Bools, size: tuple[int, int]) -> Bools:
        """(n,) which boxes (n, 4) are neither too faint for their size nor furniture.

        score (n,): the best of each. sure (m,): of the first m, those that cannot be furniture.
        """
        believed: Bools = score >= needed_scores(box, size)
        faint = believed.copy()
        faint[: len(sure)] &= ~sure
        rows = faint.nonzero()[0]
        believed[rows] = ~self._furniture.judge(box[rows])
        return believed

    def _shown(self, places: Places) -> Bools:
        """(n,) the things that everybody is told of: tracks, and known on both sides."""
        near = places.near
        proven = near["sure"] & ((places.total > 1) | (near["score"] >= SURE_SCORE))
        shown: Bools = places.held & proven
        long = (shown & (places.end - places.start > SHOWN_GAP)).nonzero()[0]
        if len(long):  # looks between that found nothing tell
            shown[long] = ~self._things.missed(places.start[long], places.end[long])
        return shown

    def _ridden(self, places: Places, times: Sequence[float]) -> Bools:
        """(n,) whether somebody may ride it: it moves, it is new, or a person's box is over it.

        times: of the moments of the places.
        """
        near, moment = places.near, places.moment
        ridden: Bools = WHEELS[near["kind"]]
        wheels = ridden.nonzero()[0]
        if len(wheels):
            box, velocity, age = (near[name][wheels] for name in ("box", "velocity", "age"))
            rolls = np.hypot(velocity[:, 0], velocity[:, 1]) > 0.25 * (
                (box[:, 2:] - box[:, :2]).max(axis=1)
            )
            ridden[wheels] = rolls | (age < PARKED_SECONDS)
            for number in np.unique(moment[wheels]).tolist():
                people = self._people(times[number])
                rows = wheels[moment[wheels] == number]
                ridden[rows] |= (inside(near["box"][rows], people) > 0.1).any(axis=1)
        return ridden

    def _people(self, time: float) -> Floats:
        """(n, 4) boxes of the people, also possible ones, in the looks around `time`."""
        looks = self._near(time)
        tracks = [look.tracks.box[look.tracks.kind == Kind.PERSON] for look in looks]
        return np.concatenate([NO_BOXES, *tracks, *(look.loose for look in looks)])

    def _near(self, time: float) -> list[Look]:
        """The look before and the look after `time`, one or none of them if there are no more."""
        before, after = self.around(time)
        both = [before] if before is after else [before, after]
        return [look for look in both if look is not None]

    def _loose(self, time: float) -> list[Look]:
        """The looks whose possible people, too faint to be tracks, may be there at `time`."""
        near = self._near(time)
        return [k for k in near if len(k.loose) and abs(k.time - time) <= LOOSE_SECONDS]

    def _parting(self, times: Sequence[float]) -> tuple[Floats, Ints]:
        """Boxes (k, 4) of who may have been mixed up, and (k,) of which of the times each is."""
        boxes, of = [NO_BOXES], [np.zeros(0, np.int64)]
        if times[0] > self._seldom:  # at the usual pace nobody is mixed up
            return boxes[0], of[0]
        at = np.array(times)
        done = float("-inf")
        for time in times:
            before, after = self.around(time)
            if time <= done or before is None or after is None:
                continue
            done, gap = after.time, after.time - before.time
            if gap < SELDOM or before.scene != after.scene:
                continue
            share = (at - before.time) / gap
            box, moment = ways(*self._open(before), *self._open(after), gap, share)
            boxes.append(box)
            of.append(moment)
        return np.concatenate(boxes), np.concatenate(of)

    def _open(self, look: Look) -> tuple[Floats, Ints]:
        """Boxes (n, 4) and ids (n,) of whom a look saw."""
        both = look.tracks, look.unsure
        seen = np.concatenate([one.seen & OPEN[one.kind] for one in both])
        box = as_found(np.concatenate([one.box for one in both])[seen], look.found)
        ids = np.concatenate([one.id for one in both])[seen]
        known = self._furniture.judge(box)
        return box[~known], ids[~known]

    def _faces(self, time: float) -> list[Floats]:
        """Boxes (k, 4) of the faces found."""
        if time - self._faced > FACE_SECONDS:
            return []
        return [  # not of the nearest looks alone: few looks are for faces
            look.faces
            for look in self._looks
            if abs(look.time - time) <= FACE_SECONDS and len(look.faces)
        ]

    def _tracks(
        self, places: Places, shown: Bools, time: float, frame: int, size: tuple[int, int]
    ) -> Tracks:
        rows = shown.nonzero()[0]
        if not len(rows):
            return Tracks.make(self._camera, time, frame, size)
        near = places.near.take(rows)
        told: dict[str, Any] = {name: near[name] for name in TOLD}
        return Tracks(
            self._camera,
            time,
            frame,
            size,
            id=places.id[rows],
            box=places.told[rows],
            seen=near["time"] == time,
            **told,
        )


def _numbered(counts: Sequence[int]) -> Ints:
    """(sum of the counts,) 0 as often as the first count says, 1 as often as the next …"""
    return np.repeat(np.arange(len(counts)), counts)


def needed_scores(box: Floats, size: tuple[int, int]) -> Doubles:
    """(n,) the score below which boxes (n, 4) are not believed to be a person or a vehicle.

    A faint small box may be somebody far away. Somebody who fills a fifth of the picture is seen
    clearly (0.35 and more on our footage), while faint boxes of that size are walls and stairs.
    """
    w = np.minimum(box[:, 2], size[0]) - np.maximum(box[:, 0], 0.0)
    h = np.minimum(box[:, 3], size[1]) - np.maximum(box[:, 1], 0.0)
    shared = np.maximum(w, 0.0) * np.maximum(h, 0.0).astype(np.float64)
    return np.asarray(np.minimum(0.35, 0.12 + (0.7 / (size[0] * size[1])) * shared))
