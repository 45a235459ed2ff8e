"""`streetlamp run` under measurement: started, logged in to, asked, and stopped in good order."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parent.parent
NAME, PASSWORD = "bench", "measured again and again"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


class NotRunningError(Exception):
    """The desk did not start, or ended by itself; the text holds the end of what it said."""


class Lamp:
    """A running desk; a context manager. `site` is the text of a site file.

    again: it has run in that folder before, so there is an account to log in with.
    """

    def __init__(self, site: str, folder: Path, *, again: bool = False) -> None:
        self.folder = folder
        self._again = again
        self.data = folder / "data"
        self._log = folder / "run.log"
        (folder / "site.yaml").write_text(site)
        jar = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar)
        )
        self._jar = jar
        self.url = ""
        self.link = ""

    def __enter__(self) -> Self:
        site = str(self.folder / "site.yaml")
        command = [sys.executable, "-u", "-m", "streetlamp", "run", site]
        command += ["--data", str(self.data), "--port", "0"]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            )  # fmt: skip
        try:
            if not self._again:
                self.link = self._find(r"First login: (\S+)")
            self.url = self._find(r"Desk: (http://\S+)/")
        except NotRunningError:
            self._process.kill()
            self._process.wait()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=90)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def _find(self, pattern: str, seconds: float = 120) -> str:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := re.search(pattern, self.said):
                return found[1]
            if not self.alive:
                break
            time.sleep(0.1)
        raise NotRunningError(f"the desk did not start:\n{self.said[-3000:]}")

    def kill(self) -> None:
        """As a power cut would: no time to write anything."""
        self._process.kill()
        self._process.wait()

    def login(self) -> None:
        """Uses the one-time link, or the account that it made."""
        if self._again:
            self.post("/api/login", {"name": NAME, "password": PASSWORD})
            return
        token = self.link.partition("#token=")[2]
        self.post("/api/setup", {"token": token, "name": NAME, "password": PASSWORD})

    def post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Origin": self.url, "Content-Type": "application/json"}
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        with self._opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def get(self, path: str) -> Any:
        with self._opener.open(self.url + path, timeout=60) as answer:
            return json.load(answer)

    def fetch(self, path: str) -> int:
        """Reads a file to its end; its bytes."""
        with self._opener.open(self.url + path, timeout=60) as answer:
            return len(answer.read())

    @contextlib.contextmanager
    def socket(self, path: str) -> Iterator[ClientConnection]:
        """A live socket of whoever is logged in."""
        cookies = "; ".join(f"{one.name}={one.value}" for one in self._jar)
        with connect(
            self.url.replace("http://", "ws://") + path,
            origin=self.url,
            additional_headers={"Cookie": cookies},
            compression=None,
            max_size=None,
            close_timeout=2,
        ) as socket:
            yield socket

    def cpu(self) -> float:
        """CPU seconds until now, of the process and the children it has waited for."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(fields[i]) for i in (11, 12, 13, 14)) / TICKS

    @staticmethod
    def machine() -> float:
        """CPU seconds the whole machine has worked, everybody together."""
        first = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
        return sum(int(first[i]) for i in (0, 1, 2, 5, 6)) / TICKS

    def threads(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"Threads:\s+(\d+)", status)
        return int(found[1]) if found else 0

    def files(self) -> int:
        """Files and sockets that are open."""
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))

    def memory(self) -> float:
        """Megabytes in memory now."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * PAGE_SIZE / 1e6
