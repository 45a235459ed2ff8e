"""Speed: stories on a synthetic road, measured by a camera whose place is known."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.geometry import Zone
from streetlamp.rules import RuleRunner, make_rule, options_of
from streetlamp.rules.kinds.speed import Speed
from streetlamp.values import Event, Kind, Phase, Tracks
from support.road import T0, Driver, Eyes, Pinhole, chain, play, still, straight
from support.scene import phases, run, run_on

CAMERA = Pinhole()
ROAD = Zone.whole("road")
NOISY = {"noise": 0.02, "miss": 0.1, "cut": 0.05}


def speed(camera: Pinhole = CAMERA, noise: float = 2.0, **options: object) -> Speed:
    """At a camera calibrated by clicks with so much noise."""
    made = options_of({"name": "s", "kind": "speed", "place": "road", **options})
    rule = make_rule(made, [ROAD], ground=camera.plane(noise, 1))
    assert isinstance(rule, Speed)
    return rule


def car(kmh: float, begin: float = 0.0, number: int = 1, kind: Kind = Kind.CAR) -> Driver:
    return Driver(straight((-2, 45), (-2, 4), kmh / 3.6, begin), kind, number)


def starts(events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.phase is Phase.START]


@pytest.mark.parametrize(
    ("story", "kmh", "options", "events"),
    [
        ("far above", 70, {}, 1),
        ("below", 40, {}, 0),
        ("at the limit", 50, {}, 0),
        ("above by less than the error", 51.5, {}, 0),
        ("another limit", 40, {"limit_kmh": 30}, 1),
        ("not asked for", 70, {"classes": ["truck"]}, 0),
        ("by night only, and it is day", 70, {"schedule": [{"hours": "22:00-06:00"}]}, 0),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_who_is_too_fast(
    story: str, kmh: float, options: dict[str, object], events: int, seed: int
) -> None:
    made = run(speed(**options), play(CAMERA, [car(kmh)], 12, Eyes(seed=seed, **NOISY)))
    assert len(starts(made.events)) == events, story


def test_the_sentence_and_the_numbers() -> None:
    made = run(speed(), play(CAMERA, [car(72, 1.0)], 10))
    assert phases(made.events) == ["start", "end"]
    begin, end = made.events
    for event in made.events:
        n = event.numbers
        assert n["speed_kmh"] == pytest.approx(72, abs=n["error_kmh"])
        assert 0 < n["error_kmh"] < 10
        assert n["limit_kmh"] == 50
        assert n["margin_kmh"] == pytest.approx(n["speed_kmh"] - n["error_kmh"] - 50, abs=0.2)
    assert begin.message.startswith("1 car goes through “road” at up to 7")
    assert "km/h (limit 50)" in begin.message
    assert end.message.startswith("1 car went through “road” at up to 7")


def test_the_stated_error_holds_in_nineteen_of_twenty() -> None:
    errors = []
    for seed in range(30):
        kmh = 30.0 + 2 * seed
        rule = speed(limit_kmh=5)
        for event in run(rule, play(CAMERA, [car(kmh)], 12, Eyes(seed=seed, **NOISY))).events:
            if event.phase is Phase.START:
                n = event.numbers
                errors.append(abs(n["speed_kmh"] - kmh) <= n["error_kmh"])
    assert len(errors) >= 25, "the fastest are in sight for too few looks"
    assert np.mean(errors) >= 0.9


def test_a_rougher_calibration_states_more_and_says_less() -> None:
    fine, rough = (
        run(speed(noise=noise, limit_kmh=10), play(CAMERA, [car(60)], 10)).events[0]
        for noise in (1.0, 12.0)
    )
    assert rough.numbers["error_kmh"] > 1.5 * fine.numbers["error_kmh"]


def test_many_are_one_incident_and_later_ones_another() -> None:
    drivers = [car(70, 0.0, 1), car(80, 1.0, 2), car(90, 20.0, 3)]
    made = run(speed(), play(CAMERA, drivers, 40))
    assert len(starts(made.events)) == 2
    ends = [event for event in made.events if event.phase is Phase.END]
    assert ends[0].numbers["speed_kmh"] == pytest.approx(80, rel=0.1)
    assert ends[1].numbers["speed_kmh"] == pytest.approx(90, rel=0.1)


def test_standing_and_trembling_is_no_speed() -> None:
    eyes = Eyes(noise=0.05, cut=0.2, miss=0.2, seed=4)
    made = run(speed(limit_kmh=5), play(CAMERA, [Driver(still(-2, 25))], 60, eyes))
    assert made.events == ()


def flicker(kmh: float) -> list[Tracks]:
    """Two slow cars whose numbers change places at every second look."""
    here = Driver(straight((-2, 45), (-2, 4), kmh / 3.6), id=1)
    there = Driver(straight((2, 4), (2, 45), kmh / 3.6), id=2)
    looks = []
    for n, one in enumerate(play(CAMERA, [here, there], 12)):
        numbers = 3 - one.id if n % 4 < 2 else one.id
        looks.append(replace(one, id=numbers))
    return looks


def test_numbers_that_change_places_are_no_speed() -> None:
    assert run(speed(limit_kmh=35), flicker(20)).events == ()


def test_a_leap_is_no_speed() -> None:
    """A slow car is lost, and its number goes on with another 8 m ahead."""
    slow = Driver(straight((-2, 45), (-2, 30), 5.0))
    ahead = Driver(straight((-2, 22), (-2, 4), 5.0, 3.0))
    one = Driver(chain(lambda t: slow.where(t) if t < 3 else None, ahead.where))
    assert run(speed(limit_kmh=25), play(CAMERA, [one], 10)).events == ()


def test_a_box_that_grows_into_the_picture_is_no_speed() -> None:
    """Cut off by the picture's border its foot stays behind, and then comes along."""
    camera = Pinhole(4, 15, 60)
    bus = Driver(straight((-20, 9), (20, 9), 4.0), Kind.BUS)
    made = run(speed(camera, limit_kmh=22, classes=["bus"]), play(camera, [bus], 12))
    assert made.events == ()


