"""A count that a wrong look or two cannot change: the median of the last seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streetlamp.rules.base import BLIND_SECONDS
from streetlamp.values import Kind

LEAST_LOOKS: Final = 3  # however seldom it looks, the median is of so many


@dataclass(frozen=True, slots=True)
class Steady:
    """The counts of the last looks: (time, how many of each kind)."""

    looks: tuple[tuple[float, Mapping[Kind, int]], ...] = ()

    def adding(self, now: float, here: Mapping[Kind, int], seconds: float) -> Steady:
        """With this look, and without those that are too old to say anything."""
        if self.blind(now):
            return Steady(((now, here),))
        all_looks = (*self.looks, (now, here))
        keep = len(all_looks)
        while keep > LEAST_LOOKS and all_looks[-keep][0] < now - seconds:
            keep -= 1
        return Steady(all_looks[-keep:])

    def blind(self, now: float) -> bool:
        """Whether nothing was seen for so long that the counts before say nothing of now."""
        return not self.looks or now - self.looks[-1][0] > BLIND_SECONDS

    @property
    def count(self) -> int:
        """How many there are."""
        return _median([sum(here.values()) for _, here in self.looks])

    @property
    def kinds(self) -> dict[Kind, int]:
        """How many of each kind there are."""
        seen = {kind for _, here in self.looks for kind in here}
        return {kind: _median([here.get(kind, 0) for _, here in self.looks]) for kind in seen}


def _median(counts: list[int]) -> int:
    """Of an even number, the lower of the two in the middle."""
    return sorted(counts)[(len(counts) - 1) // 2] if counts else 0
