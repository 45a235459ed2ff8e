"""What goes wrong while a site runs, and that it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from streetlamp.app import worker as workers
from streetlamp.app.house import House
from streetlamp.app.status import Statuses, StatusKeeper
from streetlamp.app.worker import CameraWorker, Sinks
from streetlamp.rules.base import Outcome
from streetlamp.site import parse_site
from streetlamp.store import StoreError
from streetlamp.values import CameraState, CameraStatus, Count, Event, Phase, Segment, Severity
from streetlamp.video.camera import Figures
from streetlamp.video.feed import FeedStatus
from streetlamp.video.raw import RawFrame
from streetlamp.video.source.camera_clock import CameraClock
from support.masked import masked
from support.pipeline import Script, people, raw

T0 = 1_700_000_000.0
SITE = """\
cameras:
  gate:
    source: "test:?size=320x240"
    zones: {all: [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]}
    rules:
      - {rule: intrusion, name: somebody, zone: all, min_seconds: 0.5, min_score: 0.1}
record: {segment_seconds: 2, min_free_gb: 0}
"""

Item = RawFrame | FeedStatus


class Film:
    """A feed that gives the next list of items each time it is asked."""

    behind = 0.0

    def __init__(self, *runs: list[Item]) -> None:
        self._runs = list(runs)
        self.camera_clock = CameraClock()

    def complain(self, text: str) -> None:
        raise AssertionError(text)

    def items(self) -> Iterator[Item]:
        yield from self._runs.pop(0)

    def stop(self) -> None:
        pass


class Turns:
    """Stands in for the event that ends a task: set after so many turns."""

    def __init__(self, turns: int) -> None:
        self.left = turns

    def wait(self, seconds: float) -> bool:
        self.left -= 1
        return self.left < 0

    def is_set(self) -> bool:
        return self.left < 0


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    site = parse_site(SITE, tmp_path / "site.yaml").model_copy(update={"data": tmp_path / "data"})
    house = House(site)
    yield house
    house.close()


def pictures(count: int, start: float = 0.0) -> list[Item]:
    return [raw(i, T0 + start + i / 10) for i in range(count)]


def make_worker(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    outcome: Callable[[Outcome], None],
    *runs: list[Item],
) -> CameraWorker:
    monkeypatch.setattr(workers, "Feed", lambda factory, live: Film(*runs))
    sinks = Sinks(house.hub, outcome, house.recorder("gate"), house.statuses)
    looker = Script(lambda i: people(100.0))
    return CameraWorker("gate", house.site.cameras["gate"], house.site, looker, sinks)


def recorded(house: House) -> list[Segment]:
    return house.recordings.list("gate", 0.0, float("inf"))


def event(name: str, phase: Phase, start: float, end: float | None = None) -> Event:
    return Event(
        id=name,
        phase=phase,
        camera="gate",
        rule="somebody",
        kind="intrusion",
        place="all",
        start=start,
        end=end,
        frame=1,
        message="Somebody is there.",
        severity=Severity.WARNING,
        box=None,
    )


def test_a_camera_that_broke_once_is_recorded_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [True]

    def outcome(made: Outcome) -> None:
        if broken:
            broken.clear()
            raise KeyError("a fault of ours")

    worker = make_worker(house, monkeypatch, outcome, pictures(20), pictures(60, 10.0))
    with pytest.raises(KeyError):
        worker.run(Turns(1000))  # type: ignore[arg-type]
    worker.run(Turns(1000))  # type: ignore[arg-type]
    segments = recorded(house)
    assert segments
    assert segments[-1].start >= T0 + 10.0
    assert segments[-1].end == pytest.approx(T0 + 16.0)


def test_what_a_broken_camera_recorded_is_finished_when_the_house_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = parse_site(SITE, tmp_path / "site.yaml").model_copy(update={"data": tmp_path / "data"})
    first = House(site)
    seen = [0]

    def outcome(made: Outcome) -> None:
        seen[0] += 1
        if seen[0] == 20:
            raise KeyError("a fault of ours")

    worker = make_worker(first, monkeypatch, outcome, pictures(60))
    with pytest.raises(KeyError):
        worker.run(Turns(1000))  # type: ignore[arg-type]
    first.close()
    second = House(site)
    segments = recorded(second)
    second.close()
    assert segments
    assert all(segment.end is not None for segment in segments)


def test_running_incidents_end_when_the_camera_goes_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = FeedStatus(CameraState.WAITING, "no picture came", T0 + 3.0)
    events: list[Event] = []
    worker = make_worker(
        house, monkeypatch, lambda made: events.extend(made.events), [*pictures(30), away]
    )
    worker.run(Turns(1000))  # type: ignore[arg-type]
    assert [one.phase for one in events if one.phase is not Phase.UPDATE] == [
        Phase.START,
        Phase.END,
    ]
    assert events[-1].end == pytest.approx(T0 + 2.9, abs=0.2)


class Stubborn:
    """A book that cannot read its database for a while."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.heard: list[tuple[str, Phase]] = []

    def handle_all(self, events: Sequence[Event]) -> list[None]:
        if self.refusals:
            self.refusals -= 1
            raise StoreError("the database was in use")
        self.heard += [(event.id, event.phase) for event in events]
        return [None] * len(events)


def test_an_event_the_database_refuses_is_told_again_and_the_camera_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Stubborn(2)
    monkeypatch.setattr(house.book, "handle_all", book.handle_all)
    house.outcome(Outcome(events=(event("a", Phase.START, T0),), counts=()))
    house.outcome(Outcome(events=(event("a", Phase.END, T0, T0 + 1),), counts=()))
    assert book.heard == []
    assert house.disk().message
    house.outcome(Outcome(events=(event("b", Phase.START, T0 + 2),), counts=()))
    assert book.heard == [("a", Phase.START), ("a", Phase.END), ("b", Phase.START)]


def test_what_was_refused_is_told_again_without_a_new_event(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Stubborn(1)
    monkeypatch.setattr(house.book, "handle_all", book.handle_all)
    house.outcome(Outcome(events=(event("a", Phase.START, T0),), counts=()))
    house.keep(Turns(1))  # type: ignore[arg-type]
    assert book.heard == [("a", Phase.START)]


@pytest.mark.parametrize("error", [StoreError("damaged"), OSError("I/O error")], ids=str)
@pytest.mark.parametrize("what", ["sweep", "tick"])
def test_housekeeping_outlives_what_a_disk_does(
    house: House, monkeypatch: pytest.MonkeyPatch, what: str, error: Exception
) -> None:
    """A StoreError is a UserError, after which the supervisor would not start it again."""
    asked = []

    def fails(now: float) -> object:
        asked.append(now)
        raise error

    target = house.recordings if what == "sweep" else house._cutter
    monkeypatch.setattr(target, what, fails)
    monkeypatch.setattr("streetlamp.app.house.SWEEP_SECONDS", 0.0)
    house._tally.add([Count("gate", "all", "person", "in", 60, 2)])
    house.keep(Turns(3))  # type: ignore[arg-type]
    assert len(asked) == 3
    assert house.counts.list(0.0, 120.0)


def test_figures_survive_a_clock_that_is_set_back() -> None:
    told: list[CameraStatus] = []
    statuses = Statuses()
    statuses.on_change(told.append)
    keeper = StatusKeeper("gate", statuses, T0)
    for start in (T0, T0 - 3600.0):
        for i in range(100):
            frame = replace(masked(0, (64, 64)), time=start + i / 10)
            keeper.shown(frame, Figures(looks=i), recording=True)
    assert told[-1].fps == pytest.approx(10.0, abs=0.5)
    assert len(keeper._past) < 60
