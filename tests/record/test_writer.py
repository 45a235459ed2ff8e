"""Fragments become files and rows, and a disk that refuses stops nothing but the recording."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streetlamp.record import segment_file
from streetlamp.record.recorder import Recorder
from streetlamp.store.errors import StoreFullError
from support.house import T0, fragments, house, numbers


def test_a_new_file_at_the_first_keyframe_after_its_time(tmp_path: Path) -> None:
    home = house(tmp_path, segment_seconds=4)
    home.record(fragments(250))
    found = home.recordings.list("gate", T0, T0 + 60)
    assert [(s.start - T0, s.end and s.end - T0, s.media_start) for s in found] == [
        (0, 4, 0),
        (4, 8, 4),
        (8, 10, 8),
    ]
    assert [s.size for s in found] == [(tmp_path / s.path).stat().st_size for s in found]
    assert [numbers(tmp_path / s.path) for s in found] == [
        [*range(100)],
        [*range(100, 200)],
        [*range(200, 250)],
    ]
    assert len({s.run for s in found}) == 1
    assert found[0].path.startswith("recordings/gate/2023-11-14/221320.000000Z-")


def test_a_file_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(25))
    (segment,) = home.recordings.list("gate", T0, T0 + 60)
    assert (tmp_path / segment.path).stat().st_mode & 0o777 == 0o600


def test_a_new_run_is_a_new_file(tmp_path: Path) -> None:
    home = house(tmp_path, segment_seconds=60)
    home.record(fragments(50), fragments(50, (256, 144), start=T0 + 2))
    found = home.recordings.list("gate", T0, T0 + 60)
    assert [s.start - T0 for s in found] == [0, 2]
    assert found[0].run != found[1].run


def test_a_hole_in_what_arrives_is_a_hole_between_files(tmp_path: Path) -> None:
    home = house(tmp_path, segment_seconds=60)
    pieces = fragments(250)
    home.record((*pieces[:5], *pieces[9:]))  # 2.52 s are there, up to 4.52 s is lost
    found = home.recordings.list("gate", T0, T0 + 60)
    assert [(round(s.start - T0, 2), s.end and round(s.end - T0, 2)) for s in found] == [
        (0, 2.52),
        (5, 10),  # from the next keyframe on
    ]
    assert home.recordings.gaps("gate", T0, T0 + 10) == [(T0 + 2.52, T0 + 5)]


def test_begins_only_at_a_keyframe(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(100)[1:])
    (segment,) = home.recordings.list("gate", T0, T0 + 60)
    assert segment.start == T0 + 1


@pytest.mark.parametrize("camera", ["..", "a/b", ".hidden", "Hof Süd", "%2E"])
def test_no_camera_name_leaves_its_folder(tmp_path: Path, camera: str) -> None:
    home = house(tmp_path)
    home.record(fragments(25, camera=camera), camera=camera)
    (segment,) = home.recordings.list(camera, T0, T0 + 60)
    path = (tmp_path / segment.path).resolve()
    assert path.parent.parent.parent == tmp_path / "recordings"
    home.segments.remove(segment.id)
    assert len(home.recordings.recover()) == 1  # taken up again, under the same name
    assert home.recordings.list(camera, T0, T0 + 60)[0].path == segment.path


class FaultyDisk:
    """Refuses to write once `room` bytes are used up: half of the piece still arrives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int, error: int) -> None:
        self.room = room
        self.error = error
        real = segment_file.open_write

        def open_write(path: Path) -> Any:
            return _FaultyFile(real(path), self)

        monkeypatch.setattr(segment_file, "open_write", open_write)


class _FaultyFile:
    def __init__(self, file: Any, disk: FaultyDisk) -> None:
        self._file = file
        self._disk = disk

    def write(self, data: bytes) -> int:
        if len(data) > self._disk.room:
            self._file.write(data[: self._disk.room])
            self._disk.room = 0
            raise OSError(self._disk.error, os.strerror(self._disk.error))
        self._disk.room -= len(data)
        return int(self._file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "quota is used up"),
        (errno.EIO, "may be failing"),
        (errno.EROFS, "Read-only file system"),
    ],
)
def test_a_disk_that_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, words: str
) -> None:
    home = house(tmp_path, segment_seconds=60)
    pieces = fragments(500)
    room = len(pieces[0].init) + sum(len(piece.data) for piece in pieces[:6]) + 100
    disk = FaultyDisk(monkeypatch, room, error)
    asked: list[bool] = []
    writer = home.writer(make_room=lambda: bool(asked.append(True)))
    for piece in pieces[:20]:
        writer.write(piece)
    assert not writer.state.recording
    assert words in writer.state.message
    assert writer.state.lost_seconds == pytest.approx(7.0)
    assert bool(asked) == (error in (errno.ENOSPC, errno.EDQUOT))
    (kept,) = home.recordings.list("gate", T0, T0 + 60)
    assert kept.end == pytest.approx(T0 + 3.0)
    assert numbers(tmp_path / kept.path) == [*range(75)]
    assert (tmp_path / kept.path).stat().st_size == kept.size

    disk.room = 1 << 30  # room again: it goes on by itself
    for piece in pieces[20:]:
        writer.write(piece)
    writer.finish()
    assert writer.state.recording
    resumed = home.recordings.list("gate", T0, T0 + 60)[-1]
    assert resumed.end == pytest.approx(T0 + 20)
    assert numbers(tmp_path / resumed.path)[-1] == 499 % 256
    assert home.recordings.recover() == []


