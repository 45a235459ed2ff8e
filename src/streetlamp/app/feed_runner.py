"""Keeps one feed running and hands what it reads to the room it is for.

It connects again with growing pauses, keeps readings in memory while the disk takes none, and
counts what was taken, refused and lost. The same for every kind of feed and for both rooms.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections import Counter, deque
from contextlib import aclosing, suppress
from typing import Final

from streetlamp.desk.feed_services import FeedView, Refusal
from streetlamp.feeds.base import Feed, FeedError, Here, Item, NotNowError, Reading, Refused, Sink

log: Final = logging.getLogger(__name__)

WRITE_SECONDS: Final = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 120.0  # seconds between two tries to connect
MOST_WAITING: Final = 50_000  # readings kept in memory while the disk takes nothing
_MOST_SAID: Final = 100  # names whose first refusal is logged
_LISTED: Final = 20  # refusals that the desk shows
_NAMES: Final = 10_000  # meters whose last time is remembered


class FeedRunner:
    """``run`` in one thread; the rest from any."""

    def __init__(self, room: str, name: str, feed: Feed, sink: Sink) -> None:
        self.room, self.name = room, name
        self._feed, self._sink = feed, sink
        self._waiting: deque[Reading] = deque(maxlen=MOST_WAITING)
        self._there = False  # it answers
        self._away = ""  # why there is no connection
        self._disk = ""  # why nothing can be written
        self._said: set[str] = set()
        self._refused: deque[Refusal] = deque(maxlen=_LISTED)
        self._newest: dict[tuple[str, str, str], str] = {}  # time last told, by what it is of
        self._counts: Counter[str] = Counter()
        self._last: float | None = None

    @property
    def trouble(self) -> str:
        """What a person should know, "" for nothing."""
        return "; ".join(text for text in (self._away, self._disk) if text)

    def view(self) -> FeedView:
        """How it does, for the desk."""
        counts = self._counts
        return FeedView(
            self.room, self.name, self._feed.kind, self._feed.where, self._there, self.trouble,
            counts["written"], counts["refused"], counts["lost"], self._last, tuple(self._refused),
        )  # fmt: skip

    def run(self, stopping: threading.Event) -> None:
        """Listens until it is told to stop; connects again whatever happens."""
        asyncio.run(self._keep(stopping))

    async def _keep(self, stopping: threading.Event) -> None:
        pause = FIRST_PAUSE
        while not stopping.is_set():
            self._there = False
            try:
                await self._listen(stopping)
            except FeedError as error:
                self._gone(str(error))
            if self._there:
                pause = FIRST_PAUSE
            self._there = False
            self._write()
            until = time.monotonic() + pause * random.uniform(0.7, 1.0)
            while time.monotonic() < until and not stopping.is_set():
                await asyncio.sleep(min(0.2, pause))
            pause = min(2 * pause, LONGEST_PAUSE)
        self._write()

    def _gone(self, error: str) -> None:
        if error != self._away:
            log.warning("%s, feed %s: %s", self.room, self.name, error)
        self._away = error

    async def _listen(self, stopping: threading.Event) -> None:
        hearing = asyncio.create_task(self._hear())
        try:
            while not stopping.is_set() and not hearing.done():
                await asyncio.wait({hearing}, timeout=WRITE_SECONDS)
                self._write()
        finally:
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing

    async def _hear(self) -> None:
        async with aclosing(self._feed.listen()) as items:
            async for item in items:
                self._take(item)
        raise FeedError(f"{self._feed.where} closed the connection")

    def _take(self, item: Item) -> None:
        if isinstance(item, Here):
            if self._away:
                log.info("%s: %s is there again", self.room, self._feed.where)
            self._there, self._away = True, ""
        elif isinstance(item, Refused):
            self._refuse(item)
        else:
            of = item.name, item.kind, item.instrument
            if self._newest.get(of) == item.time:
                return  # told again, or twice within a second
            if len(self._newest) >= _NAMES:
                self._newest.clear()
            self._newest[of] = item.time
            if len(self._waiting) == MOST_WAITING:
                self._counts["lost"] += 1
            self._waiting.append(item)

    def _refuse(self, one: Refused) -> None:
        self._counts["refused"] += 1
        name, why = _plain(one.name), _plain(one.why)  # who knows who sent that
        self._refused.append(Refusal(time.time(), name, why))
        if name not in self._said and len(self._said) < _MOST_SAID:
            self._said.add(name)
            log.warning("%s: a reading of %s is not used: %s (said once)", self.room, name, why)

    def _write(self) -> None:
        rows = list(self._waiting)
        if not rows:
            return
        now = time.time()
        try:
            refused = self._sink.put(rows, now)
        except (OSError, NotNowError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            said = f"{self.room}: readings wait in memory: {why}"
            if not self._disk:
                log.warning("%s", said)
            self._disk = said
            return
        self._disk = ""
        self._counts["written"] += len(rows) - len(refused)
        self._last = now
        for one in refused:
            self._refuse(one)
        for _ in rows:
            self._waiting.popleft()


def _plain(text: str) -> str:
    """One line, and not a long one."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:200])
