"""A lock that is handed on in the order of asking.

An ordinary lock goes to whoever comes first after it was let go, and that is nearly always the
thread that had it: in a storm, a person who acknowledges an alarm would wait until the storm is
over. Here they wait for one batch of it.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType


class Turn:
    """A reentrant lock, first come first served. Use it with ``with``."""

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._queue: deque[tuple[int, threading.Lock]] = deque()
        self._owner: int | None = None
        self._depth = 0

    def __enter__(self) -> Turn:
        me = threading.get_ident()
        with self._gate:
            if self._owner in (None, me):
                self._owner = me
                self._depth += 1
                return self
            mine = threading.Lock()
            mine.acquire()
            self._queue.append((me, mine))
        mine.acquire()  # whoever leaves makes us the owner and lets go of it
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._gate:
            self._depth -= 1
            if self._depth:
                return
            if not self._queue:
                self._owner = None
                return
            self._owner, lock = self._queue.popleft()
            self._depth = 1
            lock.release()
