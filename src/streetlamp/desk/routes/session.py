"""Logging in and out, and the first user."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from streetlamp import __version__
from streetlamp.desk.auth import login_of, put_cookie, take_cookie, token_of
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.refusal import RefusalError
from streetlamp.desk.wire import SessionOut, UserOut
from streetlamp.errors import UserError

router = APIRouter(prefix="/api", tags=["session"])

Name = Annotated[str, Field(min_length=1, max_length=80)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class LoginIn(_Strict):
    name: Name
    password: Password


class SetupIn(_Strict):
    token: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="From the one-time link that the terminal prints at the first start."
    )
    name: Name
    password: Password


@router.get("/session")
def session(request: Request, desk: TheDesk) -> SessionOut:
    """Who is logged in. Needs no login."""
    login = login_of(request, desk)
    return SessionOut(
        user=UserOut(name=login.user) if login else None,
        setup_needed=not desk.services.users.any(),
        version=__version__,
    )


@router.post("/setup")
def setup(body: SetupIn, request: Request, response: Response, desk: TheDesk) -> SessionOut:
    """Makes the first user, once, and logs them in."""
    now = desk.services.now()
    desk.limit.attempt(_address(request), body.name, now)
    password = body.password.get_secret_value()
    try:
        desk.services.users.setup(body.token, body.name, password, now)
    except UserError as error:
        raise RefusalError(403, str(error), "") from None
    desk.services.audit.add(now, body.name, "setup", f"user:{body.name}")
    return _enter(desk, request, response, body.name, password)


@router.post("/login")
def login(body: LoginIn, request: Request, response: Response, desk: TheDesk) -> SessionOut:
    """Logs in; the session comes as a cookie that scripts cannot read."""
    desk.limit.attempt(_address(request), body.name, desk.services.now())
    return _enter(desk, request, response, body.name, body.password.get_secret_value())


@router.post("/logout")
def logout(request: Request, response: Response, desk: TheDesk) -> SessionOut:
    """Ends the session, and every live view in it."""
    login = login_of(request, desk)
    if login is not None:
        desk.services.users.logout(login.token)
        desk.services.audit.add(desk.services.now(), login.user, "logout", f"user:{login.user}")
    take_cookie(request, response)
    return SessionOut(user=None, setup_needed=not desk.services.users.any(), version=__version__)


def _enter(
    desk: Desk, request: Request, response: Response, name: str, password: str
) -> SessionOut:
    services = desk.services
    now = services.now()
    token = services.users.login(name, password, now)
    if token is None:
        services.audit.add(now, "nobody", "login refused", f"address:{_address(request)}")
        raise RefusalError(401, "The name or the password is wrong.", "Try again.")
    user = services.users.user_of(token, now) or name
    desk.limit.succeeded(_address(request), name)
    # A session that the browser had before is never carried on into the new one.
    old = token_of(request)
    if old is not None:
        services.users.logout(old)
    services.audit.add(now, user, "login", f"address:{_address(request)}")
    put_cookie(request, response, token, desk.options.session_hours)
    return SessionOut(user=UserOut(name=user), setup_needed=False, version=__version__)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
