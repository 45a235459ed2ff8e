"""Compiled models kept between starts: used only when they are exactly what was written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from streetlamp.video.detect import DetectOptions, load_detector
from streetlamp.video.detect.compiled import FILES_KEPT, Kept, cache_folder


def only_file(folder: Path) -> Path:
    (path,) = folder.glob("*.model")
    return path


def test_what_was_kept_comes_back_for_the_same_thing_alone(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "streetlamp")
    kept.write("model A, 256×416", b"weights")
    assert kept.read("model A, 256×416") == b"weights"
    assert kept.read("model A, 416×416") is None
    assert (tmp_path / "streetlamp").stat().st_mode & 0o077 == 0, "others can look in"


def flip(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda c: flip(c, len(c) - 1), id="a bit of the weights"),
        pytest.param(lambda c: flip(c, 0), id="a bit of the digest"),
        pytest.param(lambda c: c[:-1], id="cut short"),
        pytest.param(lambda c: b"", id="empty"),
        pytest.param(lambda c: c + b"x", id="something behind it"),
    ],
)
def test_a_damaged_file_is_not_used(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    kept = Kept(tmp_path)
    tmp_path.chmod(0o700)
    kept.write("a model", b"weights" * 100)
    path = only_file(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert kept.read("a model") is None


def test_one_models_file_under_anothers_name_is_not_used(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "a")
    kept.write("a model", b"weights")
    content = only_file(tmp_path / "a").read_bytes()
    kept.write("another", b"others")
    for path in (tmp_path / "a").glob("*.model"):
        path.write_bytes(content)
    assert kept.read("another") is None


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_write_to_is_not_used(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "streetlamp"
    kept = Kept(folder)
    kept.write("a model", b"weights")
    folder.chmod(mode)
    assert kept.read("a model") is None
    kept.write("another", b"weights")
    assert len(list(folder.iterdir())) == 1


def test_without_a_place_to_keep_them_nothing_breaks(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for kept in (Kept(None), Kept(tmp_path / "file"), Kept(tmp_path / "file" / "below")):
        kept.write("a model", b"weights")
        assert kept.read("a model") is None


def test_the_longest_unused_go(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "streetlamp")
    for number in range(FILES_KEPT):
        kept.write(str(number), b"weights")
        path = max((tmp_path / "streetlamp").iterdir(), key=lambda one: one.stat().st_mtime_ns)
        os.utime(path, (number, number))
    assert kept.read("0") is not None  # used: it is the youngest now
    kept.write("one more", b"weights")
    assert kept.read("0") is not None
    assert kept.read("1") is None
    assert len(list((tmp_path / "streetlamp").iterdir())) == FILES_KEPT


@pytest.mark.parametrize(
    ("told", "expected"),
    [("/somewhere", "/somewhere/streetlamp"), ("", "home/.cache/streetlamp"),
     ("relative", "home/.cache/streetlamp")],
)  # fmt: skip
def test_where_they_are_kept(
    told: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", told)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / expected  # an absolute one wins over tmp_path


def answers(picture: av.VideoFrame) -> list[np.ndarray]:
    detector = load_detector(DetectOptions(runtime="openvino", min_score=0.01, threads=1))
    found = detector.look(picture)
    return [found.box, found.kind, found.score]


def test_a_kept_model_sees_what_a_new_one_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First compiled, then as kept, then with one bit of what was kept turned."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pixels = np.random.default_rng(3).integers(0, 255, (36, 64, 3), np.uint8)
    picture = av.VideoFrame.from_ndarray(pixels.repeat(10, 0).repeat(10, 1), format="bgr24")
    new = answers(picture)
    assert len(new[2]), "a picture in which nothing is seen proves nothing"
    path = only_file(tmp_path / "streetlamp")
    inode, good = path.stat().st_ino, path.read_bytes()
    assert all(map(np.array_equal, new, answers(picture)))
    assert path.stat().st_ino == inode, "it was compiled again although it was kept"
    path.write_bytes(flip(good, len(good) // 2))
    assert all(map(np.array_equal, new, answers(picture)))
    assert path.stat().st_ino != inode, "it was not compiled again although it was damaged"


def test_what_is_no_model_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest is right, but OpenVINO cannot take it in (another build's, say)."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    picture = av.VideoFrame.from_ndarray(np.full((360, 640, 3), 90, np.uint8), format="bgr24")
    new = answers(picture)
    monkeypatch.setattr(Kept, "read", lambda self, about: b"no model at all")
    assert all(map(np.array_equal, new, answers(picture)))
