"""Which of the open leaks a fall of the inflow has ended."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

_PART: Final = 0.2  # by which a fall may differ from what it ends
_GREW: Final = 2.5  # of what is open: leaks grow unseen, but not by more


def ended_by(fall: float, sizes: Sequence[float]) -> tuple[int, ...]:
    """Indices of those whose sizes add up to ``fall`` best, () if none do; all if more fell."""
    everything = tuple(range(len(sizes)))
    if not sizes or fall > _GREW * sum(sizes):
        return ()
    if fall >= sum(sizes):
        return everything
    some = [c for n in range(1, len(sizes) + 1) for c in combinations(everything, n)]
    best = min(some, key=lambda c: abs(sum(sizes[i] for i in c) - fall))
    total = sum(sizes[i] for i in best)
    return best if abs(total - fall) <= _PART * max(total, fall) else ()
