"""Tells every open page that an alarm changed, from whatever thread it changed in."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Final

from streetlamp.values import Alarm

_MOST_WAITING: Final = 500  # alarms; a page that missed more than that asks for the list anyway


class Ear:
    """One page's ear: keeps only the newest state of each alarm, so a slow page holds little."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, Alarm] = {}
        self._groups: dict[str, set[str]] = {}
        self._lock = threading.Lock()
        self._woken = asyncio.Event()

    def hear(self, alarm: Alarm) -> None:
        """Called from any thread."""
        with self._lock:
            self._waiting.pop(alarm.id, None)
            if alarm.group:  # a storm of ten thousand is one thing to tell
                self._groups.setdefault(alarm.group, set()).add(alarm.camera)
            else:
                self._waiting[alarm.id] = alarm
            while len(self._waiting) > _MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
        with suppress(RuntimeError):  # the loop is closed: the server has just stopped
            self._loop.call_soon_threadsafe(self._woken.set)

    async def get(self) -> list[Alarm]:
        """Waits for news; the alarms in no group that changed, oldest change first."""
        await self._woken.wait()
        self._woken.clear()
        with self._lock:
            news = list(self._waiting.values())
            self._waiting.clear()
        return news

    def groups(self) -> dict[str, set[str]]:
        """The groups that changed since this was asked last, and the cameras whose alarms did."""
        with self._lock:
            found, self._groups = self._groups, {}
        return found

    def close(self) -> None:
        self._bell.forget(self)


class Bell:
    """Rung by the alarm book, heard by every open page."""

    def __init__(self) -> None:
        self._ears: set[Ear] = set()
        self._lock = threading.Lock()

    def ring(self, alarm: Alarm) -> None:
        """Never blocks, whatever the pages do."""
        with self._lock:
            ears = list(self._ears)
        for ear in ears:
            ear.hear(alarm)

    def listen(self) -> Ear:
        """A new ear; call it in the event loop and close it."""
        ear = Ear(self)
        with self._lock:
            self._ears.add(ear)
        return ear

    def forget(self, ear: Ear) -> None:
        with self._lock:
            self._ears.discard(ear)
