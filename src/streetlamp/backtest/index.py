"""The index of all cameras: notes taken by their threads, written and let go by the housekeeping.

A camera's thread only puts a look on a list; a slow or full disk never keeps it waiting. What the
disk does not take is lost, and `trouble` says so: nothing else depends on it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from streetlamp.backtest import index_file
from streetlamp.backtest.index_file import HOUR, PART, IndexFile, Place
from streetlamp.backtest.looks import Looks
from streetlamp.record.paths import FOLDER
from streetlamp.values import Segment, Tracks

FLUSH_SECONDS: Final = 5.0  # how often notes are written: what a sudden end can cost
SWEEP_SECONDS: Final = 60.0
_DAY: Final = 86_400.0
_MOST_WAITING: Final = 6000  # looks of a camera: twenty minutes
_SLACK: Final = 2.0  # seconds by which looks may lie outside a recording that they belong to


class Segments(Protocol):
    """What is recorded; as `streetlamp.store.segments.Segments`."""

    def list(self, camera: str, start: float, end: float) -> list[Segment]: ...


class Notes:
    """What one camera's thread notes. `look` costs next to nothing."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Tracks, bool]] = deque(maxlen=_MOST_WAITING)
        self._fresh = True

    def look(self, tracks: Tracks) -> None:
        """A look, as the rules have it."""
        self._waiting.append((tracks, self._fresh))
        self._fresh = False

    def pause(self) -> None:
        """Watching ends for now, or nothing is recorded: what comes next begins anew."""
        self._fresh = True

    def take(self) -> Iterator[tuple[Tracks, bool]]:
        """The looks that wait, oldest first."""
        while True:
            try:
                yield self._waiting.popleft()
            except IndexError:
                return


