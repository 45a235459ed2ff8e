"""Faint vehicles are told where others drove, and nothing of it reaches what is hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import pytest

from streetlamp.app.pipeline import make_camera
from streetlamp.geometry import Line
from streetlamp.rules import make_rule, options_of
from streetlamp.site import Site
from streetlamp.values import Kind, Tracks
from streetlamp.video.camera import Camera, Now, Output, Shown
from streetlamp.video.options import HideOptions, LookOptions
from streetlamp.video.raw import Detections
from streetlamp.video.tag.options import TagOptions
from streetlamp.video.tag.tagger import Tagger
from streetlamp.video.track.options import TrackOptions
from streetlamp.video.track.tracker import Tracker
from streetlamp.video.traffic import Traffic
from streetlamp.video.traffic.road import Road
from streetlamp.video.traffic.sift import sift, somebody
from support.pipeline import Script, raw

SIZE = (640, 360)
LOOK = 1 / 3  # s
STEP = 20.0  # pixels a car drives from look to look
CAR = (28.0, 20.0)
T0 = 1_800_000_000.0
Row = tuple[float, float, float, float, Kind, float]  # x1, y1, width, height, kind, score


def seen(rows: Iterable[Row]) -> Detections:
    found = list(rows)
    box = np.array([[x, y, x + w, y + h] for x, y, w, h, _, _ in found], np.float32)
    kind = np.array([int(row[4]) for row in found], np.int64)
    score = np.array([row[5] for row in found], np.float32)
    return Detections(box.reshape(-1, 4), kind, score)


def car(start: float, y: float, score: float, kind: Kind = Kind.CAR) -> Callable[[int], list[Row]]:
    """Drives to the left from x `start`; seen while it is whole in the picture."""

    def at(look: int) -> list[Row]:
        x = start - STEP * look
        return [(x, y, *CAR, kind, score)] if 0 < x < SIZE[0] - CAR[0] else []

    return at


def told(
    things: list[Callable[[int], list[Row]]], looks: int, traffic: Traffic | None = None
) -> tuple[list[Tracks], list[Tracks]]:
    """What the tracker tells at each look, and what is told with faint vehicles."""
    tracker = Tracker("road", TrackOptions(), seed=1)
    traffic = traffic or Traffic("road", TrackOptions(), seed=2)
    plain, all_ = [], []
    for n in range(looks):
        found = seen(row for thing in things for row in thing(n))
        plain.append(tracker.update(found, T0 + n * LOOK, n + 1, SIZE).tracks)
        all_.append(traffic.update(found, plain[-1]))
    return plain, all_


def near(tracks: Tracks, y: float, kind: Kind = Kind.CAR) -> list[int]:
    """Ids of the tracks of this kind whose top is at about y."""
    rows = (np.abs(tracks.box[:, 1] - y) < 6) & (tracks.kind == kind)
    return list(tracks.id[rows].tolist())


def lane(y: float, cars: int, score: float) -> list[Callable[[int], list[Row]]]:
    """Cars one behind the other, well apart: at most one or two are in the picture."""
    return [car(600 + 400 * n, y, score) for n in range(cars)]


def test_a_faint_car_is_told_where_others_drove() -> None:
    plain, all_ = told([*lane(100, 3, 0.8), *lane(100, 6, 0.25)[3:]], 130)
    late = slice(75, None)  # the last three come, faint
    assert not [number for one in plain[late] for number in near(one, 100)]
    assert len({number for one in all_[late] for number in near(one, 100)}) == 3


def test_its_score_is_that_of_what_is_believed() -> None:
    _, all_ = told([*lane(100, 3, 0.8), *lane(100, 5, 0.25)[3:]], 110)
    scores = [score for one in all_[80:] for score in one.score.tolist()]
    assert scores
    assert min(scores) >= 0.5


def test_faint_cars_alone_make_a_road() -> None:
    cars = [car(600 + 700 * n, 100, 0.32) for n in range(3)]
    plain, all_ = told(cars, 105)
    assert not any(len(one) for one in plain)
    assert not any(len(one) for one in all_[:34])  # the first one drives where nobody did
    assert [len({i for one in all_[k : k + 35] for i in one.id.tolist()}) for k in (35, 70)] == [
        1,
        1,
    ]


def test_nothing_is_told_of_one_that_drives_alone() -> None:
    _, all_ = told([car(600, 100, 0.35)], 40)
    assert not any(len(one) for one in all_)


@pytest.mark.parametrize("size", [(90.0, 70.0), (9.0, 7.0)])
def test_what_has_another_size_is_no_car_of_that_road(size: tuple[float, float]) -> None:
    def odd(look: int) -> list[Row]:
        x = 600 + 1200 - STEP * look
        middle = 110 - size[1] / 2
        return [(x, middle, *size, Kind.CAR, 0.3)] if 0 < x < SIZE[0] - size[0] else []

    _, all_ = told([*lane(100, 3, 0.8), odd], 100)
    wide = [width for one in all_ for width in (one.box[:, 2] - one.box[:, 0]).tolist()]
    assert wide
    assert all(20 < width < 40 for width in wide)


def test_what_drives_against_the_way_is_not_believed() -> None:
    def wrong(look: int) -> list[Row]:
        x = STEP * (look - 75) + 30
        return [(x, 100, *CAR, Kind.CAR, 0.3)] if 0 < x < SIZE[0] - CAR[0] else []

    _, all_ = told([*lane(100, 3, 0.8), wrong], 105)
    assert not [number for one in all_[78:] for number in near(one, 100)]


def test_a_faint_thing_that_stands_on_the_road_is_never_told() -> None:
    def stands(look: int) -> list[Row]:
        return [(300, 135, *CAR, Kind.CAR, 0.3)]

    _, all_ = told([*lane(100, 8, 0.8), *lane(160, 8, 0.3), stands], 160)
    assert not [number for one in all_ for number in near(one, 135)]


def test_cars_that_drive_side_by_side_need_no_road() -> None:
    cars = [car(500 + 60 * n, 100 + 30 * (n % 3), 0.3) for n in range(6)]
    plain, all_ = told(cars, 8)
    assert not any(len(one) for one in plain)
    assert max(len(one) for one in all_) >= 4


@pytest.mark.parametrize("score", [0.35, 0.6, 0.9])
def test_somebody_is_never_a_vehicle_however_often_it_is_said(score: float) -> None:
    """People walk a road one after the other, and the detector says `car` as well, faintly."""

    def both(look: int) -> list[Row]:
        rows = []
        for n in range(8):
            x = 600 + 300 * n - STEP * look
            if 0 < x < SIZE[0] - 30:
                rows.append((x, 100.0, 24.0, 50.0, Kind.PERSON, score))
                rows.append((x - 1, 101.0, 26.0, 49.0, Kind.CAR, 0.34))
        return rows

    plain, all_ = told([both], 130)
    assert not any((one.kind != Kind.PERSON).any() for one in all_)
    for one, other in zip(plain, all_, strict=True):
        assert np.array_equal(one.id, other.id)


def test_people_among_the_cars_are_told_as_before() -> None:
    def walks(look: int) -> list[Row]:
        return [(200 + 4.0 * look, 200, 20, 60, Kind.PERSON, 0.9)]

    plain, all_ = told([*lane(100, 5, 0.3), *lane(130, 5, 0.7), walks], 80)
    for one, other in zip(plain, all_, strict=True):
        rows, others = one.kind == Kind.PERSON, other.kind == Kind.PERSON
        for name in ("id", "box", "score", "seen", "posture", "upper"):
            assert np.array_equal(getattr(one, name)[rows], getattr(other, name)[others])


def test_what_the_tracker_is_sure_of_is_told_at_once() -> None:
    def parked(look: int) -> list[Row]:
        return [(300, 200, 60, 40, Kind.CAR, 0.7)]

    plain, all_ = told([*lane(100, 2, 0.8), parked], 30)
    assert [len(one) for one in plain] == [len(one) for one in all_]
    assert len({number for one in all_ for number in near(one, 200)}) == 1


def test_without_vehicles_nothing_is_done() -> None:
    def walks(look: int) -> list[Row]:
        return [(200 + 4.0 * look, 200, 20, 60, Kind.PERSON, 0.9), (9, 9, 30, 20, Kind.CAR, 0.2)]

    plain, all_ = told([walks], 20)
    assert all(one is other for one, other in zip(plain, all_, strict=True))


def test_another_scene_has_no_road_yet() -> None:
    traffic = Traffic("road", TrackOptions(), seed=2)
    told(lane(100, 4, 0.8), 90, traffic)
    traffic.reset()
    _, all_ = told([car(600, 100, 0.35)], 28, traffic)
    assert not any(len(one) for one in all_)


def test_a_line_counts_them_once_each() -> None:
    """Lanes of cars of which the detector is unsure, found in nine looks of ten."""
    rng = np.random.default_rng(3)
    cars = [car(600 + 97 * n + 10 * (n % 3), 100 + 34 * (n % 3), 0.3) for n in range(40)]

    def misses(one: Callable[[int], list[Row]]) -> Callable[[int], list[Row]]:
        return lambda look: [row for row in one(look) if rng.random() > 0.1]

    _, all_ = told([misses(one) for one in cars], 230)
    options = options_of({"kind": "line_crossing", "name": "n", "place": "l", "classes": ["car"]})
    rule = make_rule(options, [Line("l", (0.25, 0), (0.25, 1))])
    state, counted = rule.start(), 0
    for one in all_:
        state, out = rule.step(state, one)
        counted += sum(count.n for count in out.counts)
    assert 38 <= counted <= 40  # the first ones come before there is a road


def test_a_road_counts_vehicles_and_not_looks() -> None:
    road = Road(SIZE)
    box = np.array([[100, 100, 128, 120]], np.float32)
    left = np.array([[-1.0, 0.0]], np.float32)
    assert road.at(box).count.tolist() == [0.0]
    for _ in range(3):
        road.learn(box, left)
    passed = road.at(box)
    assert passed.count[0] == pytest.approx(3.0)
    assert passed.size[0] == pytest.approx([28, 20], rel=1e-3)
    assert passed.way[0] == pytest.approx([-1, 0])
    assert road.own(int(road.cell(box)[0]), road.cell(box).tolist()) == pytest.approx(1.0)
    assert road.at(box + np.float32(300)).count[0] == 0.0


def test_a_road_follows_where_traffic_is_led() -> None:
    road = Road(SIZE)
    box = np.array([[100, 100, 128, 120]], np.float32)
    for way in (-1.0, 1.0):
        for _ in range(400):
            road.learn(box, np.array([[way, 0]], np.float32))
    assert road.at(box).way[0, 0] > 0.99


def test_of_a_box_and_its_parts_one_is_left() -> None:
    whole = (100.0, 100.0, 60.0, 30.0, Kind.TRUCK, 0.4)
    part = (105.0, 102.0, 25.0, 20.0, Kind.CAR, 0.3)
    beside = (150.0, 100.0, 60.0, 30.0, Kind.CAR, 0.3)
    assert sift(seen([part, whole, beside]), 0.5).score.tolist() == pytest.approx([0.4, 0.3])
    sure = (105.0, 102.0, 25.0, 20.0, Kind.CAR, 0.6)
    assert len(sift(seen([sure, (*whole[:5], 0.7)]), 0.5)) == 2


def test_who_is_somebody_is_asked_of_people_and_two_wheelers() -> None:
    box = np.array([[100, 100, 120, 150]], np.float32)
    for kind, likely in ((Kind.PERSON, 0.4), (Kind.MOTORCYCLE, 0.4), (Kind.TRUCK, 0.0)):
        found = seen([(100, 100, 20, 50, kind, 0.4)])
        assert somebody(box, found).tolist() == pytest.approx([likely])


def _played(cam: Callable[[Script], Camera]) -> list[Output]:
    """Pictures of a road with faint cars and a person, and all that comes of them."""
    cars = [*lane(100, 3, 0.8), *lane(100, 6, 0.25)[3:], *lane(130, 6, 0.3)]

    def answer(number: int) -> Detections:
        rows = [row for one in cars for row in one(number)]
        rows.append((20 + 3.0 * number, 180, 20, 50, Kind.PERSON, 0.3 + 0.02 * (number % 20)))
        return seen(rows)

    camera = cam(Script(answer))
    frames = [raw(n, T0 + n * LOOK, size=SIZE) for n in range(110)]
    return [out for frame in frames for out in camera.push(frame)] + camera.flush()


def _told(outputs: list[Output]) -> int:
    return sum(len(out.tracks) for out in outputs if isinstance(out, Now))


def test_what_is_hidden_and_shown_is_the_same_to_the_byte() -> None:
    def plain(traffic: Traffic | None, looker: Script) -> Camera:
        tracker, tagger = Tracker("gate", TrackOptions(), seed=1), Tagger(TagOptions())
        hide, look = HideOptions(), LookOptions()
        return Camera("gate", looker, hide, look, tracker, tagger, wait=True, traffic=traffic)

    without = _played(partial(plain, None))
    with_ = _played(partial(plain, Traffic("gate", TrackOptions(), seed=2)))
    one, other = ([out for out in of if isinstance(out, Shown)] for of in (without, with_))
    assert len(one) == len(other) == 110
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a.frame.hidden, b.frame.hidden)
        assert all(np.array_equal(getattr(a.frame, p), getattr(b.frame, p)) for p in "yuv")
        assert np.array_equal(a.tracks.box, b.tracks.box)
    assert _told(with_) > _told(without) + 20  # while the rules hear of more


@pytest.mark.parametrize("wait", [False, True])  # live, and from files
def test_every_camera_does_it_unless_told_not_to(wait: bool) -> None:
    def made(faint: bool, heard: bool, looker: Script) -> Camera:
        options = {"cameras": {"gate": {"source": "test:"}}, "track": {"faint_vehicles": faint}}
        site = Site.model_validate(options)
        return make_camera("gate", site.cameras["gate"], site, looker, wait=wait, heard=heard)

    off, on = (_told(_played(partial(made, faint, True))) for faint in (False, True))
    assert on > off + 20
    assert _told(_played(partial(made, True, False))) == off  # where nobody would hear of it
