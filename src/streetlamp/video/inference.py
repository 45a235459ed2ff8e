"""One queue before one detector, for all cameras of a process.

Pictures that wait are looked at together: whenever a worker is free it takes the oldest request
and every other one of the same shape, up to ``max_batch``. Nobody waits for a batch to fill, so a
lone camera has no delay and many cameras form batches by themselves.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import av

from streetlamp.errors import StreetlampError
from streetlamp.video.detect.base import Prepared
from streetlamp.video.raw import Detections

FAILURES_TO_STOP: Final = 5
"""So many batches in a row that raise mean a broken detector, not a bad picture."""


class InferenceStoppedError(StreetlampError):
    """The queue takes no pictures any more: it was closed, or its detector broke."""


class InferenceFullError(StreetlampError):
    """There was no room in the queue for as long as the caller would wait."""


class Looks(Protocol):
    """What the queue needs of a detector."""

    def prepare(self, picture: av.VideoFrame) -> Prepared: ...

    def infer(self, batch: Sequence[Prepared]) -> list[Detections]: ...


@dataclass(frozen=True, slots=True)
class InferenceStats:
    """How the queue does. Sums count from its start."""

    alive: bool  # False: closed or broken, whoever asks gets InferenceStoppedError
    waiting: int  # requests nobody works on yet
    working: int  # requests in a batch that is being looked at
    longest: float  # seconds the oldest unanswered request has been here: a hung model shows here
    looked: int  # pictures answered
    failed: int  # pictures answered with an error
    batches: int
    busy: float  # seconds spent in the detector, all workers together
    error: str  # the last one, "" if there was none


@dataclass(slots=True, eq=False)
class _Request:
    prepared: Prepared
    future: Future[Detections]
    since: float


class Inference:
    """Looks at pictures in ``threads`` workers of its own; the detector must allow that many.

    ``capacity`` bounds what waits: `submit` then blocks until there is room, so a camera that
    is too quick is slowed down instead of filling the memory; but for ``patience`` seconds at
    most, so that a hung detector does not stop the cameras. Cancelled requests leave the queue.
    """

    def __init__(
        self,
        detector: Looks,
        *,
        max_batch: int = 8,
        threads: int = 1,
        capacity: int = 256,
        patience: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if min(max_batch, threads, capacity) < 1:
            raise ValueError("max_batch, threads and capacity must be at least 1")
        self._detector = detector
        self._max_batch, self._threads, self._capacity = max_batch, threads, capacity
        self._clock, self._patience = clock, patience
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="inference")
        self._changed = threading.Condition()
        self._waiting: deque[_Request] = deque()
        self._working: list[list[_Request]] = []
        self._alive, self._error, self._in_a_row = True, "", 0
        self._looked = self._failed = self._batches = 0
        self._busy = 0.0

    def submit(self, picture: av.VideoFrame) -> Future[Detections]:
        """Make the picture small here and now, and queue it; the future holds what was seen.

        InferenceStoppedError: the queue is closed or broken, also while waiting for room.
        InferenceFullError: there was no room for too long.
        An error of the detector comes out of the future.
        """
        prepared = self._detector.prepare(picture)
        request = _Request(prepared, Future(), self._clock())
        with self._changed:
            room = self._changed.wait_for(
                lambda: not self._alive or self._has_room(), timeout=self._patience
            )
            if not self._alive:
                raise self._stopped()
            if not room:
                raise InferenceFullError("looking for people is far behind: its queue is full")
            self._waiting.append(request)
        self._dispatch()
        return request.future

    @property
    def stats(self) -> InferenceStats:
        with self._changed:
            here = [*self._waiting, *(request for batch in self._working for request in batch)]
            oldest = min((request.since for request in here), default=None)
            return InferenceStats(
                alive=self._alive,
                waiting=len(self._waiting),
                working=sum(map(len, self._working)),
                longest=0.0 if oldest is None else self._clock() - oldest,
                looked=self._looked,
                failed=self._failed,
                batches=self._batches,
                busy=self._busy,
                error=self._error,
            )

    def close(self) -> None:
        """Refuse new pictures, fail those that wait, and let running batches end. Idempotent."""
        self._stop("")
        self._pool.shutdown(wait=True)

    def __enter__(self) -> Inference:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _has_room(self) -> bool:
        if len(self._waiting) >= self._capacity:
            self._waiting = deque(one for one in self._waiting if not one.future.cancelled())
        return len(self._waiting) < self._capacity

    def _stopped(self) -> InferenceStoppedError:
        reason = f" after an error: {self._error}" if self._error else ""
        return InferenceStoppedError(f"looking for people has stopped{reason}")

    def _stop(self, error: str) -> None:
        with self._changed:
            self._alive = False
            self._error = error or self._error
            left, self._waiting = list(self._waiting), deque()
            self._changed.notify_all()
        for request in left:
            if request.future.set_running_or_notify_cancel():
                request.future.set_exception(self._stopped())

    def _take(self) -> list[_Request]:
        """The next batch, if a worker is free and somebody waits; requests given up are dropped."""
        with self._changed:
            batch: list[_Request] = []
            if not self._alive or len(self._working) >= self._threads:
                return batch
            rest: deque[_Request] = deque()
            for request in self._waiting:
                fits = not batch or request.prepared.shape == batch[0].prepared.shape
                if len(batch) == self._max_batch or not fits:
                    rest.append(request)
                elif request.future.set_running_or_notify_cancel():
                    batch.append(request)
            self._waiting = rest
            if batch:
                self._working.append(batch)
            self._changed.notify_all()
            return batch

    def _dispatch(self) -> None:
        while batch := self._take():
            try:
                outcome = self._pool.submit(self._look, [r.prepared for r in batch])
            except RuntimeError as error:  # the pool is shut down, here or with the interpreter
                with self._changed:
                    self._working.remove(batch)
                self._stop(str(error))
                for request in batch:
                    request.future.set_exception(self._stopped())
                return
            outcome.add_done_callback(partial(self._answer, batch))

    def _look(self, batch: list[Prepared]) -> tuple[list[Detections], float]:
        start = self._clock()
        found = self._detector.infer(batch)
        if len(found) != len(batch):
            raise ValueError(f"the detector gave {len(found)} answers for {len(batch)} pictures")
        return found, self._clock() - start

    def _answer(self, batch: list[_Request], done: Future[tuple[list[Detections], float]]) -> None:
        """Runs when a batch has ended, in the worker's thread: hand out what it gave."""
        error = done.exception()
        with self._changed:
            self._working.remove(batch)
            self._batches += 1
            if error is None:
                self._looked += len(batch)
                self._busy += done.result()[1]
                self._in_a_row = 0
            else:
                self._failed += len(batch)
                self._in_a_row += 1
                self._error = f"{type(error).__name__}: {error}"
            # What is not an Exception (SystemExit, …) meant to end the thread it was raised in.
            broken = error is not None and (
                self._in_a_row >= FAILURES_TO_STOP or not isinstance(error, Exception)
            )
        if error is None:
            for request, found in zip(batch, done.result()[0], strict=True):
                request.future.set_result(found)
        else:
            for request in batch:
                request.future.set_exception(error)
        if broken:
            self._stop(self._error)
        else:
            self._dispatch()
