"""One opening of a source in a thread of its own, and the bounded queue its pictures wait in."""

from __future__ import annotations

import contextlib
import threading
from collections import deque

from streetlamp.video.raw import Packet, Unit
from streetlamp.video.source.base import Source, SourceError
from streetlamp.video.source.clock import Clock

_PACKETS_A_PICTURE = 10  # as many packets as this wait in the place of one decoded picture


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
        self._queue: deque[Unit] = deque()
        self._changed = threading.Condition()
        self._abandoned = False
        self._skipping = False  # packets, up to the next keyframe
        self._sign = clock.steady()
        self._thread = threading.Thread(
            target=self._work, name=f"source-{source.camera}", daemon=True
        )

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def behind(self) -> float:
        """Seconds of video in the queue; 0 where its times make no sense."""
        with self._changed:
            if not self._queue:
                return 0.0
            return min(60.0, max(0.0, self._queue[-1].time - self._queue[0].time))

    @property
    def last_sign(self) -> float:
        """Steady time of the last sign of life (or until when the source means to be quiet)."""
        return max(self._sign, self.source.quiet_until)

    def start(self) -> None:
        self._sign = self._clock.steady()
        self._thread.start()

    def take(self, patience: float) -> Unit | None:
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
            with contextlib.closing(self.source.units()) as units:
                for unit in units:
                    if not self._put(unit):
                        break
        except SourceError as error:
            self.problem = error
        except Exception as error:  # noqa: BLE001 - carried to the consumer, which raises it
            self.crash = error
        finally:
            with self._changed:
                self.over = True
                self._changed.notify_all()

    def _put(self, unit: Unit) -> bool:
        coded = isinstance(unit, Packet)
        depth = self._depth * _PACKETS_A_PICTURE if coded else self._depth
        with self._changed:
            if self._live:
                if len(self._queue) >= depth:
                    self._drop_packets() if coded else self._drop()
                if self._skipping and not _is_key(unit):
                    self.dropped += 1
                    return not self._abandoned
                self._skipping = False
            else:
                self._changed.wait_for(lambda: len(self._queue) < depth or self._abandoned)
            if self._abandoned:
                return False
            self._queue.append(unit)
            self.opened = True
            self._sign = self._clock.steady()
            self._changed.notify_all()
            return True

    def _drop(self) -> None:
        for number in range(len(self._queue) // 2):
            if number and _is_key(self._queue[0]):
                return
            self._queue.popleft()
            self.dropped += 1

    def _drop_packets(self) -> None:
        """The oldest whole GOP that waits goes; without one, all, up to the next keyframe."""
        waiting = list(self._queue)
        keys = [number for number, unit in enumerate(waiting) if _is_key(unit)]
        first, after = (keys[0], keys[1]) if len(keys) > 1 else (0, len(waiting))
        self._queue = deque(waiting[:first] + waiting[after:])
        self.dropped += after - first
        self._skipping = len(keys) < 2


def _is_key(unit: Unit) -> bool:
    return unit.keyframe if isinstance(unit, Packet) else bool(unit.picture.key_frame)
