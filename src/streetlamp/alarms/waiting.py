"""What could not be written yet. Grows with the number of alarms and events, not of changes."""

from __future__ import annotations

from collections.abc import Iterable

from streetlamp.alarms.life import Change
from streetlamp.values import Alarm, Event


class Waiting:
    """Keeps the newest of each alarm and event, and all steps, in the order they came."""

    def __init__(self) -> None:
        self._changes: dict[str, Change] = {}
        self._events: dict[str, Event] = {}
        self.trouble = ""

    def __bool__(self) -> bool:
        return bool(self._changes or self._events)

    def add(self, changes: Iterable[Change], loose: Iterable[Event], why: str) -> None:
        for change in changes:
            before = self._changes.get(change.alarm.id)
            self._changes[change.alarm.id] = change if before is None else _both(before, change)
        for event in loose:
            self._events[event.id] = event
        n = len(self._changes)
        what = f"{n} alarm{'' if n == 1 else 's'}" if n else "Some events"
        self.trouble = f"{what} kept in memory only: {why}"

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(self._changes.values())

    @property
    def events(self) -> tuple[Event, ...]:
        """Events that belong to no alarm."""
        return tuple(self._events.values())

    def get(self, id: str) -> Alarm | None:  # noqa: A002
        found = self._changes.get(id)
        return None if found is None else found.alarm

    def find(self, event: str) -> tuple[Event, str] | None:
        """An event of an alarm, with the alarm's id."""
        for change in self._changes.values():
            for one in change.events:
                if one.id == event:
                    return one, change.alarm.id
        return None

    def events_of(self, alarm: str) -> tuple[Event, ...]:
        found = self._changes.get(alarm)
        return () if found is None else found.events

    def clear(self) -> None:
        self._changes.clear()
        self._events.clear()
        self.trouble = ""


def _both(before: Change, after: Change) -> Change:
    events = {event.id: event for event in before.events + after.events}
    return Change(after.alarm, before.steps + after.steps, tuple(events.values()))
