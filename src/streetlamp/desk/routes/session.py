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
from streetlamp.vault.users import SetupError

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
        setup_needed=desk.services.users.setup_needed(),
        version=__version__,
    )


@router.post("/setup")
def setup(body: SetupIn, request: Request, response: Response, desk: TheDesk) -> SessionOut:
    """Makes the first user, once, and logs them in."""
    services, now = desk.services, desk.services.now()
    desk.limit.attempt(_address(request), body.name, now)
    try:
        token = services.users.setup(body.token, body.name, body.password.get_secret_value(), now)
    except SetupError as error:
        raise RefusalError(403, str(error)) from None
    except UserError as error:
        raise RefusalError(422, str(error)) from None
    services.audit.record(now, body.name, "setup", f"user:{body.name}", address=_address(request))
    return _enter(desk, request, response, body.name, token)


@router.post("/login")
def login(body: LoginIn, request: Request, response: Response, desk: TheDesk) -> SessionOut:
    """Logs in; the session comes as a cookie that scripts cannot read."""
    services, now = desk.services, desk.services.now()
    desk.limit.attempt(_address(request), body.name, now)
    token = services.users.login(body.name, body.password.get_secret_value(), now)
    if token is None:
        # The name tried is not written down: people type passwords into the wrong field.
        services.audit.record(now, "nobody", "login refused", address=_address(request))
        raise RefusalError(401, "The name or the password is wrong.", "Try again.")
    return _enter(desk, request, response, body.name, token)


@router.post("/logout")
def logout(request: Request, response: Response, desk: TheDesk) -> SessionOut:
    """Ends the session, and every live view in it."""
    services, login = desk.services, login_of(request, desk)
    if login is not None:
        services.users.logout(login.token)
        services.audit.record(services.now(), login.user, "logout", f"user:{login.user}")
    take_cookie(request, response)
    return SessionOut(user=None, setup_needed=services.users.setup_needed(), version=__version__)


def _enter(desk: Desk, request: Request, response: Response, name: str, token: str) -> SessionOut:
    """Somebody has a session now: the cookie, the log, and an end to the session before it."""
    services, now = desk.services, desk.services.now()
    user = services.users.user_of(token, now) or name
    desk.limit.succeeded(_address(request), name)
    old = token_of(request)
    if old is not None:  # never carried on: somebody else may have planted it
        services.users.logout(old)
    services.audit.record(now, user, "login", f"user:{user}", address=_address(request))
    put_cookie(request, response, token, desk.options.session_hours)
    return SessionOut(user=UserOut(name=user), setup_needed=False, version=__version__)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
