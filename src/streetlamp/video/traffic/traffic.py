"""One camera's vehicles, the faint ones too: followed apart from all that decides what is hidden.

A small detector gives a car of thirty pixels a score of 0.2, as it does a dozen things that are
none. What tells them apart is not the score: a car drives, and others of its size drove there
before it. So all faint boxes are followed, and a track is told once it drives where and as others
did. Nothing here reaches the hiding: it has its own tracker, which this one never sees.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Bools, Floats, Tracks
from streetlamp.video.raw import Detections
from streetlamp.video.track.associate import iou
from streetlamp.video.track.options import TrackOptions
from streetlamp.video.track.tracker import Tracker
from streetlamp.video.traffic.road import Road
from streetlamp.video.traffic.sift import DRIVES, LEAST, sift, somebody

FAINT: Final = 0.2  # score from which a box may start to be followed
KNOWN_FAINT: Final = 0.12  # the same on a road, of the size usual there
PLAIN: Final = 0.5  # score of either, as if nothing were faint, at least
WAKES: Final = 0.3  # score of a vehicle with which following begins …
SLEEPS: Final = 60.0  # … and seconds without one after which it ends
DROVE: Final = 1.0  # sizes from where it was first that a vehicle must have come, …
LOOKS: Final = 3  # … in so many looks …
STRAIGHT: Final = 0.7  # … and this well in one direction (cosine)
PASSED: Final = 2.0  # of others makes a road: one right there is 2.5, one a cell beside it 1.5
ON_ROAD: Final = 0.3  # sizes that are enough where a road is known …
ON_ROAD_LOOKS: Final = 2  # … and looks
ONE_WAY: Final = 0.5  # length of the mean direction from which a road has one
LIKE: Final = 1.5  # times as wide or high as usual, or less: it fits
PERSON: Final = 0.3  # mean score of a person's boxes that makes it one, if no lower than its own
NEW_SHARE: Final = 0.1  # of a mean score that a new one has, at least
SAME: Final = 0.5  # overlap (IoU) at which two tracks are one vehicle
AROUND: Final = 8.0  # sizes within which others drive beside a vehicle …
AGREE: Final = 0.3  # … at a velocity that differs by no more than this share …
TOGETHER: Final = 3  # … so many of them: then it need not wait for the road
STANDS: Final = 30.0  # s for which having driven speaks for one that stands


@dataclass(slots=True)
class _Way:
    """What is remembered of one track while it lasts."""

    first: tuple[float, float]  # its middle, pixels
    looks: int = 0
    vehicle: float = 0.0  # mean score of its boxes …
    somebody: float = 0.0  # … and of people's where they were
    taught: list[int] = field(default_factory=list)  # cells of the road, in turn
    at: tuple[float, float] = (0.0, 0.0)  # where it was when it last moved by `ON_ROAD` sizes
    moved: float = float("-inf")  # when that was, POSIX seconds
    drives: bool = False  # it is one

    @property
    def is_somebody(self) -> bool:
        return self.somebody >= max(self.vehicle, PERSON)

    def drives_at(self, time: float) -> bool:
        return self.drives and not self.is_somebody and time - self.moved < STANDS


class Traffic:
    """`update` with each look in turn: what there is, with the vehicles that drive."""

    def __init__(self, camera: str, options: TrackOptions, seed: int | None = None) -> None:
        """options: the camera's own; ``seed`` makes the ids repeatable, for tests."""
        plain = {"sure_score": PLAIN, "start_score": PLAIN, "low_score": LEAST}
        self._sure = options.sure_score
        self._tracker = Tracker(camera, options.model_copy(update=plain), seed)
        self._size = (0, 0)
        self.reset()

    def reset(self) -> None:
        """Forgets everything: the scene is another."""
        self._tracker.reset()
        self._road = Road(self._size)
        self._ways: dict[int, _Way] = {}
        self._awake = float("-inf")  # until when, POSIX seconds

    def update(self, found: Detections, tracks: Tracks) -> Tracks:
        """The look's tracks with the vehicles among them replaced by those that are followed here.

        found: all the look found. tracks: of the same look.
        """
        if tracks.size != self._size:
            self._size = tracks.size
            self.reset()
        faint = sift(found, self._sure)
        if len(faint) and faint.score[0] >= WAKES:
            self._awake = tracks.time + SLEEPS
        if tracks.time > self._awake:
            if self._ways:
                self._tracker.reset()
                self._ways.clear()
            return tracks
        update = self._tracker.update(self._believed(faint), tracks.time, tracks.frame, tracks.size)
        return _joined(tracks, self._told(update.tracks, tracks, found))

    def _believed(self, faint: Detections) -> Detections:
        """The same, those a little too faint raised where they fit the road."""
        good = faint.score >= FAINT
        low = ~good & (faint.score >= KNOWN_FAINT)
        if low.any():
            passed = self._road.at(faint.box)
            good |= low & (passed.count >= PASSED) & _like(faint.box, passed.size)
        score = np.where(good, PLAIN + (1 - PLAIN) * faint.score, faint.score)
        return Detections(faint.box, faint.kind, score)

    def _told(self, faint: Tracks, tracks: Tracks, found: Detections) -> Tracks:
        """Those of the tracks followed here that are vehicles."""
        ways = [self._way(*row) for row in zip(*_columns(faint), strict=True)]
        gone = self._ways.keys() - set(faint.id.tolist())
        for number in gone:
            del self._ways[number]
        if not ways:
            return faint
        self._weigh(faint, ways, found)
        self._judge(faint, ways)
        drives = np.array([way.drives_at(faint.time) for way in ways])
        known = tracks.box[DRIVES.take(tracks.kind)]
        told = drives
        if len(known):
            told = drives | (iou(faint.box, known).max(axis=1) >= SAME)
        if not told.any():
            return Tracks.make(faint.camera, faint.time, faint.frame, faint.size)
        # What drives as others do is believed; of all else rules hear how sure the detector is.
        score = np.where(drives, faint.score, _raw(faint.score))
        return _rows(replace(faint, score=score), told)

    def _way(self, number: int, seen: bool, x: float, y: float) -> _Way:
        way = self._ways.get(number)
        if way is None:
            way = self._ways[number] = _Way((x, y), at=(x, y))
        way.looks += seen
        return way

    def _weigh(self, faint: Tracks, ways: list[_Way], found: Detections) -> None:
        """What speaks for each of these tracks being a vehicle, and what for somebody."""
        rows = faint.seen.nonzero()[0]
        scores = _raw(faint.score[rows]), somebody(faint.box[rows], found)
        for row, score, other in zip(rows.tolist(), *(of.tolist() for of in scores), strict=True):
            way = ways[row]
            share = max(1 / way.looks, NEW_SHARE)
            way.vehicle += share * (score - way.vehicle)
            way.somebody += share * (other - way.somebody)

    def _judge(self, faint: Tracks, ways: list[_Way]) -> None:
        """Which of these tracks drive, after the road has learnt from those that certainly do."""
        box, time = faint.box, faint.time
        middle = (box[:, :2] + box[:, 2:]) / 2
        size = np.sqrt(np.maximum(box[:, 2:] - box[:, :2], 1).prod(axis=1))
        at = np.array([way.at for way in ways])
        moved = faint.seen & (np.hypot(*(middle - at).T) >= ON_ROAD * size)
        for row in moved.nonzero()[0].tolist():
            ways[row].at, ways[row].moved = tuple(middle[row].tolist()), time
        went = middle - np.array([way.first for way in ways], np.float32)
        far = np.hypot(went[:, 0], went[:, 1]) / size
        heading = _direction(faint.velocity)
        straight = (_direction(went) * heading).sum(axis=1) >= STRAIGHT
        straight &= faint.seen
        looks = np.array([way.looks for way in ways])
        straight &= ~np.array([way.is_somebody for way in ways], np.bool_)
        drove = straight & (far >= DROVE) & (looks >= LOOKS)
        self._teach(faint, ways, heading, drove & ~_cut(box, faint.size))
        able = drove | (straight & (far >= ON_ROAD) & (looks >= ON_ROAD_LOOKS))
        rows = [row for row in able.nonzero()[0].tolist() if not ways[row].drives]
        if not rows:
            return
        usual = self._usual(faint, ways, rows, heading[rows])
        usual |= drove[rows] & _among_others(middle, faint.velocity, size, rows, drove)
        for row, drives in zip(rows, usual.tolist(), strict=True):
            ways[row].drives = drives

    def _usual(self, faint: Tracks, ways: list[_Way], rows: list[int], heading: Floats) -> Bools:
        """(k,) which of these rows drive where, and as, others of their size did before."""
        box = faint.box[rows]
        passed, cells = self._road.at(box), self._road.cell(box).tolist()
        taught = [self._road.own(c, ways[row].taught) for row, c in zip(rows, cells, strict=True)]
        own = np.array(taught, np.float32)
        others = passed.count - own
        way = passed.way * passed.count[:, None] - heading * own[:, None]
        way /= np.maximum(others, 1e-3)[:, None]
        length = np.hypot(way[:, 0], way[:, 1])
        along = (way * heading).sum(axis=1) >= STRAIGHT * length
        like = _like(box, passed.size) | _cut(box, faint.size)
        return np.asarray(like & (along | (length < ONE_WAY)) & (others >= PASSED))

    def _teach(self, faint: Tracks, ways: list[_Way], heading: Floats, which: Bools) -> None:
        """The road learns each of these tracks once a cell."""
        cells = self._road.cell(faint.box).tolist()
        rows = [row for row in which.nonzero()[0].tolist() if ways[row].taught[-1:] != [cells[row]]]
        for row in rows:
            ways[row].taught.append(cells[row])
        self._road.learn(faint.box[rows], heading[rows])


