"""Messages and states over MQTT, and devices that Home Assistant finds by itself."""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import suppress
from typing import Any, Final, Literal, Self

from aiomqtt import Client, MqttError, Will
from aiomqtt import Message as Received
from pydantic import Field, model_validator

from streetlamp.broker import BrokerOptions, first_of
from streetlamp.errors import UserError
from streetlamp.notify import home_assistant as ha
from streetlamp.notify.base import NOTIFIERS, Notifier, Picture, Surroundings, no_picture
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.message import Message
from streetlamp.notify.options import TargetOptions
from streetlamp.notify.payload import payload

LOOK_SECONDS: Final = 1.0  # between two looks at what has changed
HELLO_SECONDS: Final = 5.0  # for what the broker has kept to come back


class MqttOptions(BrokerOptions, TargetOptions):
    kind: Literal["mqtt"] = Field("mqtt", title="Kind", description="Which kind this is.")
    topic: str = Field(
        "streetlamp",
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
        max_length=120,
        title="Topic",
        description="Everything stands below this topic. It must be this site's alone.",
    )
    device: str = Field(
        "streetlamp",
        pattern=r"^[A-Za-z0-9_-]{1,60}$",
        title="Device id",
        description="Begins the ids of this site's devices in Home Assistant.",
    )
    home_assistant: bool = Field(
        True,
        title="Home Assistant",
        description="Tell Home Assistant which devices there are (MQTT discovery).",
    )
    discovery: str = Field(
        "homeassistant",
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
        max_length=120,
        title="Discovery prefix",
        description="What Home Assistant listens to.",
    )
    spread_seconds: float = Field(
        3.0,
        ge=0,
        le=60,
        title="Spread",
        description="When Home Assistant has started, everything is sent again after a random "
        "time of up to so many seconds.",
    )
    keep_alive_seconds: int = Field(
        30,
        ge=5,
        le=600,
        title="Keep-alive",
        description="After one and a half times as long without a sign of life the broker says "
        "that Streetlamp is away.",
    )

    @model_validator(mode="after")
    def _place(self) -> Self:
        if self.topic == self.discovery or self.topic.startswith(f"{self.discovery}/"):
            raise ValueError("topic must not lie below the discovery prefix")
        return self


