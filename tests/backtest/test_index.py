"""The index on the disk: written in pieces, never longer than the recordings, gone with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from streetlamp.backtest import index_file
from streetlamp.backtest.index import Index, read, span
from streetlamp.backtest.index_file import IndexFile
from streetlamp.backtest.looks import Looks
from streetlamp.values import Segment, Tracks
from support.scene import SIZE

T0 = 1_800_000_000.0  # the start of an hour
DAY = 86_400.0


class Recorded:
    """What is recorded, as the table says."""

    def __init__(self, *spans: tuple[float, float | None]) -> None:
        self.spans = list(spans)

    def list(self, camera: str, start: float, end: float) -> list[Segment]:
        return [
            Segment("s", camera, "r", "p", a, b, 0.0, 1, "avc1")
            for a, b in self.spans
            if a < end and (b is None or b > start)
        ]


def _note(index: Index, start: float, seconds: int, camera: str = "gate") -> None:
    notes = index.notes(camera)
    assert notes is not None
    for n in range(seconds):
        box = {"id": [n], "box": [[n % 900, 10, n % 900 + 30, 90]]}
        notes.look(Tracks.make(camera, start + n, n + 1, SIZE, **box))
    assert index.flush() == ""


def _times(data: Path, camera: str = "gate") -> list[float]:
    found = read(data, camera, 0.0, 1e11)
    return [time / 1e6 for looks in found for time in looks.time.tolist()]


def test_what_was_noted_is_read_also_while_it_is_written(tmp_path: Path) -> None:
    index = Index(tmp_path, 7.0)
    _note(index, T0, 20)
    assert _times(tmp_path) == [T0 + n for n in range(20)]
    index.close()
    assert _times(tmp_path) == [T0 + n for n in range(20)]
    assert span(tmp_path, "gate") == (T0, T0 + 3600)


def test_a_new_hour_is_a_new_file_and_the_old_one_is_put_together(tmp_path: Path) -> None:
    index = Index(tmp_path, 7.0)
    for start in range(0, 60, 10):
        _note(index, T0 + 3570 + start, 10)
    first, second = index_file.places(tmp_path, "gate")
    assert len(index_file.read(first.path)) == 1
    assert len(index_file.read(second.path)) == 3
    assert len(_times(tmp_path)) == 60
    index.close()


def test_only_the_owner_may_read_it_and_it_lies_beside_its_recordings(tmp_path: Path) -> None:
    index = Index(tmp_path, 7.0)
    _note(index, T0, 3)
    (place,) = index_file.places(tmp_path)
    assert place.path.stat().st_mode & 0o777 == 0o600
    assert place.path.relative_to(tmp_path).parts[:2] == ("recordings", "gate")
    index.close()


@pytest.mark.parametrize("lost", [1, 5, 20])
def test_a_torn_tail_is_dropped(tmp_path: Path, lost: int) -> None:
    place = index_file.place_for(tmp_path, "gate", T0)
    file = IndexFile(place.path)
    for first in (0, 10):
        some = [Tracks.make("gate", T0 + first + n, 1, SIZE) for n in range(10)]
        file.add(Looks.of(some, [False] * 10))
    file.close()
    data = place.path.read_bytes()
    place.path.write_bytes(data[:-lost])
    assert _times(tmp_path) == [T0 + n for n in range(10)]
    place.path.write_bytes(data[:-30] + bytes(30))
    assert _times(tmp_path) == [T0 + n for n in range(10)]
    place.path.write_bytes(b"")
    assert _times(tmp_path) == []


def test_it_goes_after_its_days(tmp_path: Path) -> None:
    index = Index(tmp_path, 1.0)
    _note(index, T0, 5)
    _note(index, T0 + DAY, 5)
    index.close()
    recorded = Recorded((T0 - 5, T0 + 2 * DAY))
    assert index.sweep(T0 + DAY + 600, recorded) == 0
    assert index.sweep(T0 + DAY + 3601, recorded) == 1
    assert _times(tmp_path) == [T0 + DAY + n for n in range(5)]


def test_it_goes_with_its_recordings_to_the_second_or_two(tmp_path: Path) -> None:
    index = Index(tmp_path, 7.0)
    _note(index, T0, 3000)
    index.close()
    kept = Recorded((T0 + 1000, T0 + 3000))
    assert index.sweep(T0 + 4000, kept) == 1
    assert _times(tmp_path)[0] == T0 + 998
    assert index.sweep(T0 + 4000, kept) == 0
    assert index.sweep(T0 + 4000, Recorded()) == 1
    assert _times(tmp_path) == []
    assert not list((tmp_path / "recordings").rglob("*.looks"))


def test_an_hour_held_by_an_open_alarm_does_not_keep_the_next_ones(tmp_path: Path) -> None:
    index = Index(tmp_path, 7.0)
    for hour in range(3):
        _note(index, T0 + hour * 3600, 200)
    index.close()
    recorded = Recorded((T0, T0 + 60), (T0 + 7000, T0 + 9000))
    index.sweep(T0 + 9000, recorded)
    times = _times(tmp_path)
    assert max(time for time in times if time < T0 + 3600) == T0 + 61
    assert not [time for time in times if T0 + 3600 <= time < T0 + 7000]
    assert len([time for time in times if time >= T0 + 7200]) == 200


def test_what_is_cut_out_of_the_recordings_is_cut_out_here(tmp_path: Path) -> None:
    index = Index(tmp_path, 7.0)
    _note(index, T0, 60)
    index.cut("gate", T0 + 20, T0 + 30)
    _note(index, T0 + 60, 5)
    index.close()
    assert _times(tmp_path) == [T0 + n for n in range(65) if not 20 <= n < 30]
    assert read(tmp_path, "gate", T0, T0 + 60)[0].fresh.sum() == 2  # at the start, and behind it


def test_switched_off_nothing_is_kept_and_what_there_was_goes(tmp_path: Path) -> None:
    index = Index(tmp_path, 7.0)
    _note(index, T0, 5)
    index.close()
    off = Index(tmp_path, 0.0)
    assert off.notes("gate") is None
    assert off.sweep(T0 + 10, Recorded((T0, None))) == 1
    assert _times(tmp_path) == []


def test_a_disk_that_takes_nothing_is_told_and_harms_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Index(tmp_path, 7.0)
    _note(index, T0, 5)
    notes = index.notes("gate")
    assert notes is not None

    def full(self: IndexFile, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(IndexFile, "_add", full)
        notes.look(Tracks.make("gate", T0 + 10, 1, SIZE))
        assert "No space left" in index.flush()
        assert index.trouble
    _note(index, T0 + 20, 5)
    assert index.trouble == ""
    index.close()
    assert _times(tmp_path) == [T0 + n for n in (*range(5), *range(20, 25))]


def test_after_a_pause_watching_begins_anew(tmp_path: Path) -> None:
    index = Index(tmp_path, 7.0)
    _note(index, T0, 3)
    notes = index.notes("gate")
    assert notes is not None
    notes.pause()
    _note(index, T0 + 3, 3)
    index.close()
    (looks,) = read(tmp_path, "gate", T0, T0 + 10)
    assert looks.fresh.tolist() == [True, False, False, True, False, False]