def _among_others(
    middle: NDArray[Any], velocity: Floats, size: NDArray[Any], rows: list[int], drove: Bools
) -> Bools:
    """(k,) which of these rows drive as the vehicles around them do."""
    far = np.linalg.norm(middle[rows][:, None] - middle, axis=2)
    apart = np.linalg.norm(velocity[rows][:, None] - velocity, axis=2)
    speed = np.linalg.norm(velocity[rows], axis=1)[:, None]
    alike = drove & (far <= AROUND * size[rows][:, None]) & (apart <= AGREE * speed)
    return np.asarray(alike.sum(axis=1) > TOGETHER)  # itself among them


def _raw(score: Floats) -> Floats:
    """(n,) the detector's scores of boxes that were given these in `Traffic._believed`."""
    return np.where(score >= PLAIN, (score - PLAIN) / (1 - PLAIN), score).astype(np.float32)


def _columns(of: Tracks) -> tuple[list[int], list[bool], list[float], list[float]]:
    middle = (of.box[:, :2] + of.box[:, 2:]) / 2
    return of.id.tolist(), of.seen.tolist(), middle[:, 0].tolist(), middle[:, 1].tolist()


def _direction(way: NDArray[Any]) -> NDArray[Any]:
    """(n, 2) of length 1, or nearly 0 where there is none."""
    return np.asarray(way / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-3)[:, None])


