"""A TCP line that fails as real ones do: it stalls, is cut, goes dead, or bends what it carries."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Self


class FaultyLine:
    """Passes connections on to ``port``; a context manager. Faults are switched on while it runs.

    ``stalled``: nothing passes, both ends stay connected (a half-open connection). ``bend``: what
    becomes of each piece that the server sends.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.bend: Callable[[bytes], bytes] = lambda data: data
        self.accepted = 0
        self._flowing = threading.Event()
        self._flowing.set()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._flowing.set()
        self.cut()

    def url(self, path: str, login: str = "") -> str:
        at = f"{login}@" if login else ""
        return f"rtsp://{at}127.0.0.1:{self.port}{path}"

    def stall(self) -> None:
        self._flowing.clear()

    def flow(self) -> None:
        self._flowing.set()

    def cut(self) -> None:
        """Reset every connection, as a router that restarts does."""
        for pair in self._pairs:
            for one in pair:
                with contextlib.suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        self._pairs.clear()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                far = socket.create_connection(("127.0.0.1", self._to), 5)
            except OSError:
                near.close()
                continue
            self._pairs.append((near, far))
            for args in ((near, far, False), (far, near, True)):
                threading.Thread(target=self._carry, args=args, daemon=True).start()

    def _carry(self, come: socket.socket, go: socket.socket, bent: bool) -> None:
        with contextlib.suppress(OSError):
            while data := come.recv(65536):
                self._flowing.wait()
                go.sendall(self.bend(data) if bent else data)
        with contextlib.suppress(OSError):
            go.shutdown(socket.SHUT_WR)
