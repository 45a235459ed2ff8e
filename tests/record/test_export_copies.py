"""Exports across copied and encoded runs: one seamless file, nothing encoded anew."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from streetlamp.stream.fragments import FragmentMaker
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import CopiedGop, Fragment, MaskedFrame
from support.gops import MAKERS, SIZE, STEP, T0, TIME_BASE, Film, Maker, numbers
from support.house import house
from support.masked import masked

PLAIN, B_PYRAMID, START_CODES = MAKERS[0], MAKERS[3], MAKERS[4]


def fragments(film: Film, size: tuple[int, int] = SIZE) -> list[Fragment]:
    """Six seconds: two encoded, two of the film copied, two encoded of `size`."""
    items: list[CopiedGop | MaskedFrame] = [frame(i, SIZE) for i in range(50)]
    items += film.gops(50)
    items += [frame(i, size) for i in range(100, 150)]
    made = FragmentMaker("gate", EncodeOptions())
    done: list[Fragment] = []
    for item in items:
        done += made.copy(item) if isinstance(item, CopiedGop) else made.push(item, None)
    return done + made.flush()


def film(maker: Maker) -> Film:
    """Made once and kept where bytes are compared: x264 need not do the same twice."""
    return maker.film([20, 30], 50)


def frame(i: int, size: tuple[int, int]) -> MaskedFrame:
    return masked(i, size, time=T0 + i / 25, pts=i * STEP, time_base=TIME_BASE)


def read(path: Path) -> tuple[list[int], list[float]]:
    with av.open(str(path), "r") as container:
        pictures = list(container.decode(video=0))
    return numbers(pictures), [float(p.pts * p.time_base) for p in pictures]


@pytest.mark.parametrize("maker", [PLAIN, B_PYRAMID, START_CODES], ids=lambda maker: maker.name)
@pytest.mark.parametrize(
    ("story", "start", "end", "expected"),
    [
        ("everything", 0.0, 6.0, (0, 150)),
        ("from one run into the next", 1.5, 3.0, (25, 75)),
        ("inside the copied run", 2.9, 3.5, (70, 88)),
        ("the end of a copied run into the last", 3.0, 4.5, (70, 113)),
    ],
)
def test_a_stretch_across_runs(
    tmp_path: Path, maker: Maker, story: str, start: float, end: float, expected: tuple[int, int]
) -> None:
    home = house(tmp_path, segment_seconds=2)
    home.record(tuple(fragments(film(maker))))
    assert len(home.recordings.list("gate", T0, T0 + 10)) == 3
    assert home.recordings.gaps("gate", T0, T0 + 6) == []
    path = tmp_path / "out.mp4"
    made = home.recordings.export("gate", T0 + start, T0 + end, path)
    shown, times = read(path)
    first, last = expected
    count = last - first
    assert shown[:count] == [*range(first, last)], story
    # with B-frames a picture after the end stays where one before it needs it
    assert len(shown) - count <= maker.b_frames
    assert times == sorted(set(times))
    assert times[:count] == pytest.approx([(i - first) / 25 for i in range(first, last)], abs=1e-4)
    assert not made.encoded
    assert made.gaps == ()
    assert made.start == pytest.approx(T0 + first / 25)


def test_copied_pictures_keep_their_bytes(tmp_path: Path) -> None:
    home = house(tmp_path)
    camera = film(B_PYRAMID)
    home.record(tuple(fragments(camera)))
    path = tmp_path / "out.mp4"
    home.recordings.export("gate", T0, T0 + 6, path)
    with av.open(str(path), "r") as container:
        packets = {bytes(packet) for packet in container.demux(video=0)}
    assert all(unit.data in packets for unit in camera.units)


def test_only_what_has_another_size_is_encoded(tmp_path: Path) -> None:
    home = house(tmp_path)
    camera = film(PLAIN)
    home.record(tuple(fragments(camera, (320, 192))))
    path = tmp_path / "out.mp4"
    made = home.recordings.export("gate", T0, T0 + 6, path)
    assert made.encoded
    with av.open(str(path), "r") as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == SIZE
        packets = [bytes(packet) for packet in container.demux(stream)]
    assert made.pictures == 150
    # the two encoders call different sets by one id here, so keyframes stand behind their sets
    for unit, packet in zip(camera.units, packets[50:], strict=False):
        assert packet.endswith(unit.data)
    shown, _ = read(path)
    assert shown[:100] == [*range(100)]
    assert len(shown) == 150
