"""The base of causes that look once a day, when the local day has closed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from streetlamp.meters.base import Cause, Step
from streetlamp.meters.electricity.budget import DAY_YEAR, nats
from streetlamp.meters.electricity.days import Day, Days
from streetlamp.meters.episode import Episodes
from streetlamp.values import Finding


class DailyCause(Cause):
    """Gathers days; a subclass says what a day adds."""

    kinds = frozenset({"electricity"})
    unit: ClassVar[str] = "kW"
    hypotheses: ClassVar[float] = 8.0  # how many different changes are looked for, roughly

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        self._days = Days(len(self.meters))
        self._told = Episodes(self.name, self.meters, self.unit)
        self.threshold = nats(self.options.alarms_per_meter_year, DAY_YEAR, self.hypotheses)

    def update(self, step: Step) -> Sequence[Finding]:
        day = self._days.update(step)
        return () if day is None else self.look(day, step.end)

    @abstractmethod
    def look(self, day: Day, now: float) -> Sequence[Finding]:
        """Takes in a whole day; ``now`` is the end of the step that closed it."""
