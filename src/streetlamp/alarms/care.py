"""What people do about alarms beyond answering them: silence them for a while, do what is to be
done, write something down, hand over."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from streetlamp.alarms import life, shelving
from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.checklists import Item, NoSuchStepError, items
from streetlamp.alarms.life import OPEN, Change, InvalidTransitionError
from streetlamp.alarms.options import AlarmOptions
from streetlamp.errors import UserError
from streetlamp.store.alarm_facts import AlarmFact, AlarmFacts
from streetlamp.store.database import Database
from streetlamp.store.events import Events
from streetlamp.store.incidents import Incidents, ShiftNote, Tick
from streetlamp.store.shelves import Shelf, Shelves
from streetlamp.values import Alarm, Event


class NoSuchShelfError(UserError):
    """There is no such shelf, or it has ended."""


class AlarmCare:
    """Thread-safe. Every change is on the disk when a call returns (StoreError: it did not
    happen)."""

    def __init__(self, db: Database, book: AlarmBook) -> None:
        self._db = db
        self._book = book
        self._shelves = Shelves(db)
        self._incidents = Incidents(db)
        self._events = Events(db)
        self._facts = AlarmFacts(db)
        self._turn = threading.Lock()  # of shelves
        self._running = self._shelves.running()
        book.set_shelves(self._running)

    @property
    def options(self) -> AlarmOptions:
        return self._book.options

    # Shelves.

    def shelves(self, now: float) -> list[Shelf]:
        """Those that count now, the one that ends first first."""
        with self._turn:
            running = list(self._running)
        counting = [shelf for shelf in running if shelving.active(shelf, now)]
        return sorted(counting, key=lambda shelf: shelf.until)

    def shelve(
        self, alarm: str, scope: str, actor: str, reason: str, now: float, seconds: float
    ) -> Shelf:
        """Silences an alarm ("alarm"), its rule at its place ("place") or at its camera ("rule").

        NoSuchAlarmError, ShelvingError; InvalidTransitionError when one alarm is meant and it is
        closed.
        """
        about = self._book.get(alarm)
        if scope == "alarm" and about.state not in OPEN:
            raise InvalidTransitionError("this alarm is closed: there is nothing to silence")
        longest = self.options.longest_shelf_hours * 3600
        shelf = shelving.new(about, scope, actor, reason, now, seconds, longest)
        with self._turn:
            shelf = self._shelves.add(shelf)
            self._running.append(shelf)
            self._book.set_shelves(self._running)
        self._settle(now, actor, f"Shelved: {shelf.reason}")
        return shelf

    def unshelve(self, seq: int, actor: str, now: float) -> Shelf:
        """Ends a shelf before its time. NoSuchShelfError."""
        with self._turn:
            found = next((one for one in self._running if one.seq == seq), None)
            if found is None:
                raise NoSuchShelfError("this shelf has ended already, or never was")
            self._end(found, now, actor)
        self._settle(now, actor, "Taken off the shelf")
        return found

    def end_shelves(self, now: float) -> list[Shelf]:
        """Ends what is over, and brings its alarms back; what was ended."""
        with self._turn:
            over = [one for one in self._running if not shelving.active(one, now)]
            for shelf in over:
                self._end(shelf, now, life.MACHINE)
        if over:
            self._settle(now, life.MACHINE, "Its time on the shelf is over")
        return over

    def _end(self, shelf: Shelf, now: float, actor: str) -> None:
        self._shelves.end(shelf.seq, now, actor)
        self._running = [one for one in self._running if one.seq != shelf.seq]
        self._book.set_shelves(self._running)

    def _settle(self, now: float, actor: str, why: str) -> None:
        """Puts open alarms on the shelves that cover them, and takes the others off."""
        with self._turn:
            running = tuple(self._running)
        rules = {(one.camera, one.rule) for one in running}
        ids = {one.alarm for one in running}

        def settled(alarm: Alarm) -> Change | None:
            until = shelving.until(running, alarm, now)
            if until == alarm.shelved or alarm.state not in OPEN:
                return None
            note = why if until is None or alarm.shelved is None else "Shelved for longer"
            return life.noted(replace(alarm, shelved=until), now, note, actor)

        for alarm in self._book.list(OPEN, limit=None):
            about = (alarm.camera, alarm.rule) in rules or alarm.id in ids
            if alarm.shelved is not None or about:
                self._book.change(alarm.id, settled)

    # Checklists and notes.

    def checklist(self, alarm: Alarm) -> tuple[Item, ...]:
        ticks = self._incidents.ticks([alarm.id]).get(alarm.id, ())
        return items(self.options.checklist(alarm.rule, alarm.kind), ticks)

    def tick(self, alarm: str, step: str, actor: str, now: float, *, done: bool) -> Alarm:
        """Somebody has done a step, or takes that back; both are kept. NoSuchAlarmError,
        NoSuchStepError."""

        def ticked(found: Alarm) -> Change | None:
            item = next((one for one in self.checklist(found) if one.step == step), None)
            if item is None:
                raise NoSuchStepError("this alarm's checklist has no such step")
            if item.done is done:
                return None
            self._incidents.tick(found.id, Tick(step, done, actor, now))
            return life.noted(found, now, f"{'Done' if done else 'Not done'}: {step}", actor)

        return self._book.change(alarm, ticked) or self._book.get(alarm)

    def note(self, alarm: str, text: str, actor: str, now: float) -> Alarm:
        """A person writes something down, whenever that is. NoSuchAlarmError."""
        return self._book.note(alarm, now, text, actor)

    def events(self, alarm: str, limit: int) -> Sequence[Event]:
        """The last events an alarm gathered, oldest first."""
        return self._events.of_alarm(alarm)[-limit:]

    # The shift and the month.

    def facts(self, start: float, end: float) -> list[AlarmFact]:
        """Alarms raised in [start, end), oldest first."""
        return self._facts.between(start, end)

    def shelved_between(self, start: float, end: float) -> list[Shelf]:
        return self._shelves.during(start, end)

    def leave_note(self, text: str, actor: str, now: float) -> ShiftNote:
        note = ShiftNote(now, actor, text)
        self._incidents.add_note(note)
        return note

    def shift_notes(self, start: float, end: float) -> list[ShiftNote]:
        """Newest first."""
        return self._incidents.notes(start, end)
