"""Frames in, fragments out: exact in time, prompt, and playable from every keyframe."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.errors import UserError
from streetlamp.stream import fmp4
from streetlamp.stream.encode import Encoder
from streetlamp.stream.nals import length_prefixed
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import Fragment, MaskedFrame, Tracks
from support.masked import film, masked, number_in

T0 = 1_700_000_000.0


def encode(frames: Iterable[MaskedFrame], **options: float) -> list[Fragment]:
    encoder = Encoder("gate", EncodeOptions(**options))  # type: ignore[arg-type]
    done: list[Fragment] = []
    for frame in frames:
        done += encoder.push(frame, None)
    return done + encoder.flush()


def decode(pieces: Iterable[Fragment]) -> list[av.VideoFrame]:
    pieces = list(pieces)
    file = io.BytesIO(pieces[0].init + b"".join(piece.data for piece in pieces))
    with av.open(file, "r") as container:
        return list(container.decode(video=0))


def number(picture: av.VideoFrame) -> int:
    plane = picture.planes[0]
    return number_in(np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size))


def test_every_picture_arrives_at_its_time() -> None:
    pieces = encode(film(100))
    pictures = decode(pieces)
    assert [number(picture) for picture in pictures] == [*range(100)]
    assert [picture.time for picture in pictures] == pytest.approx([i / 25 for i in range(100)])
    assert len({piece.run for piece in pieces}) == 1
    assert pieces[0].codec.startswith("avc1.42")
    assert pieces[0].size == (320, 240)


def test_fragments_follow_one_another_without_a_hole() -> None:
    pieces = encode(film(100))
    assert pieces[0].start == T0
    assert pieces[0].media_start == 0
    for a, b in pairwise(pieces):
        assert a.end == b.start
        assert b.media_start == pytest.approx(b.start - T0, abs=1e-5)
    assert pieces[-1].end == pytest.approx(T0 + 4)


@pytest.mark.parametrize(
    ("fps", "gop", "fragment", "lengths"),
    [
        (25, 1.0, 0.5, [0.52, 0.48]),
        (30, 1.0, 0.5, [0.5, 0.5]),
        (10, 2.0, 0.5, [0.5, 0.5, 0.5, 0.5]),
        (25, 1.0, 2.0, [1.0]),  # a fragment never goes on over a keyframe
        (25, 1.0, 0.04, [0.04] * 25),
        (4, 1.0, 0.1, [0.25] * 4),  # one picture that stands longer than a fragment
    ],
)
def test_how_long_fragments_are(
    fps: float, gop: float, fragment: float, lengths: list[float]
) -> None:
    pieces = encode(film(round(fps * 4), fps=fps), gop_seconds=gop, fragment_seconds=fragment)
    got = [piece.end - piece.start for piece in pieces]
    assert got == pytest.approx(lengths * round(4 / gop), abs=1e-5)
    starts = [piece.keyframe for piece in pieces]
    assert starts == ([True] + [False] * (len(lengths) - 1)) * round(4 / gop)


def test_a_fragment_comes_with_the_picture_after_its_last() -> None:
    encoder = Encoder("gate", EncodeOptions())
    came = {}
    for i, frame in enumerate(film(60)):
        for piece in encoder.push(frame, None):
            came[round((piece.end - T0) * 25)] = i
    assert came == {13: 13, 25: 25, 38: 38, 50: 50}


def test_every_keyframe_is_a_place_to_begin() -> None:
    pieces = encode(film(100))
    for i, piece in enumerate(pieces):
        if piece.keyframe:
            pictures = decode(pieces[i:])
            assert pictures[0].key_frame
            assert number(pictures[0]) == round(piece.media_start * 25)
            assert len(pictures) == 100 - round(piece.media_start * 25)


def test_tracks_travel_with_their_pictures() -> None:
    encoder = Encoder("gate", EncodeOptions())
    pieces: list[Fragment] = []
    for i, frame in enumerate(film(30)):
        tracks = (
            None if i == 3 else Tracks.make("gate", frame.time, frame.frame, (320, 240), id=[i])
        )
        pieces += encoder.push(frame, tracks)
    pieces += encoder.flush()
    tracks_seen = [tracks for piece in pieces for tracks in piece.tracks]
    assert [tracks.frame for tracks in tracks_seen] == [*range(1, 31)]
    assert [len(tracks) for tracks in tracks_seen] == [1, 1, 1, 0, *[1] * 26]
    assert [len(piece.tracks) for piece in pieces] == [13, 12, 5]


def runs(frames: Iterable[MaskedFrame]) -> list[tuple[float, int]]:
    """Start and number of pictures of each run; every run must decode by itself."""
    pieces = encode(frames)
    names = list(dict.fromkeys(piece.run for piece in pieces))
    told = []
    for name in names:
        mine = [piece for piece in pieces if piece.run == name]
        assert mine[0].keyframe
        assert mine[0].media_start == 0
        told.append((round(mine[0].start - T0, 3), len(decode(mine))))
    return told


def times(*values: float) -> list[float]:
    return [T0 + value for value in values]


@pytest.mark.parametrize(
    ("story", "when", "expected"),
    [
        ("uneven but near", times(0, 0.01, 0.3, 0.31, 2.0, 4.9), [(0, 6)]),
        ("a gap of six seconds", times(0, 0.04, 6.1, 6.14), [(0, 2), (6.1, 2)]),
        ("a slow camera: a picture every ten", times(0, 10, 20, 30), [(0, 1), (10, 3)]),
        ("time set back", times(100, 100.04, 50, 50.04), [(100, 2), (50, 2)]),
        ("the same moment twice loses nothing", times(0, 0, 0, 0.04), [(0, 4)]),
    ],
)
def test_when_a_new_run_begins(
    story: str, when: list[float], expected: list[tuple[float, int]]
) -> None:
    assert runs(film(len(when), times=when)) == expected, story


def test_a_new_size_or_range_is_a_new_run() -> None:
    changing = [
        *film(10),
        *film(10, (160, 120), start=T0 + 0.4),
        *(masked(i, (160, 120), time=T0 + 0.8 + i / 25, full_range=True) for i in range(10)),
    ]
    assert runs(changing) == [(0, 10), (0.4, 10), (0.8, 10)]
    sizes = [piece.size for piece in encode(changing)]
    assert sizes == [(320, 240), (160, 120), (160, 120)]


def test_after_flush_it_may_go_on() -> None:
    encoder = Encoder("gate", EncodeOptions())
    assert encoder.flush() == []
    first = [piece for frame in film(5) for piece in encoder.push(frame, None)] + encoder.flush()
    second = [piece for frame in film(5, start=T0 + 0.2) for piece in encoder.push(frame, None)]
    second += encoder.flush()
    assert first[0].run != second[0].run
    assert first[0].end == pytest.approx(second[0].start)


@pytest.mark.parametrize("size", [(321, 240), (320, 241), (161, 121), (2, 2), (1, 1), (17, 3)])
def test_odd_sizes_are_padded_and_told_true(size: tuple[int, int]) -> None:
    pieces = encode(film(10, size))
    assert {piece.size for piece in pieces} == {size}
    picture = decode(pieces)[0]
    assert (picture.width, picture.height) == (size[0] + size[0] % 2, size[1] + size[1] % 2)


@pytest.mark.parametrize("full_range", [False, True])
def test_the_range_is_kept_and_said(full_range: bool) -> None:
    frames = [masked(i, time=T0 + i / 25, full_range=full_range) for i in range(5)]
    picture = decode(encode(frames))[0]
    assert (picture.color_range == 2) == full_range  # unsaid means 16–235
    assert number(picture) == 0


def test_planes_may_be_views_of_a_larger_picture() -> None:
    """Strided planes, as a decoder gives them."""
    frame = masked(5, (320, 240), time=T0)
    wide = [
        np.pad(plane, ((0, 0), (0, 33)), constant_values=255)
        for plane in (frame.y, frame.u, frame.v)
    ]
    views = [plane[:, :-33] for plane in wide]
    assert not views[0].flags.c_contiguous
    strided = replace(frame, y=views[0], u=views[1], v=views[2])
    assert encode([strided])[0].data == encode([frame])[0].data


def test_a_limit_of_the_bit_rate_holds_at_any_frame_rate() -> None:
    noise = np.random.default_rng(1)

    def noisy(fps: float) -> Iterable[MaskedFrame]:
        for i in range(round(fps * 4)):
            frame = masked(i, time=T0 + i / fps)
            y = noise.integers(16, 235, frame.y.shape, np.uint8)
            yield replace(frame, y=y)

    for fps in (8, 50):
        free = sum(len(piece.data) for piece in encode(noisy(fps)))
        held = sum(len(piece.data) for piece in encode(noisy(fps), max_kbps=800))
        assert held * 8 / 4 < 800_000 * 1.35, f"{fps} pictures a second"
        assert held < free / 2


def test_without_an_encoder_there_is_one_clear_sentence() -> None:
    encoder = Encoder("gate", EncodeOptions(), encoders=("no_such_encoder",))
    with pytest.raises(UserError, match=r"no H\.264 encoder works on this machine.*Install PyAV"):
        encoder.push(masked(0), None)


def test_an_encoder_that_does_not_open_is_passed_over() -> None:
    # named like hardware that is built in but not there, or that is no video encoder at all
    encoder = Encoder("gate", EncodeOptions(), encoders=("h264_v4l2m2m", "aac", "libx264"))
    encoder.push(masked(0), None)
    (piece,) = encoder.flush()
    assert number(decode([piece])[0]) == 0


# --- the bytes -----------------------------------------------------------------------------------


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6), st.booleans())
@settings(max_examples=200, deadline=None)
def test_length_prefixed_units_are_the_units(units: list[bytes], long: bool) -> None:
    # a real unit holds no start code and does not end in zero: made so as an encoder makes it
    real = [unit.replace(b"\x00", b"\x01") for unit in units]
    start = b"\x00\x00\x00\x01" if long else b"\x00\x00\x01"
    boxed = length_prefixed(b"".join(start + unit for unit in real))
    back = []
    while boxed:
        length = int.from_bytes(boxed[:4], "big")
        back.append(boxed[4 : 4 + length])
        boxed = boxed[4 + length :]
    assert back == real


def test_what_is_written_can_be_found_again() -> None:
    pieces = encode(film(60))
    layout = fmp4.scan(io.BytesIO(pieces[0].init + b"".join(piece.data for piece in pieces)))
    assert layout.init == pieces[0].init
    assert layout.codec == pieces[0].codec
    assert [piece.size for piece in layout.pieces] == [len(piece.data) for piece in pieces]
    assert [piece.keyframe for piece in layout.pieces] == [piece.keyframe for piece in pieces]
    assert [piece.start for piece in layout.pieces] == pytest.approx(
        [piece.media_start for piece in pieces]
    )
    assert layout.end == pytest.approx(2.4)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_damage_makes_reading_fail(data: st.DataObject) -> None:
    """Cut, overwritten or with a foreign tail: what is whole is told, or it is called damaged."""
    pieces = _pieces()
    good = pieces[0].init + b"".join(piece.data for piece in pieces)
    kind = data.draw(st.sampled_from(["cut", "overwritten", "tail"]))
    at = data.draw(st.integers(0, len(good) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=30))
    bad = {
        "cut": good[:at],
        "overwritten": good[:at] + junk + good[at + len(junk) :],
        "tail": good + junk,
    }[kind]
    try:
        layout = fmp4.scan(io.BytesIO(bad))
    except fmp4.DamagedError:
        assert kind != "tail"
        return
    assert layout.whole <= len(bad)
    if kind == "cut":
        ends = [len(pieces[0].init)]
        for piece in pieces:
            ends.append(ends[-1] + len(piece.data))
        assert layout.whole == max(end for end in ends if end <= at)


_CACHE: list[Fragment] = []


def _pieces() -> list[Fragment]:
    if not _CACHE:
        _CACHE.extend(encode(film(40, (64, 48))))
    return _CACHE
