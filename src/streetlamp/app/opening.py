"""Cameras open one after another, as fast as the machine can take them.

Getting to know a camera takes many times what watching it asleep does, and a machine that opens all
of them at once would lag behind all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

LEAST_SECONDS: Final = 0.8  # between the openings of cameras beyond one a core
MOST_SECONDS: Final = 5.0  # the same, on a machine that has too much to do
STEP_SECONDS: Final = 0.1


class Opening:
    """The door cameras go in by. `pressed`: whether the machine has too much to do just now.

    free: so many cameras may open at once.
    """

    def __init__(self, pressed: Callable[[], bool], free: int) -> None:
        self._pressed = pressed
        self._free = free
        self._door = threading.Lock()

    def wait(self, stopping: threading.Event) -> bool:
        """Waits for this camera's turn, in its own thread; False: stopped meanwhile."""
        with self._door:
            if self._free > 0:
                self._free -= 1
                return not stopping.is_set()
            waited = 0.0
            while waited < LEAST_SECONDS or (self._pressed() and waited < MOST_SECONDS):
                if stopping.wait(STEP_SECONDS):
                    return False
                waited += STEP_SECONDS
        return True
