"""A message of a meter becomes a row of readings, or a reason why it does not."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from streetlamp.meters.feed_options import TopicOptions

COLUMNS: Final = ("meter_id", "timestamp", "kind", "register", "interval", "unit", "quality")
LONGEST: Final = 65_536  # bytes of a message
_NAME: Final = 120  # of a meter
_TEXT: Final = 64  # of a time or a mark
_MILLISECONDS: Final = 1e11  # seconds would be the year 5138


class MessageError(ValueError):
    """Why a message is no reading, for a person."""


@dataclass(frozen=True, slots=True)
class Row:
    """One reading as a CSV file has it, in the order of `COLUMNS`."""

    cells: tuple[str, ...]


def row_of(topic: TopicOptions, meter: str, body: bytes, arrived: float) -> Row:
    """The reading in a message. arrived: POSIX seconds. MessageError: it is none."""
    if len(body) > LONGEST:
        raise MessageError(f"it is longer than {LONGEST} bytes")
    if len(meter) > _NAME or not meter.isprintable():
        raise MessageError("its topic has no meter's name")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise MessageError("it is no JSON and no number") from None
    value = _value(_at(told, topic.value) if topic.value else told)
    time = _time(_at(told, topic.time)) if topic.time else _iso(arrived)
    quality = _mark(_at(told, topic.quality)) if topic.quality else ""
    register, interval = (value, "") if topic.counts == "register" else ("", value)
    return Row((meter, time, topic.kind, register, interval, topic.unit, quality))


def _at(told: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(told, Mapping) or name not in told:
            raise MessageError(f"there is no {path} in it")
        told = told[name]
    return told


def _value(told: Any) -> str:
    if isinstance(told, str):
        try:
            told = float(told)
        except ValueError:
            raise MessageError("its value is no number") from None
    if isinstance(told, bool) or not isinstance(told, (int, float)):
        raise MessageError("its value is no number")
    try:
        number = float(told)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise MessageError("its value is no finite number")
    return repr(number)


def _time(told: Any) -> str:
    if isinstance(told, str) and 0 < len(told) <= _TEXT and told.isprintable():
        return told  # read as in any file: by its offset, or by the site's zone
    if isinstance(told, bool) or not isinstance(told, (int, float)):
        raise MessageError("its time is no time")
    return _iso(told / 1000 if told > _MILLISECONDS else told)


def _iso(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        raise MessageError("its time is no time") from None


def _mark(told: Any) -> str:
    text = str(told)
    return text if len(text) <= _TEXT and text.isprintable() else "?"
