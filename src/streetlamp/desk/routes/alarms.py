"""Alarms: read, answered, and the masked footage of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from streetlamp.desk.auth import Login, Person
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.ranged import send
from streetlamp.desk.refusal import RefusalError, not_found
from streetlamp.desk.routes.site import OPEN
from streetlamp.desk.wire import AlarmFilter, AlarmOut, AlarmsOut
from streetlamp.errors import UserError
from streetlamp.values import Alarm, AlarmState
from streetlamp.vault import files

router = APIRouter(prefix="/api/alarms", tags=["alarms"])

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
    _: Person,
    state: AlarmFilter = "open",
    camera: Annotated[str | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[
        float | None, Query(description="Only alarms raised before this time, POSIX seconds.")
    ] = None,
) -> AlarmsOut:
    """Alarms, newest first. `open` is raised or acknowledged."""
    states = None if state == "all" else OPEN if state == "open" else (AlarmState(state),)
    found = desk.services.alarms.list(states=states, camera=camera, limit=limit, before=before)
    return AlarmsOut(alarms=tuple(AlarmOut.of(alarm) for alarm in found))


@router.get("/{id}")
def alarm(id: AlarmId, desk: TheDesk, _: Person) -> AlarmOut:  # noqa: A002
    """One alarm with the steps of its life."""
    return AlarmOut.of(_find(desk, id))


@router.post("/{id}/acknowledge")
def acknowledge(id: AlarmId, desk: TheDesk, person: Person) -> AlarmOut:  # noqa: A002
    """"I have seen it and see to it."""
    now = desk.services.now()
    return _answer(
        desk, person, id, "acknowledge",
        lambda: desk.services.alarms.acknowledge(id, person.user, now),
    )  # fmt: skip


@router.post("/{id}/resolve")
def resolve(id: AlarmId, desk: TheDesk, person: Person, body: NoteIn | None = None) -> AlarmOut:  # noqa: A002
    """It has been dealt with."""
    now, note = desk.services.now(), body.note if body else ""
    return _answer(
        desk, person, id, "resolve",
        lambda: desk.services.alarms.resolve(id, person.user, now, note),
    )  # fmt: skip


@router.post("/{id}/false")
def mark_false(id: AlarmId, desk: TheDesk, person: Person, body: NoteIn | None = None) -> AlarmOut:  # noqa: A002
    """There was nothing."""
    now, note = desk.services.now(), body.note if body else ""
    return _answer(
        desk, person, id, "call false",
        lambda: desk.services.alarms.mark_false(id, person.user, now, note),
    )  # fmt: skip


def _answer(
    desk: Desk, person: Login, id: str, action: str, act: Callable[[], Alarm]  # noqa: A002
) -> AlarmOut:
    _find(desk, id)
    try:
        changed = act()
    except (ValueError, UserError) as error:
        raise RefusalError(409, str(error), "Look at the alarm again: somebody answered it.") from None
    desk.services.audit.add(desk.services.now(), person.user, action, f"alarm:{id}")
    return AlarmOut.of(changed)


def _find(desk: Desk, id: str) -> Alarm:  # noqa: A002
    found = desk.services.alarms.get(id)
    if found is None:
        raise not_found("alarm")
    return found


@router.get("/{id}/clip.mp4", response_class=Response, responses={200: {"content": {"video/mp4": {}}}})
def clip(
    id: AlarmId,  # noqa: A002
    desk: TheDesk,
    person: Person,
    range: Annotated[str | None, Header()] = None,  # noqa: A002
) -> Response:
    """The masked footage from before to after; 404 until it is cut. Takes a Range."""
    alarm = _find(desk, id)
    if not alarm.clip:
        raise RefusalError(404, "The clip is not there yet.", "It is cut some seconds after.")
    stack = ExitStack()
    try:
        handle = stack.enter_context(files.open_read(_below(desk.services.data, alarm.clip)))
    except OSError:
        raise RefusalError(404, "The clip's file is gone.", "Its time to be kept is over.") from None
    desk.looks.note(person.token, person.user, "watch clip", f"alarm:{id}", desk.services.now())
    return send(handle, range, close=stack.close)


def _below(folder: Path, name: str) -> Path:
    """The file `name` below `folder`; FileNotFoundError for a name that leads out of it."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise FileNotFoundError(name)
    return path
