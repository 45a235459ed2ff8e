"""Keeps the heat maps of all cameras: in memory for a while, then in the database."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Final

from streetlamp.rules.heat import HeatMeter
from streetlamp.site import Site
from streetlamp.store.database import Database
from streetlamp.store.errors import StoreError
from streetlamp.store.heat import Heats, together
from streetlamp.values import Heat, Tracks

log: Final = logging.getLogger(__name__)


class HeatKeeper:
    """Thread-safe. A process that dies loses what was not saved, and what was still too little."""

    def __init__(self, site: Site, database: Database) -> None:
        self.least = site.heat.min_things
        self._heats = Heats(database)
        cameras = site.switched_on if site.heat.enabled else {}
        self._meters = {name: HeatMeter(name, site.heat, site.zone) for name in cameras}
        self._turns = {name: threading.Lock() for name in cameras}
        self._waiting: list[Heat] = []  # what the disk did not take
        self._saving = threading.Lock()

    def look(self, tracks: Tracks) -> None:
        """What a camera sees now. Called from the cameras' threads."""
        meter = self._meters.get(tracks.camera)
        if meter is not None:
            with self._turns[tracks.camera]:
                meter.look(tracks)

    def save(self, now: float) -> str:
        """Writes what can be told; says why not, "" if it could."""
        del now  # the maps have the cameras' time
        with self._saving:
            new = self._waiting
            for name, meter in self._meters.items():
                with self._turns[name]:
                    new = new + meter.take()
            self._waiting = together(new)
            try:
                self._heats.add(self._waiting)
            except StoreError as error:
                return f"heat maps are kept in memory: {error}"
            self._waiting = []
        return ""

    def list(self, camera: str, kind: str, start: float, end: float) -> Sequence[Heat]:
        """The maps of the hours and days that begin in [start, end), oldest first."""
        return self._heats.list(camera, kind, start, end)
