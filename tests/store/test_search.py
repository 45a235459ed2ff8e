"""The search over events: each filter, all words, pages that nothing moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.options import AlarmOptions
from streetlamp.store import Database, EventSearch
from streetlamp.store.search import EventQuery
from streetlamp.values import AlarmState, Event, Phase, Severity

EVENT = Event(
    id="e", phase=Phase.START, camera="gate", rule="night", kind="intrusion", place="yard", start=0,
    end=1, frame=1, message="1 person is in yard", severity=Severity.WARNING, box=None,
)  # fmt: skip


@pytest.fixture
def search(tmp_path: Path) -> Iterator[EventSearch]:
    db = Database(tmp_path / "a.db")
    book = AlarmBook(db, AlarmOptions(merge_seconds=0))
    made: list[tuple[str, float, dict[str, object]]] = [
        ("e1", 10, {}),
        ("e2", 20, {"camera": "dock", "severity": Severity.CRITICAL}),
        ("e3", 30, {"kind": "line_crossing", "rule": "entry", "place": "lane", "alarm": False}),
        ("e4", 40, {"message": "2 people are in Green Lane (50 % of the yard_1)"}),
        ("e5", 40, {"place": "Straße", "message": "A CAR stands in the STRASSE Über"}),
    ]
    for name, start, rest in made:
        book.handle(replace(EVENT, id=name, start=start, end=start + 1, **rest))  # type: ignore[arg-type]
    book.mark_false("e1", "ada", 100, "a fox; red tail by the shed")
    yield EventSearch(db)
    db.close()


def ids(search: EventSearch, **asked: object) -> list[str]:
    return [one.event.id for one in search.find(EventQuery(**asked))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["e5", "e4", "e3", "e2", "e1"]),
        ({"start": 20, "end": 40}, ["e3", "e2"]),
        ({"camera": ("dock",)}, ["e2"]),
        ({"camera": ("dock", "gate"), "kind": ("line_crossing",)}, ["e3"]),
        ({"rule": ("entry",)}, ["e3"]),
        ({"place": ("Straße",)}, ["e5"]),
        ({"severity": (Severity.CRITICAL,)}, ["e2"]),
        ({"state": ("false",)}, ["e1"]),
        ({"state": ("none", "false")}, ["e3", "e1"]),
        ({"words": "YARD person"}, ["e3", "e2", "e1"]),
        ({"words": "yard fox"}, ["e1"]),
        ({"words": "über car"}, ["e5"]),
        ({"words": "50 %"}, ["e4"]),
        ({"words": "%"}, ["e4"]),
        ({"words": "yard_"}, ["e4"]),
        ({"words": "' OR 1=1 --"}, []),
        ({"words": "shed"}, ["e1"]),
        ({"words": "green"}, ["e4"]),
        ({"words": "red"}, []),
    ],
)
def test_what_is_found(search: EventSearch, asked: dict[str, object], found: list[str]) -> None:
    assert ids(search, **asked) == found


def test_what_became_of_them(search: EventSearch) -> None:
    by_id = {one.event.id: one for one in search.find(EventQuery())}
    assert (by_id["e1"].alarm, by_id["e1"].state) == ("e1", AlarmState.FALSE)
    assert (by_id["e3"].alarm, by_id["e3"].state) == (None, None)
    assert not by_id["e1"].has_clip


def test_pages_follow_each_other_and_two_at_one_moment_are_both_there(search: EventSearch) -> None:
    seen: list[str] = []
    after: tuple[float, str] | None = None
    while page := search.find(EventQuery(), 1, after):
        seen.append(page[0].event.id)
        after = page[0].event.start, page[0].event.id
    assert seen == ["e5", "e4", "e3", "e2", "e1"]


def test_facets_say_what_another_choice_would_give(search: EventSearch) -> None:
    total, found = search.facets(EventQuery(camera=("dock",)))
    assert total == 1
    assert found["camera"] == [("gate", 4), ("dock", 1)]
    assert found["kind"] == [("intrusion", 1)]
    total, found = search.facets(EventQuery())
    assert total == 5
    assert found["state"] == [("raised", 3), ("false", 1), ("none", 1)]
    assert search.facets(EventQuery(words="nothing of the kind"))[0] == 0
