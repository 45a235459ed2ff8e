"""Clips are cut when they are complete, after a restart too, and a failure is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.clips import ClipCutter
from streetlamp.alarms.options import AlarmOptions
from streetlamp.errors import UserError
from streetlamp.values import Event, Phase, Severity
from support.small_disk import SmallDisk

OPTIONS = AlarmOptions(before_s=10, after_s=20, longest_s=60)


@dataclass
class Tapes:
    """Recordings of which exports are noted; ``fails`` of them fail in the middle."""

    fails: int = 0
    wanted: list[tuple[str, float, float]] = field(default_factory=list)

    def export(self, camera: str, start: float, end: float, path: Path) -> None:
        self.wanted.append((camera, start, end))
        with path.open("xb") as handle:
            handle.write(b"half ")
            if self.fails:
                self.fails -= 1
                raise UserError("nothing is recorded of camera gate")
            handle.write(b"whole")


@dataclass
class House:
    db: SmallDisk
    data: Path
    tapes: Tapes = field(default_factory=Tapes)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.book = AlarmBook(self.db, OPTIONS)
        self.cutter = ClipCutter(self.db, self.book, self.tapes, self.data, OPTIONS)

    def say(self, start: float, end: float | None = None, id: str = "e1") -> None:  # noqa: A002
        self.book.handle(
            Event(
                id=id,
                phase=Phase.START if end is None else Phase.END,
                camera="gate",
                rule="r",
                kind="intrusion",
                place="yard",
                start=start,
                end=end,
                frame=1,
                message="m",
                severity=Severity.INFO,
                box=None,
            )
        )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    db = SmallDisk(tmp_path / "a.db")
    yield House(db, tmp_path / "data")
    db.close()


def test_a_clip_from_before_to_after(house: House) -> None:
    house.say(1000.0)
    house.say(1000.0, 1010.0)
    assert house.cutter.tick(1034.9) == [], "not complete: after 20 s, and the recorder's lag"
    assert house.tapes.wanted == []
    assert house.cutter.tick(1035.0) == ["e1"]
    assert house.tapes.wanted == [("gate", 990.0, 1030.0)]
    assert house.book.get("e1").clip == "clips/e1.mp4"
    assert (house.data / "clips" / "e1.mp4").read_bytes() == b"half whole"
    assert house.cutter.tick(5000.0) == [], "once"


def test_an_incident_that_lasts_is_cut_off(house: House) -> None:
    house.say(1000.0)
    assert house.cutter.tick(1084.0) == []
    assert house.cutter.tick(1085.0) == ["e1"]
    assert house.tapes.wanted == [("gate", 990.0, 1080.0)]


def test_it_waits_when_the_incident_goes_on(house: House) -> None:
    house.say(1000.0, 1005.0)
    house.say(1020.0, id="e2")
    assert house.cutter.tick(1040.0) == []
    house.say(1020.0, 1030.0, id="e2")
    assert house.cutter.tick(1055.0) == ["e1"]
    assert house.tapes.wanted == [("gate", 990.0, 1050.0)]


def test_after_a_restart(house: House) -> None:
    house.say(1000.0, 1010.0)
    part = house.data / "clips" / "e1.part.mp4"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"left by a process that died")
    house.restart()
    assert house.cutter.tick(9000.0) == ["e1"]
    assert [path.name for path in part.parent.iterdir()] == ["e1.mp4"]


def test_a_failure_is_tried_again(house: House) -> None:
    house.say(1000.0, 1010.0)
    house.tapes.fails = 2
    assert house.cutter.tick(1040.0) == []
    assert list((house.data / "clips").iterdir()) == [], "nothing half is left"
    assert house.cutter.tick(1045.0) == [], "not at once"
    house.restart()
    assert house.cutter.tick(1050.0) == []
    assert house.cutter.tick(1070.0) == ["e1"]
    assert len(house.tapes.wanted) == 3
    assert len(house.book.get("e1").steps) == 1


def test_in_the_end_the_alarm_says_why_it_has_none(house: House) -> None:
    house.say(1000.0, 1010.0)
    house.tapes.fails = 100
    for n in range(100):
        house.cutter.tick(1040.0 + 10 * n)
    alarm = house.book.get("e1")
    assert len(house.tapes.wanted) == 5
    assert alarm.clip == ""
    assert alarm.steps[-1].note == "No clip could be cut: nothing is recorded of camera gate"
    assert [step.state for step in alarm.steps] == [alarm.state] * 2


def test_a_full_disk_forgets_no_clip(house: House) -> None:
    house.say(1000.0, 1010.0)
    house.db.full = True
    for n in range(20):
        assert house.cutter.tick(1040.0 + 100 * n) == []
    house.db.full = False
    assert house.cutter.tick(9000.0) == ["e1"]
    assert house.book.get("e1").clip == "clips/e1.mp4"


def test_what_retention_must_spare(house: House) -> None:
    house.say(1000.0, 1010.0)
    house.say(3000.0, id="e2")
    assert sorted(house.cutter.pinned_ranges()) == [("gate", 990, 1030), ("gate", 2990, 3080)]
    house.book.resolve("e1", "ada", 1020.0)
    assert ("gate", 990, 1030) in house.cutter.pinned_ranges(), "its clip is not cut yet"
    house.cutter.tick(1040.0)
    assert house.cutter.pinned_ranges() == [("gate", 2990, 3080)]
