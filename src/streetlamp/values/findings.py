"""What a meter or a store of goods was found to have: a physical cause, with its size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from streetlamp.values.arrays import Floats

SURE: Final = 0.99
"""No finding claims more than this: a machine that is certain is not asked twice."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One episode of one physical cause at one meter, district, network or store.

    It speaks of pipes, machines and quantities, never of people (CHARTER 3). Told once when it is
    found; the same ``id`` comes again with ``end`` set when it is over.
    """

    id: str  # the same for the same episode, however often it is found again
    subject: str  # the meter's, district's, network's or store's name
    cause: str  # a name of the documented list: leak, burst, stuck_meter, theft, …
    start: float  # POSIX seconds, the likely beginning
    detected: float  # POSIX seconds of the reading that decided
    size: float  # in `unit`; NaN where the cause has none
    unit: str  # "L/h", "kW", "m3", "t", "" …
    confidence: float  # 0 to `SURE`
    evidence: str  # one sentence for a person, with its numbers
    end: float | None = None  # None while it lasts, or where it is not known
    numbers: Mapping[str, float] = field(default_factory=dict)  # measured values and thresholds
    picture: Evidence | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The series that decided, to be drawn: parallel arrays, NaN where there is nothing."""

    time: Floats  # (n,) POSIX seconds, ascending
    measured: Floats  # (n,) in the unit of the readings
    expected: Floats  # (n,)
    low: Floats  # (n,) lower edge of what is usual
    high: Floats  # (n,) upper edge
    statistic: Floats  # (n,) evidence so far
    threshold: float
    unit: str
