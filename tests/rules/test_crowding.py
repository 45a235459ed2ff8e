"""Crowding: people per square metre, on a calibrated ground."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.geometry import Zone
from streetlamp.rules import make_rule, options_of
from streetlamp.rules.kinds.crowding import Crowding, CrowdingOptions
from streetlamp.values import Event, Kind, Phase, Tracks
from support.check_rule import FLOOR
from support.road import Pinhole
from support.scene import T0, YARD, Actor, phases, play, run, run_on, stand

# On FLOOR the yard is 20 m × 17.5 m = 350 m².


def crowding(**options: object) -> Crowding:
    given = {"name": "c", "min_seconds": 5, "clear_seconds": 3, "limit_per_m2": 0.1, **options}
    return Crowding(CrowdingOptions.model_validate(given), YARD, ground=FLOOR)


def people(n: int, start: float = 0.0, end: float = 1e9, first: int = 0) -> list[Actor]:
    """So many in the yard, each at a place of its own."""
    return [
        Actor(
            stand(430 + 40 * (k % 9), 150 + 50 * (k // 9 % 6), start, end),
            id=first + k,
            size=(15, 40),
        )
        for k in range(n)
    ]


def starts(events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.phase is Phase.START]


@pytest.mark.parametrize(
    ("story", "actors", "options", "events"),
    [
        ("full", people(40), {}, 1),
        ("just full: 35 on 350 m²", people(35), {}, 1),
        ("one fewer", people(34), {}, 0),
        ("full for too short", people(40, 10, 14), {}, 0),
        ("full for long enough", people(40, 10, 19), {}, 1),
        ("vehicles are no people", [replace(one, kind=Kind.CAR) for one in people(40)], {}, 0),
        ("a higher limit", people(40), {"limit_per_m2": 0.2}, 0),
        ("by night only", people(40), {"schedule": [{"hours": "22:00-06:00"}]}, 0),
        ("beside the zone", [Actor(stand(100 + k * 6, 300), id=k) for k in range(45)], {}, 0),
    ],
)
def test_when_it_is_too_full(
    story: str, actors: list[Actor], options: dict[str, object], events: int
) -> None:
    assert len(starts(run(crowding(**options), play(actors, 30)).events)) == events, story


def test_the_sentence_and_the_numbers() -> None:
    made = run(crowding(), play([*people(42, 0, 20), *people(9, 5, 15, 100)], 40))
    assert phases(made.events) == ["start", "end"]
    begin, end = made.events
    assert begin.start == pytest.approx(T0, abs=1)
    assert begin.time == pytest.approx(T0 + 5, abs=1.1)
    assert begin.message == (
        "Up to 0.1 ± 0.0 people per m² are in “yard” (42 on 350 m²; limit 0.1) for at least 5 s"
    )
    assert begin.numbers["per_m2"] == pytest.approx(42 / 350, abs=0.01)
    assert begin.numbers["margin_per_m2"] == pytest.approx(begin.numbers["per_m2"] - 0.1)
    assert begin.numbers["area_m2"] == 350
    assert end.numbers["people"] == 51
    assert end.end == pytest.approx(T0 + 22.5, abs=1)


def test_people_who_flicker_are_counted_all_the_same() -> None:
    """Every look misses a fifth of them, and numbers change."""
    rng = np.random.default_rng(2)
    rule = crowding()
    state, events = rule.start(), []
    for n in range(150):
        shown = [
            replace(one, id=one.id + 1000 * (n // 40)) for one in people(38) if rng.random() > 0.2
        ]
        for one in play(shown, 0):
            state, made = rule.step(state, replace(one, time=T0 + n * 0.2, frame=n + 1))
            events += made.events
    assert phases(events) == ["start"]
    assert events[0].numbers["people"] == pytest.approx(38, abs=2)


def test_a_look_with_ghosts_is_no_crowd() -> None:
    looks = [
        one if n % 10 else next(iter(play(people(60), 0))) for n, one in enumerate(play([], 30))
    ]
    looks = [replace(one, time=T0 + n * 0.2, frame=n + 1) for n, one in enumerate(looks)]
    assert run(crowding(), looks).events == ()


@pytest.mark.parametrize("jump", [-3.0, 3.0])
def test_a_clock_that_jumps_changes_no_number(jump: float) -> None:
    looks = [
        replace(one, time=one.time + (jump if one.time > T0 + 10 else 0.0))
        for one in play(people(30), 20)
    ]
    assert run(crowding(), looks).events == ()
    full = [
        replace(one, time=one.time + (jump if one.time > T0 + 10 else 0.0))
        for one in play(people(40), 20)
    ]
    assert phases(run(crowding(), full).events) == ["start", "end"]


def test_truncation_and_restarts_change_no_past_event() -> None:
    looks = list(play([*people(40, 2, 20), *people(40, 35, 60, 100)], 70))
    rule = crowding()
    whole, _ = run_on(rule, rule.start(), looks)
    assert len(starts(whole.events)) == 2
    for cut in (20, 60, 120, 200):
        part, _ = run_on(rule, rule.start(), looks[:cut])
        assert part.events == whole.events[: len(part.events)]
    state: Any = rule.start()
    events: tuple[Event, ...] = ()
    for n in range(0, len(looks), 13):
        made, state = run_on(
            pickle.loads(pickle.dumps(rule)), pickle.loads(pickle.dumps(state)), looks[n : n + 13]
        )
        events += made.events
    assert repr(events) == repr(whole.events)


def test_the_area_is_that_on_the_ground() -> None:
    """The same zone of the picture is more ground further away."""
    camera = Pinhole()
    near, far = ([(-4, y), (4, y), (4, y + 5), (-4, y + 5)] for y in (8, 30))
    for corners in (near, far):
        zone = Zone("z", tuple(map(tuple, camera.fractions(corners).tolist())))
        options = CrowdingOptions.model_validate({"name": "c"})
        assert Crowding(options, zone, ground=camera.plane()).area == pytest.approx(40, rel=0.01)


def test_a_zone_that_reaches_the_horizon_is_refused() -> None:
    options = options_of({"name": "c", "kind": "crowding"})
    with pytest.raises(UserError, match="rule 'c': the picture reaches to the horizon"):
        make_rule(options, (), ground=Pinhole().plane())


def test_the_box_is_around_the_crowd() -> None:
    made = run(crowding(), play(people(40), 8))
    x1, y1, x2, y2 = made.events[0].box or (0, 0, 0, 0)
    assert (x1, y2) == pytest.approx((430 - 7.5, 150 + 50 * 4))
    assert (x2, y1) == pytest.approx((750 + 7.5, 110))


def test_nothing_seen_for_long_is_no_crowd() -> None:
    rule = crowding()
    _, state = run_on(rule, rule.start(), play(people(40), 20))
    later = Tracks.make("cam", T0 + 500, 900, (1000, 500))
    state, made = rule.step(state, later)
    assert phases(made.events) == ["end"]
    assert state.incident is None
