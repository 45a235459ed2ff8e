"""Which findings of meters are open, and so who may look at a household's readings (CHARTER 3, 7).

A finding is open while its alarm waits for an answer. One that never was an alarm (it was noted on
the very first look) is open until it is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from streetlamp.alarms.life import OPEN
from streetlamp.desk.auth import Login
from streetlamp.desk.context import Desk
from streetlamp.desk.rights import Right
from streetlamp.meters.shown import ShownFinding, ShownMeter
from streetlamp.store import FindingRow
from streetlamp.values import Alarm, AlarmState


@dataclass(frozen=True, slots=True)
class Open:
    """How an open finding is handled."""

    state: Literal["raised", "acknowledged", "noted"]
    alarm: str | None


def open_findings(desk: Desk, meters: Iterable[ShownMeter]) -> dict[str, Open]:
    """Of the findings of these meters those that are open, by id."""
    alarms: dict[tuple[str, str], list[Alarm]] = defaultdict(list)
    for alarm in desk.services.alarms.list(OPEN, "", None):
        room, _, cause = alarm.rule.partition(": ")
        if room == "meters":
            alarms[cause, alarm.place].append(alarm)
    table = desk.services.findings
    known = {} if table is None else table.known("meters")
    found: dict[str, Open] = {}
    for meter in meters:
        for one in meter.findings:
            held = next((a for a in alarms[one.cause, meter.name] if _is_of(a, one)), None)
            if held is not None:
                seen = held.state is AlarmState.ACKNOWLEDGED
                found[one.id] = Open("acknowledged" if seen else "raised", held.id)
            elif one.end is None and one.id in known and not known[one.id].alarm:
                found[one.id] = Open("noted", None)
    return found


def _is_of(alarm: Alarm, one: ShownFinding) -> bool:
    """What comes soon after at the same meter belongs to the alarm that waits already."""
    return alarm.id == one.id or one.detected > alarm.raised


def may_look(meter: ShownMeter, person: Login, handled: Mapping[str, Open]) -> bool:
    """Whether this person may see this meter's readings now."""
    if not meter.household:
        return True
    return person.may(Right.HANDLE_FINDINGS) and any(one.id in handled for one in meter.findings)


def may_see_picture(desk: Desk, row: FindingRow, alarm: Alarm, person: Login) -> bool:
    """The same of the picture of an alarm's finding. Of whom it is nobody knows before the first
    look: it is then taken for a household's."""
    meters = desk.services.meters
    meter = None if meters is None else meters.of_finding(row.id)
    if row.room != "meters" or (meter is not None and not meter.household):
        return True
    return person.may(Right.HANDLE_FINDINGS) and alarm.state in OPEN
