"""Time stamps made whole, and a camera's count mapped to our clock."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetlamp.video.source.clock import Anchor, Clock, ClockSetError, LiveMapping
from streetlamp.video.source.timeline import Chooser, Joiner, Timeline

NOON = 1_750_000_000.0


@pytest.mark.parametrize(
    ("story", "stamps", "placed", "repaired"),
    [
        ("all well", [0, 40, 80], [0, 40, 80], 0),
        ("begins anywhere", [9000, 9040], [9000, 9040], 0),
        ("a hole is a hole", [0, 40, 5000, 5040], [0, 40, 5000, 5040], 0),
        ("one missing", [0, None, 80], [0, 40, 80], 1),
        ("all missing", [None, None, None], [0, 40, 80], 3),
        ("the first missing", [None, 9040, 9080], [0, 40, 80], 1),
        ("one twice", [0, 40, 40, 80], [0, 40, 41, 80], 1),
        ("a little back", [0, 40, 30, 80], [0, 40, 41, 80], 1),
        ("counts anew", [9000, 9040, 0, 40, 80], [9000, 9040, 9080, 9120, 9160], 1),
        ("an absurd leap", [0, 40, 10**10, 10**10 + 40], [0, 40, 80, 120], 1),
        ("a leap and back", [0, 40, 10**10, 80, 120], [0, 40, 80, 120, 160], 2),
    ],
)
def test_stamps_are_mended(
    story: str, stamps: list[int | None], placed: list[int], repaired: int
) -> None:
    timeline = Timeline(Fraction(1, 1000), step=40)
    assert [timeline.place(stamp) for stamp in stamps] == placed, story
    assert timeline.repaired == repaired


@given(
    st.lists(st.none() | st.integers(-(2**40), 2**40), min_size=1),
    st.integers(1, 5000),
    st.sampled_from([Fraction(1, 25), Fraction(1, 1000), Fraction(1, 90_000)]),
)
def test_whatever_comes_in_goes_up(
    stamps: list[int | None], step: int, time_base: Fraction
) -> None:
    timeline = Timeline(time_base, step)
    placed = [timeline.place(stamp) for stamp in stamps]
    assert all(later > earlier for earlier, later in itertools.pairwise(placed))


@pytest.mark.parametrize(
    ("story", "stamps", "prefer_dts", "chosen"),
    [
        ("both good", [(0, 0), (1, 1), (2, 2)], False, [0, 1, 2]),
        ("pts to and fro", [(1, 2), (3, 3), (4, 4), (2, 5), (7, 6)], False, [1, 3, 4, 5, 6]),
        ("no pts", [(None, 3), (None, 4)], False, [3, 4]),
        ("no dts at the end", [(1, 1), (2, 2), (3, None)], True, [1, 2, 3]),
        ("container has no pts", [(1, 2), (3, 3), (4, 4), (2, 5)], True, [2, 3, 4, 5]),
    ],
)
def test_the_stamp_to_believe(
    story: str,
    stamps: list[tuple[int | None, int | None]],
    prefer_dts: bool,
    chosen: list[int],
) -> None:
    chooser = Chooser(prefer_dts=prefer_dts)
    assert [chooser.choose(*pair) for pair in stamps] == chosen, story


def test_clips_are_joined_at_their_usual_distance() -> None:
    joiner = Joiner()
    placed = []
    for rate, first in ((25, Fraction(7)), (10, Fraction(0))):
        joiner.next_clip(Fraction(1, rate))
        placed += [joiner.place(first + Fraction(n, rate)) for n in range(3)]
    assert placed == [0, 3600, 7200, 10800, 19800, 28800]


class Camera:
    """A camera and a network, drawn on paper: what is placed, and what time it truly was."""

    def __init__(self, *, timed: bool = True) -> None:
        self.steady = 100.0
        clock = Clock(lambda: NOON + self.steady, lambda: self.steady)
        self.mapping = LiveMapping(Timeline(Fraction(1, 90_000), 3600), clock, timed=timed)
        self.errors: list[float] = []
        self.times: list[float] = []
        self.stamps: list[int] = []

    def picture(self, true: float, stamp: int | None, delay: float = 0.0) -> None:
        """A picture taken at ``true`` seconds, stamped so by the camera, here after ``delay``."""
        self.steady = max(self.steady, 100.0 + true + delay)
        pts, time = self.mapping.place(stamp)
        self.stamps.append(pts)
        self.times.append(time)
        self.errors.append(time - NOON - 100.0 - true)


def _ticks(seconds: float) -> int:
    return round(seconds * 90_000)


def test_a_hesitating_network_does_not_bend_time() -> None:
    camera, rng = Camera(), np.random.default_rng(3)
    for n in range(1500):
        camera.picture(n / 25, _ticks(n / 25), 0.02 + rng.exponential(0.05))
    assert max(map(abs, camera.errors[50:])) < 0.06
    steps = np.diff(camera.times[250:])
    assert steps.min() > 0.039
    assert steps.max() < 0.041


def test_a_camera_whose_crystal_is_off_is_followed() -> None:
    for drift in (-0.002, 0.002):
        camera = Camera()
        for n in range(25 * 600):
            camera.picture(n / 25, _ticks(n / 25 * (1 + drift)))
        assert max(map(abs, camera.errors)) < 0.05, drift
        assert np.diff(camera.times).min() > 0


def test_pictures_that_waited_at_the_start_are_put_where_they_belong() -> None:
    camera = Camera()
    for n in range(500):  # the first fifty pictures all arrive at once, two seconds late
        camera.picture(n / 25, _ticks(n / 25), max(0.0, 2.0 - n / 25))
    assert camera.errors[0] == pytest.approx(2.0)
    assert max(map(abs, camera.errors[350:])) < 0.1
    assert np.diff(camera.times).min() > 0


@pytest.mark.parametrize(
    ("story", "stamp_of"),
    [
        ("the count leaps an hour", lambda n: _ticks(n / 25 + (3600 if n >= 250 else 0))),
        ("the count begins again", lambda n: _ticks(n / 25 - (10 if n >= 250 else 0))),
        ("the count never moves", lambda n: 77),
        ("there is no count", lambda n: None),
        ("every tenth is missing", lambda n: None if n % 10 == 0 else _ticks(n / 25)),
        ("every fifth comes twice", lambda n: _ticks((n - (n % 5 == 0)) / 25)),
    ],
)
def test_times_hold_whatever_the_camera_counts(story: str, stamp_of: object) -> None:
    camera = Camera()
    for n in range(1000):
        camera.picture(n / 25, stamp_of(n))  # type: ignore[operator]
    assert np.diff(camera.times).min() > 0
    assert np.diff(camera.stamps).min() > 0
    assert max(map(abs, camera.errors)) < 0.5, story
    assert abs(camera.errors[-1]) < 0.1, story


def test_a_camera_that_stood_still_catches_up_at_once() -> None:
    camera = Camera()
    for n in range(1000):  # its count does not know of the minute it lost
        camera.picture(n / 25 + (60 if n >= 500 else 0), _ticks(n / 25))
    assert np.diff(camera.times).min() > 0
    assert abs(camera.errors[-1]) < 0.1
    assert camera.mapping.stalls == 1


def test_without_times_the_arrival_counts() -> None:
    camera = Camera(timed=False)
    for n in range(100):
        camera.picture(n / 10, 5 * n)
    assert camera.stamps == [_ticks(n / 10) for n in range(100)]
    assert max(map(abs, camera.errors)) < 1e-6


def test_our_clock_set_is_noticed_and_its_small_corrections_are_followed() -> None:
    now = [0.0, NOON]
    anchor = Anchor(Clock(lambda: now[1], lambda: now[0]))
    for _ in range(100):
        now[0], now[1] = now[0] + 1, now[1] + 1.001
        assert anchor.check() == (now[1], now[0])
    now[1] -= 30
    with pytest.raises(ClockSetError, match="set by -30 s"):
        anchor.check()
