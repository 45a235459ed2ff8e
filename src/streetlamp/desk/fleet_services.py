"""What the desk asks about the fleet: every camera now, its week, and what may be published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from streetlamp.fleet.figures import (
    Budget,
    CameraNow,
    Day,
    Figures,
    Maintenance,
    Note,
    Period,
    Report,
    Row,
    Standing,
    Stretch,
)


class Fleet(Protocol):
    """As `streetlamp.app.fleet.FleetKeeper`. Called from several threads at once."""

    def now(self) -> Sequence[CameraNow]:
        """Every camera that is switched on, in the site file's order."""
        ...

    def week(self, camera: str, start: float) -> Sequence[Stretch]:
        """A camera's minutes of the seven calendar days from the one with ``start`` (POSIX
        seconds), oldest first; none of the future, and none in which it was not expected."""
        ...

    def view_changed(self, camera: str) -> bool:
        """Whether it is seen, and judged to be covered or to look somewhere else."""
        ...

    def accept_view(self, camera: str) -> None:
        """What the camera shows now is what it is meant to show from now on."""
        ...

    def period(self, text: str) -> Period:
        """ "2026-10", "2026-W43", "2026-10-25", or "month", "week", "day" for the running one.

        UserError says what may be written.
        """
        ...

    def report(self, period: Period, sees: Callable[[str], bool] | None = None) -> Report:
        """The serviceability of all cameras in a period, or of those that `sees` is true of."""
        ...


__all__ = [
    "Budget",
    "CameraNow",
    "Day",
    "Figures",
    "Fleet",
    "Maintenance",
    "Note",
    "Period",
    "Report",
    "Row",
    "Standing",
    "Stretch",
]
