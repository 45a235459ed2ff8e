"""A kind of feed: connects once and gives readings until the connection is lost.

No retries, no threads, nothing is stored: all of that is the runner's (``app/feed_runner.py``).
A new kind is one file in ``kinds/``: a class with ``session`` (or ``listen``), its options beside
it, and ``@FEEDS.add("name")``.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import math
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Protocol

from streetlamp.errors import UserError
from streetlamp.feeds.options import AskedOptions, FeedOptions, WhatOptions
from streetlamp.plugins import Registry

LONGEST_NAME: Final = 120  # of a meter or store


class FeedError(Exception):
    """Why a device or broker cannot be read now, for a person. It is tried again."""


class NotNowError(Exception):
    """Why what takes readings cannot take any now, for a person. They wait."""


class NoReadingError(ValueError):
    """Why something that came is no reading, for a person."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one meter or store."""

    name: str
    kind: str
    value: float  # finite, in `unit`
    unit: str
    time: str  # ISO 8601; without an offset it is read in the site's zone
    register: bool = True  # a counter's state or a level; False: an interval's amount or mean rate
    quality: str = ""  # "": good
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that came and is no reading."""

    name: str  # of the meter, the store, the topic …
    why: str


@dataclass(frozen=True, slots=True)
class Here:
    """The device or broker answers."""


Item = Reading | Refused | Here


class Sink(Protocol):
    """What takes readings."""

    def put(self, readings: Sequence[Reading], now: float) -> Sequence[Refused]:
        """What was not taken, and why. NotNowError, OSError: none was taken for good; try again.

        The same reading told again is taken once."""
        ...


Read = Callable[[], Awaitable[Sequence[Reading | Refused]]]


class Feed(ABC):
    """One feed of the site file."""

    kind: ClassVar[str]
    summary: ClassVar[str]  # one line, for the docs
    Options: ClassVar[type[FeedOptions]]
    rooms: ClassVar[frozenset[str]] = frozenset({"meters", "stock"})
    needs: ClassVar[tuple[str, ...]] = ()  # modules of the extra

    def __init__(self, options: FeedOptions) -> None:
        """UserError when it can never work with these options, or its library is missing."""
        self.options = options
        for module in self.needs:
            if importlib.util.find_spec(module) is None:
                raise UserError(
                    f"a feed of the kind {self.kind} needs the library {module}: install "
                    "streetlamp with its extra, streetlamp[field]."
                )

    @property
    @abstractmethod
    def where(self) -> str:
        """What is read, without anything secret."""

    @abstractmethod
    def listen(self) -> AsyncGenerator[Item, None]:
        """Connects, then gives what comes; FeedError when it is over. Closing it disconnects."""

    async def probe(self) -> Sequence[Reading | Refused]:
        """Connects once; what came until the other side had answered. FeedError: it did not."""
        found: list[Reading | Refused] = []
        async with aclosing(self.listen()) as items:
            async for item in items:
                if isinstance(item, Here):
                    return found
                found.append(item)
        raise FeedError(f"{self.where} closed the connection")


class AskedFeed(Feed):
    """A feed that asks a device again and again."""

    options: AskedOptions

    @abstractmethod
    def session(self) -> AbstractAsyncContextManager[Read]:
        """A connection: gives what asks for all readings once. FeedError: there is none."""

    async def listen(self) -> AsyncGenerator[Item, None]:
        every = self.options.every
        async with self.session() as read:
            while True:
                for one in await read():
                    yield one
                yield Here()
                await asyncio.sleep(every - time.time() % every)


def library(name: str) -> Any:
    """A module of the extra. `Feed.needs` has seen that it is there."""
    return importlib.import_module(name)


def hushed(logger: str) -> None:
    """A library's own log lines go nowhere: what is wrong is said by the feed, once."""
    logging.getLogger(logger).setLevel(logging.CRITICAL)


def reading(what: WhatOptions, name: str, told: Any, time: str, quality: str = "") -> Reading:
    """A reading of what the options say. NoReadingError: it is no finite number."""
    return Reading(
        name, what.kind, number(told), what.unit, time, what.counts == "register", quality,
        what.instrument,
    )  # fmt: skip


def number(told: Any) -> float:
    """A finite number out of whatever a device says; NoReadingError."""
    if isinstance(told, str):
        try:
            told = float(told)
        except ValueError:
            raise NoReadingError("its value is no number") from None
    if isinstance(told, bool) or not isinstance(told, (int, float)):
        raise NoReadingError("its value is no number")
    try:
        value = float(told)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise NoReadingError("its value is no finite number")
    return value


def scaled(told: Any, scale: float, missing: Sequence[float]) -> float:
    """A bare number in its unit; NoReadingError: it is none, or one that means so."""
    value = number(told)
    if value in missing:
        raise NoReadingError("the device says that it has no reading")
    return number(value * scale)


def iso(at: float) -> str:
    """POSIX seconds as ISO 8601 in UTC, whole seconds; NoReadingError: no such time."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        raise NoReadingError("its time is no time") from None


def now() -> str:
    """This moment, as `iso`."""
    return iso(time.time())


FEEDS: Final[Registry[type[Feed]]] = Registry("feed", "streetlamp.feeds.kinds")
