"""What each table gives back is what was put in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from streetlamp.store import Alarms, Counts, Database, Events, Segments
from streetlamp.values import (
    Alarm,
    AlarmState,
    AlarmStep,
    Count,
    Event,
    Phase,
    Segment,
    Severity,
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "a.db")
    yield database
    database.close()


def segment(id: str, start: float, end: float | None, size: int = 0, camera: str = "a") -> Segment:  # noqa: A002
    return Segment(id, camera, "run", f"{camera}/{id}.mp4", start, end, 0.5, size, "avc1")


def test_segments(db: Database) -> None:
    table = Segments(db)
    for one in (
        segment("old", 0, 60, 100),
        segment("mid", 60, 120, 200),
        segment("now", 120, None),
        segment("else", 60, 120, 50, camera="b"),
    ):
        table.add(one)
    assert [s.id for s in table.list("a", 0, 60)] == ["old"], "ends are exclusive"
    assert [s.id for s in table.list("a", 59, 61)] == ["old", "mid"]
    assert [s.id for s in table.list("a", 500, 600)] == ["now"], "it is still being written"
    assert [s.id for s in table.oldest(2)] == ["old", "else"]
    assert [s.id for s in table.oldest(9, camera="a")] == ["old", "mid"]
    assert [s.id for s in table.unfinished()] == ["now"]
    assert table.total_size() == 350
    assert table.total_size("b") == 50
    assert table.cameras() == ["a", "b"]
    table.finish("now", 180.5, 300)
    assert table.get("now") == segment("now", 120, 180.5, 300)
    table.remove("now")
    table.remove("now")
    assert table.get("now") is None
    with pytest.raises(KeyError, match="no segment now"):
        table.finish("now", 1, 1)


EVENT = Event(
    id="e1",
    phase=Phase.START,
    camera="a",
    rule="r",
    kind="intrusion",
    place="yard",
    start=10.5,
    end=None,
    frame=7,
    message="somebody",
    severity=Severity.WARNING,
    box=(1.5, 2, 3, 4),
    numbers={"seconds": 1.25},
    time=12.0,
)


def test_events(db: Database) -> None:
    table = Events(db)
    table.save(EVENT, "alarm1")
    assert table.get("e1") == EVENT
    assert table.find("e1") == (EVENT, "alarm1")
    assert table.find("e0") is None
    assert table.running() == table.running("alarm1") == [(EVENT, "alarm1")]
    assert table.running("alarm2") == []
    ended = replace(EVENT, phase=Phase.END, end=20.0, time=21.0, box=None)
    table.save(ended, "alarm1")
    assert table.get("e1") == ended
    assert table.running() == []
    table.save(replace(EVENT, id="e2", start=50, time=55.0, alarm=False))
    table.close("e2")
    closed = table.get("e2")
    assert closed is not None
    assert closed.end == 55.0
    assert [e.id for e in table.list("a")] == ["e2", "e1"]
    assert [e.id for e in table.list(start=0, end=40)] == ["e1"]
    assert table.list("b") == []
    assert [e.id for e in table.of_alarm("alarm1")] == ["e1"]


ALARM = Alarm(
    id="a1",
    camera="a",
    rule="r",
    kind="intrusion",
    place="yard",
    severity=Severity.CRITICAL,
    message="somebody",
    raised=10.0,
    updated=10.0,
    ended=None,
    state=AlarmState.RAISED,
    events=1,
    frame=3,
    box=(1.0, 2.0, 3.0, 4.0),
    numbers={"n": 1.0},
)


def test_alarms(db: Database) -> None:
    table = Alarms(db)
    steps = (
        AlarmStep(10.0, "streetlamp", AlarmState.RAISED, "x"),
        AlarmStep(12.0, "ada", AlarmState.ACKNOWLEDGED),
    )
    table.save(ALARM, steps[:1])
    table.save(replace(ALARM, state=AlarmState.ACKNOWLEDGED, ended=11.0, box=None), steps[1:])
    table.save(replace(ALARM, id="a2", raised=20.0, camera="b"))
    assert table.get("a1") == replace(
        ALARM, state=AlarmState.ACKNOWLEDGED, ended=11.0, box=None, steps=steps
    )
    assert table.get("a3") is None
    assert [a.id for a in table.list()] == ["a2", "a1"]
    assert [a.id for a in table.list({AlarmState.RAISED})] == ["a2"]
    assert [a.id for a in table.list(camera="a")] == ["a1"]
    assert [a.id for a in table.list(before=20.0)] == ["a1"]
    assert [a.id for a in table.list(limit=1)] == ["a2"]
    assert table.count({AlarmState.RAISED, AlarmState.ACKNOWLEDGED}) == 2
    assert [(a.id, n) for a, n in table.wanting_clip(15)] == [("a1", 0)]
    table.set_clip_try("a1", 1, 100.0)
    assert table.wanting_clip(99) == [(replace(ALARM, id="a2", raised=20.0, camera="b"), 0)]
    table.set_clip_try("a1", 2, None)
    assert "b" in [camera for camera, _, _ in table.spans_to_keep()]


def test_counts(db: Database) -> None:
    table = Counts(db)
    table.add([Count("a", "gate", "person", "in", 60, 1), Count("a", "yard", "person", "", 60, 3)])
    table.add([Count("a", "gate", "person", "in", 60, 2), Count("a", "yard", "person", "", 60, 2)])
    table.add(
        [Count("a", "gate", "person", "in", 120, 5), Count("b", "gate", "car", "out", 180, 1)]
    )
    assert [(c.minute, c.place, c.n) for c in table.list(0, 180)] == [
        (60, "gate", 3),
        (60, "yard", 3),
        (120, "gate", 5),
    ]
    assert [(c.minute, c.place, c.n) for c in table.list(0, 999, camera="a", step=120)] == [
        (0, "gate", 3),
        (0, "yard", 3),
        (120, "gate", 5),
    ]
    with pytest.raises(ValueError, match="multiple of 60"):
        table.list(0, 1, step=90)
