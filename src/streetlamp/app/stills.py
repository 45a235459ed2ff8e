"""Masked pictures for messages: the live one while an alarm is new, then the one of its clip.

The only maker of `MaskedStill`. Both pictures come from behind the glass wall: the hub is given
masked pictures alone, and clips are cut from masked recordings.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.life import NoSuchAlarmError
from streetlamp.desk.poster import Posters
from streetlamp.live.hub import LiveHub
from streetlamp.notify.message import MaskedStill, Message
from streetlamp.values import Alarm
from streetlamp.vault import files

FRESH_SECONDS: Final = 20.0
"""A live picture stands for an alarm no longer than this."""


class AlarmStills:
    """before_s: where in a clip its alarm was raised."""

    def __init__(self, book: AlarmBook, hub: LiveHub, data: Path, before_s: float) -> None:
        self._book, self._hub, self._data, self._before = book, hub, data, before_s
        self._posters = Posters()

    async def of(self, message: Message, now: float) -> MaskedStill | None:
        """The picture of a message's one alarm at `now` (POSIX seconds), if there is one."""
        return await asyncio.to_thread(self._of, message, now)

    def _of(self, message: Message, now: float) -> MaskedStill | None:
        if message.only is None:
            return None
        try:
            alarm = self._book.get(message.only.alarm)
        except NoSuchAlarmError:
            return None
        jpeg = self._of_clip(alarm) if alarm.clip else None
        if jpeg is None and alarm.camera in self._hub.cameras:
            fresh = 0 <= now - message.only.time <= FRESH_SECONDS
            jpeg = self._hub.still(alarm.camera) if fresh else None
        return None if jpeg is None else MaskedStill(jpeg)

    def _of_clip(self, alarm: Alarm) -> bytes | None:
        try:
            with files.open_read(self._data / alarm.clip) as handle:
                return self._posters.of(alarm.clip, handle, self._before)
        except OSError:
            return None
