"""Meters and tanks that publish to an MQTT broker. The broker keeps messages of QoS 1 while
Streetlamp is away."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Literal, Self

from aiomqtt import Message, MqttError
from pydantic import Field, ValidationInfo, model_validator

from streetlamp.broker import BrokerOptions, first_of
from streetlamp.feeds.base import (
    FEEDS,
    Feed,
    FeedError,
    Here,
    Item,
    NoReadingError,
    Reading,
    Refused,
)
from streetlamp.feeds.message import reading_of
from streetlamp.feeds.options import FeedOptions, WhatOptions, room_of

_PATH: Final = r"^$|^[^.\s]+(\.[^.\s]+)*$"
_NAMES: Final = ("{meter_id}", "{store}")
INSTRUMENT: Final = "{instrument}"


@dataclass(frozen=True, slots=True)
class Named:
    """Whose topic it is."""

    name: str
    instrument: str


class TopicOptions(WhatOptions):
    """Readings of one sort."""

    topic: str = Field(
        min_length=1,
        max_length=200,
        title="Topic",
        description="Where they are published. One level is {meter_id}, the meter's name (of "
        "stores: {store}, and, if you like, {instrument}); `+` stands for any level, `#` at the "
        "end for all that follow.",
        examples=["water/{meter_id}/state"],
    )
    value: str = Field(
        "",
        pattern=_PATH,
        title="Value",
        description="Where in the JSON the value stands, with dots: ENERGY.Total. Empty: the whole "
        "message is the number.",
    )
    time: str = Field(
        "",
        pattern=_PATH,
        title="Time",
        description="Where the time of the reading stands: ISO 8601, or seconds or milliseconds "
        "since 1970. Empty: when it comes in.",
    )
    quality: str = Field(
        "",
        pattern=_PATH,
        title="Quality",
        description="Where a mark of quality stands; what is estimated is not believed.",
    )

    @property
    def _timed(self) -> bool:
        return bool(self.time)

    @model_validator(mode="after")
    def _levels_make_sense(self, info: ValidationInfo) -> Self:
        room = room_of(info)
        noun = f"{{{room.noun}}}"
        levels = self.topic.split("/")
        if levels.count(noun) != 1:
            raise ValueError(f"exactly one level of the topic must be {noun}")
        if levels.count(INSTRUMENT) > int(room.instruments):
            raise ValueError("{instrument} stands at most once, and in topics of stores alone")
        others = [one for one in levels if one not in (noun, INSTRUMENT)]
        if any(
            re.search(r"[{}]", one) or (len(one) > 1 and re.search("[+#]", one)) for one in others
        ):
            raise ValueError(f"a level of the topic is a name, + or {noun}, whole")
        if "#" in levels[:-1]:
            raise ValueError("# may only be the topic's last level")
        return self

    @property
    def filter(self) -> str:
        """What to subscribe to."""
        levels = ("+" if one.startswith("{") else one for one in self.topic.split("/"))
        return "/".join(levels)

    def named(self, topic: str) -> Named | None:
        """The meter or store whose topic this is; None: it is not of this sort."""
        name, instrument = None, self.instrument
        names = topic.split("/")
        levels = self.topic.split("/")
        if levels[-1] == "#":
            levels = levels[:-1]
            names = names[: len(levels)]
        if len(names) != len(levels):
            return None
        for level, said in zip(levels, names, strict=True):
            if level in _NAMES:
                name = said
            elif level == INSTRUMENT:
                instrument = said
            elif level not in ("+", said):
                return None
        return Named(name, instrument) if name else None


class MqttOptions(BrokerOptions, FeedOptions):
    """A broker at which meters or tanks publish."""

    kind: Literal["mqtt"] = Field("mqtt", title="Kind", description="mqtt.")
    client_id: str = Field(
        "streetlamp-meters",
        pattern=r"^[A-Za-z0-9_-]{1,23}$",
        title="Client id",
        description="The name the broker knows Streetlamp by, and under which it keeps readings "
        "while Streetlamp is away. No two may have the same.",
    )
    topics: tuple[TopicOptions, ...] = Field(
        min_length=1, title="Topics", description="What is published where."
    )


@FEEDS.add("mqtt")
class MqttFeed(Feed):
    """Hears what meters or tanks publish to an MQTT broker."""

    kind = "mqtt"
    summary = "MQTT: numbers or JSON that are published to a broker"
    Options: ClassVar[type[FeedOptions]] = MqttOptions
    options: MqttOptions

    def __init__(self, options: FeedOptions) -> None:
        super().__init__(options)
        self._tls = self.options.context()

    @property
    def where(self) -> str:
        return f"mqtt://{self.options.address}"

    async def listen(self) -> AsyncGenerator[Item, None]:
        options = self.options
        client = options.client(self._tls, identifier=options.client_id, lasting=True)
        with self._troubles():
            async with client:
                for topic in options.topics:
                    await client.subscribe(topic.filter, qos=1)
                yield Here()
                async for message in client.messages:
                    for item in self._items(message, time.time()):
                        yield item

    async def probe(self) -> Sequence[Reading | Refused]:
        """Only connects, under another name: what waits at the broker is for who runs."""
        with self._troubles():
            async with self.options.client(self._tls):
                return ()

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        try:
            yield
        except ExceptionGroup as group:
            if group.split((MqttError, OSError))[1] is not None:
                raise  # a fault of the program
            raise FeedError(self.options.meant(first_of(group))) from None
        except (MqttError, OSError) as error:
            raise FeedError(self.options.meant(error)) from None

    def _items(self, message: Message, now: float) -> list[Item]:
        said = message.topic.value
        body = message.payload if isinstance(message.payload, (bytes, bytearray)) else b""
        for topic in self.options.topics:
            found = topic.named(said)
            if found is None:
                continue
            if message.retain and not topic.time:
                return []  # who knows when that was
            try:
                one = reading_of(topic, topic, found.name, bytes(body), now)
            except NoReadingError as error:
                return [Refused(said, str(error))]
            return [replace(one, instrument=found.instrument)]
        return []
