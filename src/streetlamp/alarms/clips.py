"""Cuts an alarm's clip out of the masked recordings once it is complete.

What is still to cut stands in the database, so a restart forgets nothing. A clip that cannot be cut
is tried again for a while; then the alarm says why it has none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.options import AlarmOptions
from streetlamp.errors import UserError
from streetlamp.record.retention import Pin
from streetlamp.store.alarms import Alarms
from streetlamp.store.database import Database
from streetlamp.store.errors import StoreError
from streetlamp.values import Alarm

LAG_SECONDS: Final = 5.0
"""How much later than the camera its recording is on the disk: delay line and a fragment."""

TRIES: Final = 5
AT_ONCE: Final = 100  # alarms looked at in one turn
CUTS_A_TURN: Final = 8  # clips cut in one turn: other housekeeping waits meanwhile
PAUSE_SECONDS: Final = 10.0  # before the second try; twice as long before each further one


class Exporter(Protocol):
    """Whoever has the recordings."""

    def export(self, camera: str, start: float, end: float, path: Path) -> object:
        """Writes [start, end) as a file; UserError when nothing is recorded or it cannot."""
        ...


class ClipCutter:
    """``tick`` it now and then from one thread. Clips go to ``data/clips/ALARM.mp4``."""

    def __init__(
        self,
        db: Database,
        book: AlarmBook,
        recordings: Exporter,
        data: Path,
        options: AlarmOptions,
    ) -> None:
        self._alarms = Alarms(db)
        self._book = book
        self._recordings = recordings
        self._data = data
        self._options = options

    def tick(self, now: float) -> list[str]:
        """Cuts what is complete by ``now``; the ids of alarms that got their clip."""
        cut: list[str] = []
        later: list[tuple[str, float]] = []
        wanting = self._alarms.wanting_clip(now, AT_ONCE)
        for alarm, tries in wanting:
            start, end = self._range(alarm, now)
            if now < end + LAG_SECONDS:
                later.append((alarm.id, end + LAG_SECONDS))
                continue
            if len(cut) == CUTS_A_TURN:
                break
            try:
                self._cut(alarm, start, end)
                cut.append(alarm.id)
            except (UserError, OSError) as error:  # a full disk is among them
                self._failed(alarm, tries + 1, now, error)
        if len(wanting) == AT_ONCE:  # a storm: what cannot be cut yet must not stand in the way
            self._alarms.postpone_clips(later)
        return cut

    def renew(self, camera: str, start: float, end: float, now: float) -> list[str]:
        """Something of [start, end) is no longer recorded: clips that show it go and are cut anew
        from what is left. The ids of their alarms.
        """
        renewed = []
        for alarm in self._alarms.list(camera=camera, limit=None):
            begins, ends = self._range(alarm, float("inf"))
            if alarm.clip and begins < end and ends > start:
                (self._data / alarm.clip).unlink(missing_ok=True)
                self._book.set_clip(alarm.id, "")
                self._alarms.set_clip_try(alarm.id, 0, now)
                renewed.append(alarm.id)
        return renewed

    def pinned_ranges(self) -> list[Pin]:
        """What retention must spare: what open alarms show, and clips not yet cut."""
        forever = float("inf")
        return [
            Pin(camera, *self._span(raised, ended, forever))
            for camera, raised, ended in self._alarms.spans_to_keep()
        ]

    def _range(self, alarm: Alarm, now: float) -> tuple[float, float]:
        """From when to when the clip goes, as far as can be known at ``now``."""
        return self._span(alarm.raised, alarm.ended, now)

    def _span(self, raised: float, ended: float | None, now: float) -> tuple[float, float]:
        last = min(now if ended is None else ended, raised + self._options.longest_s)
        return raised - self._options.before_s, last + self._options.after_s

    def _cut(self, alarm: Alarm, start: float, end: float) -> None:
        folder = self._data / "clips"
        folder.mkdir(parents=True, exist_ok=True)
        part, whole = folder / f"{alarm.id}.part.mp4", folder / f"{alarm.id}.mp4"
        part.unlink(missing_ok=True)  # left by a process that died in the middle
        try:
            self._recordings.export(alarm.camera, start, end, part)
            part.replace(whole)
        finally:
            part.unlink(missing_ok=True)
        self._book.set_clip(alarm.id, f"clips/{whole.name}")
        self._alarms.set_clip_try(alarm.id, 0, None)

    def _failed(self, alarm: Alarm, tries: int, now: float, error: Exception) -> None:
        """Tries again later, or says on the alarm why there is no clip."""
        try:
            if tries < TRIES:
                pause = PAUSE_SECONDS * 2 ** (tries - 1)
                self._alarms.set_clip_try(alarm.id, tries, now + pause)
                return
            self._book.note(alarm.id, now, f"No clip could be cut: {error}")
            self._alarms.set_clip_try(alarm.id, tries, None)
        except StoreError:
            return  # the disk takes nothing: it stands in the database as before, to be tried again
