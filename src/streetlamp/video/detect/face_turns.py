"""Which looks also look for faces: decided from the pictures' times, so it replays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

import av

from streetlamp.video.raw import Detections

SLACK: Final = 1e-6  # seconds, for comparing times that went through arithmetic


class FaceTurns:
    """One camera's cadence of looks for faces.

    every: seconds between two of them at least; the next look is one. A face is hidden for longer
    than that before and after the look that found it (``coverage.FACE_SECONDS``). None: never,
    for a detector that knows no faces.
    """

    def __init__(self, every: float | None) -> None:
        self._every = every
        self._last = float("-inf")
        self._refused = False  # the last look for faces could not even be asked for
        self._owed = False  # the last one that was over had no answer

    def due(self, time: float) -> bool:
        """Whether the look at the picture taken at ``time`` (POSIX seconds) is for faces, too."""
        if self._every is None:
            return False
        since = time - self._last
        missed = self._refused or self._owed
        if not missed and 0.0 <= since < self._every - SLACK:
            return False
        self._last = time
        return True

    def ask(
        self,
        submit: Callable[..., Future[Detections]],
        picture: av.VideoFrame,
        time: float,
        *,
        last: bool = False,
    ) -> Future[Detections]:
        """``submit(picture)``, or ``submit(picture, faces=True)`` when it is due.

        last: the last look of its scene, which is always for faces: none comes after it.
        When a look for faces is refused or ends without an answer, every look is for faces until
        one of them has answered.
        """
        due = self.due(time)
        if self._every is None or not (due or last):
            return submit(picture)
        self._refused = True
        future = submit(picture, faces=True)
        self._refused = False
        future.add_done_callback(self._told)
        return future

    def _told(self, future: Future[Detections]) -> None:
        """In the thread that answered."""
        self._owed = future.cancelled() or future.exception() is not None
