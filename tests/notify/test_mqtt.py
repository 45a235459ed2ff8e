"""MQTT at a real Mosquitto: discovery, states, a broker that dies, and what must go again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from streetlamp.errors import UserError
from streetlamp.notify import home_assistant as ha
from streetlamp.notify.base import Surroundings
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.keeper import end
from streetlamp.notify.kinds.mqtt import Mqtt
from streetlamp.notify.message import MessageKind
from streetlamp.notify.parse import parse_target
from streetlamp.notify.world import CameraFacts, RuleFacts
from streetlamp.values import CameraState, CameraStatus
from support.broker import Broker, Ear, broker
from support.discovery_schema import DISCOVERY
from support.notify import T0, message

GATE = CameraFacts(
    "gate",
    "Main gate",
    "North",
    rules=(RuleFacts("Somebody is on the lawn", "intrusion", "lawn"), RuleFacts("夜", "dwell", "")),
    counted=("lawn",),
)
DOCK = CameraFacts("dock", "Dock")
LAWN = f"lamp/camera/gate/rule/{ha.key('Somebody is on the lawn')}"
TOPICS = ha.Topics("lamp", "lamp", "homeassistant")


@dataclass
class MadeUp:
    """A world that tests change."""

    cameras: Sequence[CameraFacts] = (GATE, DOCK)
    alarms: dict[tuple[str, str], int] = field(default_factory=dict)
    live: set[str] = field(default_factory=lambda: {"gate"})
    inside: dict[tuple[str, str], int] = field(default_factory=dict)

    def open_alarms(self) -> Mapping[tuple[str, str], int]:
        return self.alarms

    def statuses(self) -> Sequence[CameraStatus]:
        states = {True: CameraState.LIVE, False: CameraState.WAITING}
        return [CameraStatus(one.id, states[one.id in self.live], T0) for one in self.cameras]

    def occupancy(self) -> Mapping[tuple[str, str], int]:
        return self.inside


def target(port: int, world: MadeUp | None, **rest: Any) -> Mqtt:
    options = parse_target(
        {"kind": "mqtt", "host": "127.0.0.1", "port": port, "topic": "lamp", "device": "lamp",
         "spread_seconds": 0, **rest}
    )  # fmt: skip
    return Mqtt("home", options, Surroundings("Riverside", "1.2", Path("/nowhere"), world=world))


def validated(config: Any) -> None:
    errors = [str(one) for one in jsonschema_rs.Draft202012Validator(DISCOVERY).iter_errors(config)]
    assert not errors


def test_discovery_is_what_the_documentation_asks_for() -> None:
    found = ha.configs(MadeUp(), TOPICS, "Riverside", "1.2")
    assert set(found) == {
        "homeassistant/device/lamp/config",
        "homeassistant/device/lamp_gate/config",
        "homeassistant/device/lamp_dock/config",
    }
    for config in found.values():
        validated(config)
    unique = [one["unique_id"] for config in found.values() for one in config["cmps"].values()]
    assert len(unique) == len(set(unique))
    gate = found["homeassistant/device/lamp_gate/config"]
    assert gate["dev"]["sa"] == "North"
    assert gate["dev"]["via_device"] == "lamp"
    assert len(gate["cmps"]) == 5
    states = ha.states(MadeUp(), TOPICS)
    topics = {
        one["state_topic"] for config in found.values() for one in config["cmps"].values()
    } - {TOPICS.message}
    assert set(states) == topics, "every entity has a state, and every state an entity"


def test_the_schema_finds_slips() -> None:
    whole = ha.configs(MadeUp(), TOPICS, "Riverside", "1.2")[TOPICS.config("lamp_gate")]
    for slip in (
        {**whole, "o": {}},
        {key: value for key, value in whole.items() if key != "dev"},
        {**whole, "stat": "x"},
        {**whole, "cmps": {"a": {"p": "binary_sensor", "state_topic": "x"}}},
        {**whole, "dev": {"name": "x"}},
    ):
        with pytest.raises(AssertionError):
            validated(slip)


def test_names_that_look_alike_are_two() -> None:
    assert ha.key("Lawn!") != ha.key("Lawn?")
    assert ha.key("夜") != ha.key("朝")
    assert ha.key("夜").isascii()


async def until_ready(mqtt: Mqtt) -> None:
    async with asyncio.timeout(30):
        while not mqtt.ready:
            await asyncio.sleep(0.01)


def wanted(world: MadeUp) -> set[str]:
    """Every topic at which something stands."""
    return {*ha.configs(world, TOPICS, "R", "1"), *ha.states(world, TOPICS), TOPICS.status}


async def running(mqtt: Mqtt, work: Callable[[], Awaitable[None]]) -> None:
    """The loop's part: its connection is made anew whenever it is lost."""

    async def keep() -> None:
        while True:
            with suppress(NotifyError):
                await mqtt.stay()
            await asyncio.sleep(0.05)

    task = asyncio.create_task(keep())
    try:
        await work()
    finally:
        await end([task])


