"""Meters of one kind and step length, replayed together: the `Step`s that causes are stepped with.

Dense only a block of steps at a time: one reading with a clock decades off must not cost the memory
of the decades.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.meters.base import Step
from streetlamp.meters.kinds import MeterKind
from streetlamp.meters.readings import Series
from streetlamp.meters.steps import Stepped, native_length, step_length, stepped
from streetlamp.meters.zone import Zone

MOST: Final = 2000  # meters of a panel
_BLOCK: Final = 512  # steps
_SILENT: Final = 400 * 86400.0  # s without any reading at all that are not replayed


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Some meters of one kind, on steps of ``length`` seconds."""

    kind: MeterKind
    length: int
    members: Sequence[Stepped]
    blocks: Sequence[Indices] | None = None  # of steps to replay; None: those of its readings

    @property
    def meters(self) -> tuple[str, ...]:
        return tuple(one.meter for one in self.members)

    @property
    def count(self) -> int:
        """How many steps `replay` gives."""
        return sum(len(block) for block in self._blocks())

    @property
    def meter_years(self) -> float:
        """Steps that have a reading, in years: what false alarms are counted over."""
        return sum(len(one.step) for one in self.members) * self.length / (365.25 * 86400)

    def replay(self, zone: Zone) -> Iterator[Step]:
        """Every step from the first reading to the last, also those without any reading."""
        n = len(self.members)
        for block in self._blocks():
            used = np.full((len(block), n), np.nan)
            register = np.full((len(block), n), np.nan)
            for column, one in enumerate(self.members):
                first, last = np.searchsorted(one.step, (block[0], block[-1] + 1))
                rows = one.step[first:last] - block[0]
                used[rows, column] = one.used[first:last]
                register[rows, column] = one.register[first:last]
            wall = zone.wall(np.asarray((block + 0.5) * self.length, np.float64))
            hours = (wall // 3600 % 24).tolist()
            weekdays = ((wall // 86400 + 3) % 7).tolist()
            begins = (block * self.length).tolist()
            for row, begin in enumerate(begins):
                yield Step(
                    float(begin), float(begin + self.length), hours[row], weekdays[row], False,
                    used[row], register[row],
                )  # fmt: skip

    def parts(self, most: int) -> list[Panel]:
        """The panel as panels of at most so many meters each, with the steps of the whole."""
        blocks = tuple(self._blocks())
        return [
            replace(self, members=self.members[first : first + most], blocks=blocks)
            for first in range(0, len(self.members), most)
        ]

    def reading_time(self, meter: str, step_end: float) -> float:
        """When the reading came that completed the step ending then; the end itself if none did."""
        one = self.members[self.meters.index(meter)]
        step = round(step_end / self.length) - 1
        at = int(np.searchsorted(one.step, step))
        if at < len(one.step) and one.step[at] == step:
            return float(one.time[at])
        return step_end

    def _blocks(self) -> Iterator[Indices]:
        if self.blocks is not None:
            yield from self.blocks
            return
        there = [one.step for one in self.members if len(one.step)]
        if not there:
            return
        runs = np.unique(np.concatenate([np.unique(one // _BLOCK) for one in there]))
        begin, end = min(int(one[0]) for one in there), max(int(one[-1]) for one in there) + 1
        silent = max(_SILENT / (self.length * _BLOCK), 1)
        for run, after in zip(runs.tolist(), [*runs[1:].tolist(), int(runs[-1]) + 1], strict=True):
            for block in range(run, after if after - run <= silent else run + 1):
                first = block * _BLOCK
                yield np.arange(max(first, begin), min(first + _BLOCK, end))


def panels(series: Iterable[Series]) -> list[Panel]:
    """All meters in panels by kind and step length, at most `MOST` in one."""
    groups: dict[tuple[str, int], list[Stepped]] = {}
    kinds: dict[str, MeterKind] = {}
    for one in series:
        length = step_length(native_length(one.time), one.kind.finest)
        kinds[one.kind.name] = one.kind
        groups.setdefault((one.kind.name, length), []).append(stepped(one, length))
    return [
        Panel(kinds[kind], length, members[first : first + MOST])
        for (kind, length), members in sorted(groups.items())
        for first in range(0, len(members), MOST)
    ]


def window(one: Stepped, first: float, last: float, length: int) -> tuple[Doubles, Doubles]:
    """(times, used) of a meter between two POSIX times, NaN where there is no reading."""
    steps = np.arange(int(first // length), int(last // length) + 1)
    used = np.full(len(steps), np.nan)
    begin, end = np.searchsorted(one.step, (steps[0], steps[-1] + 1))
    used[one.step[begin:end] - steps[0]] = one.used[begin:end]
    return np.asarray(steps * float(length), np.float64), used
