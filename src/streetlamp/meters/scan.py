"""Files of readings replayed step by step, as if they came in now, by all causes of their kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streetlamp.errors import UserError
from streetlamp.meters.beside import Beside
from streetlamp.meters.book import Book
from streetlamp.meters.format import Intake, nothing, read_file
from streetlamp.meters.panel import Panel, panels
from streetlamp.meters.readings import Readings
from streetlamp.meters.rejects import Rejects
from streetlamp.meters.replay import Replay, shared_out, side_by_side, unseen
from streetlamp.meters.traces import Traces
from streetlamp.meters.zone import Zone
from streetlamp.values import Finding


@dataclass(frozen=True, slots=True)
class Progress:
    """Called as a scan goes on."""

    bytes_read: Callable[[int], None] = nothing
    steps_known: Callable[[int], None] = nothing  # how many steps there are, all panels together
    stepped: Callable[[int], None] = nothing


@dataclass(slots=True)
class Scan:
    """What a scan came to; also half done it is true as far as it goes."""

    zone: Zone
    rejects: Rejects = field(default_factory=Rejects)
    book: Book = field(default_factory=Book)
    panels: list[Panel] = field(default_factory=list)
    rows: int = 0
    failed: list[str] = field(default_factory=list)  # files that could not be read, and why
    stepped: int = 0

    def read(self, files: Sequence[Path], latest: float, progress: Progress) -> None:
        """Takes in all files. UserError: not one of them could be read."""
        readings = Readings(self.rejects)
        intake = Intake(readings, self.zone, latest, progress.bytes_read)
        for path in files:
            try:
                read_file(path, intake)
            except UserError as error:
                self.failed.append(str(error))
        if len(self.failed) == len(files):
            raise UserError("\n".join(self.failed))
        self.rows = readings.rows
        self.panels = panels(readings.series())

    def replay(
        self,
        budget: float | None,
        progress: Progress,
        processes: int = 1,
        over: Callable[[Panel, Traces], None] | None = None,
    ) -> None:
        """Steps every panel through its causes; findings go into the book at once.

        processes: how many may work at it; ``over``, told of each panel that is done with what its
        causes went by, wants one. UserError: one of several was killed.
        """
        how = Replay(self.zone, budget, Beside(self.panels))

        def take(panel: Panel, steps: int, found: Sequence[Finding]) -> None:
            self.book.add(found, panel)
            self.stepped += steps
            progress.stepped(steps)

        parts = shared_out(self.panels, processes)
        progress.steps_known(sum(part.panel.count for part in parts))
        if processes > 1 and len(parts) > 1 and over is None:
            side_by_side(how, parts, processes, take)
            return
        for panel in self.panels:
            traces = Traces()
            for found in how.told(panel, traces.add if over is not None else unseen):
                take(panel, 1, found)
            if over is not None:
                over(panel, traces)
