"""Statuses and measures go in, minutes come out, each once, lost for the right reason."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from streetlamp.fleet.health import SETTLE_SECONDS, CameraHealth
from streetlamp.fleet.health_options import HealthOptions
from streetlamp.health import Check, Minute, MinuteState, Reason
from streetlamp.values import CameraState, CameraStatus
from streetlamp.video.view.sample import ViewSample

START = 1_770_000_000.0 // 60 * 60  # a minute begins
GOOD = ViewSample(
    camera="gate", time=0.0, size=(1280, 720), infrared=False, colour=12.0, brightness=110.0,
    low=30.0, high=210.0, dark=0.01, bright=0.0, sharpness=0.7, detail=11.0, structure=0.8,
    steady=0.95, alive=0.8, noise=2.0, same=0.01, coded=900.0, known=True, fit=0.98, layout=0.95,
    shifted_fit=0.98,
)  # fmt: skip
LIVE = CameraStatus("gate", CameraState.LIVE, START, fps=15.0, looks_per_second=3.0, recording=True)


def health(**options: Any) -> CameraHealth:
    return CameraHealth("gate", HealthOptions.model_validate(options))


class Days:
    """A camera told of second by second: what is different in which seconds is the test's."""

    def __init__(self, **options: Any) -> None:
        self.health = health(**options)
        self.told: list[Minute] = []

    def go(self, first: int, last: int, *, sample: Any = None, status: Any = None) -> None:
        for second in range(first, last):
            now = START + second
            what = replace(LIVE, **{"last_frame": now, **(status or {})})
            if second % 2 == 0 or second in (first, last - 1):
                self.health.status(what, now)
            if second % 4 == 0 and what.state is CameraState.LIVE:
                self.health.view(replace(GOOD, time=now, **(sample or {})))
            if second % 10 == 0:
                self.told += self.health.minutes(now)

    def lost(self) -> dict[int, tuple[Reason, ...]]:
        """The lost minutes, counted from the start, and why."""
        return {
            int(one.minute - START) // 60: one.reasons
            for one in self.told
            if one.state is MinuteState.LOST
        }


