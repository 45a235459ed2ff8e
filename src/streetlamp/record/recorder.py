"""One camera's recorder: fragments are taken at once, and written by a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from streetlamp.record.options import RecordOptions
from streetlamp.record.writer import RecorderState, SegmentWriter
from streetlamp.store.segments import Segments
from streetlamp.values import Fragment

_LONGEST_QUEUE: Final = 120  # fragments: a minute at the default length
_LARGEST_QUEUE: Final = 32 << 20  # bytes


class Recorder:
    """Takes fragments from a camera's thread without ever keeping it waiting for a disk.

    A disk that is slower than the camera for a minute loses video until the next keyframe that
    finds room in the queue: `state` says so. A disk that is full or broken: see `SegmentWriter`.
    """

    def __init__(
        self,
        camera: str,
        data: Path,
        segments: Segments,
        options: RecordOptions,
        *,
        make_room: Callable[[], int] = lambda: 0,
    ) -> None:
        self.camera = camera
        self._enabled = options.enabled
        self._writer = SegmentWriter(camera, data, segments, options, make_room=make_room)
        self._queue: deque[Fragment] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._busy = False
        self._closing = False
        self._skipping = False  # until a keyframe finds room
        self._skipped = 0.0
        self._thread = threading.Thread(target=self._work, name=f"record {camera}", daemon=True)
        if self._enabled:
            self._thread.start()

    @property
    def state(self) -> RecorderState:
        """Whether this camera's video reaches the disk just now."""
        if not self._enabled:
            return RecorderState(False, "recording is switched off")
        state = self._writer.state
        lost = state.lost_seconds + self._skipped
        if self._skipping:
            return RecorderState(
                False, "not recording: the disk is too slow for this camera's video", lost
            )
        return RecorderState(state.recording, state.message, lost)

    def push(self, fragment: Fragment) -> None:
        """Hand over a fragment; returns at once."""
        if not self._enabled:
            return
        with self._changed:
            if self._closing:
                raise ValueError(f"the recorder of {self.camera} is closed")
            full = len(self._queue) >= _LONGEST_QUEUE or self._bytes >= _LARGEST_QUEUE
            if full or (self._skipping and not fragment.keyframe):
                self._skipping = True
                self._skipped += fragment.end - fragment.start
                return
            self._skipping = False
            self._queue.append(fragment)
            self._bytes += len(fragment.data)
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until everything pushed so far is written (or refused)."""
        with self._changed:
            self._changed.wait_for(
                lambda: not (self._queue or self._busy) or not self._thread.is_alive()
            )

    def close(self) -> None:
        """Write what is waiting, finish the file, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._queue or self._closing)
                if not self._queue:
                    break
                fragment = self._queue.popleft()
                self._bytes -= len(fragment.data)
                self._busy = True
            self._writer.write(fragment)
        self._writer.finish()
