"""One opening of a source in a thread of its own, and the bounded queue its pictures wait in."""

from __future__ import annotations

import contextlib
import threading
from collections import deque

from streetlamp.video.raw import RawFrame
from streetlamp.video.source.base import Source, SourceError
from streetlamp.video.source.clock import Clock


class Run:
    """A source playing in a daemon thread.

    Live, a full queue loses its oldest pictures, as far as the next keyframe or half of them.
    Not live, the source waits for the consumer.
    """

    def __init__(self, source: Source, *, live: bool, clock: Clock, depth: int) -> None:
        self.source = source
        self.dropped = 0
        self.opened = False  # a picture has come
        self.over = False  # the thread has nothing more to give; the queue may still have
        self.problem: SourceError | None = None
        self.crash: Exception | None = None  # a fault of ours: the consumer raises it
        self._live = live
        self._clock = clock
        self._depth = max(2, depth)
        self._queue: deque[RawFrame] = deque()
        self._changed = threading.Condition()
        self._abandoned = False
        self._sign = clock.steady()
        self._thread = threading.Thread(
            target=self._work, name=f"source-{source.camera}", daemon=True
        )

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def last_sign(self) -> float:
        """Steady time of the last sign of life (or until when the source means to be quiet)."""
        return max(self._sign, self.source.quiet_until)

    def start(self) -> None:
        self._sign = self._clock.steady()
        self._thread.start()

    def take(self, patience: float) -> RawFrame | None:
        """The oldest picture, or None when none came for ``patience`` seconds or none will."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._queue or self.over or self._abandoned, timeout=patience
            )
            if not self._queue:
                return None
            frame = self._queue.popleft()
            self._changed.notify_all()
            return frame

    def abandon(self) -> None:
        """Want no more of it: the thread ends as soon as it comes back from FFmpeg."""
        self.source.stop()
        with self._changed:
            self._abandoned = True
            self._queue.clear()
            self._changed.notify_all()

    def join(self, patience: float) -> None:
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(patience)

    def _work(self) -> None:
        try:
            # closing: the container is closed in the thread that used it
            with contextlib.closing(self.source.frames()) as frames:
                for frame in frames:
                    if not self._put(frame):
                        break
        except SourceError as error:
            self.problem = error
        except Exception as error:  # noqa: BLE001 - carried to the consumer, which raises it
            self.crash = error
        finally:
            with self._changed:
                self.over = True
                self._changed.notify_all()

    def _put(self, frame: RawFrame) -> bool:
        with self._changed:
            if self._live:
                if len(self._queue) >= self._depth:
                    self._drop()
            else:
                self._changed.wait_for(lambda: len(self._queue) < self._depth or self._abandoned)
            if self._abandoned:
                return False
            self._queue.append(frame)
            self.opened = True
            self._sign = self._clock.steady()
            self._changed.notify_all()
            return True

    def _drop(self) -> None:
        for number in range(len(self._queue) // 2):
            if number and self._queue[0].picture.key_frame:
                return
            self._queue.popleft()
            self.dropped += 1
