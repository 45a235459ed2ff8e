"""Trouble with cameras becomes one alarm for one cause, not too soon, and ends once."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from streetlamp.fleet.groups import groups_of
from streetlamp.fleet.options import FleetAlarmOptions, FleetOptions
from streetlamp.fleet.watch import Condition, Conditions, FleetWatch, TroubleKind, by_kind, kind_of
from streetlamp.health import Reason
from streetlamp.values import Event, Phase, Severity

T = 1_780_000_000.0
DOWN = Condition(Reason.UNREACHABLE, "no answer")
CAMERAS = {f"cam-{i}": f"Camera {i}" for i in range(100)}
FLEET = {
    "groups": {
        "feed": {"name": "Feed A", "kind": "power feed"},
        **{
            f"switch-{s}": {
                "kind": "switch",
                "cameras": [f"cam-{i}" for i in range(20 * s, 20 * s + 20)],
                "behind": "feed",
            }
            for s in range(4)
        },
        "mast": {"kind": "radio link", "cameras": ["cam-8?", "cam-9?"]},
    }
}

Wrong = Callable[[str, int], Condition | None]


def watch(**alarms: object) -> FleetWatch:
    fleet = FleetOptions.model_validate(FLEET)
    options = FleetAlarmOptions.model_validate(alarms)
    return FleetWatch(options, groups_of(fleet, CAMERAS), CAMERAS)


def lived(of: FleetWatch, wrong: Wrong, seconds: int) -> list[Event]:
    """A second a step. wrong: what is wrong with a camera at a second."""
    told = []
    for second in range(seconds):
        conditions = {camera: only(wrong(camera, second)) for camera in CAMERAS}
        told += of.step(T + second, float(second), conditions)
    return told


def only(condition: Condition | None) -> Conditions:
    return by_kind([] if condition is None else [condition])


def between(start: int, end: int, what: Condition = DOWN) -> Callable[[int], Condition | None]:
    return lambda second: what if start <= second < end else None


def number(camera: str) -> int:
    return int(camera.split("-")[1])


@pytest.mark.parametrize("seed", range(3))
def test_a_hundred_cameras_behind_one_feed_are_one_alarm(seed: int) -> None:
    pick = random.Random(seed)
    everyone = FleetOptions.model_validate(
        {"groups": {"feed": {"name": "Feed A", "kind": "power feed", "cameras": ["*"]}}}
    )
    of = FleetWatch(everyone.alarms, groups_of(everyone, CAMERAS), CAMERAS)
    lost = {
        camera: between(100 + pick.randrange(40), 700 + pick.randrange(90)) for camera in CAMERAS
    }
    told = lived(of, lambda camera, second: lost[camera](second), 1000)
    assert {event.id for event in told} == {told[0].id}
    assert [event.phase for event in told if event.phase is not Phase.UPDATE] == [
        Phase.START, Phase.END,
    ]  # fmt: skip
    assert told[0].camera == ""
    assert told[0].severity is Severity.CRITICAL
    assert told[0].message == (
        "Feed A (power feed): all 100 cameras behind it are lost: cannot be reached"
    )
    assert told[0].numbers["behind"] == told[-1].numbers["most"] == 100
    assert told[-1].message.startswith("Feed A (power feed): all 100 cameras are well again after")
    assert len(told) < 12, "it is not told with every camera that comes back"


def test_the_thing_that_explains_it_is_blamed() -> None:
    of = watch()
    told = lived(of, lambda c, s: between(10, 200)(s) if 20 <= number(c) < 40 else None, 400)
    assert [event.place for event in told if event.phase is Phase.START] == ["switch-1"]
    whole = lived(watch(), lambda c, s: between(10, 200)(s) if number(c) < 80 else None, 400)
    assert [event.place for event in whole if event.phase is Phase.START] == ["Feed A"]


def test_two_causes_at_one_time_are_two_alarms_and_a_single_camera_a_third() -> None:
    def wrong(camera: str, second: int) -> Condition | None:
        n = number(camera)
        return between(10 + n % 7, 300)(second) if n < 20 or n >= 80 or n == 50 else None

    starts = [event for event in lived(watch(), wrong, 500) if event.phase is Phase.START]
    assert sorted((event.camera, event.place) for event in starts) == [
        ("", "mast"), ("", "switch-0"), ("cam-50", ""),
    ]  # fmt: skip


def test_stragglers_join_and_the_last_one_back_ends_it() -> None:
    def wrong(camera: str, second: int) -> Condition | None:
        n = number(camera)
        if n < 15:
            return between(10, 300)(second)
        return between(200, 420)(second) if n < 20 else None

    told = lived(watch(), wrong, 600)
    assert len({event.id for event in told}) == 1
    assert told[0].message.startswith("switch-0 (switch): 15 of 20 cameras behind it are lost")
    assert told[-1].phase is Phase.END
    assert told[-1].numbers["most"] == 20
    assert T + 470 < told[-1].at < T + 490


def test_without_topology_what_is_lost_at_once_is_one_alarm() -> None:
    of = FleetWatch(FleetAlarmOptions.model_validate({}), (), CAMERAS)

    def wrong(camera: str, second: int) -> Condition | None:
        n = number(camera)
        if n < 12:
            return between(50 + n // 4, 300)(second)
        return between(100, 300)(second) if n == 70 else None

    starts = [event for event in lived(of, wrong, 600) if event.phase is Phase.START]
    assert [event.message for event in starts] == [
        "12 cameras were lost at once: cannot be reached",
        "Camera 70: cannot be reached (no answer)",
    ]
    assert starts[0].place == "Camera 0, Camera 1, Camera 2 and others"


def test_what_is_short_is_no_alarm_and_what_flickers_is_one() -> None:
    assert lived(watch(), lambda c, s: between(10, 69)(s) if c == "cam-3" else None, 200) == []

    def flickering(camera: str, second: int) -> Condition | None:
        return DOWN if camera == "cam-3" and 10 <= second < 600 and second % 60 < 55 else None

    told = lived(watch(), flickering, 800)
    assert [event.phase for event in told] == [Phase.START, Phase.END]
    assert told[0].camera == "cam-3"
    assert told[0].severity is Severity.WARNING


def test_kinds_have_their_own_patience() -> None:
    covered, blurred = Condition(Reason.COVERED), Condition(Reason.DEFOCUSED, "sharpness 12")

    def wrong(camera: str, second: int) -> Condition | None:
        if camera == "cam-1":
            return between(0, 500, covered)(second)
        return between(0, 500, blurred)(second) if camera == "cam-2" else None

    told = lived(watch(degraded_seconds=300), wrong, 700)
    starts = {event.kind: event for event in told if event.phase is Phase.START}
    assert starts["tamper"].at == T + 60
    assert starts["degraded"].at == T + 300
    assert starts["tamper"].message == "Camera 1: something covers the lens"
    assert starts["degraded"].message == "Camera 2: out of focus (sharpness 12)"


CLOCK, COVERED = Condition(Reason.CLOCK_WRONG, "an hour"), Condition(Reason.COVERED)


def test_of_each_kind_the_root_is_told_and_of_a_lost_camera_only_that() -> None:
    found = by_kind([Condition(Reason.NOT_RECORDED), Condition(Reason.MOVED), COVERED, CLOCK])
    assert list(found.items()) == [(TroubleKind.DEGRADED, CLOCK), (TroubleKind.TAMPER, COVERED)]
    assert by_kind([CLOCK, COVERED, DOWN]) == {TroubleKind.DOWN: DOWN}
    assert by_kind([]) == {}


def several(wrong: Callable[[int], list[Condition]], seconds: int) -> list[tuple[int, str, Phase]]:
    """What is told of one camera, and at which second."""
    of, told = watch(degraded_seconds=300), []
    for second in range(seconds):
        told += of.step(T + second, float(second), {"cam-5": by_kind(wrong(second))})
    return [(round(event.at - T), event.kind, event.phase) for event in told]


def test_a_camera_with_a_wrong_clock_that_is_covered_is_tampered_with() -> None:
    def wrong(second: int) -> list[Condition]:
        return [CLOCK, COVERED] if 100 <= second < 400 else [CLOCK]

    assert several(wrong, 600) == [
        (160, "tamper", Phase.START),
        (300, "degraded", Phase.START),
        (460, "tamper", Phase.END),
    ]


def test_a_covered_camera_that_is_lost_is_not_well_again() -> None:
    def wrong(second: int) -> list[Condition]:
        lost = [DOWN] if 100 <= second < 300 else []
        return [*lost, COVERED] if second < 400 else []

    assert several(wrong, 600) == [
        (60, "tamper", Phase.START),
        (160, "camera_down", Phase.START),
        (360, "camera_down", Phase.END),
        (460, "tamper", Phase.END),
    ]


def test_what_was_not_told_before_a_camera_was_lost_begins_anew() -> None:
    def wrong(second: int) -> list[Condition]:
        return [DOWN, COVERED] if 30 <= second < 300 else [COVERED] if second < 400 else []

    assert several(wrong, 500) == [
        (90, "camera_down", Phase.START),
        (360, "tamper", Phase.START),
        (360, "camera_down", Phase.END),
        (460, "tamper", Phase.END),
    ]


def test_the_clock_may_be_set_meanwhile() -> None:
    of, told = watch(), []
    for second in range(200):
        now = T + second - (3600 if second > 30 else 0)
        told += of.step(now, float(second), {"cam-5": only(between(10, 120)(second))})
    assert [event.phase for event in told] == [Phase.START, Phase.END]


def test_a_camera_that_is_not_watched_any_more_ends_its_alarm() -> None:
    of, told = watch(), []
    for second in range(200):
        told += of.step(T + second, float(second), {"cam-5": only(DOWN)} if second < 100 else {})
    assert [event.phase for event in told] == [Phase.START, Phase.END]


def test_every_reason_has_a_kind() -> None:
    assert {kind_of(reason) for reason in Reason} == set(TroubleKind)
