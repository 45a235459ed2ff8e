"""Watches the folders of readings and records, and tells the alarm desk what is found in them.

A changed folder is looked through from its beginning (of stores those alone that have changed), in
a process of its own and nice to the cameras: so a run that begins anew, files that come late and
files sent twice all come to the same.
What was told is known by its id. On the very first look only what is recent is an alarm.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import PurePath
from typing import Final

from streetlamp.app.finding_events import Job, Listed, Looked, event_of, listed
from streetlamp.meters.feed_file import feed_of
from streetlamp.meters.shown import ShownMeter
from streetlamp.site import Site
from streetlamp.stock.shown import ShownStore
from streetlamp.store import Database, Findings
from streetlamp.values import Event

log: Final = logging.getLogger(__name__)

EVERY_SECONDS: Final = 5.0  # how often to call `turn`
LIST_SECONDS: Final = 60.0  # how often the folders are listed
SETTLED_SECONDS: Final = 5.0  # a file that changed so lately may still be written
LONG_SECONDS: Final = 5.0  # a look that took longer is not repeated before …
REST: Final = 10.0  # … so many times as long has passed: readings may come in all the time
RECENT_SECONDS: Final = 7 * 86_400.0
_NICE: Final = 10

Print = tuple[Listed, ...]  # of a folder


class FindingKeeper:
    """`turn` every so often from one thread; `close` from any."""

    def __init__(
        self,
        site: Site,
        database: Database,
        tell: Callable[[Sequence[Event]], None],
        show: Callable[[Sequence[ShownStore], Sequence[str]], None] | None = None,
        show_meters: Callable[[Sequence[ShownMeter]], None] | None = None,
    ) -> None:
        """``show`` takes the stores that have changed, and the names of all there are;
        ``show_meters`` all meters."""
        self.table = Findings(database)
        self._show = show
        self._show_meters = show_meters
        self._marks: Mapping[str, str] = {}
        self._tell = tell
        self._jobs = [
            Job(room, folder, site.timezone, site.data, site.meters, site.stock)
            for room, folder in (("meters", site.meters.folder), ("stock", site.stock.folder))
            if folder is not None
        ]
        self._seen: dict[str, Print] = {}
        self._listed = 0.0
        self._took: dict[str, tuple[float, float]] = {}  # by room: when the last look ended, its s
        self._began = 0.0
        self._hurry: deque[str] = deque()
        self._running: tuple[BaseProcess, Connection, Job, Print] | None = None
        self._trouble: dict[str, str] = {}  # by room: what was wrong with its files …
        self._away: dict[str, str] = {}  # … and with its folder

    @property
    def trouble(self) -> str:
        """What a person should know, "" for nothing."""
        said = (*self._away.values(), *self._trouble.values())
        return "; ".join(text for text in said if text)

    @property
    def busy(self) -> bool:
        """A folder is being looked through."""
        return self._running is not None

    def look_again(self, room: str) -> None:
        """Something was noted elsewhere than in the room's folder. Any thread."""
        self._hurry.append(room)

    def turn(self, now: float) -> str:
        """Takes what was found, begins the next look; what a person should know. StoreError."""
        if self._running is not None:
            self._finish(now)
        while self._hurry and self._running is None:  # a look that runs may not have seen it
            room = self._hurry.popleft()
            self._seen.pop(room, None)
            self._took.pop(room, None)
            self._listed = 0.0
        if self._running is None and abs(now - self._listed) >= LIST_SECONDS:
            self._listed = now
            for job in self._jobs:
                if self._rests(job.room, now):
                    continue
                there = self._printed(job, now)
                if there is not None and there != self._seen.get(job.room):
                    self._began = now
                    self._begin(job, there)
                    break
        return self.trouble

    def _rests(self, room: str, now: float) -> bool:
        ended, took = self._took.get(room, (0.0, 0.0))
        return took > LONG_SECONDS and abs(now - ended) < REST * took

    def close(self) -> None:
        """Ends a look that is going on; the next run does it again."""
        if self._running is not None:
            process, pipe, _, _ = self._running
            process.terminate()
            process.join(5.0)
            pipe.close()
            self._running = None

    def _printed(self, job: Job, now: float) -> Print | None:
        """What is in the folder; None: it cannot be read, or is being written."""
        try:
            found = listed(job.folder)
        except OSError as error:
            self._away[job.room] = f"{job.folder} cannot be read: {error.strerror}"
            return None
        self._away.pop(job.room, None)
        feeds = job.meters.all_feeds if job.room == "meters" else {}
        if any(
            abs(now - one.changed / 1e9) < SETTLED_SECONDS
            and feed_of(PurePath(one.path).name) not in feeds  # may never come to rest
            for one in found
        ):
            return None
        return found

    def _begin(self, job: Job, there: Print) -> None:
        context = multiprocessing.get_context("spawn")
        pipe, theirs = context.Pipe()
        work = replace(job, marks=self._marks)
        process = context.Process(target=_work, args=(theirs, work), name="findings", daemon=True)
        process.start()
        theirs.close()
        self._running = process, pipe, job, there

    def _finish(self, now: float) -> None:
        assert self._running is not None
        process, pipe, job, there = self._running
        if not pipe.poll() and process.is_alive():
            return
        looked = Looked(job.room, (), f"the {job.room} could not be looked through")
        with suppress(EOFError, OSError):
            if pipe.poll():
                looked = pipe.recv()
        self.close()
        self._take(looked, now)  # StoreError: it is looked through again
        if looked.names:
            if self._show is not None:
                self._show(looked.stores, looked.names)
            self._marks = looked.marks
        if looked.meters is not None and self._show_meters is not None:
            self._show_meters(looked.meters)
        self._seen[job.room] = there
        self._took[job.room] = now, abs(now - self._began)
        self._listed = 0.0  # the other room may wait

    def _take(self, looked: Looked, now: float) -> None:
        known = self.table.known(looked.room)
        told = [
            replace(row, alarm=bool(known) or now - row.detected < RECENT_SECONDS)
            for row in looked.rows
            if row.id not in known
        ]
        new = len(told)
        for row in (*looked.rows, *looked.over):
            before = known.get(row.id)
            if before is not None and before.end is None and row.end is not None:
                told.append(replace(row, alarm=before.alarm))
        if told:
            self._tell([event_of(row) for row in told])
            self.table.put(told)
        self._trouble[looked.room] = looked.trouble
        if new:
            log.info("%s: %d new findings", looked.room, new)


def _work(pipe: Connection, job: Job) -> None:
    from streetlamp.app.finding_work import look_through  # noqa: PLC0415  # only this process

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    with suppress(OSError):
        os.nice(_NICE)
    with suppress(BrokenPipeError):
        pipe.send(look_through(job))
