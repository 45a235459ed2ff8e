"""What events make of alarms: one incident is one alarm, a storm is one group.

The answers are `Change`s; writing them and telling of them is the book's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from streetlamp.alarms import life
from streetlamp.alarms.life import OPEN, Change
from streetlamp.alarms.options import AlarmOptions
from streetlamp.alarms.pages import Pages
from streetlamp.alarms.shelving import until
from streetlamp.alarms.storms import Cause, Storm, Storms
from streetlamp.store.alarm_groups import GroupRow
from streetlamp.store.shelves import Shelf
from streetlamp.values import Alarm, AlarmState, Event

_LOADED: Final = 500  # closed alarms looked at when the book is opened
_GROUPS: Final = 20  # groups that may still run after a restart

Key = tuple[str, str, str]


def _key(thing: Event | Alarm) -> Key:
    return thing.camera, thing.rule, thing.place


class Intake:
    """Not thread-safe. behind: as `streetlamp.alarms.storms.Storms` takes it."""

    def __init__(
        self, pages: Pages, options: AlarmOptions, behind: Mapping[str, Sequence[str]] | None
    ) -> None:
        self._pages = pages
        self._options = options
        self.shelves: list[Shelf] = []  # those that count, or did a moment ago
        self._storms = Storms(options.storm, behind)
        self._storms.restore(
            _storm(row, cameras, rules, n)
            for row, cameras, rules, n in pages.groups.newest(_GROUPS)
        )
        self._newest: dict[Key, str] = {}  # the newest alarm of one rule at one place
        self._restarted: dict[str, float] = {}  # when alarms that were cut short were found
        for camera, rule, place, id_ in pages.alarms.newest(_LOADED):
            self._newest.setdefault((camera, rule, place), id_)

    def restarted(self, alarm: str, now: float) -> None:
        """An alarm was cut short; it was found at ``now``."""
        self._restarted[alarm] = now

    def take(self, event: Event) -> tuple[list[Change], list[GroupRow]]:
        """What an event that needs a person changes; its own alarm's change comes first."""
        before, owner = self._pages.find(event.id) or (None, None)
        if before is None or owner is None:
            return self._begin(event)
        return [self._continue(self._pages.get(owner), before, event)], []

    def _continue(self, alarm: Alarm, before: Event, event: Event) -> Change:
        if before.end is not None:
            return Change(alarm)  # it has ended; this was said before
        running = self._pages.running(alarm.id)
        if event.end is not None:
            running.discard(event.id)
        return self._settled(alarm, life.goes_on(alarm, event, self._ended(alarm, event, running)))

    def _begin(self, event: Event) -> tuple[list[Change], list[GroupRow]]:
        """An event not heard of before: one more of an incident, or a new one."""
        newest = self._newest.get(_key(event))
        alarm = None if newest is None else self._pages.get(newest)
        if alarm is None or not self._same_incident(alarm, event):
            made = self._new(event)
            self._newest[_key(event)] = event.id
            return made
        running = self._pages.running(alarm.id)
        if event.end is None:
            running.add(event.id)
        again = life.again(alarm, event, self._ended(alarm, event, running))
        return [self._settled(alarm, again)], []

    def _new(self, event: Event) -> tuple[list[Change], list[GroupRow]]:
        change = life.new(event)
        alarm = replace(change.alarm, shelved=until(self.shelves, change.alarm, event.at))
        if alarm.shelved is not None:  # it is silent: it takes part in no storm
            return [replace(change, alarm=alarm)], []
        joined = self._storms.take(alarm)
        if joined is None:
            return [change], []
        group = joined.storm.id
        drawn = [Change(replace(self._pages.get(id_), group=group)) for id_ in joined.drawn_in]
        row = _row(joined.storm)
        return [replace(change, alarm=replace(alarm, group=group)), *drawn], [row]

    def _settled(self, before: Alarm, change: Change) -> Change:
        """An alarm that has become graver, or is raised again, is looked at anew: whether its
        group still holds it, and its shelf."""
        alarm = change.alarm
        graver = alarm.severity.rank > before.severity.rank
        raised = alarm.state is AlarmState.RAISED and before.state is not AlarmState.RAISED
        if alarm.state not in OPEN or not (graver or raised):
            return change
        alarm = replace(alarm, shelved=until(self.shelves, alarm, alarm.updated))
        change = replace(change, alarm=alarm)
        if graver and alarm.group:
            group = self._pages.group(alarm.group)
            if group is not None and alarm.severity.rank > group.severity.rank:
                note = "It is graver than its group now, and stands by itself."
                left = life.noted(replace(alarm, group=""), alarm.updated, note)
                return replace(change, alarm=left.alarm, steps=change.steps + left.steps)
        return change

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
        ends = [one.end for one in self._pages.events_of(alarm.id) if one.end is not None]
        return max([event.end, *ends])


def _row(storm: Storm) -> GroupRow:
    return GroupRow(
        storm.id, storm.cause.value, storm.key, storm.severity, storm.reason, storm.first,
        storm.last,
    )  # fmt: skip


def _storm(row: GroupRow, cameras: Iterable[str], rules: Iterable[str], n: int) -> Storm:
    return Storm(
        row.id, Cause(row.cause), row.key, row.severity, row.first, row.last, n, set(cameras),
        set(rules),
    )  # fmt: skip
