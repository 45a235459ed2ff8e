"""The bridge from a camera's thread to one asyncio task, for one viewer."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """Any thread changes what is waiting; the task that made the inbox takes it out.

    Made inside a running event loop, and read there only. Who puts things in bounds them: a viewer
    that does not read must not make anything grow.
    """

    def __init__(self, on_close: Callable[[Inbox[T]], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self._lock = threading.Lock()
        self._waiting: deque[T] = deque()
        self._closed = False
        self._on_close = on_close

    @contextmanager
    def change(self) -> Iterator[deque[T]]:
        """What is waiting, to be changed by any thread; the reader is woken afterwards."""
        with self._lock:
            yield self._waiting
        self._wake()

    async def get(self) -> T | None:
        """The next thing, waiting for it; None when there will be no more."""
        while True:
            with self._lock:
                if self._waiting:
                    return self._waiting.popleft()
                if self._closed:
                    return None
                self._ready.clear()
            await self._ready.wait()

    def close(self) -> None:
        """No more: what is waiting may still be taken, then `get` gives None. Any thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._on_close(self)
        self._wake()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._ready.set)
        except RuntimeError:  # the viewer's event loop has ended without closing its inboxes
            with self._lock:
                self._waiting.clear()
                orphaned, self._closed = not self._closed, True
            if orphaned:
                self._on_close(self)
