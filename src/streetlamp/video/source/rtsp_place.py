"""Where a camera that speaks RTSP is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ADDRESS: Final = re.compile(r"^(rtsps?)://(\[[^\]]+\]|[^:/?#\[\]]+)(?::(\d+))?([/?#].*)?$", re.I)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a camera is. ``host`` without brackets; ``root`` is what its addresses begin with."""

    host: str
    port: int
    secure: bool
    root: str  # rtsp://host:port as the owner wrote it
    path: str  # what comes after it, "" or from its "/" on


def place_of(url: str) -> Place:
    """Take an address without login apart; ValueError when it names no camera."""
    found = _ADDRESS.match(url)
    if not found or int(found[3] or 1) > 65535:
        raise ValueError("the address does not say which camera: rtsp://host:port/path is needed")
    secure = found[1].lower() == "rtsps"
    port = int(found[3] or (322 if secure else 554))
    root = url[: len(url) - len(found[4] or "")]
    path = found[4] or ""
    return Place(found[2].strip("[]"), port, secure, root, path)
