"""What changed about the fleet since a page was told last; asked for once for all pages."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.concurrency import run_in_threadpool

from streetlamp.desk.fleet_services import Fleet
from streetlamp.desk.fleet_wire import FleetCameraOut

_FRESH: Final = 2.0  # seconds an answer serves every page: the ledger speaks of whole minutes


class FleetNews:
    """Lives in the event loop; the ledger is asked in a thread."""

    def __init__(self, fleet: Fleet | None) -> None:
        self._fleet = fleet
        self._lock = asyncio.Lock()
        self._asked = float("-inf")
        self._known: tuple[FleetCameraOut, ...] = ()

    async def changed(self, told: dict[str, FleetCameraOut]) -> list[FleetCameraOut]:
        """Cameras that are not as this page was told; `told` is brought up to date."""
        news = [one for one in await self._now() if told.get(one.camera) != one]
        told.update((one.camera, one) for one in news)
        return news

    async def _now(self) -> tuple[FleetCameraOut, ...]:
        if self._fleet is None:
            return ()
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if now - self._asked >= _FRESH:
                found = await run_in_threadpool(self._fleet.now)
                self._known = tuple(FleetCameraOut.of(one) for one in found)
                self._asked = asyncio.get_running_loop().time()
            return self._known
