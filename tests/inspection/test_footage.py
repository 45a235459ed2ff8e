"""Any stored picture, found by its moment."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.inspection.footage import ClipFootage, RecordedFootage, scattered
from support.house import T0, fragments, house
from support.masked import number_in


def number(picture: av.VideoFrame) -> int:
    plane = picture.planes[0]
    return number_in(np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size))


def test_the_picture_of_a_moment(tmp_path: Path) -> None:
    """Ten seconds at 25 a second; a GOP a second, two fragments each."""
    home = house(tmp_path)
    home.record(fragments(250, start=T0))
    footage = RecordedFootage(home.recordings, "gate", T0 - 60, T0 + 60)
    assert [(c.start, c.end) for c in footage.cells] == [(T0, T0 + 10)]
    for wanted in (0, 1, 12, 13, 24, 25, 26, 131, 249):
        still = footage.at(T0 + wanted / 25 + 0.01)
        assert still is not None
        assert number(still.picture) == wanted
        assert still.time == pytest.approx(T0 + wanted / 25, abs=1e-3)
    assert footage.at(T0 - 0.1) is None
    assert footage.at(T0 + 10.1) is None


def test_cells_end_where_nothing_was_recorded(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(250, start=T0), fragments(100, start=T0 + 100))
    footage = RecordedFootage(home.recordings, "gate", T0, T0 + 200)
    assert [(c.start, c.end) for c in footage.cells] == [(T0, T0 + 10), (T0 + 100, T0 + 104)]
    assert footage.at(T0 + 50) is None
    assert all(cell.size > 1000 and cell.rate > 100 for cell in footage.cells)


def test_rounds_that_follow_each_other_share_nothing(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(500, start=T0))
    first = RecordedFootage(home.recordings, "gate", 0, T0 + 10).cells
    then = RecordedFootage(home.recordings, "gate", T0 + 10, T0 + 60).cells
    assert [(c.start, c.end) for c in [*first, *then]] == [(T0, T0 + 10), (T0 + 10, T0 + 20)]


def test_a_segment_being_written_is_left_for_later(tmp_path: Path) -> None:
    home = house(tmp_path)
    writer = home.writer()
    for fragment in fragments(250, start=T0)[:6]:
        writer.write(fragment)
    assert not RecordedFootage(home.recordings, "gate", T0, T0 + 60).cells
    writer.finish()
    assert RecordedFootage(home.recordings, "gate", T0, T0 + 60).cells


def test_a_keyframe_is_the_cells_own(tmp_path: Path) -> None:
    home = house(tmp_path, segment_seconds=30)
    home.record(fragments(500, start=T0))
    footage = RecordedFootage(home.recordings, "gate", T0, T0 + 60)
    assert [c.start for c in footage.cells] == [T0, T0 + 10]
    for cell, wanted in zip(footage.cells, (0, 250), strict=True):
        still = footage.keyframe(cell)
        assert still is not None
        assert number(still.picture) == wanted


def test_files_that_are_gone_or_damaged_give_nothing(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(250, start=T0))
    footage = RecordedFootage(home.recordings, "gate", T0, T0 + 60)
    (segment,) = home.recordings.list("gate", T0, T0 + 60)
    path = tmp_path / segment.path
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    assert footage.at(T0 + 9) is None
    path.unlink()
    assert footage.at(T0 + 1) is None
    assert footage.keyframe(footage.cells[0]) is None
    assert not RecordedFootage(home.recordings, "gate", T0, T0 + 60).cells


def test_pictures_from_all_over_the_day(tmp_path: Path) -> None:
    home = house(tmp_path)
    for hour in range(6):
        home.record(fragments(50, start=T0 + 3600 * hour))
    stills = scattered(home.recordings, "gate", T0, T0 + 86400, 3, np.random.default_rng(1))
    hours = [int((still.time - T0) // 3600) for still in stills]
    assert [hour // 2 for hour in hours] == [0, 1, 2]
    assert scattered(home.recordings, "dock", T0, T0 + 86400, 3, np.random.default_rng(1)) == []


def test_a_clip(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(250, start=T0))
    path = tmp_path / "clip.mp4"
    home.recordings.export("gate", T0, T0 + 10, path)
    footage = ClipFootage(path)
    assert [(c.start, round(c.end, 2)) for c in footage.cells] == [(0.0, 10.0)]
    for wanted in (0, 7, 25, 249):
        still = footage.at(wanted / 25 + 0.01)
        assert still is not None
        assert number(still.picture) == wanted
    still = footage.keyframe(footage.cells[0])
    assert still is not None
    assert number(still.picture) == 0


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("not a film")
    with pytest.raises(UserError, match=r"notes\.mp4 cannot be read as a video"):
        ClipFootage(path)
    with pytest.raises(UserError, match=r"gone\.mp4 cannot be read"):
        ClipFootage(tmp_path / "gone.mp4")
