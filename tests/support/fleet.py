"""A small fleet for tests of the desk: what it says is set, and it notes what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from streetlamp.desk.fleet_services import (
    Budget,
    CameraNow,
    Figures,
    Maintenance,
    Period,
    Report,
    Row,
    Stretch,
)
from streetlamp.errors import UserError
from streetlamp.health import MinuteState, Reason

START = 1_700_000_040  # a multiple of 60


@dataclass
class SmallFleet:
    """As the desk's `Fleet`."""

    cameras: list[CameraNow] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    asked: list[tuple[str, float]] = field(default_factory=list)
    turned: set[str] = field(default_factory=set)  # cameras that show another view
    accepted: list[str] = field(default_factory=list)

    def now(self) -> Sequence[CameraNow]:
        return list(self.cameras)

    def week(self, camera: str, start: float) -> Sequence[Stretch]:
        self.asked.append((camera, start))
        return self.stretches

    def view_changed(self, camera: str) -> bool:
        return camera in self.turned

    def accept_view(self, camera: str) -> None:
        self.accepted.append(camera)
        self.turned.discard(camera)

    def period(self, text: str) -> Period:
        if text not in ("month", "2023-11"):
            raise UserError(f"{text!r} is no period")
        return Period("November 2023", "2023-11", START, START + 30 * 86400, "2023-10", "2023-12")

    def report(self, period: Period, sees: Callable[[str], bool] | None = None) -> Report:
        figures = Figures(95, {Reason.BLACK: 3, Reason.STREETLAMP_DOWN: 2}, planned=7)
        row = Row("gate", "Main gate", figures, "North")
        lost = Stretch("gate", START, START + 180, MinuteState.LOST, (Reason.BLACK,), "dark")
        works = Maintenance(START + 600, START + 1020, ("gate",), "new mast")
        return Report(
            "Riverside", "Campus Services", "Europe/Berlin", period, START + 90.0, START + 6000,
            Row("", "Riverside", figures), Budget(0.95, 1000.0, 5, 0.25),
            (Row("North", "North", figures),), (row,), (), (lost,), (works,), (),
        )  # fmt: skip
