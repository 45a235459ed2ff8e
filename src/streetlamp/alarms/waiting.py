"""What is not written yet. Grows with the number of alarms and events, not of changes."""

from __future__ import annotations

from collections.abc import Iterable

from streetlamp.alarms.life import Change
from streetlamp.store.alarm_groups import GroupRow
from streetlamp.values import Alarm, Event


class Waiting:
    """Keeps the newest of each alarm, event and group, and all steps, in the order they came."""

    def __init__(self) -> None:
        self._changes: dict[str, Change] = {}
        self._loose: dict[str, Event] = {}
        self._owner: dict[str, str] = {}  # of events that belong to an alarm
        self._groups: dict[str, GroupRow] = {}
        self.trouble = ""

    def __bool__(self) -> bool:
        return bool(self._changes or self._loose or self._groups)

    def add(
        self,
        changes: Iterable[Change] = (),
        loose: Iterable[Event] = (),
        groups: Iterable[GroupRow] = (),
    ) -> None:
        for change in changes:
            before = self._changes.get(change.alarm.id)
            self._changes[change.alarm.id] = change if before is None else _both(before, change)
            self._owner.update((event.id, change.alarm.id) for event in change.events)
        for event in loose:
            self._loose[event.id] = event
        for group in groups:
            self._groups[group.id] = group

    def refused(self, why: str) -> None:
        """The disk took nothing of it."""
        n = len(self._changes)
        what = f"{n} alarm{'' if n == 1 else 's'}" if n else "Some events"
        self.trouble = f"{what} kept in memory only: {why}"

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(self._changes.values())

    @property
    def events(self) -> tuple[Event, ...]:
        """Events that belong to no alarm."""
        return tuple(self._loose.values())

    @property
    def groups(self) -> tuple[GroupRow, ...]:
        return tuple(self._groups.values())

    def get(self, id: str) -> Alarm | None:  # noqa: A002
        found = self._changes.get(id)
        return None if found is None else found.alarm

    def group(self, id: str) -> GroupRow | None:  # noqa: A002
        return self._groups.get(id)

    def find(self, event: str) -> tuple[Event, str] | None:
        """An event of an alarm, with the alarm's id."""
        owner = self._owner.get(event)
        if owner is None:
            return None
        found = next(one for one in reversed(self._changes[owner].events) if one.id == event)
        return found, owner

    def events_of(self, alarm: str) -> tuple[Event, ...]:
        found = self._changes.get(alarm)
        return () if found is None else found.events

    def clear(self) -> None:
        self._changes.clear()
        self._loose.clear()
        self._owner.clear()
        self._groups.clear()
        self.trouble = ""


def _both(before: Change, after: Change) -> Change:
    events = {event.id: event for event in before.events + after.events}
    return Change(after.alarm, before.steps + after.steps, tuple(events.values()))
