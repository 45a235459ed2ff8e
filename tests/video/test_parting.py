"""Ways that may have been gone between two looks."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.values import Floats
from streetlamp.video.parting import ways

HALF = np.array([0.5])
TALL = 100.0  # pixels


def people(*left: float) -> Floats:
    return np.array([(x, 50.0, x + 40.0, 50.0 + TALL) for x in left], np.float32)


def ids(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


@pytest.mark.parametrize(
    ("before", "its", "after", "theirs", "count"),
    [
        ((100,), (1,), (100, 140), (1, 2), 1),  # one box, then two: the new one came out of it
        ((100, 140), (1, 2), (100,), (1,), 1),  # two, then one
        ((100, 145), (1, 2), (105, 150), (1, 2), 2),  # side by side: they may have changed places
        ((100, 145), (1, 2), (98, 200), (1, 2), 1),  # … and only one of the ways can be walked
        ((100, 300), (1, 2), (110, 290), (1, 2), 0),  # far from each other: nobody is mixed up
        ((100,), (1,), (110,), (1,), 0),  # alone
        ((100,), (1,), (300,), (2,), 0),  # nobody walks two heights in half a second
        ((), (), (100,), (1,), 0),
    ],
)
def test_which_ways(
    before: tuple[float, ...],
    its: tuple[int, ...],
    after: tuple[float, ...],
    theirs: tuple[int, ...],
    count: int,
) -> None:
    box, moment = ways(people(*before), ids(*its), people(*after), ids(*theirs), 0.5, HALF)
    assert box.shape == (count, 4)
    assert moment.tolist() == [0] * count


def test_a_way_has_the_place_between_and_both_sizes() -> None:
    before = np.array([(100, 50, 140, 150)], np.float32)
    after = np.array([(100, 50, 140, 150), (130, 80, 160, 200)], np.float32)
    box, moment = ways(before, ids(1), after, ids(1, 2), 0.5, np.array([0.0, 0.25, 0.5, 1.0]))
    assert moment.tolist() == [1, 2], "at the looks themselves the boxes are known"
    for (x1, y1, x2, y2), share in zip(box.tolist(), (0.25, 0.5), strict=True):
        middle = 120 + share * 25
        assert (x1 + x2) / 2 == pytest.approx(middle)
        assert x2 - x1 == pytest.approx(40), "as wide as the wider"
        assert (y1, y2) == pytest.approx((50, 200)), "from the higher head to the lower feet"
