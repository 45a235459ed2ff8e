"""What is in the pictures that leave next, worked out together.

Boxes are few and pictures many: most of what it costs to say what is in a picture is the same for
three of them as for one. Between two looks' reports nothing changes what is known of a picture, so
those that leave until the next report are asked about at once.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Final

from streetlamp.video.coverage import Cover, Coverage, Stamp
from streetlamp.video.line import Line, Resting, Waiting

MOST: Final = 8  # pictures at once


class Ahead:
    """The covers of the line's first pictures, kept until another look has reported."""

    def __init__(self, line: Line, coverage: Coverage) -> None:
        self._line = line
        self._coverage = coverage
        self._known: deque[tuple[Stamp, Cover]] = deque()
        self._version = -1
        self._left = 0  # pictures since the last report …
        self._usual = 1  # … and between the two before

    def first(self, size: tuple[int, int]) -> Cover:
        """What is in the line's first picture, of `size` (width, height) pixels."""
        if self._version != self._coverage.version:
            self._version = self._coverage.version
            self._known.clear()
            self._usual, self._left = min(MOST, self._left + 1), 0
        self._left += 1
        stamp = _stamp(self._line[0])
        while self._known and self._known[0][0] != stamp:
            self._known.popleft()
        if not self._known:
            some = [_stamp(one) for one in islice(self._line, self._usual)]
            self._known.extend(zip(some, self._coverage.at_each(some, size), strict=True))
        return self._known.popleft()[1]


def _stamp(one: Waiting | Resting) -> Stamp:
    return one.time, one.raw.frame if isinstance(one, Waiting) else 0
