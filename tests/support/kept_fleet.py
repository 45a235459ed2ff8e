"""A site's fleet on a clock of its own: seconds pass as the test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streetlamp.alarms.book import AlarmBook
from streetlamp.app.fleet import FleetKeeper
from streetlamp.app.health_keeper import HealthKeeper
from streetlamp.app.status import Statuses
from streetlamp.fleet.minutes import MinuteSource
from streetlamp.health import Judgement, Minute, Reason
from streetlamp.site import Site, parse_site
from streetlamp.store import Database, LedgerTables, Segments
from streetlamp.values import CameraState, CameraStatus, Event

T0 = 1_790_000_040.0  # a whole minute


@dataclass
class Judge:
    """What the judge of the pictures says next."""

    said: list[Minute] = field(default_factory=list)
    last: list[Minute] = field(default_factory=list)
    now: dict[str, list[Judgement]] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)

    def minutes(self, now: float) -> Sequence[Minute]:
        del now
        said, self.said = self.said, []
        return said

    def last_minutes(self, now: float) -> Sequence[Minute]:
        del now
        return self.last

    def judgements(self, camera: str) -> Sequence[Judgement]:
        return self.now.get(camera, [])

    def accept_view(self, camera: str) -> None:
        self.accepted.append(camera)


class Fleet:
    """One run of Streetlamp after another in one data folder.

    judged: by the real judge, not by what the test says.
    """

    def __init__(
        self,
        data: Path,
        cameras: int,
        fleet: str = "",
        db: type[Database] = Database,
        *,
        judged: bool = False,
    ) -> None:
        self.site = site(data, cameras, fleet)
        self.health = data / "health" if judged else None
        self.time = T0  # the real one, and the wall clock's unless `wrong_by` is set
        self.wrong_by = 0.0
        self.boot = "boot"
        self.booted = T0 - 1000.0
        self.judge = Judge()
        self.database = db(data / "a.db")
        self.start()

    def start(self) -> None:
        self.statuses = Statuses()
        self.segments = Segments(self.database)
        self.book = AlarmBook(self.database, self.site.alarms)
        self.events: list[Event] = []
        judge: MinuteSource = self.judge
        if self.health is not None:
            judge = HealthKeeper(self.site, self.health, self.statuses, self._wall)
        self.keeper = FleetKeeper(
            self.site, self.database, self.statuses, self.segments, self._tell, judge=judge,
            clocks=(self._wall, lambda: self.time - self.booted), boot=self.boot,
        )  # fmt: skip

    def _wall(self) -> float:
        return self.time + self.wrong_by

    def _tell(self, events: Sequence[Event]) -> None:
        self.events += events
        for event in events:
            self.book.handle(event)

    def all(self, state: CameraState, trouble: Reason | None = None) -> None:
        for camera in self.site.switched_on:
            self.set(camera, state, trouble)

    def set(
        self, camera: str, state: CameraState, trouble: Reason | None = None, message: str = ""
    ) -> None:
        live = state is CameraState.LIVE
        self.statuses.set(
            CameraStatus(
                camera, state, self._wall(), message, recording=live, last_frame=self._wall(),
                trouble=trouble,
            )
        )  # fmt: skip

    def live(self, seconds: int, each: Callable[[int], None] | None = None, step: int = 1) -> None:
        for second in range(0, seconds, step):
            if each is not None:
                each(second)
            self.keeper.turn(self._wall())
            self.time += step

    @property
    def tables(self) -> LedgerTables:
        return LedgerTables(self.database)


def site(data: Path, cameras: int, fleet: str = "") -> Site:
    """cam-0, cam-1, … which are not recorded."""
    rows = "\n".join(f"  cam-{i}: {{source: 'test:', area: A{i % 2}}}" for i in range(cameras))
    text = f"timezone: Europe/Berlin\nrecord: {{enabled: false}}\ncameras:\n{rows}\n{fleet}\n"
    return parse_site(text, data / "site.yaml")
