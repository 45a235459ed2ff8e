"""The book of alarms: events go in, alarms come out, people answer them.

One incident is one alarm: events of one rule at one place belong to the alarm that runs, or that
has ended at most `AlarmOptions.merge_seconds` ago. Every change is on the disk before a call
returns. The one exception is a disk that takes nothing: then what rules say is kept in memory,
shown all the same, and written with the next change or `retry`; `trouble` says so. What a person
does is never kept that way: the call fails instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from streetlamp.alarms import life
from streetlamp.alarms.life import OPEN, Change, NoSuchAlarmError
from streetlamp.alarms.options import AlarmOptions
from streetlamp.alarms.waiting import Waiting
from streetlamp.store.alarms import Alarms
from streetlamp.store.database import Database
from streetlamp.store.errors import StoreError
from streetlamp.store.events import Events
from streetlamp.values import Alarm, AlarmState, Event

_LOADED: Final = 500  # closed alarms looked at when the book is opened

Key = tuple[str, str, str]


def _key(thing: Event | Alarm) -> Key:
    return thing.camera, thing.rule, thing.place


class AlarmBook:
    """Thread-safe. Callbacks run in the thread that made the change, after it was written."""

    def __init__(self, db: Database, options: AlarmOptions) -> None:
        self._db = db
        self._options = options
        self._alarms = Alarms(db)
        self._events = Events(db)
        self._turn = threading.RLock()
        self._waiting = Waiting()
        self._listeners: list[Callable[[Alarm], None]] = []
        self._newest: dict[Key, str] = {}  # the newest alarm of one rule at one place
        self._restarted: dict[str, float] = {}  # when alarms that were cut short were found
        for alarm in [*self._alarms.list(limit=_LOADED), *self._alarms.list(OPEN, limit=None)]:
            self._newest.setdefault(_key(alarm), alarm.id)

    # What rules say.

    def handle(self, event: Event) -> Alarm | None:
        """Takes an event; the alarm it belongs to, or None if it needs no person.

        The same event may come twice. See the module about a full disk.
        """
        with self._turn:
            if not event.alarm:
                self._write([], [event], must=False)
                return None
            known = self._waiting.find(event.id) or self._events.find(event.id)
            before, owner = (None, None) if known is None else known
            if before is None or owner is None:
                return self._begin(event)
            return self._continue(self.get(owner), before, event)

    def _continue(self, alarm: Alarm, before: Event, event: Event) -> Alarm:
        if before.end is not None:
            return alarm  # it has ended; this was said before
        running = self._running(alarm.id)
        if event.end is not None:
            running.discard(event.id)
        return self._put(life.goes_on(alarm, event, self._ended(alarm, event, running)))

    def _begin(self, event: Event) -> Alarm:
        """An event not heard of before: one more of an incident, or a new one."""
        newest = self._newest.get(_key(event))
        alarm = None if newest is None else self.get(newest)
        if alarm is None or not self._same_incident(alarm, event):
            self._newest[_key(event)] = event.id
            return self._put(life.new(event))
        running = self._running(alarm.id)
        if event.end is None:
            running.add(event.id)
        return self._put(life.again(alarm, event, self._ended(alarm, event, running)))

    def _running(self, alarm: str) -> set[str]:
        """The ids of an alarm's events that have no end yet."""
        running = {event.id for event, _ in self._events.running(alarm)}
        for event in self._waiting.events_of(alarm):
            running.discard(event.id)
            if event.end is None:
                running.add(event.id)
        return running

    def _same_incident(self, alarm: Alarm, event: Event) -> bool:
        if alarm.state is AlarmState.FALSE:
            return False  # what a person called false must not swallow what comes next
        if alarm.ended is None:
            return True
        quiet = max(alarm.ended, self._restarted.get(alarm.id, alarm.ended))
        return event.start - quiet <= self._options.merge_seconds

    def _ended(self, alarm: Alarm, event: Event, running: Collection[str]) -> float | None:
        """When the last of the alarm's events ended, with this one; None while any runs."""
        if running or event.end is None:
            return None
        if alarm.ended is not None:
            return max(alarm.ended, event.end)
        all_events = (*self._events.of_alarm(alarm.id), *self._waiting.events_of(alarm.id))
        ends = [one.end for one in all_events if one.end is not None]
        return max([event.end, *ends])

    # What people do.

    def acknowledge(self, id: str, actor: str, time: float, note: str = "") -> Alarm:  # noqa: A002
        """Somebody looks after it. NoSuchAlarmError, InvalidTransitionError, StoreError."""
        return self._move(id, AlarmState.ACKNOWLEDGED, actor, time, note)

    def resolve(self, id: str, actor: str, time: float, note: str = "") -> Alarm:  # noqa: A002
        """It is over and dealt with. Raises as `acknowledge`."""
        return self._move(id, AlarmState.RESOLVED, actor, time, note)

    def mark_false(self, id: str, actor: str, time: float, note: str = "") -> Alarm:  # noqa: A002
        """There was nothing. Raises as `acknowledge`."""
        return self._move(id, AlarmState.FALSE, actor, time, note)

    def _move(self, name: str, state: AlarmState, actor: str, time: float, note: str) -> Alarm:
        with self._turn:
            return self._put(life.move(self.get(name), state, actor, time, note), must=True)

    # Reading.

    def get(self, id: str) -> Alarm:  # noqa: A002
        """NoSuchAlarmError when there is none."""
        with self._turn:
            alarm = self._waiting.get(id) or self._alarms.get(id)
        if alarm is None:
            raise NoSuchAlarmError(f"there is no alarm {id}")
        return alarm

    def open_count(self) -> int:
        """How many alarms are not yet resolved or called false."""
        with self._turn:
            if self._waiting:
                return len(self.list(OPEN, limit=None))
            return self._alarms.count(OPEN)

    @property
    def trouble(self) -> str:
        """Why changes are kept in memory only, in one sentence; "" when all are on the disk."""
        with self._turn:
            return self._waiting.trouble

    def on_change(self, callback: Callable[[Alarm], None]) -> Callable[[], None]:
        """Calls back with every alarm that changes; call the result to stop. Be quick in it."""
        with self._turn:
            self._listeners.append(callback)

        def stop() -> None:
            with self._turn:
                if callback in self._listeners:
                    self._listeners.remove(callback)

        return stop

    # The machine's own notes.

    def note(self, id: str, time: float, text: str) -> Alarm:  # noqa: A002
        """Adds a line to the alarm's life. Raises as `acknowledge`."""
        with self._turn:
            return self._put(life.noted(self.get(id), time, text), must=True)

    def set_clip(self, id: str, path: str) -> Alarm:  # noqa: A002
        """The clip is there, at this path in the data folder. Raises as `acknowledge`."""
        with self._turn:
            return self._put(Change(replace(self.get(id), clip=path)), must=True)

    def recover(self, now: float) -> list[str]:
        """After a start, before the first event: ends what ran when the process died.

        Nobody knows whether it went on; the alarm says so, keeps its state, and goes on as the same
        alarm if the rule speaks again within `merge_seconds` of ``now``. Returns what was found.
        """
        interrupted: dict[str, list[Event]] = {}
        with self._turn:
            for event, owner in self._events.running():
                if owner is None:
                    self._events.close(event.id)
                else:
                    interrupted.setdefault(owner, []).append(event)
            return [self._cut_short(name, events, now) for name, events in interrupted.items()]

    def _cut_short(self, name: str, events: list[Event], now: float) -> str:
        alarm = self.get(name)
        note = "Streetlamp stopped while this was going on; nobody knows whether it still is."
        change = life.noted(replace(alarm, ended=max(event.at for event in events)), now, note)
        with self._db.write():
            for event in events:
                self._events.close(event.id)
            self._alarms.save(change.alarm, change.steps)
        self._restarted[name] = now
        self._tell(change.alarm)
        return f"An alarm was cut short when Streetlamp stopped ({alarm.camera}): {alarm.message}"

    # Writing.

    def retry(self) -> bool:
        """Tries to write what waits; True when nothing waits any more."""
        with self._turn:
            if self._waiting:
                self._write([], [], must=False)
            return not self._waiting

    def _put(self, change: Change, *, must: bool = False) -> Alarm:
        self._write([change], [], must=must)
        self._tell(change.alarm)
        return change.alarm

    def _write(self, changes: list[Change], loose: list[Event], *, must: bool) -> None:
        """Writes what waits, these changes and these events without an alarm: all or nothing.

        With ``must``, raises StoreError and nothing has changed; else all of it waits.
        """
        try:
            with self._db.write():
                for change in (*self._waiting.changes, *changes):
                    self._alarms.save(change.alarm, change.steps)
                    for event in change.events:
                        self._events.save(event, change.alarm.id)
                for event in (*self._waiting.events, *loose):
                    self._events.save(event)
        except StoreError as error:
            if must:
                raise
            self._waiting.add(changes, loose, str(error))
        else:
            self._waiting.clear()

    def _tell(self, alarm: Alarm) -> None:
        for listener in tuple(self._listeners):
            listener(alarm)

    def list(
        self,
        states: Collection[AlarmState] | None = None,
        camera: str | None = None,
        limit: int | None = 50,
        before: float | None = None,
    ) -> list[Alarm]:
        """Alarms raised before ``before``, newest first; those only in memory among them."""
        with self._turn:
            stored = self._alarms.list(states, camera, limit, before)
            if not self._waiting:
                return stored
            found = {alarm.id: alarm for alarm in stored if self._waiting.get(alarm.id) is None}
            for alarm in (change.alarm for change in self._waiting.changes):
                if (
                    (states is None or alarm.state in states)
                    and (camera is None or alarm.camera == camera)
                    and (before is None or alarm.raised < before)
                ):
                    found[alarm.id] = alarm
        return sorted(found.values(), key=lambda one: (-one.raised, one.id))[:limit]
