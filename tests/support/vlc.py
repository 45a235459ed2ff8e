"""VLC as a second, independent RTSP server; it sends over UDP alone."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import pytest

PACKAGES = ("vlc-bin", "vlc-plugin-base")


def require_vlc() -> None:
    """Make sure VLC is there: install it when root, else skip (and fail in CI)."""
    apt = shutil.which("apt-get")
    if shutil.which("vlc") is None and apt and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = [apt, "install", "-y", "--no-install-recommends", *PACKAGES]
        for command in ([apt, "update"], install):
            subprocess.run(command, env=quiet, capture_output=True, timeout=280, check=False)
    if shutil.which("vlc"):
        return
    message = f"a second RTSP server is NOT tested: VLC is missing ({' '.join(PACKAGES)})"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(message)
    pytest.skip(message)


class VlcServer:
    """Serves a clip at /cam, again and again; a context manager. The clip must be readable."""

    def __init__(self, clip: Path) -> None:
        self._clip = clip
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def __enter__(self) -> Self:
        where = f"#rtp{{sdp=rtsp://127.0.0.1:{self.port}/cam}}"
        command = ["vlc", "-I", "dummy", "--no-dbus", "--loop", "--rtsp-host=127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "--sout", where, "--sout-keep", str(self._clip)],
            user="nobody" if os.geteuid() == 0 else None,  # VLC does not run as root
            env={"HOME": "/tmp", "PATH": os.environ["PATH"]},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        self.__exit__()
        raise AssertionError("VLC did not start")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/cam"
