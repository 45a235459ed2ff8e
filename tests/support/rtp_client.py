"""A small RTSP client on a plain socket, which shares no code with the server it talks to."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Answer:
    code: int
    headers: dict[str, str]
    body: str


@dataclass
class RtspClient:
    """Talks to a port of 127.0.0.1; answers and interleaved packets come in the same stream."""

    port: int
    timeout: float = 10
    _buffer: bytes = b""
    _sequence: int = 0
    packets: list[tuple[int, bytes]] = field(default_factory=list)

    def __enter__(self) -> RtspClient:
        self.socket = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        self._sequence += 1
        lines = [f"{method} rtsp://127.0.0.1:{self.port}{path} RTSP/1.0",
                 f"CSeq: {self._sequence}",
                 *(f"{name}: {value}" for name, value in headers.items()), "", ""]  # fmt: skip
        self.socket.sendall("\r\n".join(lines).encode())
        return self.answer()

    def answer(self) -> Answer:
        """The next answer; packets before it are put aside."""
        while True:
            while self._need(1)[:1] == b"$":
                self.packets.append(self._packet())
            if b"\r\n\r\n" in self._buffer:
                break
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        length = int(headers.get("content-length", 0))
        body, self._buffer = self._need(length)[:length], self._buffer[length:]
        return Answer(int(first.split()[1]), headers, body.decode())

    def play(self, path: str, transport: str = "RTP/AVP/TCP;unicast;interleaved=0-1") -> Answer:
        """DESCRIBE, SETUP, PLAY; the answer to SETUP."""
        assert self.ask("DESCRIBE", path).code == 200
        setup = self.ask("SETUP", f"{path}/track1", Transport=transport)
        assert setup.code == 200
        session = setup.headers["session"].partition(";")[0]
        assert self.ask("PLAY", path, Session=session).code == 200
        return setup

    def stream(self) -> Iterator[tuple[int, bytes]]:
        """Channel and packet, for as long as they come."""
        while True:
            if self.packets:
                yield self.packets.pop(0)
                continue
            assert self._need(1)[:1] == b"$"
            yield self._packet()

    def _packet(self) -> tuple[int, bytes]:
        _, channel, length = struct.unpack("!BBH", self._need(4)[:4])
        packet = self._need(4 + length)[4 : 4 + length]
        self._buffer = self._buffer[4 + length :]
        return channel, packet

    def _need(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._more()
        return self._buffer

    def _more(self) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionResetError("closed")
        self._buffer += data


@dataclass(frozen=True)
class Rtp:
    """An RTP packet, read."""

    marker: bool
    sequence: int
    stamp: int
    ssrc: int
    payload: bytes

    @classmethod
    def read(cls, packet: bytes) -> Rtp:
        first, second, sequence, stamp, ssrc = struct.unpack("!BBHII", packet[:12])
        assert first == 0x80
        assert second & 0x7F == 96
        return cls(bool(second & 0x80), sequence, stamp, ssrc, packet[12:])


@dataclass(frozen=True)
class SenderReport:
    ssrc: int
    wall: float  # POSIX seconds
    stamp: int
    packets: int
    sent: int

    @classmethod
    def read(cls, packet: bytes) -> SenderReport:
        first, kind, length, ssrc, whole, part, stamp, packets, sent = struct.unpack(
            "!BBHIIIIII", packet[:28]
        )
        assert (first, kind, length) == (0x80, 200, 6)
        assert packet[29] == 202, "a description follows (RFC 3550 § 6.1)"
        return cls(ssrc, whole - 2_208_988_800 + part / 2**32, stamp, packets, sent)


def unpacked(payloads: list[bytes]) -> list[bytes]:
    """The NAL units of H.264 payloads, as RFC 6184 says a receiver puts them together."""
    units: list[bytes] = []
    for payload in payloads:
        kind = payload[0] & 31
        if kind == 24:
            at = 1
            while at < len(payload):
                size = int.from_bytes(payload[at : at + 2], "big")
                units.append(payload[at + 2 : at + 2 + size])
                at += 2 + size
        elif kind == 28:
            start, end, inner = payload[1] & 0x80, payload[1] & 0x40, payload[1] & 31
            if start:
                units.append(bytes([payload[0] & 0xE0 | inner]))
            units[-1] += payload[2:]
            assert not (start and end), "a fragmented unit has at least two parts"
        else:
            units.append(payload)
    return units
