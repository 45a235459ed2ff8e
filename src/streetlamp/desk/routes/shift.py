"""The shift's handover and the month's report."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query

from streetlamp.alarms import handover
from streetlamp.alarms.life import OPEN
from streetlamp.alarms.report import STALE, report
from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.refusal import RefusalError
from streetlamp.desk.rights import Right
from streetlamp.desk.routes.alarm_queue import Answerer, Viewer, care_of, noted, shelves_of
from streetlamp.desk.scope import Eyes
from streetlamp.desk.seen import alarms_of, groups_of
from streetlamp.desk.wire import AlarmOut
from streetlamp.desk.wire_alarms import (
    AlarmReportOut,
    GroupOut,
    HandoverOut,
    NumbersOut,
    ShelfOut,
    ShiftNoteOut,
    TextIn,
)
from streetlamp.errors import UserError
from streetlamp.fleet import periods
from streetlamp.store.incidents import ShiftNote
from streetlamp.values import Alarm, AlarmState

router = APIRouter(prefix="/api/alarms", tags=["alarms"])


@router.get("/handover")
def shift(
    desk: TheDesk,
    person: Viewer,
    hours: Annotated[float, Query(gt=0, le=72, description="How long the shift was.")] = 8.0,
) -> HandoverOut:
    """What one shift has to tell the next: what is open, silenced and forgotten, what happened,
    and what people wrote down for it. All of it is about the cameras one may see; a note is shown
    to whoever may see all that its writer may see."""
    now, care, book = desk.services.now(), care_of(desk), desk.services.alarms
    since, eyes = now - hours * 3600, person.eyes
    open_ = alarms_of(book, eyes, OPEN, limit=handover.SHOWN, group="", shelved=False)
    standing = alarms_of(book, eyes, OPEN, limit=handover.SHOWN, before=now - STALE, shelved=False)
    closed = alarms_of(
        book, eyes, (AlarmState.RESOLVED, AlarmState.FALSE), limit=handover.SHOWN, since=since,
        group="",
    )  # fmt: skip
    facts = eyes.only(care.facts(since, now + 1), lambda fact: fact.camera)
    notes = _notes_for(desk, person, care.shift_notes(since, now + 1))
    return HandoverOut(
        since=since,
        until=now,
        numbers=NumbersOut.model_validate(handover.numbers(facts)),
        open=_alarms(open_),
        groups=tuple(GroupOut.of(one) for one in groups_of(book, eyes, open_only=True)),
        stale=_alarms(handover.stale(standing, now)),
        shelves=tuple(ShelfOut.model_validate(one) for one in shelves_of(desk, person)),
        happened=_alarms(closed),
        notes=tuple(ShiftNoteOut.model_validate(one) for one in notes),
    )


def _alarms(found: list[Alarm] | tuple[Alarm, ...]) -> tuple[AlarmOut, ...]:
    return tuple(AlarmOut.of(one) for one in found)


def _notes_for(desk: Desk, person: Login, notes: list[ShiftNote]) -> list[ShiftNote]:
    """The notes whose writers see no camera that this person does not see.

    A note may speak of anything its writer sees. Of who is no user any more nobody knows that.
    """
    if person.eyes.everything:
        return notes
    site = desk.services.site

    def told(writer: str) -> bool:
        if writer == person.user:
            return True
        account = desk.services.accounts.get(writer)
        if account is None:
            return False
        eyes = Eyes.of(site, account.cameras)
        seen = eyes.only((one.id for one in site.cameras), str)
        return not eyes.everything and all(map(person.sees, seen))

    writers = {writer for writer in {note.actor for note in notes} if told(writer)}
    return [note for note in notes if note.actor in writers]


@router.post("/handover")
def leave_note(desk: TheDesk, person: Answerer, body: TextIn) -> ShiftNoteOut:
    """Leaves a note for the next shift."""
    now = desk.services.now()
    made = care_of(desk).leave_note(body.text.strip(), person.user, now)
    noted(desk, person, "leave note", "handover")
    return ShiftNoteOut.model_validate(made)


@router.get("/report")
def month(
    desk: TheDesk,
    person: Annotated[Login, Depends(may(Right.VIEW_REPORTS))],
    period: Annotated[
        str, Query(max_length=16, description="2026-10, 2026-W43, 2026-10-25, or month.")
    ] = "month",
) -> AlarmReportOut:
    """How many alarms a month had, and whether people can answer so many (EEMUA 191, ISA-18.2).
    Of the cameras one may see."""
    now, care, site = desk.services.now(), care_of(desk), desk.services.site
    try:
        found = periods.parse(period, now, ZoneInfo(site.timezone))
    except UserError as error:
        raise RefusalError(422, str(error), "") from None
    until = min(now, float(found.end))
    if until <= found.start:
        raise RefusalError(422, "This has not begun yet.", "Choose an earlier one.")
    facts = person.eyes.only(care.facts(found.start, until), lambda fact: fact.camera)
    made = report(
        facts, found.start, until, care.options.operators, care.options.budget_per_operator_hour
    )
    return AlarmReportOut.of(made, site.name, found.name, found.key, found.before, found.after)
