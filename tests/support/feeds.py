"""Feeds that run in a thread, devices that run beside them, and what was written."""

from __future__ import annotations

import asyncio
import csv
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from streetlamp.app.feed_runner import FeedRunner
from streetlamp.feeds.options import FeedOptions
from streetlamp.feeds.parse import make_feed, parse_feed
from streetlamp.meters.feed_file import FeedFile
from streetlamp.meters.feeds import METERS, MeterSink


def until(what: Callable[[], bool], patience: float = 30.0) -> None:
    end = time.monotonic() + patience
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@contextmanager
def running(feed: FeedRunner) -> Iterator[FeedRunner]:
    stopping = threading.Event()
    thread = threading.Thread(target=feed.run, args=(stopping,))
    thread.start()
    try:
        yield feed
    finally:
        stopping.set()
        thread.join(20)
    assert not thread.is_alive()


def meter_options(**given: Any) -> FeedOptions:
    options = parse_feed(given, METERS)
    assert isinstance(options, FeedOptions)
    return options


def meter_feed(folder: Path, name: str = "hall", **given: Any) -> FeedRunner:
    """A feed of the site file that writes into a folder."""
    sink = MeterSink(FeedFile(folder, name))
    return FeedRunner("meters", name, make_feed(meter_options(**given)), sink)


def written(folder: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for path in sorted(folder.glob("*.csv")):
        with path.open() as lines:
            found += csv.DictReader(lines)
    return found


class Loop:
    """An event loop in a thread, for servers that stay."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        return self

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(30)

    def __exit__(self, *_: object) -> None:
        self.do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    async def _end(self) -> None:
        left = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._loop.shutdown_asyncgens()


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class TcpDevice:
    """Answers at a loopback port that stays the same when it goes and comes back."""

    def __init__(self, loop: Loop, talk: Talk) -> None:
        self._loop, self._talk = loop, talk
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.calls = 0  # connections so far

    def start(self) -> None:
        self._loop.do(self._begin())

    def stop(self) -> None:
        self._loop.do(self._stop())

    async def _begin(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        self._open.add(writer)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), 5)
        self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
