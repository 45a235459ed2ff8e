"""Near misses: encounters on a synthetic road, with their true times by arithmetic."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest

from streetlamp.errors import UserError
from streetlamp.geometry import Zone
from streetlamp.rules import make_rule, options_of
from streetlamp.rules.kinds.near_miss import NearMiss
from streetlamp.values import Event, Kind
from support.road import T0, Driver, Eyes, Pinhole, chain, play, still, straight
from support.scene import phases, run, run_on

CAMERA = Pinhole()
NOISY = {"noise": 0.02, "miss": 0.05, "cut": 0.03}
WALK = 1.4  # m/s
DRIVE = 10.0
HALF = (2.2 + 0.25) / DRIVE, (0.9 + 0.25) / WALK
"""Seconds from when the middles meet until a car's end, or a walker, has left."""


def near_miss(zone: Zone | None = None, **options: object) -> NearMiss:
    place = {"place": zone.name} if zone else {}
    made = options_of({"name": "n", "kind": "near_miss", **place, **options})
    rule = make_rule(made, [zone] if zone else [], ground=CAMERA.plane(2.0, 1))
    assert isinstance(rule, NearMiss)
    return rule


def car(begin: float = 4.0, speed: float = DRIVE, kind: Kind = Kind.CAR) -> Driver:
    """Towards the camera; at y = 15 three seconds after it begins, at 10 m/s."""
    return Driver(straight((-2, 45), (-2, 3), speed, begin), kind, 1)


def walker(late: float, kind: Kind = Kind.PERSON, y: float = 15.0) -> Driver:
    """Across the car's way, so many seconds after the car was there."""
    return Driver(straight((-9, y), (5, y), WALK, 7.0 + late - 7 / WALK), kind, 2)


def stands(x: float, y: float = 15.0, number: int = 2) -> Driver:
    return Driver(still(x, y), Kind.PERSON, number)


def told(drivers: list[Driver], eyes: Eyes | None = None, **options: Any) -> tuple[Event, ...]:
    return run(near_miss(**options), play(CAMERA, drivers, 20, eyes)).events


# Who comes near whom


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("story", "drivers", "events"),
    [
        ("crosses long before the car", [car(), walker(-4)], 0),
        ("crosses three seconds before it", [car(), walker(-3)], 0),
        ("crosses as it comes", [car(), walker(0)], 1),
        ("crosses right behind it", [car(), walker(1.2)], 1),
        ("crosses three seconds behind it", [car(), walker(3)], 0),
        ("stands on the pavement, a metre beside it", [car(), stands(-4.2)], 0),
        ("three stand at the kerb", [car(), stands(-3.9), stands(-4.9, 14, 3), stands(-5.9, 17, 4)],
         0),
        ("walks along the pavement", [car(), Driver(straight((-4.2, 8), (-4.2, 30), WALK),
                                                    Kind.PERSON, 2)], 0),
        ("walks to the kerb and waits", [car(), Driver(chain(
            straight((-9, 15), (-4, 15), WALK, 2.0), still(-4, 15, 5.5)), Kind.PERSON, 2)], 0),
        ("a car stands, somebody walks past", [Driver(still(-2, 15)), walker(0, y=13)], 0),
        ("stands before the car", [car(), stands(-2)], 1),
        ("rides on it", [car(kind=Kind.MOTORCYCLE), replace(car(kind=Kind.PERSON), id=2)], 0),
        ("two cars one after another", [car(), replace(car(5.0), id=2)], 0),
        ("a cyclist crosses as it comes", [car(), walker(0, Kind.BICYCLE)], 1),
    ],
)  # fmt: skip
def test_who_nearly_collides(story: str, drivers: list[Driver], events: int, seed: int) -> None:
    eyes = Eyes(seed=seed, **NOISY) if seed else None
    made = told(drivers, eyes)
    assert phases(made) == ["start"] * events, story


def test_post_encroachment_time_is_that_of_the_textbook() -> None:
    """Behind the car: from its end to the walker's coming. Before it: the other way round."""
    for late in (1.5, 2.0, 2.5):
        (event,) = told([car(), walker(late)], pet_seconds=3)
        true = late - sum(HALF)
        assert event.numbers["pet_seconds"] == pytest.approx(true, abs=0.25)
    for early in (1.5, 2.0, 2.5):
        (event,) = told([car(), walker(-early)], pet_seconds=3)
        true = early - sum(HALF)
        assert true - 0.1 <= event.numbers["pet_seconds"] <= true + 0.5, "rather too long"


