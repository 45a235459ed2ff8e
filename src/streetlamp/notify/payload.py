"""A message as JSON, for programs: the body of a webhook and of an MQTT message."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from streetlamp.notify.message import Item, Message, MessageKind


def as_json(message: Message) -> bytes:
    return json.dumps(payload(message), ensure_ascii=False, separators=(",", ":")).encode()


def type_of(message: Message) -> str:
    """alarm.raised, alarm.escalated, alarm.acknowledged, alarm.resolved, alarm.false,
    alarms.gathered, alarms.missed or notify.test."""
    if message.only is not None:
        return f"alarm.{message.only.what}"
    return "notify.test" if message.kind is MessageKind.TEST else f"alarms.{message.kind}"


def moment(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")


def payload(message: Message) -> dict[str, Any]:
    """The JSON body. Of several things, ``keys`` has all, and ``alarms`` the first of them."""
    about: dict[str, Any] = {
        "severity": message.severity.value,
        "title": message.title,
        "text": message.text,
        "link": message.link,
    }
    if message.only is not None:
        about["alarm"] = _alarm(message.only)
    elif message.kind is not MessageKind.TEST:
        about |= {
            "count": message.count,
            "cameras": message.cameras,
            "rules": message.rules,
            "from": moment(message.time),
            "until": moment(message.until),
            "alarms": [_alarm(one) for one in message.items],
            "keys": list(message.keys),
        }
    return {"type": type_of(message), "timestamp": moment(message.time), "data": about}


def _alarm(item: Item) -> dict[str, Any]:
    return {
        "id": item.alarm,
        "what": item.what.value,
        "time": moment(item.time),
        "raised": moment(item.raised),
        "state": item.state.value,
        "severity": item.severity.value,
        "camera": item.camera,
        "camera_name": item.camera_name,
        "rule": item.rule,
        "kind": item.kind,
        "place": item.place,
        "message": item.message,
        "numbers": dict(item.numbers),
        "by": item.actor,
        "note": item.note,
    }
