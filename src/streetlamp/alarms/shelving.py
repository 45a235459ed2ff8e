"""Shelving (ISA-18.2): a person silences an alarm or a rule for a while. Pure functions.

A shelf has an end from the beginning. It silences nothing graver than what it was made for, and it
counts only while the clock stands between its beginning and its end: a clock that was set back ends
it early rather than late.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from streetlamp.errors import UserError
from streetlamp.store.shelves import Shelf
from streetlamp.values import Alarm

SLACK_SECONDS: Final = 300.0
"""So much may the clock be set back before a shelf is over."""


class ShelvingError(UserError):
    """It cannot be shelved like that."""


def active(shelf: Shelf, now: float) -> bool:
    """Whether a shelf counts at a time, POSIX seconds."""
    return shelf.ended is None and shelf.begins - SLACK_SECONDS <= now < shelf.until


def covers(shelf: Shelf, alarm: Alarm) -> bool:
    """Whether a shelf is about an alarm, whenever that is."""
    if alarm.severity.rank > shelf.severity.rank:
        return False
    if shelf.alarm:
        return shelf.alarm == alarm.id
    same_rule = (shelf.camera, shelf.rule) == (alarm.camera, alarm.rule)
    return same_rule and shelf.place in (None, alarm.place)


def until(shelves: Iterable[Shelf], alarm: Alarm, now: float) -> float | None:
    """Until when an alarm is silent; None: it is not."""
    ends = [one.until for one in shelves if active(one, now) and covers(one, alarm)]
    return max(ends, default=None)


def new(
    alarm: Alarm, scope: str, actor: str, reason: str, now: float, seconds: float, longest: float
) -> Shelf:
    """A shelf for an alarm: for itself, for its rule at its place, or for its rule at its camera.

    scope: "alarm", "place" or "rule". ShelvingError: no reason, or not for so long.
    """
    if not reason.strip():
        raise ShelvingError("say why: whoever comes next has to know.")
    if not 0 < seconds <= longest:
        raise ShelvingError(f"an alarm can be shelved for at most {longest / 3600:g} hours.")
    return Shelf(
        seq=0,
        alarm=alarm.id if scope == "alarm" else "",
        camera=alarm.camera,
        rule=alarm.rule,
        place=None if scope == "rule" else alarm.place,
        severity=alarm.severity,
        reason=reason.strip(),
        actor=actor,
        begins=now,
        until=now + seconds,
    )
