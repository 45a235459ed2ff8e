"""What was left and what was removed, in pictures made up pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from streetlamp.values import Change, Floats, Thing
from streetlamp.video.raw import RawFrame
from streetlamp.video.things import ThingWatch
from streetlamp.video.things.watch import SEEN_SECONDS

T0 = 1_800_000_000.0
SIZE = (320, 180)
NOBODY = np.zeros((0, 4), np.float32)
BAG = (140, 100, 170, 130)
Luma = NDArray[np.float32]
Scene = Callable[[int], Luma]


def ground(seed: int = 1) -> Luma:
    """A floor with a coarse pattern, 100 levels bright."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(0, 12, (SIZE[1] // 12, SIZE[0] // 10))
    return (100 + np.kron(coarse, np.ones((12, 10)))).astype(np.float32)


def bag(luma: Luma, box: tuple[int, int, int, int] = BAG, seed: int = 2) -> Luma:
    """With a dark bag in it."""
    x1, y1, x2, y2 = box
    after = luma.copy()
    pattern = np.random.default_rng(seed).normal(0, 8, (y2 - y1, x2 - x1))
    after[y1:y2, x1:x2] = 30 + pattern
    return after


def picture(luma: Luma, second: int, noise: float = 2.0) -> RawFrame:
    rng = np.random.default_rng(1000 + second)
    grey = np.clip(luma + rng.normal(0, noise, luma.shape), 0, 255).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(grey, format="gray")
    return RawFrame("gate", T0 + second, second + 1, frame, second, Fraction(1))


def watched(
    scene: Scene, seconds: int, boxes: Callable[[int], Floats] = lambda second: NOBODY
) -> list[tuple[Thing, ...]]:
    """What is told at each second of a scene."""
    watch = ThingWatch()
    return [watch.see(picture(scene(n), n), boxes(n)) for n in range(seconds)]


def near(thing: Thing, box: tuple[int, int, int, int] = BAG) -> bool:
    return all(abs(a - b) <= 6 for a, b in zip(thing.box, box, strict=True))


def test_a_thing_that_is_left_and_taken_away_again() -> None:
    empty, full = ground(), bag(ground())
    told = watched(lambda n: full if 30 <= n < 60 else empty, 80)
    assert all(not things for things in told[: 30 + int(SEEN_SECONDS) - 2])
    (thing,) = told[50]
    assert thing.change is Change.LEFT
    assert near(thing)
    assert T0 + 30 <= thing.since <= T0 + 36
    assert {one[0].since for one in told[45:60]} == {thing.since}, "it began once"
    assert all(not things for things in told[66:])


def test_a_thing_that_is_removed() -> None:
    empty, full = ground(), bag(ground())
    told = watched(lambda n: full if n < 30 else empty, 60)
    (thing,) = told[-1]
    assert thing.change is Change.REMOVED
    assert near(thing)


def test_what_a_person_or_a_vehicle_covers_is_no_thing() -> None:
    empty, full = ground(), bag(ground())
    somebody = np.array([BAG], np.float32)
    told = watched(
        lambda n: full if 30 <= n < 90 else empty, 110,
        lambda n: somebody if 28 <= n <= 90 else NOBODY,
    )  # fmt: skip
    assert not any(told)


def test_somebody_in_front_of_a_thing_does_not_end_it() -> None:
    empty, full = ground(), bag(ground())
    wide = np.array([[100, 60, 200, 170]], np.float32)
    told = watched(
        lambda n: empty if n < 30 else bag(full, (110, 70, 190, 165), n) if 50 <= n < 60 else full,
        90,
        lambda n: wide if 50 <= n < 60 else NOBODY,
    )
    assert all(len(things) == 1 for things in told[42:])
    assert len({things[0].since for things in told[42:]}) == 1


def test_what_stood_there_from_the_start_under_a_box_and_leaves_is_no_thing() -> None:
    """A parked car was never seen to be missing: the ground below it is new, not changed."""
    empty, full = ground(), bag(ground())
    car = np.array([BAG], np.float32)
    told = watched(lambda n: full if n < 40 else empty, 90, lambda n: car if n < 40 else NOBODY)
    assert not any(told)


@pytest.mark.parametrize(
    "light",
    [
        pytest.param(lambda luma, n: luma + 0.5 * min(n, 60), id="dawn"),
        pytest.param(lambda luma, n: luma * (0.6 if n >= 40 else 1.0), id="a lamp goes out"),
        pytest.param(lambda luma, n: luma + 25 * np.sin(n / 7), id="clouds"),
        pytest.param(
            lambda luma, n: (
                np.where(np.arange(SIZE[0]) > 250, luma * 0.6, luma) if n >= 40 else luma
            ),
            id="a shadow at the side",
        ),
        pytest.param(lambda luma, n: np.roll(luma, 37, 1) if n >= 40 else luma, id="turned"),
        pytest.param(lambda luma, n: np.roll(luma, n % 3 - 1, 0), id="shaking"),
    ],
)
def test_light_and_the_camera_are_no_things(light: Callable[[Luma, int], Luma]) -> None:
    told = watched(lambda n: np.asarray(light(ground(), n), np.float32), 120)
    assert sum(bool(things) for things in told) <= 2, "nothing that lasts"


def test_it_says_nothing_of_what_came_while_it_did_not_look() -> None:
    watch = ThingWatch()
    for n in range(30):
        watch.see(picture(ground(), n), NOBODY)
    for n in range(400, 440):
        assert watch.see(picture(bag(ground()), n), NOBODY) == ()


def test_another_size_and_a_clock_set_back_begin_anew() -> None:
    watch = ThingWatch()
    for n in range(60):
        told = watch.see(picture(bag(ground()) if n >= 20 else ground(), n), NOBODY)
    assert told
    assert watch.see(picture(bag(ground()), 5), NOBODY) == ()
    assert watch.see(picture(bag(ground())[:, :300], 6), NOBODY) == ()


def test_looks_in_quick_succession_cost_one_comparison() -> None:
    watch = ThingWatch()
    for n in range(60):
        told = watch.see(picture(bag(ground()) if n >= 20 else ground(), n), NOBODY)
    frame = picture(ground(), 59)
    again = watch.see(RawFrame("gate", T0 + 59.3, 61, frame.picture, 61, Fraction(1)), NOBODY)
    assert again is told


def test_boxes_outside_the_picture_are_borne() -> None:
    odd = np.array([[-50, -50, 10, 10], [310, 170, 900, 900], [5, 5, 5, 5]], np.float32)
    watched(lambda n: ground(), 5, lambda n: odd)
