"""Masked pictures, and masked video on its way to screens and files."""

from __future__ import annotations

from dataclasses import dataclass

from streetlamp.values.arrays import Bytes, Ints
from streetlamp.values.things import Tracks


@dataclass(frozen=True, slots=True, eq=False)
class MaskedFrame:
    """A picture in which people are hidden: the only picture type that leaves ``video/``.

    Made by ``video/mask.py`` alone (a test reads every file's syntax tree for another maker).
    Planes are planar YUV 4:2:0, 8 bit: Y (height, width), U and V (ceil(h/2), ceil(w/2)).
    """

    camera: str
    time: float  # POSIX seconds
    frame: int  # counts from 1 since the source was opened
    pts: int  # the input's presentation time stamp, in units of `time_base` seconds
    time_base: tuple[int, int]  # numerator, denominator
    y: Bytes
    u: Bytes
    v: Bytes
    full_range: bool  # 0–255 luma (JPEG range) instead of 16–235
    hidden: Ints  # (k, 4) rectangles hidden, pixels
    whole: bool  # the whole picture is hidden
    reason: str  # why the whole picture is hidden, "" if it is not

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        return int(self.y.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class CopiedSample:
    """One compressed picture of a `CopiedGop`."""

    data: bytes  # the packet, byte for byte as the camera sent it
    frame: int  # of its picture, counts from 1 since the source was opened
    time: float  # of its picture, POSIX seconds
    pts: int  # of its picture, in units of the GOP's `time_base` seconds


@dataclass(frozen=True, slots=True, eq=False)
class CopiedGop:
    """A closed GOP in which nothing had to be hidden: the camera's own compressed pictures.

    Made by ``video/copying.py`` alone (a test reads every file's syntax tree for another maker),
    and only when the GOP and its neighbours are known to be clear: see ``design/smart-copy.md``.
    H.264 only; the first sample is an IDR picture.
    """

    camera: str
    size: tuple[int, int]  # width, height, pixels
    config: bytes  # AVCDecoderConfigurationRecord (ISO/IEC 14496-15): the body of an avcC box
    length_size: int  # bytes of each NAL unit's length in the samples; 0: start codes (Annex B)
    time_base: tuple[int, int]  # numerator, denominator
    samples: tuple[CopiedSample, ...]  # in the order of decoding
    end: float  # POSIX seconds where the next GOP starts (or its last picture's end)
    tracks: tuple[Tracks, ...]  # one a picture, in the order of presentation: vehicles only
    picture: MaskedFrame  # its keyframe, for the wall and for stills

    @property
    def start(self) -> float:
        """POSIX seconds of its first picture."""
        return self.picture.time


@dataclass(frozen=True, slots=True)
class Fragment:
    """A few encoded masked pictures (one moof+mdat of fragmented MP4), for a file or a screen."""

    camera: str
    run: str  # random id of the init segment this fragment belongs to
    init: bytes  # ftyp+moov of the run
    data: bytes  # moof+mdat
    codec: str  # RFC 6381, e.g. avc1.42C01F
    size: tuple[int, int]  # width, height
    start: float  # POSIX seconds of the first picture
    end: float  # POSIX seconds where the next fragment starts
    media_start: float  # seconds on the run's media timeline of the first picture
    keyframe: bool  # starts with a keyframe: a player or a file may begin here
    tracks: tuple[Tracks, ...] = ()  # one a picture, for the screen only; recorders drop it


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of recorded masked video: one fragmented-MP4 file with its own init segment."""

    id: str
    camera: str
    run: str
    path: str  # relative to the data folder
    start: float
    end: float | None  # None while it is being written
    media_start: float  # seconds on the run's media timeline
    size: int  # bytes
    codec: str
