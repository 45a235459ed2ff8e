"""How each camera does, put together from the feed, the pipeline and the recorder."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from streetlamp.values import CameraState, CameraStatus, MaskedFrame

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


class StatusKeeper:
    """One camera's running figures, told to `Statuses` at most once a second or on a change."""

    def __init__(self, camera: str, statuses: Statuses, now: float) -> None:
        self._statuses = statuses
        self._status = CameraStatus(camera, CameraState.CONNECTING, now)
        self._shown: deque[tuple[float, float]] = deque()  # time, share hidden
        self._looks: deque[tuple[float, int]] = deque()
        self._told = float("-inf")
        statuses.set(self._status)

    def state(self, state: CameraState, message: str, now: float, restarts: int = 0) -> None:
        """The camera's state changed."""
        since = self._status.since if state is self._status.state else now
        self._status = replace(
            self._status, state=state, message=message, since=since, restarts=restarts
        )
        self._tell(now)

    def shown(self, frame: MaskedFrame, looks: int, recording: bool) -> None:
        """A picture left the delay line."""
        self._shown.append((frame.time, hidden_share(frame)))
        self._looks.append((frame.time, looks))
        self._status = replace(
            self._status,
            width=frame.width,
            height=frame.height,
            whole_hidden=frame.reason if frame.whole else "",
            recording=recording,
            last_frame=frame.time,
        )
        if abs(frame.time - self._told) >= 1.0:
            self._figures(frame.time)
            self._tell(frame.time)

    def _figures(self, now: float) -> None:
        # older than three seconds, or from before the clock was set back
        while len(self._shown) > 2 and not now - 3.0 <= self._shown[0][0] <= now:
            self._shown.popleft()
            self._looks.popleft()
        span = self._shown[-1][0] - self._shown[0][0]
        if span <= 0.0:
            return
        self._status = replace(
            self._status,
            fps=round((len(self._shown) - 1) / span, 1),
            looks_per_second=round((self._looks[-1][1] - self._looks[0][1]) / span, 1),
            hidden_share=round(sum(share for _, share in self._shown) / len(self._shown), 3),
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
