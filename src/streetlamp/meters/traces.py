"""What the causes of a panel went by, step by step, kept for the pages of its meters."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.base import Cause, Watched
from streetlamp.values import Floats

KEPT_DAYS: Final = 400
_DAY: Final = 86_400.0


class Trace:
    """Of one cause: parallel to ``time``, the ends of the steps that brought news."""

    def __init__(self) -> None:
        self._time: deque[float] = deque()
        self._rows: deque[Floats] = deque()  # (2 or 4, n) each
        self._last: Watched | None = None

    def add(self, end: float, now: Watched) -> None:
        """Keeps it, where it is news; forgets what is too old."""
        if now is self._last:
            return
        self._last = now
        columns = [now.statistic, now.limit]
        if now.expected is not None and now.spread is not None:
            columns += [now.expected, now.spread]
        self._time.append(end)
        self._rows.append(np.asarray(columns, np.float32))
        while self._time[0] < end - KEPT_DAYS * _DAY:
            self._time.popleft()
            self._rows.popleft()

    def of(self, at: int) -> tuple[Doubles, Floats]:
        """((m,) POSIX seconds, (2 or 4, m) statistic, limit, expected, spread) of meter ``at``."""
        if not self._rows:
            return np.zeros(0), np.zeros((2, 0), np.float32)
        values = np.stack([row[:, at] for row in self._rows], axis=1)
        return np.fromiter(self._time, np.float64), values


class Traces:
    """Of all causes of one panel; a new one for each."""

    def __init__(self) -> None:
        self._traces: dict[str, Trace] = {}

    def add(self, end: float, causes: Sequence[Cause]) -> None:
        """Takes in what the causes show after a step that ended then."""
        for cause in causes:
            if cause.watched is not None:
                self._traces.setdefault(cause.name, Trace()).add(end, cause.watched)

    def of(self, at: int) -> Iterator[tuple[str, Doubles, Floats]]:
        """The name of each cause that shows something, and the trace of meter ``at``."""
        for name, trace in self._traces.items():
            yield name, *trace.of(at)
