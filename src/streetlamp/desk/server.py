"""Runs the desk in a thread of its own, and stops it cleanly."""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from streetlamp.desk.options import DeskOptions, is_loopback
from streetlamp.errors import UserError

_START_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 5.0
_LARGEST_MESSAGE: Final = 4096  # bytes a page may send over a live socket: it has nothing to say


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket; UserError in plain words when that cannot be."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise UserError(
            f"desk.host: there is no address {host!r} on this machine. Use 127.0.0.1."
        ) from None
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise UserError(_why_not(error, host, port)) from None
    return listener


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is in use by another program (perhaps another Streetlamp). Stop that "
            "one, or choose another port with desk.port in site.yaml or --port."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} needs special rights. Choose one above 1023, for instance 8600."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"desk.host: {host} is not an address of this machine. Use 127.0.0.1."
    return f"The page cannot be served on {host}:{port}: {error.strerror}."


class DeskServer:
    """The running desk. `start` returns when the page answers; `stop` ends live views at once."""

    def __init__(self, app: ASGIApp, options: DeskOptions) -> None:
        self._options = options
        self._listener = _listen(options.host, options.port)
        self.port: int = self._listener.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # anybody could write them
                lifespan="off",
                ws_max_size=_LARGEST_MESSAGE,
                ws_per_message_deflate=False,  # video does not compress
                timeout_graceful_shutdown=2,
                limit_concurrency=1024,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="desk", daemon=True)
        self._answering = threading.Event()
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the page, without a slash at the end."""
        host = self._options.host
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return f"http://{host}:{self.port}"
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def setup_link(self, token: str) -> str:
        """The one-time link of the first start. Behind the #, the token stays in the browser."""
        return f"{self.url}/setup#token={token}"

    @property
    def warnings(self) -> list[str]:
        """What whoever starts it must be told, loudly."""
        if is_loopback(self._options.host):
            return []
        return [
            f"The page is open to other machines on {self._options.host}:{self.port}, over plain "
            "HTTP: passwords and pictures can be read on the way. Put a proxy with TLS in front of "
            "it, or set desk.host to 127.0.0.1."
        ]

    def start(self) -> None:
        """Serves in a thread; UserError if that fails."""
        self._thread.start()
        for _ in range(int(_START_SECONDS / 0.02)):
            if self._server.started:
                return
            if not self._thread.is_alive():
                break
            self._answering.wait(0.02)
        self.stop()
        raise UserError(f"The page could not be started: {self._failure or 'it did not answer'}.")

    def stop(self) -> None:
        """Ends live views and downloads, the thread, and frees the port. May be called twice."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)
            if self._thread.is_alive():
                self._server.force_exit = True
                self._thread.join(_STOP_SECONDS)
        self._listener.close()

    def _serve(self) -> None:
        try:
            self._server.run(sockets=[self._listener])
        except (OSError, SystemExit) as error:
            self._failure = error
        finally:
            self._answering.set()
