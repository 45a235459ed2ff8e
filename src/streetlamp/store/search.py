"""Finds events by when, where, which rule and in which words; never by how anybody looks.

Pages follow each other by the last event's start and id, so that an event that comes in meanwhile
moves nothing. Words are sought in an event's message and in the notes of its alarm. The names of
colours are sought in messages alone, which hold none of anybody's: a note may (CHARTER 5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from streetlamp.store.database import Database
from streetlamp.store.events import value_of
from streetlamp.store.schema import alarm_steps, alarms, events
from streetlamp.values import AlarmState, Colour, Event, Severity

MOST_WORDS: Final = 8
NO_ALARM: Final = "none"  # the state of an event that needs nobody

_COLOURS: Final = frozenset(colour.label for colour in Colour if colour)
_FACETS: Final[Mapping[str, ColumnElement[Any]]] = {
    "camera": events.c.camera,
    "rule": events.c.rule,
    "kind": events.c.kind,
    "place": events.c.place,
    "severity": events.c.severity,
    "state": func.coalesce(alarms.c.state, NO_ALARM),
}


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What is asked for. What is empty is not asked; of several values any may be."""

    start: float | None = None  # began in [start, end), POSIX seconds
    end: float | None = None
    camera: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    state: tuple[str, ...] = ()  # of AlarmState, or NO_ALARM
    words: str = ""  # each must be in it, in any order and case
    among: tuple[str, ...] | None = None  # these cameras alone, whatever is chosen; None: all


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """An event, and what became of it."""

    event: Event
    alarm: str | None
    state: AlarmState | None  # None: it needs nobody
    has_clip: bool


class EventSearch:
    """Reads the tables of events and alarms. Thread-safe."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(
        self, query: EventQuery, limit: int = 50, after: tuple[float, str] | None = None
    ) -> list[FoundEvent]:
        """Events, newest first; those behind the one with this start and id."""
        statement = (
            _joined(
                select(events, alarms.c.state.label("alarm_state"), alarms.c.clip.label("clip"))
            )
            .where(*_when(query), *_said(query), *_chosen(query))
            .order_by(events.c.start.desc(), events.c.id.desc())
            .limit(limit)
        )
        if after is not None:
            start, last = after
            statement = statement.where(
                events.c.start <= start, or_(events.c.start < start, events.c.id < last)
            )
        with self._db.read() as connection:
            return [
                FoundEvent(
                    value_of(row),
                    row["alarm"],
                    None if row["alarm_state"] is None else AlarmState(row["alarm_state"]),
                    bool(row["clip"]),
                )
                for row in connection.execute(statement).mappings()
            ]

    def cameras(self) -> list[str]:
        """The cameras that events are about; "" among them where one is about several."""
        with self._db.read() as connection:
            return list(connection.scalars(select(events.c.camera).distinct()))

    def facets(self, query: EventQuery) -> tuple[int, dict[str, list[tuple[str, int]]]]:
        """How many there are, and by camera, rule, kind, place, severity and state how many.

        What is chosen of one of these does not narrow its own numbers: they say what one would get
        by choosing another. The most frequent first.
        """
        counted = {name: Counter[str]() for name in _FACETS}
        total = 0
        wanted = {name: set(map(str, getattr(query, name))) for name in _FACETS}
        for row, n in self._numbers(query):
            misses = [name for name, asked in wanted.items() if asked and row[name] not in asked]
            if not misses:
                total += n
            for name, counter in counted.items():
                if not misses or misses == [name]:
                    counter[row[name]] += n
        return total, {
            name: sorted(counter.items(), key=lambda one: (-one[1], one[0]))
            for name, counter in counted.items()
        }

    def _numbers(self, query: EventQuery) -> Iterator[tuple[dict[str, str], int]]:
        """By each set of values that there is: how many events.

        The states are columns and not rows, so that an index gives the rows in order: to sort all
        events takes most of a second where there are 200,000.
        """
        groups = {name: column for name, column in _FACETS.items() if name != "state"}
        states = {
            state: func.count(case((alarms.c.state == state, 1))).label(f"of_{state}")
            for state in map(str, AlarmState)
        }
        statement = (
            _joined(select(*groups.values(), func.count().label("n"), *states.values()))
            .where(*_when(query), *_said(query))
            .group_by(*groups.values())
        )
        with self._db.read() as connection:
            for row in connection.execute(statement).mappings():
                values = {name: row[name] for name in groups}
                numbers = {state: row[f"of_{state}"] for state in states}
                numbers[NO_ALARM] = row["n"] - sum(numbers.values())
                for state, n in numbers.items():
                    if n:
                        yield {**values, "state": state}, n


def _joined(statement: Select[Any]) -> Select[Any]:
    return statement.select_from(events.outerjoin(alarms, alarms.c.id == events.c.alarm))


def _when(query: EventQuery) -> Iterator[ColumnElement[bool]]:
    if query.start is not None:
        yield events.c.start >= query.start
    if query.end is not None:
        yield events.c.start < query.end
    if query.among is not None:
        yield events.c.camera.in_(query.among)


def _chosen(query: EventQuery) -> Iterator[ColumnElement[bool]]:
    for name, column in _FACETS.items():
        asked: Sequence[str] = tuple(map(str, getattr(query, name)))
        if asked:
            yield column.in_(asked)


def _said(query: EventQuery) -> Iterator[ColumnElement[bool]]:
    for word in query.words.split()[:MOST_WORDS]:
        in_message = _holds(events.c.message, word)
        if word.casefold() in _COLOURS:
            yield in_message
            continue
        of_alarm = alarm_steps.c.alarm == events.c.alarm
        in_note = exists().where(and_(of_alarm, _holds(alarm_steps.c.note, word)))
        yield or_(in_message, in_note)


def _holds(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return or_(*(column.icontains(one, autoescape=True) for one in _cases(word)))


def _cases(word: str) -> list[str]:
    """The ways to write a word of which the database knows only the plain letters' cases."""
    if word.isascii():
        return [word]
    return list(dict.fromkeys((word, word.lower(), word.upper(), word.capitalize())))
