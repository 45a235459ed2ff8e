"""What one shift has to tell the next. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from streetlamp.alarms.report import STALE
from streetlamp.store.alarm_facts import AlarmFact
from streetlamp.values import Alarm, AlarmState

SHOWN: Final = 100
"""Alarms of each kind that are listed, at most."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A shift in figures."""

    raised: int
    rows: int  # a group counts once
    acknowledged: int  # now
    resolved: int
    false: int
    unanswered: int  # now
    response_median: float | None  # seconds


def numbers(facts: Sequence[AlarmFact]) -> Numbers:
    """facts: the alarms that were raised in the shift."""
    waits = sorted(one.answered - one.told for one in facts if one.answered is not None)
    groups = {one.group for one in facts if one.group}
    states = [one.state for one in facts]
    return Numbers(
        raised=len(facts),
        rows=len(groups) + sum(not one.group for one in facts),
        acknowledged=states.count(AlarmState.ACKNOWLEDGED),
        resolved=states.count(AlarmState.RESOLVED),
        false=states.count(AlarmState.FALSE),
        unanswered=states.count(AlarmState.RAISED),
        response_median=waits[(len(waits) - 1) // 2] if waits else None,
    )


def stale(alarms: Iterable[Alarm], now: float) -> tuple[Alarm, ...]:
    """Open alarms that have stood for more than a day (ISA-18.2), the oldest first."""
    found = [one for one in alarms if now - one.raised > STALE]
    return tuple(sorted(found, key=lambda one: one.raised))
