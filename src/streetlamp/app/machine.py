"""The machine as a whole: does it keep up with its cameras, and what gives way if it does not?"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from streetlamp.desk.services import MachineView
from streetlamp.site import Site
from streetlamp.video.inference import Inference
from streetlamp.video.load import CALM, Governor, Load, Signs, in_words
from streetlamp.video.options import LookOptions

STEP_SECONDS: Final = 1.0

log: Final = logging.getLogger(__name__)


class Machine:
    """Watches over the looks of all cameras. `load` is what they have to give up just now."""

    def __init__(self, site: Site, inference: Inference) -> None:
        self._inference = inference
        self._lags: list[Callable[[], float]] = []
        self._governor = Governor()
        cameras = site.switched_on.values()
        usual = LookOptions.model_validate({})
        # What is said speaks of the camera that asks for most.
        self._look = max((c.look for c in cameras), key=lambda o: o.looks_per_second, default=usual)
        self._load = CALM

    def load(self) -> Load:
        """Read by the cameras' threads; one value, replaced whole."""
        return self._load

    def pressed(self) -> bool:
        """Whether there was too much to do a moment ago. Any thread."""
        return self._governor.heavy

    def watch(self, behind: Callable[[], float]) -> None:
        """One more camera; `behind` says how many seconds of its video wait to be decoded."""
        self._lags.append(behind)

    def keep(self, stopping: threading.Event) -> None:
        """Looks after it until `stopping`: a task for a supervisor."""
        while not stopping.wait(STEP_SECONDS):
            self.step(time.monotonic())

    def step(self, now: float) -> None:
        """Once, at `now` (seconds of a clock that does not jump)."""
        stats = self._inference.stats
        signs = Signs(
            time=now,
            looking=stats.alive,
            threads=stats.threads,
            asked=stats.asked,
            looked=stats.looked,
            busy=stats.busy,
            waited=stats.waited,
            longest=stats.longest,
            lag=_lag([behind() for behind in self._lags]),
        )
        before, self._load = self._load, self._governor.update(signs)
        if self._load.level != before.level:
            said = self._words() or "this machine keeps up with its cameras again"
            log.warning("%s", said)

    def view(self) -> MachineView:
        """For the desk. Any thread."""
        stats, load = self._inference.stats, self._load
        trouble = f"{_sentence(stats.message)} All pictures are hidden whole." * (not stats.alive)
        return MachineView(
            message=trouble or self._words(),
            looking=stats.alive,
            level=load.level,
            looks_factor=load.looks_factor,
            clear_share=load.clear_share,
            asked=stats.asked,
            looked=stats.looked,
            failed=stats.failed,
            replaced=stats.replaced,
            waiting=stats.waiting,
            longest=stats.longest,
            busy=stats.busy,
            restarts=stats.restarts,
            hung=stats.hung,
        )

    def _words(self) -> str:
        return in_words(self._load, self._look.looks_per_second, self._look.max_gap_seconds)


def _lag(behind: list[float]) -> float:
    """Seconds of video that wait at the worst camera, or of many at one of the worst.

    A camera that has just woken has much to catch up with; that alone is no load.
    """
    worst = sorted(behind, reverse=True)
    return worst[len(worst) // 8] if worst else 0.0


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "." if text else "Nobody looks for people now."
