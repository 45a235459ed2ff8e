"""Readings that come when they come, put onto steps of equal length, as they were known then.

A reading stands for the time since the one before; it belongs to the step in which most of that
time lies, and a step is told with the reading that completes it. The offset of a meter's readings
within the hour is its own and drifts: from one reading to the next the steps are counted by the
time between them, so that none is counted twice or skipped because a clock wobbles around it.

After a gap a register tells only the sum. Was it nothing, nothing flowed in all of it, and the step
is 0. Was it something, nobody knows when: the step is NaN, and whoever wants the sum has it from
``Step.register``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.meters.readings import Series

LENGTHS: Final = (
    60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 604800,
)  # fmt: skip
_FIRST: Final = 200  # readings by which a meter's step is told
_RESYNCED: Final = 1000  # times; a meter more irregular than that has no offset of its own
_ROLLED: Final = 0.02  # of its whole size a counter advances at most across its end


@dataclass(frozen=True, slots=True, eq=False)
class Stepped:
    """One meter on steps of ``length`` seconds: parallel arrays over the steps that have one."""

    meter: str
    step: Indices  # (m,) ascending; step i lasts from i*length to (i+1)*length, POSIX seconds
    time: Doubles  # (m,) of the reading that completed it
    used: Doubles  # (m,) quantity in the step, or level; NaN: not known
    register: Doubles  # (m,) counter at its end, going on where it rolled over; NaN: has none


def native_length(time: Doubles) -> float:
    """Seconds between two of a meter's first readings, as it is mostly."""
    first = np.diff(time[:_FIRST])
    return float(np.median(first)) if len(first) else float(LENGTHS[8])


def step_length(native: float, finest: float) -> int:
    """The step for readings ``native`` seconds apart, at least ``finest``."""
    near = min(LENGTHS, key=lambda one: abs(np.log(one / max(native, 1.0))))
    return max(near, int(finest))


def stepped(series: Series, length: int) -> Stepped:
    """A meter's series on steps of ``length`` seconds."""
    native = native_length(series.time)
    good = ~np.isnan(series.value)
    time, value, rate = series.time[good], series.value[good], series.rate[good]
    apart = min(native, float(length))
    step = _steps(time, length, apart)
    last = np.flatnonzero(np.diff(step, append=np.iinfo(np.int64).max) > 0)
    if series.register:
        counter = _unrolled(value, series.roll)[last]
        used = register_use(step[last], counter)
        return Stepped(series.meter, step[last], time[last], used, counter)
    none = np.full(len(last), np.nan)
    first = np.append(0, last[:-1] + 1)[: len(last)]
    count = np.diff(np.append(first, len(step)))
    if not len(step):
        return Stepped(series.meter, step, time, value, none)
    if series.kind.level is not None:
        return Stepped(
            series.meter, step[last], time[last], np.add.reduceat(value, first) / count, none
        )
    quantity = np.where(rate, value * apart, value)
    used = np.add.reduceat(quantity, first)
    whole = count * apart > 0.9 * length
    return Stepped(series.meter, step[last], time[last], np.where(whole, used, np.nan), none)


def _steps(time: Doubles, length: int, apart: float) -> Indices:
    middle = time - apart / 2
    plain = np.floor(middle / length).astype(np.int64)
    if len(time) < 2 or apart < 0.9 * length:
        return plain
    counted = plain[0] + np.append(0, np.cumsum(np.rint(np.diff(time) / length))).astype(np.int64)
    at = 0
    for _ in range(_RESYNCED):
        off = np.abs(middle[at:] / length - counted[at:] - 0.5) > 0.75
        first = int(np.argmax(off))
        if not off[first]:
            return np.maximum.accumulate(counted)
        at += first
        counted[at:] += plain[at] - counted[at]
    return plain


def _unrolled(value: Doubles, sizes: Doubles) -> Doubles:
    """A counter that goes on where it began again at 0; one set back by hand stays set back."""
    fell = np.flatnonzero(np.diff(value) < 0) + 1
    if not len(fell):
        return value
    added = np.zeros(len(value))
    for at in fell:
        before, after = value[at - 1], value[at]
        size = sizes[sizes > before]
        if len(size) and size[0] - before + after <= _ROLLED * size[0]:
            added[at] = size[0]
    return value + np.cumsum(added)


def register_use(step: Indices, counter: Doubles) -> Doubles:
    """(m,) what a counter went on by in each step; NaN where nobody knows (see above)."""
    used = np.diff(counter, prepend=np.nan)
    alone = np.diff(step, prepend=step[0] if len(step) else 0) > 1
    used[alone & (used != 0)] = np.nan
    used[used < 0] = np.nan
    return used
