"""One camera's health: what comes in is numbers, what comes out is judgements and minutes."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from typing import Any, Final

from streetlamp.fleet import picture_checks
from streetlamp.fleet.health_options import HealthOptions
from streetlamp.fleet.minutes import MINUTE, TOLERATED, lost_to, within
from streetlamp.fleet.settle import Settled, Trouble
from streetlamp.fleet.usual import Usual
from streetlamp.fleet.work_checks import Work
from streetlamp.health import Check, Judgement, Minute, MinuteState
from streetlamp.values import CameraStatus
from streetlamp.video.view.sample import ViewSample

SETTLE_SECONDS: Final = 120.0  # after its end until a minute is told: by then all has settled
JUDGE_SECONDS: Final = 2.0  # between two judgements of a status in which nothing changed
LEAVE_SECONDS: Final = 24.0  # that a picture must be well before its trouble is over
KIND: Final = "streetlamp usual 1"
PICTURE: Final = (Check.EXPOSURE, Check.FOCUS, Check.VIEW, Check.ALIVE)
RATES: Final = (Check.FLOWING, Check.ANALYSED)


class CameraHealth:
    """Judges one camera. Any thread.

    `status` takes what is known of its stream, `view` what its pictures are like; `minutes` gives
    each minute once it is finished and settled, in order and once. Times are POSIX seconds and come
    with what is told, so that a recording of them gives the same minutes again.
    """

    def __init__(
        self,
        camera: str,
        options: HealthOptions,
        *,
        max_gap: float = 0.6,
        recorded: bool = True,
    ) -> None:
        """max_gap: seconds between two looks that were promised. recorded: whether it is to be."""
        self.camera = camera
        self.usual = Usual()
        self._options = options
        self._turn = threading.Lock()
        self._work = Work(max_gap=max_gap, recorded=recorded, clock_limit=options.clock_seconds)
        self._settled = {
            check: Settled(LEAVE_SECONDS if check in (*PICTURE, *RATES) else 0.0) for check in Check
        }
        self._status: CameraStatus | None = None
        self._judged = -math.inf
        self._next = -1  # the minute that is told next

    def status(self, status: CameraStatus, now: float) -> None:
        """What is known of the camera's stream from now on."""
        with self._turn:
            if self._next < 0:
                self._next = math.ceil(now / MINUTE) * MINUTE
            before, self._status = self._status, status
            changed = before is None or _facts(before) != _facts(status)
            if changed or not 0.0 <= now - self._judged < JUDGE_SECONDS:
                self._judge_work(now)

    def view(self, sample: ViewSample) -> None:
        """What a picture of it is like."""
        with self._turn:
            parked = 60.0 * self._options.parked_minutes
            found = picture_checks.judged(sample, self.usual, parked)
            for check, (judgement, patience) in found.items():
                self._put(check, judgement, patience)
            if all(self._is_well(check) and found[check][0].well for check in PICTURE):
                self.usual.learn(sample)

    def forget_view(self) -> None:
        """The camera shows something else from now on: what is usual of it is learnt anew."""
        with self._turn:
            self.usual = Usual()

    def judgements(self) -> list[Judgement]:
        """What each check came to by now, in the order of `Check`."""
        with self._turn:
            return [one.now for one in self._settled.values() if one.now is not None]

    def minutes(self, now: float, *, all_of_them: bool = False) -> list[Minute]:
        """The minutes that are finished and settled, each given once, oldest first.

        all_of_them: those that have not settled, too: there is no later.
        """
        with self._turn:
            if self._next < 0:
                return []
            self._judge_work(now)
            last = now - (0.0 if all_of_them else SETTLE_SECONDS)
            if self._next > now + SETTLE_SECONDS:  # the clock was set back
                self._next = math.ceil(now / MINUTE) * MINUTE
            told = []
            while self._next + MINUTE <= last:
                told.append(self._minute(self._next))
                self._next += MINUTE
            for settled in self._settled.values():
                settled.forget_before(self._next)
            return told

    def _judge_work(self, now: float) -> None:
        if self._status is None:
            return
        self._judged = now
        found = self._work.judge(self._status, now)
        for check in Check:
            if check in found:
                self._put(check, *found[check])
            elif check not in PICTURE and not self._is_well(check):
                self._put(check, Judgement(check, now), 0.0)  # it is another check's trouble now

    def _put(self, check: Check, judgement: Judgement, patience: float) -> None:
        if check not in self._options.ignore:
            self._settled[check].put(judgement, patience)

    def _is_well(self, check: Check) -> bool:
        now = self._settled[check].now
        return now is None or now.well

    def _minute(self, minute: int) -> Minute:
        """Kept, or lost and why."""
        troubles = within(
            (one for settled in self._settled.values() for one in settled.troubles), minute
        )
        if not troubles or _covered(troubles, minute) <= TOLERATED:
            return Minute(self.camera, minute, MinuteState.KEPT)
        return lost_to(self.camera, minute, troubles)

    def state(self) -> dict[str, Any]:
        """For a file: what a later run needs to judge as this one does."""
        with self._turn:
            return {
                "kind": KIND,
                "picture": self.usual.state(),
                "rate": self._work.rate.state(),
            }

    def restore(self, state: Mapping[str, Any]) -> None:
        """What `state` gave. ValueError for anything else."""
        if state.get("kind") != KIND:
            raise ValueError("not the usual values of this version")
        with self._turn:
            self.usual.restore(state.get("picture", {}))
            self._work.rate.restore(state.get("rate", {}))


def _facts(status: CameraStatus) -> tuple[object, ...]:
    """What of a status counts at once."""
    return status.state, status.trouble, status.recording, status.whole_hidden, status.message


def _covered(troubles: list[tuple[Trouble, float]], minute: int) -> float:
    """Seconds of the minute in which there was any of these."""
    spans = sorted(
        (max(one.start, minute), minute + MINUTE if one.end is None else one.end)
        for one, _ in troubles
    )
    seconds, until = 0.0, float(minute)
    for start, end in spans:
        last = min(end, minute + MINUTE)
        seconds += max(0.0, last - max(start, until))
        until = max(until, last)
    return seconds
