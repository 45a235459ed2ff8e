"""What gives way when a machine has more cameras than it can look at: see ``design/load.md``.

First how finely is looked where everybody is large, then looks a second, evenly for all cameras,
then picture detail: some cameras, in turn, show their keyframes alone, hidden whole. Hiding never
gives way, nor does recording what was hidden.

`Governor` is a pure function of what it is told: times come with the values, so it replays.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Final

LOOK_STEPS: Final = (1.0, 1.0, 0.7, 0.5, 0.35, 0.25)
"""Shares of the looks a second; from the second step on, many of them are rough ones.

One step back is never more than × 1.43 (see `BUSY_EASY`), from rough looks to fine ones × 1.8.
"""
CLEAR_STEPS: Final = (0.7, 0.5, 0.35, 0.25, 0.0)
"""Shares of the cameras shown in full detail, after the looks have given all they can."""
LAST_LEVEL: Final = len(LOOK_STEPS) + len(CLEAR_STEPS) - 1
TURN_SECONDS: Final = 20.0  # how long a camera's turn at showing keyframes lasts

BUSY_HIGH: Final = 0.85  # of the detector's time: more is too much
BUSY_EASY: Final = 0.55  # less leaves room; one step up (× 1.43) stays below BUSY_HIGH
BUSY_EASY_ROUGH: Final = 0.45  # the same for the step from rough looks to fine ones
WAIT_HIGH: Final = 0.30  # s a picture waits for the detector: a third of the delay line
WAIT_EASY: Final = 0.10
LAG_HIGH: Final = 0.50  # s of video that waits to be decoded
LAG_EASY: Final = 0.15
ENOUGH: Final = 1.5  # s of evidence before anything gives way
CLIMB_SECONDS: Final = 10.0  # s of ease before one step is taken back
LONGEST_CLIMB: Final = 640.0
RELAPSE_SECONDS: Final = 60.0  # a step back that had to be undone so soon makes the next one slower
WINDOW: Final = 3.0  # s over which figures are taken
SLACK_SECONDS: Final = 0.1  # a look may come so much late and still be in time


@dataclass(frozen=True, slots=True)
class Load:
    """What cameras have to give up just now. One value for all of them, replaced when it changes.

    level: 0 nothing gives way; up to `LAST_LEVEL`.
    """

    level: int = 0
    reason: str = ""  # why, in words; "" at level 0

    @property
    def looks_factor(self) -> float:
        """The share of the looks a second that are left, 0–1."""
        return LOOK_STEPS[min(self.level, len(LOOK_STEPS) - 1)]

    @property
    def rough(self) -> bool:
        """Whether most looks are rough ones, wherever everybody is large enough for that."""
        return self.level > 0

    @property
    def clear_share(self) -> float:
        """The share of the cameras that are shown in full detail, 0–1."""
        beyond = self.level - len(LOOK_STEPS)
        return 1.0 if beyond < 0 else CLEAR_STEPS[beyond]

    def looks_per_second(self, wanted: float, max_gap_seconds: float) -> float:
        """How often to look instead of `wanted` times a second.

        Never so seldom that pictures would be hidden because their looks are too far apart, and
        never more often than wanted.
        """
        least = 1.0 / max(0.05, max_gap_seconds - SLACK_SECONDS)
        return min(wanted, max(wanted * self.looks_factor, least))

    def coarse(self, seat: int, seats: int, time: float) -> bool:
        """Whether the camera with this number of `seats` cameras shows keyframes alone at `time`.

        Turns go round, so that in the long run every camera gives up as much as any other.
        """
        if self.clear_share >= 1.0 or seats < 1:
            return False
        coarse = seats - int(self.clear_share * seats)
        turn = int(time // TURN_SECONDS) * coarse
        return (seat - turn) % seats < coarse


CALM: Final = Load()


@dataclass(frozen=True, slots=True)
class Signs:
    """How the machine does at one moment. Sums count from the start of the inference queue."""

    time: float  # seconds, any clock that does not jump
    looking: bool  # the detector is there; without it the figures say nothing about load
    threads: int  # that look
    asked: int  # looks asked for so far
    looked: int  # looks answered so far
    busy: float  # seconds spent looking so far, all threads together
    waited: float  # seconds pictures waited for a thread so far, together
    longest: float  # seconds the oldest unanswered picture has been waiting
    lag: float  # seconds of video that wait to be decoded, of the camera that is worst off


class Governor:
    """Turns signs into a `Load`. Call `update` about once a second.

    No oscillation: between too much and room to spare lies more than one step; what is decided
    rests on what was seen since the last change; and a step back that had to be undone doubles
    the patience before the next one.
    """

    def __init__(self) -> None:
        self.load = CALM
        self._is_heavy = False
        self._seen: deque[Signs] = deque()
        self._heavy = float("inf")  # since when
        self._easy = float("inf")
        self._climbed = float("-inf")  # when the last step back was taken
        self._climb_seconds = CLIMB_SECONDS

    @property
    def heavy(self) -> bool:
        """Whether there was too much to do when it was last asked, whatever gives way by now."""
        return self._is_heavy

    def update(self, signs: Signs) -> Load:
        """What has to give way from now on."""
        if self._seen and signs.time < self._seen[-1].time:
            self._forget()
        if not signs.looking:  # nobody looks: everything is hidden whole, and costs little
            self._forget()
            return self.load
        self._seen.append(signs)
        while len(self._seen) > 2 and self._seen[1].time <= signs.time - WINDOW:
            self._seen.popleft()
        first = self._seen[0]
        span = signs.time - first.time
        if span < ENOUGH:
            self._is_heavy |= signs.lag > LAG_HIGH
            return self.load
        busy = (signs.busy - first.busy) / (span * max(1, signs.threads))
        looked = signs.looked - first.looked
        wait = max((signs.waited - first.waited) / looked if looked else 0.0, 0.5 * signs.longest)
        # A busy detector alone is no reason to show less: only to look less often.
        looks_left = self.load.level < len(LOOK_STEPS) - 1
        reason = _heaviest(busy if looks_left else 0.0, wait, signs.lag)
        self._is_heavy = bool(_heaviest(busy, wait, signs.lag))
        self._since(signs.time, reason, busy, wait, signs.lag)
        if reason and signs.time - self._heavy >= ENOUGH:
            self._give_way(signs, first, busy, reason)
        elif self.load.level and signs.time - self._easy >= self._climb_seconds:
            self._take_back(signs.time)
        return self.load

    def _since(self, time: float, reason: str, busy: float, wait: float, lag: float) -> None:
        room = BUSY_EASY_ROUGH if self.load.level == 1 else BUSY_EASY
        easy = busy < room and wait < WAIT_EASY and lag < LAG_EASY
        self._heavy = min(self._heavy, time) if reason else float("inf")
        self._easy = min(self._easy, time) if easy else float("inf")

    def _give_way(self, signs: Signs, first: Signs, busy: float, reason: str) -> None:
        if self.load.level == LAST_LEVEL:
            return
        level = self.load.level + 1
        # Far too many looks are asked for: go at once to where they can be answered.
        asked, looked = signs.asked - first.asked, signs.looked - first.looked
        if asked and looked and busy > BUSY_HIGH:
            fits = self.load.looks_factor * min(1.0, looked / asked)
            while level < len(LOOK_STEPS) - 1 and LOOK_STEPS[level] > fits:
                level += 1
        if signs.time - self._climbed < RELAPSE_SECONDS:
            self._climb_seconds = min(LONGEST_CLIMB, 2.0 * self._climb_seconds)
        self._set(level, reason)

    def _take_back(self, time: float) -> None:
        if time - self._climbed > 4 * RELAPSE_SECONDS:
            self._climb_seconds = max(CLIMB_SECONDS, 0.5 * self._climb_seconds)
        self._climbed = time
        self._set(self.load.level - 1, self.load.reason)

    def _set(self, level: int, reason: str) -> None:
        self.load = replace(self.load, level=level, reason=reason if level else "")
        self._forget()

    def _forget(self) -> None:
        """What was seen so far says nothing about what comes."""
        self._seen.clear()
        self._heavy = self._easy = float("inf")


def _heaviest(busy: float, wait: float, lag: float) -> str:
    """What is too much, in words; "" if nothing is."""
    if lag > LAG_HIGH:
        return f"pictures wait {lag:.1f} s to be decoded"
    if wait > WAIT_HIGH:
        return f"pictures wait {wait:.1f} s to be looked at"
    if busy > BUSY_HIGH:
        return f"the detector is busy {100 * min(1.0, busy):.0f} % of the time"
    return ""


def in_words(load: Load, looks_per_second: float, max_gap_seconds: float) -> str:
    """What gives way, for whoever looks at the desk; "" while nothing does."""
    if load.level == 0:
        return ""
    now = load.looks_per_second(looks_per_second, max_gap_seconds)
    if load.looks_factor < 1.0:
        looks = f"it looks {now:.2g} × a second instead of {looks_per_second:g}"
    else:
        looks = "it looks less finely at people who are close"
    turns = ""
    if load.clear_share < 1.0:
        coarse = 100 * (1.0 - load.clear_share)
        turns = f", and {coarse:.0f} % of the cameras in turn show a few coarse pictures only"
    return (
        f"This machine is overloaded ({load.reason}): {looks}{turns}."
        " People stay hidden, and what is hidden is still recorded."
    )
