"""`streetlamp process`: the files it writes are a contract, frame for frame."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from streetlamp.cli import main
from support.clips import cut, make_clip, make_resize

OUTPUTS = {"masked.mp4", "tracks.csv", "hidden.csv", "events.jsonl", "counts.csv", "report.json"}


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def streetlamp(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The command line, in this process: `streetlamp("process", …)`."""

    def call(*args: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["streetlamp", *map(str, args)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return call


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def times(path: Path) -> tuple[list[Fraction], tuple[int, int]]:
    """Every picture's time in seconds from the first, and the size."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = [frame.pts * frame.time_base for frame in container.decode(stream)]
        return [t - found[0] for t in found], (stream.width, stream.height)


def test_the_contract_on_a_clip_with_people(shared_data: Path, tmp_path: Path, streetlamp) -> None:
    clip = cut_frames(shared_data / "video" / "pets09_s2l1_a" / "clip.mp4", tmp_path, 40)
    done = streetlamp("process", clip, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} == OUTPUTS
    assert times(out / "masked.mp4") == times(clip)
    report = json.loads((out / "report.json").read_text())
    assert report["complete"]
    assert report["frames"] == report["frames_decoded"] == 40
    assert 0 < report["frames_looked_at"] <= 40
    assert len(report["model"]["sha256"]) == 64
    assert report["cpu_seconds"] > 0
    tracks, hidden = rows(out / "tracks.csv"), rows(out / "hidden.csv")
    assert list(tracks[0]) == ["frame", "id", "class", "x1", "y1", "x2", "y2", "score"]
    assert {int(row["frame"]) for row in tracks} == set(range(1, 41))
    assert len({(row["frame"], row["id"]) for row in tracks}) == len(tracks)
    assert {int(row["frame"]) for row in hidden} == set(range(1, 41))
    for row in hidden:
        assert 0 <= int(row["x1"]) < int(row["x2"]) <= 768
        assert 0 <= int(row["y1"]) < int(row["y2"]) <= 576


def cut_frames(clip: Path, folder: Path, frames: int) -> Path:
    """The first pictures of a clip, their packets copied."""
    out = folder / "short.mp4"
    with av.open(str(clip)) as source, av.open(str(out), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        packets = (packet for packet in source.demux(stream) if packet.dts is not None)
        for packet in islice(packets, frames):
            packet.stream = copy
            target.mux(packet)
    return out


def test_nothing_inside_a_hidden_rectangle_is_the_original(
    shared_data: Path, tmp_path: Path, streetlamp
) -> None:
    clip = cut_frames(shared_data / "video" / "pets09_s2l1_a" / "clip.mp4", tmp_path, 12)
    assert streetlamp("process", clip, "--out", tmp_path / "out", "--quiet").returncode == 0
    hidden = rows(tmp_path / "out" / "hidden.csv")
    with av.open(str(clip)) as a, av.open(str(tmp_path / "out" / "masked.mp4")) as b:
        pairs = zip(a.decode(video=0), b.decode(video=0), strict=True)
        for number, (before, after) in enumerate(pairs, 1):
            x, y = before.to_ndarray(format="gray"), after.to_ndarray(format="gray")
            outside = np.ones(x.shape, np.bool_)
            for row in (row for row in hidden if int(row["frame"]) == number):
                x1, y1, x2, y2 = (int(row[key]) for key in ("x1", "y1", "x2", "y2"))
                outside[y1:y2, x1:x2] = False
            inside = cv2.erode((~outside).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
            fine = [p.astype(np.float32) - cv2.blur(p.astype(np.float32), (7, 7)) for p in (x, y)]
            likeness = np.corrcoef(fine[0][inside], fine[1][inside])[0, 1]
            assert likeness < 0.45, "no detail of the original is left inside"
            assert np.corrcoef(fine[0][outside], fine[1][outside])[0, 1] > 0.8
            difference = np.abs(x.astype(int) - y.astype(int))[outside]
            assert difference.mean() < 6, "the rest of the picture stays as it was"


@pytest.mark.parametrize(
    "made",
    [
        {"name": "a.mp4", "codec": "h264"},
        {"name": "a.mkv", "codec": "h265"},
        {"name": "a.avi", "codec": "mjpeg"},
        {"name": "b.avi", "codec": "mpeg4"},
        {"name": "odd.avi", "codec": "mjpeg", "size": (161, 121)},
        {"name": "vfr.mp4", "pts": [0, 40, 120, 121, 300, 1000], "time_base": Fraction(1, 1000)},
        {"name": "slow.mp4", "fps": 1, "frames": 5},
    ],
    ids=lambda made: made["name"],
)
def test_every_kind_of_clip_comes_out_picture_for_picture(
    made: dict, tmp_path: Path, streetlamp
) -> None:
    made = dict(made)
    clip = make_clip(tmp_path / made.pop("name"), **made).path
    done = streetlamp("process", clip, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 0, done.stderr
    before, after = times(clip), times(tmp_path / "out" / "masked.mp4")
    assert after[1] == before[1]
    assert [round(float(t), 3) for t in after[0]] == [round(float(t), 3) for t in before[0]]


def test_a_clip_that_changes_its_size_midway_loses_no_picture(tmp_path: Path, streetlamp) -> None:
    clip = make_resize(tmp_path / "resize.h264", [(160, 120), (320, 240)]).path
    done = streetlamp("process", clip, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["complete"]
    assert len(times(tmp_path / "out" / "masked.mp4")[0]) == report["frames_decoded"]
    assert any("size" in warning for warning in report["warnings"])


def test_several_clips_get_a_folder_each_and_one_bad_one_does_not_stop_the_others(
    tmp_path: Path, streetlamp
) -> None:
    good = make_clip(tmp_path / "good.mp4").path
    bad = tmp_path / "bad.mp4"
    bad.write_text("Dear diary, this is no film.")
    done = streetlamp("process", bad, good, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 2
    assert "bad.mp4" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out" / "good" / "report.json").exists()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("notes.mp4", b"Dear diary, this is no film.\n" * 50, "notes.mp4"),
        ("empty.mp4", b"", "empty"),
        ("missing.mp4", None, "does not exist"),
    ],
)
def test_what_is_no_video_gets_one_clear_message(
    name: str, content: bytes | None, says: str, tmp_path: Path, streetlamp
) -> None:
    clip = tmp_path / name
    if content is not None:
        clip.write_bytes(content)
    done = streetlamp("process", clip, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3


def test_an_earlier_film_does_not_stand_beside_another_clips_tables(
    tmp_path: Path, streetlamp
) -> None:
    clip = make_clip(tmp_path / "good.mp4", frames=10).path
    bad = tmp_path / "bad.mp4"
    bad.write_text("no film")
    out = tmp_path / "out"
    assert streetlamp("process", clip, "--out", out, "--quiet").returncode == 0
    assert streetlamp("process", bad, "--out", out, "--quiet").returncode == 2
    assert not (out / "masked.mp4").exists()
    assert json.loads((out / "report.json").read_text())["frames"] == 0


def test_a_clip_is_never_written_over_itself(tmp_path: Path, streetlamp) -> None:
    clip = make_clip(tmp_path / "masked.mp4", frames=10).path
    before = clip.read_bytes()
    done = streetlamp("process", clip, "--out", tmp_path, "--quiet")
    assert (done.returncode, clip.read_bytes()) == (2, before)
    assert "over itself" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["masked.mp4"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--out", "clip.mp4"), "clip.mp4 is a file; the results need a folder"),
        (("--out", "out", "--camera", "gate"), "--camera needs --site"),
        (("--out", "out", "--start", "yesterday"), "is not a date and time"),
    ],
)
def test_options_that_cannot_be(
    arguments: tuple[str, ...],
    says: str,
    tmp_path: Path,
    streetlamp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    make_clip(tmp_path / "clip.mp4", frames=5)
    done = streetlamp("process", "clip.mp4", *arguments, "--quiet")
    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_truncated_clip_gives_what_there_is_and_says_so(tmp_path: Path, streetlamp) -> None:
    clip = cut(make_clip(tmp_path / "long.mkv", frames=60).path, tmp_path / "cut.mkv", 0.6)
    done = streetlamp("process", clip, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert 0 < report["frames"] < 60
    assert len(times(tmp_path / "out" / "masked.mp4")[0]) == report["frames"]


def test_ctrl_c_keeps_what_was_done(tmp_path: Path, streetlamp) -> None:
    clip = make_clip(tmp_path / "long.mp4", frames=3000, size=(640, 480)).path
    command = [
        sys.executable,
        "-m",
        "streetlamp",
        "process",
        str(clip),
        "--out",
        str(tmp_path / "out"),
        "-q",
    ]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    part = tmp_path / "out" / "masked.mp4.part"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not part.exists():  # it begins with the first picture
        time.sleep(0.05)
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Traceback" not in errors
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert not report["complete"]
    (left,) = (tmp_path / "out").glob("masked*.mp4")
    assert left.name != "masked.mp4"
    assert len(times(left)[0]) == report["frames"] > 0


def test_sound_is_kept_only_when_asked_for(tmp_path: Path, streetlamp) -> None:
    clip = make_clip(tmp_path / "a.mp4", audio=True).path
    for extra, tracks in ((), 0), (("--audio",), 1):
        done = streetlamp("process", clip, "--out", tmp_path / "out", "--quiet", *extra)
        assert done.returncode == 0, done.stderr
        with av.open(str(tmp_path / "out" / "masked.mp4")) as container:
            assert len(container.streams.audio) == tracks
        assert times(tmp_path / "out" / "masked.mp4") == times(clip)


def test_an_output_folder_that_cannot_be_written_to(tmp_path: Path, streetlamp) -> None:
    clip = make_clip(tmp_path / "a.mp4").path
    (tmp_path / "out").write_text("in the way")
    done = streetlamp("process", clip, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 2
    assert "out" in done.stderr
    assert "Traceback" not in done.stderr


def test_rules_of_a_site_file_make_events_and_counts(
    shared_data: Path, tmp_path: Path, streetlamp
) -> None:
    clip = cut_frames(shared_data / "video" / "pets09_s2l1_a" / "clip.mp4", tmp_path, 70)
    site = tmp_path / "site.yaml"
    site.write_text(
        "cameras:\n"
        "  path:\n"
        "    source: nowhere.mp4\n"
        "    zones: {road: [[0.1, 0.2], [0.95, 0.2], [0.95, 0.9], [0.1, 0.9]]}\n"
        "    lines: {middle: [[0.5, 0.1], [0.5, 0.95]]}\n"
        "    rules:\n"
        "      - {rule: intrusion, name: on the road, zone: road}\n"
        "      - {rule: line_crossing, name: passing, line: middle}\n"
    )
    done = streetlamp(
        "process", clip, "--out", tmp_path / "out", "--site", site, "-q",
        "--start", "2026-05-01T08:00:00+00:00",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    events = [
        json.loads(line) for line in (tmp_path / "out" / "events.jsonl").read_text().splitlines()
    ]
    assert any(event["kind"] == "intrusion" and event["place"] == "road" for event in events)
    for event in events:
        assert event["end"] >= event["start"] >= 1777622400
        assert 1 <= event["frame"] <= 70
    counts = rows(tmp_path / "out" / "counts.csv")
    assert any(row["place"] == "middle" and row["class"] == "person" for row in counts)
    assert {row["minute"][:14] for row in counts} == {"2026-05-01T08:"}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a small file system")
def test_a_full_disk_is_said_clearly(tmp_path: Path, streetlamp) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=200, size=(640, 480)).path
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount a small file system here")
    try:
        done = streetlamp("process", clip, "--out", small / "out", "--quiet")
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_detector_that_fails_hides_everything_and_is_spoken_of(
    tmp_path: Path, streetlamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, batch: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("streetlamp.video.detect.base.Detector.infer", broken)
    clip = make_clip(tmp_path / "a.mp4").path
    done = streetlamp("process", clip, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "looks failed" in done.stdout
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["frames_hidden_whole"] == report["frames"] > 0
