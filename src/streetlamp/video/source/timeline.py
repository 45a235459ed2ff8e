"""Time stamps made whole: every picture gets a place, later than the one before it.

The reasons for each repair stand in ``design/time.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

RESET_SECONDS: Final = 1.0  # stamps that go back further than this start a new count
FILE_GAP_SECONDS: Final = 3600.0  # a hole in a file that is longer is a broken stamp


class Chooser:
    """Which of a picture's two stamps to believe: presentation or decoding.

    Some containers carry presentation stamps that go to and fro. The stamp that has gone backwards
    less often wins; on a tie presentation, or decoding with ``prefer_dts`` (AVI has no others:
    FFmpeg guesses them).
    """

    def __init__(self, *, prefer_dts: bool = False) -> None:
        self._prefer_dts = prefer_dts
        self._last: list[int | None] = [None, None]
        self._faults = [0, 0]

    def choose(self, pts: int | None, dts: int | None) -> int | None:
        for index, value in enumerate((pts, dts)):
            last = self._last[index]
            if value is None:
                continue
            if last is not None and value <= last:
                self._faults[index] += 1
            self._last[index] = value
        if pts is None or dts is None:
            return dts if pts is None else pts
        tie = self._faults[1] == self._faults[0]
        use_dts = self._prefer_dts if tie else self._faults[1] < self._faults[0]
        return dts if use_dts else pts


@dataclass(slots=True)
class Timeline:
    """Strictly increasing stamps in one unit, from stamps that may be anything.

    ``step`` is the usual distance of two pictures, in ticks of ``time_base`` seconds; it stands in
    where there is no stamp.
    """

    time_base: Fraction
    step: int
    first: int | None = None
    last: int | None = None
    repaired: int = 0  # stamps that were made up or moved
    _shift: int = field(default=0)
    _adrift: bool = False  # no stamp has been seen yet

    def place(
        self, stamp: int | None, *, gap: float = FILE_GAP_SECONDS, step: int | None = None
    ) -> int:
        """The stamp this picture gets.

        ``gap``: the longest hole that is believed now, seconds. ``step``: ticks to go on by where
        the stamp cannot be believed, instead of the usual distance.
        """
        last = self.last
        if last is None:
            self.first = self.last = 0 if stamp is None else stamp
            self.repaired += stamp is None
            self._adrift = stamp is None
            return self.last
        onward = last + max(1, self.step if step is None else step)
        if stamp is None:
            return self._repair(onward)
        if self._adrift:
            self._shift, self._adrift = last + self.step - stamp, False
        here = stamp + self._shift
        ahead = (here - last) * self.time_base.numerator / self.time_base.denominator
        if ahead > gap or ahead <= -RESET_SECONDS:  # another count begins: go on where we were
            self._shift += onward - here
            return self._repair(onward)
        if here <= last:  # twice the same, or a little back: squeeze it in
            return self._repair(last + 1)
        self.last = here
        return here

    def _repair(self, stamp: int) -> int:
        self.repaired += 1
        self.last = stamp
        return stamp


class Joiner:
    """One count over several clips (or rounds of one clip), in ticks of 1/90000 s."""

    time_base: Final = Fraction(1, 90_000)

    def __init__(self) -> None:
        self._last: int | None = None
        self._base = 0
        self._first: Fraction | None = None
        self._step = 1

    def next_clip(self, step: Fraction) -> None:
        """The next picture begins a clip; ``step`` is its usual distance of pictures, seconds."""
        if self._last is not None:
            self._base = self._last + self._step
        self._step = max(1, round(step / self.time_base))
        self._first = None

    def place(self, seconds: Fraction) -> int:
        """The joined stamp of a picture ``seconds`` into its clip's own count."""
        if self._first is None:
            self._first = seconds
        here = self._base + round((seconds - self._first) / self.time_base)
        self._last = here if self._last is None else max(here, self._last + 1)
        return self._last
