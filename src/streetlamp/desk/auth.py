"""Who is asking and what they may do: sessions, tokens, and the dependency every route names.

A person has a session cookie, a program sends ``Authorization: Bearer slt_…``. Where a request has
such a header its cookies count for nothing, so that it needs no Origin: a page of another site
cannot set that header, and a token cannot be sent along by a browser unasked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response

from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.guard import bearer_of, split_host
from streetlamp.desk.people_services import Account, Token
from streetlamp.desk.refusal import RefusalError, no_camera
from streetlamp.desk.rights import IN_PERSON, Right, known_rights, rights_of
from streetlamp.desk.scope import Eyes

_LONGEST_TOKEN: Final = 200
_ONCE_MORE: Final = "Ask an admin of this desk if you need it."


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who is let in: a person, or a program with a token."""

    user: str  # as it stands in the audit log
    token: str  # what says so: the session's, or the program's
    rights: frozenset[Right]
    eyes: Eyes
    account: Account  # of the person, or of who made the token
    program: Token | None = field(default=None, compare=False)

    def may(self, right: Right) -> bool:
        return right in self.rights

    def sees(self, camera: str) -> bool:
        """Whether the camera with this id is one of theirs; "" is about several at once."""
        return self.eyes.see(camera)


def cookie_name(connection: HTTPConnection) -> str:
    """One name a port: browsers share cookies between all ports of a host."""
    host = split_host(connection.headers.get("host", ""))
    return f"streetlamp-{host[1]}" if host and host[1] else "streetlamp"


def token_of(connection: HTTPConnection) -> str | None:
    """The session token the browser sent, if it can be one."""
    if bearer_of(connection.headers) is not None:
        return None
    token = connection.cookies.get(cookie_name(connection), "")
    return token if token.isascii() and 0 < len(token) <= _LONGEST_TOKEN else None


def login_of(connection: HTTPConnection, desk: Desk) -> Login | None:
    """Who sent this, or None. Asks the database: not for the event loop.

    RefusalError 401 for a token that is none, 429 for many of those.
    """
    bearer = bearer_of(connection.headers)
    if bearer is not None:
        return _by_token(bearer, desk) or _wrong_token(connection, desk)
    token = token_of(connection)
    return login_with(token, desk) if token else None


def still_in(login: Login, desk: Desk) -> bool:
    """Whether it is as it was when it came: logged in, with the same rights and cameras."""
    by = login_with if login.program is None else _by_token
    return by(login.token, desk) == login


def login_with(token: str, desk: Desk) -> Login | None:
    """Whose session this is, and what they may do now."""
    account = desk.services.accounts.of_session(token, desk.services.now())
    if account is None:
        return None
    eyes = Eyes.of(desk.services.site, account.cameras)
    return Login(account.name, token, rights_of(account.roles), eyes, account)


def _by_token(text: str, desk: Desk) -> Login | None:
    services = desk.services
    token = services.tokens.of(text, services.now()) if len(text) <= _LONGEST_TOKEN else None
    maker = services.accounts.get(token.maker) if token is not None else None
    if token is None or maker is None or maker.disabled:
        return None
    # never more than its maker may do now, whatever they could when they made it
    rights = (known_rights(token.rights) & rights_of(maker.roles)) - IN_PERSON
    eyes = Eyes.of(services.site, maker.cameras, token.cameras)
    return Login(f"{maker.name} (token {token.name})", text, rights, eyes, maker, token)


def _wrong_token(connection: HTTPConnection, desk: Desk) -> Login | None:
    now, address = desk.services.now(), address_of(connection)
    desk.token_limit.attempt(address, f"token from {address}", now)
    desk.services.audit.record(now, "nobody", "token refused", address=address)
    raise RefusalError(
        401,
        "This token is none, or its time is over.",
        "Make a new one on the desk's page.",
        {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def address_of(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else "unknown"


def logged_in(connection: HTTPConnection, desk: TheDesk) -> Login:
    """Who sent this, person or program; RefusalError 401 if nobody is logged in."""
    login = login_of(connection, desk)
    if login is None:
        raise RefusalError(401, "You are not logged in.", "Log in on the desk's page.")
    return login


def in_person(connection: HTTPConnection, desk: TheDesk) -> Login:
    """The person who sent this, whatever they may do; RefusalError 403 for a program."""
    return _in_person(logged_in(connection, desk))


def _in_person(login: Login) -> Login:
    if login.program is not None:
        raise RefusalError(403, "This is not for tokens.", "Do it on the desk's page.")
    return login


Person = Annotated[Login, Depends(in_person)]
"""For what everybody does for themselves. Everything else says which right it needs: `may`."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a route asks of whoever calls it."""

    right: Right
    camera: str = ""  # the path parameter that is a camera's id
    also: tuple[Right, ...] = ()  # needed beside it
    personal: bool = False  # a program cannot do it, whatever its rights

    @property
    def rights(self) -> tuple[Right, ...]:
        """All that are needed."""
        return (self.right, *self.also)


Check = TypeVar("Check", bound=Callable[..., Any])
_NEEDS: Final[dict[Callable[..., Any], Need]] = {}


@cache
def may(
    right: Right, camera: str = "", *, also: tuple[Right, ...] = (), personal: bool = False
) -> Callable[[HTTPConnection, Desk], Login]:
    """A dependency that lets in whoever has the right: ``Depends(may(Right.VIEW_LIVE, "id"))``.

    camera: the path parameter that is a camera's id, where there is one. also: rights needed
    beside it. personal: not for programs, whatever their rights.
    RefusalError: 401 for nobody, 403 without a right, 404 for a camera one may not see.
    """
    need = Need(right, camera, also, personal)

    def check(connection: HTTPConnection, desk: TheDesk) -> Login:
        return checked(logged_in(connection, desk), need, connection)

    return needs(need, check)


def needs(need: Need, check: Check) -> Check:
    """Says of a dependency of one's own what it asks for."""
    _NEEDS[check] = need
    return check


def need_of(dependency: Callable[..., Any] | None) -> Need | None:
    """What a dependency asks for, if it was made by `may` or told to `needs`."""
    return _NEEDS.get(dependency) if dependency is not None else None


def checked(login: Login, need: Need, connection: HTTPConnection) -> Login:
    """The login, if it may; RefusalError as `may`."""
    for right in need.rights:
        if right not in login.rights:
            raise RefusalError(403, f"This needs the right {right}.", _ONCE_MORE)
    if need.personal:
        _in_person(login)
    if need.camera and not login.sees(str(connection.path_params[need.camera])):
        raise no_camera()
    return login


def put_cookie(connection: HTTPConnection, response: Response, token: str, hours: float) -> None:
    """Gives the browser its session. Over HTTPS (a proxy's) the cookie stays on HTTPS."""
    response.set_cookie(
        cookie_name(connection),
        token,
        max_age=int(hours * 3600),
        path="/",
        secure=_over_https(connection.headers),
        httponly=True,
        samesite="strict",
    )


def take_cookie(connection: HTTPConnection, response: Response) -> None:
    response.delete_cookie(
        cookie_name(connection),
        path="/",
        secure=_over_https(connection.headers),
        httponly=True,
        samesite="strict",
    )


def _over_https(headers: Headers) -> bool:
    return headers.get("origin", "").startswith("https://")
