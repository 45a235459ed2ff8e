"""Logging in and out, the first user, links of invitation, and one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from streetlamp import __version__
from streetlamp.desk.auth import (
    Login,
    Person,
    address_of,
    login_of,
    login_with,
    put_cookie,
    take_cookie,
    token_of,
)
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.refusal import RefusalError, problems
from streetlamp.desk.wire import SessionOut, UserOut
from streetlamp.desk.wire_people import Name, in_order, ordered
from streetlamp.errors import UserError
from streetlamp.vault.accounts import InviteError
from streetlamp.vault.users import MAX_PASSWORD, MIN_PASSWORD, SetupError

router = APIRouter(prefix="/api", tags=["session"])

GivenName = Annotated[str, Field(min_length=1, max_length=80)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1024)]
NewPassword = Annotated[
    SecretStr,
    # said here, and held by the vault, which says it better
    Field(max_length=MAX_PASSWORD, json_schema_extra={"minLength": MIN_PASSWORD}),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class LoginIn(_Strict):
    name: GivenName
    password: Password


class SetupIn(_Strict):
    token: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="From the one-time link that the terminal prints at the first start."
    )
    name: Name
    password: NewPassword


class InviteIn(_Strict):
    token: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="From the link of an invitation."
    )
    password: NewPassword


class PasswordIn(_Strict):
    old: Password
    new: NewPassword


@router.get("/session")
def session(request: Request, desk: TheDesk) -> SessionOut:
    """Who is logged in, and what they may do. Needs no login."""
    return _said(login_of(request, desk), desk)


@router.post("/setup", responses=problems(403, 429))
def setup(body: SetupIn, request: Request, response: Response, desk: TheDesk) -> SessionOut:
    """Makes the first user, once, and logs them in."""
    services, now = desk.services, desk.services.now()
    desk.limit.attempt(address_of(request), body.name, now)
    try:
        token = services.users.setup(body.token, body.name, body.password.get_secret_value(), now)
    except SetupError as error:
        raise RefusalError(403, str(error)) from None
    except UserError as error:
        raise RefusalError(422, str(error)) from None
    services.audit.record(now, body.name, "setup", f"user:{body.name}", address=address_of(request))
    return _enter(desk, request, response, body.name, token)


@router.post("/login", responses=problems(401, 429))
def login(body: LoginIn, request: Request, response: Response, desk: TheDesk) -> SessionOut:
    """Logs in; the session comes as a cookie that scripts cannot read."""
    services, now = desk.services, desk.services.now()
    desk.limit.attempt(address_of(request), body.name, now)
    token = services.users.login(body.name, body.password.get_secret_value(), now)
    if token is None:
        # The name tried is not written down: people type passwords into the wrong field.
        services.audit.record(now, "nobody", "login refused", address=address_of(request))
        raise RefusalError(401, "The name or the password is wrong.", "Try again.")
    return _enter(desk, request, response, body.name, token)


@router.post("/logout")
def logout(request: Request, response: Response, desk: TheDesk) -> SessionOut:
    """Ends the session, and every live view in it."""
    services, login = desk.services, login_of(request, desk)
    if login is not None and login.program is None:
        services.users.logout(login.token)
        services.audit.record(services.now(), login.user, "logout", f"user:{login.user}")
    take_cookie(request, response)
    return _said(None, desk)


@router.post("/invite", responses=problems(403, 429))
def accept(body: InviteIn, request: Request, response: Response, desk: TheDesk) -> SessionOut:
    """Chooses a password with the link of an invitation, once, and logs in."""
    services, now = desk.services, desk.services.now()
    desk.limit.attempt(address_of(request), "invitation", now)
    password = body.password.get_secret_value()
    try:
        name = services.accounts.accept(body.token, password, now)
    except InviteError as error:
        raise RefusalError(403, str(error)) from None
    except UserError as error:
        raise RefusalError(422, str(error)) from None
    services.audit.record(now, name, "choose password", f"user:{name}", address=address_of(request))
    return _enter(desk, request, response, name, _log_in(desk, name, password))


@router.post("/password", responses=problems(429))
def change_password(
    body: PasswordIn, request: Request, response: Response, desk: TheDesk, person: Person
) -> SessionOut:
    """Changes one's own password. All one's other sessions end. 403: the old one is wrong."""
    services, now, name = desk.services, desk.services.now(), person.account.name
    desk.limit.attempt(address_of(request), name, now)
    if services.users.login(name, body.old.get_secret_value(), now) is None:
        raise RefusalError(403, "The old password is wrong.", "Try again.")
    new = body.new.get_secret_value()
    try:
        services.users.change_password(name, new, now)
    except UserError as error:
        raise RefusalError(422, str(error)) from None
    about = f"user:{name}"
    services.audit.record(now, name, "change password", about, address=address_of(request))
    return _enter(desk, request, response, name, _log_in(desk, name, new))


def _log_in(desk: Desk, name: str, password: str) -> str:
    """A session for somebody whose password was set just now."""
    token = desk.services.users.login(name, password, desk.services.now())
    if token is None:  # switched off in this very moment
        raise RefusalError(403, "You cannot log in.", "Ask an admin of this desk.")
    return token


def _enter(desk: Desk, request: Request, response: Response, name: str, token: str) -> SessionOut:
    """Somebody has a session now: the cookie, the log, and an end to the session before it."""
    services, now = desk.services, desk.services.now()
    user = services.users.user_of(token, now) or name
    desk.limit.succeeded(address_of(request), name)
    old = token_of(request)
    if old is not None:  # never carried on: somebody else may have planted it
        services.users.logout(old)
    services.audit.record(now, user, "login", f"user:{user}", address=address_of(request))
    put_cookie(request, response, token, desk.options.session_hours)
    return _said(login_with(token, desk), desk)


def _said(login: Login | None, desk: Desk) -> SessionOut:
    needed = desk.services.users.setup_needed()
    if login is None:
        return SessionOut(user=None, setup_needed=needed, version=__version__)
    return SessionOut(
        user=UserOut(name=login.user),
        setup_needed=needed,
        version=__version__,
        roles=in_order(login.account.roles) if login.program is None else (),
        rights=ordered(login.rights),
        all_cameras=login.eyes.everything,
    )
