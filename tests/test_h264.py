"""What H.264 packets say about themselves: cameras of any make, odd streams, hostile bytes."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streetlamp.h264 import Inspector, config_record, full_range, holds_sets, sets_of
from streetlamp.h264_sets import DamagedError, parse_sps
from streetlamp.stream.fragments import FragmentMaker
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import Fragment
from support.gops import MAKERS, Film, Maker, Unit, make_gop, numbers

PLAIN, START_CODES = MAKERS[0], MAKERS[1]
B_PYRAMID = MAKERS[3]


@pytest.mark.parametrize("maker", MAKERS, ids=[maker.name for maker in MAKERS])
def test_every_make_is_understood(maker: Maker) -> None:
    """What is said of a stream is what its decoder finds."""
    film = maker.film([12, 1, 20])
    inspector = Inspector(film.extradata)
    assert inspector.length_size == (0 if maker.annex_b else 4)
    keys = [inspector.keyframe(unit.data) for unit in film.units if unit.key]
    assert [key.refusal for key in keys] == [""] * 3
    assert len({key.config for key in keys}) == 1
    (key,) = set(keys)
    assert key.idr
    pictures = decoded(film.units, film.extradata)
    assert key.size == (pictures[0].width, pictures[0].height) == film.size
    assert key.full_range == (pictures[0].color_range == 2) == full_range(key.config)
    order = [unit.pts for unit in film.units]
    leads = max(sum(late > pts for late in order[:i]) for i, pts in enumerate(order))
    assert key.reorder >= leads
    assert all(inspector.is_plain(unit.data) for unit in film.units if not unit.key)
    if not maker.annex_b:
        assert not any(inspector.is_plain(unit.data) for unit in film.units if unit.key)


def test_the_configuration_is_what_the_file_had() -> None:
    film = B_PYRAMID.film([3])
    (key,) = [Inspector(film.extradata).keyframe(unit.data) for unit in film.units if unit.key]
    assert sets_of(key.config) == sets_of(film.extradata)
    assert key.config[:6] == film.extradata[:6]
    # high profile: colour format and depths follow (14496-15 § 5.3.3.1.2)
    assert key.config[-4:] == bytes([0xFD, 0xF8, 0xF8, 0])


@pytest.mark.parametrize("size", [(160, 96), (162, 98), (176, 2), (16, 250), (1918, 1078)])
def test_cropping(size: tuple[int, int]) -> None:
    film = START_CODES.film([1], size=size)
    assert Inspector(b"").keyframe(film.units[0].data).size == size


def test_parameter_sets_are_remembered() -> None:
    """Some cameras say them once, at the start of the connection."""
    first = START_CODES.film([2])
    later = replace(START_CODES, params={**START_CODES.params, "repeat-headers": 0}).film([2])
    inspector = Inspector(b"")
    assert inspector.keyframe(later.units[0].data).refusal == "its parameter sets are missing"
    known = inspector.keyframe(first.units[0].data)
    assert inspector.keyframe(later.units[0].data) == known
    # extradata in start codes, as a session's description gives them
    sps, pps = sets_of(known.config)
    text = b"".join(b"\0\0\0\1" + unit for unit in sps + pps)
    assert Inspector(text).keyframe(later.units[0].data) == known


def test_sets_between_keyframes_are_not_plain_and_are_remembered() -> None:
    film = START_CODES.film([2])
    other = MAKERS[4].film([2])
    sps, pps = sets_of(Inspector(b"").keyframe(other.units[0].data).config)
    said = b"".join(b"\0\0\1" + unit for unit in sps + pps)
    inspector = Inspector(b"")
    inspector.keyframe(film.units[0].data)
    assert inspector.is_plain(film.units[1].data)
    assert not inspector.is_plain(said + film.units[1].data)
    assert not inspector.is_plain(said)
    bare = other.units[0].data
    bare = bare[bare.rindex(b"\0\0\1\x65") :]
    assert sets_of(inspector.keyframe(bare).config) == (sps, pps)


# --- odd streams ---------------------------------------------------------------------------------


def joined(*films: Film) -> Film:
    """One camera that changes its ways between the films."""
    units: list[Unit] = []
    for film in films:
        begin = len(units)
        units += [replace(unit, pts=unit.pts + begin) for unit in film.units]
    return replace(films[0], units=units)


def spoilt(film: Film, change: Callable[[bytes], bytes], which: int = 0) -> Film:
    """The film with one packet changed."""
    units = [*film.units]
    units[which] = replace(units[which], data=change(units[which].data))
    return replace(film, units=units)


def x264(**params: object) -> Film:
    return Maker("odd", params, b_frames=2, preset="veryfast").film([24])


def hevc() -> Film:
    context = av.CodecContext.create("libx265", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = 160, 96, "yuv420p"
    context.time_base = Fraction(1, 25)
    context.options = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1"}
    units = []
    for i in range(9):
        picture = None
        if i < 8:
            picture = av.VideoFrame.from_ndarray(np.full((144, 160), 100, np.uint8), "yuv420p")
            picture.pts = i
        units += [Unit(bytes(p), p.pts or 0, bool(p.is_keyframe)) for p in context.encode(picture)]
    return Film(PLAIN, bytes(context.extradata or b""), units, 0, (160, 96))


ODD: list[tuple[str, Callable[[], Film], str]] = [
    ("open GOPs", lambda: x264(**{"open-gop": 1, "keyint": 8}), "recovery points, not IDR"),
    ("intra refresh", lambda: x264(**{"intra-refresh": 1, "keyint": 8}),
     "intra refresh"),
    ("B-pyramid", lambda: B_PYRAMID.film([9, 30]), ""),
    ("a minute between keyframes", lambda: PLAIN.film([1500, 2]), ""),
    ("another make midway", lambda: joined(START_CODES.film([5]), MAKERS[4].film([7])), ""),
    ("another size midway", lambda: joined(START_CODES.film([5]),
     START_CODES.film([5], size=(320, 240))), ""),
    ("interlaced", lambda: Maker("i", {"tff": 1, "cabac": 1}, interlaced=True).film([4]),
     "interlaced"),
    ("4:2:2", lambda: Maker("c", pixels="yuv422p").film([4]), "not 4:2:0"),
    ("4:4:4", lambda: Maker("c", pixels="yuv444p").film([4]), "not 4:2:0"),
    ("10 bit", lambda: Maker("d", pixels="yuv420p10le").film([4]), "10 bits"),
    ("lossless (high 4:4:4 predictive)", lambda: Maker("q", {"qp": 0}).film([4]), "its profile"),
    ("pixels that are not square", lambda: x264(sar="16/11"), "not square"),
    ("fake interlaced", lambda: x264(**{"fake-interlaced": 1}), "interlaced"),
    ("parameter sets missing", lambda: replace(PLAIN.film([4]), extradata=b""), "no picture"),
    ("parameter sets missing, start codes", lambda: spoilt(START_CODES.film([4]),
     lambda data: data[data.rindex(b"\0\0\1\x65") :]), "parameter sets are missing"),
    ("H.265", hevc, "*"),
    ("a torn keyframe", lambda: spoilt(PLAIN.film([4]), lambda data: data[:-9]), "do not add up"),
    ("a keyframe of nothing", lambda: spoilt(PLAIN.film([4]), lambda _: b""), "no picture"),
    ("a zeroed keyframe", lambda: spoilt(PLAIN.film([4]), lambda data: bytes(len(data))),
     "do not add up"),
    ("a zeroed keyframe, start codes", lambda: spoilt(START_CODES.film([4]),
     lambda data: bytes(len(data))), "no picture"),
    ("two pictures in a packet", lambda: spoilt(PLAIN.film([4]), lambda data: data + data),
     "more than one picture"),
    ("a keyframe without its beginning", lambda: spoilt(MAKERS[5].film([4]),
     lambda data: data[second_idr(data) :]), "its beginning is missing"),
    ("a maker's own NAL units", lambda: spoilt(PLAIN.film([4]),
     lambda data: b"\0\0\0\3\x7e\1\2" + data), "type 30"),
    ("scalable layers", lambda: spoilt(PLAIN.film([4]),
     lambda data: data + b"\0\0\0\3\x74\1\2"), "type 20"),
]  # fmt: skip


def second_idr(data: bytes) -> int:
    """Where the second slice of a keyframe begins."""
    at, seen = 0, 0
    while True:
        seen += data[at + 4] & 31 == 5
        if seen == 2:
            return at
        at += 4 + int.from_bytes(data[at : at + 4], "big")


@pytest.mark.parametrize(("story", "make", "phrase"), ODD, ids=[story for story, _, _ in ODD])
def test_odd_streams(story: str, make: Callable[[], Film], phrase: str) -> None:
    """Refused in words, or copied and then shown exactly as the camera's own stream is shown."""
    film = make()
    inspector = Inspector(film.extradata)
    refusals = [inspector.keyframe(unit.data).refusal for unit in film.units if unit.key]
    found = next(filter(None, refusals), "")
    if phrase == "*":
        assert found
    elif phrase:
        assert phrase in found, refusals
    else:
        assert found == "", story
        assert shown(copied(film)) == numbers(decoded(film.units, film.extradata))


