"""Cameras for tests of copying: H.264 of any make, cut into GOPs, the picture's number burnt in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from streetlamp.h264 import Inspector
from streetlamp.stream.nals import length_prefixed
from streetlamp.stream.picture import to_picture
from streetlamp.values import CopiedGop, CopiedSample, Tracks
from support.masked import masked, number_in

SIZE = (160, 96)
TIME_BASE = (1, 90_000)
STEP = 3600  # ticks: 25 pictures a second
T0 = 1_700_000_000.0


@dataclass(frozen=True)
class Unit:
    """One packet as a camera sends it."""

    data: bytes
    pts: int  # counts pictures
    key: bool


@dataclass(frozen=True)
class Maker:
    """How a camera compresses. `params` are x264's own."""

    name: str
    params: Mapping[str, object] = field(default_factory=dict)
    b_frames: int = 0
    annex_b: bool = False
    preset: str = "ultrafast"
    pixels: str = "yuv420p"
    interlaced: bool = False

    def film(self, lengths: Sequence[int], first: int = 0, size: tuple[int, int] = SIZE) -> Film:
        """GOPs of these lengths, the pictures numbered from `first` (modulo 256)."""
        count = sum(lengths)
        begins = set(np.cumsum([0, *lengths]).tolist())
        params = {
            "bframes": self.b_frames,
            "b-adapt": 0,
            "scenecut": 0,
            "keyint": "infinite",
            "open-gop": 0,
            "repeat-headers": int(self.annex_b),
            "annexb": 1,
            "threads": 1,
            **self.params,
        }
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = size
        context.pix_fmt = self.pixels
        context.time_base = Fraction(1, 25)
        context.framerate = Fraction(25)
        context.max_b_frames = self.b_frames
        context.gop_size = 1 << 20
        context.thread_count = 1
        text = ":".join(f"{key}={value}" for key, value in params.items())
        flags = "" if self.annex_b else "+global_header"
        if self.interlaced:
            flags += "+ildct+ilme"
        context.options = {
            "preset": self.preset, "crf": "28", "forced-idr": "1", "x264-params": text,
            "rc-lookahead": "4", **({"flags": flags} if flags else {}),
        }  # fmt: skip
        units = []
        for i in range(count + 1):
            picture = None
            if i < count:
                picture = to_picture(masked((first + i) % 256, size), size)
                if self.pixels != "yuv420p":
                    picture = picture.reformat(format=self.pixels)
                picture.pts, picture.time_base = i, Fraction(1, 25)
                picture.pict_type = PictureType.I if i in begins else PictureType.NONE
            for packet in context.encode(picture):
                assert packet.pts is not None
                units.append(Unit(bytes(packet), packet.pts, bool(packet.is_keyframe)))
        extradata = bytes(context.extradata or b"")
        if self.annex_b:
            return Film(self, b"", units, first, size)
        return Film(
            self,
            _record(extradata),
            [Unit(length_prefixed(unit.data), unit.pts, unit.key) for unit in units],
            first,
            size,
        )


@dataclass(frozen=True)
class Film:
    """What came out of a `Maker`."""

    maker: Maker
    extradata: bytes
    units: list[Unit]  # in the order of decoding
    first: int
    size: tuple[int, int]

    def gops(self, start: int = 0) -> Iterator[CopiedGop]:
        """Its GOPs, the first picture at `start` pictures after the clip's beginning."""
        inspector = Inspector(self.extradata)
        keys = [i for i, unit in enumerate(self.units) if unit.key] + [len(self.units)]
        for begin, end in pairwise(keys):
            units = self.units[begin:end]
            key = inspector.keyframe(units[0].data)
            assert key.refusal == "", f"{self.maker.name}: {key.refusal}"
            assert all(inspector.is_plain(unit.data) for unit in units[1:]), self.maker.name
            assert key.size == self.size
            yield make_gop(units, key.config, inspector.length_size, start, self.first, self.size)


def make_gop(
    units: Sequence[Unit],
    config: bytes,
    length_size: int,
    start: int = 0,
    first: int = 0,
    size: tuple[int, int] = SIZE,
) -> CopiedGop:
    """A GOP of these units; `start` and `first`: place and burnt-in number of picture 0."""

    def moment(picture: int) -> float:
        return T0 + (start + picture) / 25

    samples = tuple(
        CopiedSample(u.data, start + u.pts + 1, moment(u.pts), (start + u.pts) * STEP)
        for u in units
    )
    order = sorted(u.pts for u in units)
    number = (first + order[0]) % 256
    return CopiedGop(
        camera="gate",
        size=size,
        config=config,
        length_size=length_size,
        time_base=TIME_BASE,
        samples=samples,
        end=moment(order[-1] + 1),
        tracks=tuple(Tracks.make("gate", moment(i), start + i + 1, size) for i in order),
        picture=masked(
            number, size, time=moment(order[0]), pts=(start + order[0]) * STEP, time_base=TIME_BASE
        ),
    )


def numbers(pictures: Sequence[av.VideoFrame]) -> list[int]:
    """The numbers burnt into decoded pictures."""
    found = []
    for picture in pictures:
        plane = picture.planes[0]
        found.append(
            number_in(np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size))
        )
    return found


def _record(annex_b: bytes) -> bytes:
    """An avcC body from parameter sets with start codes, made without the product's code."""
    units = [part.rstrip(b"\x00") for part in annex_b.split(b"\x00\x00\x01")[1:]]
    sps = next(unit for unit in units if unit[0] & 31 == 7)
    pps = next(unit for unit in units if unit[0] & 31 == 8)
    head = bytes([1, *sps[1:4], 0xFF, 0xE1])
    return head + len(sps).to_bytes(2, "big") + sps + b"\x01" + len(pps).to_bytes(2, "big") + pps


MAKERS = (
    Maker("baseline", {"cabac": 0, "8x8dct": 0}),
    Maker("baseline, start codes", {"cabac": 0}, annex_b=True),
    Maker("main, CABAC, B-frames", {"cabac": 1, "8x8dct": 0, "b-pyramid": "none"}, b_frames=2),
    Maker("high, B-pyramid", {"cabac": 1, "8x8dct": 1, "b-pyramid": "normal", "ref": 4}, 3,
          preset="veryfast"),
    Maker("high, start codes, B-frames", {"cabac": 1, "8x8dct": 1}, 2, annex_b=True,
          preset="veryfast"),
    Maker("four slices", {"slices": 4, "cabac": 0}),
    Maker("three slices, start codes, CABAC", {"slices": 3, "cabac": 1}, annex_b=True),
    Maker("delimiters, rates told", {"aud": 1, "nal-hrd": "vbr", "vbv-maxrate": 800,
          "vbv-bufsize": 800}, annex_b=True),
    Maker("strict B-pyramid, five B-frames", {"b-pyramid": "strict", "cabac": 1, "ref": 2}, 5),
    Maker("full range", {"fullrange": "on", "cabac": 1}),
)  # fmt: skip
