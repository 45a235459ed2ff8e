"""Sends footage from an open handle, whole or one range of it (RFC 9110, section 14).

Footage is read through the vault's handles rather than by path, so that encryption at rest changes
nothing here. Several ranges in one request are answered with the whole, as the standard allows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from streetlamp.desk.refusal import Refusal

_CHUNK: Final = 256 * 1024
_RANGE: Final = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE | re.ASCII)


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """The first byte and one past the last that a Range header asks for; None: the whole.

    A header that is not one plain range is passed over; one that lies outside raises Refusal 416.
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
        raise Refusal(
            416,
            "That range lies outside the file.",
            f"The file has {size} bytes.",
            {"Content-Range": f"bytes */{size}"},
        )
    return start, end


def _chunks(handle: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    with handle:
        handle.seek(start)
        while start < end:
            chunk = handle.read(min(_CHUNK, end - start))
            if not chunk:
                return
            start += len(chunk)
            yield chunk


class _Closing(StreamingResponse):
    """Closes its handle even when the browser goes away before the first byte."""

    handle: BinaryIO

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.handle.close()


def send(
    handle: BinaryIO, range_header: str | None, *, media_type: str = "video/mp4", name: str = ""
) -> Response:
    """The answer; takes over `handle`. With a `name` the browser saves it instead of playing it."""
    try:
        size = handle.seek(0, os.SEEK_END)
        part = wanted(range_header, size)
    except BaseException:
        handle.close()
        raise
    start, end = part or (0, size)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if name:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response = _Closing(
        _chunks(handle, start, end),
        status_code=206 if part else 200,
        headers=headers,
        media_type=media_type,
    )
    response.handle = handle
    return response
