"""Runs things in threads, restarts them when they fail, and says so. The only broad `except`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from streetlamp.errors import UserError

log: Final = logging.getLogger(__name__)

FIRST_PAUSE: Final = 1.0  # seconds before the first restart; doubled each time
LONGEST_PAUSE: Final = 60.0
JOIN_SECONDS: Final = 10.0


class Supervisor:
    """Keeps tasks running until `stop`. A task gets an event that is set when it should end."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._on_stop: list[Callable[[], None]] = []

    def start(
        self,
        name: str,
        task: Callable[[threading.Event], None],
        *,
        on_failure: Callable[[str], None] = lambda message: None,
        on_stop: Callable[[], None] = lambda: None,
    ) -> None:
        """Runs `task` in a thread. It is over when it returns; when it raises it starts again.

        A UserError is final: starting again would not help. on_failure gets the message each
        time; on_stop is called from `stop`, to wake a task that waits for something else.
        """
        thread = threading.Thread(
            target=self._keep, args=(name, task, on_failure), name=name, daemon=True
        )
        self._threads.append(thread)
        self._on_stop.append(on_stop)
        thread.start()

    def stop(self) -> list[str]:
        """Ends every task and waits for it. Returns the names of those that did not end."""
        self.stopping.set()
        for wake in self._on_stop:
            wake()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)
        return [thread.name for thread in self._threads if thread.is_alive()]

    def _keep(
        self,
        name: str,
        task: Callable[[threading.Event], None],
        on_failure: Callable[[str], None],
    ) -> None:
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            try:
                task(self.stopping)
            except UserError as error:
                log.error("%s: %s", name, error)  # noqa: TRY400  # the words are enough
                on_failure(str(error))
                return
            except Exception as error:  # whatever it was, the others go on
                log.error(  # noqa: TRY400  # the traceback goes to the debug log
                    "%s failed and starts again in %.0f s: %s: %s",
                    name, pause, type(error).__name__, error,
                )  # fmt: skip
                log.debug("%s failed", name, exc_info=True)
                on_failure(f"failed: {error or type(error).__name__}")
            else:
                return
            self.stopping.wait(pause)
            pause = min(LONGEST_PAUSE, 2.0 * pause)
