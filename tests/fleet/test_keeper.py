"""The fleet of a running site: storms, restarts, kills, full disks, wrong clocks, gaps."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from streetlamp.fleet.figures import Figures, Standing
from streetlamp.health import Check, Judgement, Minute, MinuteState, Reason
from streetlamp.store import Database
from streetlamp.values import CameraState, CameraStatus, Phase, Segment
from support.kept_fleet import T0, Fleet, Judge, site
from support.small_disk import SmallDisk

LIVE, WAITING = CameraState.LIVE, CameraState.WAITING
FEED = "fleet: {groups: {feed: {name: Feed A, kind: power feed, cameras: ['*']}}}"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[list[Fleet]]:
    """Closed at the end."""
    fleets: list[Fleet] = []
    yield fleets
    for fleet in fleets:
        fleet.database.close()


def start(made: list[Fleet], path: Path, cameras: int = 1, text: str = "") -> Fleet:
    fleet = Fleet(path, cameras, text)
    made.append(fleet)
    return fleet


def test_a_hundred_cameras_lose_their_feed(made: list[Fleet], tmp_path: Path) -> None:
    """One alarm, a hundred entries in the ledger, one recovery."""
    fleet = start(made, tmp_path, 100, FEED)
    pick = random.Random(7)
    away = {camera: pick.randrange(130, 160) for camera in fleet.site.cameras}
    back = {camera: pick.randrange(700, 760) for camera in fleet.site.cameras}
    fleet.all(LIVE)

    def each(second: int) -> None:
        for camera in fleet.site.cameras:
            if second == away[camera]:
                fleet.set(camera, WAITING, Reason.UNREACHABLE, "no answer")
            elif second > away[camera] and second < back[camera] and second % 20 == 0:
                fleet.set(camera, CameraState.CONNECTING)  # tried again and again
                fleet.set(camera, WAITING, Reason.UNREACHABLE, "no answer")
            elif second == back[camera]:
                fleet.set(camera, LIVE)

    fleet.live(1000, each)
    fleet.keeper.close()
    alarms = fleet.book.list(limit=None)
    assert len(alarms) == 1
    assert alarms[0].camera == ""
    assert alarms[0].place == "Feed A"
    assert alarms[0].ended is not None
    assert alarms[0].message.startswith("Feed A (power feed): all 100 cameras are well again after")
    assert [event.phase for event in fleet.events].count(Phase.START) == 1
    assert [event.phase for event in fleet.events].count(Phase.END) == 1
    rows = fleet.tables.stretches(0, 2**40)
    lost = [row for row in rows if row.state is MinuteState.LOST]
    assert len(lost) == 100
    assert {row.camera for row in lost} == set(fleet.site.cameras)
    for row in lost:
        assert row.reasons == (Reason.UNREACHABLE,)
        assert row.start == T0 + 120
        assert row.end in (T0 + 720, T0 + 780)
    # whose minute had no more than six lost seconds kept it
    assert {row.end for row in lost if back[row.camera] <= 706} <= {int(T0) + 720}


def test_a_login_refused_stays_one_while_it_is_tried_again(
    made: list[Fleet], tmp_path: Path
) -> None:
    fleet = start(made, tmp_path)
    fleet.all(LIVE)

    def each(second: int) -> None:
        if second % 10 == 0 and second >= 60:
            fleet.all(CameraState.CONNECTING)
            fleet.set("cam-0", WAITING, Reason.LOGIN_REFUSED, "the camera refuses the login")

    fleet.live(300, each)
    (row,) = [one for one in fleet.tables.stretches(0, 2**40) if one.state is MinuteState.LOST]
    assert row.reasons == (Reason.LOGIN_REFUSED,)
    assert fleet.events[0].message == "cam-0: refuses the login (the camera refuses the login)"


def test_before_a_camera_was_opened_the_time_is_ours(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path, 2)
    fleet.set("cam-0", LIVE)
    fleet.set("cam-1", CameraState.CONNECTING)
    fleet.live(400)
    fleet.set("cam-1", LIVE)
    fleet.live(60)
    assert fleet.events == []
    found = fleet.keeper.report(fleet.keeper.period("month")).cameras
    assert {row.id: row.figures.ours for row in found}["cam-1"] == 7
    assert {row.id: row.figures.share for row in found}["cam-0"] == 1.0


@pytest.mark.parametrize("state", [CameraState.CONNECTING, CameraState.ENDED])
def test_the_real_judge_does_not_keep_what_nobody_saw(state: CameraState, tmp_path: Path) -> None:
    """Its word is the last one on a camera that waits to be opened, and on a file that ended."""
    fleet = Fleet(tmp_path, 2, judged=True)

    def each(second: int) -> None:
        if second % 2 == 0:
            fleet.set("cam-0", LIVE)
        if second == 0 or second == 300:
            fleet.set("cam-1", state)
        elif 120 <= second < 300 and second % 2 == 0 and state is CameraState.ENDED:
            fleet.set("cam-1", LIVE)

    fleet.live(720, each)
    if state is CameraState.CONNECTING:
        fleet.live(300, lambda second: fleet.all(LIVE) if second % 2 == 0 else None)
    fleet.keeper.close()
    fleet.live(1)
    well, other = (one.month for one in fleet.keeper.now())
    assert well.lost == {}
    assert fleet.events == []
    if state is CameraState.CONNECTING:
        assert (other.kept, other.lost) == (5, {Reason.STREETLAMP_DOWN: 12})
    else:
        assert (other.kept, other.lost) == (3, {Reason.NO_VIDEO: 9})
    fleet.database.close()


def test_a_kill_loses_no_more_than_the_running_minute(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path)
    fleet.all(LIVE)
    fleet.live(600 + 30)  # and killed
    fleet.time += 600
    fleet.start()
    fleet.all(LIVE)
    fleet.live(331)
    figures = fleet.keeper.now()[0].month
    assert figures.kept == 10 + 5
    assert figures.lost == {Reason.STREETLAMP_DOWN: 11}


def test_another_boot_with_the_right_time(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path)
    fleet.all(LIVE)
    fleet.live(600)
    fleet.keeper.close()
    fleet.time += 1200
    fleet.boot, fleet.booted = "another", fleet.time - 20
    fleet.start()
    fleet.all(LIVE)
    fleet.live(601)
    figures = fleet.keeper.now()[0].month
    assert (figures.kept, figures.lost) == (20, {Reason.STREETLAMP_DOWN: 20})


def test_a_machine_that_slept(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path)
    fleet.all(LIVE)
    fleet.live(601)
    fleet.time += 3599
    fleet.live(601)
    figures = fleet.keeper.now()[0].month
    assert figures.kept == 20
    assert figures.ours == 60
    assert "stood still for 1 h" in fleet.tables.notes(0, 2**40)[-1].text


@pytest.mark.parametrize("by", [-3600.0, 7200.0, 90_000.0, -90.0, 3601.0])
@pytest.mark.parametrize("minutes", [3, 40])
def test_a_clock_that_is_set_and_set_back(
    by: float, minutes: int, made: list[Fleet], tmp_path: Path
) -> None:
    fleet = start(made, tmp_path)
    fleet.all(LIVE)
    fleet.live(600, step=5)
    fleet.wrong_by = by
    fleet.live(minutes * 60, step=5)
    fleet.wrong_by = 0.0
    fleet.live(1800, step=5)
    fleet.keeper.turn(fleet.time)
    rows = fleet.tables.stretches(0, 2**40)
    assert sum(row.end - row.start for row in rows) // 60 == 10 + minutes + 30
    figures = fleet.keeper.now()[0].month
    assert (figures.kept, figures.lost) == (10 + minutes + 30, {})
    assert any("clock was set" in note.text for note in fleet.tables.notes(0, 2**40))


def test_a_clock_that_is_set_for_good_loses_no_minute(made: list[Fleet], tmp_path: Path) -> None:
    """Forward: the minutes between never were. Back: those lived twice count twice."""
    for name, by in (("forward", 7200.0), ("back", -1800.0)):
        (tmp_path / name).mkdir()
        fleet = start(made, tmp_path / name)
        fleet.all(LIVE)
        fleet.live(3600, step=5)
        fleet.wrong_by = by
        fleet.live(3600, step=5)
        fleet.keeper.turn(fleet.time + by)
        figures = fleet.keeper.now()[0].month
        assert (figures.kept, figures.lost) == (120, {}), name


def test_a_start_in_1970(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path)
    fleet.database.close()
    fleet.database = Database(tmp_path / "b.db")
    fleet.wrong_by = -T0 + 100.0
    fleet.start()
    fleet.all(LIVE)
    fleet.live(600, step=5)
    fleet.wrong_by = 0.0
    fleet.live(1800, step=5)
    rows = fleet.tables.stretches(0, 2**40)
    assert min(row.start for row in rows) in (T0, T0 + 60)
    assert 39 <= fleet.keeper.now()[0].month.kept <= 40


def test_a_full_disk_keeps_minutes_in_memory_and_says_so(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, 1, db=SmallDisk)
    fleet.all(LIVE)
    fleet.live(300)
    disk = fleet.database
    assert isinstance(disk, SmallDisk)
    disk.full = True
    fleet.set("cam-0", WAITING, Reason.NO_VIDEO)
    fleet.live(300)
    assert "kept in memory only" in fleet.keeper.trouble
    fleet.set("cam-0", LIVE)
    fleet.live(600, step=10)
    fleet.wrong_by = 3600  # and the clock is set meanwhile
    fleet.live(1200, step=10)
    fleet.wrong_by = 0
    fleet.live(1200, step=10)
    disk.full = False
    fleet.live(120)
    assert fleet.keeper.trouble == ""
    figures = fleet.keeper.now()[0].month
    assert figures.lost == {Reason.NO_VIDEO: 5}
    assert figures.kept == 5 + 10 + 20 + 20 + 1
    disk.close()


def test_who_comes_and_goes_is_expected_only_meanwhile(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path, 2)
    fleet.all(LIVE)
    fleet.live(601)
    fleet.time += 599  # Streetlamp is down
    fleet.site = site(tmp_path, 3)
    cameras = dict(fleet.site.cameras)
    cameras["cam-1"] = cameras["cam-1"].model_copy(update={"enabled": False})
    fleet.site = fleet.site.model_copy(update={"cameras": cameras})
    fleet.start()
    fleet.all(LIVE)
    fleet.live(601)
    rows = {r.id: r for r in fleet.keeper.report(fleet.keeper.period("month")).cameras}
    assert rows["cam-0"].figures == Figures(20, {Reason.STREETLAMP_DOWN: 10})
    assert rows["cam-1"].figures == Figures(10, {Reason.STREETLAMP_DOWN: 10})
    assert rows["cam-1"].until == T0 + 1200
    assert rows["cam-2"].figures == Figures(10, {})
    assert rows["cam-2"].since == T0 + 1200


WORK = """\
fleet:
  maintenance:
    - {from: 2026-09-21 16:30, until: 2026-09-21 17:00, cameras: [cam-0], why: new cable}
    - {from: 2026-09-21 12:00, until: 2026-09-21 14:30, why: announced too late}
