"""A rule over many looks at once: it goes from change to change instead of from look to look.

A rule that can says with `Rule.scan` what every look of a stretch shows, as columns. Here that
becomes incidents and events, just as `Rule.step` makes them look by look: an incident is looked
after where it begins, where there is something to tell of it, and where it may end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

import numpy as np

from streetlamp.rules.base import (
    BLIND_SECONDS,
    LOOK_SECONDS,
    Moment,
    Outcome,
    Rule,
    State,
)
from streetlamp.rules.columns import Columns, Doubles, Ints
from streetlamp.rules.incident import UPDATE_SECONDS, Held, advance, event_id
from streetlamp.rules.memory import Look
from streetlamp.values import Bools, Count, Event, Kind, Phase

R = TypeVar("R")
N = TypeVar("N")

_SLACK: Final = 1e-3  # seconds: where a sum may be as long as asked, it is added up exactly


@dataclass(frozen=True, eq=False)
class Scanned(Generic[N]):
    """What a rule finds in a stretch of k looks: `Found`, as columns.

    Either something is held, or there are moments.
    """

    notes: N  # after the last look
    alive: Bools  # (k,) whether a running incident goes on
    many: Ints  # (k,) how many things are held
    measured: Doubles  # (k,) the largest of their values; -inf where none is held
    held: Callable[[int], tuple[Held, ...]]  # those of a look
    begins: Bools | None = None  # (k,) whether what is held can begin an incident; None: it can
    moments: tuple[tuple[int, Moment], ...] = ()  # by look, in order
    counts: tuple[Count, ...] = ()


def only_moments(
    columns: Columns, notes: N, moments: tuple[tuple[int, Moment], ...], counts: tuple[Count, ...]
) -> Scanned[N]:
    """Of a rule that has no incidents."""
    k = len(columns.now)
    no = np.zeros(k, np.bool_)
    nothing = np.zeros(k, np.int64)
    return Scanned(notes, no, nothing, np.full(k, -np.inf), lambda look: (), None, moments, counts)


def holding(
    columns: Columns,
    notes: N,
    alive: Bools,
    held: Bools,
    since: Doubles,
    measured: Doubles,
    facts: Callable[[int], dict[str, float]] = lambda row: {},
) -> Scanned[N]:
    """Of a rule each of whose things is held or not: (n,) columns, of which those are asked that
    are held. ``alive`` (n,): which keep an incident going."""  # fmt: skip
    k = len(columns.now)
    rows = np.flatnonzero(held)
    worst = np.full(k, -np.inf)
    np.maximum.at(worst, columns.look[rows], measured[rows])

    def at(look: int) -> tuple[Held, ...]:
        return tuple(
            Held(
                float(since[row]), Kind(int(columns.voted[row])), columns.pixels(row),
                float(measured[row]), facts(row),
            )
            for row in columns.seen(look)
            if held[row]
        )  # fmt: skip

    keeps = np.bincount(columns.look[alive], minlength=k) > 0
    return Scanned(notes, keeps, np.bincount(columns.look[rows], minlength=k), worst, at)


def over(rule: Rule[R, N], state: State[R, N], columns: Columns) -> tuple[State[R, N], Outcome]:
    """The state after all these looks and what they made, as `Rule.step` would one by one.

    Nothing is remembered of any thing in ``state``, and of what is there at the end nothing will
    be asked: after it all is forgotten, or watching begins anew. The first look is later than
    ``state.now``.
    """
    return _Walk(rule, state, columns, rule.scan(state, columns)).walk()


class _Walk(Generic[R, N]):
    def __init__(
        self, rule: Rule[R, N], state: State[R, N], columns: Columns, found: Scanned[N]
    ) -> None:
        self._rule, self._state, self._columns, self._found = rule, state, columns, found
        self._now = columns.now
        before = columns.now[0] if state.now is None else state.now
        self._passed = np.diff(columns.now, prepend=before)
        self._incident = state.incident
        self._serial, self._quiet = state.serial, state.quiet
        if self._quiet > columns.now[0] + rule.options.cool_down_seconds:
            self._quiet = -math.inf  # the clock was set back meanwhile
        self._events: list[Event] = []
        self._keeps = found.alive | (found.many > 0)
        begins = found.many > 0
        if found.begins is not None:
            begins &= found.begins
        self._begins = np.flatnonzero(begins)
        self._held = np.flatnonzero(found.many > 0)
        self._blind = np.flatnonzero(self._passed > BLIND_SECONDS)
        edge = np.flatnonzero(np.diff(self._keeps.astype(np.int8), prepend=1, append=1))
        starts, ends = edge[::2], edge[1::2]  # of runs of looks that keep nothing going
        waited = np.concatenate([[0.0], np.cumsum(np.minimum(self._passed, LOOK_SECONDS))])
        long = waited[ends] - waited[starts] >= rule.clear_seconds - _SLACK
        self._runs = starts[long], ends[long]
        self._run_ends = ends

    def walk(self) -> tuple[State[R, N], Outcome]:
        self._moments()
        at, stop = 0, len(self._now)
        while at < stop:
            at = self._begin(at) if self._incident is None else self._go_on(at)
        state, columns = self._state, self._columns
        began = float(self._now[0]) if state.began is None else state.began
        after: State[R, N] = State(
            self._found.notes, {}, self._incident, self._serial, began, float(self._now[-1]),
            columns.camera, int(columns.frame[-1]), self._quiet,
        )  # fmt: skip
        return after, Outcome(tuple(self._events), self._found.counts)

    def _moments(self) -> None:
        for at, moment in self._found.moments:
            if moment.time < self._quiet:
                continue
            self._quiet = moment.time + self._rule.options.cool_down_seconds
            self._events.append(self._rule.instant(self._columns.at(at), moment, self._serial))
            self._serial += 1

    def _begin(self, at: int) -> int:
        """The next incident from this look on; the look after its first."""
        at = max(at, int(np.searchsorted(self._now, self._quiet)))
        next_one = int(np.searchsorted(self._begins, at))
        if next_one == len(self._begins):
            return len(self._now)
        at = int(self._begins[next_one])
        look = self._columns.at(at)
        name = event_id(look.camera, self._rule.options.name, look.now, self._serial)
        self._incident, _ = advance(
            None, self._found.held(at), look, alive=bool(self._found.alive[at]), name=name
        )
        self._serial += 1
        self._tell(Phase.START, look)
        return at + 1

    def _tell(self, phase: Phase, look: Look) -> None:
        assert self._incident is not None
        self._events.append(
            self._rule.event(self._incident, phase, look.camera, look.frame, look.now)
        )

    def _go_on(self, at: int) -> int:
        """What becomes of the incident from this look on; the look after its end."""
        end, blind = self._ends(at)
        self._through(at, end)
        if end == len(self._now):
            return end
        assert self._incident is not None
        self._quiet = self._rule.quiet_after(self._incident, self._quiet)
        # Its end is told with the look before it.
        camera, frame = self._state.camera, self._state.frame
        if end > 0:
            camera, frame = self._columns.camera, int(self._columns.frame[end - 1])
        now = float(self._now[end])
        self._events.append(self._rule.event(self._incident, Phase.END, camera, frame, now))
        self._incident = None
        return end if blind else end + 1

    def _ends(self, at: int) -> tuple[int, bool]:
        """The look with which the incident ends (k: none), and whether it is one after a gap."""
        assert self._incident is not None
        which = int(np.searchsorted(self._blind, at))
        blind = int(self._blind[which]) if which < len(self._blind) else len(self._now)
        if not self._keeps[at]:
            run = int(self._run_ends[np.searchsorted(self._run_ends, at, side="right")])
            end, _ = self._empties(at, min(run, blind), self._incident.empty)
            if end is not None:
                return end, False
        starts, ends = self._runs
        for which in range(int(np.searchsorted(starts, at + 1)), len(starts)):
            if starts[which] >= blind:
                break
            end, _ = self._empties(int(starts[which]), min(int(ends[which]), blind), 0.0)
            if end is not None:
                return end, False
        return blind, blind < len(self._now)

    def _empties(self, start: int, stop: int, empty: float) -> tuple[int | None, float]:
        """Where in a run of looks that keep nothing going it has been empty for long enough, and
        for how long it has been."""
        clear = self._rule.clear_seconds
        for n, passed in enumerate(self._passed[start:stop].tolist()):
            empty += min(passed, LOOK_SECONDS)
            if empty >= clear:
                return start + n, empty
        return None, empty

    def _through(self, at: int, end: int) -> None:
        """The incident over looks [at, end) that do not end it."""
        first = at
        while (tell := self._next_to_tell(at, end)) is not None:
            self._measure(at, tell)
            assert self._incident is not None
            look = self._columns.at(tell)
            self._incident, _ = advance(
                self._incident, self._found.held(tell), look,
                alive=bool(self._found.alive[tell]), name="",
            )  # fmt: skip
            self._tell(Phase.UPDATE, look)
            at = tell + 1
        self._measure(at, end)
        incident = self._incident
        assert incident is not None
        kept = np.flatnonzero(self._keeps[first:end])
        empty_from, empty, last = first, incident.empty, incident.last
        if len(kept):
            empty_from, empty = first + int(kept[-1]) + 1, 0.0
            last = float(self._now[empty_from - 1])
        _, empty = self._empties(empty_from, end, empty)
        self._incident = replace(incident, last=last, empty=empty)

    def _next_to_tell(self, at: int, end: int) -> int | None:
        """The next look that shows more than were told of, or anything after a while."""
        assert self._incident is not None
        most, told = len(self._incident.most), self._incident.told
        late = int(np.searchsorted(self._now, told + UPDATE_SECONDS - _SLACK))
        more = self._found.many[at : min(max(late, at), end)] > most
        if more.any():
            return at + int(more.argmax())
        for which in range(int(np.searchsorted(self._held, max(late, at))), len(self._held)):
            look = int(self._held[which])
            if look >= end:
                return None
            if self._found.many[look] > most or self._now[look] - told >= UPDATE_SECONDS:
                return look
        return None

    def _measure(self, start: int, stop: int) -> None:
        """What looks [start, stop) say of the largest value, and how many there are."""
        incident = self._incident
        assert incident is not None
        if start >= stop:
            return
        worst = self._found.measured[start:stop]
        at = int(worst.argmax())
        measured, facts, many = incident.measured, incident.facts, incident.now
        if worst[at] > measured:
            held = max(self._found.held(start + at), key=lambda one: one.measured)
            measured, facts = held.measured, held.facts
        which = int(np.searchsorted(self._held, stop)) - 1
        if which >= 0 and self._held[which] >= start:
            many = int(self._found.many[self._held[which]])
        self._incident = replace(incident, measured=measured, facts=facts, now=many)


__all__ = ["Scanned", "holding", "only_moments", "over"]
