"""Hears meters over MQTT and writes what they say into the folder of readings.

From there on a reading is as any other: the folder is looked through, and what came twice counts
once. The broker keeps messages of QoS 1 while Streetlamp is away or the disk takes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from aiomqtt import Client, Message, MqttError

from streetlamp.broker import first_of
from streetlamp.meters.feed_file import FeedFile
from streetlamp.meters.feed_options import FeedOptions
from streetlamp.meters.message import MessageError, Row, row_of
from streetlamp.meters.options import MeterOptions

log: Final = logging.getLogger(__name__)

WRITE_SECONDS: Final = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 120.0  # seconds between two tries to connect
MOST_WAITING: Final = 50_000  # rows kept in memory while the disk takes nothing


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of messages since the start."""

    written: int
    refused: int
    lost: int


class MeterFeed:
    """``run`` in one thread; the rest from any."""

    def __init__(self, options: FeedOptions, file: FeedFile) -> None:
        """UserError: the authority cannot be used."""
        self._options = options
        self._file = file
        self._tls = options.context()
        self._waiting: deque[Row] = deque(maxlen=MOST_WAITING)
        self._away = ""  # why there is no connection
        self._disk = ""  # why nothing can be written
        self._said: set[str] = set()
        self._counts: Counter[str] = Counter()

    @property
    def trouble(self) -> str:
        """What a person should know, "" for nothing."""
        return "; ".join(text for text in (self._away, self._disk) if text)

    @property
    def heard(self) -> Heard:
        return Heard(self._counts["written"], self._counts["refused"], self._counts["lost"])

    def run(self, stopping: threading.Event) -> None:
        """Listens until it is told to stop; connects again whatever happens."""
        asyncio.run(self._keep(stopping))

    async def _keep(self, stopping: threading.Event) -> None:
        pause = FIRST_PAUSE
        while not stopping.is_set():
            try:
                await self._listen(stopping)
                pause = FIRST_PAUSE
            except ExceptionGroup as group:
                if group.split((MqttError, OSError))[1] is not None:
                    raise  # a fault of the program
                self._gone(first_of(group))
            except (MqttError, OSError) as error:
                self._gone(error)
            self._write()
            until = time.monotonic() + pause * random.uniform(0.7, 1.0)
            while time.monotonic() < until and not stopping.is_set():
                await asyncio.sleep(0.2)
            pause = min(2 * pause, LONGEST_PAUSE)
        self._write()

    def _gone(self, error: BaseException) -> None:
        said = f"meters: {self._options.meant(error)}"
        if said != self._away:
            log.warning("%s", said)
        self._away = said

    async def _listen(self, stopping: threading.Event) -> None:
        options = self._options
        client = options.client(self._tls, identifier=options.client_id, lasting=True)
        async with client:
            for topic in options.topics:
                await client.subscribe(topic.filter, qos=1)
            if self._away:
                log.info("meters: the broker %s is there again", options.address)
            self._away = ""
            hearing = asyncio.create_task(self._hear(client))
            try:
                while not stopping.is_set() and not hearing.done():
                    await asyncio.sleep(WRITE_SECONDS)
                    self._write()
            finally:
                hearing.cancel()
                with suppress(asyncio.CancelledError):
                    await hearing

    async def _hear(self, client: Client) -> None:
        async for message in client.messages:
            self._take(message, time.time())

    def _take(self, message: Message, now: float) -> None:
        name = message.topic.value
        body = message.payload if isinstance(message.payload, (bytes, bytearray)) else b""
        for topic in self._options.topics:
            meter = topic.meter_of(name)
            if meter is None:
                continue
            if message.retain and not topic.time:
                return  # who knows when that was
            try:
                row = row_of(topic, meter, bytes(body), now)
            except MessageError as error:
                self._counts["refused"] += 1
                self._say_once(topic.topic, name, error)
                return
            if len(self._waiting) == MOST_WAITING:
                self._counts["lost"] += 1
            self._waiting.append(row)
            return

    def _say_once(self, topic: str, name: str, error: MessageError) -> None:
        if topic not in self._said:
            self._said.add(topic)
            log.warning("meters: a message of %s is not used: %s (said once)", name, error)

    def _write(self) -> None:
        rows = list(self._waiting)
        if not rows:
            return
        try:
            self._file.add(rows, time.time())
        except OSError as error:
            said = f"meters: readings wait in memory: {error.strerror}"
            if not self._disk:
                log.warning("%s", said)
            self._disk = said
            return
        self._disk = ""
        self._counts["written"] += len(rows)
        for _ in rows:
            self._waiting.popleft()


def make_feed(options: MeterOptions) -> MeterFeed | None:
    """None where no meter publishes. UserError: the broker's authority cannot be used."""
    if options.mqtt is None or options.folder is None:
        return None
    return MeterFeed(options.mqtt, FeedFile(options.folder, "mqtt"))