@pytest.fixture
def mosquitto(tmp_path: Path) -> Any:
    with broker(tmp_path) as made:
        yield made


def test_devices_states_and_messages(mosquitto: Broker) -> None:
    world = MadeUp()
    mqtt = target(mosquitto.port, world)

    async def work() -> None:
        async with Ear(mosquitto.port) as ear:
            await ear.until(lambda: set(ear.kept) >= wanted(world))
            assert ear.kept["lamp/status"] == "online"
            for topic in ha.configs(world, TOPICS, "Riverside", "1.2"):
                validated(json.loads(ear.kept[topic]))
            assert ear.kept[LAWN] == "OFF"
            assert ear.kept["lamp/camera/gate/connection"] == "ON"
            assert ear.kept["lamp/camera/dock/connection"] == "OFF"
            world.alarms["gate", "Somebody is on the lawn"] = 2
            world.inside["gate", "lawn"] = 3
            await ear.until(lambda: ear.kept.get(LAWN) == "ON")
            await ear.until(lambda: ear.kept[f"lamp/camera/gate/zone/{ha.key('lawn')}"] == "3")
            assert ear.kept["lamp/site/open_alarms"] == "2"
            said = await mqtt.send(message(), T0)
            assert said == f"lamp/message at 127.0.0.1:{mosquitto.port}"
            await ear.until(lambda: "lamp/message" in ear.kept)
            body = json.loads(ear.kept["lamp/message"])
            config = json.loads(ear.kept[TOPICS.config("lamp")])
            assert body["event_type"] in config["cmps"]["message"]["event_types"]
            assert body["data"]["alarm"]["place"] == "yard"

    async def both() -> None:
        async with Ear(mosquitto.port) as ear:
            await running(mqtt, work)
            await ear.until(lambda: ear.kept["lamp/status"] == "offline")  # said on leaving

    asyncio.run(both())


def test_a_broker_that_dies_and_returns_loses_no_state(mosquitto: Broker) -> None:
    world = MadeUp(alarms={("gate", "夜"): 1})
    mqtt = target(mosquitto.port, world)
    rule = f"lamp/camera/gate/rule/{ha.key('夜')}"

    async def work() -> None:
        async with Ear(mosquitto.port) as ear:
            await ear.until(lambda: set(ear.kept) >= wanted(world))
            assert ear.kept[rule] == "ON"
            await until_ready(mqtt)
            before = dict(ear.kept)
        mosquitto.kill()
        while mqtt.ready:
            await asyncio.sleep(0.01)
        with pytest.raises(NotifyError) as caught:
            await mqtt.send(message(), T0)
        assert caught.value.retry
        world.alarms = {("gate", "Somebody is on the lawn"): 1}  # meanwhile
        mosquitto.start()  # with nothing kept
        async with Ear(mosquitto.port) as ear:
            await ear.until(lambda: set(ear.kept) >= set(before))
            await until_ready(mqtt)
            assert ear.kept[rule] == "OFF"
            assert ear.kept[LAWN] == "ON"
            for topic in ha.configs(world, TOPICS, "Riverside", "1.2"):
                assert ear.kept[topic] == before[topic]
            await mqtt.send(message(), T0)

    asyncio.run(running(mqtt, work))


