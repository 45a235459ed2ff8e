"""Zones and lines: what may be drawn, what is inside, which side is which."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streetlamp.geometry import Line, Zone, find

SIZE = (200, 100)
SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (((0, 0), (1, 1)), "at least 3 corners, this one has 2"),
        (((0, 0), (1, 1), (0, 0)), "at least 3 corners, this one has 2"),
        (((0, 0), (0.5, 1.2), (1, 0)), r"corner 2 \(0.5, 1.2\) is outside the picture"),
        (((0, 0), (1, 0), (640, 480)), r"corner 3 \(640, 480\) is outside .*pixels divided by"),
        (((0, 0), (float("nan"), 0), (1, 1)), "corner 2 .* is not a pair of numbers"),
        (((0, 0), (1, 1), (1, 0), (0, 1)), "the edge from corner 1 crosses the edge from corner 3"),
        (((0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)), "crosses the edge"),
        (((0, 0), (1, 0), (1, 0), (0, 1)), "corners 2 and 3 are the same point"),
        (((0, 0), (0.5, 0.5), (1, 1)), "the corners lie on one line"),
    ],
)
def test_a_zone_that_cannot_be(points: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Zone("z", points)  # type: ignore[arg-type]


def test_a_closed_ring_is_opened() -> None:
    assert Zone("z", (*SQUARE, SQUARE[0])) == Zone("z", SQUARE)


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ((0.5, 0.5), (0.5, 0.5), "start and end are the same point"),
        ((-0.1, 0.5), (0.5, 0.5), r"the start \(-0.1, 0.5\) is outside"),
        ((0.1, 0.5), (0.5, 7), r"the end \(0.5, 7\) is outside"),
    ],
)
def test_a_line_that_cannot_be(a: tuple[float, float], b: tuple[float, float], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Line("l", a, b)


@pytest.mark.parametrize(
    ("point", "inside", "distance"),
    [
        ((100, 50), True, 25),
        ((55, 50), True, 5),
        ((45, 50), False, -5),
        ((100, 10), False, -15),
        ((47, 21), False, -5),
    ],
)
def test_inside_and_how_far(point: tuple[float, float], inside: bool, distance: float) -> None:
    zone = Zone("z", SQUARE)
    assert zone.contains([point], SIZE).tolist() == [inside]
    assert zone.distance([point], SIZE)[0] == pytest.approx(distance)


def test_a_dent_is_outside() -> None:
    zone = Zone(
        "u", ((0, 0), (1, 0), (1, 1), (0.75, 1), (0.75, 0.5), (0.25, 0.5), (0.25, 1), (0, 1))
    )
    assert zone.contains([(100, 80), (20, 80), (180, 80), (100, 20)], SIZE).tolist() == [
        False,
        True,
        True,
        True,
    ]


def test_the_picture_s_edge_is_no_border() -> None:
    whole = Zone.whole()
    points = [(0, 0), (200, 100), (100, 100), (-50, 400), (100, 50)]
    assert whole.contains(points, SIZE).all()
    assert np.isinf(whole.distance(points, SIZE)).all()


def test_no_points_no_answers() -> None:
    assert Zone("z", SQUARE).contains(np.zeros((0, 2)), SIZE).shape == (0,)
    assert Line("l", (0, 0), (1, 1)).side(np.zeros((0, 2)), SIZE).shape == (0,)


@pytest.mark.parametrize(
    ("line", "right"),
    [
        (Line("rightwards", (0, 0.5), (1, 0.5)), (100, 90)),
        (Line("leftwards", (1, 0.5), (0, 0.5)), (100, 10)),
        (Line("downwards", (0.5, 0), (0.5, 1)), (10, 50)),
        (Line("upwards", (0.5, 1), (0.5, 0)), (190, 50)),
    ],
)
def test_right_is_the_right_hand_of_who_looks_from_a_to_b(
    line: Line, right: tuple[float, float]
) -> None:
    other = (200 - right[0], 100 - right[1])
    there, here = line.side([right, other], SIZE)
    assert there > 0 > here
    assert there == pytest.approx(-here)


def test_side_is_in_pixels_and_along_goes_from_0_to_1() -> None:
    line = Line("l", (0.25, 0.5), (0.75, 0.5))
    points = [(50, 60), (150, 40), (100, 50), (200, 50)]
    assert line.side(points, SIZE).tolist() == [10, -10, 0, 0]
    assert line.along(points, SIZE).tolist() == [0, 1, 0.5, 1.5]


def test_find() -> None:
    places = [Zone("a", SQUARE), Line("b", (0, 0), (1, 1))]
    assert find(places, "b") is places[1]
    assert find(places, "c") is None


@given(
    x=st.floats(-50, 250),
    y=st.floats(-50, 150),
    scale=st.sampled_from([0.5, 2.0, 3.0]),
)
def test_a_zone_means_the_same_at_every_resolution(x: float, y: float, scale: float) -> None:
    zone = Zone("z", ((0.1, 0.2), (0.9, 0.1), (0.7, 0.9), (0.4, 0.5)))
    big = (int(SIZE[0] * scale), int(SIZE[1] * scale))
    near, far = zone.distance([(x, y)], SIZE)[0], zone.distance([(x * scale, y * scale)], big)[0]
    if abs(near) > 2:  # the half pixel at the picture's edge is not scaled
        assert (near > 0) == (far > 0) == bool(zone.contains([(x, y)], SIZE)[0])
