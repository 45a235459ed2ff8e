"""A real Mosquitto on a loopback port that can be killed and come back, and an ear at it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest
from aiomqtt import Client

STARTS_WITHIN = 20.0  # seconds


def find_mosquitto() -> str:
    """Skips loudly where there is none; fails where CI must have it."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if found is None:
        what = "no Mosquitto: `apt-get install mosquitto` (as root) and run the tests again"
        if os.environ.get("CI") == "true":
            pytest.fail(what, pytrace=False)
        pytest.skip(what)
    return found


class Broker:
    """Runs in the background; keeps nothing over its death, as one in memory does not."""

    def __init__(self, folder: Path, *more: str) -> None:
        self._program = find_mosquitto()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._config = folder / "mosquitto.conf"
        lines = [f"listener {self.port} 127.0.0.1", *(more or ("allow_anonymous true",))]
        if os.geteuid() == 0:
            lines.append("user root")  # it would become somebody who may not read this folder
        self._config.write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "-c", str(self._config)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError("Mosquitto did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class Ear:
    """Hears everything at a broker: ``kept`` is what it retains, ``heard`` all that came."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.kept: dict[str, str] = {}
        self.heard: list[tuple[str, str]] = []
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._client = Client("127.0.0.1", self._port, identifier=f"ear-{id(self)}")
        await self._client.__aenter__()
        await self._client.subscribe("#", qos=1)
        self._task = asyncio.create_task(self._listen())
        return self

    async def _listen(self) -> None:
        async for message in self._client.messages:
            topic, payload = message.topic.value, message.payload
            text = payload.decode() if isinstance(payload, bytes) else str(payload)
            self.heard.append((topic, text))
            if text:
                self.kept[topic] = text
            else:
                self.kept.pop(topic, None)
            self._news.set()

    async def say(self, topic: str, text: str, *, retain: bool = False) -> None:
        await self._client.publish(topic, text, qos=1, retain=retain)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for what comes; fails when it never does."""
        async with asyncio.timeout(30):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._client.__aexit__(None, None, None)


@contextmanager
def broker(folder: Path, *more: str) -> Iterator[Broker]:
    with Broker(folder, *more) as running:
        yield running
