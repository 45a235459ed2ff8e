"""Files and folders: what comes out of good, odd and broken ones."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.video.raw import RawFrame
from streetlamp.video.source import Source, SourceError, SourceOptions, make_source
from support.check_source import rising, taken
from support.clips import cut, make_clip, make_resize, make_sound, numbers, wrecked


def play(path: Path, **options: object) -> tuple[list[RawFrame], Source]:
    source = make_source(
        "yard", str(path), SourceOptions(url=str(path), **options), live=False  # type: ignore[arg-type]
    )  # fmt: skip
    return list(source.frames()), source


def seen(frames: list[RawFrame]) -> list[int]:
    return numbers([frame.picture for frame in frames])


@pytest.mark.parametrize(
    ("codec", "ending", "size"),
    [
        ("h264", "mp4", (160, 120)),
        ("h264", "mkv", (161, 121)),
        ("h264", "avi", (160, 120)),
        ("h264", "ts", (320, 180)),
        ("h264", "h264", (160, 120)),
        ("h265", "mp4", (160, 120)),
        ("h265", "mkv", (161, 121)),
        ("mpeg4", "avi", (161, 121)),
        ("mpeg4", "mp4", (160, 120)),
        ("mjpeg", "avi", (161, 121)),
        ("mjpeg", "mkv", (160, 120)),
        ("mjpeg", "mjpeg", (160, 120)),
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_every_codec_gives_every_picture_once_in_order(
    tmp_path: Path, codec: str, ending: str, size: tuple[int, int], threads: int
) -> None:
    clip = make_clip(tmp_path / f"a.{ending}", codec=codec, size=size, frames=25)
    frames, source = play(clip.path, threads=threads)
    assert seen(frames) == list(range(25))
    assert {frame.size for frame in frames} == {size}
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(25) / 25, atol=1e-6)
    assert source.warnings == []


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi", "h264"])
def test_b_frames_come_in_presentation_order(tmp_path: Path, ending: str) -> None:
    clip = make_clip(tmp_path / f"b.{ending}", b_frames=2, frames=30)
    frames, _ = play(clip.path)
    assert seen(frames) == list(range(30))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(30) / 25, atol=1e-6)


def test_a_variable_rate_is_kept_exactly(tmp_path: Path) -> None:
    stamps = [0, 40, 120, 121, 500, 4000, 4040]
    clip = make_clip(tmp_path / "v.mp4", pts=stamps, time_base=Fraction(1, 1000))
    frames, source = play(clip.path)
    assert [frame.pts * frame.time_base * 1000 for frame in frames] == stamps
    assert source.warnings == []


def test_a_stream_without_times_takes_the_rate_it_is_given(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.h264", frames=10)
    frames, _ = play(clip.path, fps=12.5)
    assert [round(frame.time, 6) for frame in frames] == [n / 12.5 for n in range(10)]


def test_a_change_of_size_midway_just_comes(tmp_path: Path) -> None:
    for ending in ("h264", "ts"):
        clip = make_resize(tmp_path / f"r.{ending}", [(160, 120), (320, 240), (96, 64)], 5)
        frames, _ = play(clip.path)
        sizes = [size for size, _ in itertools.groupby(frame.size for frame in frames)]
        assert sizes == [(160, 120), (320, 240), (96, 64)]
        assert seen(frames) == list(range(15))
        assert rising([frame.pts for frame in frames])


def test_damaged_packets_are_left_out_and_counted(tmp_path: Path) -> None:
    jpegs = make_clip(tmp_path / "whole.mkv", codec="mjpeg", frames=30).path
    data = bytearray(jpegs.read_bytes())
    at = [n for n in range(len(data) - 3) if data[n : n + 3] == b"\xff\xd8\xff"]
    for start in at[5:8]:
        data[start : start + 700] = bytes(700)
    (tmp_path / "bad.mkv").write_bytes(data)
    frames, source = play(tmp_path / "bad.mkv")
    assert seen(frames) == [*range(5), *range(8, 30)]
    assert source.warnings == ["bad.mkv: 3 damaged packets were left out"]


@pytest.mark.parametrize(("codec", "ending"), [("mpeg4", "avi"), ("h264", "mp4"), ("h264", "ts")])
def test_damage_in_the_middle_does_not_end_a_clip(tmp_path: Path, codec: str, ending: str) -> None:
    whole = make_clip(tmp_path / f"w.{ending}", codec=codec, size=(320, 240), frames=60).path
    frames, _ = play(wrecked(whole, tmp_path / f"bad.{ending}", length=900))
    assert 40 <= len(frames) <= 60
    assert seen(frames)[-5:] == list(range(55, 60))
    assert rising([frame.pts for frame in frames])


def test_ffmpeg_does_not_chatter_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = make_clip(tmp_path / "w.ts", size=(320, 240), frames=60).path
    capfd.readouterr()
    play(wrecked(whole, tmp_path / "bad.ts", length=3000))
    _text(tmp_path / "notes.mp4")
    with pytest.raises(SourceError):
        play(tmp_path / "notes.mp4")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("codec", "ending", "says"),
    [
        ("mpeg4", "avi", r"cut off or damaged: \d+ of 50 pictures"),
        ("h264", "mkv", r"cut off or damaged: \d\.\d of 2\.0 seconds"),
        ("h264", "ts", ""),  # nothing in a transport stream says how long it should be
    ],
)
def test_a_truncated_clip_gives_what_is_there_and_says_so(
    tmp_path: Path, codec: str, ending: str, says: str
) -> None:
    whole = make_clip(tmp_path / f"w.{ending}", codec=codec, size=(320, 240), frames=50).path
    frames, source = play(cut(whole, tmp_path / f"cut.{ending}", 0.6))
    assert 5 < len(frames) < 45
    assert seen(frames) == list(range(len(frames)))
    assert re.search(says, " ".join(source.warnings))


def _text(path: Path) -> None:
    path.write_text("Monday: nothing happened.\n" * 200)


def _empty(path: Path) -> None:
    path.touch()


def _zeros(path: Path) -> None:
    path.write_bytes(bytes(5000))


def _cut_mp4(path: Path) -> None:
    whole = make_clip(path.with_name("whole.mp4"), frames=30).path
    cut(whole, path, 0.6)


def _sound(path: Path) -> None:
    make_sound(path.with_suffix(".m4a")).rename(path)


def _pdf(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 20)


def _noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).integers(0, 256, 9000, np.uint8).tobytes())


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_text, "notes.mp4 is not a video file: it holds text"),
        (_empty, "notes.mp4 is empty"),
        (_zeros, "holds nothing but zeros"),
        (_cut_mp4, "notes.mp4 was cut off"),
        (_sound, "notes.mp4 is not a video file: it holds only audio"),
        (_pdf, "it holds a PDF document"),
        (_noise, "notes.mp4 is damaged, or not a video file"),
        (None, "there is no file"),
    ],
)
@pytest.mark.parametrize("live", [False, True])
def test_what_cannot_be_played_is_said_in_one_sentence(
    tmp_path: Path, make: Callable[[Path], None] | None, says: str, live: bool
) -> None:
    path = tmp_path / "notes.mp4"
    if make is not None:
        make(path)
    source = make_source("yard", str(path), live=live)
    with pytest.raises(SourceError, match=says) as caught:
        list(source.frames())
    assert not caught.value.retry
    assert "\n" not in str(caught.value)
    with pytest.raises(SourceError, match=says):
        source.probe()


def test_text_that_ffmpeg_would_draw_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    _text(path)
    with pytest.raises(SourceError, match="text"):
        play(path)


def test_a_clip_in_which_nothing_can_be_decoded(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", codec="mjpeg", frames=5).path
    data = bytearray(whole.read_bytes())
    for at in [n for n in range(len(data) - 3) if data[n : n + 3] == b"\xff\xd8\xff"]:
        data[at : at + 600] = bytes(600)
    bad = tmp_path / "bad.mkv"
    bad.write_bytes(data)
    for loop in (False, True):
        with pytest.raises(SourceError, match=r"bad\.mkv"):
            play(bad, loop=loop)


def test_a_folder_is_its_clips_one_after_another_by_name(tmp_path: Path) -> None:
    make_clip(tmp_path / "b.mp4", first=10, frames=10, fps=10)
    make_clip(tmp_path / "a.avi", codec="mpeg4", frames=10)
    make_clip(tmp_path / "c.mp4", first=20, frames=5)
    (tmp_path / "readme.txt").write_text("not a clip")
    frames, source = play(tmp_path)
    assert seen(frames) == list(range(25))
    assert [frame.frame for frame in frames] == list(range(1, 26))
    times = [n / 25 for n in range(10)] + [0.4 + n / 10 for n in range(10)]
    times += [1.4 + n / 25 for n in range(5)]
    np.testing.assert_allclose([frame.time for frame in frames], times, atol=1e-4)
    probe = source.probe()
    assert probe.frames == 25
    assert probe.duration == pytest.approx(1.6, abs=0.05)


def test_a_bad_clip_in_a_folder_is_left_out_and_named(tmp_path: Path) -> None:
    make_clip(tmp_path / "a.mp4", frames=5)
    _text(tmp_path / "b.mp4")
    make_clip(tmp_path / "c.mp4", first=5, frames=5)
    frames, source = play(tmp_path)
    assert seen(frames) == list(range(10))
    assert source.warnings == ["left out: b.mp4 is not a video file: it holds text"]


def test_a_folder_without_clips_says_where_they_may_be(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    with pytest.raises(SourceError, match=r"no clips or pictures in .*: frames"):
        play(tmp_path)


def test_pictures_one_or_a_folder_of_any_sizes(tmp_path: Path) -> None:
    sizes = [(160, 120), (97, 53), (320, 200)]
    for number, (width, height) in enumerate(sizes, 1):
        ending = "png" if number == 2 else "jpg"
        image = np.full((height, width, 3), 40 * number, np.uint8)
        cv2.imwrite(str(tmp_path / f"{number:06d}%.{ending}"), image)
    (tmp_path / "000004.jpg").write_bytes(b"not a picture")
    frames, source = play(tmp_path, fps=2)
    assert [frame.size for frame in frames] == sizes
    assert [frame.time for frame in frames] == [0.0, 0.5, 1.0]
    assert len(source.warnings) == 1
    assert "000004.jpg" in source.warnings[0]
    frames, _ = play(tmp_path / "000001%.jpg")
    assert [(frame.size, frame.time) for frame in frames] == [((160, 120), 0.0)]


def test_a_loop_goes_on_in_one_count(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=10)
    options = SourceOptions(url=str(clip.path), loop=True)
    frames = taken(make_source("yard", str(clip.path), options, live=False), 35)
    assert seen(frames) == [n % 10 for n in range(35)]
    assert [frame.frame for frame in frames] == list(range(1, 36))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(35) / 25, atol=1e-6)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("rtps://10.0.0.1/x", "did you mean rtsp"),
        ("gopher://10.0.0.1/x", "there are file, http"),
        ("test:?size=big", "size"),
        ("test:?sise=10x10", "a test address takes size"),
    ],
)
def test_an_address_nobody_can_play(url: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        make_source("yard", url, live=True)


def test_file_addresses_in_all_spellings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_clip(tmp_path / "a:b.mp4", frames=3)
    monkeypatch.chdir(tmp_path)
    for url in ("a:b.mp4", "file:a:b.mp4", f"file://{tmp_path}/a:b.mp4", f"{tmp_path}/a:b.mp4"):
        assert len(list(make_source("yard", url, live=False).frames())) == 3


def test_a_webcam_that_is_not_there() -> None:
    source = make_source("yard", "99", live=True)
    assert source.describe() == "webcam 99"
    with pytest.raises(SourceError, match="webcam"):
        list(source.frames())
