"""One live socket: who is on it, how long they may stay, and how slow they may be.

A message is sent when the one before has left this machine's buffers, never sooner; what a viewer
is too slow for is dropped where it comes from (the hub's subscription, the wall's view, the bell's
ear), so a viewer never makes memory grow.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from streetlamp.desk.auth import Login, still_in
from streetlamp.desk.context import Desk
from streetlamp.desk.wire import fragment_message
from streetlamp.values import Fragment

_STALLED: Final = 20.0  # seconds a message may take to leave; then the viewer is gone
_FAREWELL: Final = 1.0  # seconds for the closing word to leave; a stalled viewer never hears it
_RECHECK: Final = 5.0  # seconds between looks whether the session still holds

GOING_AWAY: Final = 1001
NOT_UNDERSTOOD: Final = 1008
LOGGED_OUT: Final = 4401  # codes above 4000 are an application's own
STALLED: Final = 4408


def as_text(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Captions:
    """The text that goes with a fragment, made once for all who watch the same camera."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Fragment, str]] = {}  # the newest of each camera

    def of(self, fragment: Fragment) -> str:
        """Call it in the event loop."""
        made = self._made.get(fragment.camera)
        if made is None or made[0] is not fragment:
            made = self._made[fragment.camera] = (fragment, as_text(fragment_message(fragment)))
        return made[1]


class Line:
    """Sends to one viewer."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def tell(self, message: dict[str, Any]) -> None:
        """A JSON message."""
        await self.say(as_text(message))

    async def say(self, text: str) -> None:
        """A message that is JSON text already."""
        async with asyncio.timeout(_STALLED):
            await self._websocket.send_text(text)

    async def send(self, data: bytes) -> None:
        async with asyncio.timeout(_STALLED):
            await self._websocket.send_bytes(data)


@asynccontextmanager
async def viewing(desk: Desk) -> AsyncIterator[None]:
    """Holds one of the places for live views; RefusalError 503 when all are taken."""
    desk.viewers.enter("live views")
    try:
        yield
    finally:
        desk.viewers.leave()


async def serve(
    websocket: WebSocket,
    desk: Desk,
    login: Login,
    talk: Callable[[Line], Awaitable[None]],
    heard: Callable[[str], None] | None = None,
) -> None:
    """Accepts the socket and lets `talk` send, until either side or the session ends.

    heard: takes what the viewer says; ValueError or IndexError for what makes no sense, which ends
    the socket.
    Without it nothing a viewer says is listened to.
    """
    await websocket.accept()
    talking = asyncio.ensure_future(talk(Line(websocket)))
    leaving = asyncio.create_task(_left(websocket, heard))
    expiring = asyncio.create_task(_logged_out(desk, login))
    tasks = {talking, leaving, expiring}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    left = leaving.done() and not leaving.cancelled()
    if left and leaving.exception() is None:
        return
    code, reason = GOING_AWAY, "There is no more to see."
    if left:
        code, reason = NOT_UNDERSTOOD, str(leaving.exception())
    elif not expiring.cancelled():
        code, reason = LOGGED_OUT, "The session has ended."
    elif not talking.cancelled():
        error = talking.exception()
        if isinstance(error, TimeoutError):
            code, reason = STALLED, "This connection is too slow."
        elif error is not None and not isinstance(error, WebSocketDisconnect):
            raise error
    with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):  # it may have gone just now
        async with asyncio.timeout(_FAREWELL):
            await websocket.close(code, reason)


class _NonsenseError(Exception):
    """A viewer says what makes no sense."""


async def _left(websocket: WebSocket, heard: Callable[[str], None] | None) -> None:
    """Returns when the viewer has gone; tells what it says. _NonsenseError: that is no sense."""
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        text = message.get("text")
        if heard is None or text is None:
            continue
        try:
            heard(text)
        except (ValueError, IndexError):
            raise _NonsenseError("That was not understood.") from None


async def _logged_out(desk: Desk, login: Login) -> None:
    """Returns when the login does not hold any more: by logging out, by time, by a new password,
    or because somebody may do something else now."""
    while await run_in_threadpool(still_in, login, desk):
        await asyncio.sleep(_RECHECK)
