"""The site as Home Assistant sees it over MQTT: one device a camera, one for the site. Pure.

Device-based discovery as documented for Home Assistant's MQTT integration ("Device discovery
payload"): a retained message on ``PREFIX/device/ID/config`` with ``dev``, ``o`` and ``cmps``, each
component with its platform ``p`` and a ``unique_id``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from streetlamp.notify.message import MessageKind
from streetlamp.notify.world import CameraFacts, World
from streetlamp.values import CameraState

ONLINE: Final = "online"
OFFLINE: Final = "offline"
MAKER: Final = "Streetlamp"

Config = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Topics:
    """Where things are. ``base`` is ours alone; ``node`` begins the ids of our devices."""

    base: str
    node: str
    prefix: str

    @property
    def status(self) -> str:
        """Whether Streetlamp is there: `online`, or `offline` as its last will."""
        return f"{self.base}/status"

    @property
    def message(self) -> str:
        return f"{self.base}/message"

    @property
    def birth(self) -> str:
        """Home Assistant says `online` there when it has started."""
        return f"{self.prefix}/status"

    def config(self, device: str) -> str:
        return f"{self.prefix}/device/{device}/config"

    def camera(self, camera: str) -> str:
        return f"{self.node}_{camera}"

    def device_of(self, topic: str) -> str:
        """The device of a discovery topic, "" if it is none."""
        found = re.fullmatch(re.escape(f"{self.prefix}/device/") + r"([\w-]+)/config", topic)
        return found[1] if found else ""


def key(name: str) -> str:
    """A name as part of an id and of a topic: readable, and never the same for two names."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    return f"{plain or 'x'}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def configs(world: World, topics: Topics, site: str, version: str) -> dict[str, Config]:
    """Every device's discovery message, by topic."""
    found = {topics.config(topics.node): _site(topics, site, version)}
    for camera in world.cameras:
        device = topics.camera(camera.id)
        found[topics.config(device)] = _camera(camera, topics, version)
    return found


def states(world: World, topics: Topics) -> dict[str, str]:
    """Everything that is so now, by topic. All of it is retained."""
    alarms = world.open_alarms()
    found = {f"{topics.base}/site/open_alarms": str(sum(alarms.values()))}
    live = {one.camera: one.state is CameraState.LIVE for one in world.statuses()}
    inside = world.occupancy()
    for camera in world.cameras:
        place = f"{topics.base}/camera/{camera.id}"
        found[f"{place}/connection"] = _on(live.get(camera.id, False))
        mine = sum(n for (where, _), n in alarms.items() if where == camera.id)
        found[f"{place}/open_alarms"] = str(mine)
        for rule in camera.rules:
            found[f"{place}/rule/{key(rule.name)}"] = _on(bool(alarms.get((camera.id, rule.name))))
        for zone in camera.counted:
            found[f"{place}/zone/{key(zone)}"] = str(inside.get((camera.id, zone), 0))
    return found


def without(config: Config, before: Mapping[str, Any]) -> Config | None:
    """The message that takes away what an earlier one had and this one has not; None: nothing.

    A component that is to go is sent once with nothing but its platform.
    """
    had = before.get("cmps")
    gone = {
        name: {"p": one["p"]}
        for name, one in (had.items() if isinstance(had, dict) else ())
        if name not in config["cmps"] and isinstance(one, dict) and "p" in one
    }
    return {**config, "cmps": {**config["cmps"], **gone}} if gone else None


def is_ours(config: Mapping[str, Any], topics: Topics) -> bool:
    """Whether an earlier discovery message came from this very site."""
    origin = config.get("o")
    said = isinstance(origin, dict) and origin.get("name") == MAKER
    return said and config.get("avty_t") == topics.status


def _on(value: bool) -> str:
    return "ON" if value else "OFF"


def _device(topics: Topics, about: Config, version: str, components: Config) -> Config:
    return {
        "dev": {**about, "mf": MAKER, "sw": version},
        "o": {"name": MAKER, "sw": version},
        "cmps": components,
        "avty_t": topics.status,
        "pl_avail": ONLINE,
        "pl_not_avail": OFFLINE,
        "qos": 1,
    }


def _site(topics: Topics, site: str, version: str) -> Config:
    about = {"ids": [topics.node], "name": site, "mdl": "Site"}
    components = {
        "open_alarms": {
            "p": "sensor",
            "unique_id": f"{topics.node}_open_alarms",
            "name": "Open alarms",
            "state_topic": f"{topics.base}/site/open_alarms",
            "state_class": "measurement",
            "icon": "mdi:alarm-light",
        },
        "message": {
            "p": "event",
            "unique_id": f"{topics.node}_message",
            "name": "Message",
            "state_topic": topics.message,
            "event_types": [kind.value for kind in MessageKind],
        },
    }
    return _device(topics, about, version, components)


def _camera(camera: CameraFacts, topics: Topics, version: str) -> Config:
    device = topics.camera(camera.id)
    place = f"{topics.base}/camera/{camera.id}"
    about = {"ids": [device], "name": camera.name, "mdl": "Camera", "via_device": topics.node}
    if camera.area:
        about["sa"] = camera.area
    components: Config = {
        "connection": {
            "p": "binary_sensor",
            "unique_id": f"{device}_connection",
            "name": "Connection",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "state_topic": f"{place}/connection",
        },
        "open_alarms": {
            "p": "sensor",
            "unique_id": f"{device}_open_alarms",
            "name": "Open alarms",
            "state_topic": f"{place}/open_alarms",
            "state_class": "measurement",
            "icon": "mdi:alarm-light",
        },
    }
    for rule in camera.rules:
        name = f"rule_{key(rule.name)}"
        components[name] = {
            "p": "binary_sensor",
            "unique_id": f"{device}_{name}",
            "name": rule.name,
            "device_class": "safety",  # on: unsafe
            "state_topic": f"{place}/rule/{key(rule.name)}",
        }
    for zone in camera.counted:
        name = f"zone_{key(zone)}"
        components[name] = {
            "p": "sensor",
            "unique_id": f"{device}_{name}",
            "name": f"In {zone}",
            "state_topic": f"{place}/zone/{key(zone)}",
            "state_class": "measurement",
            "icon": "mdi:account-multiple",
        }
    return _device(topics, about, version, components)