def test_a_disk_that_refuses_from_the_first_byte_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house(tmp_path)
    FaultyDisk(monkeypatch, 10, errno.ENOSPC)
    home.record(fragments(50))
    assert home.recordings.list("gate", T0, T0 + 60) == []
    assert list((tmp_path / "recordings").rglob("*.mp4")) == []
    assert home.recordings.recover() == []


def test_room_made_by_retention_lets_recording_go_on_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house(tmp_path, segment_seconds=2)
    pieces = fragments(250)
    size = sum(len(piece.data) for piece in pieces[:10])
    disk = FaultyDisk(monkeypatch, size, errno.ENOSPC)

    def make_room() -> int:
        (oldest,) = home.segments.oldest(1)
        (tmp_path / oldest.path).unlink()
        home.segments.remove(oldest.id)
        disk.room = 1 << 30
        return oldest.size

    writer = home.writer(make_room=make_room)
    for piece in pieces:
        writer.write(piece)
    writer.finish()
    assert writer.state.recording
    # what did not fit, and up to the next keyframe: not the five seconds a failing disk is left
    assert 0 < writer.state.lost_seconds <= 1.0
    assert home.recordings.list("gate", T0, T0 + 60)[-1].end == pytest.approx(T0 + 10)


def test_room_that_another_camera_made_is_used_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house(tmp_path, segment_seconds=60)
    pieces = fragments(250)
    disk = FaultyDisk(monkeypatch, sum(len(piece.data) for piece in pieces[:6]), errno.ENOSPC)

    def nothing_left_to_delete() -> int:
        disk.room = 1 << 30
        return 0

    writer = home.writer(make_room=nothing_left_to_delete, free=lambda _: disk.room)
    for piece in pieces:
        writer.write(piece)
    writer.finish()
    assert writer.state.recording
    assert 0 < writer.state.lost_seconds <= 1.0


def test_the_last_of_the_disk_is_kept_for_alarms(tmp_path: Path) -> None:
    home = house(tmp_path, min_free_gb=2.0)
    free = [3_000_000_000]
    writer = home.writer(free=lambda _: free[0])
    pieces = fragments(500)
    for piece in pieces[:10]:
        writer.write(piece)
    assert writer.state.recording
    free[0] = 190_000_000
    for piece in pieces[10:20]:
        writer.write(piece)
    assert not writer.state.recording
    assert "kept for alarms" in writer.state.message
    free[0] = 3_000_000_000
    for piece in pieces[20:]:
        writer.write(piece)
    assert writer.state.recording
    writer.finish()


def test_a_database_that_refuses_loses_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house(tmp_path, segment_seconds=4)
    pieces = fragments(500)
    writer = home.writer()
    real = home.segments.finish

    def refuse(id: str, end: float, size: int) -> None:  # noqa: A002
        raise StoreFullError("no room to write the database")

    monkeypatch.setattr(home.segments, "finish", refuse)
    for piece in pieces[:10]:
        writer.write(piece)
    assert not writer.state.recording
    assert "no room to write the database" in writer.state.message
    monkeypatch.setattr(home.segments, "finish", real)
    for piece in pieces[10:]:
        writer.write(piece)
    writer.finish()
    assert writer.state.recording
    found = home.recordings.list("gate", T0, T0 + 60)
    assert found[0].end == pytest.approx(T0 + 4)  # told again later
    assert all(segment.end is not None for segment in found)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of two megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("not root: a real full disk is NOT checked (an injected one is)")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs here: a real full disk is NOT checked ({mounted.stderr.strip()})")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_really_full_disk(small_disk: Path, tmp_path: Path) -> None:
    """The table lives on another disk here, as it would on a site with a disk for video."""
    home = house(tmp_path, segment_seconds=4)
    recorder = Recorder("gate", small_disk, home.segments, home.options)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 16_000))
    pieces = fragments(500)
    for piece in pieces[:24]:
        recorder.push(piece)
    recorder.drain()
    assert not recorder.state.recording
    assert "disk is full" in recorder.state.message
    filler.unlink()
    for piece in pieces[24:]:
        recorder.push(piece)
    recorder.close()
    assert recorder.state.recording
    found = home.recordings.list("gate", T0, T0 + 60)
    shown = [n for segment in found for n in numbers(small_disk / segment.path)]
    assert shown[-1] == 499 % 256
    assert len(shown) == pytest.approx(sum((s.end or 0) - s.start for s in found) * 25)
    assert 0 < len(shown) < 500
