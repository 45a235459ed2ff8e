"""A feed that runs in a thread, and what it told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Self

from streetlamp.values import CameraState
from streetlamp.video.feed import Feed, FeedStatus
from streetlamp.video.raw import Unit
from streetlamp.video.source import Source
from streetlamp.video.source.clock import Clock


class FeedStory:
    """Runs a live feed; a context manager. Its pauses are a tenth of a second at most."""

    def __init__(self, factory: Callable[[], Source]) -> None:
        clock = Clock(wait=lambda event, seconds: event.wait(min(seconds, 0.1)))
        self.feed = Feed(factory, live=True, clock=clock, jitter=lambda: 0.0)
        self.statuses: list[FeedStatus] = []
        self.units: list[Unit] = []
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.feed.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _work(self) -> None:
        for item in self.feed.items():
            if isinstance(item, FeedStatus):
                self.statuses.append(item)
            else:
                self.units.append(item)

    def wait(self, holds: Callable[[], object], what: str, patience: float = 30.0) -> None:
        end = time.monotonic() + patience
        while not holds():
            assert time.monotonic() < end, f"{what}: {self.statuses[-3:]}"
            time.sleep(0.01)

    def wait_live(self, after: int = 0, units: int = 5) -> None:
        """Until pictures come in a run later than ``after``."""
        begun = len(self.units)
        self.wait(
            lambda: (
                self.run > after
                and self.statuses[-1].state is CameraState.LIVE
                and len(self.units) >= begun + units
            ),
            "it did not come (back)",
        )

    def wait_lost(self) -> FeedStatus:
        """Until it waits for the camera; what it says then."""
        self.wait(
            lambda: any(one.state is CameraState.WAITING for one in self.statuses[-2:]),
            "no failure was noticed",
        )
        return next(one for one in reversed(self.statuses) if one.state is CameraState.WAITING)

    @property
    def run(self) -> int:
        return self.statuses[-1].run if self.statuses else 0
