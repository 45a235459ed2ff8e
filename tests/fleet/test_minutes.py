"""Under which reasons a minute stands."""

from __future__ import annotations

import pytest

from streetlamp.fleet.minutes import named
from streetlamp.health import Reason

GONE, BLIND, SLOW = Reason.UNREACHABLE, Reason.NOT_MASKED, Reason.LOW_RATE


@pytest.mark.parametrize(
    ("lost", "reasons"),
    [
        ([(GONE, 60.0)], (GONE,)),
        ([(BLIND, 3.0), (GONE, 30.0)], (GONE,)),
        ([(BLIND, 50.0), (GONE, 1.0)], (BLIND,)),
        ([(BLIND, 20.0), (GONE, 30.0)], (GONE, BLIND)),
        ([(BLIND, 4.0), (GONE, 4.0)], (GONE,)),
        ([(SLOW, 4.0), (GONE, 1.0), (SLOW, 4.0)], (SLOW,)),
    ],
    ids=["one", "a bit of another after it", "a bit before", "both", "neither alone", "in pieces"],
)
def test_a_second_at_the_edge_names_nothing(
    lost: list[tuple[Reason, float]], reasons: tuple[Reason, ...]
) -> None:
    assert named(lost) == reasons
