"""Files of readings and a model, replayed hour by hour as if they came in now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from streetlamp.errors import UserError
from streetlamp.meters.format import Intake, nothing, read_file
from streetlamp.meters.network.epanet import Engine, plan_of, read_model
from streetlamp.meters.network.hours import Record
from streetlamp.meters.network.options import NetworkOptions
from streetlamp.meters.network.plan import Plan
from streetlamp.meters.network.watch import Watch
from streetlamp.meters.readings import Readings
from streetlamp.meters.rejects import Rejects
from streetlamp.meters.zone import Zone
from streetlamp.values import Finding


@dataclass(slots=True)
class NetworkRun:
    """What a replay came to; also half done it is true as far as it goes."""

    rejects: Rejects = field(default_factory=Rejects)
    failed: list[str] = field(default_factory=list)  # files that could not be read, and why
    rows: int = 0
    hours: int = 0
    skipped: int = 0  # hours in which readings were missing that the model needs
    plan: Plan | None = None
    limit: float | None = None  # None: there was too little to learn from
    _found: dict[str, Finding] = field(default_factory=dict)

    def read(
        self, files: Sequence[Path], zone: Zone, latest: float,
        told: Callable[[int], None] = nothing,
    ) -> Record:  # fmt: skip
        """UserError: no file can be read, or its readings are not enough."""
        readings = Readings(self.rejects)
        intake = Intake(readings, zone, latest, told)
        for path in files:
            try:
                read_file(path, intake)
            except UserError as error:
                self.failed.append(str(error))
        if len(self.failed) == len(files):
            raise UserError("\n".join(self.failed))
        self.rows = readings.rows
        return Record(list(readings.series()))

    def replay(
        self, model: Path, record: Record, options: NetworkOptions,
        told: Callable[[int], None] = nothing,
    ) -> None:  # fmt: skip
        """UserError: the model cannot be read, or the readings do not fit it."""
        network = read_model(model)
        self.plan = plan_of(network, record.metered, model.stem)
        engine = Engine(network, self.plan)
        try:
            watch = Watch(engine, record.metered.flows, options)
            for hour in record.hours():
                for one in watch.update(hour):
                    self._add(one)
                self.hours += 1
                self.skipped = watch.skipped
                if watch.learned is not None:
                    self.limit = watch.learned.limit
                told(1)
        finally:
            engine.close()

    def _add(self, one: Finding) -> None:
        """The first word on where and when counts, the last on size and end."""
        first = self._found.get(one.id)
        if first is not None:
            one = replace(first, size=one.size, end=one.end)
        self._found[one.id] = one

    def findings(self) -> list[Finding]:
        """In the order in which they were told."""
        return sorted(self._found.values(), key=lambda one: (one.detected, one.subject))
