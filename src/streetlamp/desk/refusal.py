"""A request the desk refuses: what is wrong, and what to do about it, as JSON."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from streetlamp.errors import StreetlampError
from streetlamp.store.errors import StoreError

MAX_BODY: Final = 64 * 1024  # bytes; the largest thing anybody sends is a note to an alarm
SAID: Final = {
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


def not_found(what: str) -> RefusalError:
    return RefusalError(404, f"There is no such {what}.", "It may have been deleted, or never was.")


def _of_http(error: HTTPException) -> RefusalError:
    text, hint = SAID.get(error.status_code, (str(error.detail), ""))
    headers = dict(error.headers) if error.headers else None
    return RefusalError(error.status_code, text, hint, headers)


def _of_validation(error: RequestValidationError) -> RefusalError:
    said = []
    for one in error.errors():
        where = ".".join(str(step) for step in one["loc"][1:]) or "the body"
        said.append(f"{where}: {one['msg']}")
    return RefusalError(
        422, "The request does not fit: " + "; ".join(said[:5]), "Look at docs/api.md."
    )


def install(app: FastAPI) -> None:
    """Every error leaves the desk as JSON of one shape, before a WebSocket is accepted too."""

    async def answer(connection: Request | WebSocket, error: Exception) -> Response:
        match error:
            case RefusalError():
                refusal = error
            case HTTPException():
                refusal = _of_http(error)
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
