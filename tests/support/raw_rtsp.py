"""A scripted RTSP server: says exactly what a test wants a camera to say, right or wrong.

Real sockets on loopback, one thread a connection. A script is a function of one `Peer`.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Self

import av
import numpy as np

SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 {codec}/90000\r\na=control:track1\r\n"
)
NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
_MTU = 1200


class Peer:
    """One connection of a client."""

    def __init__(self, conn: socket.socket, number: int) -> None:
        self.conn = conn
        self.number = number  # counts the connections from 1
        self.method = ""
        self.uri = ""
        self.head = ""
        self.cseq = "0"
        self.lose: Callable[[int], bool] = lambda number: False  # which UDP packets are lost
        self._rest = b""
        self._sequence = 0
        self._count = 0
        self._udp: socket.socket | None = None

    def request(self) -> str:
        """Wait for the next request; its method. ConnectionError when the client is gone."""
        while True:
            while self._rest[:1] == b"$":  # a receiver's report
                self._fill(4)
                size = 4 + int.from_bytes(self._rest[2:4], "big")
                self._fill(size)
                self._rest = self._rest[size:]
            if b"\r\n\r\n" in self._rest:
                break
            self._fill(len(self._rest) + 1)
        raw, _, self._rest = self._rest.partition(b"\r\n\r\n")
        self.head = raw.decode()
        self.method, self.uri, _ = self.head.split("\r\n")[0].split(" ")
        self.cseq = next(
            line.partition(":")[2].strip()
            for line in self.head.split("\r\n")
            if line.lower().startswith("cseq:")
        )
        return self.method

    def _fill(self, size: int) -> None:
        while len(self._rest) < size:
            data = self.conn.recv(65536)
            if not data:
                raise ConnectionError
            self._rest += data

    def reply(self, headers: str = "", body: str = "", status: str = "200 OK") -> None:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        extra = "".join(f"{line}\r\n" for line in headers.splitlines())
        self.send(f"RTSP/1.0 {status}\r\nCSeq: {self.cseq}\r\n{extra}{length}\r\n{body}".encode())

    def send(self, data: bytes) -> None:
        self.conn.sendall(data)

    def set_up(self, sdp: str = SDP.format(codec="H264"), *, stop_at: str = "") -> None:
        """Answer as a good camera does, until it plays, or to the request that is left to you."""
        while True:
            method = self.request()
            if method == stop_at:
                return
            if method == "DESCRIBE":
                self.reply("Content-Type: application/sdp", sdp)
            elif method == "SETUP" and (ports := re.search(r"client_port=(\d+)", self.head)):
                self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self._udp.bind(("127.0.0.1", 0))
                self._udp.connect(("127.0.0.1", int(ports[1])))
                own = self._udp.getsockname()[1]
                self.reply(
                    f"Session: 7\nTransport: RTP/AVP;unicast;client_port={ports[1]}-"
                    f"{int(ports[1]) + 1};server_port={own}-{own + 1};source=192.0.2.1"
                )
            elif method == "SETUP":
                self.reply("Session: 7;timeout=60\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1")
            elif method == "PLAY":
                self.reply("Session: 7")
                return
            else:
                self.reply("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")

    def framed(self, payload: bytes, stamp: int, *, last: bool, channel: int = 0) -> bytes:
        """An RTP packet in its interleaved frame."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        marker = 0x80 if last else 0
        head = struct.pack(">BBHII", 0x80, 96 | marker, self._sequence, stamp & 0xFFFFFFFF, 77)
        packet = head + payload
        return b"$" + struct.pack(">BH", channel, len(packet)) + packet

    def picture(self, units: Iterable[bytes], stamp: int, *, hevc: bool = False) -> None:
        """Send a picture's NAL units: whole where they are short, else cut (RFC 6184, 7798)."""
        units = list(units)
        out = []
        for number, unit in enumerate(units, 1):
            end = number == len(units)
            if len(unit) <= _MTU:
                out.append(self.framed(unit, stamp, last=end))
                continue
            size = 2 if hevc else 1
            rest = unit[size:]
            parts = [rest[at : at + _MTU] for at in range(0, len(rest), _MTU)]
            for place, part in enumerate(parts):
                first, final = place == 0, place == len(parts) - 1
                flags = (0x80 if first else 0) | (0x40 if final else 0)
                if hevc:
                    kind = unit[0] >> 1 & 0x3F
                    intro = bytes([unit[0] & 0x81 | 49 << 1, unit[1], flags | kind])
                else:
                    intro = bytes([unit[0] & 0xE0 | 28, flags | unit[0] & 0x1F])
                out.append(self.framed(intro + part, stamp, last=end and final))
        if self._udp is None:
            self.send(b"".join(out))
            return
        for framed in out:
            self._count += 1
            if not self.lose(self._count):
                self._udp.send(framed[4:])

    def report(self, wall: float, stamp: int) -> None:
        """Send a sender report: at ``wall`` (POSIX seconds) the count stood at ``stamp``."""
        ntp = int((Fraction(wall) + NTP_EPOCH) * (1 << 32))
        body = struct.pack(">BBHIQIII", 0x80, 200, 6, 77, ntp, stamp & 0xFFFFFFFF, 1, 1)
        self.send(b"$" + struct.pack(">BH", 1, len(body)) + body)

    def bye(self) -> None:
        body = struct.pack(">BBHIBBHI", 0x80, 201, 1, 77, 0x81, 203, 1, 77)
        self.send(b"$" + struct.pack(">BH", 1, len(body)) + body)

    def close(self) -> None:
        self.conn.close()
        if self._udp is not None:
            self._udp.close()

    def drain(self) -> None:
        """Read until the client goes."""
        self.conn.settimeout(30)
        with contextlib.suppress(OSError):
            while self.conn.recv(65536):
                pass


