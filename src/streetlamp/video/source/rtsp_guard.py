"""Stands between a camera and FFmpeg: logs in, holds to bounds, and knows what went wrong.

FFmpeg connects to a port of this machine that only it knows the key to; the guard passes its
requests on over the one connection to the camera. So FFmpeg never learns a password, never
follows a camera to another address, and never gets an endless answer. See ``design/rtsp.md``.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import secrets
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Final

from streetlamp.health import Reason
from streetlamp.video.source import tls
from streetlamp.video.source.faults import SILENT, fault
from streetlamp.video.source.login import NEEDED, REFUSED, Login
from streetlamp.video.source.rtsp_answers import judge, media_problem, transport
from streetlamp.video.source.rtsp_place import Place
from streetlamp.video.source.rtsp_side import Side, guard_loop
from streetlamp.video.source.rtsp_wire import Frame, Message, WireError
from streetlamp.video.source.trouble import Trouble, TroubleError

MOST_PICTURE: Final = 24 * 1024 * 1024  # compressed bytes of one picture
_HERE: Final = "127.0.0.1"
_PASSED: Final = frozenset({
    "content-base", "content-location", "content-type", "date", "public", "range", "rtp-info",
    "session", "transport",
})  # fmt: skip
_SETTING_UP: Final = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY")


@dataclass(slots=True)
class _Asked:
    """A request that was passed on and has no reply yet."""

    request: Message  # as FFmpeg made it, with the camera's address in it
    answered: bool  # a login went with it
    again: bool = False  # it has been asked a second time


class Guard:
    """One connection to a camera. `open` and `close` from any one thread; plays once."""

    def __init__(self, place: Place, login: Login, certificate: str) -> None:
        self.trouble: Trouble | None = None  # the first thing that went wrong
        self.spoke = False  # the camera has said something that is RTSP
        self.playing = False
        self.media_at = 0.0  # when media came last, by time.monotonic
        self._place = place
        self._certificate = certificate
        self._login = login
        self._key = secrets.token_hex(16)
        self._loop = guard_loop()
        self._camera: Side | None = None
        self._player: Side | None = None
        self._server: asyncio.AbstractServer | None = None
        self._asked: deque[_Asked] = deque()
        self._count = 0
        self._address = ""  # of the camera, as connected
        self._here = ""
        self._channels: set[int] = set()
        self._stamps: dict[int, bytes] = {}  # the last picture's stamp on each channel …
        self._sizes: dict[int, int] = {}  # … and how much of it has come
        self._session = ""
        self._playing_at = ""  # the address that was asked to play
        self._closed = False

    def open(self, patience: float) -> str:
        """Connect, and give the address that FFmpeg is to open; TroubleError when that fails."""
        future = asyncio.run_coroutine_threadsafe(self._open(), self._loop)
        try:
            return future.result(patience)
        except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
            future.cancel()
        self.close()
        raise TroubleError(Trouble(Reason.UNREACHABLE, SILENT))

    def close(self) -> None:
        """Let go of everything soon; any thread, more than once."""
        self._loop.call_soon_threadsafe(self._shut)

    async def _open(self) -> str:
        found = await self._connected()
        if found is not None:
            raise TroubleError(found)
        assert self._camera is not None
        self._address = self._camera.peer
        self._server = await self._loop.create_server(
            lambda: Side(self._from_player, self._player_gone), _HERE, 0
        )
        port = self._server.sockets[0].getsockname()[1]
        self._here = f"rtsp://{_HERE}:{port}/{self._key}"
        return self._here + self._place.path

    async def _connected(self) -> Trouble | None:
        place, problem = self._place, None
        try:
            context = tls.context(self._certificate) if place.secure else None
        except (OSError, ssl.SSLError):
            return Trouble(Reason.UNREACHABLE, f"{self._certificate} holds no usable certificate")
        try:
            self._camera = await self._connect(context)
        except ssl.SSLCertVerificationError as error:
            problem = await self._untrusted(error)
        except ssl.SSLError:
            problem = Trouble(Reason.UNREACHABLE, "no TLS connection could be agreed on")
        except OSError as error:
            return fault(error)
        if problem is None and self._camera is not None and place.secure:
            shown = self._camera.certificate
            if not tls.believed(self._certificate, shown):
                self._camera.drop()
                text = f"it shows another certificate than the one expected: {_finger(shown)}"
                problem = Trouble(Reason.UNREACHABLE, text)
        return problem

    async def _connect(self, context: ssl.SSLContext | None) -> Side:
        place = self._place
        _, side = await self._loop.create_connection(
            lambda: Side(self._from_camera, self._camera_gone),
            place.host,
            place.port,
            ssl=context,
            server_hostname=place.host if context is not None else None,
        )
        return side

    async def _untrusted(self, error: ssl.SSLCertVerificationError) -> Trouble:
        """What to tell about a certificate nobody vouches for: which one it is."""
        shown = ""
        with contextlib.suppress(OSError):
            side = await self._connect(tls.context(tls.ANY))
            shown = _finger(side.certificate)
            side.drop()
        self.trouble = None
        why = (error.verify_message or "it is not trusted").rstrip(".")
        text = f"its certificate is not believed ({why}). If it is this camera's own: {shown}"
        return Trouble(Reason.UNREACHABLE, text)

    # What FFmpeg says.

    def _from_player(self, side: Side, data: bytes) -> None:
        try:
            for item in side.splitter.feed(data):
                if self._player is not side and not self._admitted(side, item):
                    side.drop()
                    return
                if isinstance(item, Message):
                    self._pass_on(item)
                elif self._camera is not None:
                    self._camera.write(item.data)  # a receiver's report
        except WireError:
            side.drop()

    def _admitted(self, side: Side, item: Message | Frame) -> bool:
        """Whether a connection to our port is FFmpeg's: only it knows the key."""
        if self._player is not None or not isinstance(item, Message):
            return False
        if not item.target.startswith(self._here):
            return False
        self._player = side
        if self._server is not None:
            self._server.close()
        if self._camera is not None:
            side.hold(self._camera)
            if self._camera.gone:
                side.finish()
        return True

    def _pass_on(self, message: Message) -> None:
        target = message.target
        if message.method == "TEARDOWN":
            self._playing_at = ""
        if target.startswith(self._here):
            target = self._place.root + target[len(self._here) :]
        request = Message(f"{message.method} {target} RTSP/1.0", message.headers, message.body)
        self._ask(_Asked(request, answered=False))

    def _ask(self, asked: _Asked) -> None:
        if self._camera is None:
            return
        self._count += 1
        request = asked.request
        headers = [(k, v) for k, v in request.headers if k.lower() not in ("cseq", "authorization")]
        headers.insert(0, ("CSeq", str(self._count)))
        if answer := self._login.answer(request.method, request.target):
            headers.append(("Authorization", answer))
            asked.answered = True
        self._asked.append(asked)
        self._camera.write(Message(request.start, tuple(headers), request.body).encode())

    # What the camera says.

    def _from_camera(self, side: Side, data: bytes) -> None:
        if side is not self._camera and self._camera is not None:
            return
        passed: list[bytes] = []
        try:
            for item in side.splitter.feed(data):
                if isinstance(item, Frame):
                    if item.channel in self._channels:
                        self._measure(item)
                        passed.append(item.data)
                else:
                    self._heard(item, passed)
        except WireError as error:
            self._fail(Trouble(Reason.DAMAGED, f"it {error}"))
            return
        if passed and self._player is not None:
            self.media_at = self._loop.time()
            self._player.write(b"".join(passed))

    def _measure(self, frame: Frame) -> None:
        """No picture is endless. The stamp of RTP (RFC 3550) is the same all through a picture."""
        channel, stamp = frame.channel, frame.data[8:12]
        if stamp != self._stamps.get(channel):
            self._stamps[channel], self._sizes[channel] = stamp, 0
        self._sizes[channel] += len(frame.data)
        if self._sizes[channel] > MOST_PICTURE:
            raise WireError("sends a picture without end")

    def _heard(self, message: Message, passed: list[bytes]) -> None:
        status = message.status
        if not status:
            if self._camera is not None and message.method:
                head = (("CSeq", message.get("CSeq")),)
                self._camera.write(Message("RTSP/1.0 501 Not Implemented", head).encode())
            return
        self.spoke = True
        if status < 200 or not self._asked:
            return
        asked = self._asked.popleft()
        if (
            status == 401
            and not asked.again
            and self._login.challenged(message.all("WWW-Authenticate"))
        ):
            asked.again = True
            self._ask(asked)
            return
        self._answer(asked, message, passed)

    def _answer(self, asked: _Asked, message: Message, passed: list[bytes]) -> None:
        method, status = asked.request.method, message.status
        if status == 401 and method != "TEARDOWN":
            text = REFUSED if self._login.given else NEEDED
            self._fail(Trouble(Reason.LOGIN_REFUSED, text))
            return
        if method in _SETTING_UP and not self.playing:
            found = judge(message, method)
            if found is None and method == "DESCRIBE":
                found = media_problem(message.body)
            if found is not None:
                self._fail(found)
                return
        headers = [(k, v) for k, v in message.headers if k.lower() in _PASSED]
        if method == "SETUP":
            headers, channels = transport(headers, self._address)
            self._channels |= channels
        self._session = message.get("Session").partition(";")[0] or self._session
        if method == "PLAY" and status == 200:
            self.playing, self._playing_at = True, asked.request.target
            if self._camera is not None:
                self._camera.splitter.lenient = True
        headers.insert(0, ("CSeq", asked.request.get("CSeq")))
        passed.append(Message(message.start, tuple(headers), message.body).encode())

    # How it ends.

    def _camera_gone(self, side: Side, cut: bool) -> None:
        if side is not self._camera:
            return
        if not self._closed and self.trouble is None:
            text = "the connection was cut"
            if not cut:
                text = "the camera closed the connection"
            self.trouble = Trouble(Reason.UNREACHABLE, text)
        if self._player is not None:
            self._player.finish()

    def _player_gone(self, side: Side, _cut: bool) -> None:
        if side is self._player:
            self._shut()

    def _fail(self, trouble: Trouble) -> None:
        if self.trouble is None:
            self.trouble = trouble
        self._shut(at_once=True)

    def _shut(self, *, at_once: bool = False) -> None:
        if self._playing_at and not at_once:  # FFmpeg did not get to say it
            start = f"TEARDOWN {self._playing_at} RTSP/1.0"
            self._playing_at = ""
            self._ask(_Asked(Message(start, (("Session", self._session),)), answered=False))
        self._closed = True
        if self._server is not None:
            self._server.close()
        for side in (self._camera, self._player):
            if side is not None:
                if at_once:
                    side.drop()
                else:
                    side.finish()


def _finger(certificate: bytes) -> str:
    return f"its fingerprint is {tls.fingerprint(certificate)}" if certificate else ""
