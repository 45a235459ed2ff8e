"""The people of the desk: who there is, what each may do, and letting them in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Path as InPath

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.people_services import Account
from streetlamp.desk.refusal import RefusalError, not_found, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.wire_people import (
    GrantIn,
    InvitedOut,
    PeopleOut,
    PersonIn,
    PersonOut,
    RightsOut,
    in_order,
)
from streetlamp.errors import UserError
from streetlamp.vault.accounts import LastAdminError, NoSuchUserError
from streetlamp.vault.users import MAX_NAME, NameTakenError

router = APIRouter(prefix="/api", tags=["people"])

Admin = Annotated[Login, Depends(may(Right.MANAGE_USERS))]
UserName = Annotated[str, InPath(min_length=1, max_length=MAX_NAME)]


@router.get("/rights")
def rights(_: Annotated[Login, Depends(may(Right.VIEW_SITE))]) -> RightsOut:
    """Every right there is, and which roles have it."""
    return RightsOut.table()


@router.get("/users")
def users(desk: TheDesk, _: Admin) -> PeopleOut:
    """Everybody who may log in, or has been invited."""
    return PeopleOut(people=tuple(map(PersonOut.of, desk.services.accounts.all())))


@router.post("/users", status_code=201, responses=problems(409))
def invite(body: PersonIn, desk: TheDesk, person: Admin) -> InvitedOut:
    """Lets somebody in: the answer has a link with which they choose a password themselves.

    409: there is a user of this name.
    """
    services, now = desk.services, desk.services.now()
    try:
        token = services.accounts.invite(body.name, body.roles, body.cameras, now)
    except NameTakenError as error:
        raise RefusalError(409, _sentence(error), "Take another name.") from None
    except UserError as error:
        raise RefusalError(422, _sentence(error)) from None
    found = _find(desk, body.name)
    _note(desk, person, "invite user", found)
    return InvitedOut(person=PersonOut.of(found), link=link_path(token))


@router.put("/users/{name}", responses=problems(409))
def grant(name: UserName, body: GrantIn, desk: TheDesk, person: Admin) -> PersonOut:
    """Says what somebody may do. Their logins end, so that it holds at once.

    409: nobody would be left who can let people in.
    """
    services, now = desk.services, desk.services.now()
    before = _find(desk, name)
    try:
        after = services.accounts.grant(name, body.roles, body.cameras, now)
        if body.enabled is before.disabled:
            after = services.accounts.switch(name, now, on=body.enabled)
    except LastAdminError as error:
        raise RefusalError(409, _sentence(error)) from None
    except NoSuchUserError:
        raise not_found("user") from None
    except UserError as error:
        raise RefusalError(422, _sentence(error)) from None
    _note(desk, person, "grant", after, before)
    return PersonOut.of(after)


@router.post("/users/{name}/link")
def link(name: UserName, desk: TheDesk, person: Admin) -> InvitedOut:
    """A fresh link to choose a password, for somebody who lost theirs. Links before it end."""
    found = _find(desk, name)
    try:
        token = desk.services.accounts.link(name, desk.services.now())
    except NoSuchUserError:
        raise not_found("user") from None
    _note(desk, person, "send link", found)
    return InvitedOut(person=PersonOut.of(found), link=link_path(token))


@router.delete("/users/{name}", status_code=204, responses=problems(409))
def remove(name: UserName, desk: TheDesk, person: Admin) -> None:
    """Removes somebody, their logins and their tokens. Their name stays in the audit log.

    409: nobody would be left who can let people in.
    """
    found = _find(desk, name)
    try:
        desk.services.accounts.remove(name)
    except LastAdminError as error:
        raise RefusalError(409, _sentence(error)) from None
    except NoSuchUserError:
        raise not_found("user") from None
    _note(desk, person, "remove user", found)
    if desk.services.notify is not None:  # a new user of that name is not muted
        desk.services.notify.unmute("", found.name)


def link_path(token: str) -> str:
    """Behind the #, the token stays in the browser."""
    return f"/invite#token={token}"


def _find(desk: Desk, name: str) -> Account:
    found = desk.services.accounts.get(name)
    if found is None:
        raise not_found("user")
    return found


def _note(
    desk: Desk, person: Login, action: str, account: Account, before: Account | None = None
) -> None:
    """What somebody may do now, and could do before, in the audit log."""
    told = _told(account)
    if before is not None:
        told |= {f"before_{name}": value for name, value in _told(before).items()}
    about = f"user:{account.name}"
    desk.services.audit.record(desk.services.now(), person.user, action, about, **told)


def _told(account: Account) -> dict[str, str | bool]:
    return {
        "roles": ", ".join(in_order(account.roles)),
        "cameras": ", ".join(account.cameras),
        "enabled": not account.disabled,
    }


def _sentence(error: UserError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
