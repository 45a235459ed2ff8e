"""Reads the ledger: every minute of a camera that was expected, also those nobody wrote.

What an era has no stretch of, and what lies between two eras, Streetlamp has not seen: that is its
own lost time, never the camera's. Where the machine's clock was set forward, the minutes that never
were are left out; where it was set back, those lived twice count twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from streetlamp.fleet.clock import MINUTE, base_of
from streetlamp.fleet.figures import Stretch
from streetlamp.health import PRECEDENCE, MinuteState, Reason
from streetlamp.store.ledger import Expected, LedgerEra, LedgerStretch, LedgerTables, Plan

SILENT_SECONDS: Final = 180.0  # since the last beat: then Streetlamp is not running
DOWN: Final = "Streetlamp was not running"
UNWRITTEN: Final = "Streetlamp ran, but wrote nothing"

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Gap:
    """Time between two eras in which nobody looked."""

    after: int  # the era's id
    start: int
    end: int


class Account:
    """One consistent look at the ledger."""

    def __init__(self, tables: LedgerTables, now: float | None = None) -> None:
        """now: POSIX seconds up to which the account goes if Streetlamp is not running; None: up to
        its last beat."""
        self._tables = tables
        self.eras = tables.eras()
        self.expected = tables.expected()
        self.plans = tables.plans()
        self._gaps = list(_gaps(self.eras))
        self.until = self.eras[-1].end if self.eras else 0
        if self.eras and now is not None and now - self.eras[-1].beat > SILENT_SECONDS:
            until = int(now // MINUTE) * MINUTE
            self._gaps.append(_Gap(self.eras[-1].id, self.until, until))
            self.until = until

    def cameras(self, start: int, end: int) -> dict[str, Expected]:
        """The cameras that were expected at some time in [start, end), with their newest name."""
        found = {}
        for one in self.expected:
            if one.start < min(end, self.until) and (one.end is None or one.end > start):
                found[one.camera] = one
        return found

    def stretches(
        self, start: int, end: int, cameras: Sequence[str] | None = None
    ) -> dict[str, list[Stretch]]:
        """Each camera's expected minutes in [start, end), oldest first as they were lived."""
        names = list(self.cameras(start, end))
        if cameras is not None:
            names = [name for name in names if name in cameras]
        written: dict[tuple[str, int], list[LedgerStretch]] = defaultdict(list)
        for one in self._tables.stretches(start, end, names if cameras is not None else None):
            written[one.camera, one.era].append(one)
        return {name: self._of(name, start, end, written) for name in names}

    def _of(
        self,
        camera: str,
        start: int,
        end: int,
        written: dict[tuple[str, int], list[LedgerStretch]],
    ) -> list[Stretch]:
        windows = [
            (max(one.start, start), min(end if one.end is None else one.end, end))
            for one in self.expected
            if one.camera == camera
        ]
        windows = [span for span in windows if span[0] < span[1]]
        found: list[Stretch] = []
        order: list[tuple[int, LedgerEra | _Gap]] = [(era.id * 2, era) for era in self.eras]
        order += [(gap.after * 2 + 1, gap) for gap in self._gaps]
        for _, part in sorted(order, key=lambda pair: pair[0]):
            if part.end <= start or part.start >= end:
                continue
            if isinstance(part, _Gap):
                for span in _cut(part.start, part.end, windows):
                    found += self._unseen(camera, *span, DOWN)
                continue
            rows = written.get((camera, part.id), [])
            for span in _cut(part.start, part.end, windows):
                found += self._in_era(camera, span, rows)
        return list(_joined(found))

    def _in_era(self, camera: str, span: Span, rows: Iterable[LedgerStretch]) -> Iterator[Stretch]:
        at = span[0]
        for row in rows:
            first, last = max(row.start, at), min(row.end, span[1])
            if first >= last:
                continue
            if first > at:
                yield from self._unseen(camera, at, first, UNWRITTEN)
            yield Stretch(camera, first, last, row.state, row.reasons, row.text)
            at = last
        if at < span[1]:
            yield from self._unseen(camera, at, span[1], UNWRITTEN)

    def _unseen(self, camera: str, start: int, end: int, text: str) -> Iterator[Stretch]:
        """Ours, unless it was planned."""
        at = start
        plans = [plan for plan in self.plans if camera in plan.cameras]
        while at < end:
            plan = next((one for one in plans if one.start <= at < one.end), None)
            if plan is not None:
                stop = min(end, plan.end)
                yield Stretch(camera, at, stop, MinuteState.PLANNED, (), plan.why)
            else:
                stop = min([end, *(one.start for one in plans if one.start > at)])
                yield Stretch(camera, at, stop, MinuteState.LOST, (Reason.STREETLAMP_DOWN,), text)
            at = stop

    def planned(self, start: int, end: int) -> list[Plan]:
        """Planned work that shares time with [start, end)."""
        return [one for one in self.plans if one.start < end and one.end > start]


def _gaps(eras: Sequence[LedgerEra]) -> Iterator[_Gap]:
    for one, after in pairwise(eras):
        if one.boot == after.boot:  # the machine's own clock knows how long it was
            lived = (after.start - base_of(after)) - (one.end - base_of(one))
            length = round(lived / MINUTE) * MINUTE
        else:
            length = after.start - one.end
        if length > 0:
            yield _Gap(one.id, one.end, one.end + length)


def _cut(start: int, end: int, windows: Iterable[Span]) -> Iterator[Span]:
    for first, last in windows:
        low, high = max(first, start), min(last, end)
        if low < high:
            yield low, high


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """What is side by side and alike becomes one: lost for the same root, whatever came with it."""
    held: Stretch | None = None
    for one in stretches:
        if held is None:
            held = one
        elif held.end == one.start and _kind(held) == _kind(one):
            more = sorted({*held.reasons, *one.reasons}, key=lambda each: PRECEDENCE[each])
            held = replace(held, end=one.end, reasons=tuple(more))
        else:
            yield held
            held = one
    if held is not None:
        yield held


def _kind(one: Stretch) -> tuple[MinuteState, Reason | tuple[Reason, ...] | None]:
    return one.state, one.reason if one.state is MinuteState.LOST else one.reasons
