"""Sums of evidence for several hypotheses at once, which never fall below nothing."""

from __future__ import annotations

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.values import Bools


def gathered(
    total: Doubles, age: Indices, gain: Doubles, here: Bools, longest: int
) -> tuple[Doubles, Indices]:
    """Sums and their ages (n, hypotheses), a day on: ``gain`` where a meter is ``here`` (n,).

    A sum that has stood above nothing for more than ``longest`` days begins anew.
    """
    raised = np.maximum(total + gain, 0.0)
    total = np.where(here[:, None], raised, total)
    age = np.where(total > 0, age + 1, 0)
    stale = age > longest
    total[stale], age[stale] = 0.0, 0
    return total, age
