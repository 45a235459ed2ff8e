"""Which of the open leaks a fall ends."""

from __future__ import annotations

import pytest

from streetlamp.meters.districts.match import ended_by


@pytest.mark.parametrize(
    ("fall", "sizes", "over"),
    [
        (0.1, (), ()),
        (0.1, (0.1,), (0,)),
        (0.5, (0.22, 0.48), (1,)),  # the larger of two
        (0.7, (0.22, 0.48), (0, 1)),
        (0.2, (0.05, 0.2, 0.4), (1,)),
        (0.2, (0.5,), ()),  # a part of one
        (0.15, (0.1,), (0,)),  # it had grown
        (0.9, (0.1,), ()),  # something else
    ],
)
def test_a_fall_ends_what_it_fits(
    fall: float, sizes: tuple[float, ...], over: tuple[int, ...]
) -> None:
    assert ended_by(fall, sizes) == over
