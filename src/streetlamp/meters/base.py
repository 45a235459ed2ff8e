"""What a cause is: something physical that a stream of readings can show, looked for step by step.

A cause is stepped with one `Step` after another, for all meters of its panel at once (arrays over
meters: 100,000 meters an hour must be cheap), and tells findings. It never sees a later step, so
replaying gives what was told live, and cutting off the future changes nothing told before. Its
memory is arrays, and pickles.

A new cause is one file: an options class, a class with ``update``, and ``@CAUSES.add``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from pydantic import Field

from streetlamp.meters.arrays import Doubles
from streetlamp.options import Options
from streetlamp.plugins import Registry
from streetlamp.values import Finding

YEAR_SECONDS: Final = 365.25 * 86400


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One stretch of time (an hour, mostly) as ``n`` meters of one kind report it.

    Times are POSIX seconds; calendar fields are the site's local clock at the step's beginning. A
    reading that is missing, estimated or doubtful is NaN, never 0 and never the one before.
    """

    begin: float
    end: float
    hour: int  # 0-23, local
    weekday: int  # 0 Monday … 6 Sunday, local
    holiday: bool
    used: Doubles  # (n,) quantity in the step, base unit of the kind (L, kWh, m3, m of head …)
    register: Doubles  # (n,) the meter's own counter at the end of the step; NaN where it has none
    beside: Mapping[str, float] = field(default_factory=dict)  # the site's weather: kind, its value


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What a cause goes by after a step, for people to see: (n,) arrays, NaN for nothing."""

    statistic: Doubles  # the evidence so far
    limit: Doubles  # where it has to be
    expected: Doubles | None = None  # of an hour, a rate an hour in the kind's unit …
    spread: Doubles | None = None  # … and so far from it is usual


class CauseOptions(Options):
    """What every cause can be told."""

    alarms_per_meter_year: float = Field(
        default=0.1,
        gt=0,
        le=52,
        title="False alarms",
        description="How many false alarms a meter may raise in a year through this cause; the "
        "threshold follows from it",
    )


class Cause(ABC):
    """The base of all causes, made for the ``n`` meters of one panel."""

    name: ClassVar[str]  # leak, burst, stuck_meter …
    kinds: ClassVar[frozenset[str]]  # of meters: water, electricity, district_inflow, pressure …
    summary: ClassVar[str]  # one sentence for the docs
    Options: ClassVar[type[CauseOptions]] = CauseOptions
    watched: Watched | None = None  # another object whenever it is news; None: shows nothing

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        self.meters = tuple(meters)
        self.options = self.Options() if options is None else options

    @classmethod
    def applies(cls, meters: Sequence[str]) -> bool:
        """Can any of these meters show it? Else it takes no share of the false alarms."""
        del meters
        return True

    @classmethod
    def together(cls, meters: Sequence[str]) -> bool:
        """Are some of these held against each other? Then a panel is not shared out."""
        del meters
        return False

    @abstractmethod
    def update(self, step: Step) -> Sequence[Finding]:
        """Takes in the next step; gives what was found by it, and what is over."""


CAUSES: Registry[type[Cause]] = Registry("cause", "streetlamp.meters.causes")
