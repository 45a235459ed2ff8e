"""Which masked picture goes with a message, and when none does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from streetlamp.app.stills import FRESH_SECONDS, AlarmStills
from support.notify import T0, alarm, item, message


class Hub:
    """Gives one live picture, of the gate."""

    cameras = ("gate",)

    def still(self, camera: str) -> bytes:
        return f"live {camera}".encode()


class Book:
    def __init__(self, clip: str = "") -> None:
        self._clip = clip

    def get(self, id: str) -> Any:  # noqa: A002
        return alarm(id, clip=self._clip)


def picture(tmp_path: Path, seconds: float, clip: str = "", **rest: Any) -> bytes | None:
    stills = AlarmStills(Book(clip), Hub(), tmp_path, 10.0)  # type: ignore[arg-type]
    found = asyncio.run(stills.of(message(item(**rest)), T0 + seconds))
    return None if found is None else found.jpeg


def test_the_live_picture_while_the_alarm_is_new(tmp_path: Path) -> None:
    assert picture(tmp_path, 2) == b"live gate"
    assert picture(tmp_path, FRESH_SECONDS + 1) is None, "it would show something else by then"
    assert picture(tmp_path, -5) is None


def test_a_clip_that_is_gone_is_no_picture(tmp_path: Path) -> None:
    assert picture(tmp_path, 3600, clip="clips/a1.mp4") is None


def test_several_alarms_have_no_picture(tmp_path: Path) -> None:
    stills = AlarmStills(Book(), Hub(), tmp_path, 10.0)  # type: ignore[arg-type]
    from streetlamp.notify.message import MessageKind  # noqa: PLC0415

    many = message(item(), item(alarm="a2"), kind=MessageKind.GATHERED)
    assert asyncio.run(stills.of(many, T0)) is None
