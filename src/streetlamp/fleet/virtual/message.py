"""RTSP 1.0 messages (RFC 2326), read from strangers and written."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

MOST_HEAD: Final = 8192  # bytes of a request's head
_MOST_LINES: Final = 64
_MOST_BODY: Final = 8192
_REASONS: Final = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
    405: "Method Not Allowed", 454: "Session Not Found", 455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed", 461: "Unsupported Transport",
    501: "Not Implemented", 503: "Service Unavailable",
}  # fmt: skip


class BadMessageError(Exception):
    """What came is no RTSP request, or too much of one."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Names of `headers` are in lower case."""

    method: str
    url: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """Where it points to, without what follows a question mark and slashes at its end."""
        return unquote(urlsplit(self.url).path).rstrip("/")


@dataclass(frozen=True, slots=True)
class Data:
    """A packet that came in the RTSP connection itself."""

    channel: int
    packet: bytes


async def receive(reader: asyncio.StreamReader) -> Request | Data | None:
    """The next message; None at the end. BadMessageError when it is none.

    The reader's limit must be MOST_HEAD.
    """
    try:
        first = await reader.readexactly(1)
        while first in b"\r\n":
            first = await reader.readexactly(1)
        if first == b"$":
            about = await reader.readexactly(3)
            length = int.from_bytes(about[1:], "big")
            return Data(about[0], await reader.readexactly(length))
        head = first + await reader.readuntil(b"\r\n\r\n")
        request = _parsed(head)
        await reader.readexactly(_body_length(request))  # nothing we serve has a body that matters
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except asyncio.LimitOverrunError:
        raise BadMessageError("its head does not end") from None
    return request


def _parsed(head: bytes) -> Request:
    try:
        lines = head.decode("utf-8").split("\r\n")
    except UnicodeDecodeError:
        raise BadMessageError("it is not text") from None
    words = lines[0].split()
    if len(words) != 3 or not words[2].startswith("RTSP/1.") or len(lines) > _MOST_LINES:
        raise BadMessageError("it is no RTSP request")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    try:
        urlsplit(words[1])
    except ValueError:
        raise BadMessageError("its address cannot be read") from None
    return Request(words[0].upper(), words[1], headers)


def _body_length(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit()) or int(text) > _MOST_BODY:
        raise BadMessageError("its body is too long")
    return int(text)


def reply(code: int, sequence: str, headers: dict[str, str] | None = None, body: str = "") -> bytes:
    """An answer. `sequence`: the request's CSeq."""
    lines = [f"RTSP/1.0 {code} {_REASONS[code]}", f"CSeq: {sequence}", "Server: Streetlamp"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    data = body.encode()
    if data:
        lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join([*lines, "", ""]).encode() + data


@dataclass(frozen=True, slots=True)
class Transport:
    """How a client wants its packets."""

    tcp: bool
    channels: tuple[int, int]  # interleaved: RTP's and RTCP's
    ports: tuple[int, int]  # UDP: where it listens for RTP and RTCP


def parse_transport(header: str) -> Transport | None:
    """The first of the client's offers that can be served; None: there is none."""
    for offer in header.split(","):
        words = [word.strip() for word in offer.split(";")]
        named = dict(word.partition("=")[::2] for word in words[1:])
        if "multicast" in words:
            continue
        if words[0].upper() == "RTP/AVP/TCP":
            channels = _pair(named.get("interleaved", "0-1"), 255)
            if channels is not None:
                return Transport(True, channels, (0, 0))
        elif words[0].upper() in ("RTP/AVP", "RTP/AVP/UDP"):
            ports = _pair(named.get("client_port", ""), 65_535)
            if ports is not None and ports[0] >= 1024:
                return Transport(False, (0, 0), ports)
    return None


def _pair(text: str, most: int) -> tuple[int, int] | None:
    low, dash, high = text.partition("-")
    if not (low.isascii() and low.isdigit()) or (dash and not (high.isascii() and high.isdigit())):
        return None
    pair = int(low), int(high) if dash else int(low) + 1
    return pair if pair[0] != pair[1] and max(pair) <= most else None
