"""What is told together, what is told once, and what waits: a time that the tests move."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from streetlamp.errors import UserError
from streetlamp.notify.gatherer import MOST_MUTED
from streetlamp.notify.grouping import Rate
from streetlamp.notify.message import MessageKind, What
from streetlamp.notify.news import changes, news
from streetlamp.store import Mutes, PostState
from streetlamp.values import AlarmState, AlarmStep, Severity
from support.notify import T0, Recorder, alarm, moved, post

CRITICAL = Severity.CRITICAL


def test_one_alarm_is_one_message_in_plain_words(tmp_path: Path) -> None:
    porter = Recorder(link="https://lamp.example.org/")
    lamp = post(tmp_path, porter)
    lamp.say(alarm())
    lamp.go(1)
    assert not porter.took, "it waits a moment for more"
    lamp.go(2)
    (said,) = porter.took
    assert said.kind is MessageKind.ALARM
    assert said.title == "Warning: 1 person is in yard – Main gate (Riverside)"
    assert said.text == "1 person is in yard.\nMain gate, yard, 23:13:20, rule “night”"
    assert said.link == "https://lamp.example.org/alarms/a1"
    assert said.keys == ("a1:raised",)
    lamp.say(replace(alarm(), updated=T0 + 4))
    lamp.go(100)
    assert len(porter.took) == 1, "news of the same alarm is no news"


def test_what_comes_in_the_same_moment_is_one_message(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    lamp.say(alarm("a1"), alarm("a2", camera="dock", severity=CRITICAL, message="Somebody lies"))
    lamp.go(3)
    (said,) = porter.took
    assert said.kind is MessageKind.GATHERED
    assert said.title == "CRITICAL: 2 alarms at 2 cameras (Riverside)"
    assert said.text.splitlines() == [
        "23:13:20",
        "23:13:20  Main gate: 1 person is in yard",
        "23:13:20  dock: Somebody lies",
    ]


def test_something_critical_does_not_wait(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    lamp.say(alarm("a1"))
    lamp.go(0.5, 0.5)
    lamp.say(alarm("a2", at=lamp.now, severity=CRITICAL))
    lamp.go(0.5, 0.5)
    (said,) = porter.took
    assert set(said.keys) == {"a1:raised", "a2:raised"}


def storm(lamp, seconds: int = 60, count: int = 10_000, **rest: object) -> None:  # type: ignore[no-untyped-def]
    """`count` alarms of 100 cameras and 3 rules, spread over so many seconds."""
    made = 0
    for second in range(seconds):
        upto = count * (second + 1) // seconds
        lamp.say_new(
            *(
                alarm(f"s{n}", at=lamp.now, camera=f"cam{n % 100}", rule=f"rule {n % 3}", **rest)
                for n in range(made, upto)
            )
        )
        made = upto
        lamp.go(1, 0.5)


def test_a_storm_of_ten_thousand_in_a_minute_is_one_message_a_target(tmp_path: Path) -> None:
    first, whole = Recorder("first"), Recorder("whole", storm="whole")
    phone = Recorder("phone", replaces=True, parts=("ada",))
    lamp = post(tmp_path, first, whole, phone)
    storm(lamp)
    lamp.go(200)
    (early,) = first.took
    assert "and more are coming" in early.title
    assert 20 < early.count < 1000, "sent when the storm began"
    (late,) = whole.took
    assert late.count == 10_000
    assert late.cameras == 100
    assert late.rules == 3
    assert len(set(late.keys)) == 10_000, "all of them stand in it"
    assert late.title == "Warning: 10,000 alarms at 100 cameras (Riverside)"
    assert "3,334 × rule 0" in late.text
    assert len(late.text) < 1500
    # the browsers' one message was put in place of itself when the storm was over
    for part in phone.parts():
        mine = [one for one in phone.took if one.part == part]
        assert len({one.key for one in mine}) == 1
        assert mine[-1].count == 10_000
    for name in lamp.targets:  # nothing is lost, and nothing told twice
        told = lamp.keys_told(name)
        parts = len(lamp.targets[name].parts())
        assert len(told) == 10_000 * parts
        assert len(set(told)) == 10_000


def test_a_storm_of_critical_alarms_is_one_message_too(tmp_path: Path) -> None:
    first, whole = Recorder("first"), Recorder("whole", storm="whole")
    lamp = post(tmp_path, first, whole)
    for n in range(0, 1200, 20):  # as dense as ten thousand in a minute, for a while
        lamp.now = T0 + n * 0.006
        lamp.say_new(*(alarm(f"s{n + i}", at=lamp.now, severity=CRITICAL) for i in range(20)))
        lamp.gatherer.tick(lamp.now)
        lamp.send()
    lamp.go(200)
    assert [one.count for one in whole.took] == [1200]
    (early,) = first.took
    assert early.count <= 200


def test_after_a_storm_one_alarm_is_a_message_again(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    storm(lamp, 5, 100)
    lamp.go(120)
    assert len(porter.took) == 1
    lamp.say(alarm("later", at=lamp.now))
    lamp.go(3)
    assert porter.took[-1].keys == ("later:raised",)


def test_something_worse_breaks_through_a_storm(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    storm(lamp, 5, 100)
    lamp.say(alarm("fire", at=lamp.now, severity=CRITICAL))
    lamp.go(2, 0.5)
    assert [one.count for one in porter.took][1:] == [1]
    assert porter.took[1].keys == ("fire:raised",)


def test_a_restart_tells_what_was_not_told_and_nothing_twice(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    lamp.say(alarm("a1"))
    lamp.start()  # it dies while the message gathers
    lamp.go(3)
    assert [one.keys for one in porter.took] == [("a1:raised",)]
    lamp.now += 60
    with lamp.db.write():
        from streetlamp.store import Alarms  # noqa: PLC0415

        unheard = alarm("a2", at=lamp.now)
        Alarms(lamp.db).save(unheard, unheard.steps)  # it dies before anybody heard of it
    lamp.now += 10
    lamp.start()
    lamp.gatherer.take(lamp.gatherer.missed(lamp.now), lamp.now)
    lamp.go(3)
    assert [one.keys for one in porter.took] == [("a1:raised",), ("a2:raised",)]


def test_what_happened_before_the_first_start_is_nobodys_news(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    lamp.say(alarm("old", at=T0 - 3600))
    lamp.go(5)
    assert not porter.took


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, True),
        ({"severities": ["critical"]}, False),
        ({"cameras": ["do*"]}, False),
        ({"cameras": ["ga*"]}, True),
        ({"rules": ["night"]}, True),
        ({"rules": ["intru*"]}, True),
        ({"rules": ["speed"]}, False),
    ],
)
def test_a_target_hears_what_it_wants(
    tmp_path: Path, options: dict[str, object], told: bool
) -> None:
    porter = Recorder(**options)
    lamp = post(tmp_path, porter)
    lamp.say(alarm())
    lamp.go(3)
    assert bool(porter.took) is told


def test_the_steps_of_a_life_are_told_to_whoever_wants_them(tmp_path: Path) -> None:
    every = ("raised", "escalated", "acknowledged", "resolved", "false")
    porter, other = Recorder(tell=every), Recorder("other")
    lamp = post(tmp_path, porter, other)
    one = alarm()
    lamp.say(one)
    lamp.go(3)
    one = moved(one, AlarmState.ACKNOWLEDGED, lamp.now, note="on my way")
    lamp.say(one)
    lamp.go(3)
    one = moved(one, AlarmState.RESOLVED, lamp.now, note="a delivery")
    lamp.say(one)
    lamp.go(3)
    assert [said.keys[0] for said in porter.took] == [
        "a1:raised",
        "a1:acknowledged",
        "a1:resolved",
    ]
    assert porter.took[1].text.endswith("Acknowledged by ada: on my way")
    assert porter.took[2].title.startswith("Warning: Resolved: 1 person is in yard")
    assert len(other.took) == 1
    again = replace(
        one,
        state=AlarmState.RAISED,
        updated=lamp.now,
        steps=(*one.steps, AlarmStep(lamp.now, "streetlamp", AlarmState.RAISED, "again")),
    )
    lamp.say(again)
    lamp.go(3)
    assert [said.keys[0] for said in other.took] == ["a1:raised", "a1:raised"]


def test_an_alarm_that_gets_more_urgent_is_told_again(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    lamp.say(alarm())
    lamp.go(3)
    lamp.say(replace(alarm(severity=CRITICAL), updated=lamp.now))
    lamp.go(1, 0.5)
    lamp.say(replace(alarm(severity=Severity.WARNING), updated=lamp.now))
    lamp.go(3)
    assert [one.keys[0] for one in porter.took] == ["a1:raised", "a1:escalated"]
    assert porter.took[1].title.startswith("CRITICAL: More urgent: ")


def test_quiet_hours_hold_all_but_what_is_critical(tmp_path: Path) -> None:
    porter = Recorder(quiet=[{"hours": "22:00-23:30"}])  # it is 23:13:20 in Berlin
    lamp = post(tmp_path, porter)
    lamp.say(alarm("a1"), alarm("a2", severity=CRITICAL))
    lamp.go(60)
    assert [one.keys for one in porter.took] == [("a2:raised",)]
    lamp.say(alarm("a3", at=lamp.now, camera="dock"))
    lamp.go(20 * 60, 10)
    assert [one.kind for one in porter.took[1:]] == [MessageKind.MISSED]
    assert porter.took[1].title == "While it was quiet: 2 alarms at 2 cameras (Riverside)"
    assert set(porter.took[1].keys) == {"a1:raised", "a3:raised"}


def test_a_mute_ends_by_itself_with_one_message_about_what_was_missed(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    lamp.gatherer.mute("porter", "", T0 + 600, "ada", T0)
    for n in range(30):
        lamp.say(alarm(f"a{n}", at=lamp.now, severity=CRITICAL))
        lamp.go(10)
    assert not porter.took
    lamp.start()  # a restart forgets neither the mute nor what it holds back
    assert [one.by for one in lamp.gatherer.mutes(lamp.now)] == ["ada"]
    lamp.go(400, 5)
    (said,) = porter.took
    assert said.kind is MessageKind.MISSED
    assert said.count == 30
    assert not lamp.gatherer.mutes(lamp.now)
    lamp.say(alarm("after", at=lamp.now))
    lamp.go(3)
    assert porter.took[-1].keys == ("after:raised",)


def test_a_person_is_muted_wherever_they_are_told_and_others_are_not(tmp_path: Path) -> None:
    phone = Recorder("phone", parts=("ada", "ben"))
    lamp = post(tmp_path, phone)
    lamp.gatherer.mute("", "ada", T0 + 600, "ada", T0)
    lamp.say(alarm())
    lamp.go(3)
    assert [one.part for one in phone.took] == ["ben"]
    assert lamp.gatherer.unmute("", "ada", lamp.now)
    lamp.go(2)
    assert [(one.part, one.kind) for one in phone.took[1:]] == [("ada", MessageKind.MISSED)]
    assert not lamp.gatherer.unmute("", "ada", lamp.now)


def test_no_mute_outlasts_twelve_hours(tmp_path: Path) -> None:
    lamp = post(tmp_path)
    for until in (T0, T0 - 1, T0 + MOST_MUTED + 1):
        with pytest.raises(UserError, match="at most 12 hours"):
            lamp.gatherer.mute("porter", "", until, "ada", T0)
    with pytest.raises(UserError, match="no target 'nobody'"):
        lamp.gatherer.mute("nobody", "", T0 + 60, "ada", T0)
    lamp.gatherer.mute("porter", "", T0 + MOST_MUTED, "ada", T0)
    # the clock is set back by a day: the mute would last for 36 hours, so it holds no more
    assert not lamp.gatherer.quiet(("porter", ""), T0 - 86_400).until
    lamp.gatherer.forget(T0 + MOST_MUTED + 1)
    assert Mutes(lamp.db).all() == []


def test_a_target_that_left_the_site_file_keeps_its_dead_letters(tmp_path: Path) -> None:
    lamp = post(tmp_path)
    lamp.say(alarm())
    lamp.targets = {"other": Recorder("other")}
    lamp.start()
    lamp.go(3)
    (dead,) = lamp.outbox.list([PostState.DEAD])
    assert dead.error == "this target is not in the site file any more"


def test_what_is_long_over_is_forgotten(tmp_path: Path) -> None:
    lamp = post(tmp_path)
    lamp.say(alarm())
    lamp.go(3)
    lamp.gatherer.forget(lamp.now + 29 * 86_400)
    assert lamp.keys_told() == ["a1:raised"]
    lamp.gatherer.forget(lamp.now + 31 * 86_400)
    assert lamp.keys_told() == []
    lamp.now += 31 * 86_400
    lamp.say(replace(alarm(), updated=lamp.now))
    lamp.go(3)
    assert lamp.keys_told() == [], "and not told anew"


def test_the_steps_that_are_news() -> None:
    one = moved(alarm(), AlarmState.RAISED, T0 + 1, actor="streetlamp", note="only a note")
    one = moved(one, AlarmState.FALSE, T0 + 2)
    assert [(found.step, found.what) for found in changes(one)] == [
        (0, What.RAISED),
        (2, What.FALSE),
    ]
    assert [found.what for found in news(one, {0: 1}, T0 + 3)] == [What.FALSE]
    assert list(news(one, {}, T0 + 10 * 86_400)) == []


def test_the_rate_of_a_storm() -> None:
    rate = Rate(3)
    for second in range(4):
        assert not rate.storm(T0 + second)
        rate.add(T0 + second)
    assert rate.storm(T0 + 3)
    assert rate.storm(T0 + 60)
    assert not rate.storm(T0 + 61)