def test_the_last_will_says_that_it_is_away(mosquitto: Broker) -> None:
    mqtt = target(mosquitto.port, MadeUp())

    async def work() -> None:
        async with Ear(mosquitto.port) as ear:
            await until_ready(mqtt)
            client = mqtt._client
            assert client is not None
            sock = client._client.socket()
            assert sock is not None
            sock.shutdown(2)  # as a power cut would
            await ear.until(lambda: ("lamp/status", "offline") in ear.heard)
            await ear.until(lambda: ear.kept["lamp/status"] == "online")

    asyncio.run(running(mqtt, work))


def test_when_home_assistant_has_started_all_is_said_again(mosquitto: Broker) -> None:
    world = MadeUp()
    mqtt = target(mosquitto.port, world)

    async def work() -> None:
        async with Ear(mosquitto.port) as ear:
            await until_ready(mqtt)
            await ear.until(lambda: set(ear.kept) >= wanted(world))
            ear.heard.clear()
            await ear.say("homeassistant/status", "offline")
            await ear.say("homeassistant/status", "online")
            await ear.until(lambda: {topic for topic, _ in ear.heard} >= wanted(world))

    asyncio.run(running(mqtt, work))


def test_what_left_the_site_file_leaves_home_assistant(mosquitto: Broker) -> None:
    """A camera, a rule and a zone; what others keep there stays."""
    foreign = "homeassistant/device/lamp_of_others/config"

    fewer = MadeUp(cameras=(replace(GATE, rules=GATE.rules[1:], counted=()),))
    gone = f"rule_{ha.key('Somebody is on the lawn')}"
    topic = TOPICS.config("lamp_gate")

    async def work() -> None:
        async with Ear(mosquitto.port) as ear:
            await ear.say(foreign, json.dumps({"o": {"name": "other"}, "cmps": {}}), retain=True)
            mqtt = target(mosquitto.port, MadeUp())
            await running(mqtt, lambda: ear.until(lambda: set(ear.kept) >= wanted(MadeUp())))
            ear.heard.clear()
            mqtt = target(mosquitto.port, fewer)
            everything = wanted(fewer) | {foreign, "lamp/hello"}  # said, not kept
            await running(mqtt, lambda: ear.until(lambda: set(ear.kept) == everything))
            told = [json.loads(text) for heard, text in ear.heard if heard == topic and text]
            (taken_away,) = [one for one in told if one["cmps"].get(gone) == {"p": "binary_sensor"}]
            validated(taken_away)
            assert gone not in told[-1]["cmps"]
            assert LAWN not in ear.kept

    asyncio.run(work())


def test_a_login_that_is_refused_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "nobody").touch(mode=0o600)
    with broker(tmp_path, "allow_anonymous false", f"password_file {tmp_path}/nobody") as closed:
        mqtt = target(closed.port, MadeUp(), username="ada", password="hunter2")
        for work in (mqtt.stay(), target(closed.port, None, username="x").send(message(), T0)):
            with pytest.raises(NotifyError, match="refuses the login") as caught:
                asyncio.run(work)  # type: ignore[arg-type]
            assert "hunter2" not in str(caught.value)


def test_one_message_without_a_standing_connection(mosquitto: Broker) -> None:
    async def work() -> None:
        async with Ear(mosquitto.port) as ear:
            sent = message(kind=MessageKind.TEST)
            await target(mosquitto.port, None).send(sent, T0)
            await ear.until(lambda: "lamp/message" in ear.kept)
            assert "lamp/status" not in ear.kept

    asyncio.run(work())


def test_an_authority_that_is_none() -> None:
    with pytest.raises(UserError, match=r"Give a \.pem file"):
        target(1, None, tls=True, authority="/nowhere.pem")
