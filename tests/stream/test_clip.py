"""masked.mp4 has its input's pictures, size and timing, whatever the input was like."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.errors import UserError
from streetlamp.stream.clip import ClipWriter
from support.masked import masked, number_in


def write(
    path: Path,
    pts: Sequence[int],
    time_base: tuple[int, int] = (1, 25),
    size: tuple[int, int] = (192, 128),
) -> ClipWriter:
    with ClipWriter(path) as clip:
        for i, tick in enumerate(pts):
            clip.write(masked(i % 256, size, pts=tick, time_base=time_base))
    return clip


def read(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path), "r") as container:
        return list(container.decode(video=0))


def moments(path: Path) -> list[Fraction]:
    """Exact seconds of every picture."""
    return [picture.pts * picture.time_base for picture in read(path)]


def number(picture: av.VideoFrame) -> int:
    plane = picture.planes[0]
    return number_in(np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size))


@pytest.mark.parametrize(
    ("story", "time_base", "pts"),
    [
        ("25 a second", (1, 25), [*range(40)]),
        ("NTSC", (1001, 30000), [*range(40)]),
        ("90 kHz, uneven", (1, 90000), [0, 3003, 6006, 12012, 12013, 90000, 90001, 180000]),
        ("milliseconds, one long stand", (1, 1000), [0, 33, 67, 100, 7_200_000, 7_200_033]),
        ("nanoseconds", (1, 1_000_000_000), [0, 33_333_333, 66_666_667, 100_000_000]),
        ("does not begin at 0", (1, 12800), [1024, 1536, 2048, 4096]),
        ("one picture", (1, 25), [0]),
        ("one tick apart", (1, 15360), [*range(30)]),
    ],
)
def test_timing_is_exact(
    tmp_path: Path, story: str, time_base: tuple[int, int], pts: list[int]
) -> None:
    clip = write(tmp_path / "masked.mp4", pts, time_base)
    unit = Fraction(*time_base)
    assert moments(clip.path) == [tick * unit for tick in pts], story
    assert (clip.frames, clip.repaired, clip.shift) == (len(pts), 0, 0)
    assert [number(picture) for picture in read(clip.path)] == [*range(len(pts))]
    assert [entry.name for entry in tmp_path.iterdir()] == ["masked.mp4"]


@given(
    st.lists(st.integers(1, 400_000), min_size=1, max_size=12),
    st.integers(0, 100_000),
    st.sampled_from([(1, 90000), (1, 10240), (1001, 60000), (1, 1_000_000), (1, 600)]),
)
@settings(max_examples=25, deadline=None)
def test_any_rising_timing_is_exact(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[int],
    first: int,
    time_base: tuple[int, int],
) -> None:
    unit = Fraction(*time_base)
    first = min(first, int(10 / unit))
    pts = [first]
    for step in steps:
        pts.append(pts[-1] + step)
    clip = write(tmp_path_factory.mktemp("clip") / "masked.mp4", pts, time_base, (64, 48))
    assert moments(clip.path) == [tick * unit for tick in pts]


def test_how_long_the_pictures_stand(tmp_path: Path) -> None:
    """Players go by durations: each lasts until the next, the last as long as the one before."""
    clip = write(tmp_path / "masked.mp4", [0, 3, 4, 10], (1, 30))
    with av.open(str(clip.path), "r") as container:
        stream = container.streams.video[0]
        assert [p.duration for p in container.demux(stream) if p.size] == [3, 1, 6, 6]
        assert stream.frames == 4
        assert stream.duration == 16


@pytest.mark.parametrize(
    "size", [(191, 128), (192, 127), (321, 241), (1, 1), (2, 2), (16, 16), (3, 500)]
)
def test_any_size_is_kept(tmp_path: Path, size: tuple[int, int]) -> None:
    clip = write(tmp_path / "masked.mp4", [0, 1, 5, 6], size=size)
    pictures = read(clip.path)
    assert [(p.width, p.height, p.format.name) for p in pictures] == [(*size, "yuv420p")] * 4
    assert moments(clip.path) == [Fraction(n, 25) for n in (0, 1, 5, 6)]
    if size[0] >= 128 and size[1] >= 16:
        assert [number(picture) for picture in pictures] == [0, 1, 2, 3]


@pytest.mark.parametrize("size", [(320, 240), (321, 241)])
@pytest.mark.parametrize("full_range", [False, True])
def test_picture_and_range_are_kept(
    tmp_path: Path, size: tuple[int, int], full_range: bool
) -> None:
    frames = [masked(i, size, pts=i, full_range=full_range) for i in range(10)]
    with ClipWriter(tmp_path / "masked.mp4") as clip:
        for frame in frames:
            clip.write(frame)
    for frame, picture in zip(frames, read(clip.path), strict=True):
        plane = picture.planes[0]
        luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        off = luma[: size[1], : size[0]].astype(int) - frame.y
        assert abs(off).mean() < 4
        assert (picture.color_range == 2) == full_range


@pytest.mark.parametrize(
    ("story", "pts", "expected", "shift", "repaired"),
    [
        ("before 0", [-10, -5, 0], [0, 5, 10], -10, 0),
        ("a camera that has run for a day", [2_160_000, 2_160_005], [0, 5], 2_160_000, 0),
        ("times that do not rise", [0, 5, 5, 3, 9], [0, 5, 6, 7, 9], 0, 2),
    ],
)
def test_timing_that_a_clip_cannot_have(
    tmp_path: Path, story: str, pts: list[int], expected: list[int], shift: int, repaired: int
) -> None:
    clip = write(tmp_path / "masked.mp4", pts)
    assert moments(clip.path) == [Fraction(n, 25) for n in expected], story
    assert (clip.frames, clip.shift, clip.repaired) == (len(pts), shift, repaired)


def test_a_size_that_changes_midway(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "masked.mp4") as clip:
        for i, size in enumerate([(320, 240), (640, 480), (161, 121), (320, 240)]):
            clip.write(masked(i, size, pts=i))
    pictures = read(clip.path)
    assert [(p.width, p.height) for p in pictures] == [(320, 240)] * 4
    assert number(pictures[0]) == 0
    assert number(pictures[3]) == 3


def test_a_time_base_that_changes_midway(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "masked.mp4") as clip:
        clip.write(masked(0, pts=0, time_base=(1, 100)))
        clip.write(masked(1, pts=1, time_base=(1, 25)))
        clip.write(masked(2, pts=1, time_base=(1, 3)))
    assert moments(clip.path) == [0, Fraction(4, 100), Fraction(33, 100)]
    assert clip.repaired == 1


def test_some_at_once_make_the_same_file_as_one_by_one(tmp_path: Path) -> None:
    frames = [masked(i, (192, 128), pts=3 * i, time_base=(1, 75)) for i in range(12)]
    with ClipWriter(tmp_path / "single.mp4") as single, ClipWriter(tmp_path / "some.mp4") as some:
        for frame in frames:
            single.write(frame)
        some.write_all(frames[:5])
        some.write_all([])
        some.write_all(frames[5:])
    assert some.frames == single.frames == 12
    assert (tmp_path / "some.mp4").read_bytes() == (tmp_path / "single.mp4").read_bytes()


def test_no_picture_no_file(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "masked.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


class Stop(KeyboardInterrupt):
    """Ctrl-C."""


@pytest.mark.parametrize("pictures", [0, 1, 30])
def test_interrupted_it_is_playable_and_says_so(tmp_path: Path, pictures: int) -> None:
    (tmp_path / "masked.mp4").write_bytes(b"an older one")

    def work() -> Iterator[None]:
        with ClipWriter(tmp_path / "masked.mp4") as clip:
            for i in range(pictures):
                clip.write(masked(i, pts=i))
            raise Stop
        yield

    with pytest.raises(Stop):
        next(work())
    assert (tmp_path / "masked.mp4").read_bytes() == b"an older one"
    incomplete = tmp_path / "masked.incomplete.mp4"
    assert incomplete.exists() == bool(pictures)
    assert not (tmp_path / "masked.mp4.part").exists()
    if pictures:
        assert [number(picture) for picture in read(incomplete)] == [*range(pictures)]


def test_closed_is_closed(tmp_path: Path) -> None:
    clip = write(tmp_path / "masked.mp4", [0, 1])
    clip.close()
    clip.abort()
    assert clip.path.exists()
    with pytest.raises(ValueError, match="already closed"):
        clip.write(masked(2, pts=2))


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserError, match="cannot write"):
        write(tmp_path / "file" / "masked.mp4", [0])


def write_noise(path: Path) -> None:
    """Pictures that cannot be made small."""
    noise = np.random.default_rng(0)
    with ClipWriter(path) as clip:
        for i in range(60):
            frame = masked(i, pts=i)
            clip.write(replace(frame, y=noise.integers(0, 255, frame.y.shape, np.uint8)))


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("not root: a clip on a really full disk is NOT checked")
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no tmpfs here: a clip on a really full disk is NOT checked")
    try:
        with pytest.raises(UserError, match=os.strerror(errno.ENOSPC)):
            write_noise(folder / "masked.mp4")
        # what is left, if anything, plays
        for entry in folder.iterdir():
            assert entry.name == "masked.incomplete.mp4"
            assert read(entry)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_without_an_encoder_there_is_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streetlamp.stream.track.H264_ENCODERS", ("no_such_encoder",))
    with pytest.raises(UserError, match=r"no H\.264 encoder works"):
        write(tmp_path / "masked.mp4", [0])
    monkeypatch.setattr("streetlamp.stream.track.ODD_ENCODER", "no_such_encoder")
    with pytest.raises(UserError, match="no working VP9 encoder"):
        write(tmp_path / "masked.mp4", [0], size=(31, 31))
    assert list(tmp_path.iterdir()) == []
