"""One client's RTSP connection, from its first question to its end (RFC 2326)."""

from __future__ import annotations

import asyncio
import socket
import struct
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from streetlamp.fleet.virtual import digest, sdp
from streetlamp.fleet.virtual.base import Door
from streetlamp.fleet.virtual.camera import Outlet
from streetlamp.fleet.virtual.message import (
    BadMessageError,
    Data,
    Request,
    parse_transport,
    receive,
    reply,
)
from streetlamp.fleet.virtual.viewer import TcpViewer, UdpViewer, Viewer

if TYPE_CHECKING:
    from streetlamp.fleet.virtual.server import Server

TIMEOUT: Final = 60.0  # seconds of silence after which a session ends
_METHODS: Final = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"


class Connection:
    """Answers one client. It may set up one stream, and watches it until the connection ends."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._session = ""
        self.outlet: Outlet | None = None  # the stream it asked for last
        self.viewer: Viewer | None = None

    async def run(self) -> None:
        """Until the client goes, breaks the rules or falls silent."""
        try:
            while (message := await self._next()) is not None:
                if isinstance(message, Request):
                    answer = self._answer(message)
                    if answer is None:
                        self.cut()
                        break
                    self._writer.write(answer)
                    # who asks and does not read its answers is asked to wait, not remembered
                    await self._writer.drain()
                    if message.method == "TEARDOWN":
                        break
        except BadMessageError:
            self._writer.write(reply(400, "0"))
        except ConnectionError:
            pass
        finally:
            self._leave()
            self._writer.close()

    async def _next(self) -> Request | Data | None:
        """The next message; None when there is none, or none came for too long."""
        while True:
            try:
                async with asyncio.timeout(TIMEOUT):
                    return await receive(self._reader)
            except TimeoutError:
                # who takes what is sent over TCP is there, even if it never says anything
                viewer = self.viewer
                taking = isinstance(viewer, TcpViewer) and viewer.playing and not viewer.waiting
                if not taking and not self._server.heard(viewer, TIMEOUT):
                    return None

    def _answer(self, request: Request) -> bytes | None:
        """What to say; b"": nothing; None: close."""
        sequence = request.headers.get("cseq", "0")
        outlet = self._server.outlet(request.path)
        if outlet is not None:
            self.outlet = outlet
        if self.outlet is not None:
            door = self.outlet.camera.door
            if door in (Door.SHUT, Door.GONE):
                return None
            if door is Door.MUTE:
                return b""
        if request.method == "OPTIONS":
            return reply(200, sequence, {"Public": _METHODS})
        if outlet is None and not (self._session and request.method != "DESCRIBE"):
            return reply(404, sequence)
        assert self.outlet is not None
        refused = self._unauthorized(request, self.outlet)
        if refused is not None:
            return reply(401, sequence, {"WWW-Authenticate": refused})
        match request.method:
            case "DESCRIBE":
                return self._describe(request, sequence, self.outlet)
            case "SETUP":
                return self._setup(request, sequence, self.outlet)
            case "PLAY" | "PAUSE" | "TEARDOWN" | "GET_PARAMETER" | "SET_PARAMETER":
                return self._in_session(request, sequence)
            case _:
                return reply(501, sequence, {"Public": _METHODS})

    def _unauthorized(self, request: Request, outlet: Outlet) -> str | None:
        """The challenge to a client that has not proved who it is."""
        password = outlet.camera.password(self._server.password)
        if password is None:
            return None
        given = request.headers.get("authorization", "")
        user, nonce = self._server.user, self._server.nonce
        if digest.accepts(given, request.method, nonce, user, password):
            return None
        return digest.challenge(nonce)

    def _describe(self, request: Request, sequence: str, outlet: Outlet) -> bytes:
        body = sdp.describe(outlet.path, outlet.reel, outlet.camera.codec)
        base = request.url.rstrip("/") + "/"
        kind = "application/sdp"
        return reply(200, sequence, {"Content-Base": base, "Content-Type": kind}, body)

    def _setup(self, request: Request, sequence: str, outlet: Outlet) -> bytes:
        if self.viewer is not None and self.viewer.playing:
            return reply(455, sequence)
        wanted = parse_transport(request.headers.get("transport", ""))
        if wanted is None:
            return reply(461, sequence)
        self._leave()
        if wanted.tcp:
            self.viewer = TcpViewer(self._writer, wanted.channels)
            how = f"RTP/AVP/TCP;unicast;interleaved={wanted.channels[0]}-{wanted.channels[1]}"
        else:
            sockets = self._server.udp
            if sockets is None:
                return reply(461, sequence)
            host = str(self._writer.get_extra_info("peername")[0])
            self.viewer = UdpViewer(sockets, host, wanted.ports)
            self._server.expect(self.viewer)
            ours = [one.get_extra_info("sockname")[1] for one in sockets]
            how = (
                f"RTP/AVP;unicast;client_port={wanted.ports[0]}-{wanted.ports[1]};"
                f"server_port={ours[0]}-{ours[1]}"
            )
        self._session = self._session or token_hex(8)
        outlet.viewers.add(self.viewer)
        headers = {"Transport": f"{how};ssrc={outlet.ssrc:08X}", **self._session_header()}
        return reply(200, sequence, headers)

    def _in_session(self, request: Request, sequence: str) -> bytes:
        named = request.headers.get("session", "").partition(";")[0].strip()
        if named and named != self._session:
            return reply(454, sequence)
        viewer = self.viewer
        headers = self._session_header() if self._session else {}
        if request.method == "TEARDOWN":
            self._leave()
            return reply(200, sequence)
        if request.method.endswith("_PARAMETER"):
            return reply(200, sequence, headers)
        if viewer is None:
            return reply(455, sequence)
        viewer.playing = request.method == "PLAY"
        viewer.waiting = True
        if viewer.playing:
            # no first packet is promised: what comes first is the next keyframe, whenever it is due
            url = request.url.rstrip("/")
            url = url if url.endswith(sdp.TRACK) else f"{url}/{sdp.TRACK}"
            headers |= {"Range": "npt=now-", "RTP-Info": f"url={url}"}
        return reply(200, sequence, headers)

    def _session_header(self) -> dict[str, str]:
        return {"Session": f"{self._session};timeout={TIMEOUT:.0f}"}

    def _leave(self) -> None:
        if self.viewer is not None and self.outlet is not None:
            self.viewer.playing = False
            self.outlet.viewers.discard(self.viewer)
            self._server.forget(self.viewer)
            self.viewer = None

    def cut(self) -> None:
        """Close it at once, whatever it was doing, as a machine that restarts does (RST)."""
        self._leave()
        sock = self._writer.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
