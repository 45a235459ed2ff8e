"""The keyframes of a camera's second, smaller stream, kept for whoever judges by them.

One thread puts in what comes, another takes out what it wants to see. See ``design/gating.md``.
"""

from __future__ import annotations

import threading
from collections import deque
from itertools import pairwise
from typing import Final

from streetlamp.video.raw import Packet, StreamInfo, Unit

SETTLE_SECONDS: Final = 15.0  # after each opening its times may still be moving into place
MOST_KEYS: Final = 24  # keyframes kept, the newest …
LEAST_APART: Final = 0.4  # … and so many seconds between two of them, if all are keyframes
NOT_YET: Final = "it has not been open for long enough"
NOT_H264: Final = "it is not H.264"


class SecondStream:
    """The newest keyframes of one camera's second stream. Thread-safe, bounded.

    What is no keyframe is dropped at once. Nothing is kept from the first seconds of an opening:
    a camera may begin with what it had stored, and until the times of that have been put right
    they say that a picture is younger than it is.
    """

    def __init__(self, *, settle: float = SETTLE_SECONDS) -> None:
        self.settle = settle
        self._turn = threading.Lock()
        self._keys: deque[Packet] = deque(maxlen=MOST_KEYS)
        self._stream: StreamInfo | None = None
        self._began = 0.0
        self._trouble = NOT_YET
        self.latest = float("-inf")  # time of the newest keyframe
        self.opening = 0  # counts; what was learnt of one opening does not hold for the next

    @property
    def trouble(self) -> str:
        """Why there is nothing to judge by just now, "" if there is."""
        return self._trouble

    @property
    def spacing(self) -> float:
        """The longest time between two keyframes of late, seconds; inf while it is not known."""
        with self._turn:
            times = [packet.time for packet in self._keys]
        if len(times) < 3:
            return float("inf")
        return max(after - before for before, after in pairwise(times))

    def put(self, unit: Unit) -> bool:
        """What the source gave next. False: it gives pictures, not packets, and is of no use."""
        if not isinstance(unit, Packet):
            self.away(NOT_H264)
            return False
        if unit.stream is not self._stream:
            self.away(NOT_YET)
            self._stream, self._began = unit.stream, unit.time
        if not unit.keyframe or unit.time < self._began + self.settle:
            return True
        with self._turn:
            if not self._keys or unit.time - self._keys[-1].time >= LEAST_APART:
                self._keys.append(unit)
                self.latest = unit.time
                self._trouble = ""
        return True

    def away(self, why: str) -> None:
        """Nothing more comes of this opening."""
        with self._turn:
            self._keys.clear()
            self.latest = float("-inf")
            self._stream = None
            self._trouble = why
            self.opening += 1

    def after(self, time: float) -> list[Packet]:
        """The keyframes later than `time` (POSIX seconds), the oldest first."""
        with self._turn:
            return [packet for packet in self._keys if packet.time > time]
