"""A count that a wrong look or two cannot change: the median of the last seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.rules.base import BLIND_SECONDS
from streetlamp.rules.columns import Doubles, Ints
from streetlamp.values import Bools, Kind

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


class SteadyRows:
    """`Steady` at each of k looks: the windows over which its medians go.

    Looks at which nothing is counted, because it is not watched, forget what was before.
    """

    def __init__(self, before: Steady, now: Doubles, watched: Bools, seconds: float) -> None:
        past = () if before.blind(float(now[0])) else before.looks
        self.blank = not past  # nothing of what was before counts on
        self.past = past
        times = np.concatenate([[time for time, _ in past], now])
        blind = np.diff(times, prepend=-np.inf) > BLIND_SECONDS
        counts = np.concatenate([np.ones(len(past), np.bool_), watched])
        anew = blind | ~counts
        anew[1:] |= ~counts[:-1]
        at = np.arange(len(times))
        begun = np.maximum.accumulate(np.where(anew, at, 0))
        low = np.minimum(np.searchsorted(times, times - seconds), at - LEAST_LOOKS + 1)
        p = len(past)
        self.times = times
        self.begun = begun[p:] - p  # (k,) look from which on it is counted; negative: before
        self.low = np.maximum(low, begun)[p:]  # (k,) where each window begins, in `times`
        self._high = at[p:] + 1
        self._middle = (self._high - self.low - 1) // 2

    def with_past(self, here: Ints, kind: Kind | None = None) -> Ints:
        """(p + k,) how many there are, of a kind or of all, with the looks before."""
        past = [sum(many.values()) if kind is None else many.get(kind, 0) for _, many in self.past]
        return np.concatenate([np.array(past, np.int64), here])

    def at_least(self, here: Ints, most: float) -> Bools:
        """(k,) whether the median is so much; ``here`` from `with_past`."""
        fewer = np.concatenate([[0], np.cumsum(here < most)])
        return np.asarray(fewer[self._high] - fewer[self.low] <= self._middle)

    def medians(self, here: Ints, least: int, most: int) -> Ints:
        """(k,) the median where it is from ``least`` to ``most``: 0 below, ``most`` above."""
        found = np.zeros(len(self.low), np.int64)
        for n in range(max(least, 1), min(most, int(here.max(initial=0))) + 1):
            found[self.at_least(here, n)] = n
        return found

    def window(self, look: int) -> slice:
        """Of what `with_past` gives: the looks that a median goes over."""
        return slice(int(self.low[look]), int(self._high[look]))

    def steady(self, look: int, here: Mapping[Kind, Ints]) -> Steady:
        """The counts of the last looks, as they are kept; ``here`` by kind, from `with_past`."""
        some = self.window(look)
        rows = range(some.start, some.stop)
        return Steady(
            tuple(
                (float(self.times[at]),
                 Counter({kind: int(many[at]) for kind, many in here.items() if many[at]}))
                for at in rows
            )
        )  # fmt: skip


def since(holds: Bools, begun: Ints, now: Doubles, before: float | None) -> Doubles:
    """(k,) since when each look's condition holds without a break, where it does.

    ``begun``: look from which on it can be known (negative: before the first, when ``before`` says
    since when it held then).
    """
    at = np.arange(len(holds))
    comes = holds & (np.concatenate([[True], ~holds[:-1]]) | (begun == at))
    first = np.maximum.accumulate(np.where(comes, at, 0))
    found = now[first]
    if before is not None and len(holds) and holds[0] and begun[0] < 0:
        found = np.where(first == 0, before, found)
    return np.asarray(found)
