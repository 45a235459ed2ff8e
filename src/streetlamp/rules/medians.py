"""Medians of few values, for very many at once.

Where thousands of medians of a handful are asked for, most of a sort's time goes into beginning
it. So the values are put in order by a sorting network (Batcher 1968) of which only those
comparisons are left that the middle depends on: each is one minimum and one maximum of long rows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from streetlamp.rules.columns import Doubles

FEW: Final = 32  # values up to which the network is quicker than a sort

Comparison = tuple[int, int, bool, bool]  # the lesser goes here, the greater there; which are asked


def medians(values: Doubles) -> Doubles:
    """(g,) of (n, g) finite values, n at least 1; of an even n the mean of the middle two. The
    values are overwritten."""
    n = len(values)
    low, high = (n - 1) // 2, n // 2
    if n > FEW:
        values.sort(axis=0)
        return np.asarray((values[high] + values[low]) / 2)
    rows, spare = list(values), np.empty(values.shape[1:])
    for i, j, lesser, greater in _network(n):
        one, two = rows[i], rows[j]
        if lesser and greater:
            np.minimum(one, two, out=spare)
            np.maximum(one, two, out=two)
            rows[i], spare = spare, one
        elif lesser:
            np.minimum(one, two, out=one)
        else:
            np.maximum(one, two, out=two)
    return np.asarray((rows[high] + rows[low]) / 2)


@lru_cache(maxsize=FEW)
def _network(n: int) -> tuple[Comparison, ...]:
    """The comparisons after which the middle of n values stands in its place."""
    asked = {(n - 1) // 2, n // 2}
    left: list[Comparison] = []
    for i, j in reversed(_sorting(n)):
        if i in asked or j in asked:
            left.append((i, j, i in asked, j in asked))
            asked |= {i, j}
    return tuple(reversed(left))


def _sorting(n: int) -> list[tuple[int, int]]:
    """Batcher's odd-even merge sort of n values."""
    found = []
    wide = 1
    while wide < n:
        step = wide
        while step >= 1:
            for start in range(step % wide, n - step, 2 * step):
                found += [
                    (i, i + step)
                    for i in range(start, min(start + step, n - step))
                    if i // (2 * wide) == (i + step) // (2 * wide)
                ]
            step //= 2
        wide *= 2
    return found
