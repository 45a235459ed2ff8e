"""Notification: who is told, what waits, what was given up, and quiet for a while."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Path as InPath

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.notify_services import Notify
from streetlamp.desk.refusal import RefusalError, not_found, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.wire_notify import (
    BrowserIn,
    LeaveIn,
    LetterOut,
    MuteIn,
    NotifyOut,
    OutcomeOut,
    OutcomesOut,
    TargetOut,
)
from streetlamp.errors import UserError
from streetlamp.store.outbox import Post, PostState

router = APIRouter(prefix="/api/notify", tags=["notify"])

Viewer = Annotated[Login, Depends(may(Right.VIEW_SITE))]
Manager = Annotated[Login, Depends(may(Right.MANAGE_NOTIFY))]
# A browser that a program registered would go on hearing after the program's token has ended.
Self = Annotated[Login, Depends(may(Right.ANSWER_ALARMS, personal=True))]

TargetName = Annotated[str, InPath(min_length=1, max_length=40, pattern=r"^[a-z0-9_-]+$")]
LetterKey = Annotated[str, InPath(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]

_OPEN = (PostState.GATHERING, PostState.WAITING, PostState.DEAD)


@router.get("")
def notify(desk: TheDesk, person: Viewer) -> NotifyOut:
    """One's own quiet time; and for who manages notification the targets, and what waits or was
    given up, newest first."""
    keeper = _keeper(desk)
    name = person.account.name
    mine = [one.until for one in keeper.mutes() if not one.target and one.part == name]
    try:
        key = keeper.push_key() if person.may(Right.ANSWER_ALARMS) else ""
    except UserError as error:
        raise RefusalError(503, str(error)) from None
    manages = person.may(Right.MANAGE_NOTIFY)
    letters = keeper.letters(_OPEN) if manages else ()
    return NotifyOut(
        time=desk.services.now(),
        targets=tuple(
            TargetOut.model_validate(one) for one in (keeper.targets() if manages else ())
        ),
        letters=tuple(LetterOut.of(one) for one in letters if _sees(keeper, person, one)),
        me_muted_until=max(mine, default=None),
        push_key=key,
    )


def _sees(keeper: Notify, person: Login, letter: Post) -> bool:
    """Whether all that a message tells of is about cameras this person may see."""
    if person.eyes.everything:
        return True
    cameras = keeper.cameras_in(letter.key)
    return bool(cameras) and all(map(person.sees, cameras))


@router.post("/letters/{key}/again", status_code=204, responses=problems(409))
def again(key: LetterKey, desk: TheDesk, person: Manager) -> None:
    """Send a message that was given up once more."""
    keeper = _keeper(desk)
    letter = keeper.letter(key)
    if letter is None or not _sees(keeper, person, letter):
        raise not_found("message")
    if letter.state is not PostState.DEAD:
        raise RefusalError(409, "It was not given up.", "Look at the list again.")
    now = desk.services.now()
    desk.services.audit.record(
        now, person.user, "send again", f"message:{key}", target=letter.target
    )
    keeper.again(key)


@router.post("/targets/{name}/test", responses=problems(504))
def test(name: TargetName, desk: TheDesk, person: Manager) -> OutcomesOut:
    """Send a test message now. Through browsers, only to whoever asks."""
    keeper = _keeper(desk)
    found = _target(keeper, name)
    now = desk.services.now()
    desk.services.audit.record(now, person.user, "test target", f"target:{name}")
    parts = [person.account.name] if found.kind == "web_push" else None
    try:
        outcomes = keeper.test(name, parts)
    except UserError as error:
        raise RefusalError(504, str(error), "Look at the target's address.") from None
    return OutcomesOut(outcomes=tuple(OutcomeOut.model_validate(one) for one in outcomes))


@router.post("/targets/{name}/mute", status_code=204)
def mute(name: TargetName, body: MuteIn, desk: TheDesk, person: Manager) -> None:
    """Tell this target nothing for a while, 12 hours at most; then it is told what it missed."""
    keeper = _keeper(desk)
    _target(keeper, name)
    _mute(desk, keeper, name, "", body.minutes, person.user)


@router.delete("/targets/{name}/mute", status_code=204)
def unmute(name: TargetName, desk: TheDesk, person: Manager) -> None:
    """Tell it again, beginning with what it missed."""
    keeper = _keeper(desk)
    _target(keeper, name)
    desk.services.audit.record(desk.services.now(), person.user, "unmute", f"target:{name}")
    keeper.unmute(name, "")


@router.post("/me/mute", status_code=204)
def mute_me(body: MuteIn, desk: TheDesk, person: Self) -> None:
    """Tell my own browsers nothing for a while, 12 hours at most."""
    _mute(desk, _keeper(desk), "", person.user, body.minutes, person.user)


@router.delete("/me/mute", status_code=204)
def unmute_me(desk: TheDesk, person: Self) -> None:
    """Tell my own browsers again, beginning with what I missed."""
    keeper = _keeper(desk)
    about = f"user:{person.user}"
    desk.services.audit.record(desk.services.now(), person.user, "unmute", about)
    keeper.unmute("", person.user)


@router.post("/me/browsers", status_code=204)
def register(body: BrowserIn, desk: TheDesk, person: Self) -> None:
    """Tell this browser of mine of alarms (Web Push)."""
    keeper = _keeper(desk)
    now = desk.services.now()
    try:
        if not keeper.push_key():
            raise RefusalError(
                404, "This site sends nothing to browsers.",
                "A target with kind: web_push in the site file does.",
            )  # fmt: skip
        keys = body.keys
        keeper.register(person.user, body.endpoint, keys.p256dh, keys.auth)
    except UserError as error:
        raise RefusalError(422, str(error)) from None
    desk.services.audit.record(now, person.user, "register browser", f"user:{person.user}")


@router.post("/me/browsers/leave", status_code=204)
def leave(body: LeaveIn, desk: TheDesk, person: Self) -> None:
    """Tell this browser of mine nothing more."""
    if _keeper(desk).unregister(person.user, body.endpoint):
        now, about = desk.services.now(), f"user:{person.user}"
        desk.services.audit.record(now, person.user, "leave with browser", about)


def _mute(desk: Desk, keeper: Notify, target: str, who: str, minutes: float, by: str) -> None:
    now = desk.services.now()
    about = f"target:{target}" if target else f"user:{who}"
    desk.services.audit.record(now, by, "mute", about, minutes=minutes)
    try:
        keeper.mute(target, who, minutes * 60.0, by)
    except UserError as error:
        raise RefusalError(422, str(error)) from None


def _target(keeper: Notify, name: str) -> TargetOut:
    for one in keeper.targets():
        if one.name == name:
            return TargetOut.model_validate(one)
    raise not_found("target")


def _keeper(desk: Desk) -> Notify:
    if desk.services.notify is None:
        raise RefusalError(404, "Nobody is notified here.", "")
    return desk.services.notify
