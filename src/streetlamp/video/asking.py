"""The looks of one camera that are out: asked for, waited for, taken in, in order of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import wait as wait_for_looks
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import av
import cv2

from streetlamp.errors import StreetlampError
from streetlamp.video.detect.face_turns import FaceTurns
from streetlamp.video.inference import LookReplacedError
from streetlamp.video.outputs import Figures, Looker
from streetlamp.video.raw import WHOLE, Detections, Part, RawFrame, View

MOST_PENDING: Final = 3  # live: looks under way at once …
MOST_CATCHING_UP: Final = 48  # … and while a woken camera's GOP is looked at
FLUSH_SECONDS: Final = 2.0  # live: looks that take longer are given up when the line is emptied
CANNOT_ASK: Final = (  # what comes of a picture that cannot be made small, or of a closed queue
    StreetlampError, av.FFmpegError, cv2.error, ArithmeticError, LookupError, MemoryError,
    OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """A look that was asked for."""

    raw: RawFrame
    scene: int
    future: Future[Detections]


class Asking:
    """Asks `inference` on behalf of one camera, and counts in `figures` what came of it.

    wait: offline, every look is waited for; live, at most `MOST_PENDING` are out.
    """

    def __init__(
        self, inference: Looker, faces: FaceTurns | None, figures: Figures, *, wait: bool
    ) -> None:
        self._inference = inference
        self._faces = faces or FaceTurns(None)
        self._figures = figures
        self._wait = wait
        self._pending: deque[Pending] = deque()
        self._most = MOST_PENDING

    def __len__(self) -> int:
        return len(self._pending)

    @contextmanager
    def catching_up(self) -> Iterator[None]:
        """While many pictures come at once, because a camera woke, more looks may be out."""
        self._most = MOST_CATCHING_UP
        try:
            yield
        finally:
            self._most = MOST_PENDING

    def ask(self, raw: RawFrame, *, last: bool = False, view: View = WHOLE) -> Future[Detections]:
        """A look at this picture, for faces too when it is their turn, or the scene's last."""
        submit = (
            self._inference.submit if view == WHOLE else partial(self._inference.submit, view=view)
        )
        return self._faces.ask(submit, raw.picture, raw.time, last=last)

    def look_at_part(self, raw: RawFrame, part: Part) -> Future[Detections]:
        """A look at a part of this picture, for people and vehicles alone."""
        return self._inference.submit(raw.picture, view=View(part=part))

    def submit(self, raw: RawFrame, scene: int, *, last: bool = False, view: View = WHOLE) -> None:
        """Asks for a look that `collect` will give; a gap will hide the picture if it cannot."""
        out = sum(not pending.future.done() for pending in self._pending)
        if not (self._wait or last) and out >= self._most:
            self._figures.skipped_looks += 1  # the detector lags: the gap will hide the picture
            return
        try:
            self._pending.append(Pending(raw, scene, self.ask(raw, last=last, view=view)))
        except CANNOT_ASK as error:  # no look, so the picture will be hidden whole
            self._failed(error)

    def is_out(self, raw: RawFrame) -> bool:
        """Whether a look at this very picture is under way."""
        return any(pending.raw is raw for pending in self._pending)

    def wait_for(self, seconds: float) -> None:
        """Waits for all looks that are out, so long at most by our clock."""
        wait_for_looks([pending.future for pending in self._pending], seconds)

    def collect(
        self, *, block: bool, until: float = float("inf")
    ) -> Iterator[tuple[Pending, Detections]]:
        """The looks that have reported, in order of time."""
        if block and not self._wait:
            self.wait_for(FLUSH_SECONDS)
        while self._pending and self._pending[0].raw.time <= until:
            first = self._pending[0]
            if not block and not first.future.done():
                return
            self._pending.popleft()
            error = self._error_of(first.future)
            if isinstance(error, LookReplacedError):
                self._figures.skipped_looks += 1  # the detector lags, but looks at a newer one
            elif error is not None:
                self._failed(error)
            else:
                self._figures.looks += 1
                self._figures.detector_error = ""
                yield first, first.future.result()

    def answer(self, future: Future[Detections]) -> Detections | None:
        """What a look asked for by somebody else found; None, and counted, if it failed."""
        error = self._error_of(future)
        if error is not None:
            self._failed(error)
            return None
        return future.result()

    def _failed(self, error: BaseException) -> None:
        self._figures.failed_looks += 1
        self._figures.detector_error = str(error) or type(error).__name__

    def _error_of(self, future: Future[Detections]) -> BaseException | None:
        """Why there is no report, whatever the detector raised; None if there is one."""
        try:
            return future.exception(None if self._wait else 0)
        except TimeoutError as late:
            future.cancel()  # a hung detector's queue must not fill with what nobody waits for
            return late
        except CancelledError as cancelled:
            return cancelled
