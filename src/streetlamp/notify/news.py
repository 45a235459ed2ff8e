"""What of an alarm's life is news, read from its steps. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from streetlamp.alarms.escalation import level_in, reminds
from streetlamp.alarms.life import MACHINE
from streetlamp.notify.grouping import level_of
from streetlamp.notify.message import What
from streetlamp.values import Alarm, AlarmState

STALE_SECONDS: Final = 86_400.0
"""What happened longer ago is told to nobody any more."""

_SAID: Final = {
    AlarmState.RAISED: What.RAISED,
    AlarmState.ACKNOWLEDGED: What.ACKNOWLEDGED,
    AlarmState.RESOLVED: What.RESOLVED,
    AlarmState.FALSE: What.FALSE,
}


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell: the step of the alarm it comes from, and how urgent that is."""

    step: int
    level: int
    what: What
    time: float
    actor: str = ""
    note: str = ""
    stage: int = 0  # which step of the site's escalation this is


def calls(alarm: Alarm) -> list[News]:
    """Lines of the alarm's life that call for somebody: a step of the escalation was taken, or it
    was forgotten."""
    level, found = level_of(alarm), list[News]()
    for number, step in enumerate(alarm.steps):
        if stage := level_in(step):
            what = What.ESCALATED
        elif reminds(step):
            what = What.REMINDER
        else:
            continue
        found.append(News(number, level, what, step.time, note=step.note, stage=stage))
    return found


def unheard(alarm: Alarm, told: Collection[int], now: float) -> Iterator[News]:
    """The calls that hold still and were not told yet. ``told``: steps that were."""
    wanted = {AlarmState.RAISED: What.ESCALATED, AlarmState.ACKNOWLEDGED: What.REMINDER}
    if alarm.shelved is not None or alarm.state not in wanted:
        return
    last = max((one.step for one in changes(alarm)), default=0)
    found = [
        one
        for one in calls(alarm)
        if one.step > last and one.what is wanted[alarm.state] and now - one.time <= STALE_SECONDS
    ]
    if alarm.state is AlarmState.ACKNOWLEDGED:
        found = found[-1:]  # those before say the same
    yield from (one for one in found if one.step not in told)


def changes(alarm: Alarm) -> list[News]:
    """The steps that changed what the alarm is; notes are none of them."""
    found: list[News] = []
    before: AlarmState | None = None
    level = level_of(alarm)
    for number, step in enumerate(alarm.steps):
        if step.state is not before:
            actor = "" if step.actor == MACHINE else step.actor
            found.append(News(number, level, _SAID[step.state], step.time, actor, step.note))
        before = step.state
    return found


def news(alarm: Alarm, told: Mapping[int, int], now: float) -> Iterator[News]:
    """What was not told yet. ``told``: the highest level that was told of each step.

    A raised alarm that is more urgent now than when it was told is news again.
    """
    found = changes(alarm)
    for one in found:
        if now - one.time > STALE_SECONDS and one is not found[-1]:
            continue
        before = told.get(one.step)
        if before is None:
            if now - one.time <= STALE_SECONDS:
                yield one
        elif (
            one is found[-1] and alarm.state is AlarmState.RAISED and one.level > before
            and now - alarm.updated <= STALE_SECONDS
        ):  # fmt: skip
            yield News(one.step, one.level, What.ESCALATED, alarm.updated)
