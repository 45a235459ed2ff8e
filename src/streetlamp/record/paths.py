"""How recorded files are named, so that a file says by itself whose it is and when it began."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote, unquote

FOLDER: Final = "recordings"
_NAME: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)/(?P<time>\d{6}\.\d{6})Z-(?P<id>[0-9a-f]{16})\.mp4"
)
_STAMP: Final = "%Y-%m-%d/%H%M%S.%f"


def segment_path(camera: str, start: float, id: str) -> str:  # noqa: A002
    """``recordings/CAMERA/2026-05-01/101502.250000Z-ID.mp4``, relative to the data folder (UTC)."""
    folder = quote(camera, safe=" ")
    if folder.startswith("."):
        folder = "%2E" + folder[1:]
    stamp = datetime.fromtimestamp(start, UTC).strftime(_STAMP)
    return f"{FOLDER}/{folder}/{stamp}Z-{id}.mp4"


def parse_path(path: str) -> tuple[str, float, str] | None:
    """Camera, start (POSIX seconds, to the microsecond) and id of a path `segment_path` made."""
    parts = PurePosixPath(path).parts
    if len(parts) != 4 or parts[0] != FOLDER:
        return None
    found = _NAME.fullmatch("/".join(parts[2:]))
    if found is None:
        return None
    time = found["time"]
    try:
        moment = datetime.fromisoformat(f"{found['day']}T{time[:2]}:{time[2:4]}:{time[4:]}+00:00")
    except ValueError:
        return None
    return unquote(parts[1]), moment.timestamp(), found["id"]


def clock_text(time: float) -> str:
    """A moment as a person reads it, in UTC: ``2026-05-01 10:15:02 UTC``."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
