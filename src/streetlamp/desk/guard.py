"""What every request passes before any of the desk's code sees it.

- Host: plain IP addresses, localhost and the names the owner lists. A page of another site that
  points its own name at this machine (DNS rebinding) always comes with its own name.
- Origin: everything that changes something, and every WebSocket, must come from our own page, or
  carry a program's token (which no browser sends by itself).
- Size: no request body larger than `MAX_BODY`.
- Answers carry the headers that keep a browser from framing, sniffing or caching them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from streetlamp.desk.refusal import MAX_BODY, SAID, RefusalError
from streetlamp.vault.tokens import PREFIX

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?")


def split_host(header: str) -> tuple[str, int | None] | None:
    """Name (lower case, no brackets) and port of a Host header; None if it is not one."""
    found = _HOST.fullmatch(header)
    if found is None:
        return None
    name = found["name"].strip("[]").lower().rstrip(".")
    return (name, int(found["port"]) if found["port"] else None) if name else None


def bearer_of(headers: Headers) -> str | None:
    """The program's token in the Authorization header; None if there is none of ours."""
    scheme, _, text = headers.get("authorization", "").partition(" ")
    text = text.strip()
    return text if scheme.lower() == "bearer" and text.startswith(PREFIX) else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def same_origin(origin: str, host: str) -> bool:
    """Whether an Origin header names the host the request was sent to (scheme apart)."""
    try:
        parts = urlsplit(origin)
        theirs = (parts.hostname or "", parts.port)
    except ValueError:
        return False
    ours = split_host(host)
    if ours is None or parts.scheme not in ("http", "https") or not theirs[0]:
        return False
    usual = 443 if parts.scheme == "https" else 80
    return theirs[0] == ours[0] and (theirs[1] or usual) == (ours[1] or usual)


def policy(host: str) -> str:
    """The Content-Security-Policy: this desk's own files alone, video from memory."""
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob: data:",
        "media-src": "'self' blob:",
        "font-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        # 'self' does not cover WebSockets in every browser, so they are named.
        "connect-src": f"'self' ws://{host} wss://{host}",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class Guard:
    """ASGI middleware around the whole desk."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = frozenset({"localhost", *names})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        refusal = self._refuse(scope, headers, host)
        if refusal is not None:
            await _answer(refusal, scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await self._http(scope, receive, send, host)

    async def _http(self, scope: Scope, receive: Receive, send: Send, host: str) -> None:
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > MAX_BODY:  # a body without Content-Length, counted as it comes
                    raise HTTPException(413)
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _put_headers(message, scope["path"], host)
            await send(message)

        await self._app(scope, limited, with_headers)

    def _refuse(self, scope: Scope, headers: Headers, host: str) -> RefusalError | None:
        parts = split_host(host)
        if parts is None or not (parts[0] in self._names or _is_address(parts[0])):
            return RefusalError(
                421,
                "This desk does not answer to that host name.",
                "Open it by IP address or localhost, or add the name to desk.names in site.yaml.",
            )
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        by_program = bearer_of(headers) is not None
        if changes and not by_program and not same_origin(headers.get("origin", ""), host):
            return RefusalError(
                403,
                "This request does not come from the desk's own page.",
                "Send an Origin header that names this very host and port.",
            )
        fetch_site = headers.get("sec-fetch-site", "none")
        if scope["path"].startswith("/api/") and fetch_site not in ("none", "same-origin"):
            return RefusalError(
                403, "Another site may not read from this desk.", "Open its own page."
            )
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY:
            return RefusalError(413, *SAID[413])
        return None


def _put_headers(message: Message, path: str, host: str) -> None:
    headers = MutableHeaders(scope=message)
    headers.setdefault("Content-Security-Policy", policy(host))  # a route's own is stricter
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if path.startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")
    if "server" in headers:
        del headers["server"]


async def _answer(refusal: RefusalError, scope: Scope, receive: Receive, send: Send) -> None:
    response = refusal.response()
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(response)
        return

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            _put_headers(message, scope["path"], "")
        await send(message)

    await response(scope, receive, with_headers)
