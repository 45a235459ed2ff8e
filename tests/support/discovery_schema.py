"""What Home Assistant's documentation asks of a device's discovery message, as a JSON schema.

From "MQTT", section "Device discovery payload", of Home Assistant's documentation, and the pages of
the integrations binary_sensor.mqtt, sensor.mqtt and event.mqtt (2024.11 and later): ``dev`` (or
device) and ``o`` (origin) are needed and cannot stand at a component; every component needs its
platform ``p`` and a ``unique_id``; availability, state and command topics, ``qos`` and ``encoding``
may be shared by all. A component with nothing but its platform is taken away. Only what those pages
name may stand there, so that a slip of a key is found.
"""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string", "minLength": 1}
TOPIC = {"type": "string", "pattern": r"^[^#+\u0000]+$", "maxLength": 65535}

DEVICE = {
    "type": "object",
    "additionalProperties": False,
    "anyOf": [{"required": ["ids"]}, {"required": ["cns"]}],
    "properties": {
        "ids": {"type": "array", "items": TEXT, "minItems": 1},
        "cns": {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2}},
        **dict.fromkeys(("name", "mf", "mdl", "mdl_id", "hw", "sw", "sn"), TEXT),
        **dict.fromkeys(("sa", "via_device"), TEXT),
        "cu": {"type": "string", "pattern": "^(https?|homeassistant)://"},
    },
}
ORIGIN = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {"name": TEXT, "sw": TEXT, "url": {"type": "string", "pattern": "^https?://"}},
}
COMMON: dict[str, Any] = {
    "unique_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,255}$"},
    "name": {"type": ["string", "null"], "minLength": 1},
    "state_topic": TOPIC,
    "icon": {"type": "string", "pattern": "^mdi:[a-z-]+$"},
    "entity_category": {"enum": ["config", "diagnostic"]},
    "enabled_by_default": {"type": "boolean"},
    "json_attributes_topic": TOPIC,
    "value_template": TEXT,
}


def component(platform: str, **own: Any) -> dict[str, Any]:
    needed = ["p", "unique_id", "state_topic", *(["event_types"] if platform == "event" else [])]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": needed,
        "properties": {"p": {"const": platform}, **COMMON, **own},
    }


BINARY_SENSOR = component(
    "binary_sensor",
    device_class={"enum": ["connectivity", "safety", "problem", "occupancy", "motion"]},
    payload_on=TEXT,
    payload_off=TEXT,
    off_delay={"type": "integer", "minimum": 0},
    expire_after={"type": "integer", "minimum": 0},
)
SENSOR = component(
    "sensor",
    state_class={"enum": ["measurement", "total", "total_increasing", "measurement_angle"]},
    unit_of_measurement=TEXT,
    suggested_display_precision={"type": "integer", "minimum": 0},
    expire_after={"type": "integer", "minimum": 0},
)
EVENT = component("event", event_types={"type": "array", "items": TEXT, "minItems": 1})
GONE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["p"],
    "properties": {"p": {"enum": ["binary_sensor", "sensor", "event"]}},
}

DISCOVERY: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["dev", "o", "cmps"],
    "properties": {
        "dev": DEVICE,
        "o": ORIGIN,
        "cmps": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[A-Za-z0-9_-]+$"},
            "additionalProperties": {"oneOf": [BINARY_SENSOR, SENSOR, EVENT, GONE]},
        },
        "avty_t": TOPIC,
        "pl_avail": TEXT,
        "pl_not_avail": TEXT,
        "state_topic": TOPIC,
        "qos": {"enum": [0, 1, 2]},
        "encoding": TEXT,
    },
}
