"""The book of alarms: events go in, alarms come out, people answer them.

One incident is one alarm: events of one rule at one place belong to the alarm that runs, or that
has ended at most `AlarmOptions.merge_seconds` ago. Every change is on the disk before a call
returns; a burst of events is one transaction. The one exception is a disk that takes nothing: then
what rules say is kept in memory, shown all the same, and written with the next change or `retry`;
`trouble` says so. What a person does is never kept that way: the call fails instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from streetlamp.alarms import life
from streetlamp.alarms.checklists import ChecklistOpenError, missing
from streetlamp.alarms.intake import Intake
from streetlamp.alarms.life import OPEN, Change, InvalidTransitionError, NoSuchAlarmError
from streetlamp.alarms.options import AlarmOptions
from streetlamp.alarms.pages import Pages
from streetlamp.alarms.storms import as_seen
from streetlamp.alarms.turn import Turn
from streetlamp.store.alarm_groups import GroupSum
from streetlamp.store.alarms import AlarmTally
from streetlamp.store.database import Database
from streetlamp.store.incidents import Incidents
from streetlamp.store.shelves import Shelf
from streetlamp.values import Alarm, AlarmState, Event

BURST: Final = 250
"""Events in one transaction at most: whoever wants to answer an alarm waits for one of these."""

_ANSWERABLE: Final = {
    AlarmState.ACKNOWLEDGED: frozenset({AlarmState.RAISED}),
    AlarmState.RESOLVED: OPEN,
    AlarmState.FALSE: OPEN,
}


class AlarmBook:
    """Thread-safe. Callbacks run in the thread that made the change, after it was written.

    behind: the names of the things (switches, …) that each camera depends on.
    """

    def __init__(
        self,
        db: Database,
        options: AlarmOptions,
        behind: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._db = db
        self.options = options
        self._pages = Pages(db)
        self._turn = Turn()
        self._intake = Intake(self._pages, options, behind)
        self._incidents = Incidents(db)
        self._listeners: list[Callable[[Alarm], None]] = []

    # What rules say.

    def handle(self, event: Event) -> Alarm | None:
        """Takes an event; the alarm it belongs to, or None if it needs no person.

        The same event may come twice. See the module about a full disk.
        """
        return self.handle_all([event])[0]

    def handle_all(self, events: Sequence[Event]) -> list[Alarm | None]:
        """As `handle`, many at once, in their order; one transaction for up to `BURST` of them.

        StoreError: of those that were not taken yet nothing has changed; they may come again.
        """
        found: list[Alarm | None] = []
        for start in range(0, len(events), BURST):
            with self._turn:
                found += self._take(events[start : start + BURST])
        return found

    def _take(self, events: Sequence[Event]) -> list[Alarm | None]:
        waiting = self._pages.waiting
        changed: list[Alarm] = []
        found: list[Alarm | None] = []
        self._pages.look_up(events)
        try:
            for event in events:
                if not event.alarm:
                    waiting.add((), [event])
                    found.append(None)
                    continue
                changes, groups = self._intake.take(event)
                waiting.add(changes, (), groups)
                changed += [change.alarm for change in changes]
                found.append(changes[0].alarm)
        finally:  # what was taken before something could not be looked up is not lost
            self._pages.write()
            for alarm in _in_their_groups(changed):
                self._tell(alarm)
        return found

    # What people do.

    def acknowledge(self, id: str, actor: str, time: float, note: str = "") -> Alarm:  # noqa: A002
        """Somebody looks after it. NoSuchAlarmError, InvalidTransitionError, StoreError."""
        return self._move(id, AlarmState.ACKNOWLEDGED, actor, time, note)

    def resolve(self, id: str, actor: str, time: float, note: str = "") -> Alarm:  # noqa: A002
        """It is over and dealt with. Raises as `acknowledge`, and ChecklistOpenError."""
        return self._move(id, AlarmState.RESOLVED, actor, time, note)

    def mark_false(self, id: str, actor: str, time: float, note: str = "") -> Alarm:  # noqa: A002
        """There was nothing. Raises as `acknowledge`."""
        return self._move(id, AlarmState.FALSE, actor, time, note)

    def _move(self, name: str, state: AlarmState, actor: str, time: float, note: str) -> Alarm:
        with self._turn:
            alarm = self.get(name)
            change = life.move(alarm, state, actor, time, note)
            if state is AlarmState.RESOLVED:
                self._may_resolve([alarm])
            return self._put(change)

    def _may_resolve(self, alarms: Sequence[Alarm]) -> None:
        listed = {one.id: self.options.checklist(one.rule, one.kind) for one in alarms}
        needing = [id_ for id_, one in listed.items() if one is not None and one.required]
        ticks = self._incidents.ticks(needing)
        open_ = [id_ for id_ in needing if missing(listed[id_], ticks.get(id_, ()))]
        if open_ and len(alarms) == 1:
            steps = "; ".join(missing(listed[open_[0]], ticks.get(open_[0], ())))
            raise ChecklistOpenError(f"of its checklist this is left: {steps}")
        if open_:
            raise ChecklistOpenError(f"{len(open_)} of these alarms have a checklist to be done")

    def answer_group(
        self,
        id: str,  # noqa: A002
        state: AlarmState,
        actor: str,
        time: float,
        note: str = "",
        cameras: Collection[str] | None = None,
    ) -> int:
        """Answers every alarm of a group that can be: all or none, in one transaction; how many.

        cameras: only the alarms of these are answered.
        NoSuchAlarmError: there is no such group. InvalidTransitionError: there is nothing to
        answer. ChecklistOpenError, StoreError.
        """
        with self._turn:
            if self._pages.group(id) is None:
                raise NoSuchAlarmError(f"there is no group {id}")
            self._pages.write(must=True)  # what waits goes first
            states = _ANSWERABLE[state]
            if state is AlarmState.RESOLVED and self.options.checklists:
                self._may_resolve(self._pages.list(states, limit=None, group=id, cameras=cameras))
            moved = self._pages.groups.move(id, states, state, actor, time, note, cameras)
            if not moved:
                raise InvalidTransitionError("there is nothing left to answer in this group")
            now = self._pages.list((state,), limit=None, group=id, cameras=cameras)
            for alarm in reversed(now):
                if alarm.steps and alarm.steps[-1].time == time:
                    self._tell(alarm)
            return len(moved)

    # Reading.

    def get(self, id: str) -> Alarm:  # noqa: A002
        """NoSuchAlarmError when there is none."""
        with self._turn:
            return self._pages.get(id)

    def groups(
        self,
        ids: Collection[str] | None = None,
        *,
        open_only: bool = False,
        limit: int = 50,
        cameras: Collection[str] | None = None,
    ) -> list[GroupSum]:
        """Groups with what they come to, the newest first.

        cameras: those that have alarms of these, as if they had no others (`storms.as_seen`).
        """
        found = self._pages.groups.sums(ids, open_only=open_only, limit=limit, cameras=cameras)
        return found if cameras is None else [as_seen(one) for one in found]

    def cameras(self) -> set[str]:
        """The cameras that alarms are about; "" among them where one is about several."""
        if not self._pages.waiting.trouble:
            return self._pages.cameras()
        with self._turn:
            return self._pages.cameras()

    def open_count(self) -> int:
        """How many alarms are not yet resolved or called false, nor on a shelf."""
        if not self._pages.waiting.trouble:  # nobody's turn is needed to read what is written
            return self._pages.open_count()
        with self._turn:
            return self._pages.open_count()

    def tallies(self, since: float) -> list[AlarmTally]:
        """How many alarms raised since then (POSIX seconds) are in which state, by rule."""
        return self._pages.alarms.tallies(since)

    @property
    def trouble(self) -> str:
        """Why changes are kept in memory only, in one sentence; "" when all are on the disk."""
        return self._pages.waiting.trouble

    def on_change(self, callback: Callable[[Alarm], None]) -> Callable[[], None]:
        """Calls back with every alarm that changes; call the result to stop. Be quick in it."""
        with self._turn:
            self._listeners.append(callback)

        def stop() -> None:
            with self._turn:
                if callback in self._listeners:
                    self._listeners.remove(callback)

        return stop

    # The machine's own notes, and what else is written beside an alarm.

    def note(self, id: str, time: float, text: str, actor: str = life.MACHINE) -> Alarm:  # noqa: A002
        """Adds a line to the alarm's life. Raises as `acknowledge`."""
        with self._turn:
            return self._put(life.noted(self.get(id), time, text, actor))

    def set_clip(self, id: str, path: str) -> Alarm:  # noqa: A002
        """The clip is there, at this path in the data folder. Raises as `acknowledge`."""
        with self._turn:
            return self._put(Change(replace(self.get(id), clip=path)))

    def change(self, id: str, make: life.Making) -> Alarm | None:  # noqa: A002
        """Changes an alarm by a pure function of what it is now; None: it made no change.

        What else `make` writes to the same database is one transaction with it. Raises as
        `acknowledge`, and whatever `make` raises: then nothing has changed.
        """
        with self._turn:
            if self._pages.waiting:  # first: what is undone below must not be forgotten with it
                self._pages.write(must=True)
            with self._db.write():
                change = make(self.get(id))
                if change is None:
                    return None
                self._pages.write([change], must=True)
            self._tell(change.alarm)
            return change.alarm

    def set_shelves(self, shelves: Sequence[Shelf]) -> None:
        """What is silenced from now on. Alarms that are there already are not changed by it."""
        with self._turn:
            self._intake.shelves = list(shelves)

    def recover(self, now: float) -> list[str]:
        """After a start, before the first event: ends what ran when the process died.

        Nobody knows whether it went on; the alarm says so, keeps its state, and goes on as the same
        alarm if the rule speaks again within `merge_seconds` of ``now``. Returns what was found.
        """
        interrupted: dict[str, list[Event]] = {}
        with self._turn:
            for event, owner in self._pages.events.running():
                if owner is None:
                    self._pages.events.close(event.id)
                else:
                    interrupted.setdefault(owner, []).append(event)
            return [self._cut_short(name, events, now) for name, events in interrupted.items()]

    def _cut_short(self, name: str, events: list[Event], now: float) -> str:
        alarm = self.get(name)
        note = "Streetlamp stopped while this was going on; nobody knows whether it still is."
        change = life.noted(replace(alarm, ended=max(event.at for event in events)), now, note)
        with self._db.write():
            for event in events:
                self._pages.events.close(event.id)
            self._pages.alarms.save(change.alarm, change.steps)
        self._intake.restarted(name, now)
        self._tell(change.alarm)
        return f"An alarm was cut short when Streetlamp stopped ({alarm.camera}): {alarm.message}"

    # Writing.

    def retry(self) -> bool:
        """Tries to write what waits; True when nothing waits any more."""
        with self._turn:
            if self._pages.waiting:
                self._pages.write()
            return not self._pages.waiting

    def _put(self, change: Change) -> Alarm:
        self._pages.write([change], must=True)
        self._tell(change.alarm)
        return change.alarm

    def _tell(self, alarm: Alarm) -> None:
        for listener in tuple(self._listeners):
            listener(alarm)

    def list(
        self,
        states: Collection[AlarmState] | None = None,
        camera: str | None = None,
        limit: int | None = 50,
        before: float | None = None,
        **more: Any,
    ) -> list[Alarm]:
        """Alarms raised before ``before``, newest first; those only in memory among them.

        more: as `streetlamp.store.alarms.Alarms.list` (group, shelved, since, offset,
        cameras).
        """
        if not self._pages.waiting.trouble:
            return self._pages.list(states, camera, limit, before, **more)
        with self._turn:
            return self._pages.list(states, camera, limit, before, **more)


def _in_their_groups(changed: Sequence[Alarm]) -> Iterator[Alarm]:
    """Every change of a burst, each with the group its alarm has at the burst's end: nobody is told
    of an alarm by itself that a group took in a moment later."""
    groups = {alarm.id: alarm.group for alarm in changed}
    told: dict[str, Alarm] = {}
    for alarm in changed:
        now = replace(alarm, group=groups[alarm.id])
        if told.get(now.id) != now:
            told[now.id] = now
            yield now