"""  # T0 is 2026-09-21 16:14 in Berlin


def test_planned_work_is_not_expected_and_raises_nothing(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path, 2, WORK)
    fleet.all(LIVE)
    fleet.live(16 * 60)
    fleet.all(WAITING, Reason.UNREACHABLE)
    fleet.live(5 * 60)
    assert [event.camera for event in fleet.events] == ["cam-1"]
    assert fleet.keeper.now()[0].state is Standing.PLANNED
    assert fleet.keeper.now()[0].text == "new cable"
    fleet.all(LIVE)
    fleet.live(40 * 60)
    report = fleet.keeper.report(fleet.keeper.period("day"))
    by = {row.id: row.figures for row in report.cameras}
    assert by["cam-0"].planned == 30
    assert by["cam-0"].lost == {}
    assert by["cam-1"].lost == {Reason.UNREACHABLE: 5}
    assert [one.why for one in report.maintenance] == ["new cable"]


def test_the_judges_last_word_counts(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path)
    fleet.all(LIVE)
    fleet.live(300)
    wrong = Minute("cam-0", int(T0) + 120, MinuteState.LOST, (Reason.DEFOCUSED,), "sharpness 12")
    fleet.judge.said = [wrong]
    fleet.live(60)
    fleet.judge.last = [Minute("cam-0", int(T0) + 300, MinuteState.LOST, (Reason.COVERED,), "x")]
    fleet.keeper.close()
    kept = list(fleet.tables.stretches(0, 2**40))
    assert [(row.start - T0, row.end - T0, row.reasons) for row in kept] == [
        (0, 120, ()),
        (120, 180, (Reason.DEFOCUSED,)),
        (180, 300, ()),
        (300, 360, (Reason.COVERED,)),
    ]
    assert kept[1].text == "sharpness 12"


def test_judgements_raise_alarms_and_name_who_needs_a_visit(
    made: list[Fleet], tmp_path: Path
) -> None:
    fleet = start(made, tmp_path, 2)
    fleet.all(LIVE)
    bad = Judgement(Check.VIEW, T0, Reason.COVERED, 0.9, 0.5, "share", "90 % of its edges are gone")
    fleet.judge.now = {"cam-1": [Judgement(Check.FOCUS, T0), bad]}
    fleet.live(3600, step=5)
    (alarm,) = fleet.book.list()
    assert (alarm.camera, alarm.kind) == ("cam-1", "tamper")
    well, covered = fleet.keeper.now()
    assert (well.state, well.visit) == (Standing.WELL, "")
    assert covered.state is Standing.LOST
    assert covered.reasons == (Reason.COVERED,)
    assert covered.visit == "something covers the lens, for 1 h"
    assert covered.judgements[1] == bad
    fleet.judge.now = {}
    fleet.live(200, step=5)
    assert fleet.book.list()[0].ended is not None


def test_a_full_disk_hides_no_tampering(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path)
    record = fleet.site.record.model_copy(update={"enabled": True})
    fleet.site = fleet.site.model_copy(update={"record": record})
    fleet.database.close()
    fleet.database = Database(tmp_path / "b.db")
    fleet.start()
    fleet.statuses.set(CameraStatus("cam-0", LIVE, T0, recording=False, last_frame=T0))
    bad = Judgement(Check.VIEW, T0, Reason.COVERED, text="90 % of its edges are gone")
    fleet.judge.now = {"cam-0": [bad]}
    fleet.live(120)
    assert [alarm.kind for alarm in fleet.book.list()] == ["tamper"]
    assert fleet.keeper.now()[0].reasons == (Reason.COVERED,)
    fleet.live(600)
    assert {alarm.kind for alarm in fleet.book.list()} == {"tamper", "degraded"}


def test_a_view_is_taken_over_only_where_another_one_is_seen(
    made: list[Fleet], tmp_path: Path
) -> None:
    fleet = start(made, tmp_path, 2)
    fleet.all(LIVE)
    moved = Judgement(Check.VIEW, T0, Reason.MOVED, text="it shows something else")
    fleet.judge.now = {"cam-0": [moved], "cam-1": [Judgement(Check.VIEW, T0)]}
    said = {camera: fleet.keeper.view_changed(camera) for camera in ("cam-0", "cam-1", "nobody")}
    assert said == {"cam-0": True, "cam-1": False, "nobody": False}
    fleet.keeper.accept_view("cam-0")
    fleet.keeper.accept_view("nobody")
    assert fleet.judge.accepted == ["cam-0"]
    fleet.set("cam-0", WAITING, Reason.UNREACHABLE)
    assert not fleet.keeper.view_changed("cam-0"), "nobody sees what it shows now"


def test_a_gap_in_the_recordings_is_a_lost_minute(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path)
    fleet.site = fleet.site.model_copy(
        update={"record": fleet.site.record.model_copy(update={"enabled": True})}
    )
    fleet.database.close()
    fleet.database = Database(tmp_path / "b.db")
    fleet.start()
    for i, (a, b) in enumerate([(0, 130), (150, 305), (306, 900)]):
        fleet.segments.add(
            Segment(f"s{i}", "cam-0", "r", f"{i}.mp4", T0 + a, T0 + b, 0.0, 1, "avc1")
        )
    fleet.all(LIVE)
    fleet.live(900)
    lost = [row for row in fleet.tables.stretches(0, 2**40) if row.state is MinuteState.LOST]
    assert [(row.start - T0, row.end - T0, row.reasons) for row in lost] == [
        (120, 180, (Reason.NOT_RECORDED,))
    ]
    assert lost[0].text == "20 seconds of the minute are not in the recordings"


def test_a_week_is_what_the_strip_shows(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path)
    fleet.all(LIVE)
    fleet.live(600, step=5)
    strip = fleet.keeper.week("cam-0", T0 + 50)
    assert [(one.start, one.end, one.state) for one in strip] == [
        (int(T0), int(T0) + 540, MinuteState.KEPT)
    ]
    assert fleet.keeper.week("cam-0", T0 - 30 * 86_400) == []
    assert fleet.keeper.week("nobody", T0) == []


def test_nobody_judges_and_all_goes_on(made: list[Fleet], tmp_path: Path) -> None:
    fleet = start(made, tmp_path)
    fleet.judge = Judge()
    fleet.all(LIVE)
    fleet.live(120)
    assert fleet.keeper.now()[0].judgements == ()
