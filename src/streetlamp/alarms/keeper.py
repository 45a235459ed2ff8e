"""What happens to alarms by itself: shelves end, nobody answers, somebody forgets.

`turn` it every second or so. How long an alarm has waited is measured with a clock that is never
set; only what was before a restart is taken from the wall's clock. So a clock that jumps neither
tells everybody at once nor keeps quiet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from streetlamp.alarms import escalation, life
from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.care import AlarmCare
from streetlamp.alarms.life import Change
from streetlamp.store.alarm_facts import AlarmFacts
from streetlamp.store.database import Database
from streetlamp.values import Alarm, AlarmState

EVERY_SECONDS: Final = 5.0  # between two looks at what nobody answers


class AlarmKeeper:
    """Call `turn` from one thread."""

    def __init__(self, db: Database, book: AlarmBook, care: AlarmCare) -> None:
        self._facts = AlarmFacts(db)
        self._book = book
        self._care = care
        self._steps = book.options.escalation
        self._stale = book.options.stale_seconds
        self._waits: dict[tuple[str, float], tuple[float, float]] = {}
        self._looked = float("-inf")

    def turn(self, now: float, mono: float) -> list[Alarm]:
        """What has changed. now: POSIX seconds. mono: seconds of a clock that is never set."""
        self._care.end_shelves(now)
        if mono - self._looked < EVERY_SECONDS:
            return []
        self._looked = mono
        changed = self._escalate(now, mono) if self._steps else []
        if self._stale:
            changed += self._remind(now)
        return changed

    def _escalate(self, now: float, mono: float) -> list[Alarm]:
        """One row of the queue is escalated once, however many alarms are in it."""
        waits: dict[tuple[str, float], tuple[float, float]] = {}
        changed = []
        for id_ in self._facts.unanswered([AlarmState.RAISED]):
            alarm = self._book.get(id_)
            since = escalation.raised_at(alarm)
            key = (alarm.group or alarm.id, since)
            before, seen = waits[key] = self._waits.get(key, (max(0.0, now - since), mono))
            waited = before + mono - seen
            taken = alarm.escalated
            if alarm.group:
                taken = max(taken, self._facts.farthest(alarm.group))
            level = escalation.due(alarm, self._steps, waited, taken)
            if level is not None:
                changed.append(self._book.change(id_, self._escalated(level, waited, now)))
        self._waits = waits
        return [alarm for alarm in changed if alarm is not None]

    def _escalated(self, level: int, waited: float, now: float) -> life.Making:
        note = escalation.said(level, self._steps, waited)

        def make(alarm: Alarm) -> Change | None:
            if alarm.state is not AlarmState.RAISED or alarm.shelved is not None:
                return None  # somebody was faster
            return life.noted(replace(alarm, escalated=level), now, note)

        return make

    def _remind(self, now: float) -> list[Alarm]:
        def make(alarm: Alarm) -> Change | None:
            if not escalation.forgotten(alarm, self._stale, now):
                return None
            taken = next((one for one in reversed(alarm.steps) if one.actor != life.MACHINE), None)
            who = taken.actor if taken is not None else ""
            return life.noted(alarm, now, escalation.reminder(who, self._stale))

        changed = [
            self._book.change(id_, make)
            for id_ in self._facts.unanswered([AlarmState.ACKNOWLEDGED])
            if escalation.forgotten(self._book.get(id_), self._stale, now)
        ]
        return [alarm for alarm in changed if alarm is not None]
