"""Looks for cameras on behalf of the page: who may be spoken to, and how often.

A page that could make the desk talk to any address would be a way into the network around every
wall (SSRF). So it speaks only to what answered its own search, and to addresses of a private
network or of this machine that somebody logged in typed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from streetlamp.desk.refusal import RefusalError

if TYPE_CHECKING:  # what finds cameras is loaded when somebody looks for one
    from streetlamp.fleet.onvif.camera import OnvifCamera
    from streetlamp.fleet.onvif.discovery import Network, Search
    from streetlamp.fleet.onvif.values import Device, Found, Login

_MINUTE: Final = 60.0
_SEARCHES: Final = 6  # a minute, of everybody together: a search is heard by the whole network
_LOOKS: Final = 20  # a minute, of everybody together: each may be a guess at a password
_REMEMBERED: Final = 600.0  # seconds an answer to a search counts
_MOST: Final = 1024
_SEARCH_SECONDS: Final = 3.0
_LOOK_SECONDS: Final = 20.0
_PATIENCE: Final = 10.0  # seconds somebody waits for somebody else's question to end


class Finder:
    """Thread-safe. One question to the network at a time.

    `network`: where searches go; None: everywhere.
    """

    def __init__(self, network: Network | None = None) -> None:
        self.network = network
        self._busy = threading.Lock()
        self._lock = threading.Lock()
        self._answered: OrderedDict[tuple[str, int], tuple[float, Found]] = OrderedDict()
        self._asked: dict[str, deque[float]] = {"searches": deque(), "looks": deque()}

    def search(self, now: float) -> Search:
        """Who answers in the network. RefusalError 429 and 503, OnvifError."""
        from streetlamp.fleet.onvif.discovery import EVERYWHERE, search  # noqa: PLC0415

        with self._turn("searches", _SEARCHES, now):
            told = search(_SEARCH_SECONDS, network=self.network or EVERYWHERE)
        with self._lock:
            for found in told.found:
                self._answered[found.target.ip, found.target.port] = (now, found)
            while len(self._answered) > _MOST:
                self._answered.popitem(last=False)
        return told

    def look(self, address: str, login: Login | None, clock: Callable[[], float]) -> Device:
        """What the device at this address says of itself. RefusalError, OnvifError."""
        from streetlamp.fleet.onvif.look import look  # noqa: PLC0415

        with self._turn("looks", _LOOKS, clock()):
            return look((self._found(address, clock()),), login, clock, _LOOK_SECONDS)[0]

    def reboot(self, address: str, login: Login | None, clock: Callable[[], float]) -> str:
        """Starts the device anew; what it says to that. RefusalError, OnvifError."""
        from streetlamp.fleet.onvif.look import with_camera  # noqa: PLC0415

        async def start(camera: OnvifCamera) -> str:
            return await camera.reboot()

        with self._turn("looks", _LOOKS, clock()):
            target = self._found(address, clock()).target
            return with_camera(target, login, start, clock, _LOOK_SECONDS)

    def _found(self, address: str, now: float) -> Found:
        """The device there, once it is known that it may be spoken to."""
        from streetlamp.fleet.onvif.addresses import is_near  # noqa: PLC0415
        from streetlamp.fleet.onvif.discovery import EVERYWHERE  # noqa: PLC0415
        from streetlamp.fleet.onvif.look import targets_of  # noqa: PLC0415

        def allow(ip: str, port: int | None) -> None:
            if is_near(ip) or (port is not None and self._known(ip, port, now) is not None):
                return
            raise RefusalError(
                403,
                "That address is not in a private network, and did not answer a search.",
                "Search first, or type an address such as 192.168.1.20.",
            )

        made = targets_of([address], _SEARCH_SECONDS, self.network or EVERYWHERE, allow)[0]
        return self._known(made.target.ip, made.target.port, now) or made

    def _known(self, ip: str, port: int, now: float) -> Found | None:
        with self._lock:
            at, found = self._answered.get((ip, port), (0.0, None))
        return found if found is not None and 0 <= now - at < _REMEMBERED else None

    @contextmanager
    def _turn(self, what: str, most: int, now: float) -> Iterator[None]:
        """One at a time, and so many a minute."""
        with self._lock:
            asked = self._asked[what]
            while asked and not 0 <= now - asked[0] < _MINUTE:
                asked.popleft()
            if len(asked) >= most:
                wait = max(1, round(_MINUTE - (now - asked[0])))
                raise RefusalError(
                    429,
                    f"Too many {what} in a minute.",
                    f"Wait {wait} seconds.",
                    {"Retry-After": str(wait)},
                )
            asked.append(now)
        if not self._busy.acquire(timeout=_PATIENCE):
            raise RefusalError(
                503, "The desk is still asking other cameras.", "Wait.", {"Retry-After": "10"}
            )
        try:
            yield
        finally:
            self._busy.release()
