"""A message that was published becomes a reading, or a reason why it does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Protocol

from streetlamp.feeds.base import LONGEST_NAME, NoReadingError, Reading, iso, reading
from streetlamp.feeds.options import WhatOptions

LONGEST: Final = 65_536  # bytes of a message
_TEXT: Final = 64  # of a time or a mark
_MILLISECONDS: Final = 1e11  # seconds would be the year 5138


class Paths(Protocol):
    """Where in a message the parts of a reading stand: names with dots, "" for nowhere."""

    @property
    def value(self) -> str: ...
    @property
    def time(self) -> str: ...
    @property
    def quality(self) -> str: ...


def reading_of(what: WhatOptions, paths: Paths, name: str, body: bytes, arrived: float) -> Reading:
    """The reading in a message. arrived: POSIX seconds. NoReadingError: it is none."""
    if len(body) > LONGEST:
        raise NoReadingError(f"it is longer than {LONGEST} bytes")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise NoReadingError("its topic has no name of a meter or store")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise NoReadingError("it is no JSON and no number") from None
    value = _at(told, paths.value) if paths.value else told
    time = _time(_at(told, paths.time)) if paths.time else iso(arrived)
    quality = _mark(_at(told, paths.quality)) if paths.quality else ""
    return reading(what, name, value, time, quality)


def _at(told: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(told, Mapping) or name not in told:
            raise NoReadingError(f"there is no {path} in it")
        told = told[name]
    return told


def _time(told: Any) -> str:
    if isinstance(told, str) and 0 < len(told) <= _TEXT and told.isprintable():
        return told  # read as in any file: by its offset, or by the site's zone
    if isinstance(told, bool) or not isinstance(told, (int, float)):
        raise NoReadingError("its time is no time")
    return iso(told / 1000 if told > _MILLISECONDS else told)


def _mark(told: Any) -> str:
    text = str(told)
    return text if len(text) <= _TEXT and text.isprintable() else "?"
