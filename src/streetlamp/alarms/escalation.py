"""Who is told when nobody answers, and what is brought to mind again. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from streetlamp.alarms.life import MACHINE
from streetlamp.alarms.options import EscalationStep
from streetlamp.values import Alarm, AlarmState, AlarmStep

_SAID: Final = re.compile(r"Nobody has answered for .+ \(step (\d+) of \d+\)\.")
_FORGOTTEN: Final = re.compile(r"Acknowledged( by .+)?, and no news for [^,]+\.", re.DOTALL)


def said(level: int, steps: Sequence[EscalationStep], waited: float) -> str:
    """What an alarm's life says of a step of the escalation; `level_in` reads it again.

    level: which one, from 1.
    """
    to = ", ".join(steps[level - 1].to)
    return (
        f"Nobody has answered for {span(waited)}: escalated to {to} (step {level} of {len(steps)})."
    )


def level_in(step: AlarmStep) -> int:
    """Which step of the escalation a line of an alarm's life tells of; 0: of none."""
    own = step.actor == MACHINE and step.state is AlarmState.RAISED
    found = _SAID.fullmatch(step.note) if own else None
    return int(found[1]) if found else 0


def reminder(who: str, seconds: float) -> str:
    """What an alarm's life says when it was forgotten; `reminds` knows it again.

    who: acknowledged it, "" when nobody did.
    """
    return f"Acknowledged{f' by {who}' if who else ''}, and no news for {span(seconds)}."


def reminds(step: AlarmStep) -> bool:
    """Whether a line of an alarm's life says that it was forgotten."""
    own = step.actor == MACHINE and step.state is AlarmState.ACKNOWLEDGED
    return own and _FORGOTTEN.fullmatch(step.note) is not None


def raised_at(alarm: Alarm) -> float:
    """Since when an alarm has been waiting for an answer: when it was raised, the last time."""
    for i in range(len(alarm.steps) - 1, -1, -1):
        before = alarm.steps[i - 1].state if i else None
        if alarm.steps[i].state is AlarmState.RAISED and before is not AlarmState.RAISED:
            return alarm.steps[i].time
    return alarm.raised


def due(
    alarm: Alarm, steps: Sequence[EscalationStep], waited: float, taken: int | None = None
) -> int | None:
    """How many steps of the escalation are to have been taken now; None: no more than were.

    waited: seconds since it was raised. taken: steps taken so far (else the alarm's own). Several
    may be due at once, after Streetlamp was off: the last one says it, the others are skipped.
    """
    if alarm.state is not AlarmState.RAISED or alarm.shelved is not None:
        return None
    reached = [
        number
        for number, step in enumerate(steps, 1)
        if waited >= step.after_seconds and alarm.severity.rank >= step.severity.rank
    ]
    before = alarm.escalated if taken is None else taken
    return reached[-1] if reached and reached[-1] > before else None


def forgotten(alarm: Alarm, seconds: float, now: float) -> bool:
    """Whether an acknowledged alarm has had no news for so long. now: POSIX seconds.

    A clock set back by more than that counts as well: rather once too often than not at all.
    """
    if alarm.state is not AlarmState.ACKNOWLEDGED or alarm.shelved is not None or not seconds:
        return False
    last = alarm.steps[-1].time if alarm.steps else alarm.updated
    return abs(now - last) >= seconds


def span(seconds: float) -> str:
    """ "40 s", "2 min", "3 h"."""
    if seconds < 120 and seconds % 60:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
