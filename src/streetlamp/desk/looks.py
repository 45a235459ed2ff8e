"""Writes down who looked at what (CHARTER 7), one entry a look.

A player fetches one recording in dozens of ranges, and a page without live video fetches a still
a second: requests by one person for one thing that follow each other within `_SAME_LOOK` are one
look.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from streetlamp.desk.services import Audit

_SAME_LOOK: Final = 60.0  # seconds
_MOST_KEYS: Final = 4096


class Looks:
    """Thread-safe. An entry is on the disk before anything is shown."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._last: OrderedDict[tuple[str, str, str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def note(
        self, token: str, user: str, action: str, what: str, now: float, **detail: str
    ) -> None:
        """Somebody looks at `what`; written unless the same look just goes on."""
        key = (token, user, action, what)
        with self._lock:
            before = self._last.pop(key, None)
            goes_on = before is not None and 0 <= now - before < _SAME_LOOK
            if not goes_on:
                self._audit.record(now, user, action, what, **detail)
            self._last[key] = now
            while len(self._last) > _MOST_KEYS:
                self._last.popitem(last=False)
