"""Intrusion, stopped vehicle, person lying: stories with the incidents they make."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.geometry import Zone
from streetlamp.rules.kinds.intrusion import Intrusion, IntrusionOptions
from streetlamp.rules.kinds.person_lying import PersonLying, PersonLyingOptions
from streetlamp.rules.kinds.stopped_vehicle import StoppedVehicle, StoppedVehicleOptions
from streetlamp.values import Event, Kind, Phase, Posture, Severity
from support.scene import SIZE, T0, YARD, Actor, look, phases, play, run, run_on, stand, walk

NIGHT = {"schedule": [{"hours": "22:00-06:00"}]}
DAY = {"schedule": [{"hours": "06:00-22:00"}]}
BICYCLES = {"classes": ["bicycle"]}

# YARD: x 400–800, y 100–450 in pixels


def intrusion(zone: Zone = YARD, **options: object) -> Intrusion:
    return Intrusion(IntrusionOptions.model_validate({"name": "i", **options}), zone)


def stopped(**options: object) -> StoppedVehicle:
    given = {"name": "s", "min_seconds": 20, **options}
    return StoppedVehicle(StoppedVehicleOptions.model_validate(given), YARD)


def lying(**options: object) -> PersonLying:
    return PersonLying(PersonLyingOptions.model_validate({"name": "l", **options}), YARD)


def starts(events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.phase is Phase.START]


# Intrusion


def test_one_person_walks_through() -> None:
    made = run(intrusion(), play([Actor(walk([(200, 300), (950, 300)]))], 20))
    assert phases(made.events) == ["start", "end"]
    begin, end = made.events
    assert begin.id == end.id
    assert begin.start == end.start == pytest.approx(T0 + 2.0, abs=0.21)
    assert begin.time == pytest.approx(begin.start + 1.0, abs=0.21)
    assert end.end == pytest.approx(T0 + 6.1, abs=0.3)
    assert begin.message == "1 person is in “yard” for at least 1 s"
    assert end.message == "1 person was in “yard” for 4 s"
    assert begin.numbers["min_seconds"] == 1.0
    assert begin.numbers["margin_seconds"] == pytest.approx(begin.numbers["seconds"] - 1.0)


@pytest.mark.parametrize(
    ("story", "actor", "options", "events"),
    [
        ("outside", Actor(stand(300, 300)), {}, 0),
        ("not long enough", Actor(stand(600, 300, 2, 3.5)), {"min_seconds": 2}, 0),
        ("long enough", Actor(stand(600, 300, 2, 4.5)), {"min_seconds": 2}, 1),
        ("a dog is no class here", Actor(stand(600, 300), kind=Kind.BICYCLE), {}, 0),
        ("a bicycle if asked", Actor(stand(600, 300), kind=Kind.BICYCLE), BICYCLES, 1),
        ("head inside, foot outside", Actor(stand(600, 490)), {}, 0),
        ("unsure", Actor(stand(600, 300), score=0.2), {}, 0),
        ("by night only, and it is day", Actor(stand(600, 300)), NIGHT, 0),
        ("by day only, and it is day", Actor(stand(600, 300)), DAY, 1),
    ],
)  # fmt: skip
def test_who_intrudes(story: str, actor: Actor, options: dict[str, object], events: int) -> None:
    assert len(starts(run(intrusion(**options), play([actor], 10)).events)) == events, story


def test_a_foot_that_trembles_on_the_border_is_one_incident() -> None:
    rng = np.random.default_rng(3)
    wobble = rng.normal(0, 4, 400)

    def where(seconds: float) -> tuple[float, float]:
        return 402 + float(wobble[int(seconds * 5)]), 300.0

    made = run(intrusion(clear_seconds=1), play([Actor(where)], 60))
    assert phases(made.events).count("start") == 1
    assert made.events[-1].end == pytest.approx(T0 + 60, abs=2)


def test_many_people_are_one_incident_with_numbers() -> None:
    actors = [Actor(stand(450 + 60 * n, 300, n * 3, 40), id=n) for n in range(5)]
    made = run(intrusion(), play(actors, 60))
    assert phases(made.events) == ["start", "update", "update", "update", "update", "end"]
    assert len({event.id for event in made.events}) == 1
    assert [event.numbers["most"] for event in made.events] == [1, 2, 3, 4, 5, 5]
    assert made.events[-1].message == "5 people were in “yard” for 40 s"
    assert made.events[-1].numbers["seconds"] == pytest.approx(40, abs=0.5)


def test_gone_for_a_moment_is_the_same_incident_gone_for_long_is_another() -> None:
    a = Actor(stand(600, 300, 0, 5), id=1)
    b = Actor(stand(600, 300, 8, 12), id=2)
    c = Actor(stand(600, 300, 25, 30), id=3)
    made = run(intrusion(), play([a, b, c], 40))
    assert phases(made.events) == ["start", "end", "start", "end"]
    assert made.events[1].end == pytest.approx(T0 + 12, abs=0.01)
    assert made.events[0].id != made.events[2].id


def test_a_new_number_does_not_start_the_clock_anew() -> None:
    """The tracker loses a standing person every second and finds them under a new number."""
    one, state, events = intrusion(min_seconds=6), intrusion().start(), []
    for n in range(50):
        actor = Actor(stand(600, 300), id=n // 5)
        state, made = one.step(state, look([actor] if n % 5 else [], n * 0.2, n + 1))
        events += made.events
    assert phases(events) == ["start"]
    assert events[0].time == pytest.approx(T0 + 6.2, abs=0.3)


def test_occupancy_is_the_most_in_a_minute() -> None:
    actors = [
        Actor(stand(450, 300, 10, 50), id=1),
        Actor(stand(550, 300, 20, 80), id=2),
        Actor(stand(650, 300, 25, 30), id=3, kind=Kind.CAR, size=(100, 60)),
    ]
    made = run(intrusion(count=True, classes=["person", "car"]), play(actors, 130))
    assert [(c.minute - T0, c.kind, c.direction, c.n) for c in made.counts] == [
        (0, "person", "", 2),
        (0, "car", "", 1),
        (60, "person", "", 1),
    ]


def test_a_zone_to_the_picture_s_edge_holds_who_is_cut_off_there() -> None:
    actor = Actor(stand(500, SIZE[1] + 40))
    assert len(starts(run(intrusion(Zone.whole()), play([actor], 5)).events)) == 1


# Stopped vehicle


def car(where: object, id: int = 1, size: tuple[float, float] = (160, 90)) -> Actor:  # noqa: A002
    return Actor(where, id=id, kind=Kind.CAR, size=size)  # type: ignore[arg-type]


def drive_and_stop(start: float, end: float, x: float = 600.0) -> object:
    arrive = walk([(950, 300), (x, 300)], 150.0, start=start)

    def where(seconds: float) -> tuple[float, float] | None:
        at = arrive(seconds)
        if at is None and start + (950 - x) / 150.0 < seconds <= end:
            return x, 300.0
        return at

    return where


def test_a_car_that_stops_is_an_incident_after_its_time() -> None:
    made = run(stopped(), play([car(drive_and_stop(40, 100))], 130))
    assert phases(made.events) == ["start", "update", "end"]
    begin = made.events[0]
    assert begin.time - begin.start == pytest.approx(20, abs=0.3)
    # the smoothing and the spot it may move within make it late, never early
    assert T0 + 42.3 <= begin.start <= T0 + 45.3
    assert begin.message == "1 car stands in “yard” for at least 20 s"
    assert made.events[-1].end == pytest.approx(T0 + 100, abs=0.3)


@pytest.mark.parametrize(
    ("story", "actors", "events"),
    [
        ("drives through", [car(walk([(950, 300), (50, 300)], 60.0, start=40))], 0),
        ("stops too short", [car(drive_and_stop(40, 60))], 0),
        ("stops outside the zone", [car(drive_and_stop(40, 100, x=850))], 0),
        ("creeps", [car(walk([(790, 300), (410, 300)], 5.0, start=40))], 0),
        ("parked at the start", [car(stand(600, 300))], 0),
        ("a person stands there", [Actor(stand(600, 300, 40))], 0),
        ("two cars stop", [car(drive_and_stop(40, 99)), car(drive_and_stop(50, 99, 450), 2)], 1),
    ],
)  # fmt: skip
def test_which_vehicles_stop(story: str, actors: list[Actor], events: int) -> None:
    assert len(starts(run(stopped(), play(actors, 130)).events)) == events, story


def test_parked_at_the_start_counts_when_asked() -> None:
    made = run(stopped(ignore_parked_at_start=False), play([car(stand(600, 300))], 40))
    assert len(starts(made.events)) == 1


def test_a_parked_car_that_moves_and_stops_again_is_an_incident() -> None:
    move = walk([(600, 300), (480, 300)], 60.0, start=40)
    actor = car(lambda t: (600.0, 300.0) if t < 40 else move(t) or (480.0, 300.0))
    made = run(stopped(), play([actor], 90))
    (begin,) = starts(made.events)
    assert begin.start == pytest.approx(T0 + 42, abs=2.5)


def test_a_trembling_box_and_a_passer_by_do_not_set_it_going() -> None:
    """The box shakes by 5 % of its size, and half of it is hidden for a second now and then."""
    rng = np.random.default_rng(11)
    arrive = drive_and_stop(40, 1e9)
    one, state, events = stopped(), stopped().start(), []
    for n in range(500):
        t = n * 0.2
        at = arrive(t)  # type: ignore[operator]
        if at is None:
            looked = look((), t, n + 1)
        else:
            size = (160.0, 90.0)
            x, y = at[0] + rng.normal(0, 8), at[1] + rng.normal(0, 4)
            if t > 50 and n % 50 < 3:
                size, x = (100.0, 90.0), x + 30
            looked = look([car(stand(x, y), size=size)], t, n + 1)
        state, made = one.step(state, looked)
        events += made.events
    (begin,) = starts(tuple(events))
    assert begin.start == pytest.approx(T0 + 42.3, abs=2.5)


def test_lost_and_found_is_not_told_again() -> None:
    """A parked car and one that was told of flicker for minutes; each blink brings a new number."""
    rng = np.random.default_rng(2)
    arrive = drive_and_stop(40, 1e9, x=500)
    one, state, events, number = stopped(), stopped().start(), [], 10
    for n in range(3000):
        t = n * 0.2
        number += rng.random() < 0.02
        seen = []
        if n < 100 or n % 400 > 120:  # away for 24 s of every 80
            seen.append(car(stand(700, 300), id=1000 + number))
        if t < 80 or n % 300 > 100:
            seen.append(car(arrive, id=2000 + number))
        state, made = one.step(state, look(seen, t, n + 1))
        events += made.events
    assert len(starts(tuple(events))) == 1


def test_a_stall_of_the_camera_ends_nothing() -> None:
    one = stopped()
    early, state = run_on(one, one.start(), play([car(drive_and_stop(40, 1e9))], 80))
    late, state = run_on(
        one, state, (look([car(drive_and_stop(40, 1e9))], 95 + n * 0.2, n) for n in range(50))
    )
    assert phases(early.events) == ["start"]
    assert Phase.END not in [event.phase for event in late.events]


# Person lying


def down(start: float, end: float = 1e9) -> object:
    return lambda t: Posture.LYING if start <= t <= end else Posture.UPRIGHT


def every_so_often(nth: int, odd: Posture) -> object:
    """Lying, but every nth look says something else."""
    return lambda t: odd if round(t * 5) % nth == 0 else Posture.LYING


def person(posture: object, where: object = None, **rest: object) -> Actor:
    return Actor(where or stand(600, 300), posture=posture, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("story", "actor", "events"),
    [
        ("lies", person(down(5)), 1),
        ("stands", person(down(1e9)), 0),
        ("bends down for 6 s", person(down(5, 11)), 0),
        ("lies outside the zone", person(down(5), stand(200, 300)), 0),
        ("every third look says upright", person(every_so_often(3, Posture.UPRIGHT)), 0),
        ("every fifth look says upright", person(every_so_often(5, Posture.UPRIGHT)), 1),
        ("half of the looks cannot tell", person(every_so_often(2, Posture.UNKNOWN)), 1),
        ("nothing can be told", person(lambda t: Posture.UNKNOWN), 0),
        ("a lying car is no person", person(down(0), kind=Kind.CAR), 0),
    ],
)  # fmt: skip
def test_who_lies(story: str, actor: Actor, events: int) -> None:
    assert len(starts(run(lying(), play([actor], 40)).events)) == events, story


def test_lying_down_getting_up_and_the_numbers() -> None:
    made = run(lying(), play([person(down(5, 30))], 60))
    assert phases(made.events) == ["start", "end"]
    begin, end = made.events
    assert begin.severity is Severity.CRITICAL
    assert begin.start == pytest.approx(T0 + 5, abs=0.01)
    assert begin.time == pytest.approx(T0 + 15, abs=0.3)
    assert begin.message == "1 person lies in “yard” for at least 10 s"
    assert end.end == pytest.approx(T0 + 30, abs=3)


def test_short_losses_and_new_numbers_do_not_start_the_clock_anew() -> None:
    one, state, events = lying(), lying().start(), []
    for n in range(100):
        actor = Actor(stand(600, 300), id=n // 12, size=(100, 40), posture=lambda t: Posture.LYING)
        lost = n % 12 < 4
        state, made = one.step(state, look([] if lost else [actor], n * 0.2, n + 1))
        events += made.events
    (begin,) = starts(tuple(events))
    assert begin.time - begin.start == pytest.approx(10, abs=1)
