"""Words for movement."""

from __future__ import annotations

import pytest

from streetlamp.heading import Heading, heading, speed
from streetlamp.values import Kind, Tracks


def one(velocity, box=(100, 100, 150, 200), kind=Kind.PERSON):
    return Tracks.make(
        "gate", 0.0, 1, (640, 480), id=[1], box=[box], kind=[kind], velocity=[velocity]
    )


@pytest.mark.parametrize(
    ("velocity", "word"),
    [
        ((0, 0), "still"), ((5, -2), "still"), ((80, 3), "right"), ((-80, 10), "left"),
        ((3, 60), "towards"), ((-3, -60), "away"), ((60, 40), "towards"), ((60, 20), "right"),
    ],
)  # fmt: skip
def test_heading(velocity, word):
    assert Heading(int(heading(one(velocity))[0])).label == word


def test_speed_is_in_lengths_of_the_thing():
    assert speed(one((100, 0)))[0] == pytest.approx(1.0)
    car = one((100, 0), (100, 100, 300, 200), Kind.CAR)
    assert speed(car)[0] == pytest.approx(0.5)


def test_nobody_has_no_heading():
    nobody = Tracks.make("gate", 0.0, 1, (640, 480))
    assert len(heading(nobody)) == len(speed(nobody)) == 0
