"""How many alarms a month had, and whether people can answer so many. Pure functions.

The figures are those of EEMUA publication 191 (*Alarm systems: a guide to design, management and
procurement*) and of ANSI/ISA-18.2 (*Management of alarm systems for the process industries*, clause
16, monitoring and assessment); each says which. A group counts once, when its first alarm came:
that is how often somebody was called.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from streetlamp.alarms.precision import Precision, precisions
from streetlamp.store.alarm_facts import AlarmFact
from streetlamp.store.alarms import AlarmTally
from streetlamp.values import Severity

HOUR: Final = 3600.0
DAY: Final = 86_400.0

SLICE: Final = 600.0
"""Ten minutes: what both standards count alarms in."""

FLOOD_BEGINS: Final = 10.0
"""ISA-18.2: a flood begins when more than so many alarms come to an operator in ten minutes …"""

FLOOD_ENDS: Final = 5.0
"""… and ends when fewer than so many do."""

CHATTER: Final = 3
"""ISA-18.2: a chattering alarm comes so often …"""

CHATTER_SECONDS: Final = 60.0
"""… within this time."""

STALE: Final = DAY
"""ISA-18.2: an alarm that stands for longer is stale."""

OFFENDERS: Final = 10
"""Both standards look at the ten most frequent alarms: they are often most of all."""

TARGETS: Final[Mapping[Severity, float]] = {
    Severity.CRITICAL: 0.01,
    Severity.HIGH: 0.05,
    Severity.WARNING: 0.15,
    Severity.INFO: 0.80,
}
"""EEMUA 191: about 5 % high, 15 % medium, 80 % low; ISA-18.2: less than 1 % of a fourth, highest
priority."""

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Offender:
    """One rule at one place, and how often it raised an alarm."""

    camera: str
    rule: str
    place: str
    alarms: int
    share: float  # of all alarms, 0–1


@dataclass(frozen=True, slots=True)
class Priority:
    """How many alarms were so urgent, and how many should be."""

    severity: Severity
    alarms: int
    share: float
    target: float


@dataclass(frozen=True, slots=True)
class AlarmReport:
    """A stretch of time in figures. Rates are of rows: a group is one."""

    start: float
    end: float  # as far as there is anything to know
    operators: float
    budget: float  # rows an operator's hour
    alarms: int
    rows: int
    per_hour: float  # rows an operator's hour, on average
    peak: float  # rows of one operator in the worst ten minutes
    peak_at: float | None
    busy_share: float  # of the ten-minute slices with more than FLOOD_BEGINS
    floods: int
    flood_share: float  # of the time
    chattering: tuple[Offender, ...]
    stale: int  # lasted, or last, more than a day
    standing: int  # of these, still going on
    unanswered: int
    response_median: float | None  # seconds until a person did something
    response_90: float | None
    offenders: tuple[Offender, ...]
    offenders_share: float
    priorities: tuple[Priority, ...]
    precision: tuple[Precision, ...]
    days: tuple[int, ...]  # rows of each day from the start, 24 hours each

    @property
    def within_budget(self) -> bool:
        return self.per_hour <= self.budget


def report(
    facts: Sequence[AlarmFact], start: float, end: float, operators: float, budget: float
) -> AlarmReport:
    """facts: the alarms raised in [start, end), POSIX seconds; end: no later than now."""
    hours = max(end - start, 1.0) / HOUR * operators
    times = sorted(_rows(facts))
    slices = _slices(times, start, end, operators)
    floods, flooded = _floods([n for _, n in slices])
    peak_at, peak = max(slices, key=lambda one: one[1], default=(start, 0.0))
    waits = sorted(one.answered - one.told for one in facts if one.answered is not None)
    lasting = [
        one for one in facts if (end if one.ended is None else one.ended) - one.raised > STALE
    ]
    top = _offenders(facts)
    return AlarmReport(
        start=start,
        end=end,
        operators=operators,
        budget=budget,
        alarms=len(facts),
        rows=len(times),
        per_hour=len(times) / hours,
        peak=peak,
        peak_at=peak_at if peak else None,
        busy_share=sum(n > FLOOD_BEGINS for _, n in slices) / len(slices) if slices else 0.0,
        floods=floods,
        flood_share=flooded / len(slices) if slices else 0.0,
        chattering=_chattering(facts),
        stale=len(lasting),
        standing=sum(one.ended is None for one in lasting),
        unanswered=sum(one.answered is None for one in facts),
        response_median=_rank(waits, 0.5),
        response_90=_rank(waits, 0.9),
        offenders=top,
        offenders_share=sum(one.share for one in top),
        priorities=_priorities(facts),
        precision=_precision(facts),
        days=_days(times, start, end),
    )


def _rows(facts: Iterable[AlarmFact]) -> Iterator[float]:
    """When each row of the queue appeared: every alarm that stood alone, every group once."""
    groups: dict[str, float] = {}
    for one in facts:
        if one.group:
            groups[one.group] = min(groups.get(one.group, one.told), one.told)
        else:
            yield one.told
    yield from groups.values()


def _slices(
    times: Sequence[float], start: float, end: float, operators: float
) -> list[tuple[float, float]]:
    """Of each ten minutes: the beginning, and how many rows came to one operator."""
    n = max(1, math.ceil((end - start) / SLICE))
    edges = [start + i * SLICE for i in range(n + 1)]
    at = [0, *(bisect_left(times, edge) for edge in edges[1:-1]), len(times)]
    return [(edges[i], (at[i + 1] - at[i]) / operators) for i in range(n)]


def _floods(counts: Sequence[float]) -> tuple[int, int]:
    """ISA-18.2: how many floods there were, and how many slices they took."""
    floods = slices = 0
    flood = False
    for n in counts:
        if not flood and n > FLOOD_BEGINS:
            flood = True
            floods += 1
        elif flood and n < FLOOD_ENDS:
            flood = False
        slices += flood
    return floods, slices


def _key(one: AlarmFact) -> Key:
    return one.camera, one.rule, one.place


def _offenders(facts: Sequence[AlarmFact]) -> tuple[Offender, ...]:
    counts = Counter(_key(one) for one in facts)
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:OFFENDERS]
    return tuple(Offender(*key, n, n / len(facts)) for key, n in ordered)


def _chattering(facts: Sequence[AlarmFact]) -> tuple[Offender, ...]:
    """Rules at a place that raised so many alarms within a minute, with all they raised."""
    times: dict[Key, list[float]] = defaultdict(list)
    for one in facts:
        times[_key(one)].append(one.raised)
    found = []
    for key, of_key in times.items():
        of_key.sort()
        pairs = zip(of_key, of_key[CHATTER - 1 :], strict=False)
        if any(last - first <= CHATTER_SECONDS for first, last in pairs):
            found.append(Offender(*key, len(of_key), len(of_key) / len(facts)))
    return tuple(sorted(found, key=lambda one: (-one.alarms, one.camera, one.rule, one.place)))


def _priorities(facts: Sequence[AlarmFact]) -> tuple[Priority, ...]:
    counts = Counter(one.severity for one in facts)
    total = max(1, len(facts))
    return tuple(
        Priority(one, counts[one], counts[one] / total, TARGETS[one]) for one in reversed(Severity)
    )


def _precision(facts: Sequence[AlarmFact]) -> tuple[Precision, ...]:
    """Of each kind of rule of whose alarms somebody said something, at all cameras together."""
    rows = precisions(AlarmTally("", "", one.kind, one.state, 1) for one in facts)
    said = (row for row in rows if row.true or row.false)
    return tuple(sorted(said, key=lambda row: row.kind))


def _rank(values: Sequence[float], share: float) -> float | None:
    """The value that so large a share is not above (nearest rank); None for none."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


def _days(times: Sequence[float], start: float, end: float) -> tuple[int, ...]:
    n = max(1, math.ceil((end - start) / DAY))
    counts = [0] * n
    for time in times:
        counts[min(n - 1, max(0, int((time - start) // DAY)))] += 1
    return tuple(counts)
