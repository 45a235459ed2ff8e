"""The last step out of the delay line: what was decided to be hidden is hidden.

First it is decided for some pictures what to hide, then they are masked one after another. A
picture is larger than a processor's nearest cache: masked in between, each would push out of it
what deciding needs, and that would be slower by a quarter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from streetlamp.values import Floats, Tracks
from streetlamp.video import mask
from streetlamp.video.memory import Memory
from streetlamp.video.options import Style
from streetlamp.video.outputs import Output, Shown
from streetlamp.video.raw import RawFrame


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """A picture whose time has come, and what is to be hidden in it."""

    raw: RawFrame
    hide: Floats | None  # (k, 4) pixels, margins included; None: all of it …
    tracks: Tracks
    reason: str = ""  # … because of this


class Leaving:
    """What leaves one camera's delay line, in order."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._memory = Memory()
        self._due: deque[Output | Due] = deque()

    def put(self, outputs: Iterable[Output | Due]) -> None:
        """What leaves next, in order."""
        self._due.extend(outputs)

    def out(self) -> list[Output]:
        """All that was put since, masked."""
        done: list[Output] = []
        while self._due:
            one = self._due.popleft()  # one that cannot be hidden never leaves, nor holds up others
            done.append(self._masked(one) if isinstance(one, Due) else one)
        return done

    def rest(self) -> None:
        """No picture is expected for a while."""
        self._memory.forget()

    def _masked(self, due: Due) -> Shown:
        if due.hide is None:
            return Shown(mask.hide_whole(due.raw, due.reason, self._memory), due.tracks)
        return Shown(mask.hide(due.raw, due.hide, self._style, self._memory), due.tracks)
