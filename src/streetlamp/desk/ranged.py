"""Sends footage from an open handle, whole or one range of it (RFC 9110, section 14).

Footage is read through the vault's handles rather than by path, so that encryption at rest changes
nothing here. Several ranges in one request are answered with the whole, as the standard allows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, BinaryIO, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from streetlamp.desk.refusal import RefusalError, problems

VIDEO: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"video/mp4": {}}, "description": "The whole."},
    206: {"content": {"video/mp4": {}}, "description": "The range asked for."},
    **problems(416),
}
"""What the OpenAPI says of an answer made by `send`."""
WHOLE_VIDEO: Final[dict[int | str, dict[str, Any]]] = {200: VIDEO[200]}
"""The same where no Range is taken."""

_CHUNK: Final = 256 * 1024
_RANGE: Final = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE | re.ASCII)


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """The first byte and one past the last that a Range header asks for; None: the whole.

    A header that is not one plain range is passed over; one outside raises RefusalError 416.
    """
    found = _RANGE.fullmatch(header) if header else None
    if found is None or not (found[1] or found[2]):
        return None
    if found[1]:
        start = int(found[1])
        end = min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    else:
        start, end = max(0, size - int(found[2])), size
    if start >= size or end <= start:
        raise RefusalError(
            416,
            "That range lies outside the file.",
            f"The file has {size} bytes.",
            {"Content-Range": f"bytes */{size}"},
        )
    return start, end


def _chunks(handle: BinaryIO, start: int, end: int, let_go: Callable[[], None]) -> Iterator[bytes]:
    """Lets go before the last bytes are sent: who has them all may ask again at once."""
    handle.seek(start)
    while start < end:
        chunk = handle.read(min(_CHUNK, end - start))
        start += len(chunk)
        if not chunk or start >= end:
            let_go()
        if not chunk:
            return
        yield chunk


class _Footage(StreamingResponse):
    """Lets go of what it sends from, even when the browser goes away before the first byte."""

    let_go: Callable[[], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await run_in_threadpool(self.let_go)


def send(
    handle: BinaryIO,
    range_header: str | None,
    *,
    close: Callable[[], None],
    size: int | None = None,
    name: str = "",
) -> Response:
    """The first `size` bytes (default: all), or the range of them asked for, as MP4.

    `close` is called when all is read, or nobody wants it any more, or the range is refused; it
    may be called twice. With a `name` the browser saves the file instead of playing it.
    """
    with ExitStack() as refused:
        refused.callback(close)
        if size is None:
            size = handle.seek(0, os.SEEK_END)
        part = wanted(range_header, size)
        refused.pop_all()  # from here on the response closes it
    start, end = part or (0, size)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if name:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response = _Footage(
        _chunks(handle, start, end, close),
        status_code=206 if part else 200,
        headers=headers,
        media_type="video/mp4",
    )
    response.let_go = close
    return response
