"""Where somebody was between looks, steadied with hindsight, and the rectangles that hide them."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.values import Kind, Tracks
from streetlamp.video.coverage import Look
from streetlamp.video.gate import Gate
from streetlamp.video.history import BACK_SECONDS, GHOST_SECONDS, History, Sighting
from streetlamp.video.motion import Motion
from streetlamp.video.options import HideOptions, LookOptions, Style
from streetlamp.video.shape import hiding

SIZE = (640, 360)


def sighting(time: float, box: tuple[float, ...], score: float = 0.8) -> Sighting:
    at = np.array(box, np.float32)
    tracks = Tracks.make("gate", time, 1, SIZE, id=[1], box=at[None], seen=[True], score=[score])
    return Sighting(time, at, at, tracks, 0, True)


def history(*sightings: Sighting, sure: bool = True) -> History:
    made = History(sure=sure)
    for one in sightings:
        made.add(one)
    return made


def test_a_box_that_is_narrow_for_one_look_is_not_narrow() -> None:
    wide, narrow = (100.0, 100.0, 140.0, 200.0), (112.0, 100.0, 140.0, 200.0)
    looks = [sighting(k / 5.0, narrow if k == 5 else wide) for k in range(11)]
    place = history(*looks).at(1.0, 1.0, 2.0)
    assert place is not None
    assert place.box[0] < 104.0
    np.testing.assert_allclose(place.core, narrow)


def test_a_walker_is_steadied_without_lagging() -> None:
    def box(k: int) -> tuple[float, ...]:
        x = 100.0 + 20.0 * k
        return (x, 100.0, x + 40.0, 200.0)

    made = history(*(sighting(k / 5.0, box(k)) for k in range(11)))
    for time in (0.8, 0.9, 1.0, 1.13):
        place = made.at(time, 1.0, 2.0)
        assert place is not None
        np.testing.assert_allclose(place.box[0], 100.0 + 100.0 * time, atol=0.5)


def test_somebody_who_falls_is_covered_in_every_pose() -> None:
    standing, lying = (100.0, 100.0, 140.0, 200.0), (80.0, 160.0, 180.0, 200.0)
    made = history(*(sighting(k / 5.0, standing if k < 5 else lying) for k in range(11)))
    for time, pose in ((0.8, standing), (1.0, lying)):
        place = made.at(time, 1.0, 2.0)
        assert place is not None
        assert (place.box[:2] <= np.array(pose[:2]) + 5.0).all()
        assert (place.box[2:] >= np.array(pose[2:]) - 5.0).all()


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
    made = history(*(sighting(t, (100.0, 100.0, 140.0, 200.0)) for t in times), sure=sure)
    assert (made.at(asked, 1.0, known) is not None) == there


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
    own = np.array(box, np.float32)
    odd = own + np.array([-30, 0, 30, 20], np.float32)
    made = hiding(own, kind, HideOptions(style=style), odd)
    assert len(made) == rectangles
    for core in (own, odd):  # whatever the shape, the boxes themselves are hidden
        assert any((r[:2] <= core[:2]).all() and (r[2:] >= core[2:]).all() for r in made)
    head = made[0]
    assert head[1] < box[1]
    assert head[0] <= box[0] - 0.2 * 0.35 * (box[3] - box[1]) + 1e-3


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
