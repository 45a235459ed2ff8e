"""Events and alarms with made-up values, for the tests of alarm management."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from streetlamp.alarms import life
from streetlamp.store import AlarmFact
from streetlamp.values import Alarm, AlarmState, Event, Phase, Severity

T0 = 1_700_000_000.0


def event(id: str, at: float = T0, **rest: Any) -> Event:  # noqa: A002
    """The beginning of an incident at the gate."""
    about: dict[str, Any] = {
        "phase": Phase.START, "camera": "gate", "rule": "night", "kind": "intrusion",
        "place": "yard", "end": None, "frame": 1, "message": f"{id} happened",
        "severity": Severity.WARNING, "box": None, "numbers": {}, "time": at,
    }  # fmt: skip
    return Event(id=id, start=at, **{**about, **rest})


def alarm(id: str, at: float = T0, **rest: Any) -> Alarm:  # noqa: A002
    """An alarm as an event raises it; what is no field of an event is set afterwards."""
    late = {name: rest.pop(name) for name in ("group", "shelved", "escalated") if name in rest}
    return replace(life.new(event(id, at, **rest)).alarm, **late)


def fact(id: str, at: float = T0, **rest: Any) -> AlarmFact:  # noqa: A002
    about: dict[str, Any] = {
        "camera": "gate", "rule": "night", "kind": "intrusion", "place": "yard",
        "severity": Severity.WARNING, "raised": at, "told": at, "ended": at + 10,
        "state": AlarmState.RAISED, "group": "", "answered": None, "closed": None,
    }  # fmt: skip
    return AlarmFact(id=id, **{**about, **rest})
