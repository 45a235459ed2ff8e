"""The pages of the book: what is written, and what is still to be written, read as one.

Not thread-safe: the book holds its turn around everything here but `Pages.list` and
`Pages.open_count`, which need it only while a disk takes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from streetlamp.alarms.life import OPEN, Change, NoSuchAlarmError
from streetlamp.alarms.waiting import Waiting
from streetlamp.store.alarm_groups import AlarmGroups, GroupRow
from streetlamp.store.alarms import Alarms
from streetlamp.store.database import Database
from streetlamp.store.errors import StoreError
from streetlamp.store.events import Events
from streetlamp.values import Alarm, AlarmState, Event


class Pages:
    def __init__(self, db: Database) -> None:
        self._db = db
        self.alarms = Alarms(db)
        self.events = Events(db)
        self.groups = AlarmGroups(db)
        self.waiting = Waiting()
        self._looked_up: Mapping[str, tuple[Event, str | None]] | None = None

    # Reading.

    def get(self, id: str) -> Alarm:  # noqa: A002
        """NoSuchAlarmError when there is none."""
        alarm = self.waiting.get(id) or self.alarms.get(id)
        if alarm is None:
            raise NoSuchAlarmError(f"there is no alarm {id}")
        return alarm

    def group(self, id: str) -> GroupRow | None:  # noqa: A002
        return self.waiting.group(id) or self.groups.get(id)

    def look_up(self, events: Sequence[Event]) -> None:
        """Reads in one go what is known of events that are about to be asked for."""
        self._looked_up = self.events.find_all([event.id for event in events])

    def find(self, event: str) -> tuple[Event, str | None] | None:
        """An event as it was last told, and its alarm."""
        found = self.waiting.find(event)
        if found is not None:
            return found
        if self._looked_up is not None:
            return self._looked_up.get(event)
        return self.events.find(event)

    def running(self, alarm: str) -> set[str]:
        """The ids of an alarm's events that have no end yet."""
        running = {event.id for event, _ in self.events.running(alarm)}
        for event in self.waiting.events_of(alarm):
            running.discard(event.id)
            if event.end is None:
                running.add(event.id)
        return running

    def events_of(self, alarm: str) -> tuple[Event, ...]:
        """All events of an alarm; one that waits stands after what was written of it."""
        return (*self.events.of_alarm(alarm), *self.waiting.events_of(alarm))

    def open_count(self) -> int:
        if not self.waiting.trouble:
            return self.alarms.count(OPEN)
        return sum(alarm.shelved is None for alarm in self.list(OPEN, limit=None))

    def cameras(self) -> set[str]:
        """The cameras that alarms are about, those only in memory among them."""
        return self.alarms.cameras() | {one.alarm.camera for one in self.waiting.changes}

    def list(
        self,
        states: Collection[AlarmState] | None = None,
        camera: str | None = None,
        limit: int | None = 50,
        before: float | None = None,
        **more: Any,
    ) -> list[Alarm]:
        """As `streetlamp.store.alarms.Alarms.list`; those only in memory among them."""
        stored = self.alarms.list(states, camera, limit, before, **more)
        if not self.waiting.trouble:
            return stored
        found = {alarm.id: alarm for alarm in stored if self.waiting.get(alarm.id) is None}
        for alarm in (change.alarm for change in self.waiting.changes):
            if (
                (states is None or alarm.state in states)
                and (camera is None or alarm.camera == camera)
                and (before is None or alarm.raised < before)
                and _fits(alarm, **more)
            ):
                found[alarm.id] = alarm
        return sorted(found.values(), key=lambda one: (-one.raised, one.id))[:limit]

    # Writing.

    def write(self, changes: Sequence[Change] = (), *, must: bool = False) -> None:
        """Writes what waits, and these changes: all or nothing, in one transaction.

        With ``must``, raises StoreError and nothing has changed; else all of it waits.
        """
        if not must:
            self.waiting.add(changes)
        whole = self.waiting
        if must:
            whole = Waiting()
            whole.add(self.waiting.changes, self.waiting.events, self.waiting.groups)
            whole.add(changes)
        try:
            with self._db.write():
                self.groups.save_all(whole.groups)
                self.alarms.save_all([(one.alarm, one.steps) for one in whole.changes])
                told = [(event, one.alarm.id) for one in whole.changes for event in one.events]
                self.events.save_all([*told, *((event, None) for event in whole.events)])
        except StoreError as error:
            if must:
                raise
            self.waiting.refused(str(error))
        else:
            self.waiting.clear()
        finally:
            self._looked_up = None


def _fits(
    alarm: Alarm,
    group: str | None = None,
    shelved: bool | None = None,
    since: float | None = None,
    offset: int = 0,
    cameras: Collection[str] | None = None,
) -> bool:
    del offset
    return (
        (group is None or alarm.group == group)
        and (shelved is None or (alarm.shelved is not None) is shelved)
        and (since is None or alarm.raised >= since)
        and (cameras is None or alarm.camera in cameras)
    )