def copied(film: Film) -> list[Fragment]:
    """All of it copied, each GOP as its keyframe says."""
    maker = FragmentMaker("gate", EncodeOptions())
    inspector = Inspector(film.extradata)
    keys = [i for i, unit in enumerate(film.units) if unit.key] + [len(film.units)]
    pieces: list[Fragment] = []
    for begin, end in pairwise(keys):
        key = inspector.keyframe(film.units[begin].data)
        units = film.units[begin:end]
        pieces += maker.copy(make_gop(units, key.config, inspector.length_size, size=key.size))
    return pieces + maker.flush()


def shown(pieces: list[Fragment]) -> list[int]:
    """The numbers in the pictures of fragments, run by run."""
    found = []
    for run in dict.fromkeys(piece.run for piece in pieces):
        own = [piece for piece in pieces if piece.run == run]
        file = io.BytesIO(own[0].init + b"".join(piece.data for piece in own))
        with av.open(file, "r") as container:
            found += numbers(list(container.decode(video=0)))
    return found


def decoded(units: list[Unit], extradata: bytes) -> list[av.VideoFrame]:
    """What a decoder makes of the camera's packets themselves."""
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, VideoCodecContext)
    context.extradata = extradata
    pictures = []
    for unit in units:
        packet = av.Packet(unit.data)
        packet.pts = unit.pts
        pictures += context.decode(packet)
    return pictures + context.decode(None)


