"""The site's meters for the desk: what was last found at them, and the columns of their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streetlamp.app.meter_pages import FOLDER, read_page
from streetlamp.meters.options import MeterOptions
from streetlamp.meters.shown import Chart, ShownMeter


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look through the readings came to."""

    meters: Mapping[str, ShownMeter] = field(default_factory=dict)  # by id, in their order
    found: Mapping[str, ShownMeter] = field(default_factory=dict)  # by the ids of their findings
    when: float | None = None


class MeterKeeper:
    """``show`` is told what was found; everything else is for the desk. Thread-safe."""

    def __init__(self, data: Path, clock: Callable[[], float], options: MeterOptions) -> None:
        self._folder = data / FOLDER
        self._clock = clock
        self._options = options
        self._look = _Look()

    def show(self, meters: Sequence[ShownMeter]) -> None:
        """Takes all meters there are, as they were found."""
        self._look = _Look(
            {one.id: one for one in meters},
            {each.id: one for one in meters for each in one.findings},
            self._clock(),
        )

    @property
    def looked(self) -> float | None:
        return self._look.when

    @property
    def currency(self) -> str:
        return self._options.currency

    @property
    def tariffs(self) -> Mapping[str, float]:
        return self._options.tariffs

    def list(self) -> Sequence[ShownMeter]:
        return tuple(self._look.meters.values())

    def get(self, id: str) -> ShownMeter | None:  # noqa: A002
        return self._look.meters.get(id)

    def of_finding(self, id: str) -> ShownMeter | None:  # noqa: A002
        return self._look.found.get(id)

    def chart(self, id: str) -> Chart | None:  # noqa: A002
        return read_page(self._folder, id)
