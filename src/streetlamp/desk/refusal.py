"""A request the desk refuses: what is wrong, and what to do about it, as JSON."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import Match

from streetlamp.errors import StreetlampError
from streetlamp.store.errors import StoreError

MAX_BODY: Final = 64 * 1024  # bytes; the largest thing anybody sends is a note to an alarm
SAID: Final = {
    400: ("The request cannot be read.", "Send JSON in UTF-8."),
    404: ("There is nothing here.", "Look at docs/api.md for the addresses there are."),
    405: ("This address does not take that method.", "Look at docs/api.md."),
    413: ("The request is too large.", f"Send at most {MAX_BODY // 1024} KiB."),
}


class RefusalError(StreetlampError):
    """Answered as ``{"error": …, "hint": …}`` with an HTTP status."""

    def __init__(
        self, status: int, error: str, hint: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(error)
        self.status = status
        self.hint = hint
        self.headers = headers

    def response(self) -> JSONResponse:
        body = {"error": str(self), "hint": self.hint}
        return JSONResponse(body, status_code=self.status, headers=self.headers)


class Problem(BaseModel):
    """What every refusal looks like."""

    error: str = Field(description="What is wrong.")
    hint: str = Field(description="What to do about it; empty where there is nothing to say.")


PROBLEMS: Final = {
    400: "The body is no text that can be read.",
    401: "Nobody is logged in, or the token is none.",
    403: "Not allowed: the right is missing, or the request comes from another site.",
    404: "There is no such thing, or not for this person.",
    409: "It does not fit what is there now.",
    413: "The request is too large.",
    416: "The range lies outside the file.",
    421: "The desk does not answer to that host name.",
    422: "The request does not fit.",
    429: "Too many wrong tries; Retry-After says how long to wait.",
    502: "The device said no, or nothing.",
    503: "It cannot be done now: too much at once, or the disk takes nothing.",
    504: "What is out there did not answer in time.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI says of these refusals, for a route's `responses`. Those that every route
    has are added by `streetlamp.desk.openapi`."""
    return {one: {"model": Problem, "description": PROBLEMS[one]} for one in statuses}


def not_found(what: str) -> RefusalError:
    return RefusalError(404, f"There is no such {what}.", "It may have been deleted, or never was.")


def no_camera() -> RefusalError:
    """Of a camera that is not there, and in the same words of one that somebody may not see."""
    return RefusalError(404, "There is no such camera.", "GET /api/site lists them.")


def other_methods(connection: HTTPConnection) -> dict[str, str]:
    """The Allow header for an address of the API that does not take this method (RFC 9110,
    section 10.2.1): all that it does take. Empty where nothing is there."""
    found: set[str] = set()
    for route in connection.app.state.api:
        if route.matches(connection.scope)[0] is Match.PARTIAL:
            found |= route.methods
    return {"Allow": ", ".join(sorted(found))} if found else {}


def _of_http(error: HTTPException, connection: HTTPConnection) -> RefusalError:
    text, hint = SAID.get(error.status_code, (str(error.detail), ""))
    headers = dict(error.headers) if error.headers else None
    if error.status_code == 405:
        headers = other_methods(connection) or headers
    return RefusalError(error.status_code, text, hint, headers)


def _of_validation(error: RequestValidationError) -> RefusalError:
    said = []
    for one in error.errors():
        where = ".".join(str(step) for step in one["loc"][1:]) or "the body"
        said.append(f"{where}: {one['msg']}")
    return RefusalError(
        422, f"The request does not fit: {'; '.join(said[:5])}", "Look at docs/api.md."
    )


def install(app: FastAPI) -> None:
    """Every error leaves the desk as JSON of one shape, before a WebSocket is accepted too."""

    async def answer(connection: Request | WebSocket, error: Exception) -> Response:
        match error:
            case RefusalError():
                refusal = error
            case HTTPException():
                refusal = _of_http(error, connection)
            case StoreError():
                refusal = RefusalError(503, str(error), "Put that right and try again.")
            case RequestValidationError():
                refusal = _of_validation(error)
            case _:
                refusal = RefusalError(500, "Something went wrong in here.", "The log says what.")
        response = refusal.response()
        if isinstance(connection, WebSocket):
            await connection.send_denial_response(response)
        return response

    kinds: tuple[Any, ...] = (
        RefusalError,
        HTTPException,
        RequestValidationError,
        StoreError,
        Exception,
    )
    for kind in kinds:
        app.add_exception_handler(kind, answer)
