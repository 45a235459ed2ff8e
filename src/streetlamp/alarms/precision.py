"""How often a rule was right, by what people said of its alarms at the desk."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from streetlamp.store.alarms import AlarmTally
from streetlamp.values import AlarmState

Z: Final = 1.959964  # standard normal quantile of 97.5 %


@dataclass(frozen=True, slots=True)
class Precision:
    """What became of the alarms of a rule, or of a kind of rules at all cameras (those are ""). The
    share is of those answered, with its 95 % interval."""

    camera: str
    rule: str
    kind: str
    raised: int
    true: int  # resolved: there was something
    false: int
    unanswered: int
    precision: float | None  # 0–1; None: nobody has answered one
    low: float
    high: float


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); 0 to 1 when nothing is known.

    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.49, 0.943]
    """
    if n == 0:
        return 0.0, 1.0
    share, zz = hits / n, Z * Z / n
    middle = (share + zz / 2) / (1 + zz)
    half = Z * math.sqrt(share * (1 - share) / n + zz / (4 * n)) / (1 + zz)
    return max(0.0, middle - half), min(1.0, middle + half)


def precisions(tallies: Iterable[AlarmTally]) -> tuple[Precision, ...]:
    """One row a camera and rule, those with the most false alarms first."""
    counts: dict[tuple[str, str, str], Counter[AlarmState]] = {}
    for one in tallies:
        counts.setdefault((one.camera, one.rule, one.kind), Counter())[one.state] += one.n
    rows = []
    for (camera, rule, kind), count in counts.items():
        true, false = count[AlarmState.RESOLVED], count[AlarmState.FALSE]
        raised, answered = sum(count.values()), true + false
        low, high = wilson(true, answered)
        share = true / answered if answered else None
        rows.append(
            Precision(camera, rule, kind, raised, true, false, raised - answered, share, low, high)
        )
    return tuple(sorted(rows, key=lambda row: (-row.false, row.camera, row.rule)))
