"""The encounters of `near_miss`: what is known of two that came close, until it is told and
forgotten; look by look, and of a whole stretch at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from streetlamp.rules.base import Moment
from streetlamp.rules.columns import Doubles, Ints
from streetlamp.rules.encounters import Cast
from streetlamp.rules.meetings import Meeting, Meetings
from streetlamp.rules.memory import Box
from streetlamp.values import Kind

BLIND: Final = 5.0  # s without a look: what was not over is forgotten
TOLD_SECONDS: Final = 10.0  # how long a pair that was told of is not told of again

Seq = tuple[int, ...]  # in which order encounters began


@dataclass(frozen=True, slots=True)
class Encounter:
    """What is known of two that came close."""

    pair: tuple[int, int]  # names of who is in danger, and of the vehicle
    changed: float  # when one of its numbers last fell
    times: tuple[float, ...] = ()  # to collision, at the last looks in a row
    ttc: float = math.inf
    pet: float = math.inf
    at: float = 0.0  # when it was closest
    speed: float = 0.0  # km/h, of the vehicle then
    kinds: tuple[Kind, Kind] = (Kind.PERSON, Kind.CAR)
    box: Box = (0.0, 0.0, 0.0, 0.0)
    together: bool = False  # a vehicle and who rides in it
    told: bool = False

    def closer(
        self, ttc: float, pet: float, now: float, speed: float, kinds: tuple[Kind, Kind], box: Box
    ) -> Encounter:
        """With numbers of which one is lower than before."""
        return replace(
            self,
            ttc=min(ttc, self.ttc),
            pet=min(pet, self.pet),
            changed=now,
            at=now,
            speed=max(speed, self.speed),
            kinds=kinds,
            box=box,
        )


@dataclass(frozen=True, slots=True)
class Encounters:
    time: float = -math.inf
    known: tuple[Encounter, ...] = ()


class Judge(Protocol):
    """What the rule decides."""

    @property
    def settled(self) -> float:
        """Seconds after the last change when it is over."""

    def near(self, one: Encounter) -> bool:
        """Whether it was a near miss."""

    def told(self, one: Encounter) -> Moment:
        """What is told of it."""

    def soon(self, seconds: float) -> bool:
        """Whether so few to a collision are a near miss."""

    def begins(self, meeting: Meeting) -> bool:
        """Whether there is an encounter, where there was none."""

    def after(
        self, old: Encounter | None, pair: tuple[int, int], meeting: Meeting, cast: Cast
    ) -> Encounter:
        """The encounter after one look, where there is one."""


class Book:
    """The encounters of a stretch, pair by pair: when each changed, was told of and forgotten."""

    def __init__(
        self, rule: Judge, now: Doubles, known: Mapping[tuple[int, int], Encounter]
    ) -> None:
        self._rule, self._now, self._times = rule, now, now.tolist()
        self.block: Ints = np.cumsum(np.diff(now, prepend=now[0]) > BLIND)
        # Looks with which all before is forgotten; and one that never comes.
        self._ends = np.append(np.flatnonzero(np.diff(self.block)) + 1, len(now) + 1)
        self._told: list[tuple[int, Seq, Moment]] = []
        self._left: list[tuple[Seq, Encounter]] = []
        self._known = dict(known)

    def take(self, meetings: Meetings | None) -> None:
        found = {} if meetings is None else meetings.all()
        before = {pair: (-1, n) for n, pair in enumerate(self._known)}
        for pair in {**self._known, **found}:
            self._go(pair, found.get(pair, ()), meetings, before.get(pair, ()))

    def _go(
        self,
        pair: tuple[int, int],
        meetings: Sequence[Meeting],
        source: Meetings | None,
        seq: Seq,
    ) -> None:
        one, at, start = self._known.get(pair), 0, 0  # changed at a look; seen to before another
        for n, meeting in enumerate(meetings):
            if one is not None and self._idle(one, at, meeting):
                continue
            one = self._until(one, at, start, meeting.look, seq)
            at = start = meeting.look
            if one is None and not self._rule.begins(meeting):
                continue
            assert source is not None
            found = self._rule.after(one, pair, meeting, source.cast)
            if one is None:
                seq = (at, *meeting.order)
            one = found
            if n + 1 < len(meetings) and meetings[n + 1].look == at:
                continue  # two bear the same names
            start = at + 1
            one = self._until(one, at, at, start, seq)
        one = self._until(one, at, start, len(self._now), seq)
        if one is not None:
            self._left.append((seq, one))

    def _idle(self, one: Encounter, at: int, meeting: Meeting) -> bool:
        """Whether one that last changed at a look is surely there still, and stays as it is."""
        if meeting.rides or one.times or meeting.pet < one.pet or meeting.look == at:
            return False
        if meeting.ttc is not None and self._rule.soon(meeting.ttc):
            return False
        now = self._times[meeting.look]
        return bool(now - one.changed <= TOLD_SECONDS and now - self._times[at] <= BLIND)

    def _until(
        self, one: Encounter | None, at: int, start: int, stop: int, seq: Seq
    ) -> Encounter | None:
        """What is left of one that last changed at a look, after looks [start, stop)."""
        if one is None or start >= stop:
            return one
        last = self._times[min(stop, len(self._times) - 1)]
        soon = TOLD_SECONDS if one.told else min(self._rule.settled, TOLD_SECONDS)
        if last - self._times[at] <= BLIND and last - one.changed <= soon:
            return one
        end = int(self._ends[np.searchsorted(self._ends, at, side="right")])
        settled = self._later(one.changed, self._rule.settled, start)
        if not one.told and settled < min(stop, end):
            if self._rule.near(one):
                self._told.append((settled, seq, self._rule.told(one)))
            one = replace(one, told=True)
        gone = end <= stop or self._later(one.changed, TOLD_SECONDS, start) < stop
        return None if gone else one

    def _later(self, changed: float, seconds: float, start: int) -> int:
        """The first look, from one on, that is later by more than this."""
        at = max(int(np.searchsorted(self._now, changed + seconds)) - 2, start)
        while at < len(self._now) and not self._now[at] - changed > seconds:
            at += 1
        return at

    def close(self) -> tuple[tuple[tuple[int, Moment], ...], Encounters]:
        """The moments by look, in order; and the notes."""
        told = sorted(self._told, key=lambda one: one[:2])
        left = tuple(one for _, one in sorted(self._left, key=lambda one: one[0]))
        return tuple((at, one) for at, _, one in told), Encounters(float(self._now[-1]), left)
