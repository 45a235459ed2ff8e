"""What a meter usually passes at an hour: quantiles of the same hour on the days before.

For people to look at, as in the picture of a finding; no cause goes by it. Learnt anew each week
from the eight before, without what was found to be wrong, and never from a later day.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.values import Bools

DAYS: Final = 56  # that it is learnt from
_WEEK: Final = 7
_DAY: Final = 86_400
_LEAST: Final = 5  # values that tell something
_QUANTILES: Final = (0.05, 0.5, 0.95)


def usual_band(step: Indices, used: Doubles, length: int, wrong: Bools) -> Doubles:
    """(3, n) low, middle and high of what was usual by then; NaN while nobody knows.

    step (n,): numbers of steps of ``length`` seconds, ascending; used (n,): what each passed;
    wrong (n,): steps that are not to be learnt from. Of steps longer than a day nothing is usual.
    """
    out = np.full((3, len(step)), np.nan)
    if not len(step) or length > _DAY:
        return out
    slots = _DAY // length
    day, slot = step // slots, step % slots
    first = int(day[0])
    grid = np.full((int(day[-1]) - first + 1, slots), np.nan)
    grid[day - first, slot] = np.where(wrong, np.nan, used)
    known = np.full((3, slots), np.nan)
    for begin in range(0, len(grid), _WEEK):
        fresh = _quantiles(grid[max(begin - DAYS, 0) : begin])
        known = np.where(np.isnan(fresh), known, fresh)
        rows = slice(*np.searchsorted(day, (first + begin, first + begin + _WEEK)))
        out[:, rows] = known[:, slot[rows]]
    return out


def _quantiles(past: Doubles) -> Doubles:
    """(3, slots) of (days, slots): of each slot with enough values, the value below or at it."""
    found = np.full((3, past.shape[1]), np.nan)
    count = (~np.isnan(past)).sum(axis=0)
    enough = np.flatnonzero(count >= _LEAST)
    if len(enough):
        ordered = np.sort(past[:, enough], axis=0)  # NaN comes last
        for row, part in enumerate(_QUANTILES):
            at = np.rint(part * (count[enough] - 1)).astype(int)
            found[row, enough] = ordered[at, np.arange(len(enough))]
    return found
