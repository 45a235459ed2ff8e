"""A shelf silences for a while: it always ends, and nothing graver is silenced with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetlamp.alarms import shelving
from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.care import AlarmCare, NoSuchShelfError
from streetlamp.alarms.options import AlarmOptions
from streetlamp.alarms.shelving import SLACK_SECONDS, ShelvingError
from streetlamp.store import Database
from streetlamp.values import Alarm, AlarmState, Severity
from support.alarms import T0, alarm, event

LONGEST = 8 * 3600.0


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "a.db")
    yield database
    database.close()


@pytest.fixture
def book(db: Database) -> AlarmBook:
    return AlarmBook(db, AlarmOptions())


@given(
    seconds=st.floats(1, LONGEST),
    moments=st.lists(st.floats(-1e6, 1e6), max_size=30),
)
def test_a_shelf_always_ends(seconds: float, moments: list[float]) -> None:
    shelf = shelving.new(alarm("a"), "place", "ada", "works", T0, seconds, LONGEST)
    assert shelf.until - shelf.begins <= LONGEST
    for moment in moments:
        if shelving.active(shelf, T0 + moment):
            assert -SLACK_SECONDS <= moment < seconds
    assert not shelving.active(shelf, shelf.until)
    assert not shelving.active(replace(shelf, ended=T0 + 1), T0 + 2)


@pytest.mark.parametrize(("seconds", "reason"), [(0, "why"), (LONGEST + 1, "why"), (60, "  ")])
def test_never_for_ever_and_never_without_a_reason(seconds: float, reason: str) -> None:
    with pytest.raises(ShelvingError):
        shelving.new(alarm("a"), "place", "ada", reason, T0, seconds, LONGEST)


@pytest.mark.parametrize(
    ("scope", "other", "silent"),
    [
        ("alarm", {}, False),
        ("place", {}, True),
        ("place", {"place": "ramp"}, False),
        ("rule", {"place": "ramp"}, True),
        ("rule", {"rule": "day"}, False),
        ("rule", {"camera": "dock"}, False),
        ("place", {"severity": Severity.INFO}, True),
        ("place", {"severity": Severity.HIGH}, False),
    ],
)
def test_what_a_shelf_covers(scope: str, other: dict[str, object], silent: bool) -> None:
    shelf = shelving.new(alarm("a"), scope, "ada", "works", T0, 60, LONGEST)
    assert shelving.covers(shelf, alarm("a"))
    assert shelving.covers(shelf, alarm("b", **other)) is silent


def test_shelved_alarms_are_kept_and_come_back(db: Database, book: AlarmBook) -> None:
    care, told = AlarmCare(db, book), list[Alarm]()
    book.handle(event("a"))
    book.on_change(told.append)
    shelf = care.shelve("a", "place", "ada", "works at the gate", T0 + 10, 600)
    assert [(one.id, one.shelved) for one in told] == [("a", T0 + 610)]
    assert book.get("a").steps[-1].note == "Shelved: works at the gate"
    book.handle(event("a", end=T0 + 15, time=T0 + 15))
    book.resolve("a", "ada", T0 + 20)
    born = book.handle(event("b", T0 + 200))
    assert born is not None
    assert born.shelved == T0 + 610
    assert (book.open_count(), len(book.list(shelved=False))) == (0, 1)
    assert [one.id for one in book.list(shelved=True)] == ["b"]
    assert care.end_shelves(T0 + 609) == []
    assert [one.seq for one in care.end_shelves(T0 + 610)] == [shelf.seq]
    back = book.get("b")
    assert (back.shelved, back.state, told[-1]) == (None, AlarmState.RAISED, back)
    assert (care.shelves(T0 + 610), book.open_count()) == ([], 1)


def test_a_shelf_survives_a_restart_and_ends_in_time(db: Database, book: AlarmBook) -> None:
    book.handle(event("a"))
    AlarmCare(db, book).shelve("a", "alarm", "ada", "known", T0, 600)
    again = AlarmBook(db, AlarmOptions())
    care = AlarmCare(db, again)
    assert [shelf.alarm for shelf in care.shelves(T0 + 1)] == ["a"]
    assert again.get("a").shelved == T0 + 600
    care.end_shelves(T0 + 5000)
    assert again.get("a").shelved is None


def test_somebody_takes_it_down(db: Database, book: AlarmBook) -> None:
    care = AlarmCare(db, book)
    book.handle(event("a"))
    shelf = care.shelve("a", "rule", "ada", "works", T0, 600)
    care.unshelve(shelf.seq, "bob", T0 + 5)
    assert book.get("a").shelved is None
    assert book.get("a").steps[-1].actor == "bob"
    with pytest.raises(NoSuchShelfError):
        care.unshelve(shelf.seq, "bob", T0 + 6)


def test_what_becomes_graver_comes_back_at_once(db: Database, book: AlarmBook) -> None:
    care = AlarmCare(db, book)
    book.handle(event("a"))
    care.shelve("a", "place", "ada", "works", T0, 600)
    worse = book.handle(event("a", T0, time=T0 + 9, severity=Severity.CRITICAL))
    assert worse is not None
    assert worse.shelved is None


def test_two_shelves_the_longer_one_counts(db: Database, book: AlarmBook) -> None:
    care = AlarmCare(db, book)
    book.handle(event("a"))
    care.shelve("a", "place", "ada", "works", T0, 600)
    longer = care.shelve("a", "rule", "ada", "works", T0, 900)
    assert book.get("a").shelved == T0 + 900
    care.unshelve(longer.seq, "ada", T0 + 1)
    assert book.get("a").shelved == T0 + 600