class Index:
    """Everybody's notes and their files in one data folder. Thread-safe."""

    def __init__(self, data: Path, keep_days: float) -> None:
        self._data = data
        self._keep_days = keep_days
        self._notes: dict[str, Notes] = {}
        self._open: dict[str, tuple[Place, IndexFile]] = {}
        self._turn = threading.RLock()
        self._swept: dict[Path, list[tuple[float, float]]] = {}  # files with gaps, seen to already
        self.trouble = ""

    def notes(self, camera: str) -> Notes | None:
        """Where a camera notes its looks; None when no index is kept."""
        if self._keep_days <= 0:
            return None
        with self._turn:
            return self._notes.setdefault(camera, Notes())

    def flush(self) -> str:
        """Writes what was noted; what troubles it, "" if nothing does."""
        with self._turn:
            said = ""
            for camera, notes in list(self._notes.items()):
                try:
                    self._write(camera, notes)
                except OSError as error:
                    self._drop(camera)
                    said = (
                        "back-tests will miss some minutes: the index of the recordings cannot be"
                        f" written ({error.strerror or error})"
                    )
            self.trouble = said
            return said

    def _write(self, camera: str, notes: Notes) -> None:
        def alike(one: tuple[Tracks, bool]) -> tuple[float, tuple[int, int]]:
            return one[0].time // HOUR * HOUR, one[0].size

        for (hour, _), group in groupby(notes.take(), key=alike):
            tracks, fresh = zip(*group, strict=True)
            place, file = self._file(camera, hour, tracks[0].time)
            del place
            file.add(Looks.of(tracks, fresh))

    def _file(self, camera: str, hour: float, start: float) -> tuple[Place, IndexFile]:
        now = self._open.get(camera)
        if now is not None and now[0].hour[0] == hour:
            return now
        self._finish(camera)
        place = index_file.place_for(self._data, camera, start)
        self._open[camera] = (place, IndexFile(place.path))
        return self._open[camera]

    def _finish(self, camera: str) -> None:
        """Closes a camera's file and puts its many small pieces together."""
        place, file = self._open.pop(camera, (None, None))
        if place is None or file is None:
            return
        file.close()
        with suppress(OSError):  # it stays as it is
            index_file.replace(place.path, index_file.read(place.path))

    def _drop(self, camera: str) -> None:
        _, file = self._open.pop(camera, (None, None))
        if file is not None:
            file.abandon()

    def close(self) -> None:
        """Writes what is left and closes the files."""
        self.flush()
        with self._turn:
            for camera in list(self._open):
                try:
                    self._finish(camera)
                except OSError as error:
                    self.trouble = f"the index could not be finished ({error.strerror or error})"

    # Letting go.

    def sweep(self, now: float, segments: Segments) -> int:
        """Lets go of what is too old, or whose recording is gone; how many files went or shrank.

        Recordings go from the oldest on, so behind the first hour that is whole nothing is looked
        at. Raises OSError and StoreError.
        """
        changed = 0
        with self._turn:
            for stale in (self._data / FOLDER).glob(f"*/*/*{PART}"):
                stale.unlink(missing_ok=True)
            every = index_file.places(self._data)
            for camera, group in groupby(every, key=lambda one: one.camera):
                for place in group:
                    went, whole = self._sweep(camera, place, now, segments)
                    changed += went
                    if whole:
                        break
        return changed

    def _sweep(
        self, camera: str, place: Place, now: float, segments: Segments
    ) -> tuple[bool, bool]:
        """Whether this file changed, and whether its recordings are whole: nothing has to go."""
        start, end = place.hour
        if self._keep_days <= 0 or end < now - self._keep_days * _DAY:
            return self._remove(place), False
        kept = segments.list(camera, start - _SLACK, end + _SLACK)
        spans = [(one.start - _SLACK, (one.end or end) + _SLACK) for one in kept]
        edges = [place.start, *(edge for span in spans for edge in span), min(end, now)]
        gaps = [edges[n + 1] - edges[n] for n in range(0, len(edges), 2)]
        if max(gaps) < SWEEP_SECONDS:  # the newest may not have its row yet
            return False, True
        if self._swept.get(place.path) == spans:
            return False, False
        changed = self._keep_only(place, spans)
        self._swept[place.path] = spans
        return changed, False

    def cut(self, camera: str, start: float, end: float) -> None:
        """Lets go of a stretch (POSIX seconds) that was cut out of the recordings. OSError."""
        self.flush()
        with self._turn:
            for place in index_file.places(self._data, camera):
                first, last = place.hour
                if first < end and last > start:
                    self._keep_only(place, [(first, start), (end, last)])

    def _keep_only(self, place: Place, spans: Iterable[tuple[float, float]]) -> bool:
        if not list(spans):
            return self._remove(place)
        self._let_go(place)
        before = index_file.read(place.path)
        after = []
        for looks in before:
            inside = np.zeros(len(looks), np.bool_)
            for start, end in spans:
                inside |= (looks.time >= start * 1e6) & (looks.time < end * 1e6)
            after.append(looks.where(inside))
        if sum(map(len, after)) == sum(map(len, before)):
            return False
        index_file.replace(place.path, after)
        return True

    def _remove(self, place: Place) -> bool:
        self._let_go(place)
        self._swept.pop(place.path, None)
        place.path.unlink(missing_ok=True)
        with suppress(OSError):  # not empty yet
            place.path.parent.rmdir()
        return True

    def _let_go(self, place: Place) -> None:
        """Closes the file, if it is the one being written: the next look begins another."""
        now = self._open.get(place.camera)
        if now is not None and now[0].path == place.path:
            del self._open[place.camera]
            now[1].close()


def read(data: Path, camera: str, start: float, end: float) -> list[Looks]:
    """What is kept of a camera in [start, end), in the order it was seen. OSError."""
    found = []
    for place in index_file.places(data, camera):
        first, last = place.hour
        if first < end and last > start:
            with suppress(FileNotFoundError):  # swept meanwhile
                found += [looks.between(start, end) for looks in index_file.read(place.path)]
    return [looks for looks in found if len(looks)]


def span(data: Path, camera: str) -> tuple[float, float] | None:
    """From when to when looks of a camera are kept, to the hour; None when there are none."""
    every = index_file.places(data, camera)
    return (every[0].start, every[-1].hour[1]) if every else None
