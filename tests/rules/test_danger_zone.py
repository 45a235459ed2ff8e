"""Somebody on the tracks: at once, also with hidden feet, and nobody beside them."""

from __future__ import annotations

import pytest

from streetlamp.geometry import Zone
from streetlamp.rules.kinds.danger_zone import DangerZone, DangerZoneOptions
from streetlamp.rules.kinds.intrusion import Intrusion, IntrusionOptions
from streetlamp.values import Event, Kind, Phase, Severity
from support.rule_story import check_any_clock, check_truncation
from support.scene import T0, YARD, Actor, phases, play, run, stand, walk

# YARD: x 400–800, y 100–450 in pixels. An actor is 40 × 100.

TRACKS = Zone("tracks", ((0.2, 0.2), (0.8, 0.2), (0.8, 0.6), (0.2, 0.6)))  # x 200–800, y 100–300


def danger(zone: Zone = TRACKS, **options: object) -> DangerZone:
    return DangerZone(DangerZoneOptions.model_validate({"name": "d", **options}), zone)


def starts(events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.phase is Phase.START]


def test_it_speaks_within_half_a_second() -> None:
    made = run(danger(), play([Actor(stand(500, 250, 5, 12))], 30))
    assert phases(made.events) == ["start", "end"]
    begin, end = made.events
    assert begin.time - begin.start == pytest.approx(0.4, abs=0.01)
    assert begin.severity is Severity.CRITICAL
    assert begin.message == "1 person is in “tracks”"
    assert end.message == "1 person was in “tracks” for 7 s"
    assert begin.numbers["margin_seconds"] == pytest.approx(0.0, abs=0.01)


def test_a_slow_look_rate_still_needs_only_two_looks() -> None:
    made = run(danger(), play([Actor(stand(500, 250, 5))], 20, every=0.5))
    assert made.events[0].time - T0 == pytest.approx(5.5)


RIDER = Actor(stand(500, 250), id=1)
CAR = Actor(stand(500, 260), id=2, kind=Kind.CAR, size=(200, 130))
NIGHT = {"schedule": [{"hours": "22:00-06:00"}]}


@pytest.mark.parametrize(
    ("story", "actors", "options", "events"),
    [
        ("feet inside", [Actor(stand(500, 250))], {}, 1),
        ("feet just inside, the rest above the zone", [Actor(stand(500, 110))], {}, 1),
        ("feet hidden by the edge: the box ends just below it", [Actor(stand(500, 315))], {}, 1),
        ("the detector guesses the hidden legs", [Actor(stand(500, 324))], {}, 1),
        ("stands before the edge, the head before the tracks", [Actor(stand(500, 330))], {}, 0),
        ("the same, tall: most of the box before the tracks",
         [Actor(stand(500, 350), size=(60, 180))], {}, 0),
        ("the same, with no reach", [Actor(stand(500, 315))], {"reach": 0}, 0),
        ("only who is wholly inside", [Actor(stand(500, 315))], {"share": 1}, 0),
        ("beside the tracks, far side", [Actor(stand(500, 95))], {}, 0),
        ("half of the box over the end of the tracks", [Actor(stand(805, 250))], {}, 0),
        ("one look only", [Actor(stand(500, 250, 4.99, 5.01))], {}, 0),
        ("two looks, a fifth of a second", [Actor(stand(500, 250, 4.99, 5.21))], {}, 0),
        ("three looks", [Actor(stand(500, 250, 4.99, 5.41))], {}, 1),
        ("unsure", [Actor(stand(500, 250), score=0.2)], {}, 0),
        ("a car, not asked for", [CAR], {}, 0),
        ("a rider counts", [RIDER, CAR], {}, 1),
        ("a rider does not when asked", [RIDER, CAR], {"ignore_riders": True}, 0),
        ("who stands beside the car does",
         [Actor(stand(650, 250), id=1), CAR], {"ignore_riders": True}, 1),
        ("by night only, and it is day", [Actor(stand(500, 250))], NIGHT, 0),
    ],
)  # fmt: skip
def test_who_is_in_danger(
    story: str, actors: list[Actor], options: dict[str, object], events: int
) -> None:
    assert len(starts(run(danger(**options), play(actors, 10)).events)) == events, story


def test_a_zone_cut_off_by_the_picture_holds_who_is_cut_off_there() -> None:
    low = Zone("water", ((0.0, 0.8), (1.0, 0.8), (1.0, 1.0), (0.0, 1.0)))
    assert len(starts(run(danger(low), play([Actor(stand(500, 540))], 5)).events)) == 1


def test_every_other_look_lost_is_one_incident() -> None:
    flicker = Actor(lambda t: (500, 250) if round(t * 5) % 2 else None)
    made = run(danger(), play([flicker], 30))
    assert len(starts(made.events)) == 1
    assert made.events[0].time - T0 <= 1.01


def test_a_new_number_each_half_second_is_found_all_the_same() -> None:
    actors = [Actor(stand(500, 250, n * 0.5 - 0.01, n * 0.5 + 0.39), id=n) for n in range(40)]
    assert len(starts(run(danger(), play(actors, 20)).events)) == 1


def test_it_is_intrusion_where_all_feet_are_seen() -> None:
    """With the same times, somebody walking through makes the same incident of both."""
    actor = Actor(walk([(100, 280), (950, 280)]))
    asked = {"name": "d", "min_seconds": 1.0, "min_looks": 3, "severity": "warning"}
    mine = run(danger(YARD, **asked), play([actor], 20)).events
    theirs = run(Intrusion(IntrusionOptions.model_validate(asked), YARD), play([actor], 20)).events
    assert [(e.start, e.end, e.message) for e in mine] == [
        (e.start, e.end, e.message) for e in theirs
    ]


def test_the_future_changes_no_past() -> None:
    check_truncation(danger)


def test_any_clock() -> None:
    check_any_clock(danger)
