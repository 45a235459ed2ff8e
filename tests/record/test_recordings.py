"""Recordings are found, played, exported as one file, let go, and put in order after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.errors import UserError
from streetlamp.record.paths import parse_path, segment_path
from streetlamp.record.recordings import Recordings
from streetlamp.record.retention import Pin
from streetlamp.values import Segment
from support.house import T0, House, fragments, house, numbers

ROOT = Path(__file__).resolve().parents[2]


# --- finding and playing -------------------------------------------------------------------------


def test_gaps_are_told(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(50), fragments(50, start=T0 + 5))
    assert home.recordings.gaps("gate", T0 - 3, T0 + 10) == [
        (T0 - 3, T0),
        (T0 + 2, T0 + 5),
        (T0 + 7, T0 + 10),
    ]
    assert home.recordings.gaps("yard", T0, T0 + 10) == [(T0, T0 + 10)]


def test_one_that_is_being_written_plays_as_far_as_it_is_whole(tmp_path: Path) -> None:
    home = house(tmp_path)
    writer = home.writer()
    pieces = fragments(100)
    for piece in pieces[:5]:
        writer.write(piece)
    (segment,) = home.recordings.list("gate", T0, T0 + 60)
    with (tmp_path / segment.path).open("ab") as tail:
        tail.write(pieces[5].data[:1000])  # a fragment that is half on its way
    assert segment.end is None
    assert home.recordings.covered_until("gate") == pytest.approx(T0 + 2.52)
    assert home.recordings.covered_until("yard") is None
    with home.recordings.open(segment.id) as playable:
        whole = playable.file.read(playable.size)
    assert whole == pieces[0].init + b"".join(piece.data for piece in pieces[:5])
    writer.finish()


def test_opening_what_is_not_there(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(25))
    (segment,) = home.recordings.list("gate", T0, T0 + 60)
    with pytest.raises(KeyError, match="no segment"), home.recordings.open("nothing"):
        pass
    (tmp_path / segment.path).unlink()
    with pytest.raises(KeyError, match="is gone"), home.recordings.open(segment.id):
        pass


# --- exporting -----------------------------------------------------------------------------------


def moments(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(picture.pts * picture.time_base) for picture in container.decode(video=0)]


def test_export_over_several_files(tmp_path: Path) -> None:
    home = house(tmp_path, segment_seconds=2)
    home.record(fragments(250))
    done = home.recordings.export("gate", T0 + 3.3, T0 + 6.1, tmp_path / "clip.mp4")
    assert (done.start, done.end) == (T0 + 3.0, T0 + 6.1)  # from the keyframe before
    assert not done.encoded
    assert done.gaps == ()
    assert numbers(done.path) == [*range(75, 153)]
    assert done.pictures == 78
    assert moments(done.path) == pytest.approx([i / 25 for i in range(78)], abs=1e-4)
    assert list(tmp_path.glob("*.part")) == []


def test_export_joins_runs_and_shortens_a_gap(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(50), fragments(50, start=T0 + 3600))
    done = home.recordings.export("gate", T0, T0 + 3700, tmp_path / "clip.mp4")
    assert done.gaps == ((T0 + 2, T0 + 3600),)
    assert not done.encoded
    assert numbers(done.path) == [*range(50), *range(50)]
    steps = [b - a for a, b in pairwise(moments(done.path))]
    assert steps[49] == pytest.approx(1.04, abs=0.001)  # an hour became a second
    assert steps[:49] + steps[50:] == pytest.approx([0.04] * 98, abs=1e-4)


def test_export_encodes_anew_only_where_the_size_changed(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(50), fragments(50, (256, 160), start=T0 + 2))
    alike = home.recordings.export("gate", T0 + 2, T0 + 4, tmp_path / "alike.mp4")
    assert not alike.encoded
    both = home.recordings.export("gate", T0, T0 + 4, tmp_path / "both.mp4")
    assert both.encoded
    assert both.gaps == ()
    with av.open(str(both.path)) as container:
        sizes = [(picture.width, picture.height) for picture in container.decode(video=0)]
    assert sizes == [(192, 128)] * 100
    assert numbers(both.path)[:50] == [*range(50)]
    assert moments(both.path) == pytest.approx([i / 25 for i in range(100)], abs=1e-4)


def test_export_of_what_is_still_being_written(tmp_path: Path) -> None:
    home = house(tmp_path)
    writer = home.writer()
    for piece in fragments(100)[:6]:
        writer.write(piece)
    done = home.recordings.export("gate", T0, T0 + 10, tmp_path / "clip.mp4")
    assert numbers(done.path) == [*range(75)]
    assert done.end == pytest.approx(T0 + 3)
    writer.finish()


def test_export_of_nothing(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(25))
    with pytest.raises(UserError, match="nothing is recorded of camera gate from 2023-11-14"):
        home.recordings.export("gate", T0 + 100, T0 + 200, tmp_path / "clip.mp4")
    with pytest.raises(UserError, match="end after it starts"):
        home.recordings.export("gate", T0 + 1, T0 + 1, tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


def test_export_to_where_nobody_may_write(tmp_path: Path) -> None:
    home = house(tmp_path)
    home.record(fragments(25))
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserError, match="cannot write"):
        home.recordings.export("gate", T0, T0 + 1, tmp_path / "file" / "clip.mp4")


# --- letting go ----------------------------------------------------------------------------------

DAY = 86_400.0


def shelf(home: House, *rows: tuple[str, float, int]) -> None:
    """Finished segments: camera, age in days at T0, kilobytes. Each lasts a minute."""
    for n, (camera, age, size) in enumerate(rows):
        start = T0 - age * DAY
        id_ = f"{n:016x}"
        path = segment_path(camera, start, id_)
        home.segments.add(
            Segment(id_, camera, "run", path, start, start + 60, 0.0, size * 1000, "avc1")
        )
        (home.data / path).parent.mkdir(parents=True, exist_ok=True)
        (home.data / path).write_bytes(bytes(10))


def left(home: House) -> list[str]:
    rows = home.segments.oldest(1000)
    on_disk = sorted(home.data.rglob("*Z-*.mp4"))
    assert sorted(home.data / row.path for row in rows) == on_disk, "table and disk differ"
    return [row.id[-1] for row in rows]


def sweeping(home: House, free: int, *pins: Pin) -> Recordings:
    return Recordings(
        home.data, home.segments, home.options, pinned=lambda: pins, free=lambda _: free
    )


PLENTY = 1 << 50
ROWS = (("gate", 9, 400), ("yard", 8, 300), ("gate", 6, 200), ("yard", 5, 100), ("gate", 1, 50))


@pytest.mark.parametrize(
    ("story", "options", "free", "pins", "stays", "short"),
    [
        ("older than the days kept goes", {"days": 7}, PLENTY, (), "234", 0),
        ("nothing is due", {"days": 30}, PLENTY, (), "01234", 0),
        ("a full disk takes young ones too", {"min_free_gb": 1}, 999_350_000, (), "234", 0),
        ("as many as are needed", {"days": 30, "min_free_gb": 1}, 999_300_000, (), "234", 0),
        ("and not one more", {"days": 30, "min_free_gb": 1}, 999_600_000, (), "1234", 0),
        ("the most space used", {"days": 30, "max_gb": 0.0004}, PLENTY, (), "234", 0),
        (
            "an open alarm's minute stays, the next oldest goes instead",
            {"days": 30, "min_free_gb": 1},
            999_800_000,
            (Pin("gate", T0 - 9 * DAY + 30, T0 - 9 * DAY + 40),),
            "0234",
            0,
        ),
        (
            "also when it is too old",
            {"days": 2},
            PLENTY,
            (Pin("gate", T0 - 6 * DAY - 10, T0 - 6 * DAY + 1),),
            "24",
            0,
        ),
        (
            "another camera's alarm holds nothing",
            {"days": 7},
            PLENTY,
            (Pin("yard", T0 - 9 * DAY, T0 - 9 * DAY + 60),),
            "234",
            0,
        ),
        (
            "when all is not enough it says so",
            {"days": 30, "min_free_gb": 1},
            990_000_000,
            (),
            "",
            8_950_000,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_retention(
    tmp_path: Path,
    story: str,
    options: dict[str, float],
    free: int,
    pins: tuple[Pin, ...],
    stays: str,
    short: int,
) -> None:
    home = house(tmp_path, **options)
    shelf(home, *ROWS)
    before = home.segments.total_size()
    done = sweeping(home, free, *pins).sweep(T0)
    assert left(home) == list(stays), story
    assert done.deleted == len(ROWS) - len(stays)
    assert done.freed == before - home.segments.total_size()
    assert done.short == short
    assert bool(done.message) == bool(short)


def test_retention_never_takes_what_is_being_written(tmp_path: Path) -> None:
    home = house(tmp_path, min_free_gb=1)
    writer = home.writer(free=lambda _: PLENTY)
    for piece in fragments(100)[:6]:
        writer.write(piece)
    sweeping(home, 0).sweep(T0 + 365 * DAY)
    writer.finish()
    (segment,) = home.recordings.list("gate", T0, T0 + 60)
    assert numbers(tmp_path / segment.path) == [*range(75)]


def test_retention_over_many_files(tmp_path: Path) -> None:
    """More pinned files than one page of the table holds do not hide what comes after them."""
    home = house(tmp_path, days=1)
    shelf(home, *(("gate", 100 - n / 10, 1) for n in range(300)), ("yard", 3, 1), ("yard", 0.5, 1))
    sweeping(home, PLENTY, Pin("gate", 0, T0)).sweep(T0)
    assert {row.camera for row in home.segments.oldest(1000)} == {"gate", "yard"}
    assert len(left(home)) == 301


# --- after a crash -------------------------------------------------------------------------------


def unfinished(home: House, pieces: int = 5) -> Segment:
    """A segment as a process leaves it that died while writing."""
    writer = home.writer()
    for piece in fragments(100)[:pieces]:
        writer.write(piece)
    assert writer._file is not None
    writer._file._handle.close()
    (segment,) = home.segments.unfinished()
    return segment


@pytest.mark.parametrize("torn", [0, 1, 7, 8, 60, 400, 2000])
def test_a_torn_tail_is_cut_off(tmp_path: Path, torn: int) -> None:
    home = house(tmp_path)
    segment = unfinished(home)
    path = tmp_path / segment.path
    whole = path.stat().st_size
    with path.open("ab") as file:
        file.write(fragments(100)[5].data[:torn])
    (message,) = home.recordings.recover()
    assert "recording was interrupted; 2.5 seconds are kept" in message
    assert ("cut off" in message) == bool(torn)
    (found,) = home.recordings.list("gate", T0, T0 + 60)
    assert found.end == pytest.approx(T0 + 2.52)
    assert found.size == path.stat().st_size == whole
    assert numbers(path) == [*range(63)]
    assert home.recordings.recover() == []


def test_zeros_after_a_power_cut_are_no_video(tmp_path: Path) -> None:
    """A file system may have made the file longer and not have written what belongs there."""
    home = house(tmp_path)
    segment = unfinished(home)
    path = tmp_path / segment.path
    piece = fragments(100)[5].data
    header = piece.index(b"mdat") + 4
    with path.open("ab") as file:
        file.write(piece[:header] + bytes(len(piece) - header) + bytes(5000))
    home.recordings.recover()
    assert numbers(path) == [*range(63)]


@pytest.mark.parametrize("kept", [0, 20, 700])
def test_a_file_without_a_picture_goes(tmp_path: Path, kept: int) -> None:
    home = house(tmp_path)
    segment = unfinished(home, 1)
    os.truncate(tmp_path / segment.path, kept)
    (message,) = home.recordings.recover()
    assert "just been begun" in message
    assert home.segments.unfinished() == []
    assert not (tmp_path / segment.path).exists()


def test_a_row_whose_file_never_came(tmp_path: Path) -> None:
    home = house(tmp_path)
    segment = unfinished(home)
    (tmp_path / segment.path).unlink()
    (message,) = home.recordings.recover()
    assert "nothing of it reached the disk" in message
    assert home.segments.unfinished() == []


def test_missing_and_unknown_files_are_noticed(tmp_path: Path) -> None:
    home = house(tmp_path, segment_seconds=2)
    home.record(fragments(250))
    found = home.recordings.list("gate", T0, T0 + 60)
    (tmp_path / found[0].path).unlink()
    (tmp_path / found[1].path).unlink()
    home.segments.remove(found[3].id)
    (tmp_path / "recordings" / "gate" / "notes.txt").write_text("not ours")
    assert home.recordings.recover() == [
        "camera gate: 2 recorded files are missing from the disk and can no longer be played.",
        "camera gate: 1 recorded file the database did not know of was taken up again.",
    ]
    again = home.recordings.list("gate", T0, T0 + 60)
    assert [row.id for row in again] == [row.id for row in found[2:]]
    assert again[1] == replace(found[3], run=again[1].run)
    assert (tmp_path / "recordings" / "gate" / "notes.txt").exists()
    assert home.recordings.recover() == []


@given(
    st.text(min_size=1, max_size=40).filter(lambda s: "\x00" not in s and s.isprintable()),
    st.floats(0, 4e9),
)
@settings(max_examples=60, deadline=None)
def test_a_path_says_whose_it_is(camera: str, start: float) -> None:
    path = segment_path(camera, start, "0123456789abcdef")
    parsed = parse_path(path)
    assert parsed is not None
    assert parsed[0] == camera
    assert parsed[1] == pytest.approx(start, abs=2e-6)
    assert ".." not in path.split("/")


WRITER = """
import sys
from pathlib import Path
from support.house import house, fragments
home = house(Path(sys.argv[1]), segment_seconds=2)
writer = home.writer()
for piece in fragments(250):
    writer.write(piece)
    print(piece.end, flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("after", [1, 4, 5, 11])
def test_kill_9_loses_at_most_what_was_on_its_way(tmp_path: Path, after: int) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")]),
    }
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    written = 0.0
    for n in range(after):
        written = float(child.stdout.readline())
        if n < after - 1:
            child.stdin.write("\n")
            child.stdin.flush()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    home = house(tmp_path, segment_seconds=2)
    messages = home.recordings.recover()
    assert len(messages) == 1
    assert "recording was interrupted" in messages[0]
    found = home.recordings.list("gate", T0, T0 + 60)
    assert found[-1].end == pytest.approx(written)
    shown = [n for segment in found for n in numbers(tmp_path / segment.path)]
    assert shown == [*range(round((written - T0) * 25))]
    # and the next start carries on beside it
    home.record(fragments(50, start=T0 + 20))
    assert home.recordings.list("gate", T0 + 20, T0 + 60)[0].end == pytest.approx(T0 + 22)


def test_the_clock_of_a_sweep_asked_for_by_a_full_disk(tmp_path: Path) -> None:
    home = house(tmp_path, days=7)
    shelf(home, *ROWS)
    asked = Recordings(
        tmp_path, home.segments, home.options, free=lambda _: PLENTY, clock=lambda: T0
    )
    assert asked.make_room() == 700_000
    assert time.time() > T0  # by the wall clock everything would have gone
    assert left(home) == list("234")
