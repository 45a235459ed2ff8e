"""A stretch cut out of the recordings is gone, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from streetlamp.record.cut import cut_out
from support.house import T0, House, fragments, house, numbers


def spans(home: House) -> list[tuple[float, float]]:
    found = home.recordings.list("gate", 0, 1e11)
    return [(round(s.start - T0, 3), round((s.end or 0) - T0, 3)) for s in found]


def shown(home: House, tmp_path: Path) -> list[int]:
    """The numbers of all pictures that are recorded, file by file."""
    found: list[int] = []
    for segment in home.recordings.list("gate", 0, 1e11):
        found += numbers(tmp_path / segment.path)
    return found


@pytest.mark.parametrize(
    ("start", "end", "left", "removed"),
    [
        (4.2, 4.3, [(0, 4), (5, 10)], range(100, 125)),
        (3.5, 6.5, [(0, 3), (7, 10)], range(75, 175)),
        (-5, 0.5, [(1, 10)], range(25)),
        (9.9, 60, [(0, 9)], range(225, 250)),
        (-5, 60, [], range(250)),
        (20, 30, [(0, 10)], range(0)),
    ],
)
def test_whole_gops_go(
    tmp_path: Path, start: float, end: float, left: list[tuple[float, float]], removed: range
) -> None:
    home = house(tmp_path)
    home.record(fragments(250, start=T0))
    cuts = cut_out(tmp_path, home.segments, "gate", T0 + start, T0 + end)
    assert spans(home) == [(float(a), float(b)) for a, b in left]
    assert shown(home, tmp_path) == [n for n in range(250) if n not in removed]
    assert len(cuts) == bool(removed)
    on_disk = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.mp4")}
    assert on_disk == {s.path for s in home.recordings.list("gate", 0, 1e11)}
    for cut in cuts:
        assert cut.start <= max(T0 + start, T0)
        assert cut.end >= min(T0 + end, T0 + 10)
        assert cut.bytes > 0


def test_what_is_left_plays_on_the_same_timeline(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(250, start=T0))
    cut_out(tmp_path, home.segments, "gate", T0 + 4, T0 + 5)
    before, after = home.recordings.list("gate", 0, 1e11)
    assert (before.run, before.codec) == (after.run, after.codec)
    assert after.media_start == pytest.approx(before.media_start + 5)
    out = tmp_path / "out" / "export.mp4"
    out.parent.mkdir()
    exported = home.recordings.export("gate", T0, T0 + 10, out)
    assert exported.pictures == 225
    assert home.recordings.gaps("gate", T0, T0 + 10) == [(T0 + 4, T0 + 5)]


def test_other_cameras_and_open_segments_stay(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(250, start=T0, camera="dock"), camera="dock")
    writer = home.writer()
    for fragment in fragments(250, start=T0)[:6]:
        writer.write(fragment)
    assert cut_out(tmp_path, home.segments, "gate", T0, T0 + 10) == []
    assert len(home.recordings.list("dock", T0, T0 + 10)) == 1
    writer.finish()


def test_a_damaged_segment_goes_as_a_whole(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(250, start=T0))
    (segment,) = home.recordings.list("gate", T0, T0 + 10)
    (tmp_path / segment.path).write_bytes(b"nothing that was")
    cut_out(tmp_path, home.segments, "gate", T0 + 4, T0 + 5)
    assert home.recordings.list("gate", 0, 1e11) == []
    assert not (tmp_path / segment.path).exists()


def test_a_crash_before_the_table_was_told_brings_nothing_back(tmp_path: Path) -> None:
    """The rows are as they were, the files are the new ones: recovery makes the best of it."""
    home = house(tmp_path)
    home.record(fragments(250, start=T0))
    rows = home.recordings.list("gate", 0, 1e11)
    cut_out(tmp_path, home.segments, "gate", T0 + 4, T0 + 5)
    for segment in home.recordings.list("gate", 0, 1e11):
        home.segments.remove(segment.id)
    for segment in rows:
        home.segments.add(segment)
    home.recordings.recover()
    assert spans(home) == [(0.0, 4.0), (5.0, 10.0)]
    assert shown(home, tmp_path) == [n for n in range(250) if not 100 <= n < 125]
