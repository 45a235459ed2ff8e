"""Fragments become files and rows: when a file begins, when it ends, what a full disk does."""

from __future__ import annotations

import errno
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streetlamp.record.options import RecordOptions
from streetlamp.record.paths import segment_path
from streetlamp.record.segment_file import SegmentFile
from streetlamp.store.errors import StoreError, StoreFullError
from streetlamp.store.segments import Segments
from streetlamp.values import Fragment, Segment

_SYNC_SECONDS: Final = 10.0  # of video: what a power cut can cost, see design/recording.md
_RETRY_SECONDS: Final = 5.0  # of video, between two tries on a disk that refuses
_CONTINUES: Final = 0.002  # seconds: fragments this close together are one stretch
_RESERVE_SHARE: Final = 0.1  # of min_free_gb: kept for the database
_SOME_ROOM: Final = 64 << 20  # bytes: worth another try


@dataclass(frozen=True, slots=True)
class RecorderState:
    """Whether one camera's video reaches the disk, in words for a person."""

    recording: bool
    message: str
    lost_seconds: float = 0.0  # of video that should have been recorded and was not


class _DiskLowError(OSError):
    """Less is free than the reserve that alarms need."""


class SegmentWriter:
    """One camera's recording. `write` never raises for what a disk or database does: it stops,
    says so in `state`, and goes on at a keyframe when there is room again.

    Not thread-safe; `Recorder` gives it a thread. `make_room` is called when the disk is full and
    gives back how many bytes it freed. `free` tells the free bytes of the disk.
    """

    def __init__(
        self,
        camera: str,
        data: Path,
        segments: Segments,
        options: RecordOptions,
        *,
        make_room: Callable[[], int] = lambda: 0,
        free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self._camera = camera
        self._data = data
        self._segments = segments
        self._options = options
        self._make_room = make_room
        self._free = free
        self._reserve = options.min_free_gb * 1e9 * _RESERVE_SHARE
        self._file: SegmentFile | None = None
        self._segment: Segment | None = None
        self._end = 0.0
        self._synced = 0.0
        self._retry_at: float | None = None  # stopped until a keyframe at this time
        self._unfinished: list[tuple[str, float, int]] = []  # rows the database did not take yet
        self._lost = 0.0
        self.state = RecorderState(False, "waiting for the first keyframe")

    def write(self, fragment: Fragment) -> None:
        """Append a fragment, beginning a new file where one is due."""
        if self._segment is not None and self._is_due(fragment, self._segment):
            self.finish()
        if self._segment is None and not self._may_begin(fragment):
            self._lose(fragment)
            return
        try:
            self._check_room()
            if self._segment is None:
                self._begin(fragment)
            self._append(fragment)
        except (OSError, StoreError) as error:
            self._stop(error, fragment)
            return
        if not self.state.recording:
            self.state = RecorderState(True, "recording", self._lost)

    def finish(self) -> None:
        """Close the open file, if any, and its row."""
        file, segment = self._file, self._segment
        self._file = self._segment = None
        if file is None or segment is None:
            return
        try:
            file.close()
        except OSError:
            file.abandon()
        self._finish_row(segment.id, file)

    def _is_due(self, fragment: Fragment, segment: Segment) -> bool:
        if fragment.run != segment.run or abs(fragment.start - self._end) > _CONTINUES:
            return True
        age = fragment.start - segment.start
        return fragment.keyframe and age >= self._options.segment_seconds - _CONTINUES

    def _may_begin(self, fragment: Fragment) -> bool:
        if not fragment.keyframe:
            return False
        # a retry time far ahead means the camera's clock was set back
        wait = 0.0 if self._retry_at is None else self._retry_at - fragment.start
        return wait <= 0 or wait > _RETRY_SECONDS

    def _check_room(self) -> None:
        if self._reserve and self._free(self._data) < self._reserve:
            raise _DiskLowError(errno.ENOSPC, "the space kept for alarms is all that is left")

    def _has_room(self, error: OSError | StoreError) -> bool:
        """Another camera's recorder may have made room already. (A quota cannot be asked.)"""
        if isinstance(error, OSError) and error.errno == errno.EDQUOT:
            return False
        return self._free(self._data) >= max(self._reserve, _SOME_ROOM)

    def _begin(self, fragment: Fragment) -> None:
        self._settle_rows()
        id_ = secrets.token_hex(8)
        segment = Segment(
            id=id_,
            camera=self._camera,
            run=fragment.run,
            path=segment_path(self._camera, fragment.start, id_),
            start=fragment.start,
            end=None,
            media_start=fragment.media_start,
            size=0,
            codec=fragment.codec,
        )
        # the row first: a file without a row would fill the disk unseen, a row without a file is
        # noticed at the next start
        self._segments.add(segment)
        try:
            self._file = SegmentFile(self._data / segment.path, fragment.init)
        except OSError:
            self._segments.remove(id_)
            raise
        self._segment = segment
        self._end = self._synced = fragment.start
        self._retry_at = None

    def _append(self, fragment: Fragment) -> None:
        assert self._file is not None
        self._file.append(fragment.data)
        self._end = fragment.end
        if self._end - self._synced >= _SYNC_SECONDS:
            self._file.sync()
            self._synced = self._end

    def _stop(self, error: OSError | StoreError, fragment: Fragment) -> None:
        file, segment = self._file, self._segment
        self._file = self._segment = None
        if file is not None and segment is not None:
            file.abandon()
            self._finish_row(segment.id, file)
        self._retry_at = fragment.start + _RETRY_SECONDS
        self._lose(fragment)
        if _is_full(error) and (self._make_room() > 0 or self._has_room(error)):
            self._retry_at = fragment.start  # at the next keyframe
        self.state = RecorderState(False, _reason(error), self._lost)

    def _lose(self, fragment: Fragment) -> None:
        if self._retry_at is not None:
            self._lost += fragment.end - fragment.start
            self.state = RecorderState(False, self.state.message, self._lost)

    def _finish_row(self, id_: str, file: SegmentFile) -> None:
        self._unfinished.append((id_, self._end, 0 if file.is_empty else file.size))
        try:
            self._settle_rows()
        except StoreError as error:
            self.state = RecorderState(False, _reason(error), self._lost)

    def _settle_rows(self) -> None:
        """Tell the database of files that are complete; what it refuses is told again later."""
        while self._unfinished:
            id_, end, size = self._unfinished[0]
            if size == 0:
                self._segments.remove(id_)
            elif self._segments.get(id_) is not None:  # retention or a person may have taken it
                self._segments.finish(id_, end, size)
            self._unfinished.pop(0)


def _is_full(error: OSError | StoreError) -> bool:
    if isinstance(error, StoreError):
        return isinstance(error, StoreFullError)
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _reason(error: OSError | StoreError) -> str:
    if isinstance(error, StoreError):
        return f"not recording: {error}"
    if isinstance(error, _DiskLowError):
        return (
            "not recording: the disk is nearly full, and what is left is kept for alarms. "
            "Recording goes on by itself when there is room."
        )
    if error.errno == errno.ENOSPC:
        what = "the disk is full"
    elif error.errno == errno.EDQUOT:
        what = "the disk quota is used up"
    elif error.errno == errno.EIO:
        what = "the disk reports errors; it may be failing"
    else:
        what = f"the recording cannot be written ({error.strerror or error})"
    return f"not recording: {what}. Recording goes on by itself when writing works again."
