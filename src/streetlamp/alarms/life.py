"""What an alarm may become, and what becomes of it when events come in. Pure functions.

::

    raised ──▶ acknowledged ──▶ resolved          by a person
      │  ▲          │   │
      │  └──────────┘   └─────▶ false             back only when the severity changes
      ├───────────────────────▶ resolved, false
      └◀── resolved                               only by a new event within `merge_seconds`
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from streetlamp.errors import UserError
from streetlamp.values import Alarm, AlarmState, AlarmStep, Event

MACHINE: Final = "streetlamp"
OPEN: Final = frozenset({AlarmState.RAISED, AlarmState.ACKNOWLEDGED})

_BY_PERSON: Final = {
    AlarmState.RAISED: {AlarmState.ACKNOWLEDGED, AlarmState.RESOLVED, AlarmState.FALSE},
    AlarmState.ACKNOWLEDGED: {AlarmState.RESOLVED, AlarmState.FALSE},
    AlarmState.RESOLVED: frozenset[AlarmState](),
    AlarmState.FALSE: frozenset[AlarmState](),
}

_WORDS: Final = {
    AlarmState.RAISED: "raised",
    AlarmState.ACKNOWLEDGED: "acknowledged",
    AlarmState.RESOLVED: "resolved",
    AlarmState.FALSE: "called false",
}


class InvalidTransitionError(UserError):
    """The alarm cannot become that from what it is."""


class NoSuchAlarmError(UserError):
    """There is no alarm with this id."""


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm as it is now, the steps that made it so, and the events behind it, if any were."""

    alarm: Alarm
    steps: tuple[AlarmStep, ...] = ()
    events: tuple[Event, ...] = ()


Making = Callable[[Alarm], Change | None]
"""Makes a change out of an alarm as it is now; None: there is nothing to change."""


def move(alarm: Alarm, state: AlarmState, actor: str, time: float, note: str) -> Change:
    """A person's step. InvalidTransitionError says who was there before."""
    if state not in _BY_PERSON[alarm.state]:
        last = next((step for step in reversed(alarm.steps) if step.state is alarm.state), None)
        who = f" by {last.actor}" if last is not None else ""
        raise InvalidTransitionError(
            f"this alarm was {_WORDS[alarm.state]}{who}; it cannot be {_WORDS[state]} any more"
        )
    shelved = alarm.shelved if state in OPEN else None  # what is closed needs no shelf
    answered = replace(alarm, state=state, shelved=shelved)
    return stepped(answered, AlarmStep(time, actor, state, note))


def stepped(alarm: Alarm, *steps: AlarmStep) -> Change:
    """The alarm with these steps, and updated no earlier than them."""
    updated = max([alarm.updated, *(step.time for step in steps)])
    return Change(replace(alarm, updated=updated, steps=alarm.steps + steps), steps)


def noted(alarm: Alarm, time: float, note: str, actor: str = MACHINE) -> Change:
    """A line in the alarm's life that changes no state."""
    return stepped(alarm, AlarmStep(time, actor, alarm.state, note))


def new(event: Event) -> Change:
    """The alarm an event raises; it takes over the event's id, so the same event raises it once."""
    alarm = Alarm(
        id=event.id,
        camera=event.camera,
        rule=event.rule,
        kind=event.kind,
        place=event.place,
        severity=event.severity,
        message=event.message,
        raised=event.start,
        updated=event.at,
        ended=event.end,
        state=AlarmState.RAISED,
        events=1,
        frame=event.frame,
        box=event.box,
        numbers=dict(event.numbers),
    )
    made = stepped(alarm, AlarmStep(event.at, MACHINE, AlarmState.RAISED, event.message))
    return replace(made, events=(event,))


def goes_on(alarm: Alarm, event: Event, ended: float | None) -> Change:
    """News of an event the alarm already has. ``ended``: when the last of its events ended."""
    if alarm.state not in OPEN:  # a person has closed it: only the times go on
        closed = replace(alarm, updated=max(alarm.updated, event.at), ended=ended)
        return Change(closed, (), (event,))
    return _told(alarm, event, ended, alarm.events)


def again(alarm: Alarm, event: Event, ended: float | None) -> Change:
    """One more event of the same incident. A resolved alarm is raised once more."""
    change = _told(alarm, event, ended, alarm.events + 1)
    if alarm.state is not AlarmState.RESOLVED:
        return change
    step = AlarmStep(event.at, MACHINE, AlarmState.RAISED, f"Happened again: {event.message}")
    made = stepped(replace(change.alarm, state=AlarmState.RAISED, escalated=0), step)
    return replace(made, events=(event,))


def _told(alarm: Alarm, event: Event, ended: float | None, events: int) -> Change:
    told = replace(
        alarm,
        severity=event.severity,
        message=event.message,
        updated=max(alarm.updated, event.at),
        ended=ended,
        events=events,
        frame=event.frame,
        box=event.box,
        numbers=dict(event.numbers),
    )
    if event.severity is alarm.severity or alarm.state is not AlarmState.ACKNOWLEDGED:
        return Change(told, (), (event,))
    note = f"Severity went from {alarm.severity} to {event.severity}: {event.message}"
    step = AlarmStep(event.at, MACHINE, AlarmState.RAISED, note)
    raised = replace(told, state=AlarmState.RAISED, escalated=0)
    return replace(stepped(raised, step), events=(event,))
