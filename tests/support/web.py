"""A web server for tests: clips as files, an endless MJPEG camera, and bad manners."""

from __future__ import annotations

import base64
import functools
import threading
import time
from fractions import Fraction
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import av

from support.clips import picture

BOUNDARY = b"--frame\r\n"
LOGIN = ("operator", "hunter2")


def jpeg(number: int, size: tuple[int, int] = (160, 120)) -> bytes:
    """A test picture as JPEG."""
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
    encoder.options = {"qscale": "3"}
    frame = picture(number, size).reformat(format="yuvj420p")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


class _Handler(SimpleHTTPRequestHandler):
    """/<file>, /secret/<file> (asks for a login), /camera (MJPEG), /silent, /page."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/secret/"):
            token = base64.b64encode(":".join(LOGIN).encode()).decode()
            if self.headers.get("Authorization") != f"Basic {token}":
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="yard"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.path = self.path.removeprefix("/secret")
        special = {"/camera": self._camera, "/silent": self._silent, "/page": self._page}
        try:
            special.get(self.path, super().do_GET)()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _camera(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        pictures = [jpeg(number) for number in range(40)]
        for number in range(500):
            body = pictures[number % len(pictures)]
            head = f"Content-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            self.wfile.write(BOUNDARY + head + body + b"\r\n")
            time.sleep(0.02)

    def _silent(self) -> None:
        self.server.quiet.wait(20)  # type: ignore[attr-defined]

    def _page(self) -> None:
        body = b"<html><body>Please log in</body></html>" * 20
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class WebServer:
    """A running server; a context manager."""

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(_Handler, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.quiet = threading.Event()  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.quiet.set()  # type: ignore[attr-defined]
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str, login: str = "") -> str:
        at = f"{login}@" if login else ""
        return f"http://{at}127.0.0.1:{self._server.server_address[1]}{path}"
