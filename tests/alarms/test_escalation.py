"""Nobody answers: each step is taken once, whatever the clock does and however often we start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetlamp.alarms import escalation
from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.care import AlarmCare
from streetlamp.alarms.keeper import AlarmKeeper
from streetlamp.alarms.options import AlarmOptions
from streetlamp.store import Database
from streetlamp.values import Alarm, AlarmState, Severity
from support.alarms import T0, alarm, event

OPTIONS = AlarmOptions.model_validate(
    {
        "escalation": [
            {"after_seconds": 120, "to": ["duty"]},
            {"after_seconds": 600, "to": ["duty", "boss"], "severity": "high"},
        ],
        "stale_seconds": 1800,
    }
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "a.db")
    yield database
    database.close()


class Site:
    """A book with its keeper, and two clocks that go on together unless a test sets one."""

    def __init__(self, db: Database, now: float = T0, mono: float = 0.0) -> None:
        self.now, self.mono = now, mono
        self.book = AlarmBook(db, OPTIONS)
        self.care = AlarmCare(db, self.book)
        self.keeper = AlarmKeeper(db, self.book, self.care)

    def wait(self, seconds: float) -> list[Alarm]:
        self.now, self.mono = self.now + seconds, self.mono + seconds
        return self.keeper.turn(self.now, self.mono)


@given(
    waits=st.lists(st.floats(0, 900), max_size=30),
    severity=st.sampled_from(Severity),
)
def test_each_step_is_due_once(waits: list[float], severity: Severity) -> None:
    taken: list[int] = []
    for waited in sorted(waits):
        about = alarm("a", severity=severity, escalated=taken[-1] if taken else 0)
        level = escalation.due(about, OPTIONS.escalation, waited)
        if level is not None:
            assert waited >= OPTIONS.escalation[level - 1].after_seconds
            taken.append(level)
    assert taken == sorted(set(taken))
    assert severity is not Severity.INFO or not taken


def test_who_is_told_and_when(db: Database) -> None:
    site = Site(db)
    site.book.handle(event("a", severity=Severity.CRITICAL))
    site.wait(10)
    assert site.wait(100) == []
    (told,) = site.wait(15)
    assert told.escalated == 1
    assert told.steps[-1].note == "Nobody has answered for 2 min: escalated to duty (step 1 of 2)."
    assert site.wait(60) == []
    (told,) = site.wait(500)
    assert (told.escalated, "duty, boss" in told.steps[-1].note) == (2, True)
    assert site.wait(5000) == []


def test_an_answer_ends_it_and_a_shelf_holds_it(db: Database) -> None:
    site = Site(db)
    site.book.handle(event("a"))
    site.book.handle(event("b", rule="day"))
    site.wait(10)
    site.book.acknowledge("a", "ada", site.now)
    site.care.shelve("b", "alarm", "ada", "works", site.now, 3600)
    assert site.wait(1000) == []


def test_a_clock_that_jumps_neither_hurries_nor_delays(db: Database) -> None:
    site = Site(db)
    site.book.handle(event("a"))
    site.wait(10)
    site.now += 3600  # forwards
    assert site.wait(10) == []
    site.now -= 86_400  # backwards
    (told,) = site.wait(110)
    assert told.escalated == 1


def test_a_restart_forgets_nothing(db: Database) -> None:
    site = Site(db)
    site.book.handle(event("a"))
    site.wait(130)
    again = Site(db, now=T0 + 140)
    assert again.wait(10) == [], "told before"
    fresh = Site(db, now=T0 + 200)
    fresh.book.handle(event("b", T0 + 150, rule="day"))
    later = Site(db, now=T0 + 260)
    assert [one.id for one in later.wait(12)] == ["b"], "what was waited before counts"


def test_an_alarm_raised_again_waits_anew(db: Database) -> None:
    site = Site(db)
    site.book.handle(event("a"))
    site.wait(10)
    site.wait(130)
    site.book.resolve("a", "ada", site.now)
    again = site.book.handle(event("a2", site.now + 1))
    assert again is not None
    assert (again.id, again.state, again.escalated) == ("a", AlarmState.RAISED, 0)
    site.wait(10)
    assert [one.escalated for one in site.wait(130)] == [1]


def test_a_group_is_escalated_once(db: Database) -> None:
    site = Site(db)
    site.book.handle_all([event(f"a{n}", T0 + n, camera=f"c{n}") for n in range(20)])
    site.wait(20)
    (told,) = site.wait(130)
    assert told.group == "a0"
    site.book.acknowledge(told.id, "ada", site.now)
    site.wait(10)
    assert site.wait(200) == [], "the next in the row does not tell everybody again"
    assert max(site.book.get(f"a{n}").escalated for n in range(20)) == 1


def test_what_was_acknowledged_and_forgotten_is_brought_to_mind(db: Database) -> None:
    site = Site(db)
    site.book.handle(event("a"))
    site.book.acknowledge("a", "ada", site.now)
    assert site.wait(1790) == []
    (told,) = site.wait(20)
    assert told.steps[-1].note == "Acknowledged by ada, and no news for 30 min."
    assert told.state is AlarmState.ACKNOWLEDGED
    assert site.wait(60) == []
    site.care.note("a", "still on it", "ada", site.now)
    assert site.wait(1790) == [], "any news will do"
    assert len(site.wait(20)) == 1
