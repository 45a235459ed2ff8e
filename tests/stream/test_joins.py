"""Copied and encoded stretches in one file: what ``bench/joins.py`` does a thousand times."""

from __future__ import annotations

import functools
import importlib.util
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import av
import pytest

from streetlamp.stream import mp4
from streetlamp.stream.clip import ClipWriter
from streetlamp.values import CopiedGop
from support.gops import MAKERS, SIZE, STEP, TIME_BASE, Maker, numbers
from support.masked import masked

PLAIN, B_PYRAMID = MAKERS[0], MAKERS[3]


@functools.cache
def bench() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "bench" / "joins.py"
    spec = importlib.util.spec_from_file_location("bench_joins", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_joins"] = module
    spec.loader.exec_module(module)
    return module


def test_joins_decode_seek_and_keep_every_byte() -> None:
    totals, trouble = bench().measure(60, seed=11, ffmpeg=False)
    assert totals["joins"] == 60
    assert totals["copied"] > 200
    assert trouble.found == {}, trouble.first


def test_the_check_of_joins_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the other maker's parameter sets everything goes wrong, and is counted."""
    monkeypatch.setattr(mp4, "_merged", lambda configs: configs[0])
    _, trouble = bench().measure(12, seed=11, ffmpeg=False)
    assert {"clip: decoder gave up", "export: decoder gave up"} <= set(trouble.found)


def read(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path), "r") as container:
        return list(container.decode(video=0))


def packets(path: Path) -> list[bytes]:
    with av.open(str(path), "r") as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_a_clip_that_is_only_copied_is_the_input(tmp_path: Path) -> None:
    film = B_PYRAMID.film([30, 12, 1])
    with ClipWriter(tmp_path / "masked.mp4") as clip:
        for gop in film.gops():
            clip.copy(gop)
    assert packets(clip.path) == [unit.data for unit in film.units]
    assert (clip.frames, clip.copied, clip.repaired, clip.shift) == (43, 43, 0, 0)
    pictures = read(clip.path)
    assert [p.pts * p.time_base for p in pictures] == [Fraction(i, 25) for i in range(43)]
    with av.open(str(clip.path), "r") as container:
        stream = container.streams.video[0]
        assert stream.frames == 43
        assert stream.duration * stream.time_base == Fraction(43, 25)


@pytest.mark.parametrize(
    ("story", "first", "time_base", "shift"),
    [
        ("from 0", 0, (1, 90_000), 0),
        ("a late first picture", 9_000, (1, 90_000), 0),
        ("before 0", -STEP * 3, (1, 90_000), -STEP * 3),
        ("a camera that has run for a day", 90_000 * 86_400, (1, 90_000), 90_000 * 86_400),
        ("another clock", 12, (1, 12_800), 0),
        ("NTSC", 0, (1001, 30_000), 0),
    ],
)
@pytest.mark.parametrize("maker", [PLAIN, B_PYRAMID], ids=lambda maker: maker.name)
def test_timing_is_exact(
    tmp_path: Path, maker: Maker, story: str, first: int, time_base: tuple[int, int], shift: int
) -> None:
    """Copied, encoded, copied: each picture at its own tick, whatever the clock."""
    step = STEP if time_base == (1, 90_000) else 512 if time_base[0] == 1 else 1
    pts = [first + i * step for i in range(30)]
    with ClipWriter(tmp_path / "masked.mp4") as clip:
        for item in [*maker.film([10, 5]).gops(), None, *maker.film([7], 23).gops(23)]:
            if isinstance(item, CopiedGop):
                clip.copy(moved(item, pts, time_base))
                continue
            for i in range(15, 23):
                clip.write(masked(i, SIZE, pts=pts[i], time_base=time_base))
    pictures = read(clip.path)
    assert numbers(pictures) == [*range(30)]
    unit = Fraction(*time_base)
    wanted = [tick * unit - shift * unit for tick in pts]
    assert [p.pts * p.time_base for p in pictures] == wanted, story
    assert (clip.repaired, clip.shift, clip.copied) == (0, shift * time_base[0], 22)


def moved(gop: CopiedGop, pts: list[int], time_base: tuple[int, int]) -> CopiedGop:
    samples = tuple(replace(s, pts=pts[s.pts // STEP]) for s in gop.samples)
    return replace(gop, samples=samples, time_base=time_base)


def test_one_description_serves_both_makers(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "masked.mp4") as clip:
        clip.copy(next(PLAIN.film([10]).gops()))
        for i in range(10, 20):
            clip.write(masked(i, SIZE, pts=i * STEP, time_base=TIME_BASE))
    data = clip.path.read_bytes()
    assert data.count(b"avcC") == 1
    config = data[data.index(b"avcC") + 4 :]
    assert config[5] & 31 == 2  # two sequence parameter sets


def test_sets_that_change_under_one_id_go_with_the_pictures(tmp_path: Path) -> None:
    """And only they: each of the camera's bytes is there, behind its parameter sets."""
    films = [PLAIN.film([6, 6]), B_PYRAMID.film([8], 12), PLAIN.film([5], 20)]
    with ClipWriter(tmp_path / "masked.mp4") as clip:
        for film, start in zip(films, (0, 12, 20), strict=True):
            for gop in film.gops(start):
                clip.copy(gop)
    data = clip.path.read_bytes()
    assert data.count(b"avcC") == 2
    found = packets(clip.path)
    units = [unit for film in films for unit in film.units]
    for unit, packet in zip(units, found, strict=True):
        assert packet.endswith(unit.data)
        assert (packet != unit.data) == unit.key
    assert numbers(read(clip.path)) == [*range(25)]


def test_what_does_not_fit_is_encoded(tmp_path: Path) -> None:
    """A size that changes midway, and a clip of odd size, which H.264 cannot have."""
    other = next(PLAIN.film([6], 4, size=(320, 192)).gops(4))
    with ClipWriter(tmp_path / "size.mp4") as clip:
        clip.copy(next(PLAIN.film([4]).gops()))
        clip.copy(other)
        clip.copy(next(PLAIN.film([5], 10).gops(10)))
    pictures = read(clip.path)
    assert [(p.width, p.height) for p in pictures] == [SIZE] * 15
    assert numbers(pictures[:4] + pictures[10:]) == [*range(4), *range(10, 15)]
    assert (clip.frames, clip.copied) == (15, 9)
    with ClipWriter(tmp_path / "odd.mp4") as clip:
        clip.write(masked(0, (161, 97), pts=0, time_base=TIME_BASE))
        clip.copy(next(PLAIN.film([6], 1).gops(1)))
    assert [(p.width, p.height) for p in read(clip.path)] == [(161, 97)] * 7
    assert (clip.frames, clip.copied) == (7, 0)


def test_interrupted_after_copying_it_is_playable(tmp_path: Path) -> None:
    def work() -> None:
        with ClipWriter(tmp_path / "masked.mp4") as clip:
            clip.copy(next(PLAIN.film([9]).gops()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert numbers(read(tmp_path / "masked.incomplete.mp4")) == [*range(9)]
    assert [entry.name for entry in tmp_path.iterdir()] == ["masked.incomplete.mp4"]
