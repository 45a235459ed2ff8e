"""Who is asking: the session cookie, and the dependencies that want somebody logged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.responses import Response

from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.guard import split_host
from streetlamp.desk.refusal import RefusalError

_LONGEST_TOKEN: Final = 200


@dataclass(frozen=True, slots=True)
class Login:
    """A person who is logged in, and the token that says so."""

    user: str
    token: str


def cookie_name(connection: HTTPConnection) -> str:
    """One name a port: browsers share cookies between all ports of a host."""
    host = split_host(connection.headers.get("host", ""))
    return f"streetlamp-{host[1]}" if host and host[1] else "streetlamp"


def token_of(connection: HTTPConnection) -> str | None:
    """The session token the browser sent, if it can be one."""
    token = connection.cookies.get(cookie_name(connection), "")
    return token if token.isascii() and 0 < len(token) <= _LONGEST_TOKEN else None


def login_of(connection: HTTPConnection, desk: Desk) -> Login | None:
    """Who sent this, or None. Asks the database: not for the event loop."""
    token = token_of(connection)
    user = desk.services.users.user_of(token, desk.services.now()) if token else None
    return Login(user, token) if user and token else None


def logged_in(connection: HTTPConnection, desk: TheDesk) -> Login:
    """The person who sent this; RefusalError 401 if nobody is logged in."""
    login = login_of(connection, desk)
    if login is None:
        raise RefusalError(401, "You are not logged in.", "Log in on the desk's page.")
    return login


Person = Annotated[Login, Depends(logged_in)]


def put_cookie(connection: HTTPConnection, response: Response, token: str, hours: float) -> None:
    """Gives the browser its session. Over HTTPS (a proxy's) the cookie stays on HTTPS."""
    response.set_cookie(
        cookie_name(connection),
        token,
        max_age=int(hours * 3600),
        path="/",
        secure=connection.headers.get("origin", "").startswith("https://"),
        httponly=True,
        samesite="strict",
    )


def take_cookie(connection: HTTPConnection, response: Response) -> None:
    response.delete_cookie(
        cookie_name(connection),
        path="/",
        secure=connection.headers.get("origin", "").startswith("https://"),
        httponly=True,
        samesite="strict",
    )
