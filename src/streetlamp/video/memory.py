"""Memory for masked pictures, used again once nobody holds one that was in it.

The system maps a fresh block of a picture's size page by page while it is first written to, and
that costs nearly as much as the copying.
"""

from __future__ import annotations

import weakref
from typing import Final

import numpy as np

from streetlamp.values import Bytes

MOST_FREE: Final = 16  # blocks kept for later


class Memory:
    """Blocks of one size at a time. `take` is one thread's; blocks may come back in any."""

    def __init__(self) -> None:
        self._size = 0
        self._free: list[bytearray] = []

    def take(self, size: int) -> Bytes:
        """(size,) memory with anything in it, the taker's alone while a view of it exists."""
        if size != self._size:
            self._free, self._size = [], size
        block = self._free.pop() if self._free else bytearray(size)
        # The base of all views of it: NumPy goes no further back than to what is no array.
        taken = np.frombuffer(block, np.uint8)
        weakref.finalize(taken, self._back, block).atexit = False
        return taken

    def forget(self) -> None:
        """Lets go of the blocks that wait: no picture is expected for a while."""
        self._free = []

    def _back(self, block: bytearray) -> None:
        if len(block) == self._size and len(self._free) < MOST_FREE:
            self._free.append(block)
