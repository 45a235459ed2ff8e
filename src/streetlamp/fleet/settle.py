"""Hysteresis: a finding counts once it has held for a while, and until it has been gone for one.

What counts, counts from the moment it was first found, so that no minute is charged too late.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from streetlamp.health import PRECEDENCE, Judgement, Reason

MOSTLY: Final = 0.75  # share of the findings of that time that must agree
FEWEST: Final = 3  # of them, unless it is a fact that counts at once
GAP: Final = 90.0  # seconds without any finding after which nothing earlier counts


@dataclass(frozen=True, slots=True)
class Trouble:
    """A stretch in which a check was not met. end: None while it lasts."""

    reason: Reason
    start: float  # POSIX seconds
    end: float | None
    text: str


@dataclass(slots=True)
class Settled:
    """One check's findings over time. `put` each in turn; `now` is what has come to hold.

    leave: seconds for which all must be well before a trouble is over. A judgement of trouble
    says by itself, as `patience`, for how long it must hold.
    """

    leave: float
    now: Judgement | None = None
    troubles: list[Trouble] = field(default_factory=list)
    _longest: float = 0.0  # that anything heard must hold
    _heard: deque[tuple[Judgement, float]] = field(default_factory=deque)  # with their patience

    def put(self, found: Judgement, patience: float) -> bool:
        """The next finding; whether what holds has changed."""
        time = found.time
        self._longest = max(self._longest, self.leave)
        if self._heard and not 0.0 <= time - self._heard[-1][0].time <= GAP:
            self._heard.clear()
        self._heard.append((found, patience))
        self._longest = max(self._longest, patience)
        longest = self._longest
        while len(self._heard) > FEWEST and self._heard[1][0].time <= time - longest:
            self._heard.popleft()
        if self._longest > self.leave and all(one.well for one, _ in self._heard):
            self._longest = self.leave
        before = None if self.now is None else self.now.reason
        if self.now is None or self.now.well:
            self._enter(found)
        else:
            self._leave_or_turn(found)
        return before is not (None if self.now is None else self.now.reason)

    def _enter(self, found: Judgement) -> None:
        if found.well:
            self.now = found
            return
        since = self._since(found.time)
        if since is not None:
            self.now = found
            self.troubles.append(Trouble(self._reason(since), since, None, found.text))
            self.now = _of(found, self.troubles[-1].reason)
        elif self.now is None:
            self.now = Judgement(found.check, found.time)

    def _since(self, time: float) -> float | None:
        """Since when the finding holds, if it does for long enough."""
        for wait in sorted({patience for one, patience in self._heard if not one.well}):
            since = time if wait <= 0.0 else self._since_for(wait, time)
            if since is not None:
                return since
        return None

    def _since_for(self, wait: float, time: float) -> float | None:
        """Since when there have been mostly findings that need to hold for `wait` at most."""
        recent = [pair for pair in self._heard if pair[0].time >= time - wait - 1e-6]
        bad = [one for one, patience in recent if not one.well and patience <= wait]
        if len(recent) < FEWEST or len(bad) < MOSTLY * len(recent):
            return None
        first = bad[0].time
        if time - first < MOSTLY * wait:
            return None
        for one, _ in reversed(self._heard):  # it may have begun before
            if one.time < first and not one.well:
                first = one.time
            elif one.time < first:
                break
        return first

    def _reason(self, since: float) -> Reason:
        """The one most often found since then; of equals the one nearer to the root."""
        found = Counter(one.reason for one, _ in self._heard if one.time >= since and one.reason)
        best = max(found.values())
        return min((r for r, n in found.items() if n == best), key=lambda r: PRECEDENCE[r])

    def _leave_or_turn(self, found: Judgement) -> None:
        assert self.now is not None
        recent = [one for one, _ in self._heard if one.time >= found.time - self.leave - 1e-6]
        long_enough = found.time - self._heard[0][0].time >= MOSTLY * self.leave
        well = [one for one in recent if one.well]
        at_once = self.leave <= 0.0
        enough = long_enough and len(well) >= MOSTLY * len(recent) and len(recent) > 1
        if found.well and (at_once or enough):
            self._close(well[0].time)
            self.now = found
            return
        reasons = {one.reason for one in recent if not one.well}
        if not found.well and found.reason not in (None, self.now.reason) and len(reasons) == 1:
            self._close(recent[0].time)
            assert found.reason is not None
            self.troubles.append(Trouble(found.reason, recent[0].time, None, found.text))
            self.now = found
        elif not found.well and found.reason is self.now.reason:
            self.now = found

    def _close(self, end: float) -> None:
        last = self.troubles[-1]
        if last.end is None:
            self.troubles[-1] = Trouble(last.reason, last.start, max(end, last.start), last.text)

    def forget_before(self, time: float) -> None:
        """Troubles that were over by then are not asked for any more."""
        self.troubles = [one for one in self.troubles if one.end is None or one.end > time]


def _of(found: Judgement, reason: Reason) -> Judgement:
    if found.reason is reason:
        return found
    return Judgement(
        found.check, found.time, reason, found.number, found.reference, found.unit, found.text
    )
