"""Messages in words: short enough for a telephone's locked screen, complete enough to act on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from streetlamp.notify.message import Item, What
from streetlamp.values import Severity

LISTED: Final = 12  # things a text lists one by one
GROUPS: Final = 6

_MARKS: Final = {
    Severity.INFO: "Info",
    Severity.WARNING: "Warning",
    Severity.HIGH: "High",
    Severity.CRITICAL: "CRITICAL",
}
_DONE: Final = {
    What.ESCALATED: "More urgent",
    What.ACKNOWLEDGED: "Acknowledged",
    What.RESOLVED: "Resolved",
    What.FALSE: "Called false",
    What.REMINDER: "Still open",
}
_CALLS: Final = (What.ESCALATED, What.REMINDER)


def many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def clock(time: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(time, zone):%H:%M:%S}"


def _done(item: Item) -> str:
    """What happened, "" for the plain news that there is an alarm."""
    if item.what is What.ESCALATED and item.note:
        return "Nobody answers"
    return _DONE.get(item.what, "")


def title_of(item: Item, site: str) -> str:
    done = f"{_done(item)}: " if _done(item) else ""
    where = f" – {item.camera_name}" if item.camera_name else ""
    return f"{_MARKS[item.severity]}: {done}{item.message}{where} ({site})"


def text_of(item: Item, zone: tzinfo) -> str:
    """One thing, in a few lines."""
    lines = [f"{item.message}."]
    where = ", ".join(filter(None, (item.camera_name, item.place)))
    about = f"{clock(item.time, zone)}, rule “{item.rule}”"
    lines.append(f"{where}, {about}" if where else about)
    if item.what in _CALLS and item.note:
        lines.append(item.note)
    elif item.what in _DONE:
        by = f" by {item.actor}" if item.actor else ""
        note = f": {item.note}" if item.note and item.what is not What.ESCALATED else ""
        lines.append(f"{_DONE[item.what]}{by}{note}")
    return "\n".join(lines)


def summary(items: Sequence[Item], *, missed: bool, going_on: bool, site: str) -> str:
    """The title of several things."""
    raised = sum(one.what in (What.RAISED, *_CALLS) for one in items)
    cameras = len({one.camera for one in items if one.camera})
    what = many(raised, "alarm") if raised else many(len(items), "alarm") + " answered"
    where = f" at {many(cameras, 'camera')}" if cameras else ""
    worst = max(items, key=lambda one: list(Severity).index(one.severity)).severity
    if missed:
        return f"While it was quiet: {what}{where} ({site})"
    more = ", and more are coming" if going_on else ""
    return f"{_MARKS[worst]}: {what}{where}{more} ({site})"


def listed(items: Sequence[Item], zone: tzinfo, *, going_on: bool) -> str:
    """Several things: how many of what, and the first of them."""
    first, last = min(one.time for one in items), max(one.time for one in items)
    lines = [clock(first, zone) + (f" to {clock(last, zone)}" if last - first >= 1 else "")]
    if len(items) > LISTED:
        groups = Counter(one.group or one.rule for one in items).most_common()
        lines += [f"{n:,} × {name}" for name, n in groups[:GROUPS]]
        if len(groups) > GROUPS:
            rest = sum(n for _, n in groups[GROUPS:])
            lines.append(f"{rest:,} × {many(len(groups) - GROUPS, 'other rule')}")
        lines.append("The first of them:")
    for one in items[:LISTED]:
        done = f"{_done(one).lower()}: " if _done(one) else ""
        where = f"{one.camera_name}: " if one.camera_name else ""
        lines.append(f"{clock(one.time, zone)}  {where}{done}{one.message}")
    if len(items) > LISTED:
        lines.append(f"and {len(items) - LISTED:,} more.")
    if going_on:
        lines.append("It goes on. What follows is at the desk; no more messages about it.")
    return "\n".join(lines)