@NOTIFIERS.add("mqtt")
class Mqtt(Notifier):
    """Every message goes to `TOPIC/message` as JSON (QoS 1). What is so now (which rule has
    an open alarm, which camera is there, how many are in a counted zone) stands below `TOPIC` as
    retained messages, and `TOPIC/status` says whether Streetlamp is there. After a broken
    connection all of it is sent again, from the database."""

    kind = "mqtt"
    summary = "Messages and states for Home Assistant and others, over an MQTT broker."
    Options = MqttOptions
    options: MqttOptions

    def __init__(self, name: str, options: TargetOptions, around: Surroundings) -> None:
        super().__init__(name, options, around)
        self._tls = self.options.context()
        self._topics = ha.Topics(self.options.topic, self.options.device, self.options.discovery)
        self._client: Client | None = None
        self._had: dict[str, str] = {}  # what the broker has, as far as we know
        self._again = asyncio.Event()
        self._hello = asyncio.Event()

    @property
    def where(self) -> str:
        return f"{self.options.address}, below {self.options.topic}/"

    @property
    def ready(self) -> bool:
        return self._client is not None or self.around.world is None

    async def send(self, message: Message, now: float, picture: Picture = no_picture) -> str:
        del now, picture
        body = json.dumps({"event_type": message.kind.value, **payload(message)})
        try:
            if self._client is not None:
                await self._client.publish(self._topics.message, body, qos=1)
            elif self.around.world is None:  # a single message, without a standing connection
                async with self._new(None) as client:
                    await client.publish(self._topics.message, body, qos=1)
            else:
                raise NotifyError(f"no connection to {self.where}", retry=True)
        except MqttError as error:
            raise self._meant(error) from None
        return f"{self._topics.message} at {self.options.address}"

    async def stay(self) -> None:
        if self.around.world is None:
            return
        will = Will(self._topics.status, ha.OFFLINE, qos=1, retain=True)
        try:
            async with self._new(will) as client:
                await self._stay(client)
        except ExceptionGroup as group:
            if group.split((MqttError, OSError, UserError))[1] is not None:
                raise  # a fault of the program
            raise self._meant(first_of(group)) from None
        except (MqttError, OSError) as error:
            raise self._meant(error) from None
        finally:
            self._client = None

    def _new(self, will: Will | None) -> Client:
        return self.options.client(self._tls, will=will, keep_alive=self.options.keep_alive_seconds)

    async def _stay(self, client: Client) -> None:
        self._had = {}
        self._hello.clear()
        self._again.clear()
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen(client))
            await client.subscribe(f"{self.options.topic}/#", qos=1)
            if self.options.home_assistant:
                await client.subscribe(self._topics.birth, qos=1)
                await client.subscribe(self._topics.config("+"), qos=1)
            # What the broker has kept comes first; then this, and we know it all.
            await client.publish(f"{self.options.topic}/hello", "hello", qos=1)
            with suppress(TimeoutError):
                async with asyncio.timeout(HELLO_SECONDS):
                    await self._hello.wait()
            try:
                await self._take_away(client)
                await client.publish(self._topics.status, ha.ONLINE, qos=1, retain=True)
                await self._sync(client)
                self._client = client
                await self._look(client)
            finally:
                self._client = None
                listening.cancel()
                with suppress(MqttError, TimeoutError):
                    await client.publish(
                        self._topics.status, ha.OFFLINE, qos=1, retain=True, timeout=2
                    )

    async def _look(self, client: Client) -> None:
        """Sends what has changed, and everything when Home Assistant has started."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._again.wait()
            if self._again.is_set():
                await asyncio.sleep(self.options.spread_seconds * secrets.randbelow(1000) / 1000)
                self._again.clear()
                self._had = {}
                await client.publish(self._topics.status, ha.ONLINE, qos=1, retain=True)
            await self._sync(client)

    async def _listen(self, client: Client) -> None:
        async for received in client.messages:
            topic = received.topic.value
            if topic == f"{self.options.topic}/hello":
                self._hello.set()
            elif topic == self._topics.birth and _text(received) == ha.ONLINE:
                self._again.set()
            elif received.retain and not self._hello.is_set():
                self._had[topic] = _text(received)

    async def _take_away(self, client: Client) -> None:
        """What an earlier run said and is no longer so: cameras, rules and zones that are gone."""
        wanted = self._wanted()
        for topic, text in list(self._had.items()):
            if not text or topic in (self._topics.status, self._topics.message):
                continue
            if not self._topics.device_of(topic):
                if topic not in wanted:
                    await client.publish(topic, "", qos=1, retain=True)
                continue
            before = _mapping(text)
            if not ha.is_ours(before, self._topics):
                continue
            if topic not in wanted:
                await client.publish(topic, "", qos=1, retain=True)
                continue
            fewer = ha.without(json.loads(wanted[topic]), before)
            if fewer is not None:
                await client.publish(topic, json.dumps(fewer), qos=1, retain=True)
        self._had = {}  # said once more in any case: Home Assistant may have missed it

    async def _sync(self, client: Client) -> None:
        for topic, text in self._wanted().items():
            if self._had.get(topic) != text:
                await client.publish(topic, text, qos=1, retain=True)
                self._had[topic] = text

    def _wanted(self) -> dict[str, str]:
        """Everything that should stand at the broker: devices first, then their states."""
        world = self.around.world
        assert world is not None
        found: dict[str, str] = {}
        if self.options.home_assistant:
            made = ha.configs(world, self._topics, self.around.site, self.around.version)
            found = {topic: json.dumps(config) for topic, config in made.items()}
        return found | ha.states(world, self._topics)

    def _meant(self, error: BaseException) -> NotifyError:
        return NotifyError(self.options.meant(error), retry=True)


def _text(received: Received) -> str:
    data = received.payload
    return data.decode("utf-8", "replace") if isinstance(data, (bytes, bytearray)) else str(data)


def _mapping(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