class RawServer:
    """Runs a script for each connection; a context manager. ``accepted`` counts them."""

    def __init__(self, script: Callable[[Peer], object]) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.accepted = 0
        self.failures: list[Exception] = []  # of the scripts, not of the line
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for conn in self._open:
            with contextlib.suppress(OSError):
                conn.shutdown(socket.SHUT_RDWR)
        assert not self.failures, self.failures

    def url(self, path: str = "/cam", login: str = "") -> str:
        at = f"{login}@" if login else ""
        return f"rtsp://{at}127.0.0.1:{self.port}{path}"

    def _serve(self) -> None:
        while True:
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._open.append(conn)
            peer = Peer(conn, self.accepted)
            threading.Thread(target=self._one, args=(peer,), daemon=True).start()

    def _one(self, peer: Peer) -> None:
        try:
            with contextlib.closing(peer):
                self._script(peer)
        except OSError:
            pass
        except Exception as error:  # noqa: BLE001 - told at the end of the test
            self.failures.append(error)


def coded_pictures(
    count: int, *, codec: str = "libx264", size: tuple[int, int] = (160, 120), gop: int = 5
) -> list[list[bytes]]:
    """The NAL units of so many moving pictures."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    quiet = {"x265-params": f"log-level=none:keyint={gop}:min-keyint={gop}:bframes=0"}
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    if codec == "libx265":
        encoder.options |= quiet
    else:
        encoder.gop_size, encoder.max_b_frames = gop, 0
    noise = np.random.default_rng(1)
    packets = []
    for number in range(count):
        grey = noise.integers(0, 255, (size[1] * 3 // 2, size[0]), np.uint8)
        picture = av.VideoFrame.from_ndarray(grey, format="yuv420p")
        picture.pts = number
        packets += encoder.encode(picture)
    packets += encoder.encode(None)
    return [list(annexb(bytes(packet))) for packet in packets]


def annexb(data: bytes) -> Iterator[bytes]:
    """The NAL units between start codes."""
    for part in data.split(b"\0\0\1"):
        if unit := part.rstrip(b"\0"):
            yield unit
