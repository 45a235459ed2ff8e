"""A source kept alive: run in a thread, watched, tried again, and described.

Sources have no retries and no threads; this is the one place that has both. The consumer's own
thread watches over the source's thread, so nothing runs that nobody waits for.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Final

from streetlamp.health import Reason
from streetlamp.values import CameraState
from streetlamp.video.raw import Unit
from streetlamp.video.run import Run
from streetlamp.video.source.base import Source, SourceError
from streetlamp.video.source.camera_clock import CameraClock
from streetlamp.video.source.clock import SYSTEM_CLOCK, Clock
from streetlamp.video.source.trouble import Trouble

FIRST_PAUSE: Final = 1.0  # seconds; doubled at each failure
LONGEST_PAUSE: Final = 30.0
MOST_PATIENCE: Final = 4.0  # times the usual timeouts, for what opens too slowly again and again
STEADY_SECONDS: Final = 10.0  # a run that lasted so long starts the pauses over
GRACE_SECONDS: Final = 1.0  # how much longer than a source's own patience ours is
MOST_HUNG: Final = 4  # threads that may hang in FFmpeg before we stop starting more
REPORT_SECONDS: Final = 5.0  # between two words about pictures left out
MOST_WARNINGS: Final = 20  # of one camera in the log; after that it has been said
STOP_SECONDS: Final = 1.5  # `stop` waits no longer for a thread

log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """What changed with a camera, in words a person understands."""

    state: CameraState
    message: str
    time: float  # POSIX seconds, ours
    run: int = 0  # counts the openings from 1; a new run's frames count from 1 again
    restarts: int = 0  # openings after the first
    repeats: int = 0  # how many times in a row this very failure happened
    dropped: int = 0  # pictures left out in this run because the consumer was late
    trouble: Reason | None = None  # why it gives no pictures; kept until it gives some again


class Feed:
    """Pictures of one camera for as long as they are wanted, whatever the camera does.

    ``live``: failures are waited out (1, 2, 4 … 30 s) and a slow consumer loses the oldest
    pictures. Not live: nothing is lost, and a failure is raised as SourceError.
    """

    def __init__(
        self,
        source_factory: Callable[[], Source],
        *,
        live: bool,
        clock: Clock = SYSTEM_CLOCK,
        depth: int = 25,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._factory = source_factory
        self._live = live
        self._clock = clock
        self._depth = depth
        self._jitter = jitter
        self._stop = threading.Event()
        self._run: Run | None = None
        self._hung: list[Run] = []
        self._runs = 0
        self._failures = 0  # in a row
        self._trouble: Reason | None = None  # of the last failure, until pictures come
        self._lost: Reason | None = None  # the failure the log was told of last
        self._repeats = 0
        self._patience = 1.0  # for the next opening; doubled where the last one took too long
        self._away_since = 0.0  # steady time
        self._complaint = ""
        self.camera_clock = CameraClock()
        self._warned: set[str] = set()

    @property
    def source(self) -> Source | None:
        """The source of the present run, for its `describe` and `warnings`."""
        return None if self._run is None else self._run.source

    @property
    def behind(self) -> float:
        """Seconds of video that came and were not taken yet. Any thread."""
        run = self._run
        return 0.0 if run is None else run.behind

    def complain(self, text: str) -> None:
        """The consumer can make nothing of what comes: the source is opened anew."""
        self._complaint = text

    def stop(self) -> None:
        """End `items` soon. From any thread, more than once; returns within about 2 s."""
        again = self._stop.is_set()
        self._stop.set()
        run = self._run
        if run is not None:
            run.abandon()
            run.join(0.0 if again else STOP_SECONDS)

    def items(self) -> Iterator[Unit | FeedStatus]:
        """Pictures and, before and between them, what happens to the camera.

        Ends after `stop`, at a file's end, and when trying again is no use. SourceError only when
        not live; UserError when the address cannot be used at all.
        """
        while not self._stop.is_set():
            problem = yield from self._one_run()
            if problem is None or self._stop.is_set():
                return
            if not self._live:
                raise problem
            if not problem.retry:
                log.error("camera %s: %s", self._camera, problem.reason)
                self._trouble = problem.trouble
                yield self._status(CameraState.FAILED, problem.reason)
                return
            yield from self._pause(problem)

    def _one_run(self) -> Generator[Unit | FeedStatus, None, SourceError | None]:
        """Open and play once. The generator's value: what went wrong, None for a good end."""
        self._hung = [run for run in self._hung if run.alive]
        if len(self._hung) >= MOST_HUNG:
            return SourceError("earlier tries to reach it still hang", retry=True)
        run = Run(self._factory(), live=self._live, clock=self._clock, depth=self._depth)
        run.source.camera_clock = self.camera_clock
        run.source.patience = self._patience
        self._run = run
        self._runs += 1
        yield self._status(CameraState.CONNECTING, f"connecting to {run.source.describe()}")
        began = self._clock.steady()
        run.start()
        try:
            problem = yield from self._frames(run)
        finally:
            run.abandon()
        if run.opened:
            self._patience = 1.0
        elif self._clock.steady() - began >= 0.9 * run.source.open_timeout:
            # A machine with too much to do opens a camera slowly, and would never come to an end.
            self._patience = min(MOST_PATIENCE, 2.0 * self._patience)
        return problem

    def _frames(self, run: Run) -> Generator[Unit | FeedStatus, None, SourceError | None]:
        began: float | None = None
        reported, told = 0, self._clock.steady()
        while not self._stop.is_set():
            frame = run.take(0.2)
            now = self._clock.steady()
            if frame is not None:
                if began is None:
                    began = now
                    yield self._live_again(run)
                elif self._failures and now - began > STEADY_SECONDS:
                    self._failures, self._lost, self._repeats = 0, None, 0
                yield frame
                if self._complaint:
                    text, self._complaint = self._complaint, ""
                    text = f"no pictures from {run.source.describe()}: {text}"
                    return SourceError(text, retry=True, trouble=Reason.DAMAGED)
                self._warn(run)
                if run.dropped > reported and now - told > REPORT_SECONDS:
                    lost = run.dropped - reported
                    reported, told = run.dropped, now
                    text = f"this machine is too slow: {lost} pictures were left out"
                    yield self._status(CameraState.LIVE, text)
            elif run.over:
                return (yield from self._end(run))
            elif self._live and (limit := self._overdue(run, now)):
                self._hung.append(run)
                what = "no picture came" if run.opened else "it did not answer"
                reason = Reason.NO_VIDEO if run.opened else Reason.UNREACHABLE
                known = run.source.missing() or Trouble(reason, f"{what} for {limit:g} s")
                text = run.source.clean(f"{run.source.describe()}: {known.text}")
                return SourceError(text, retry=True, trouble=known.reason)
        return None

    def _warn(self, run: Run) -> None:
        """Log what is odd about a live source (a clip left out of a folder, say), each once."""
        if self._live and len(self._warned) < MOST_WARNINGS:
            for warning in run.source.warnings:
                if warning not in self._warned:
                    self._warned.add(warning)
                    log.warning("camera %s: %s", self._camera, warning)

    @property
    def _camera(self) -> str:
        return "?" if self._run is None else self._run.source.camera

    def _live_again(self, run: Run) -> FeedStatus:
        tries = self._repeats
        plural = "y" if tries == 1 else "ies"
        text = f"live after {tries} failed tr{plural}" if tries else "live"
        if self._trouble is not None:
            away = self._clock.steady() - self._away_since
            log.warning("camera %s: %s, %.0f s without pictures", self._camera, text, away)
        self._trouble = None
        return self._status(CameraState.LIVE, text)

    def _end(self, run: Run) -> Generator[FeedStatus, None, SourceError | None]:
        if run.crash is not None:
            raise run.crash
        if run.problem is not None:
            return run.problem
        if not self._stop.is_set():
            yield self._status(CameraState.ENDED, "; ".join(["ended", *run.source.warnings]))
        return None

    def _overdue(self, run: Run, now: float) -> float:
        """The patience that has run out, seconds; 0 while there is no reason to worry."""
        options = run.source.options
        limit = options.read_timeout if run.opened else run.source.open_timeout
        return limit if now - run.last_sign > limit + GRACE_SECONDS else 0.0

    def _pause(self, problem: SourceError) -> Iterator[FeedStatus]:
        """Say what is wrong, once in the log for a row of failures of one kind, and wait."""
        reason = problem.reason
        self._repeats = self._repeats + 1 if problem.trouble is self._lost else 1
        if problem.trouble is not self._lost:
            log.warning("camera %s: %s", self._camera, reason)
        if self._trouble is None:
            self._away_since = self._clock.steady()
        self._lost = self._trouble = problem.trouble
        self.camera_clock.lost()
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures, 10))
        self._failures += 1
        pause = longest * (0.75 + 0.5 * self._jitter())
        count = f" ({self._repeats} times in a row)" if self._repeats > 1 else ""
        yield self._status(CameraState.WAITING, f"{reason}{count}; next try in {pause:.0f} s")
        self._clock.wait(self._stop, pause)

    def _status(self, state: CameraState, message: str) -> FeedStatus:
        run = self._run
        return FeedStatus(
            state,
            message,
            self._clock.wall(),
            run=self._runs,
            restarts=max(0, self._runs - 1),
            repeats=self._repeats,
            dropped=0 if run is None else run.dropped,
            trouble=None if state is CameraState.LIVE else self._trouble,
        )