def _like(box: Floats, usual: Floats) -> Bools:
    """(n,) which boxes (n, 4) are about as wide and as high as usual (n, 2)."""
    times = np.maximum(box[:, 2:] - box[:, :2], 1) / usual
    return np.asarray(((times <= LIKE) & (times >= 1 / LIKE)).all(axis=1))


def _cut(box: Floats, size: tuple[int, int]) -> Bools:
    """(n,) which boxes (n, 4) touch the picture's edge: they show only a part."""
    return np.asarray((box[:, :2] < 2).any(axis=1) | (box[:, 2:] > np.array(size) - 2).any(axis=1))


_NAMES: Final = ("id", "box", "kind", "score", "seen", "age", "velocity")
_TAGS: Final = ("posture", "colour", "upper", "lower")


def _rows(of: Tracks, which: Bools) -> Tracks:
    columns: dict[str, Any] = {name: getattr(of, name)[which] for name in (*_NAMES, *_TAGS)}
    return replace(of, **columns)


def _joined(tracks: Tracks, vehicles: Tracks) -> Tracks:
    """All of ``tracks`` that are no cars, buses or trucks, and ``vehicles`` with their colours."""
    old = DRIVES.take(tracks.kind)
    if not (len(vehicles) or old.any()):
        return tracks
    colour = vehicles.colour
    if old.any() and len(vehicles):
        likeness = iou(vehicles.box, tracks.box[old])
        colour = np.where(
            likeness.max(axis=1) >= SAME, tracks.colour[old][likeness.argmax(axis=1)], colour
        )
    both: dict[str, Any] = {
        name: np.concatenate([getattr(tracks, name)[~old], getattr(vehicles, name)])
        for name in (*_NAMES, *_TAGS)
    }
    both["colour"] = np.concatenate([tracks.colour[~old], colour])
    return replace(tracks, **both)
