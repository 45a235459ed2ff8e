"""Where somebody was between looks, steadied with hindsight, and the rectangles that hide them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from streetlamp.values import Kind, Tracks
from streetlamp.video.beyond import GHOST_SECONDS
from streetlamp.video.coverage import Look
from streetlamp.video.gate import Gate
from streetlamp.video.history import BACK_SECONDS, Histories
from streetlamp.video.motion import Motion
from streetlamp.video.options import HideOptions, LookOptions, Style
from streetlamp.video.shape import hiding
from streetlamp.video.track.associate import iou

SIZE = (640, 360)


Box = tuple[float, ...]


def history(*seen: tuple[float, Box], sure: bool = True, known: float | None = None) -> Histories:
    """Of one thing: times and boxes of its sightings; the last look was at `known`."""
    made = Histories()
    for time, box in seen:
        at = np.array([box], np.float32)
        tracks = Tracks.make("gate", time, 1, SIZE, id=[1], box=at, score=[0.8])
        none = Tracks.make("gate", time, 1, SIZE)
        made.add(time, *((tracks, none) if sure else (none, tracks)), at)
    if known is not None and known > seen[-1][0]:
        none = Tracks.make("gate", known, 1, SIZE)
        made.add(known, none, none, none.box)
    return made


def test_a_box_that_is_narrow_for_one_look_is_not_narrow() -> None:
    wide, narrow = (100.0, 100.0, 140.0, 200.0), (112.0, 100.0, 140.0, 200.0)
    made = history(*((k / 5.0, narrow if k == 5 else wide) for k in range(11)))
    place = made.at(1.0, 1.0, SIZE)
    assert place.there.all()
    assert place.box[0, 0] < 104.0
    np.testing.assert_allclose(place.core[0], narrow)


def test_a_walker_is_steadied_without_lagging() -> None:
    def box(k: int) -> Box:
        x = 100.0 + 20.0 * k
        return (x, 100.0, x + 40.0, 200.0)

    made = history(*((k / 5.0, box(k)) for k in range(11)))
    for time in (0.8, 0.9, 1.0, 1.13):
        place = made.at(time, 1.0, SIZE)
        np.testing.assert_allclose(place.box[0, 0], 100.0 + 100.0 * time, atol=0.5)


def test_who_is_found_again_elsewhere_and_lost_at_once_goes_on_from_there() -> None:
    def box(x: float) -> Box:
        return (x, 100.0, x + 30.0, 200.0)

    made = history((0.0, box(200)), (0.2, box(212)), (2.0, box(20)), (2.2, box(32)), known=2.4)
    for time, x in ((2.3, 38.0), (2.4, 44.0)):
        place = made.at(time, 1.0, SIZE)
        assert place.there.all()
        assert place.box[0, 0] <= x
        assert place.box[0, 2] >= x + 30.0


def test_somebody_who_falls_is_covered_in_every_pose() -> None:
    standing, lying = (100.0, 100.0, 140.0, 200.0), (80.0, 160.0, 180.0, 200.0)
    made = history(*((k / 5.0, standing if k < 5 else lying) for k in range(11)))
    for time, pose in ((0.8, standing), (1.0, lying)):
        place = made.at(time, 1.0, SIZE)
        assert (place.box[0, :2] <= np.array(pose[:2]) + 5.0).all()
        assert (place.box[0, 2:] >= np.array(pose[2:]) - 5.0).all()


@pytest.mark.parametrize(
    ("sure", "times", "asked", "known", "there"),
    [
        (True, (1.0,), 1.0 - BACK_SECONDS + 0.05, 1.0, True),
        (True, (1.0,), 1.0 - BACK_SECONDS + 0.05, 1.4, False),
        (True, (1.0, 1.2, 1.4, 1.6), 1.0 - BACK_SECONDS + 0.05, 1.6, True),
        (False, (1.0, 1.2), 1.0 - GHOST_SECONDS - 0.05, 1.2, False),
        (False, (1.0, 2.0), 1.5, 2.0, False),
        (True, (1.0, 2.0), 1.5, 2.0, True),
    ],
    ids=[
        "just found: they may have been there before",
        "found once and lost at once",
        "found and found again",
        "a candidate's ghost is short",
        "a candidate between two far sightings",
        "a track between two far sightings",
    ],
)
def test_how_far_a_sighting_reaches(
    sure: bool, times: tuple[float, ...], asked: float, known: float, there: bool
) -> None:
    box = (100.0, 100.0, 140.0, 200.0)
    made = history(*((t, box) for t in times), sure=sure, known=known)
    assert made.at(asked, 1.0, SIZE).there.any() == there


@pytest.mark.parametrize(
    ("box", "kind", "style", "rectangles"),
    [
        ((100, 100, 140, 200), Kind.PERSON, Style.MOSAIC, 2),
        ((100, 100, 140, 200), Kind.PERSON, Style.SILHOUETTE, 1),
        ((100, 100, 200, 140), Kind.PERSON, Style.MOSAIC, 1),
        ((100, 100, 140, 200), Kind.MOTORCYCLE, Style.MOSAIC, 1),
    ],
    ids=["upright", "as a figure", "lying", "on a motorcycle"],
)
def test_the_shape_of_a_mask(box, kind: Kind, style: Style, rectangles: int) -> None:
    own = np.array([box], np.float32)
    odd = own + np.array([-30, 0, 30, 20], np.float32)
    made, _ = hiding(own, np.array([int(kind)]), HideOptions(style=style), odd)
    assert len(made) == rectangles
    for core in (own[0], odd[0]):  # whatever the shape, the boxes themselves are hidden
        assert any((r[:2] <= core[:2]).all() and (r[2:] >= core[2:]).all() for r in made)
    head = made[-1]
    assert head[1] < box[1]
    assert head[0] <= box[0] - 0.2 * 0.35 * (box[3] - box[1]) + 1e-3


@dataclass
class Slow:
    """One thing, told in the plainest way: what `Histories` says of all things at once."""

    seen: list[tuple[float, np.ndarray, bool]] = field(default_factory=list)  # time, box, sure
    kept: int = 0  # the first sighting that is remembered
    sure: bool = False

    def add(self, time: float, box: np.ndarray, sure: bool, score: float) -> None:
        self.seen.append((time, box.astype(np.float64), sure))
        self.sure |= sure and (len(self.seen) > 1 or score >= 0.5)

    def forget_before(self, time: float) -> bool:
        """Whether anything is left."""
        old = sum(t <= time for t, _, _ in self.seen)
        self.kept = old if old == len(self.seen) else max(self.kept, old - 1)
        return self.kept < len(self.seen)

    def steady(self, at: int) -> np.ndarray:
        time, own, _ = self.seen[at]
        near = [(t - time, b) for t, b, _ in self.seen if -0.5 - 1e-6 < t - time <= 0.5]
        if len(near) < 3:
            return own
        since, boxes = np.array([t for t, _ in near]), np.array([b for _, b in near])
        off, centre = since - since.mean(), (boxes[:, :2] + boxes[:, 2:]) / 2
        speed = np.tile(off @ centre / (off @ off), 2)  # of the straight line that fits best
        there = np.sort(boxes - since[:, None] * speed, axis=0)
        rest = round(0.25 * (len(near) - 1))
        box = np.concatenate([there[rest, :2], there[len(near) - 1 - rest, 2:]])
        return box if iou(box[None], own[None])[0, 0] >= 0.75 else around(box, own)

    def speed(self, index: int, *, lost: bool) -> np.ndarray:
        some = self.seen[self.kept : index + 1][-4:] if lost else self.seen[index : index + 4]
        some = [one for one in some if abs(one[0] - self.seen[index][0]) <= 1.0]
        dt = some[-1][0] - some[0][0]
        move = (some[-1][1] - some[0][1]) / dt if dt else np.zeros(4)
        return (move[:2] + move[2:]) / 2

    def at(self, time: float, hold: float, known: float) -> np.ndarray | None:
        remembered = range(self.kept, len(self.seen))
        before = [k for k in remembered if self.seen[k][0] <= time]
        after = [k for k in remembered if self.seen[k][0] > time]
        if before and after:
            (a, _, _), (b, _, _) = self.seen[before[-1]], self.seen[after[0]]
            if self.sure or b - a <= 2 * GHOST_SECONDS:
                share = (time - a) / (b - a)
                box = (1 - share) * self.steady(before[-1]) + share * self.steady(after[0])
                if b - a > 0.6 and b - time <= 0.4:  # perhaps somebody else, just come …
                    region = self.region(after[0], time, lost=False)
                    box = around(box, wider(region, 0.7 * (b - time)))
                stays = time - a <= 0.25 or not self.leaves(before[-1])
                if b - a > 0.6 and time - a <= 0.4 and stays:  # … and the one before just gone
                    region = self.region(before[-1], time, lost=True)
                    box = around(box, wider(region, 0.35 * (time - a)))
                return box
            if time - a > GHOST_SECONDS:
                before = []
        many = len(self.seen)
        ghost = GHOST_SECONDS if many > 1 else 0.2
        lost = bool(before)
        index = before[-1] if lost else after[0]
        dt = time - self.seen[index][0]
        reach = min(hold if lost else BACK_SECONDS, 0.25 + 0.1 * many) if self.sure else ghost
        if self.sure and not lost and self.seen[-1][0] >= known:
            reach = BACK_SECONDS
        if lost and dt > 0 and self.leaves(index):
            reach = ghost
        if abs(dt) > reach:
            return None
        return self.region(index, time, lost=lost)

    def leaves(self, index: int) -> bool:
        box, speed = self.seen[index][1], self.speed(index, lost=True)
        edge = [box[0] <= 2, box[1] <= 2, box[2] >= SIZE[0] - 2, box[3] >= SIZE[1] - 2]
        out = [speed[0] < 0, speed[1] < 0, speed[0] > 0, speed[1] > 0]
        return any(a and b for a, b in zip(edge, out, strict=True))

    def region(self, index: int, time: float, *, lost: bool) -> np.ndarray:
        last, own, _ = self.seen[index]
        speed, dt, box = self.speed(index, lost=lost), time - last, self.steady(index)
        way = np.tile(np.clip(speed * dt, box[1] - box[3], box[3] - box[1]), 2)
        left = min(0.5, max(0.0, dt - 0.3)) if lost else 0.0
        region = around(box + left * way, box + way)
        return around(region, own) if lost and dt <= 0.25 else region


def wider(box: np.ndarray, share: float) -> np.ndarray:
    by = min(0.35, share) * max(box[2] - box[0], 0.3 * (box[3] - box[1]))
    return np.asarray(box + by * np.array([-1.0, -0.5, 1.0, 0.5]))


def around(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.concatenate([np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])])


@pytest.mark.parametrize("seed", range(4))
def test_all_things_at_once_are_where_each_is_by_itself(seed: int) -> None:
    """People walk about, are lost, found again and leave; looks come at odd times."""
    random = np.random.default_rng(seed)
    fast, slow, start = Histories(), dict[int, Slow](), 0.0
    walkers = [(random.uniform(0, 500, 2), random.uniform(-80, 80, 2)) for _ in range(12)]
    compared = 0
    for _ in range(60):
        start += random.uniform(0.1, 0.3)
        corner = np.array([c + w * start for c, w in walkers]) + random.normal(0, 3, (12, 2))
        side = random.uniform(0.8, 1.2, (12, 2)) * (40, 90)
        boxes = np.hstack([corner, corner + side]).clip(0, SIZE * 2).astype(np.float32)
        seen = random.random(12) < np.where(np.arange(12) < 3, 0.15, 0.75)
        score = random.uniform(0.2, 0.9, 12).astype(np.float32)
        is_track = seen & (np.arange(12) % 3 > 0)
        looks = []
        for who in (is_track, seen & ~is_track):
            columns = {"id": np.flatnonzero(who) + 1, "box": boxes[who], "score": score[who]}
            looks.append(Tracks.make("gate", start, 1, SIZE, **columns))
        fast.add(start, *looks, np.zeros((0, 4), np.float32))
        for k in np.flatnonzero(seen):
            thing = slow.setdefault(int(k) + 1, Slow())
            thing.add(start, boxes[k], bool(is_track[k]), float(score[k]))
        for time in (start - 1.0, start - 1.0 + random.uniform(0, 0.3), start + 0.15):
            places = fast.at(time, 1.0, SIZE)
            there = dict(
                zip(places.id[places.there].tolist(), places.box[places.there], strict=True)
            )
            expected = {k: thing.at(time, 1.0, start) for k, thing in slow.items()}
            expected = {k: box for k, box in expected.items() if box is not None}
            assert there.keys() == expected.keys()
            for k, box in expected.items():
                np.testing.assert_allclose(there[k], box, atol=2e-3)
            compared += len(there)
        fast.forget_before(start - 3.0)
        slow = {k: thing for k, thing in slow.items() if thing.forget_before(start - 3.0)}
        assert len(fast) == len(slow)
    assert compared > 500


A = (100.0, 100.0, 140.0, 200.0)
NEAR = (150.0, 100.0, 190.0, 200.0)
FAR = (400.0, 100.0, 440.0, 200.0)


@pytest.mark.parametrize(
    ("boxes", "columns", "faint", "often"),
    [
        ((A,), {}, 0, False),
        ((A, FAR), {}, 0, False),
        ((A, NEAR), {}, 0, True),
        ((A,), {"score": [0.3]}, 0, True),
        ((A,), {"age": [0.2]}, 0, True),
        ((A,), {"seen": [False]}, 0, True),
        ((A,), {"velocity": [[200.0, 0.0]]}, 0, True),
        ((A,), {}, 1, True),
        ((), {}, 0, False),
    ],
    ids=["alone", "two apart", "two close", "faint", "new", "lost", "quick", "a ghost", "nobody"],
)
def test_who_must_be_looked_at_often(boxes, columns, faint: int, often: bool) -> None:
    gate, cells = Gate(LookOptions(looks_per_second=10.0)), np.zeros((4, 4), np.bool_)
    n = len(boxes)
    row = {"age": [5.0] * n, "score": [0.8] * n, "seen": [True] * n} | columns
    looks = 0
    for step in range(200):
        time = step / 20.0
        if gate.look(time, Motion(False, True, cells, cells)) is not None:
            looks += time >= 5.0
            tracks = Tracks.make(
                "gate", time, step, SIZE, id=list(range(n)), **row,
                box=np.array(boxes, np.float32).reshape(-1, 4),
            )  # fmt: skip
            none = Tracks.make("gate", time, step, SIZE)
            empty = np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
            ghosts = np.tile(np.array(FAR, np.float32), (faint, 1))
            gate.report(Look(time, step, tracks, none, *empty), ghosts)
    assert looks == (50 if often else pytest.approx(34, abs=3))
