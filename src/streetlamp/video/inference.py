"""One queue before one detector, for all cameras of a process.

Pictures that wait are looked at together: whenever a worker is free it takes a picture of each
camera in turn, all of one shape, up to ``max_batch``. Nobody waits for a batch to fill, so a lone
camera has no delay and many cameras form batches by themselves.

A detector that breaks or hangs is put away, and a fresh one is made after a pause: `keep` does
that, run by a supervisor. Meanwhile whoever asks is refused at once, and what cannot be looked at
is hidden whole. A worker that never comes back from the detector is left behind, not waited for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

import av

from streetlamp.errors import StreetlampError
from streetlamp.video.looking import (
    InferenceFullError,
    InferenceStats,
    InferenceStoppedError,
    LookReplacedError,
    Looks,
    infer,
)
from streetlamp.video.raw import WHOLE, Detections, View
from streetlamp.video.turns import Request, Turns

__all__ = [
    "CameraLooks",
    "Inference",
    "InferenceFullError",
    "InferenceStats",
    "InferenceStoppedError",
    "LookReplacedError",
    "Looks",
]

FAILURES_TO_STOP: Final = 5
"""So many batches in a row that raise mean a broken detector, not a bad picture."""
FIRST_PAUSE: Final = 1.0  # seconds before a fresh detector is made; doubled at each failure
LONGEST_PAUSE: Final = 60.0
STEADY_SECONDS: Final = 30.0  # a detector that worked for so long starts the pauses over
HANG_SECONDS: Final = 10.0  # a batch that takes longer is never coming back
MOST_HUNG: Final = 4  # workers left behind that may hang at once; then no more are started
TEND_SECONDS: Final = 0.5
CLOSE_SECONDS: Final = 10.0
STALE_SECONDS: Final = 0.05  # a picture that waited longer gives its place to a newer one

log: Final = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Worker:
    detector: Looks
    batch: list[Request] = field(default_factory=list)
    since: float = 0.0
    left: bool = False  # left behind: what it brings is no longer wanted
    thread: threading.Thread | None = None


class Inference:
    """Looks at pictures in ``threads`` workers of its own; the detector must allow that many.

    ``capacity`` bounds what waits: `submit` then blocks until there is room, so a camera that
    is too quick is slowed down instead of filling the memory; but for ``patience`` seconds at
    most, so that a hung detector does not stop the cameras. Cancelled requests leave the queue.

    ``remake`` makes a fresh detector after a failure; without it the same one is tried again.
    """

    def __init__(
        self,
        detector: Looks,
        *,
        remake: Callable[[], Looks] | None = None,
        max_batch: int = 8,
        threads: int = 1,
        capacity: int = 256,
        patience: float = 5.0,
        hang_seconds: float = HANG_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if min(max_batch, threads, capacity) < 1:
            raise ValueError("max_batch, threads and capacity must be at least 1")
        self._prepare = detector.prepare
        self._detector: Looks | None = detector
        self._remake = remake or (lambda: detector)
        self._max_batch, self._threads, self._capacity = max_batch, threads, capacity
        self._clock, self._patience, self._hang_seconds = clock, patience, hang_seconds
        self._changed = threading.Condition()
        self._waiting = Turns()
        self._workers: list[_Worker] = []
        self._left: list[_Worker] = []
        self._closed, self._error, self._in_a_row = False, "", 0
        self._began, self._again, self._tries = clock(), 0.0, 0
        self._looked = self._failed = self._batches = 0
        self._asked = self._replaced = self._restarts = 0
        self._busy = self._waited = 0.0
        with self._changed:
            self._hire()

    def submit(
        self,
        picture: av.VideoFrame,
        *,
        camera: str = "",
        keep: bool = False,
        faces: bool = False,
        view: View = WHOLE,
    ) -> Future[Detections]:
        """Make the picture small here and now, and queue it; the future holds what was seen.

        Of a named ``camera`` the newest picture counts: those that have waited for longer than
        ``STALE_SECONDS`` give it their place, and end in LookReplacedError. ``keep``: this one is
        needed whatever comes after it. Pictures of nobody in particular are looked at in order,
        all of them.
        ``faces``: look for faces, too (the detector must be a `WithFaces`). ``view``: how much of
        the picture is looked at, and how finely.

        InferenceStoppedError: the queue is closed or its detector away, also while waiting for
        room. InferenceFullError: there was no room for too long.
        An error of the detector comes out of the future.
        """
        prepared = self._prepare(picture, view)
        if faces:
            prepared = prepared.with_faces()
        request = Request(prepared, Future(), self._clock(), camera, keep)
        with self._changed:
            self._asked += 1
            stale = self._waiting.stale(camera, request.since - STALE_SECONDS)
            self._replaced += len(stale)
            if not stale:
                room = self._changed.wait_for(
                    lambda: self._detector is None or self._has_room(), timeout=self._patience
                )
                if self._detector is not None and not room:
                    raise InferenceFullError("looking for people is far behind: its queue is full")
            refusal = self._stopped() if self._detector is None else None
            if refusal is None:
                self._waiting.add(request)
                self._changed.notify_all()
        for old in stale:
            old.fail(LookReplacedError("a newer picture of the camera came first"))
        if refusal is not None:
            raise refusal
        return request.future

    def of(self, camera: str) -> CameraLooks:
        """The queue as one live camera sees it."""
        return CameraLooks(self, camera)

    @property
    def stats(self) -> InferenceStats:
        with self._changed:
            batches = [worker.batch for worker in self._workers]
            here = [*self._waiting, *(request for batch in batches for request in batch)]
            oldest = min((request.since for request in here), default=None)
            away = self._detector is None and not self._closed
            return InferenceStats(
                alive=self._detector is not None,
                waiting=len(self._waiting),
                working=sum(map(len, batches)),
                longest=0.0 if oldest is None else self._clock() - oldest,
                looked=self._looked,
                failed=self._failed,
                batches=self._batches,
                busy=self._busy,
                error=self._error,
                asked=self._asked,
                replaced=self._replaced,
                waited=self._waited,
                threads=self._threads,
                hung=len(self._left),
                restarts=self._restarts,
                message=str(self._stopped()) if away else "",
            )

    def keep(self, stopping: threading.Event) -> None:
        """Looks after the workers until `stopping`: a task for a supervisor."""
        while not stopping.wait(TEND_SECONDS):
            self.tend()

    def tend(self) -> None:
        """Once: leave hung workers behind, make a fresh detector if it is time, fill gaps.

        An error that making a detector is not known to raise comes out, for the supervisor.
        """
        now = self._clock()
        self._leave_hung(now)
        with self._changed:
            self._left = [worker for worker in self._left if _alive(worker)]
            due = self._detector is None and not self._closed and now >= self._again
            if due and len(self._left) >= MOST_HUNG:
                self._error = f"{len(self._left)} looks hang and never came back"
                self._again = now + LONGEST_PAUSE
                due = False
        if due:
            self._begin_again()
        with self._changed:
            self._hire()

    def close(self) -> None:
        """Refuse new pictures, fail those that wait, and let running batches end. Idempotent."""
        with self._changed:
            self._closed, self._detector = True, None
            waiting, workers = self._waiting.clear(), list(self._workers)
            self._changed.notify_all()
        self._fail(waiting)
        until = time.monotonic() + CLOSE_SECONDS
        for worker in workers:
            if worker.thread is not None:
                worker.thread.join(max(0.0, until - time.monotonic()))

    def __enter__(self) -> Inference:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _has_room(self) -> bool:
        if len(self._waiting) >= self._capacity:
            self._waiting.drop_cancelled()
        return len(self._waiting) < self._capacity

    def _stopped(self) -> InferenceStoppedError:
        reason = f" after an error: {self._error}" if self._error else ""
        pause = max(0.0, self._again - self._clock())
        again = "" if self._closed else f"; it is tried again in {pause:.0f} s"
        return InferenceStoppedError(f"looking for people has stopped{reason}{again}")

    def _fail(self, requests: Sequence[Request]) -> None:
        if requests:
            error = self._stopped()
            for request in requests:
                request.fail(error)

    # The detector's life. Called with the lock held, where nothing else is said.

    def _hire(self) -> None:
        """As many workers as there should be."""
        self._workers = [worker for worker in self._workers if _alive(worker)]
        while self._detector is not None and len(self._workers) < self._threads:
            worker = _Worker(self._detector)
            worker.thread = threading.Thread(
                target=self._work, args=(worker,), name="inference", daemon=True
            )
            self._workers.append(worker)
            worker.thread.start()

    def _put_away(self, detector: Looks, error: str) -> list[Request]:
        """The detector is broken; those who wait are given back, to be failed without the lock."""
        self._error = error
        if self._detector is not detector:  # another worker said so before
            return []
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._tries, 10))
        self._detector, self._in_a_row = None, 0
        self._tries += 1
        self._again = self._clock() + pause
        log.error("looking for people stopped (%s); tried again in %.0f s", error, pause)
        self._changed.notify_all()
        return self._waiting.clear()

    def _leave_hung(self, now: float) -> None:
        """Without the lock."""
        with self._changed:
            hung = [w for w in self._workers if w.batch and now - w.since > self._hang_seconds]
            lost: list[Request] = []
            waiting: list[Request] = []
            for worker in hung:
                worker.left = True
                self._workers.remove(worker)
                self._left.append(worker)
                lost += worker.batch
                self._failed += len(worker.batch)
                text = f"a look did not end within {self._hang_seconds:g} s"
                waiting += self._put_away(worker.detector, text)
        error = self._stopped()
        for request in lost:
            request.future.set_exception(error)
        self._fail(waiting)

    def _begin_again(self) -> None:
        """A fresh detector, made without the lock: that may take seconds."""
        try:
            detector = self._remake()
        except (StreetlampError, OSError, RuntimeError, ValueError, MemoryError) as error:
            with self._changed:
                self._error = f"{type(error).__name__}: {error}"
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._tries, 10))
                self._tries += 1
                self._again = self._clock() + pause
            return
        with self._changed:
            if not self._closed:
                self._detector, self._prepare = detector, detector.prepare
                self._restarts += 1
                self._began = self._clock()
                log.warning("looking for people again")
                self._changed.notify_all()

    # A worker's own life, in its thread.

    def _work(self, worker: _Worker) -> None:
        try:
            while self._take(worker):
                self._answer(worker, *self._look(worker))
        finally:
            self._gone(worker)

    def _take(self, worker: _Worker) -> bool:
        """Waits for the worker's next batch; False when it is to end."""
        with self._changed:
            while True:
                if worker.left or worker.detector is not self._detector:
                    return False
                worker.since = self._clock()
                # Workers with nothing to do share what waits.
                free = sum(1 for one in self._workers if not one.batch)
                fair = -(-len(self._waiting) // max(1, free))
                worker.batch = self._waiting.take(min(self._max_batch, fair))
                if worker.batch:
                    self._waited += sum(worker.since - one.since for one in worker.batch)
                    self._changed.notify_all()
                    return True
                self._changed.wait()

    def _look(self, worker: _Worker) -> tuple[list[Detections | BaseException], float]:
        """An answer or an error for each picture; seconds it took.

        One bad picture must not cost the others their look: after an error each is tried alone.
        """
        start = self._clock()
        batch = [request.prepared for request in worker.batch]
        together = infer(worker.detector, batch)
        one_by_one = isinstance(together, Exception) and len(batch) > 1
        found: list[Detections | BaseException] = []
        if isinstance(together, list):
            found += together
        elif one_by_one:
            for prepared in batch:
                alone = infer(worker.detector, [prepared])
                found.append(alone[0] if isinstance(alone, list) else alone)
        else:
            found += [together] * len(batch)
        return found, self._clock() - start

    def _answer(
        self, worker: _Worker, found: list[Detections | BaseException], seconds: float
    ) -> None:
        errors = [one for one in found if isinstance(one, BaseException)]
        with self._changed:
            if worker.left:
                return  # its pictures have been answered long ago
            batch, worker.batch = worker.batch, []
            self._batches += 1
            self._busy += seconds
            self._looked += len(found) - len(errors)
            self._failed += len(errors)
            # What is not an Exception (SystemExit, …) meant to end the thread it was raised in.
            deadly = any(not isinstance(error, Exception) for error in errors)
            self._in_a_row = self._in_a_row + 1 if len(errors) == len(found) else 0
            if errors:
                self._error = f"{type(errors[-1]).__name__}: {errors[-1]}"
            elif self._clock() - self._began > STEADY_SECONDS:
                self._tries = 0
            broken = deadly or self._in_a_row >= FAILURES_TO_STOP
            waiting = self._put_away(worker.detector, self._error) if broken else []
        for request, one in zip(batch, found, strict=True):
            if isinstance(one, BaseException):
                request.future.set_exception(one)
            else:
                request.future.set_result(one)
        self._fail(waiting)

    def _gone(self, worker: _Worker) -> None:
        """A worker ended. With a batch in its hands it was killed: nobody else will answer."""
        with self._changed:
            batch, worker.batch = worker.batch, []
            left = worker.left
            if worker in self._workers:
                self._workers.remove(worker)
            waiting: list[Request] = []
            if batch and not left:
                self._failed += len(batch)
                waiting = self._put_away(worker.detector, "a worker was killed")
        if not left:
            error = self._stopped()
            for request in batch:
                if not request.future.done():
                    request.future.set_exception(error)
        self._fail(waiting)


def _alive(worker: _Worker) -> bool:
    return worker.thread is not None and worker.thread.is_alive()


@dataclass(frozen=True, slots=True)
class CameraLooks:
    """Looks for one live camera: it gets its share, and of its pictures the newest counts."""

    inference: Inference
    camera: str

    def submit(
        self, picture: av.VideoFrame, *, faces: bool = False, view: View = WHOLE
    ) -> Future[Detections]:
        """See `Inference.submit`."""
        return self.inference.submit(picture, camera=self.camera, faces=faces, view=view)
