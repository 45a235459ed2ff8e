"""How each camera does, put together from the feed, the pipeline and the recorder."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from streetlamp.health import Reason
from streetlamp.values import CameraState, CameraStatus, MaskedFrame
from streetlamp.video.camera import Figures
from streetlamp.video.source.camera_clock import ClockReading

SILENT_SECONDS: Final = 7.0  # without a picture: then what comes all the same is told by itself …
CAME_SECONDS: Final = 1.0  # … so often
_GRID: Final = 96  # cells a side, for telling how much is hidden


class Statuses:
    """The latest status of every camera. Written by the cameras' threads, read by the desk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: dict[str, CameraStatus] = {}
        self._listeners: list[Callable[[CameraStatus], None]] = []

    def set(self, status: CameraStatus) -> None:
        with self._lock:
            self._now[status.camera] = status
            listeners = list(self._listeners)
        for listener in listeners:
            listener(status)

    def get(self, camera: str) -> CameraStatus | None:
        with self._lock:
            return self._now.get(camera)

    def all(self) -> list[CameraStatus]:
        with self._lock:
            return list(self._now.values())

    def on_change(self, listener: Callable[[CameraStatus], None]) -> None:
        """Calls `listener` with every new status, from the camera's thread."""
        with self._lock:
            self._listeners.append(listener)


@dataclass(frozen=True, slots=True)
class _Past:
    """What had come of a camera when a picture was shown."""

    time: float
    hidden: float  # share of that picture
    pictures: int  # before it
    looks: int


class StatusKeeper:
    """One camera's running figures, told to `Statuses` at most once a second or on a change."""

    def __init__(self, camera: str, statuses: Statuses, now: float) -> None:
        self._statuses = statuses
        self._status = CameraStatus(camera, CameraState.CONNECTING, now)
        self._past: deque[_Past] = deque()  # the last seconds
        self._pictures = 0
        self._told = float("-inf")
        self._came = float("-inf")
        statuses.set(self._status)

    def state(
        self,
        state: CameraState,
        message: str,
        now: float,
        restarts: int = 0,
        trouble: Reason | None = None,
    ) -> None:
        """The camera's state changed."""
        since = self._status.since if state is self._status.state else now
        self._status = replace(
            self._status,
            state=state,
            message=message,
            since=since,
            restarts=restarts,
            trouble=trouble,
        )
        if state is not CameraState.LIVE:
            self._status = replace(self._status, clock_offset=None, clock_drift=None)
        self._tell(now)

    def clock(self, reading: ClockReading | None) -> None:
        """What the camera's own clock is like; told with the next figures."""
        self._status = replace(
            self._status,
            clock_offset=None if reading is None else round(reading.offset, 3),
            clock_drift=None
            if reading is None or reading.drift is None
            else round(reading.drift, 1),
        )

    def came(self, now: float, behind: Callable[[], float]) -> None:
        """Something of the stream came at `now`; told while no picture has been shown for long.

        behind: says how many seconds of what came were not shown yet.
        """
        silent = now - self._status.last_frame >= SILENT_SECONDS
        if not silent or 0.0 <= now - self._came < CAME_SECONDS:
            return
        self._came = now
        self._status = replace(self._status, last_packet=now, behind=round(behind(), 1))
        self._statuses.set(self._status)

    def shown(
        self,
        frame: MaskedFrame,
        figures: Figures,
        recording: bool,
        pictures: int = 1,
        last: float | None = None,
    ) -> None:
        """So many pictures have left the delay line, all like this one, their first.

        last: time of the last of them, where they are many.
        """
        self._past.append(_Past(frame.time, hidden_share(frame), self._pictures, figures.looks))
        self._pictures += pictures
        self._status = replace(
            self._status,
            width=frame.width,
            height=frame.height,
            whole_hidden=frame.reason if frame.whole else "",
            recording=recording,
            last_frame=frame.time if last is None else last,
            asleep=figures.asleep,
            second_trouble=figures.second_trouble,
        )
        if abs(frame.time - self._told) >= 1.0:
            self._figures(frame.time)
            self._tell(frame.time)

    def _figures(self, now: float) -> None:
        # older than three seconds, or from before the clock was set back
        past = self._past
        while len(past) > 2 and not now - 3.0 <= past[0].time <= now:
            past.popleft()
        first, last = past[0], past[-1]
        span = last.time - first.time
        if span <= 0.0:
            return
        self._status = replace(
            self._status,
            fps=round((last.pictures - first.pictures) / span, 1),
            looks_per_second=round((last.looks - first.looks) / span, 1),
            hidden_share=round(sum(one.hidden for one in past) / len(past), 3),
        )

    def _tell(self, now: float) -> None:
        self._told = now
        self._statuses.set(self._status)


def hidden_share(frame: MaskedFrame) -> float:
    """The share of the picture hidden, 0–1, to about a hundredth; overlaps count once."""
    if frame.whole:
        return 1.0
    grid = np.zeros((_GRID, _GRID), np.bool_)
    scale = np.array([_GRID / frame.width, _GRID / frame.height] * 2)
    for x1, y1, x2, y2 in np.rint(frame.hidden * scale).astype(int):
        grid[y1:y2, x1:x2] = True
    return float(grid.mean())
