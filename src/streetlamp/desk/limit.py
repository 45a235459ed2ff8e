"""Slows down whoever guesses passwords, by address and by name, and keeps nobody out for long."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from streetlamp.desk.refusal import RefusalError

_FORGET: Final = 900.0  # seconds after the last attempt
_MOST_KEYS: Final = 4096  # the oldest are forgotten first, so memory stays small


@dataclass(slots=True)
class _Tries:
    failed: int = 0
    last: float = 0.0
    until: float = 0.0


class LoginLimit:
    """Counts attempts before the password is even looked at, so that many at once gain nothing.

    After `free` failures each further attempt from an address has to wait 2, 4, 8 … `longest`
    seconds. A name (guessed from many addresses) has four times as many free attempts, and a short
    longest wait, so that nobody can keep somebody else out.
    """

    def __init__(
        self, free: int = 5, longest: float = 300.0, *, said: str = "Too many wrong passwords."
    ) -> None:
        self._said = said
        self._free = free
        self._longest = longest
        self._tries: OrderedDict[str, _Tries] = OrderedDict()
        self._lock = threading.Lock()

    def attempt(self, address: str, name: str, now: float) -> None:
        """Notes an attempt; RefusalError 429 when this one comes too early."""
        with self._lock:
            keys = (
                (f"a:{address}", self._free, self._longest),
                (_name(name), self._free * 4, 30.0),
            )
            for key, _, _ in keys:
                tries = self._tries.get(key)
                if tries is not None and now < tries.until:
                    wait = max(1, round(tries.until - now))
                    raise RefusalError(
                        429,
                        self._said,
                        f"Wait {wait} seconds and try again.",
                        {"Retry-After": str(wait)},
                    )
            for key, free, longest in keys:
                self._note(key, free, longest, now)

    def succeeded(self, address: str, name: str) -> None:
        """Forgets the failures of somebody who got in."""
        with self._lock:
            self._tries.pop(f"a:{address}", None)
            self._tries.pop(_name(name), None)

    def _note(self, key: str, free: int, longest: float, now: float) -> None:
        tries = self._tries.pop(key, None)
        if tries is None or now - tries.last > _FORGET:
            tries = _Tries()
        tries.failed += 1
        tries.last = now
        over = tries.failed - free
        tries.until = now + min(longest, 2.0 ** min(over + 1, 30)) if over >= 0 else now
        self._tries[key] = tries
        while len(self._tries) > _MOST_KEYS:
            self._tries.popitem(last=False)


def _name(name: str) -> str:
    return f"n:{name.casefold()[:80]}"
