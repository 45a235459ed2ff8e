"""A storm of ten thousand: nothing is lost, it is one group, and one answer answers it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.life import InvalidTransitionError, NoSuchAlarmError
from streetlamp.alarms.options import AlarmOptions
from streetlamp.store import Events
from streetlamp.values import Alarm, AlarmState, Severity
from support.alarms import T0, event
from support.small_disk import SmallDisk


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SmallDisk]:
    database = SmallDisk(tmp_path / "a.db")
    yield database
    database.close()


def test_ten_thousand_alarms_in_a_minute(db: SmallDisk) -> None:
    book, told = AlarmBook(db, AlarmOptions()), Counter[str]()
    book.on_change(lambda alarm: told.update([alarm.id]))
    storm = [
        event(f"e{n}", T0 + n * 0.006, camera=f"c{n % 200}", rule=f"r{n % 20}", kind=f"k{n % 20}",
              place=f"p{n}")
        for n in range(10_000)
    ]  # fmt: skip
    grave = event("grave", T0 + 30, camera="c7", kind="fall", severity=Severity.CRITICAL)
    book.handle_all([*storm[:5000], grave, *storm[5000:]])
    assert set(told) == {one.id for one in storm} | {"grave"}
    assert book.open_count() == 10_001
    (group,) = book.groups(open_only=True)
    assert (group.alarms, group.raised, group.cameras, group.rules) == (10_000, 10_000, 200, 20)
    assert [alarm.id for alarm in book.list(group="", limit=None)] == ["grave"]
    told.clear()
    assert book.answer_group(group.group.id, AlarmState.ACKNOWLEDGED, "ada", T0 + 99) == 10_000
    assert len(told) == 10_000
    (alone,) = book.list((AlarmState.RAISED,))
    assert alone.id == "grave"
    again = AlarmBook(db, AlarmOptions())
    assert again.groups()[0].acknowledged == 10_000
    steps = again.get("e4321").steps
    assert [(step.actor, step.state.value) for step in steps] == [
        ("streetlamp", "raised"), ("ada", "acknowledged"),
    ]  # fmt: skip


def test_a_burst_is_the_same_as_one_after_the_other(db: SmallDisk, tmp_path: Path) -> None:
    burst = [
        event("a"), event("b", T0 + 1, camera="dock"), event("a", end=T0 + 4, time=T0 + 4),
        event("c", T0 + 5), event("n", T0 + 6, alarm=False), event("c", T0 + 5, time=T0 + 7),
        event("c", T0 + 5, end=T0 + 8, time=T0 + 8), event("a", end=T0 + 4, time=T0 + 4),
    ]  # fmt: skip
    together = AlarmBook(db, AlarmOptions())
    found = together.handle_all(burst)
    other = SmallDisk(tmp_path / "b.db")
    single = AlarmBook(other, AlarmOptions())
    assert [one and one.id for one in found] == [
        one and one.id for one in (single.handle(event) for event in burst)
    ]
    assert together.list() == single.list()
    assert Events(db).list() == Events(other).list()
    other.close()


def test_a_disk_that_takes_nothing_loses_nothing_of_a_burst(db: SmallDisk) -> None:
    book = AlarmBook(db, AlarmOptions())
    db.full = True
    book.handle_all([event(f"a{n}", T0 + n, camera=f"c{n}") for n in range(30)])
    assert (book.open_count(), len(book.list(limit=None))) == (30, 30)
    assert "30 alarms kept in memory" in book.trouble
    db.full = False
    assert book.retry()
    assert AlarmBook(db, AlarmOptions()).groups()[0].alarms == 30


def test_a_group_goes_on_after_a_restart(db: SmallDisk) -> None:
    first = AlarmBook(db, AlarmOptions())
    first.handle_all([event(f"a{n}", T0 + n, camera=f"c{n}") for n in range(6)])
    again = AlarmBook(db, AlarmOptions())
    joined = again.handle(event("b", T0 + 10, camera="c9"))
    assert joined is not None
    assert joined.group == "a0"
    assert again.groups()[0].group.reason == "7 cameras, the same rule (intrusion), within 10 s"


def test_what_becomes_graver_than_its_group_leaves_it(db: SmallDisk) -> None:
    book = AlarmBook(db, AlarmOptions())
    book.handle_all([event(f"a{n}", T0 + n, camera=f"c{n}") for n in range(6)])
    worse = book.handle(event("a3", T0 + 3, camera="c3", time=T0 + 9, severity=Severity.CRITICAL))
    assert worse is not None
    assert (worse.group, worse.state) == ("", AlarmState.RAISED)
    assert book.groups()[0].alarms == 5


def test_a_group_is_answered_whole_or_not_at_all(db: SmallDisk) -> None:
    book, told = AlarmBook(db, AlarmOptions()), list[Alarm]()
    book.handle_all([event(f"a{n}", T0 + n, camera=f"c{n}") for n in range(6)])
    book.resolve("a2", "bob", T0 + 20)
    book.on_change(told.append)
    assert book.answer_group("a0", AlarmState.ACKNOWLEDGED, "ada", T0 + 30) == 5
    assert {alarm.id for alarm in told} == {"a0", "a1", "a3", "a4", "a5"}
    with pytest.raises(InvalidTransitionError):
        book.answer_group("a0", AlarmState.ACKNOWLEDGED, "ada", T0 + 31)
    with pytest.raises(NoSuchAlarmError):
        book.answer_group("none", AlarmState.ACKNOWLEDGED, "ada", T0 + 31)
    assert book.answer_group("a0", AlarmState.RESOLVED, "ada", T0 + 40, "rain") == 5
    assert book.get("a2").steps[-1].actor == "bob"
    assert book.get("a4").steps[-1].note == "rain"
