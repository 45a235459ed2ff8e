"""RTSP on the wire, taken apart within bounds: messages, and frames of media between them.

No sockets here. RTSP 1.0 is RFC 2326; media between messages is its section 10.12. Whatever a
server sends, no more than `MOST_HEAD` + `MOST_BODY` bytes are ever held.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

MOST_HEAD: Final = 32 * 1024  # bytes of a message's start line and headers
MOST_BODY: Final = 256 * 1024  # bytes of a description of streams; a usual one has 1,000
MOST_JUNK: Final = 64 * 1024  # bytes between frames that mean nothing, since the last good frame
_FRAME: Final = 0x24  # "$"
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_MEANS_SOMETHING: Final = re.compile(rb"\$|RTSP/")
_REPLY: Final = re.compile(r"^RTSP/\d\.\d (\d{3})(?: (.*))?$")
_REQUEST: Final = re.compile(r"^([A-Z_]+) (\S+) RTSP/\d\.\d$")
_BEGINS: Final = re.compile(rb"^(?:[A-Z_]{1,20}(?:[ /]|$))")


class WireError(Exception):
    """What came is not RTSP, or more than anybody needs. The text goes on "it …"."""


class Frame(NamedTuple):
    """A piece of media on one channel, with its four bytes of framing in front."""

    channel: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a reply. Headers in their order; names as they were written."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @property
    def status(self) -> int:
        """A reply's number, 0 for a request."""
        found = _REPLY.match(self.start)
        return int(found[1]) if found else 0

    @property
    def method(self) -> str:
        """A request's method, "" for a reply."""
        found = _REQUEST.match(self.start)
        return found[1] if found else ""

    @property
    def target(self) -> str:
        """The address a request is about, "" for a reply."""
        found = _REQUEST.match(self.start)
        return found[2] if found else ""

    def all(self, name: str) -> list[str]:
        """The values of every header of that name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str:
        """The first header of that name, "" without one."""
        return next(iter(self.all(name)), "")

    def encode(self) -> bytes:
        """As it goes over the wire; Content-Length is made from the body."""
        lines = [self.start]
        lines += [f"{k}: {v}" for k, v in self.headers if k.lower() != "content-length"]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + self.body


class Splitter:
    """Cuts a stream of bytes into messages and frames.

    Before media flows (``lenient`` False) anything that is neither is an error at once; after
    that, junk is stepped over, up to `MOST_JUNK`, as a camera that hiccups deserves.
    """

    def __init__(self) -> None:
        self.lenient = False
        self._rest = b""
        self._junk = 0

    def feed(self, data: bytes) -> Iterator[Message | Frame]:
        """What is complete now, one by one; WireError when it cannot go on.

        To be exhausted. `lenient` may be set between two of them.
        """
        data = self._rest + data if self._rest else data
        at, end = 0, len(data)
        while at < end:
            if data[at] == _FRAME:
                if end - at < 4:
                    break
                after = at + 4 + (data[at + 2] << 8 | data[at + 3])
                if after > end:
                    break
                yield Frame(data[at + 1], data[at:after])
                self._junk = 0
            elif _BEGINS.match(data[at : at + 21]):
                message, after = self._message(data, at)
                if message is None and after == at:
                    break
                if message is not None:
                    yield message
            else:
                after = self._skip(data, at)
            at = after
        self._rest = data[at:]

    def _message(self, data: bytes, at: int) -> tuple[Message | None, int]:
        """The message at ``at`` and where it ends; the same place: it is not complete yet."""
        line = data.find(b"\n", at, at + MOST_HEAD)
        if line >= 0:
            start = data[at:line].rstrip(b"\r").decode("utf-8", "surrogateescape")
            if not (_REPLY.match(start) or _REQUEST.match(start)):
                return None, self._skip(data, at)
        ends = _HEAD_END.search(data, at, at + MOST_HEAD)
        if ends is None:
            if len(data) - at >= MOST_HEAD:
                raise WireError("sends headers without end")
            return None, at
        start, headers = _head(data[at : ends.start()])
        size = _length(headers)
        if len(data) - ends.end() < size:
            return None, at
        body = data[ends.end() : ends.end() + size]
        return Message(start, headers, body), ends.end() + size

    def _skip(self, data: bytes, at: int) -> int:
        if not self.lenient:
            raise WireError("does not speak RTSP")
        found = _MEANS_SOMETHING.search(data, at + 1)
        after = found.start() if found else len(data)
        self._junk += after - at
        if self._junk > MOST_JUNK:
            raise WireError("sends what is neither RTSP nor video")
        return after


def _head(head: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    start, *lines = head.decode("utf-8", "surrogateescape").splitlines()
    pairs = (line.partition(":") for line in lines)
    return start, tuple((name.strip(), value.strip()) for name, colon, value in pairs if colon)


def _length(headers: tuple[tuple[str, str], ...]) -> int:
    text = next((value for name, value in headers if name.lower() == "content-length"), "0")
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise WireError("announces an answer of no sensible length")
    if int(text) > MOST_BODY:
        raise WireError(f"announces a description of {int(text):,} bytes")
    return int(text)