def test_flipped_bits_in_headers() -> None:
    """300 keyframes with a damaged head: refused in words, or copied bit for bit."""
    dice = random.Random(7)
    film = START_CODES.film([3])
    clean = film.units[0].data
    head = clean.rindex(b"\0\0\1\x65") + 8
    outcomes = {"refused": 0, "copied": 0}
    for _ in range(300):
        data = bytearray(clean)
        for _ in range(dice.randint(1, 3)):
            data[dice.randrange(head)] ^= 1 << dice.randrange(8)
        units = [Unit(bytes(data), 0, True), *film.units[1:]]
        inspector = Inspector(b"")
        key = inspector.keyframe(units[0].data)
        if key.refusal:
            assert len(key.refusal) > 8
            outcomes["refused"] += 1
            continue
        outcomes["copied"] += 1
        maker = FragmentMaker("gate", EncodeOptions())
        gop = make_gop(units, key.config, 0, size=key.size)
        (piece,) = maker.copy(gop) + maker.flush()
        assert bytes(data).split(b"\0\0\1\x65")[-1].rstrip(b"\0") in piece.data
    assert min(outcomes.values()) > 20, outcomes


# --- bytes from anywhere -------------------------------------------------------------------------

KEY = START_CODES.film([2]).units[0].data
RECORD = PLAIN.film([1]).extradata


@given(st.binary(max_size=300), st.binary(max_size=600))
@settings(max_examples=300, deadline=None)
@example(b"\x01\x42\x00\x1f\xff\xe1\x00\x02\x67\x42\x01\x00\x01\x68", b"\x00\x00\x00\x01\x65")
@example(b"\x01" * 60, b"\x00\x00\x01" * 100)
@example(b"", b"\x00\x00\x01\x67" + b"\x00" * 400)
@example(b"", b"\x00\x00\x01\x67\x64\x00\x1f" + b"\xff" * 500)
def test_any_bytes_get_an_answer(extradata: bytes, data: bytes) -> None:
    inspector = Inspector(extradata)
    key = inspector.keyframe(data)
    assert key.refusal or (key.idr and key.config)
    assert isinstance(inspector.is_plain(data), bool)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_streams_get_an_answer(data: st.DataObject) -> None:
    """Real bytes with pieces cut out, doubled or overwritten."""
    spoiled = []
    for whole in (RECORD, KEY):
        begin = data.draw(st.integers(0, len(whole)))
        end = data.draw(st.integers(begin, min(len(whole), begin + 40)))
        spoiled.append(whole[:begin] + data.draw(st.binary(max_size=20)) + whole[end:])
    for extradata in (RECORD, spoiled[0], b""):
        inspector = Inspector(extradata)
        for _ in range(2):
            key = inspector.keyframe(spoiled[1])
            assert key.refusal or (key.idr and key.config)
            inspector.is_plain(spoiled[1])


def test_sets_that_no_record_can_hold() -> None:
    film = START_CODES.film([1])
    (sps,), (pps,) = sets_of(Inspector(b"").keyframe(film.units[0].data).config)
    with pytest.raises(DamagedError, match="more parameter sets"):
        config_record([sps], [])
    with pytest.raises(DamagedError, match="too long"):
        config_record([sps], [pps + bytes(1 << 16)])
    with pytest.raises(DamagedError):
        sets_of(b"\x01\x02")
    with pytest.raises(DamagedError, match="damaged"):
        parse_sps(sps[:-3])
    assert holds_sets([sps, pps])
    assert not holds_sets([sps])
    # 300 SEI messages and filler before the picture are nothing strange
    noise = b"\0\0\1\x06\x05\x02ab\x80" * 150 + b"\0\0\1\x0c\xff\x80" * 150
    assert Inspector(b"").keyframe(noise + film.units[0].data).refusal == ""
