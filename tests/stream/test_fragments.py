"""Copied GOPs and masked frames become runs of fragments, each to be played by itself."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import av
import pytest

from streetlamp.stream import fmp4
from streetlamp.stream.boxes import config_of, init_segment, size_of
from streetlamp.stream.fragments import FragmentMaker
from streetlamp.stream.nals import as_mp4
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import CopiedGop, CopiedSample, Fragment, MaskedFrame
from support.gops import MAKERS, SIZE, STEP, T0, TIME_BASE, Film, Maker, numbers
from support.masked import masked

PLAIN, B_PYRAMID, START_CODES = MAKERS[0], MAKERS[3], MAKERS[4]


def frame(i: int) -> MaskedFrame:
    return masked(i % 256, SIZE, time=T0 + i / 25, pts=i * STEP, time_base=TIME_BASE)


def make(items: Sequence[CopiedGop | MaskedFrame]) -> list[Fragment]:
    maker = FragmentMaker("gate", EncodeOptions())
    done: list[Fragment] = []
    for item in items:
        done += maker.copy(item) if isinstance(item, CopiedGop) else maker.push(item, None)
    return done + maker.flush()


def runs(pieces: Sequence[Fragment]) -> list[list[Fragment]]:
    names = dict.fromkeys(piece.run for piece in pieces)
    return [[piece for piece in pieces if piece.run == name] for name in names]


def play(run: Sequence[Fragment]) -> tuple[list[int], list[float]]:
    """Numbers and moments (seconds after the clip's beginning) of a run's pictures."""
    with av.open(io.BytesIO(run[0].init + b"".join(p.data for p in run)), "r") as container:
        pictures = list(container.decode(video=0))
    shift = run[0].start - run[0].media_start - T0
    return numbers(pictures), [float(p.pts * p.time_base) + shift for p in pictures]


@pytest.mark.parametrize("maker", [PLAIN, B_PYRAMID, START_CODES], ids=lambda maker: maker.name)
def test_a_copied_run(maker: Maker) -> None:
    gops = list(maker.film([30, 25, 1, 40]).gops())
    pieces = make(gops)
    assert len(runs(pieces)) == 1
    shown, times = play(pieces)
    assert shown == [*range(96)]
    assert times == pytest.approx([i / 25 for i in range(96)], abs=1e-5)
    assert all(piece.keyframe for piece in pieces)
    # a GOP of one picture waits for the next: fragments have half a second at least
    assert [len(piece.tracks) for piece in pieces] == [30, 25, 41]
    assert [t.frame for piece in pieces for t in piece.tracks] == [*range(1, 97)]
    assert [p.start - T0 for p in pieces] == pytest.approx([0, 1.2, 2.2], abs=1e-6)
    assert [p.end - T0 for p in pieces] == pytest.approx([1.2, 2.2, 3.84], abs=1e-6)
    assert pieces[0].codec == "avc1." + gops[0].config[1:4].hex().upper()


@pytest.mark.parametrize("maker", MAKERS, ids=[maker.name for maker in MAKERS])
def test_every_bit_is_kept(maker: Maker) -> None:
    """What comes out of the file is what the camera sent, NAL unit for NAL unit."""
    film = maker.film([20, 9])
    (run,) = runs(make(list(film.gops())))
    with av.open(io.BytesIO(run[0].init + b"".join(p.data for p in run)), "r") as container:
        packets = [bytes(p) for p in container.demux(video=0) if p.size]
    assert len(packets) == len(film.units)
    for unit, packet in zip(film.units, packets, strict=True):
        if maker.annex_b:
            sent = [part.rstrip(b"\0") for part in unit.data.split(b"\0\0\1")[1:]]
            units, at = [], 0
            while at < len(packet):
                length = int.from_bytes(packet[at : at + 4], "big")
                units.append(packet[at + 4 : at + 4 + length])
                at += 4 + length
            assert units == sent
        else:
            assert packet == unit.data


def test_no_picture_is_shown_before_it_is_decoded() -> None:
    pieces = make(list(B_PYRAMID.film([30, 30]).gops()))
    with av.open(io.BytesIO(pieces[0].init + b"".join(p.data for p in pieces)), "r") as container:
        times = [(p.dts, p.pts) for p in container.demux(video=0) if p.size]
    assert all(dts <= pts for dts, pts in times)
    assert [dts for dts, _ in times] == sorted({dts for dts, _ in times})
    assert any(dts < pts for dts, pts in times)
    # the first picture is shown as much later as pictures are reordered
    assert pieces[0].media_start == pytest.approx(min(pts for _, pts in times) / 90_000)
    layout = fmp4.scan(io.BytesIO(pieces[0].init + b"".join(p.data for p in pieces)))
    assert [p.start for p in layout.pieces] == pytest.approx([p.media_start for p in pieces])
    assert layout.end - layout.start == pytest.approx(2.4)


def test_runs_follow_each_other_without_a_seam() -> None:
    copied = list(B_PYRAMID.film([25, 8], 17).gops(17))
    items = [*(frame(i) for i in range(17)), *copied, *(frame(i) for i in range(50, 80))]
    pieces = make(items)
    assert len(runs(pieces)) == 3
    for before, after in pairwise(pieces):
        assert after.start == pytest.approx(before.end, abs=1e-6)
    played = [play(run) for run in runs(pieces)]
    assert [n for shown, _ in played for n in shown] == [*range(80)]
    times = [time for _, moments in played for time in moments]
    assert times == pytest.approx([i / 25 for i in range(80)], abs=1e-5)


def second(film: Film, gap: float = 0.0) -> CopiedGop:
    gop = next(film.gops(20))
    samples = tuple(replace(sample, time=sample.time + gap) for sample in gop.samples)
    key = replace(gop.picture, time=gop.picture.time + gap)
    return replace(gop, samples=samples, picture=key, end=gop.end + gap)


@pytest.mark.parametrize(
    ("story", "after", "expected"),
    [
        ("right after, made alike", second(PLAIN.film([20])), 1),
        ("a millisecond later", second(PLAIN.film([20]), 0.001), 1),
        ("a second later", second(PLAIN.film([20]), 1.0), 2),
        ("before the first ended", second(PLAIN.film([20]), -0.5), 2),
        ("another make", second(B_PYRAMID.film([20])), 2),
        ("another size", second(PLAIN.film([20], size=(320, 240))), 2),
        ("more slices a picture", second(MAKERS[5].film([20])), 1),
    ],
)
def test_when_a_run_ends(story: str, after: CopiedGop, expected: int) -> None:
    first = next(PLAIN.film([20]).gops())
    pieces = make([first, after])
    assert len(runs(pieces)) == expected, story
    for run in runs(pieces):
        assert len(play(run)[0]) in (20, 40)


def test_all_intra_cameras_do_not_make_a_fragment_a_picture() -> None:
    pieces = make(list(PLAIN.film([1] * 60).gops()))
    assert [len(piece.tracks) for piece in pieces] == [12] * 5
    assert play(pieces)[0] == [*range(60)]


def test_deeper_reordering_later_is_a_new_run_and_then_never_again() -> None:
    """B-frames that come only later need a later start on the media timeline."""
    flat, deep = PLAIN.film([20]), B_PYRAMID.film([20])
    first = next(flat.gops())
    gops = [
        first,
        replace(next(deep.gops(20)), config=first.config),
        next(flat.gops(40)),
        replace(next(deep.gops(60)), config=first.config),
    ]
    maker = FragmentMaker("gate", EncodeOptions())
    pieces = [piece for gop in gops for piece in maker.copy(gop)] + maker.flush()
    assert [len(run) for run in runs(pieces)] == [1, 3]


@pytest.mark.parametrize("length_size", [0, 1, 2, 4])
def test_lengths_of_any_size(length_size: int) -> None:
    units = [b"\x65" + bytes([i]) * 50 for i in range(1, 4)]
    if length_size:
        data = b"".join(len(u).to_bytes(length_size, "big") + u for u in units)
    else:
        data = b"".join(b"\0\0\0\1" + u for u in units)
    assert as_mp4(data, length_size) == b"".join(len(u).to_bytes(4, "big") + u for u in units)
    if 0 < length_size < 4:
        with pytest.raises(ValueError, match="do not add up"):
            as_mp4(data[:-1], length_size)


def test_pictures_at_one_moment_are_both_shown() -> None:
    gop = next(PLAIN.film([5]).gops())
    samples = list(gop.samples)
    samples[2] = CopiedSample(samples[2].data, 3, samples[1].time, samples[2].pts)
    (piece,) = make([replace(gop, samples=tuple(samples))])
    assert play([piece])[0] == [*range(5)]


def test_the_init_segment_says_what_it_was_given() -> None:
    gop = next(B_PYRAMID.film([2]).gops())
    init = init_segment(gop.config, (160, 96), 90_000)
    assert config_of(init) == gop.config
    assert size_of(init) == (160, 96)
    assert fmp4.track_timescale(init) == 90_000
    with pytest.raises(ValueError, match="no avcC"):
        config_of(init[:60])
    with pytest.raises(ValueError, match="no avc1"):
        size_of(init[:60])
