"""Files played at the speed of life, for a camera that is not there."""

from __future__ import annotations

from typing import Final

from streetlamp.video.source.base import Source
from streetlamp.video.source.clock import Anchor

LATE_SECONDS: Final = 1.0  # further behind than this, pictures are left out to catch up


class Pace:
    """Holds each picture back until its moment; says when the machine cannot keep up.

    One mapping for a whole run: the first picture's moment is now, all others follow by their
    stamps, so `wait`'s answers are exactly as far apart as the stamps.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._clock = source.clock
        self._anchor: Anchor | None = None
        self._wall = 0.0
        self._steady = 0.0
        self._due = 0.0
        self.behind = False

    def wait(self, seconds: float) -> float:
        """Wait for the picture ``seconds`` after the first; its POSIX time. Ends early on stop.

        ClockSetError when our clock was set meanwhile.
        """
        if self._anchor is None:
            self._anchor = Anchor(self._clock)
            self._wall, self._steady = self._anchor.check()
        _, steady = self._anchor.check()
        self._due = self._steady + seconds
        if self._due > steady:
            self._source.quiet_until = self._due
            self._clock.wait(self._source.stopped, self._due - steady)
        self.behind = steady - self._due > LATE_SECONDS
        return self._wall + seconds

    def skip(self, keyframe: bool, step: float) -> bool:
        """Whether to leave the next packet undecoded; ``step`` is its picture's length, seconds.

        Only a keyframe ends a stretch of skipping: what stands between needs the skipped ones.
        """
        if not self.behind:
            return False
        self._due += step
        if keyframe and self._due >= self._clock.steady() - LATE_SECONDS / 2:
            self.behind = False
        return self.behind
