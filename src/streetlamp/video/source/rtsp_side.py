"""The guard's two connections, and the loop that serves all guards of a process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Final

from streetlamp.video.source.rtsp_wire import Splitter

CLOSE_SECONDS: Final = 1.0  # what was still to be sent may take so long
_HIGH_WATER: Final = 1024 * 1024  # bytes that may wait for one side before the other has to


class Side(asyncio.Protocol):
    """One of the guard's two connections."""

    def __init__(
        self, heard: Callable[[Side, bytes], None], lost: Callable[[Side, bool], None]
    ) -> None:
        """heard: takes what comes. lost: told when it is over, and whether it was cut."""
        self.splitter = Splitter()
        self.gone = False
        self.peer = ""
        self.certificate = b""
        self._heard = heard
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._other: Side | None = None  # waits while this one cannot take more

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=_HIGH_WATER)
        self.peer = str((transport.get_extra_info("peername") or ("",))[0])
        secured = transport.get_extra_info("ssl_object")
        if secured is not None:
            self.certificate = secured.getpeercert(binary_form=True) or b""

    def data_received(self, data: bytes) -> None:
        self._heard(self, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self._lost(self, exc is not None)

    def hold(self, other: Side) -> None:
        """The side that has to wait while this one cannot take more."""
        self._other = other

    def pause_writing(self) -> None:
        if self._other is not None and self._other._transport is not None:
            self._other._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._other is not None and self._other._transport is not None:
            self._other._transport.resume_reading()

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def finish(self) -> None:
        """Close once all is sent, or after a second."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.drop)

    def drop(self) -> None:
        """Close now."""
        if self._transport is not None and not self.gone:
            self._transport.abort()


_turn: Final = threading.Lock()
_running: list[asyncio.AbstractEventLoop] = []


def guard_loop() -> asyncio.AbstractEventLoop:
    """The loop that all guards of this process share, in a thread of its own."""
    with _turn:
        if not _running:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="rtsp-guard", daemon=True).start()
            _running.append(loop)
        return _running[0]
