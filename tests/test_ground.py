"""The ground in metres, against cameras whose place is known."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from streetlamp.ground import (
    GroundOptions,
    Plane,
    plane_from_people,
    plane_from_points,
    plane_from_rectangle,
)
from support.road import Pinhole

BAY = ((-4, 10), (4, 10), (4, 30), (-4, 30))
PLACES = np.array([(0, 8), (-6, 15), (5, 22), (2, 40), (-12, 35)], float)

cameras = st.builds(
    Pinhole,
    height=st.floats(3, 15),
    pitch=st.floats(8, 45),
    view=st.floats(30, 100),
    roll=st.floats(-5, 5),
)


def lengths(plane: Plane, camera: Pinhole, places: Any = PLACES) -> Any:
    """Distances of all pairs of places, as measured, and the true ones."""
    metres = plane.to_metres(camera.fractions(places))
    i, j = np.triu_indices(len(places), 1)
    measured = np.hypot(*(metres[i] - metres[j]).T)
    return measured, np.hypot(*(np.asarray(places)[i] - np.asarray(places)[j]).T)


@settings(max_examples=60, deadline=None)
@given(camera=cameras)
def test_exact_points_give_the_ground_within_one_percent(camera: Pinhole) -> None:
    plane = plane_from_points(camera.fractions(BAY).tolist(), BAY)
    measured, true = lengths(plane, camera)
    assert np.abs(measured / true - 1).max() < 0.01
    assert plane.to_picture(PLACES) == pytest.approx(camera.fractions(PLACES), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(camera=cameras)
def test_a_rectangle_is_four_points(camera: Pinhole) -> None:
    plane = plane_from_rectangle(camera.fractions(BAY).tolist(), (8, 20))
    measured, true = lengths(plane, camera)
    assert measured == pytest.approx(true, rel=0.01)
    assert plane.area(camera.fractions(BAY)) == pytest.approx(160, rel=0.01)


def test_clicks_that_are_off_are_stated_as_error() -> None:
    """Of 200 calibrations with 2 px of noise, 95 in a hundred lengths lie within two σ."""
    camera = Pinhole()
    within, off, stated = [], [], []
    for seed in range(200):
        plane = camera.plane(2.0, seed)
        a, b = plane.to_metres(camera.fractions([(-3, 18), (2, 26)]))
        share = plane.doubt_of_length(tuple(a), tuple(b))
        wrong = math.dist(a, b) / math.hypot(5, 8) - 1
        within.append(abs(wrong) <= 2 * share)
        off.append(wrong)
        stated.append(share)
    assert np.mean(within) > 0.9
    assert float(np.sqrt(np.mean(np.square(off)))) == pytest.approx(np.mean(stated), rel=0.3)


def test_a_pixel_far_away_is_more_metres() -> None:
    camera = Pinhole()
    plane = camera.plane()
    near, far = plane.error_at(camera.fractions([(0, 10), (0, 40)]), camera.size)
    assert far > 5 * near
    # against the difference itself: one pixel down is the worst direction
    at = camera.fractions([(0, 10)])
    beside = at + np.array((0, 0.01 / camera.size[1]))
    moved = math.dist(*plane.to_metres(np.concatenate([at, beside])))
    assert near == pytest.approx(moved / 0.01, rel=0.01)
    assert plane.error_at(at, camera.size, pixels=3.0) == pytest.approx(3 * near)


def test_the_sky_is_no_ground() -> None:
    camera = Pinhole(pitch=20, view=80)
    plane = camera.plane()
    focal = camera.size[0] / 2 / math.tan(math.radians(40))
    horizon = 0.5 - focal * math.tan(math.radians(20)) / camera.size[1]
    found = plane.to_metres([(0.5, horizon + 0.02), (0.5, horizon - 1e-6), (0.5, 0.0)])
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1:]).all()
    assert np.isnan(plane.error_at([(0.5, 0.0)], camera.size)).all()
    assert math.isnan(plane.area([(0, 1), (1, 1), (1, 0), (0, 0)]))
    assert np.isnan(plane.to_picture([(0, -50)])).all(), "what is behind the camera is not seen"


def test_more_points_than_four_are_better_and_must_agree() -> None:
    camera = Pinhole()
    many = [(x, y) for y in (10, 17, 25) for x in (-4, 0, 4)]
    few = camera.plane(2.0, 3)
    plane = camera.plane(2.0, 3, many)

    def doubt(one: Plane) -> float:
        return one.doubt_of_length((-2, 12), (2, 20))

    assert doubt(plane) < doubt(few)
    wrong = [list(point) for point in many]
    wrong[4] = [0, 21]
    with pytest.raises(ValueError, match=r"point 5 is .* pixels from where the others put it"):
        plane_from_points(camera.fractions(many).tolist(), wrong)


SQUARE = [(0.3, 0.5), (0.7, 0.5), (0.9, 0.9), (0.1, 0.9)]


@pytest.mark.parametrize(
    ("story", "picture", "metres", "said"),
    [
        ("three points", SQUARE[:3], BAY[:3], "at least 4 points, this one has 3"),
        ("one has no place", SQUARE, BAY[:3], "4 points in the picture and 3 on the ground"),
        ("three in line", [(0.3, 0.5), (0.5, 0.5), (0.7, 0.5), (0.1, 0.9)], BAY,
         "points 1, 2 and 3 lie on one line in the picture"),
        ("three in line there", SQUARE, [(0, 0), (4, 0), (8, 0), (0, 5)], "on the ground"),
        ("the same point twice", [SQUARE[0], *SQUARE[:3]], BAY, "are the same"),
        ("another order", SQUARE, [BAY[1], BAY[3], BAY[2], BAY[0]], "in the same order"),
        ("no number", [(math.nan, 0.5), *SQUARE[1:]], BAY, "not a pair of numbers"),
        ("all in line", [(x / 10, 0.5) for x in range(5)], [(x, 0) for x in range(5)], "one line"),
    ],
)  # fmt: skip
def test_what_no_camera_sees_is_refused(story: str, picture: Any, metres: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plane_from_points(picture, metres)


@pytest.mark.parametrize(
    ("story", "corners", "sides", "said"),
    [
        ("corners that cross", [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], (8, 20), "cross"),
        ("a corner inside", [*SQUARE[:2], (0.5, 0.55), SQUARE[3]], (8, 20), "inside the other"),
        ("no length", SQUARE, (8, 0), "has no area"),
        ("three corners", SQUARE[:3], (8, 20), "has 4 corners, this one has 3"),
    ],
)
def test_what_is_no_rectangle(story: str, corners: Any, sides: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plane_from_rectangle(corners, sides)


# People


def crowd(
    camera: Pinhole, n: int, seed: int, noise: float = 2.0, mean: float = 1.7
) -> list[tuple[float, float, float]]:
    rng = np.random.default_rng(seed)
    found: list[tuple[float, float, float]] = []
    while len(found) < n:
        at = camera.person(rng.uniform(-12, 12), rng.uniform(5, 35), rng.normal(mean, 0.09))
        if min(at) > 0 and max(at) < 1:
            off = rng.normal(0, noise, 3) / (camera.size[0], camera.size[1], camera.size[1])
            found.append(tuple((np.array(at) + off).tolist()))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("camera", [Pinhole(5, 18, 70), Pinhole(8, 30, 60, roll=1.5)])
def test_exact_people_of_the_mean_height_give_the_ground(camera: Pinhole) -> None:
    people = [camera.person(x, y, 1.7) for x in (-4, 0, 4) for y in (9, 14, 22)]
    level = camera.roll == 0
    plane = plane_from_people(people, camera.view, camera.size)
    measured, true = lengths(plane, camera)
    assert np.abs(measured / true - 1).max() < (0.01 if level else 0.06)


@pytest.mark.parametrize("n", [12, 60])
def test_people_of_many_heights_are_within_what_is_stated(n: int) -> None:
    camera = Pinhole(5, 18, 70)
    within = []
    for seed in range(12):
        plane = plane_from_people(crowd(camera, n, seed), 70, camera.size)
        a, b = plane.to_metres(camera.fractions([(-2, 12), (3, 20)]))
        share = plane.doubt_of_length(tuple(a), tuple(b))
        within.append(abs(math.dist(a, b) / math.hypot(5, 8) - 1) <= 2 * share)
        assert share < 0.08
    assert np.mean(within) > 0.9


def test_children_and_people_cut_short_do_not_spoil_it() -> None:
    camera = Pinhole(5, 18, 70)
    good = crowd(camera, 20, 4)
    odd = [camera.person(x, y, 0.9) for x, y in ((-3, 8), (3, 10), (0, 14), (2, 18))]
    measured, _ = lengths(plane_from_people([*good, *odd], 70, camera.size), camera)
    alone, _ = lengths(plane_from_people(good, 70, camera.size), camera)
    assert measured == pytest.approx(alone, rel=0.05)


@pytest.mark.parametrize(
    ("story", "people", "said"),
    [
        ("too few", [(0.5, 0.9, 0.5)] * 5, "at least 6 people"),
        ("upside down", [(0.5, 0.5, 0.9)] * 6, "heads are above feet"),
        ("all at one height", [(x / 10, 0.8, 0.5) for x in range(1, 8)], "one height of the"),
        ("further is larger", [(0.5, y / 10, y / 10 - 0.5 + y / 30) for y in range(5, 10)] * 2,
         "further down in the picture are not larger"),
    ],
)  # fmt: skip
def test_people_who_tell_nothing(story: str, people: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plane_from_people(people, 70)


# In the site file


def test_a_plane_pickles_and_compares() -> None:
    plane = Pinhole().plane(1.0)
    assert pickle.loads(pickle.dumps(plane)) == plane
    assert len({plane, Pinhole().plane(1.0)}) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "one of the three"),
        ({"rectangle": SQUARE, "sides_m": [8, 20], "points": SQUARE}, "one of the three"),
        ({"rectangle": SQUARE}, "sides_m is missing"),
        ({"points": SQUARE}, "4 points in the picture and 0 on the ground"),
        ({"rectangle": [(3, 0.5), *SQUARE[1:]], "sides_m": [8, 20]}, "outside the picture"),
        ({"people": [(0.5, 0.9, 0.5)] * 6}, "view_degrees is missing"),
        ({"rectangle": SQUARE, "sides_m": [8, 20], "picture": [0, 5]}, "its width and its height"),
    ],
)
def test_a_ground_that_is_wrong_says_how(data: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        GroundOptions.model_validate(data)


def test_all_three_ways_in_the_site_file_are_the_same_ground() -> None:
    camera = Pinhole()
    corners = camera.fractions(BAY).tolist()
    people = [camera.person(x, y, 1.8) for x in (-4, 0, 4) for y in (9, 14, 22)]
    size = {"picture": camera.size}
    for data in (
        {"points": corners, "metres": BAY},
        {"rectangle": corners, "sides_m": (8, 20)},
        {"people": people, "person_height_m": 1.8, "view_degrees": camera.view},
    ):
        plane = GroundOptions.model_validate({**data, **size}).plane()
        measured, true = lengths(plane, camera)
        assert measured == pytest.approx(true, rel=0.01), data
