"""What waits in a camera's delay line, and why a picture of it cannot be shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Final

from streetlamp.video.coverage import Coverage, Look
from streetlamp.video.motion import Motion
from streetlamp.video.options import LookOptions
from streetlamp.video.outputs import Figures
from streetlamp.video.pace import Pace
from streetlamp.video.raw import Packet, RawFrame

SETTLE_LOOKS: Final = 2  # looks at a new scene before anything of it is shown


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A decoded picture in the delay line."""

    pictures: ClassVar[int] = 1

    raw: RawFrame
    scene: int  # counts scene jumps
    motion: Motion
    crowded: bool = False  # of the very moment of the picture before
    reason: str = ""  # why it is to be hidden whole in any case

    @property
    def time(self) -> float:
        return self.raw.time


@dataclass(frozen=True, slots=True, eq=False)
class Resting:
    """Pictures of a GOP that was judged quiet, not decoded, in order of presentation."""

    crowded: ClassVar[bool] = False

    packets: Sequence[Packet]
    scene: int

    @property
    def pictures(self) -> int:
        return len(self.packets)

    @property
    def time(self) -> float:
        """The last one's: until then all of them wait."""
        return self.packets[-1].time


Line = deque[Waiting | Resting]


class Doubt:
    """Why a picture cannot be shown, decided from the looks around it."""

    def __init__(self, line: Line, coverage: Coverage, options: LookOptions, pace: Pace) -> None:
        self._line = line
        self._coverage = coverage
        self._longest = options.max_gap_seconds
        self._pace = pace

    def of(self, waiting: Waiting, figures: Figures) -> str:
        """Why the first of the line, decoded, must be hidden whole; "" if it can be shown."""
        if waiting.reason:
            return waiting.reason
        before, after = self._coverage.around(waiting.time)
        if reason := _unseen(before, after, waiting.scene, figures):
            return reason
        assert before is not None
        assert after is not None
        gap = after.time - before.time
        if gap > self._longest and not _neighbours(before, after):
            return "the detector did not look often enough"
        if self._at_odds(waiting, before, after):
            return "the camera's time stands still"
        if not self._settled(waiting):
            return "a new scene"
        return ""

    def of_resting(self, packet: Packet, scene: int, figures: Figures) -> str:
        """The same of a picture of a quiet GOP: both keyframes around it were looked at."""
        return _unseen(*self._coverage.around(packet.time), scene, figures)

    def _at_odds(self, waiting: Waiting, before: Look, after: Look) -> bool:
        """Whether the looks around it are close by the camera's time alone."""
        if before.frame == waiting.raw.frame == after.frame:
            return False
        near = waiting.crowded or any(one.crowded for one in islice(self._line, 1, 2))
        lasts = self._pace.lasts(after.frame - before.frame)
        far = lasts > 1.5 * self._longest and not _neighbours(before, after)
        return near or far

    def _settled(self, waiting: Waiting) -> bool:
        """Whether its scene was looked at twice, or as often as it has pictures."""
        looks = self._coverage.looks_at(waiting.scene)
        if looks >= SETTLE_LOOKS:
            return True
        return looks >= sum(one.pictures for one in self._line if one.scene == waiting.scene)


def _unseen(before: Look | None, after: Look | None, scene: int, figures: Figures) -> str:
    """Why looks before and after a picture of a scene do not tell what is in it, or ""."""
    if figures.looks == 0:
        return "the detector has not looked yet"
    if after is None:
        late = not figures.detector_error
        return "the detector is late" if late else "the detector does not answer"
    if before is None or before.scene != scene:
        return "a new scene that nobody has looked at yet"
    if after.scene != scene:
        return "the scene changed before anybody looked at its end"
    return ""


def _neighbours(before: Look, after: Look) -> bool:
    """Whether no picture lies between two looks: a slow camera, each picture looked at."""
    return 0 <= after.frame - before.frame <= 1
