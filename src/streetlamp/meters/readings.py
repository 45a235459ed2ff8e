"""All readings that came in, as flat columns, and then one `Series` a meter.

Nothing here is a meter's object while reading goes on: 24 bytes a reading, however many meters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices, Marks
from streetlamp.meters.kinds import KINDS, MeterKind
from streetlamp.meters.rejects import Rejects
from streetlamp.values import Bools

REGISTER: Final = 1  # the value is a counter's state
RATE: Final = 2  # the value is a mean flow or power: x seconds gives the quantity
DOUBTFUL: Final = 4  # estimated or doubtful: counts as no reading
UNTOLD: Final = 8  # nothing says whether it is a counter's state: the first values do
_ENOUGH: Final = 100  # values by which that is told


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rows as a format read them: parallel arrays."""

    meter: Indices  # (n,) as `Readings.meter` numbered them
    time: Doubles  # (n,) POSIX seconds; of an interval, its end
    again: Doubles  # (n,) s until the wall clock shows the same again (see `zone.Local`), mostly 0
    value: Doubles  # (n,) in the kind's unit
    marks: Marks  # (n,) REGISTER | RATE | DOUBTFUL


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One meter's readings, in order, each moment once; doubtful ones are NaN."""

    meter: str
    kind: MeterKind
    time: Doubles  # (n,) POSIX seconds, ascending
    value: Doubles  # (n,)
    register: bool
    rate: Marks  # (n,) 1 where the value is a rate a second
    roll: Doubles  # sizes at which its counter may begin again at 0, in the kind's unit


class Readings:
    """Takes in batches; gives each meter's series."""

    def __init__(self, rejects: Rejects) -> None:
        self.rejects = rejects
        self.names: list[tuple[str, str]] = []
        self.files: dict[int, str] = {}
        self._number: dict[tuple[str, str], int] = {}
        self._factors: list[set[float]] = []
        self._batches: list[Batch] = []
        self.rows = 0

    def meter(self, name: str, kind: str) -> int:
        """The number of a meter of a kind, from now on."""
        key = (name, kind)
        if key not in self._number:
            self._number[key] = len(self.names)
            self.names.append(key)
            self._factors.append(set())
        return self._number[key]

    def counts_in(self, meter: int, factor: float) -> None:
        """Notes that a meter's register was delivered in a unit: it may roll over at 2^32 of it."""
        if len(self._factors[meter]) < 4:
            self._factors[meter].add(factor)

    def add(self, batch: Batch) -> None:
        self._batches.append(batch)
        self.rows += len(batch.meter)

    def series(self) -> Iterator[Series]:
        """Each meter's series, by name. Forgets what it gave; only to be called once."""
        if not self._batches:
            return
        meter = np.concatenate([b.meter for b in self._batches]).astype(np.int32)
        time = np.concatenate([b.time for b in self._batches])
        again = np.concatenate([b.again for b in self._batches])
        value = np.concatenate([b.value for b in self._batches])
        marks = np.concatenate([b.marks for b in self._batches])
        self._batches.clear()
        order = np.argsort(meter, kind="stable")
        ends = np.searchsorted(meter[order], np.arange(len(self.names) + 1))
        for number in sorted(range(len(self.names)), key=self.names.__getitem__):
            rows = order[ends[number] : ends[number + 1]]
            one = self._one(number, time[rows], again[rows], value[rows], marks[rows])
            if one is not None:
                yield one

    def _one(
        self, number: int, time: Doubles, again: Doubles, value: Doubles, marks: Marks
    ) -> Series | None:
        name, kind = self.names[number]
        marks = _told(KINDS[kind], value, marks)
        register = bool((marks & REGISTER).any())
        if register:  # an interval beside it says the same again
            keep = (marks & REGISTER) > 0
            time, again, value, marks = time[keep], again[keep], value[keep], marks[keep]
        time = second_meaning(time, again)
        value = np.where(marks & DOUBTFUL, np.nan, value)
        order = np.argsort(time, kind="stable")
        time, value, marks = time[order], value[order], marks[order]
        keep = self._once(name, time, value)
        if not keep.any():
            return None
        factors = sorted(self._factors[number]) or [1.0]
        roll = [f * size for f in factors for size in (2.0**32, 2.0**31, 2.0**16)]
        roll += [f * 10.0**digits for f in factors for digits in range(4, 11)]
        return Series(
            name, KINDS[kind], time[keep], value[keep], register,
            ((marks[keep] & RATE) > 0).astype(np.uint8), np.unique(np.asarray(roll)),
        )  # fmt: skip

    def _once(self, name: str, time: Doubles, value: Doubles) -> Bools:
        """Which rows stay: of one moment's good values one if they agree, none if they do not."""
        keep = np.ones(len(time), np.bool_)
        if not len(time) or (np.diff(time) > 0).all():
            return keep
        starts = np.flatnonzero(np.diff(time, prepend=-np.inf) > 0)
        sizes = np.diff(np.append(starts, len(time)))
        for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
            here = slice(start, start + size)
            keep[here] = False
            good = np.flatnonzero(~np.isnan(value[here]))
            if not len(good):
                keep[start] = True
            elif np.ptp(value[here][good]) <= 1e-9 * max(abs(value[start + good[0]]), 1.0):
                keep[start + good[0]] = True
            else:
                self.rejects.add("", 0, "two values of one meter for one moment", name)
        return keep


def _told(kind: MeterKind, value: Doubles, marks: Marks) -> Marks:
    """Settles what is `UNTOLD`: a counter never falls and grows, quantities go up and down."""
    if not (marks & UNTOLD).any():
        return marks
    first = value[(marks & (DOUBTFUL | RATE)) == 0][:_ENOUGH]
    grows = len(first) > 1 and bool((np.diff(first) >= 0).all()) and first[-1] > first[0]
    counter = grows and kind.quantity is not None and not (marks & RATE).any()
    return np.asarray(np.where(marks & UNTOLD, marks | counter * REGISTER, marks), np.uint8)


def second_meaning(time: Doubles, again: Doubles) -> Doubles:
    """Readings in an hour that the wall clock showed twice, told apart by the order they came in.

    time: as if all were the hour's first pass. The second pass begins where the clock jumps back,
    or, delivered on the hour, with the same moment once more. Where nothing tells, it is the first.
    """
    if not again.any():
        return time
    time = time.copy()
    for begin in np.flatnonzero((again > 0) & (np.append(0.0, again[:-1]) == 0)):
        end = begin
        while end < len(time) and again[end] > 0:
            end += 1
        inside = time[begin:end]
        back = np.flatnonzero(np.diff(inside) < 0)
        if len(back) == 1 and _as_long(inside, int(back[0]) + 1):
            inside[back[0] + 1 :] += again[begin + back[0] + 1 : end]
        elif end - begin == 2 and 0 <= inside[1] - inside[0] < again[begin] / 2:
            inside[1] += again[begin + 1]  # one an hour
    return time


def _as_long(inside: Doubles, cut: int) -> bool:
    """Both passes ascend; more passes than two is disorder, in which nothing can be told."""
    return bool((np.diff(inside[:cut]) > 0).all() and (np.diff(inside[cut:]) > 0).all())
