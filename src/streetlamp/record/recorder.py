"""One camera's recorder: fragments are taken at once, and written by a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

from streetlamp.record.options import RecordOptions
from streetlamp.record.writer import RecorderState, SegmentWriter
from streetlamp.store.segments import Segments
from streetlamp.values import Fragment

_LONGEST_QUEUE: Final = 120  # fragments: a minute at the default length
_LARGEST_QUEUE: Final = 32 << 20  # bytes
_FIRST_PAUSE: Final = 1.0  # seconds of video before a recorder that broke starts again; doubled
_LONGEST_PAUSE: Final = 60.0


class Recorder:
    """Takes fragments from a camera's thread without ever keeping it waiting for a disk.

    A disk that is slower than the camera for a minute loses video until the next keyframe that
    finds room in the queue: `state` says so. A disk that is full or broken: see `SegmentWriter`.
    A fault of ours ends its thread: `state` says that too, and it starts again with a new file.
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
        self._make_writer: Callable[[], SegmentWriter] = lambda: SegmentWriter(
            camera, data, segments, options, make_room=make_room
        )
        self._writer = self._make_writer()
        self._queue: deque[Fragment] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._busy = False
        self._closing = False
        self._skipping = False  # until a keyframe finds room
        self._skipped = 0.0
        self._lost = 0.0  # seconds, by writers that broke
        self._taken: Fragment | None = None  # the last one taken from the queue
        self._failure = ""  # what ended the thread
        self._failures = 0  # in a row
        self._again = 0.0  # POSIX seconds of the video at which it starts again
        self._thread = self._make_thread(None)
        if self._enabled:
            self._thread.start()

    @property
    def state(self) -> RecorderState:
        """Whether this camera's video reaches the disk just now."""
        if not self._enabled:
            return RecorderState(False, "recording is switched off")
        state = self._writer.state
        lost = state.lost_seconds + self._skipped + self._lost
        if self._failure:
            text = f"not recording: the recorder broke ({self._failure}); it starts again soon"
            return RecorderState(False, text, lost)
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
            if self._failure and not self._starts_again(fragment):
                self._skipped += fragment.end - fragment.start
                return
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

    def _make_thread(self, broken: SegmentWriter | None) -> threading.Thread:
        """`broken`: the writer whose file is to be finished first."""
        return threading.Thread(
            target=self._work, args=(broken,), name=f"record {self.camera}", daemon=True
        )

    def _starts_again(self, fragment: Fragment) -> bool:
        """After a fault: with the first keyframe after a pause, in a new file. Holds the lock."""
        waited = abs(fragment.start - self._again) > _LONGEST_PAUSE  # the clock was set
        if not fragment.keyframe or not (fragment.start >= self._again or waited):
            return False
        self._failure = ""
        self._lost += self._writer.state.lost_seconds
        self._thread = self._make_thread(self._writer)
        self._writer = self._make_writer()
        self._thread.start()
        return True

    @contextmanager
    def _noting_faults(self) -> Iterator[None]:
        """Whatever ends the thread is said in `state`; the traceback goes where all of them go."""

        def note(
            kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
        ) -> None:
            if kind is None:
                return
            with self._changed:
                pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(self._failures, 10))
                self._failures += 1
                self._failure = f"{kind.__name__}: {error}"
                lost = [*self._queue] if self._taken is None else [self._taken, *self._queue]
                self._again = (lost[0].end if lost else 0.0) + pause
                self._skipped += sum(one.end - one.start for one in lost)
                self._queue.clear()
                self._bytes, self._busy = 0, False
                self._changed.notify_all()

        with ExitStack() as stack:
            stack.push(note)
            yield

    def _work(self, broken: SegmentWriter | None) -> None:
        with self._noting_faults():
            if broken is not None:
                broken.finish()
            self._write()

    def _write(self) -> None:
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
                self._taken = fragment
            self._writer.write(fragment)
            self._failures = 0
        self._writer.finish()