@pytest.mark.parametrize("jump", [-0.7, -3.0, 0.7, 3.0, -3600.0, 3600.0])
def test_a_clock_that_jumps_is_no_speed(jump: float) -> None:
    looks = [
        replace(one, time=one.time + (jump if one.time > T0 + 3 else 0.0))
        for one in play(CAMERA, [car(30)], 10)
    ]
    made = run(speed(limit_kmh=40), looks)
    assert made.events == ()


def test_truncation_and_restarts_change_no_past_event() -> None:
    drivers = [car(70, 0.0, 1), car(45, 3.0, 2), car(90, 6.0, 3)]
    looks = list(play(CAMERA, drivers, 20, Eyes(seed=3, **NOISY)))
    rule = speed()
    whole, _ = run_on(rule, rule.start(), looks)
    for cut in (15, 30, 55):
        part, _ = run_on(rule, rule.start(), looks[:cut])
        assert part.events == whole.events[: len(part.events)]
    state: Any = rule.start()
    events: tuple[Event, ...] = ()
    for n in range(0, len(looks), 7):
        again = pickle.loads(pickle.dumps(rule))
        made, state = run_on(again, pickle.loads(pickle.dumps(state)), looks[n : n + 7])
        events += made.events
    assert repr(events) == repr(whole.events)


def test_without_a_ground_it_says_what_to_do() -> None:
    options = options_of({"name": "too fast", "kind": "speed"})
    said = "rule 'too fast': speed measures in metres.*not calibrated: write ground:.*rectangle"
    with pytest.raises(UserError, match=said):
        make_rule(options, ())
    with pytest.raises(UserError, match="camera 'gate': rule 'too fast'"):
        RuleRunner("gate", [options], ())
    assert RuleRunner("gate", [options], (), ground=CAMERA.plane())
