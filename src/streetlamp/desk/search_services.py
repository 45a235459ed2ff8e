"""What the desk asks about events and heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from streetlamp.store.search import EventQuery, FoundEvent
from streetlamp.values import Heat


class EventSearch(Protocol):
    """As `streetlamp.store.search.EventSearch`. Called from several threads at once."""

    def find(
        self, query: EventQuery, limit: int = 50, after: tuple[float, str] | None = None
    ) -> Sequence[FoundEvent]:
        """Events, newest first; those behind the one with this start and id."""
        ...

    def cameras(self) -> Sequence[str]:
        """The cameras that events are about; "" among them where one is about several."""
        ...

    def facets(self, query: EventQuery) -> tuple[int, dict[str, list[tuple[str, int]]]]:
        """How many there are in all, and by camera, rule, kind, place, severity and state."""
        ...


class HeatMaps(Protocol):
    """As `streetlamp.app.heat_keeper.HeatKeeper`. Called from several threads at once."""

    least: int  # so many different things a cell needs

    def list(self, camera: str, kind: str, start: float, end: float) -> Sequence[Heat]:
        """The maps of the hours and days that begin in [start, end), oldest first."""
        ...
