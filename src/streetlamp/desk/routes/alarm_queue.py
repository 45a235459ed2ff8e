"""The queue: groups of alarms as one row each, and what silences alarms for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath

from streetlamp.alarms.care import AlarmCare, NoSuchShelfError
from streetlamp.alarms.checklists import ChecklistOpenError, NoSuchStepError
from streetlamp.alarms.life import OPEN, InvalidTransitionError, NoSuchAlarmError
from streetlamp.alarms.shelving import ShelvingError
from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.refusal import RefusalError, not_found, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.routes.alarms import find_alarm
from streetlamp.desk.seen import alarms_of, groups_of, own_cameras
from streetlamp.desk.wire import AlarmOut, AlarmsOut
from streetlamp.desk.wire_alarms import (
    AnsweredOut,
    AnswerIn,
    GroupOut,
    QueueOut,
    ShelfIn,
    ShelfOut,
    ShelvesOut,
)
from streetlamp.store.errors import StoreError
from streetlamp.store.shelves import Shelf
from streetlamp.values import AlarmState

router = APIRouter(prefix="/api/alarms", tags=["alarms"])

Viewer = Annotated[Login, Depends(may(Right.VIEW_ALARMS))]
Answerer = Annotated[Login, Depends(may(Right.ANSWER_ALARMS))]
Shelver = Annotated[Login, Depends(may(Right.SHELVE))]

GroupId = Annotated[str, InPath(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
Made = TypeVar("Made")

_VERBS = {"acknowledged": "acknowledge", "resolved": "resolve", "false": "call false"}


def care_of(desk: Desk) -> AlarmCare:
    """RefusalError where alarms are only shown."""
    if desk.services.care is None:
        raise RefusalError(404, "Alarms are not managed here.", "`streetlamp run` does that.")
    return desk.services.care


def done(act: Callable[[], Made]) -> Made:
    """Does it; what a person cannot do becomes a RefusalError."""
    try:
        return act()
    except NoSuchAlarmError:
        raise not_found("alarm") from None
    except NoSuchShelfError:
        raise not_found("shelf") from None
    except NoSuchStepError:
        raise not_found("step in this alarm's checklist") from None
    except InvalidTransitionError as error:
        raise RefusalError(409, f"Nothing was done: {error}.", "Look at it again.") from None
    except ChecklistOpenError as error:
        raise RefusalError(
            409, f"This cannot be resolved yet: {error}.", "Tick their steps first."
        ) from None
    except ShelvingError as error:
        raise RefusalError(422, f"This cannot be shelved so: {error}", "Change it.") from None


def noted(desk: Desk, person: Login, action: str, what: str, **detail: str | float | bool) -> None:
    """Writes into the audit log what was just done."""
    try:
        desk.services.audit.record(desk.services.now(), person.user, action, what, **detail)
    except StoreError as error:
        raise RefusalError(
            503, f"That was done, but not noted in the audit log: {error}", "Look at the disk."
        ) from None


@router.get("/queue")
def queue(
    desk: TheDesk,
    person: Viewer,
    state: Literal["open", "all"] = "open",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[
        float | None, Query(description="Only alarms raised before this time, POSIX seconds.")
    ] = None,
) -> QueueOut:
    """The queue, newest first. Groups come with the first page only. `open` leaves out what is on
    a shelf. Who may see some cameras only sees a group with the numbers of these."""
    book, eyes = desk.services.alarms, person.eyes
    open_ = state == "open"
    found = alarms_of(
        book, eyes, OPEN if open_ else None, None, limit, before, group="",
        shelved=False if open_ else None,
    )  # fmt: skip
    groups = groups_of(book, eyes, open_only=open_, limit=100) if before is None else ()
    return QueueOut(
        groups=tuple(GroupOut.of(one) for one in groups),
        alarms=tuple(AlarmOut.of(alarm) for alarm in found),
        shelved=len(shelves_of(desk, person)),
    )


@router.get("/groups/{id}")
def group(id: GroupId, desk: TheDesk, person: Viewer) -> GroupOut:  # noqa: A002
    """One group, with the numbers of the cameras one may see."""
    return _group(desk, id, person)


@router.get("/groups/{id}/alarms")
def group_alarms(
    id: GroupId,  # noqa: A002
    desk: TheDesk,
    person: Viewer,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> AlarmsOut:
    """The alarms of a group, newest first."""
    _group(desk, id, person)
    found = alarms_of(desk.services.alarms, person.eyes, limit=limit, group=id, offset=offset)
    return AlarmsOut(alarms=tuple(AlarmOut.of(alarm) for alarm in found))


@router.post("/groups/{id}/answer", responses=problems(409))
def answer_group(id: GroupId, desk: TheDesk, person: Answerer, body: AnswerIn) -> AnsweredOut:  # noqa: A002
    """Answers every alarm of a group that can be, all in one; of the cameras one may see."""
    _group(desk, id, person)
    now, book = desk.services.now(), desk.services.alarms
    cameras = own_cameras(book, person.eyes)
    n = done(
        lambda: book.answer_group(id, AlarmState(body.state), person.user, now, body.note, cameras)
    )
    noted(desk, person, _VERBS[body.state], f"group:{id}", alarms=float(n))
    return AnsweredOut(group=_group(desk, id, person), answered=n)


def _group(desk: Desk, id: str, person: Login) -> GroupOut:  # noqa: A002
    """RefusalError 404 where nothing in it is of a camera this person may see."""
    found = groups_of(desk.services.alarms, person.eyes, [id])
    if not found:
        raise not_found("group")
    return GroupOut.of(found[0])


@router.get("/shelves")
def shelves(desk: TheDesk, person: Viewer) -> ShelvesOut:
    """What is silenced now, by whom and until when; what ends first stands first."""
    found = shelves_of(desk, person)
    return ShelvesOut(
        shelves=tuple(ShelfOut.model_validate(one) for one in found),
        longest_seconds=care_of(desk).options.longest_shelf_hours * 3600,
    )


def shelves_of(desk: Desk, person: Login) -> list[Shelf]:
    """What counts now, of the cameras this person may see."""
    return person.eyes.only(care_of(desk).shelves(desk.services.now()), lambda shelf: shelf.camera)


@router.post("/shelves", responses=problems(404, 409))
def shelve(desk: TheDesk, person: Shelver, body: ShelfIn) -> ShelfOut:
    """Silences an alarm or a rule for a while: it does not ring, tell or escalate, and comes back
    by itself."""
    now, care = desk.services.now(), care_of(desk)
    find_alarm(desk, body.alarm, person)
    made = done(
        lambda: care.shelve(body.alarm, body.scope, person.user, body.reason, now, body.seconds)
    )
    noted(
        desk, person, "shelve", f"alarm:{body.alarm}", scope=body.scope, until=made.until,
        reason=made.reason, camera=made.camera, rule=made.rule,
    )  # fmt: skip
    return ShelfOut.model_validate(made)


@router.delete("/shelves/{seq}", status_code=204)
def unshelve(seq: Annotated[int, InPath(ge=1)], desk: TheDesk, person: Shelver) -> None:
    """Ends a shelf before its time."""
    now, care = desk.services.now(), care_of(desk)
    if all(one.seq != seq for one in shelves_of(desk, person)):
        raise not_found("shelf")
    ended = done(lambda: care.unshelve(seq, person.user, now))
    noted(desk, person, "unshelve", f"shelf:{seq}", camera=ended.camera, rule=ended.rule)
