"""What is to be done about an alarm: who ticked what, and what it holds back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.care import AlarmCare
from streetlamp.alarms.checklists import ChecklistOpenError, NoSuchStepError, items, missing
from streetlamp.alarms.options import AlarmOptions, Checklist
from streetlamp.store import Database, Tick
from streetlamp.values import AlarmState
from support.alarms import T0, event

LIST = Checklist(steps=("look", "call"), required=True)


def test_the_newest_tick_counts() -> None:
    ticks = [Tick("look", True, "ada", 1), Tick("look", False, "bob", 2), Tick("old", True, "b", 3)]
    found = items(LIST, ticks)
    assert [(one.step, one.done, one.listed) for one in found] == [
        ("look", False, True), ("call", False, True), ("old", True, False),
    ]  # fmt: skip
    assert missing(LIST, ticks) == ("look", "call")
    assert missing(LIST, [Tick("look", True, "a", 1), Tick("call", True, "a", 2)]) == ()
    assert missing(Checklist(steps=("look",), required=False), []) == ()
    assert items(None, []) == ()


def test_a_rules_own_list_counts_before_its_kinds() -> None:
    lists = {"intrusion": {"steps": ["kind"]}, "night": {"steps": ["name"]}}
    options = AlarmOptions.model_validate({"checklists": lists})
    by = [options.checklist("night", "intrusion"), options.checklist("day", "intrusion")]
    assert [one.steps for one in by if one] == [("name",), ("kind",)]
    assert options.checklist("day", "speed") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"checklists": {"night": {"steps": ["look", "look"]}}},
        {"checklists": {"night": {"steps": []}}},
        {"escalation": [{"after_seconds": 60, "to": ["a"]}, {"after_seconds": 30, "to": ["b"]}]},
        {"escalation": [{"after_seconds": 60, "to": []}]},
    ],
)
def test_options_that_make_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AlarmOptions.model_validate(wrong)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "a.db")
    yield database
    database.close()


def test_what_is_ticked_and_taken_back_is_kept(db: Database) -> None:
    book = AlarmBook(db, AlarmOptions(checklists={"night": LIST}))
    care = AlarmCare(db, book)
    book.handle(event("a"))
    with pytest.raises(ChecklistOpenError, match="look; call"):
        book.resolve("a", "ada", T0 + 5)
    care.tick("a", "look", "ada", T0 + 10, done=True)
    care.tick("a", "call", "ada", T0 + 11, done=True)
    care.tick("a", "call", "ada", T0 + 12, done=True)  # twice is once
    care.tick("a", "call", "bob", T0 + 13, done=False)
    with pytest.raises(ChecklistOpenError, match="call"):
        book.resolve("a", "ada", T0 + 14)
    with pytest.raises(NoSuchStepError):
        care.tick("a", "dance", "ada", T0 + 15, done=True)
    care.tick("a", "call", "ada", T0 + 16, done=True)
    alarm = book.resolve("a", "ada", T0 + 20)
    assert alarm.state is AlarmState.RESOLVED
    assert [(step.actor, step.note) for step in alarm.steps[1:-1]] == [
        ("ada", "Done: look"), ("ada", "Done: call"), ("bob", "Not done: call"),
        ("ada", "Done: call"),
    ]  # fmt: skip


def test_a_false_alarm_needs_no_list_and_notes_are_always_taken(db: Database) -> None:
    book = AlarmBook(db, AlarmOptions(checklists={"night": LIST}))
    care = AlarmCare(db, book)
    book.handle(event("a"))
    book.mark_false("a", "ada", T0 + 5)
    noted = care.note("a", "it was a moth", "bob", T0 + 9000)
    assert (noted.state, noted.steps[-1].actor) == (AlarmState.FALSE, "bob")


def test_a_group_with_a_list_to_be_done_is_not_resolved(db: Database) -> None:
    book = AlarmBook(db, AlarmOptions(checklists={"intrusion": LIST}))
    book.handle_all([event(f"a{n}", T0 + n, camera=f"c{n}") for n in range(6)])
    with pytest.raises(ChecklistOpenError, match="6 of these"):
        book.answer_group("a0", AlarmState.RESOLVED, "ada", T0 + 60)
    assert book.get("a3").state is AlarmState.RAISED
    assert book.answer_group("a0", AlarmState.FALSE, "ada", T0 + 60) == 6
