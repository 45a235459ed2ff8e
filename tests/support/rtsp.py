"""Starts and stops the GStreamer RTSP server of `rtsp_server.py`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import pytest

PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("rtsp_server.py")
PACKAGES = (
    "python3-gi",
    "gir1.2-gst-rtsp-server-1.0",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "glib-networking",  # TLS
    "openssl",
)
_PROBE = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); gi.require_version('Gst', '1.0');"
    "from gi.repository import Gst, GstRtspServer; Gst.init(None);"
    "assert all(map(Gst.ElementFactory.find,"
    " ['rtph264pay', 'rtph265pay', 'rtpjpegpay', 'rtpmp4vpay', 'h264parse', 'qtdemux', 'avidemux',"
    " 'tsdemux', 'matroskademux', 'jpegparse', 'mpeg4videoparse', 'openh264enc']));"
    "from gi.repository import Gio; assert Gio.TlsBackend.get_default().supports_tls()"
)


def _usable() -> bool:
    if not Path(PYTHON).exists():
        return False
    probe = subprocess.run([PYTHON, "-c", _PROBE], capture_output=True, timeout=60, check=False)
    return probe.returncode == 0


def require_gstreamer() -> None:
    """Make sure the server can run: install it when root, else skip (and fail in CI)."""
    if _usable():
        return
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        install = [apt, "install", "-y", "--no-install-recommends", *PACKAGES]
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in ([apt, "update"], install):
            subprocess.run(command, env=quiet, capture_output=True, timeout=280, check=False)
        if _usable():
            return
    message = f"RTSP is NOT tested: GStreamer's RTSP server is missing ({' '.join(PACKAGES)})"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(message)
    pytest.skip(message)


class RtspServer:
    """A running server; a context manager. ``mounts``: path → pipeline with a pay0 in it.

    The other arguments are the script's own. ``port`` 0: any free one.
    """

    def __init__(
        self,
        mounts: Mapping[str, str],
        login: str | None = None,
        *,
        method: str = "digest",
        tls: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ):
        self._mounts = dict(mounts)
        self._options = [f"--host={host}", f"--port={port}", f"--method={method}"]
        if login:
            self._options.append(f"--login={login}")
        if tls is not None:
            self._options.append(f"--tls={tls}")
        self._scheme = "rtsp" if tls is None else "rtsps"
        self.host = host
        self.port = 0

    def __enter__(self) -> Self:
        command = [PYTHON, str(SCRIPT), *self._options]
        command += [f"{path}={pipeline}" for path, pipeline in self._mounts.items()]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("port "), f"the RTSP server did not start: {line!r}"
        self.port = int(line.split()[1])
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def freeze(self) -> None:
        """Stop it without closing its connections, as a camera that hangs does."""
        self._process.send_signal(signal.SIGSTOP)

    def url(self, path: str, login: str = "") -> str:
        at = f"{login}@" if login else ""
        return f"{self._scheme}://{at}{self.host}:{self.port}{path}"


def clip_pipeline(clip: Path) -> str:
    """Serve a clip made by `make_clip`, in real time, once for each viewer."""
    demux, parse, pay = {
        ".mp4": ("qtdemux", "h264parse", "rtph264pay config-interval=-1"),
        ".mkv": ("matroskademux", "h265parse", "rtph265pay config-interval=-1"),
        ".mov": ("qtdemux", "mpeg4videoparse", "rtpmp4vpay config-interval=1"),
        ".avi": ("avidemux", "jpegparse", "rtpjpegpay"),
        ".ts": ("tsdemux", "h264parse", "rtph264pay config-interval=-1"),
    }[clip.suffix]
    return f"filesrc location={clip} ! {demux} ! {parse} ! {pay} name=pay0 pt=96"


def make_certificate(folder: Path, name: str = "127.0.0.1") -> Path:
    """A self-signed certificate and its key in one PEM file, as a camera makes one for itself."""
    pem = folder / f"{name}.pem"
    key = folder / f"{name}.key"
    command = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{name}",
        "-keyout", str(key), "-out", str(pem),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    pem.write_text(pem.read_text() + key.read_text())
    return pem
