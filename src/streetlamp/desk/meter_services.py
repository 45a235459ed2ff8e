"""What the desk asks about meters and districts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from streetlamp.meters.shown import Chart, ShownMeter


class Meters(Protocol):
    """As `streetlamp.app.meter_keeper.MeterKeeper`. Called from several threads at once."""

    @property
    def looked(self) -> float | None:
        """When the readings were last looked through, POSIX seconds; None: not yet in this run."""
        ...

    @property
    def currency(self) -> str:
        """Of the prices, as ISO 4217 has it."""
        ...

    @property
    def tariffs(self) -> Mapping[str, float]:
        """What a m3 or a kWh costs, by the kind of meter."""
        ...

    def list(self) -> Sequence[ShownMeter]:
        """All meters of the site, households too."""
        ...

    def get(self, id: str) -> ShownMeter | None:  # noqa: A002
        """The meter with this id."""
        ...

    def of_finding(self, id: str) -> ShownMeter | None:  # noqa: A002
        """The meter that has the finding with this id."""
        ...

    def chart(self, id: str) -> Chart | None:  # noqa: A002
        """The columns of its page; None: nothing of it may be shown, or none is there."""
        ...
