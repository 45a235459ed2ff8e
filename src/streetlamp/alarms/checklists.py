"""Checklists: what is to be done about an alarm, and what of it was. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streetlamp.alarms.options import Checklist
from streetlamp.errors import UserError
from streetlamp.store.incidents import Tick


class ChecklistOpenError(UserError):
    """The alarm cannot be resolved before its checklist is done."""


class NoSuchStepError(UserError):
    """The alarm's checklist has no such step."""


@dataclass(frozen=True, slots=True)
class Item:
    """One step, and who did it when."""

    step: str
    done: bool = False
    actor: str = ""
    time: float | None = None
    listed: bool = True  # False: ticked once, and no longer in the site file


def items(checklist: Checklist | None, ticks: Sequence[Tick]) -> tuple[Item, ...]:
    """The checklist with its ticks; the newest tick of a step counts. What was ticked and has left
    the list since then stands at its end."""
    newest = {tick.step: tick for tick in ticks}
    found = []
    for step in () if checklist is None else checklist.steps:
        tick = newest.pop(step, None)
        done = tick is not None and tick.done
        who = (tick.actor, tick.time) if tick is not None and done else ("", None)
        found.append(Item(step, done, *who))
    found += [
        Item(tick.step, done=True, actor=tick.actor, time=tick.time, listed=False)
        for tick in newest.values()
        if tick.done
    ]
    return tuple(found)


def missing(checklist: Checklist | None, ticks: Sequence[Tick]) -> tuple[str, ...]:
    """The steps that must still be ticked before the alarm may be resolved."""
    if checklist is None or not checklist.required:
        return ()
    return tuple(item.step for item in items(checklist, ticks) if item.listed and not item.done)