def test_time_to_collision_is_that_of_the_textbook() -> None:
    """A car that brakes hard to a stand before somebody: the least time is known."""
    speed, brakes, stops = 10.0, 6.0, 16.5  # m/s, m/s², y of its middle

    def where(seconds: float) -> tuple[float, float, float] | None:
        begins = stops + speed**2 / (2 * brakes)
        before = 45 - speed * seconds
        if before >= begins:
            return -2, before, -1.5708
        t = min(seconds - (45 - begins) / speed, speed / brakes)
        return -2, begins - speed * t + brakes * t**2 / 2, -1.5708

    person = Driver(still(-2, 13), Kind.PERSON, 2)
    made = told([Driver(where), person], ttc_seconds=2)
    least = min(
        (where(t)[1] - 13 - 2.45) / max((where(t - 0.01)[1] - where(t)[1]) / 0.01, 1e-9)  # type: ignore[index]
        for t in [n / 100 for n in range(200, 500)]
    )
    (event,) = made
    assert least < 1.5
    assert event.numbers["ttc_seconds"] == pytest.approx(least, abs=0.5)
    assert "pet_seconds" not in event.numbers, "the car never came there"


def test_the_sentence_and_the_numbers() -> None:
    (event,) = told([car(), walker(0)])
    n = event.numbers
    assert event.message.startswith("A person and a car nearly collided in the picture: ")
    assert "s to a collision (limit 1.5)" in event.message
    assert "s between one and the other at a spot (limit 1)" in event.message
    for short, limit in (("ttc", 1.5), ("pet", 1.0)):
        assert n[f"limit_{short}_seconds"] == limit
        assert n[f"margin_{short}_seconds"] == pytest.approx(limit - n[f"{short}_seconds"])
    assert n["speed_kmh"] == pytest.approx(36, abs=4)
    assert event.start == event.end == pytest.approx(T0 + 7, abs=1.5)
    assert event.time - event.start == pytest.approx(2, abs=1), "told once both measures are known"


def test_either_measure_may_be_switched_off() -> None:
    after = [car(), walker(1.6)]  # a second behind it, at no time on its course
    assert told(after, ttc_seconds=0)
    assert not told(after, pet_seconds=0)
    assert not told([car(), walker(0)], ttc_seconds=0, pet_seconds=0)


def test_who_is_outside_the_zone_is_not_watched() -> None:
    corners = CAMERA.fractions([(-6, 8), (2, 8), (2, 12), (-6, 12)]).tolist()
    zone = Zone("crossing", tuple(map(tuple, corners)))
    assert not run(near_miss(zone), play(CAMERA, [car(), walker(0, y=18)], 20)).events
    (event,) = run(near_miss(zone), play(CAMERA, [car(3.7), walker(0, y=10)], 20)).events
    assert "in “crossing”" in event.message


def test_by_night_only_and_it_is_day() -> None:
    assert not told([car(), walker(0)], schedule=[{"hours": "22:00-06:00"}])


def test_new_numbers_are_not_another_encounter() -> None:
    """The tracker gives both new numbers every second and a half."""
    looks = [
        replace(one, id=one.id + 10 * (n // 8))
        for n, one in enumerate(play(CAMERA, [car(), walker(0.4)], 20))
    ]
    assert phases(run(near_miss(), looks).events) == ["start"]


@pytest.mark.parametrize("jump", [-3.0, -0.7, 0.7, 3.0, -3600.0, 3600.0])
@pytest.mark.parametrize("late", [-4.0, 4.0])
def test_a_clock_that_jumps_brings_nobody_near(jump: float, late: float) -> None:
    looks = [
        replace(one, time=one.time + (jump if one.time > T0 + 7 else 0.0))
        for one in play(CAMERA, [car(), walker(late)], 20)
    ]
    made = run(near_miss(), looks)
    assert made.events == ()


def test_truncation_and_restarts_change_no_past_event() -> None:
    drivers = [car(), walker(0.3), replace(car(16.0), id=3), replace(walker(12.4), id=4)]
    looks = list(play(CAMERA, drivers, 34, Eyes(seed=5, noise=0.01)))
    rule = near_miss()
    whole, _ = run_on(rule, rule.start(), looks)
    assert len(whole.events) == 2
    for cut in (30, 45, 60, 110):
        part, _ = run_on(rule, rule.start(), looks[:cut])
        assert part.events == whole.events[: len(part.events)]
    state: Any = rule.start()
    events: tuple[Event, ...] = ()
    for n in range(0, len(looks), 9):
        made, state = run_on(
            pickle.loads(pickle.dumps(rule)), pickle.loads(pickle.dumps(state)), looks[n : n + 9]
        )
        events += made.events
    assert repr(events) == repr(whole.events)


def test_without_a_ground_it_says_what_to_do() -> None:
    with pytest.raises(UserError, match=r"near_miss measures in metres.*write ground:"):
        make_rule(options_of({"name": "n", "kind": "near_miss"}), ())
