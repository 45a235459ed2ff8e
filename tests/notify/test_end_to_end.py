"""From the alarm book to the targets, all parts real but the network: nobody answers, somebody
forgets, ten thousand things happen at once, something is on a shelf."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streetlamp.alarms import escalation
from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.care import AlarmCare
from streetlamp.alarms.keeper import AlarmKeeper
from streetlamp.alarms.options import AlarmOptions
from streetlamp.errors import UserError
from streetlamp.notify.base import ForBrowsers
from streetlamp.notify.gatherer import everything
from streetlamp.notify.keeper import NotifyKeeper
from streetlamp.notify.sender import Sender
from streetlamp.site import parse_site
from streetlamp.store import Database, Outbox, PostState
from streetlamp.values import Alarm, AlarmState, AlarmStep, Event, Severity
from support.alarms import T0, event
from support.notify import ABOUT, Recorder

OPTIONS: dict[str, Any] = {
    "escalation": [
        {"after_seconds": 120, "to": ["duty"]},
        {"after_seconds": 600, "to": ["duty", "boss"], "severity": "high"},
    ],
    "stale_seconds": 1800,
}
NOTHING = {"cameras": ["none"], "severities": ["critical"], "tell": ["resolved"]}


class Phones(Recorder, ForBrowsers):
    """As Web Push: each part of it is somebody who works here."""

    public_key = "key"  # type: ignore[assignment]

    def register(self, *about: object) -> None: ...
    def unregister(self, *about: object) -> bool:
        return False


class Site:
    """The book, what keeps it, and notification that hears it; the test moves the time."""

    def __init__(self, folder: Path, *targets: Recorder, **rest: Any) -> None:
        self.folder, self.targets, self.rest = folder, targets, rest
        self.db = Database(folder / "site.db")
        self.now = T0
        self.start()

    def start(self) -> None:
        """A start, and once more a restart."""
        options = AlarmOptions.model_validate(OPTIONS)
        self.book = AlarmBook(self.db, options)
        self.care = AlarmCare(self.db, self.book)
        self.keeper = AlarmKeeper(self.db, self.book, self.care)
        by_name = {one.name: one for one in self.targets}
        knows = self.rest.get("knows", everything)
        self.notify = NotifyKeeper(
            self.db, by_name, ABOUT, lambda: self.now, steps=options.escalation, knows=knows
        )
        self.outbox = Outbox(self.db)
        self.senders = {one.name: Sender(one, self.outbox, lambda: 0.0) for one in self.targets}
        self.book.on_change(self.notify.hear)

    def happens(self, *events: Event) -> None:
        self.book.handle_all(events)

    def wait(self, seconds: float, step: float = 30.0) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + step)
            self.keeper.turn(self.now, self.now - T0)
            self.notify.gather()
            for name, sender in self.senders.items():
                while (self.outbox.next_due(name) or self.now + 1) <= self.now:
                    asyncio.run(sender.turn(self.now))


@pytest.fixture
def open_site(tmp_path: Path) -> Iterator[Any]:
    made: list[Site] = []

    def make(*targets: Recorder, **rest: Any) -> Site:
        made.append(Site(tmp_path, *targets, **rest))
        return made[-1]

    yield make
    for one in made:
        one.db.close()


def titles(target: Recorder) -> list[str]:
    return [one.title for one in target.took]


def test_nobody_answers_and_the_named_targets_are_told_whatever_they_want(open_site: Any) -> None:
    duty, boss, other = Recorder("duty"), Recorder("boss", **NOTHING), Recorder("other", **NOTHING)
    site = open_site(duty, boss, other)
    site.happens(event("a", severity=Severity.HIGH))
    site.wait(100)
    assert titles(duty) == ["High: a happened – Main gate (Riverside)"]
    site.wait(100)
    assert titles(duty)[1:] == ["High: Nobody answers: a happened – Main gate (Riverside)"]
    assert duty.took[1].keys == ("a:escalated",)
    assert duty.took[1].text.splitlines()[-1] == (
        "Nobody has answered for 2 min: escalated to duty (step 1 of 2)."
    )
    assert boss.took == []
    site.wait(600)
    assert [one.keys for one in boss.took] == [("a:escalated",)]
    assert len(duty.took) == 3
    site.start()
    site.wait(900, 100)
    assert (len(duty.took), len(boss.took)) == (3, 1), "each step once, whatever is restarted"
    assert other.took == []


def test_whoever_is_faster_than_the_message_stops_it(open_site: Any) -> None:
    boss = Recorder("boss", **NOTHING)
    duty = Recorder("duty", **NOTHING)
    site = open_site(duty, boss)
    site.happens(event("a"))
    site.now = T0 + 130
    site.keeper.turn(site.now, 130)
    site.book.acknowledge("a", "ada", site.now)
    site.wait(60)
    assert duty.took == []


def test_it_escalates_again_when_it_happens_again(open_site: Any) -> None:
    duty = Recorder("duty", **NOTHING)
    site = open_site(duty, Recorder("boss"))
    site.happens(event("a"))
    site.wait(200)
    site.book.resolve("a", "ada", site.now)
    site.happens(event("b", site.now + 1))  # the same incident
    site.wait(200)
    assert [one.keys for one in duty.took] == [("a:escalated",)] * 2


def test_a_step_is_told_in_quiet_hours_but_not_to_who_is_muted(open_site: Any) -> None:
    always = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "hours": "00:00-24:00"}]
    duty = Recorder("duty", quiet=always)
    site = open_site(duty, Recorder("boss"))
    site.happens(event("a"))
    site.wait(300)
    assert [one.keys for one in duty.took] == [("a:escalated",)]
    site.notify.mute("duty", "", 3600.0, "ada")
    site.happens(event("b", site.now, rule="other"))
    site.wait(300)
    assert len(duty.took) == 1


def test_what_was_forgotten_is_told_to_who_is_told_first(open_site: Any) -> None:
    duty, boss = Recorder("duty", **NOTHING), Recorder("boss")
    asked = Recorder("asked", tell=["reminder"])
    site = open_site(duty, boss, asked)
    site.happens(event("a"))
    site.wait(10)
    site.book.acknowledge("a", "ada, who goes home", site.now)
    site.wait(1900, 100)
    for target in (duty, asked):
        (said,) = target.took
        assert said.keys == ("a:reminder",)
        assert said.title == "Warning: Still open: a happened – Main gate (Riverside)"
        assert said.text.endswith("Acknowledged by ada, who goes home, and no news for 30 min.")
    site.wait(1800, 100)
    assert [one.keys for one in duty.took] == [("a:reminder",)] * 2
    assert [one.keys for one in boss.took] == [("a:raised",)]


def test_what_a_person_writes_is_never_taken_for_a_step() -> None:
    steps = AlarmOptions.model_validate(OPTIONS).escalation
    for level in (1, 2):
        text = escalation.said(level, steps, 130.0)
        own = AlarmStep(T0, "streetlamp", AlarmState.RAISED, text)
        assert escalation.level_in(own) == level
        assert escalation.level_in(AlarmStep(T0, "ada", AlarmState.RAISED, text)) == 0
    for who in ("", "ada, and no news for 3 h."):
        text = escalation.reminder(who, 1800)
        assert escalation.reminds(AlarmStep(T0, "streetlamp", AlarmState.ACKNOWLEDGED, text))
        assert not escalation.reminds(AlarmStep(T0, "ada", AlarmState.ACKNOWLEDGED, text))


def test_a_storm_of_ten_thousand_is_one_group_and_one_message_a_target(open_site: Any) -> None:
    whole, phone = Recorder("whole", storm="whole"), Recorder("phone")
    duty = Recorder("duty", **NOTHING)
    site = open_site(whole, phone, duty)
    heard: dict[str, Alarm] = {}
    site.book.on_change(lambda alarm: heard.update({alarm.id: alarm}))
    events = [
        event(f"s{n}", T0 + n * 0.003, camera=f"cam{n % 100}", rule="rain", place=f"p{n // 100}")
        for n in range(10_000)
    ]
    for start in range(0, 10_000, 1000):
        site.happens(*events[start : start + 1000])
        site.wait(3, 3)
    site.wait(84, 12)
    (late,) = whole.took
    assert (late.count, late.cameras, len(set(late.keys))) == (10_000, 100, 10_000)
    assert len(phone.took) == 1
    (group,) = site.book.groups(open_only=True)
    assert (group.alarms, group.raised) == (10_000, 10_000)
    assert set(heard) == {one.id for one in events}
    posts = site.outbox.list(list(PostState), 1000, "phone")
    told = [one.alarm for post in posts for one in site.outbox.told_in(post.key)]
    assert sorted(told) == sorted(heard), "all are told, and nothing twice"
    site.wait(60)
    assert [one.count for one in duty.took] == [1], "a group is escalated once"


def test_what_is_on_a_shelf_is_told_to_nobody(open_site: Any) -> None:
    duty = Recorder("duty")
    site = open_site(duty, Recorder("boss"))
    site.happens(event("a"))
    site.wait(10)
    site.care.shelve("a", "rule", "ada", "works", site.now, 3600)
    site.happens(*(event(f"b{n}", site.now, place=f"p{n}") for n in range(20)))
    site.wait(900, 100)
    assert [one.keys for one in duty.took] == [("a:raised",)]


def test_browsers_are_told_of_the_cameras_their_people_may_see(open_site: Any) -> None:
    seen = {"ada": {"gate", "dock", ""}, "ben": {"dock"}, "gone": set[str]()}
    phones = Phones("phones", parts=("ada", "ben", "gone"))
    site = open_site(phones, knows=lambda user: lambda camera: camera in seen[user])
    site.happens(event("a"), event("b", camera="dock"), event("c", camera=""))
    site.wait(20, 10)
    told = {one.part: set(one.keys) for one in phones.took}
    assert told == {"ada": {"a:raised", "b:raised", "c:raised"}, "ben": {"b:raised"}}


def test_a_name_in_the_escalation_must_be_a_target(tmp_path: Path) -> None:
    text = """\
cameras: {gate: {source: 'test:'}}
notify:
  duty: {kind: apprise, urls: ['json://127.0.0.1:9']}
alarms:
  escalation:
    - {after_seconds: 60, to: [duty]}
    - after_seconds: 120
      to:
        - duty
        - bosss
"""
    with pytest.raises(UserError) as wrong:
        parse_site(text, tmp_path / "site.yaml")
    assert str(wrong.value).splitlines()[1:] == [
        "  line 10, column 11: alarms.escalation#2: notify has no target called 'bosss'"
    ]
