"""Is this picture worth looking at? Decided from movement and time alone, so it replays."""

from __future__ import annotations

from streetlamp.video.coverage import Look
from streetlamp.video.motion import Motion
from streetlamp.video.options import LookOptions

SCENE_LOOKS = 3  # every picture of a new scene is looked at until there were this many


class Gate:
    """One camera's cadence: `look` says, for each picture in turn, whether to look at it."""

    def __init__(self, options: LookOptions) -> None:
        self._options = options
        self._last_look = float("-inf")
        self._last_motion = float("-inf")
        self._last_time = float("inf")
        self._scene_looks = 0
        self._reported: Look | None = None

    def look(self, time: float, motion: Motion) -> bool:
        """Whether to look at the picture taken at `time` (POSIX seconds)."""
        if motion.jump:
            self._scene_looks = 0
        was_quiet = time - self._last_motion > 1.0
        if motion.moving:
            self._last_motion = time
        since = time - self._last_look
        frame = max(0.0, time - self._last_time)
        self._last_time = time
        per_second = (
            self._options.quiet_looks_per_second
            if time - self._last_motion > 1.0
            else self._options.looks_per_second
        )
        woken = motion.moving and was_quiet
        # The picture nearest to the due time: half a picture early rather than half one late.
        due = since >= 1.0 / per_second - 0.5 * frame - 1e-3 or since < 0
        if not (due or woken or self._scene_looks < SCENE_LOOKS):
            return False
        self._last_look = time
        self._scene_looks += 1
        return True

    def report(self, look: Look) -> None:
        """Takes in what a look reported; it may come late, and out of step with `look`."""
        self._reported = look

    def reset(self) -> None:
        """Forget the scene: the next picture is looked at."""
        self._last_look = self._last_motion = float("-inf")
        self._scene_looks = 0
        self._reported = None
