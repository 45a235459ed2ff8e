"""Alarms: read, answered, and the masked footage of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated, BinaryIO, Final

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from streetlamp.alarms.checklists import ChecklistOpenError
from streetlamp.alarms.life import OPEN, InvalidTransitionError, NoSuchAlarmError
from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.ranged import VIDEO, send
from streetlamp.desk.refusal import RefusalError, not_found, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.seen import alarms_of
from streetlamp.desk.wire import AlarmFilter, AlarmOut, AlarmsOut
from streetlamp.store.errors import StoreError
from streetlamp.values import Alarm, AlarmState
from streetlamp.vault import files

router = APIRouter(prefix="/api/alarms", tags=["alarms"])

Viewer = Annotated[Login, Depends(may(Right.VIEW_ALARMS))]
Answerer = Annotated[Login, Depends(may(Right.ANSWER_ALARMS))]
Watcher = Annotated[Login, Depends(may(Right.VIEW_RECORDINGS))]
AlarmId = Annotated[str, InPath(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
_NOTE: Final = 2000


class NoteIn(BaseModel):
    """Who answers is taken from the session, never from here."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(max_length=_NOTE)] = Field(
        default="", description="What was done, in a sentence."
    )


@router.get("")
def alarms(
    desk: TheDesk,
    person: Viewer,
    state: AlarmFilter = "open",
    camera: Annotated[str | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[
        float | None, Query(description="Only alarms raised before this time, POSIX seconds.")
    ] = None,
) -> AlarmsOut:
    """Alarms, newest first. `open` is raised or acknowledged, and not on a shelf; `shelved` those
    that are. Those of groups are among them: `/api/alarms/queue` shows a group as one."""
    open_ = state in ("open", "shelved")
    states = None if state == "all" else OPEN if open_ else (AlarmState(state),)
    shelved = state == "shelved" if open_ else None
    found = alarms_of(
        desk.services.alarms, person.eyes, states, camera, limit, before, shelved=shelved
    )
    return AlarmsOut(alarms=tuple(AlarmOut.of(alarm) for alarm in found))


@router.get("/{id}")
def alarm(id: AlarmId, desk: TheDesk, person: Viewer) -> AlarmOut:  # noqa: A002
    """One alarm with the steps of its life."""
    return AlarmOut.of(find_alarm(desk, id, person))


@router.post("/{id}/acknowledge", responses=problems(409))
def acknowledge(id: AlarmId, desk: TheDesk, person: Answerer) -> AlarmOut:  # noqa: A002
    """ "I have seen it and see to it."""
    now = desk.services.now()
    return _answer(
        desk, person, id, "acknowledge",
        lambda: desk.services.alarms.acknowledge(id, person.user, now),
    )  # fmt: skip


@router.post("/{id}/resolve", responses=problems(409))
def resolve(id: AlarmId, desk: TheDesk, person: Answerer, body: NoteIn | None = None) -> AlarmOut:  # noqa: A002
    """It has been dealt with."""
    now, note = desk.services.now(), body.note if body else ""
    return _answer(
        desk, person, id, "resolve",
        lambda: desk.services.alarms.resolve(id, person.user, now, note),
    )  # fmt: skip


@router.post("/{id}/false", responses=problems(409))
def mark_false(
    id: AlarmId,  # noqa: A002
    desk: TheDesk,
    person: Answerer,
    body: NoteIn | None = None,
) -> AlarmOut:
    """There was nothing."""
    now, note = desk.services.now(), body.note if body else ""
    return _answer(
        desk, person, id, "call false",
        lambda: desk.services.alarms.mark_false(id, person.user, now, note),
    )  # fmt: skip


def _answer(
    desk: Desk,
    person: Login,
    id: str,  # noqa: A002
    action: str,
    act: Callable[[], Alarm],
) -> AlarmOut:
    find_alarm(desk, id, person)
    try:
        changed = act()
    except NoSuchAlarmError:
        raise not_found("alarm") from None
    except InvalidTransitionError as error:
        raise RefusalError(409, str(error), "Look at the alarm again.") from None
    except ChecklistOpenError as error:
        raise RefusalError(
            409, f"This cannot be resolved yet: {error}.", "Tick its steps first."
        ) from None
    try:
        desk.services.audit.record(desk.services.now(), person.user, action, f"alarm:{id}")
    except StoreError as error:  # the alarm's own steps say who did it
        raise RefusalError(
            503, f"That was done, but not noted in the audit log: {error}", "Look at the disk."
        ) from None
    return AlarmOut.of(changed)


def find_alarm(desk: Desk, id: str, person: Login) -> Alarm:  # noqa: A002
    """The alarm, if it is about a camera this person may see; RefusalError 404."""
    try:
        found = desk.services.alarms.get(id)
    except NoSuchAlarmError:
        raise not_found("alarm") from None
    if not person.sees(found.camera):
        raise not_found("alarm")
    return found


@router.get("/{id}/clip.mp4", response_class=Response, responses=VIDEO)
def clip(
    id: AlarmId,  # noqa: A002
    desk: TheDesk,
    person: Watcher,
    range: Annotated[str | None, Header()] = None,  # noqa: A002
) -> Response:
    """The masked footage from before to after; 404 until it is cut. Takes a Range."""
    alarm = find_alarm(desk, id, person)
    with ExitStack() as stack:
        handle = stack.enter_context(_open(desk, alarm))
        desk.looks.note(person.token, person.user, "watch clip", f"alarm:{id}", desk.services.now())
        return send(handle, range, close=stack.pop_all().close)


@router.get(
    "/{id}/still.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
def still(id: AlarmId, desk: TheDesk, person: Watcher) -> Response:  # noqa: A002
    """A masked picture of the moment it was raised; 404 until the clip is cut."""
    alarm = find_alarm(desk, id, person)
    with _open(desk, alarm) as handle:
        picture = desk.posters.of(alarm.clip, handle, desk.services.clip_before_s)
    if picture is None:
        raise RefusalError(404, "The clip shows no picture.", "Its recording may be damaged.")
    desk.looks.note(person.token, person.user, "watch clip", f"alarm:{id}", desk.services.now())
    return Response(picture, media_type="image/jpeg")


def _open(desk: Desk, alarm: Alarm) -> BinaryIO:
    """The clip's file; RefusalError 404 when there is none (yet, or any more)."""
    if not alarm.clip:
        raise RefusalError(404, "The clip is not there yet.", "It is cut some seconds after.")
    path = (desk.services.data / alarm.clip).resolve()
    gone = RefusalError(404, "The clip's file is gone.", "Its time to be kept is over.")
    if not path.is_relative_to(desk.services.data.resolve()):
        raise gone
    try:
        return files.open_read(path)
    except OSError:
        raise gone from None
