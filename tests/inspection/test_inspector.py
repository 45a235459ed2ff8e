"""Rounds over recordings: what is looked at, noted, judged and removed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import av
import cv2
import numpy as np
import pytest

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.clips import ClipCutter
from streetlamp.alarms.options import AlarmOptions
from streetlamp.app.inspector import Inspector, Keeper
from streetlamp.inspection.inspect import StoppedError
from streetlamp.inspection.judge import Judge, Seen
from streetlamp.inspection.options import AuditOptions
from streetlamp.inspection.plan import Purse, Stratum
from streetlamp.inspection.report import verdict_in_words
from streetlamp.store import Database, Inspections, Verdict
from streetlamp.stream.encode import Encoder
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import Event, Fragment, Phase, Severity
from support.house import T0, House, fragments, house, numbers
from support.masked import masked, number_in

BOX = (40.0, 30.0, 80.0, 110.0)
NOW = T0 + 300.0


class Scripted(Judge):
    """Sees somebody in the pictures with these numbers."""

    def __init__(self, leaking: set[int], *, sure: bool = True, box: Any = BOX) -> None:
        self.model = "scripted"
        self.leaking, self.sure, self.box = leaking, sure, box
        self.looked: list[int] = []

    def look(self, picture: av.VideoFrame) -> Seen:
        plane = picture.planes[0]
        luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        self.looked.append(number_in(luma))
        n = int(self.looked[-1] in self.leaking)
        box = np.array([self.box] * n, np.float32).reshape(-1, 4)
        return Seen(box, np.full(n, 0.9, np.float32), np.full(n, self.sure))


class Audited:
    """Ten seconds of the gate on the disk, and an inspector with a scripted judge."""

    def __init__(self, folder: Path, judge: Judge) -> None:
        self.folder = folder
        self.home: House = house(folder)
        self.home.record(fragments(250, start=T0))
        db = Database(folder / "streetlamp.db")
        self.table = Inspections(db)
        self.book = AlarmBook(db, AlarmOptions())
        clips = ClipCutter(db, self.book, self.home.recordings, folder, AlarmOptions())
        self.clips = clips
        self.inspector = Inspector(
            ["gate"], self.home.recordings, self.table, AuditOptions(), load=lambda: judge, seed=1
        )
        self.keeper = Keeper(
            ["gate"], folder, self.home.recordings, self.home.segments, self.table, clips
        )

    def audit(self, looks: int = 100) -> None:
        def shares(seconds: Mapping[Stratum, float]) -> Mapping[Stratum, int]:
            return {stratum: looks if s else 0 for stratum, s in seconds.items()}

        self.inspector.audit("gate", T0 - 60, NOW, shares, NOW)


def still_life(start: float) -> tuple[Fragment, ...]:
    """Ten seconds in which nothing moves."""
    encoder = Encoder("gate", EncodeOptions())
    done: list[Fragment] = []
    for i in range(250):
        done += encoder.push(masked(7, (192, 128), time=start + i / 25, pts=i), None)
    return tuple(done + encoder.flush())


def test_a_round_looks_all_over_and_notes_what_it_saw(tmp_path: Path) -> None:
    judge = Scripted(set(range(50, 75)))  # one second of ten
    lamp = Audited(tmp_path, judge)
    lamp.audit(100)
    assert len(judge.looked) == 100
    assert [sum(t // 25 == s for t in judge.looked) for s in range(10)] == [10] * 10
    (row,) = lamp.table.rounds("gate", T0, NOW)
    assert (row.looks, row.leaking, row.seconds, row.model) == (100, 10, 10.0, "scripted")
    seen = lamp.table.sightings("gate")
    assert {s.verdict for s in seen} == {Verdict.OPEN}
    assert all(T0 + 2 <= s.time < T0 + 3 and s.box == BOX and s.size == (192, 128) for s in seen)
    report = lamp.inspector.report("gate", T0, NOW)
    assert report.everything.low < 0.1 < report.everything.high
    assert report.found[Verdict.OPEN] == 10


def test_clean_footage_says_how_sure_that_is(tmp_path: Path) -> None:
    lamp = Audited(tmp_path, Scripted(set()))
    lamp.audit(200)
    report = lamp.inspector.report("gate", T0, NOW)
    assert (report.everything.leaking, report.everything.best) == (0, 0.0)
    assert 0.01 < report.everything.high < 0.03
    assert lamp.keeper.sightings() == []


def test_the_next_round_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    judge = Scripted(set())
    lamp = Audited(tmp_path, judge)
    purse = Purse(a_day=86_400)  # one a second
    assert lamp.inspector.newest("gate", purse, NOW) is not None
    first = len(judge.looked)
    assert first > 0
    assert lamp.inspector.newest("gate", purse, NOW) is None
    assert len(judge.looked) == first
    lamp.home.record(fragments(100, start=T0 + 20))
    done = lamp.inspector.newest("gate", purse, NOW)
    assert done is not None
    assert (done.start, done.end) == (T0 + 20, T0 + 24)


def test_one_models_word_is_a_perhaps_and_does_not_count(tmp_path: Path) -> None:
    lamp = Audited(tmp_path, Scripted(set(range(250)), sure=False))
    lamp.audit(20)
    (row,) = lamp.table.rounds("gate", T0, NOW)
    assert row.leaking == 0
    found = lamp.keeper.sightings()
    assert {s.verdict for s in found} == {Verdict.PERHAPS}
    lamp.keeper.judge(found[0].id, Verdict.LEAK, "ada", NOW)
    (row,) = lamp.table.rounds("gate", T0, NOW)
    assert row.leaking == 1
    assert lamp.keeper.sightings()[0].verdict is Verdict.LEAK


def test_what_a_person_calls_false_counts_no_more_and_is_not_said_again(tmp_path: Path) -> None:
    lamp = Audited(tmp_path, Scripted(set(range(250))))
    lamp.audit(5)
    for sighting in lamp.keeper.sightings():
        lamp.keeper.judge(sighting.id, Verdict.FALSE, "ada", NOW)
    assert lamp.keeper.sightings() == []
    lamp.audit(5)
    assert lamp.keeper.sightings() == []
    assert sum(row.leaking for row in lamp.table.rounds("gate", T0, NOW)) == 0
    assert {s.judge for s in lamp.table.sightings("gate")} == {"ada"}


def test_a_leak_is_cut_out_of_recordings_and_clips(tmp_path: Path) -> None:
    lamp = Audited(tmp_path, Scripted({110}))
    lamp.audit(250)
    (sighting,) = {s.time: s for s in lamp.keeper.sightings()}.values()
    event = Event(
        id="a1", phase=Phase.START, camera="gate", rule="night", kind="intrusion", place="yard",
        start=T0 + 4, end=None, frame=7, message="1 person", severity=Severity.CRITICAL, box=None,
    )  # fmt: skip
    lamp.book.handle(event)
    clip = tmp_path / "clips" / "a1.mp4"
    clip.parent.mkdir()
    lamp.home.recordings.export("gate", T0, T0 + 10, clip)
    lamp.book.set_clip("a1", "clips/a1.mp4")
    assert 110 in numbers(clip)
    assert lamp.keeper.still(sighting.id) is not None

    gone = lamp.keeper.remove(sighting.id, "ada", NOW)
    assert gone.verdict is Verdict.REMOVED
    left = [
        n for s in lamp.home.recordings.list("gate", 0, 1e11) for n in numbers(tmp_path / s.path)
    ]
    assert left == [n for n in range(250) if not 50 <= n < 175]  # two seconds around, whole GOPs
    assert not clip.exists()
    assert lamp.keeper.still(sighting.id) is None
    assert lamp.keeper.sightings() == []
    lamp.clips.tick(NOW)
    assert lamp.book.get("a1").clip == "clips/a1.mp4"
    assert 110 not in numbers(clip)
    with pytest.raises(ValueError, match="removed"):
        lamp.keeper.judge(sighting.id, Verdict.FALSE, "ada", NOW)


def test_a_still_shows_where_and_nobody(tmp_path: Path) -> None:
    lamp = Audited(tmp_path, Scripted({110}))
    lamp.audit(250)
    data = lamp.keeper.still(lamp.keeper.sightings()[0].id)
    assert data is not None
    picture = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.int16)
    assert picture.shape == (128, 192, 3)
    frame = picture[30, 40:80]
    assert (frame[:, 2] - frame[:, 1] > 100).mean() > 0.9  # red
    block = picture[64:96, 128:160, 1]
    assert np.ptp(block[4:-4, 4:-4]) < 12  # one flat block of 32 pixels


def test_things_are_said_once(tmp_path: Path) -> None:
    """The same stands in the same place hours before."""
    lamp = Audited(tmp_path, Scripted({7}))
    for hours in (1, 2, 3):
        lamp.home.record(still_life(T0 + 20 - 3600 * hours))
    lamp.home.record(still_life(T0 + 20))
    lamp.audit(30)
    seen = lamp.keeper.sightings()
    things = [s for s in seen if s.verdict is Verdict.THING]
    assert len(things) == 1
    assert things[0].time >= T0 + 20
    # the picture with the same number in the moving film is like no other
    assert {s.verdict for s in seen if s.time < T0 + 20} <= {Verdict.OPEN}
    assert sum(row.leaking for row in lamp.table.rounds("gate", T0, NOW)) <= 1
    lamp.audit(30)
    assert [s.verdict for s in lamp.keeper.sightings()].count(Verdict.THING) == 1


def test_a_round_is_given_up_when_the_program_stops(tmp_path: Path) -> None:
    judge = Scripted(set(range(250)))
    lamp = Audited(tmp_path, judge)
    left = iter([True] * 6)
    with pytest.raises(StoppedError):
        lamp.inspector.newest("gate", Purse(86_400 * 5), NOW, lambda: next(left, False))
    assert len(judge.looked) == 6  # a keyframe first, then looks
    assert lamp.table.reached("gate") is None
    assert lamp.table.sightings("gate") == []


def test_it_runs_by_itself_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streetlamp.app.inspector.TICK_SECONDS", 0.02)
    lamp = Audited(tmp_path, Scripted({60}))
    clock = SimpleNamespace(now=NOW)
    inspector = Inspector(
        ["gate"], lamp.home.recordings, lamp.table, AuditOptions(looks_per_day=100_000),
        load=lambda: Scripted({60}), seed=1, clock=lambda: clock.now,
    )  # fmt: skip
    stopping = threading.Event()
    thread = threading.Thread(target=inspector.run, args=(stopping,))
    thread.start()
    try:
        time.sleep(0.2)
        assert lamp.table.reached("gate") is None  # not due yet
        clock.now = NOW + 1000
        deadline = time.monotonic() + 20
        while lamp.table.reached("gate") is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert lamp.table.reached("gate") == T0 + 10
    finally:
        stopping.set()
        thread.join(10)
    assert not thread.is_alive()


def test_old_figures_are_forgotten(tmp_path: Path) -> None:
    lamp = Audited(tmp_path, Scripted(set(range(250))))
    lamp.audit(5)
    assert lamp.table.forget(T0) == 0
    assert lamp.table.forget(T0 + 3600) == 1
    assert lamp.table.sightings("gate") == []
    assert lamp.table.rounds("gate", 0, 1e11) == []


def test_words_for_a_person(tmp_path: Path) -> None:
    lamp = Audited(tmp_path, Scripted(set()))
    (report,) = lamp.keeper.reports(NOW)
    assert verdict_in_words(report) == "Not audited yet."
    lamp.audit(50)
    (report,) = lamp.keeper.reports(NOW)
    assert verdict_in_words(report) == "No footage with people; 50 looks at 0 minutes."


def test_unknown_sightings(tmp_path: Path) -> None:
    lamp = Audited(tmp_path, Scripted(set()))
    for act in (
        lambda: lamp.keeper.judge("none", Verdict.LEAK, "ada", NOW),
        lambda: lamp.keeper.remove("none", "ada", NOW),
        lambda: lamp.keeper.still("none"),
    ):
        with pytest.raises(KeyError, match="no sighting none"):
            cast(Any, act)()