def test_a_good_day_keeps_every_minute_and_tells_each_once() -> None:
    days = Days()
    days.go(0, 3601)
    minutes = [int(one.minute - START) // 60 for one in days.told]
    assert minutes == list(range(int((3600 - SETTLE_SECONDS) // 60)))
    assert not days.lost()
    rest = days.health.minutes(START + 3600, all_of_them=True)
    assert [int(one.minute - START) // 60 for one in rest] == [58, 59]


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.UNREACHABLE, {"state": CameraState.WAITING, "trouble": Reason.UNREACHABLE}),
        (Reason.LOGIN_REFUSED, {"state": CameraState.FAILED, "trouble": Reason.LOGIN_REFUSED}),
        (Reason.NO_VIDEO, {"state": CameraState.WAITING, "trouble": Reason.NO_VIDEO}),
        (Reason.DAMAGED, {"state": CameraState.WAITING, "trouble": Reason.DAMAGED}),
        (Reason.NOT_MASKED, {"whole_hidden": "the detector is late"}),
        (Reason.NOT_RECORDED, {"recording": False}),
    ],
)
def test_what_is_told_is_charged_to_the_second(reason: Reason, status: dict[str, Any]) -> None:
    days = Days()
    days.go(0, 610)
    days.go(610, 730, status=status)  # ten seconds into the minute, and ten of the one after next
    days.go(730, 1400)
    assert days.lost() == {10: (reason,), 11: (reason,), 12: (reason,)}


def test_a_view_that_is_taken_over_is_learnt_anew() -> None:
    """One less sharp than the old view would be out of focus for ever otherwise."""
    days = Days()
    days.go(0, 1800)
    turned = {"fit": 0.1, "shift": (220.0, 10.0), "shifted_fit": 0.8}
    days.go(1800, 2100, sample=turned)
    days.health.forget_view()
    days.go(2100, 3600, sample={"sharpness": 0.4})
    assert days.lost() == dict.fromkeys(range(30, 35), (Reason.MOVED,))


def test_a_blip_of_five_seconds_costs_no_minute() -> None:
    days = Days()
    days.go(0, 610)
    days.go(610, 615, status={"state": CameraState.WAITING, "trouble": Reason.UNREACHABLE})
    days.go(615, 1000)
    assert not days.lost()


def test_until_it_is_opened_the_time_is_ours_and_a_try_changes_nothing() -> None:
    days = Days()
    trying = {"state": CameraState.CONNECTING, "last_frame": 0.0}
    days.go(0, 180, status=trying)
    days.go(180, 300, status={"state": CameraState.WAITING, "trouble": Reason.LOGIN_REFUSED})
    days.go(300, 360, status=trying)
    days.go(360, 900)
    ours, refused = (Reason.STREETLAMP_DOWN,), (Reason.LOGIN_REFUSED,)
    assert days.lost() == {0: ours, 1: ours, 2: ours, 3: refused, 4: refused, 5: refused}


def test_a_camera_that_says_nothing_after_it_left_stays_lost() -> None:
    """Statuses come on a change only: the silence after one is as long as it lasts."""
    days = Days()
    days.go(0, 300)
    away = replace(LIVE, state=CameraState.WAITING, trouble=Reason.UNREACHABLE, since=START + 300)
    days.health.status(away, START + 300)
    days.told += days.health.minutes(START + 900)
    assert set(days.lost()) == set(range(5, 13))


def test_live_and_without_pictures_is_no_video() -> None:
    days = Days()
    days.go(0, 300)
    days.told += days.health.minutes(START + 315)  # nothing comes any more
    days.told += days.health.minutes(START + 600)
    assert days.lost()[6] == (Reason.NO_VIDEO,)


def test_a_slow_camera_is_told_by_its_own_rate() -> None:
    days = Days()
    days.go(0, 1500)
    days.go(1500, 1800, status={"fps": 6.0})
    days.go(1800, 2200)
    assert all(reasons == (Reason.LOW_RATE,) for reasons in days.lost().values())
    assert {26, 27, 28} <= set(days.lost())
    slow = Days()  # one that never sent more is well
    slow.go(0, 2000, status={"fps": 6.0})
    assert not slow.lost()


def test_too_few_looks_awake_and_none_asleep() -> None:
    days = Days()
    days.go(0, 600)
    days.go(600, 900, status={"looks_per_second": 0.5})
    days.go(900, 1300)
    assert {11, 12, 13} <= set(days.lost())
    assert set(days.lost().values()) == {(Reason.NOT_ANALYSED,)}
    asleep = Days()
    asleep.go(0, 1200, status={"looks_per_second": 0.02, "asleep": True})
    assert not asleep.lost()


PICTURES = {
    Reason.BLACK: {"high": 12.0, "brightness": 5.0, "fit": 0.02, "sharpness": None},
    Reason.OVEREXPOSED: {"bright": 0.9, "brightness": 245.0, "fit": 0.1},
    Reason.LOW_CONTRAST: {"low": 120.0, "high": 150.0, "brightness": 135.0, "detail": 2.0},
    Reason.DEFOCUSED: {"sharpness": 0.4},
    Reason.COVERED: {
        "fit": 0.05, "bare": 0.9, "layout": 0.3, "structure": 0.2, "sharpness": None, "detail": 1.0,
        "low": 60.0, "high": 100.0, "brightness": 80.0,
    },
    Reason.MOVED: {"fit": 0.2, "layout": 0.4, "shift": (220.0, 10.0), "shifted_fit": 0.8},
    Reason.FROZEN: {"alive": 0.0, "noise": 0.0, "coded": 12.0},
}  # fmt: skip


@pytest.mark.parametrize("reason", PICTURES, ids=str)
def test_a_picture_that_is_wrong_is_charged_from_its_first_minute(reason: Reason) -> None:
    days = Days()
    days.go(0, 620)
    days.go(620, 920, sample=PICTURES[reason])
    days.go(920, 1500)
    assert days.lost() == dict.fromkeys(range(10, 16), (reason,))
    text = next(one.text for one in days.told if one.state is MinuteState.LOST)
    assert any(letter.isdigit() for letter in text), text  # it says its number


@pytest.mark.parametrize("reason", PICTURES, ids=str)
def test_what_is_ignored_loses_no_minute(reason: Reason) -> None:
    every = ["exposure", "focus", "view", "alive"]
    days = Days(ignore=every)
    days.go(0, 620)
    days.go(620, 920, sample=PICTURES[reason])
    days.go(920, 1300)
    assert not days.lost()


def test_what_was_wrong_never_becomes_usual() -> None:
    days = Days()
    days.go(0, 1200)
    days.go(1200, 1200 + 5400, sample={"sharpness": 0.4})
    found = {one.check: one for one in days.health.judgements()}
    assert found[Check.FOCUS].reason is Reason.DEFOCUSED
    assert found[Check.FOCUS].reference == pytest.approx(0.7, rel=0.1)


def test_a_lorry_is_not_tamper_until_it_stays() -> None:
    lorry = {"fit": 0.45, "bare": 0.3, "layout": 0.7, "structure": 0.6}
    days = Days(parked_minutes=20.0)
    days.go(0, 600)
    days.go(600, 600 + 14 * 60, sample=lorry)
    days.go(600 + 14 * 60, 2400)
    assert not days.lost()
    days.go(2400, 2400 + 26 * 60, sample=lorry)
    found = {one.check: one for one in days.health.judgements()}
    assert found[Check.VIEW].reason is Reason.COVERED


def test_a_crowd_is_not_another_view() -> None:
    days = Days()
    days.go(0, 600)
    days.go(600, 2400, sample={"fit": 0.1, "bare": 0.0, "layout": 0.3, "steady": 0.4})
    assert not days.lost()


def test_the_root_comes_first() -> None:
    days = Days()
    days.go(0, 600)
    wrong = {"whole_hidden": "late", "recording": False}
    days.go(600, 900, sample=PICTURES[Reason.BLACK], status=wrong)
    assert days.lost()[11] == (Reason.BLACK, Reason.NOT_RECORDED, Reason.NOT_MASKED)


def test_a_clock_that_is_wrong() -> None:
    one = health()

    one.status(replace(LIVE, last_frame=START, clock_offset=90.0), START)
    found = {each.check: each for each in one.judgements()}
    assert found[Check.CLOCK].reason is Reason.CLOCK_WRONG
    assert "90.0 s fast" in found[Check.CLOCK].text


def test_a_still_place_in_a_thrifty_codec_is_not_frozen() -> None:
    """Between keyframes nothing is coded; the keyframes have a sensor's noise all the same."""
    days = Days()
    days.go(0, 600)
    days.go(600, 2400, sample={"coded": 8.0, "alive": 0.6, "noise": 1.4})
    assert not days.lost()


def test_a_camera_without_noise_is_never_called_frozen() -> None:
    """Strong noise reduction at night: nobody can tell, so nobody says so."""
    days = Days()
    days.go(0, 2400, sample={"alive": 0.01, "noise": 0.01, "coded": 5.0})
    assert not days.lost()


def test_day_and_infrared_are_judged_on_their_own_terms() -> None:
    days = Days()
    night = {"infrared": True, "colour": 0.2, "sharpness": 0.42, "detail": 4.0, "high": 120.0}
    days.go(0, 1800)
    days.go(1800, 3600, sample=night)
    days.go(3600, 5000)
    assert not days.lost()


def test_what_is_usual_outlives_a_restart() -> None:
    days = Days()
    days.go(0, 2400)
    text = json.dumps(days.health.state())
    again = Days()
    again.health.restore(json.loads(text))
    again.go(2400, 2500, sample={"sharpness": 0.4})
    found = {one.check: one for one in again.health.judgements()}
    assert found[Check.FOCUS].reason is Reason.DEFOCUSED


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="this version"):
        health().restore({"kind": "something else"})


def test_the_clock_set_back_tells_no_minute_twice_and_does_not_stop() -> None:
    days = Days()
    days.go(0, 1200)
    days.go(-7200, -6000)
    told = [one.minute for one in days.told]
    assert len(told) == len(set(told))
    assert min(told) < START


def test_a_machine_that_is_late_loses_its_own_time_and_not_the_cameras() -> None:
    days = Days()
    days.go(0, 180)
    for second in range(180, 300):  # its packets come; a look is late, so none can be shown
        late = {"last_frame": START + 179, "last_packet": START + second, "behind": second - 180.0}
        days.go(second, second + 1, status=late)
    days.go(300, 700)
    assert days.lost() == {3: (Reason.NOT_ANALYSED,), 4: (Reason.NOT_ANALYSED,)}


@pytest.mark.parametrize(
    "status",
    [
        {"last_packet": START + 179, "behind": 9.0},  # it was late, and then nothing came any more
        {"last_packet": START + 400, "behind": 0.2},  # what comes makes no pictures
    ],
    ids=["silent", "nothing to show"],
)
def test_a_camera_that_sends_no_pictures_is_charged_for_it(status: dict[str, Any]) -> None:
    days = Days()
    days.go(0, 180)
    days.go(180, 300, status={"last_frame": START + 179, **status})
    days.go(300, 700)
    assert set(days.lost().values()) == {(Reason.NO_VIDEO,)}
