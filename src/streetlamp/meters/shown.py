"""A meter as its page shows it: its line, and the columns of its chart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.kinds import MeterKind
from streetlamp.values import Bools, Floats

BEFORE: Final = 7 * 86_400.0  # s before a finding's likely beginning …
AFTER: Final = 7 * 86_400.0  # … and after it was found, that its page shows …
LONGEST: Final = 42 * 86_400.0  # … of these the last ones at most
RECENT: Final = 35 * 86_400.0  # s after its end in which a household's is still kept

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_RATES: Final = {"L": "L/h", "m3": "m3/h", "kWh": "kW"}

Window = tuple[float, float]  # POSIX seconds


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One finding, under the id of the event it raises."""

    id: str
    cause: str
    start: float
    detected: float
    end: float | None
    size: float | None
    unit: str
    confidence: float
    evidence: str

    @property
    def window(self) -> Window:
        """The readings around it: from when to when they are shown."""
        last = self.detected + AFTER
        return max(self.start - BEFORE, last - LONGEST), last


@dataclass(frozen=True, slots=True)
class ShownMeter:
    """One meter. Nothing of a household's readings stands here."""

    id: str  # in addresses
    name: str
    kind: str
    household: bool
    unit: str  # of its chart
    length: int  # s of a step
    last: float  # when its last reading ends, POSIX seconds
    findings: tuple[ShownFinding, ...]  # oldest first


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The evidence of one cause over time, and the limit it has to reach: parallel arrays."""

    cause: str
    time: Doubles  # (m,) POSIX seconds at which it stood so
    statistic: Floats
    limit: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Nights:
    """The mean of a district's quietest hours, night by night: parallel arrays."""

    time: Doubles  # (k,) POSIX seconds of the night's beginning
    measured: Floats
    expected: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """The columns of a meter's page, steps of equal length without holes; NaN: no reading."""

    time: Doubles  # (n,) POSIX seconds at which a step begins
    measured: Floats  # (n,) a mean rate, or a level
    expected: Floats
    low: Floats  # what is usual
    high: Floats
    curves: tuple[Curve, ...] = ()
    nights: Nights | None = None

    def between(self, windows: Sequence[Window]) -> Chart:
        """What lies in one of these windows, and no more."""
        here = inside(self.time, windows)
        nights = self.nights
        if nights is not None:
            at = inside(nights.time, windows)
            nights = Nights(nights.time[at], nights.measured[at], nights.expected[at])
        curves = tuple(
            Curve(one.cause, one.time[at], one.statistic[at], one.limit[at])
            for one in self.curves
            if (at := inside(one.time, windows)).any()
        )
        return Chart(
            self.time[here], self.measured[here], self.expected[here], self.low[here],
            self.high[here], curves, nights,
        )  # fmt: skip


def inside(time: Doubles, windows: Sequence[Window]) -> Bools:
    """(n,) which times lie in one of the windows."""
    here = np.zeros(len(time), np.bool_)
    for first, last in windows:
        here |= (time >= first) & (time < last)
    return here


def meter_id(name: str, kind: str) -> str:
    """The meter's name where it can stand in an address, behind its kind; else one made of it."""
    if _PLAIN.fullmatch(name):
        return f"{kind}-{name}"
    return f"{kind}--{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def rate_unit(kind: MeterKind) -> str:
    """The unit of a chart: a mean rate of what is counted, a level as it is."""
    return kind.unit if kind.level else _RATES[kind.unit]


def kept_windows(findings: Sequence[ShownFinding], last: float) -> list[Window]:
    """Of a household: around what goes on, or has ended lately."""
    return [one.window for one in findings if one.end is None or one.end > last - RECENT]
