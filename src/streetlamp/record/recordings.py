"""What is recorded: found, played, exported, swept, and put in order after a crash."""

from __future__ import annotations

import shutil
import threading
import time as clocks
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from streetlamp.errors import UserError
from streetlamp.record import export as exports
from streetlamp.record import recover as recovery
from streetlamp.record import retention
from streetlamp.record.options import RecordOptions
from streetlamp.record.paths import clock_text
from streetlamp.record.retention import Pin, Swept
from streetlamp.store.errors import StoreError
from streetlamp.store.segments import Segments
from streetlamp.stream.fmp4 import DamagedError, scan
from streetlamp.values import Segment
from streetlamp.vault.files import open_read

_JOINED = 0.25  # seconds between two segments that a person would not call a gap


@dataclass(frozen=True, slots=True)
class Playable:
    """An opened segment. `size` bytes of `file` are whole; a tail being written is not."""

    segment: Segment
    file: BinaryIO
    size: int


class Recordings:
    """All cameras' recordings in one data folder. Thread-safe.

    `pinned` gives the stretches that retention must spare; `free` the free bytes of a folder's
    disk; `clock` the time (POSIX seconds) for sweeps that a full disk asks for.
    """

    def __init__(
        self,
        data: Path,
        segments: Segments,
        options: RecordOptions,
        *,
        pinned: Callable[[], Iterable[Pin]] = lambda: (),
        free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
        clock: Callable[[], float] = clocks.time,
    ) -> None:
        self._data = data
        self._segments = segments
        self._options = options
        self._pinned = pinned
        self._free = free
        self._clock = clock
        self._sweeping = threading.Lock()

    def gaps(self, camera: str, start: float, end: float) -> list[tuple[float, float]]:
        """Stretches of [start, end) of which nothing is recorded (longer than a quarter second)."""
        holes = []
        reached = start
        for segment in self._segments.list(camera, start, end):
            if segment.start - reached > _JOINED:
                holes.append((reached, segment.start))
            reached = max(reached, self._end_of(segment))
        if end - reached > _JOINED:
            holes.append((reached, end))
        return holes

    def covered_until(self, camera: str, start: float = 0.0) -> float | None:
        """The time up to which `camera` is on the disk now, None when nothing since `start` is."""
        found = self._segments.list(camera, start, float("inf"))
        return self._end_of(found[-1]) if found else None

    @contextmanager
    def open(self, id: str) -> Iterator[Playable]:  # noqa: A002
        """A segment for reading and seeking. KeyError: no such segment, or its file is gone."""
        segment = self._segments.get(id)
        if segment is None:
            raise KeyError(f"no segment {id}")
        try:
            file = open_read(self._data / segment.path)
        except FileNotFoundError:
            raise KeyError(f"the file of segment {id} is gone") from None
        with file:
            size = segment.size
            if segment.end is None:
                size = _whole(file)
                file.seek(0)
            yield Playable(segment, file, size)

    def export(self, camera: str, start: float, end: float, path: Path) -> exports.Exported:
        """Write [start, end) as one MP4 at `path`, from the keyframe at or before `start`.

        UserError when nothing of it is recorded, or `path` cannot be written.
        """
        if end <= start:
            raise UserError("an export must end after it starts")
        stretches = exports.take(self._data, self._segments.list(camera, start, end), start, end)
        if not stretches:
            raise UserError(
                f"nothing is recorded of camera {camera} from {clock_text(start)} "
                f"to {clock_text(end)}."
            )
        return exports.write(stretches, end, path)

    def sweep(self, now: float) -> Swept:
        """Apply retention as of `now` (POSIX seconds): see `RecordOptions`. Raises StoreError."""
        with self._sweeping:
            self._data.mkdir(parents=True, exist_ok=True)
            return retention.sweep(
                self._data,
                self._segments,
                self._options,
                now,
                pins=self._pinned(),
                free=lambda: self._free(self._data),
            )

    def make_room(self) -> int:
        """What a recorder calls when the disk is full: a sweep at once. Bytes freed."""
        try:
            return self.sweep(self._clock()).freed
        except StoreError:
            return 0

    def recover(self) -> list[str]:
        """Put things in order after a crash: see `recover.recover`. Before recorders start."""
        return recovery.recover(self._data, self._segments)

    def used_bytes(self) -> int:
        """Bytes of all complete segments."""
        return self._segments.total_size()

    def free_bytes(self) -> int:
        """Bytes free on the recordings' disk."""
        return self._free(self._data)

    def _end_of(self, segment: Segment) -> float:
        """A segment's end; of one being written, as far as whole fragments reach."""
        if segment.end is not None:
            return segment.end
        try:
            with open_read(self._data / segment.path) as file:
                layout = scan(file)
        except (OSError, DamagedError):
            return segment.start
        return segment.start + layout.end - layout.start

    def list(self, camera: str, start: float, end: float) -> list[Segment]:
        """Segments that share time with [start, end), oldest first; an open one has no end."""
        return self._segments.list(camera, start, end)


def _whole(file: BinaryIO) -> int:
    try:
        return scan(file).whole
    except DamagedError:
        return 0
