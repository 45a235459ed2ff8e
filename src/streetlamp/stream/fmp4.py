"""Fragmented MP4: making a fragment, and reading back what a file holds.

Box layouts follow ISO/IEC 14496-12 (§ 4.2 boxes, § 8.8 movie fragments) and 14496-15 for ``avcC``.
The fragments are put together here and not by a muxer, so that where one ends and the next begins
is decided by the pictures' times and not by the muxer's buffering.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO, Final

from streetlamp.stream.boxes import box as _box

_KEY_SAMPLE: Final = 0x0200_0000  # depends on no other sample
_DELTA_SAMPLE: Final = 0x0101_0000  # depends on others, is no sync sample
_IN_ORDER: Final = 0x0701  # trun flags
_REORDERED: Final = 0x0F01
_LARGEST_MOOF: Final = 1 << 20  # a moof larger than this is damage, not metadata


class DamagedError(ValueError):
    """Bytes that are not the MP4 they should be."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One compressed picture: length-prefixed NAL units, with its times in ticks."""

    data: bytes
    duration: int  # until the next sample is decoded
    keyframe: bool
    offset: int = 0  # from its decoding to its presentation


def fragment(sequence: int, decode_time: int, samples: Sequence[Sample]) -> bytes:
    """One moof+mdat with these samples of track 1, the first decoded at `decode_time` ticks."""
    reorders = any(sample.offset for sample in samples)
    pack = struct.Struct(">IIII" if reorders else ">III").pack
    rows = b"".join(
        pack(
            s.duration,
            len(s.data),
            _KEY_SAMPLE if s.keyframe else _DELTA_SAMPLE,
            *((s.offset,) if reorders else ()),
        )
        for s in samples
    )
    # tfhd: default-base-is-moof; tfdt: version 1, 64 bit; trun: data offset, then duration, size,
    # flags and, where pictures are reordered, composition offset of each sample
    header = _box(b"mfhd", struct.pack(">II", 0, sequence & 0xFFFF_FFFF))
    track = _box(b"tfhd", struct.pack(">II", 0x02_0000, 1)) + _box(
        b"tfdt", struct.pack(">IQ", 0x0100_0000, decode_time)
    )
    run_size = 8 + 12 + len(rows)
    moof_size = 8 + len(header) + 8 + len(track) + run_size
    flags = _REORDERED if reorders else _IN_ORDER
    run = _box(b"trun", struct.pack(">IIi", flags, len(samples), moof_size + 8), rows)
    moof = _box(b"moof", header, _box(b"traf", track, run))
    return moof + _box(b"mdat", *(s.data for s in samples))


def codec_string(init: bytes) -> str:
    """The RFC 6381 codec of an init segment, e.g. ``avc1.42C01F``, from its ``avcC`` box."""
    at = init.find(b"avcC")
    if at < 0 or at + 8 > len(init):
        raise DamagedError("the init segment has no avcC box")
    return "avc1." + init[at + 5 : at + 8].hex().upper()


def track_timescale(init: bytes) -> int:
    """Ticks a second of the (only) track of an init segment, from its ``mdhd`` box."""
    at = init.find(b"mdhd")
    if at < 0 or at + 28 > len(init):
        raise DamagedError("the init segment has no mdhd box")
    offset = at + (24 if init[at + 4] == 1 else 16)
    (timescale,) = struct.unpack_from(">I", init, offset)
    if timescale == 0:
        raise DamagedError("the track's timescale is 0")
    return int(timescale)


@dataclass(frozen=True, slots=True)
class Piece:
    """Where one whole moof+mdat stands in a file, and when it plays."""

    offset: int
    size: int
    start: float  # seconds on the run's media timeline
    end: float
    keyframe: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """What a recorded file holds from its beginning up to the first damage or its end."""

    init: bytes
    codec: str
    pieces: tuple[Piece, ...]
    whole: int  # bytes from the beginning that are whole boxes; what follows is a torn tail

    @property
    def start(self) -> float:
        return self.pieces[0].start if self.pieces else 0.0

    @property
    def end(self) -> float:
        return self.pieces[-1].end if self.pieces else 0.0


def scan(file: BinaryIO) -> Layout:
    """Read a file's boxes without its pictures; stops quietly at a torn tail.

    DamagedError when not even the init segment is whole.
    """
    size = file.seek(0, os.SEEK_END)
    boxes = _boxes(file, size)
    init = b""
    for name, offset, length in boxes:
        init += _read(file, offset, length)
        if name == b"moov":
            break
        if name not in (b"ftyp", b"free"):
            raise DamagedError(f"expected an init segment, found a {name!r} box")
    else:
        raise DamagedError("the init segment is not whole")
    timescale = track_timescale(init)
    pieces: list[Piece] = []
    whole = len(init)
    moof: tuple[int, bytes] | None = None
    for name, offset, length in boxes:
        if name == b"moof":
            if moof is not None or length > _LARGEST_MOOF:
                break
            moof = offset, _read(file, offset, length)
        elif name == b"mdat" and moof is not None:
            try:
                start, end, keyframe, first = _fragment_times(moof[1])
            except (DamagedError, struct.error):
                break
            if not _begins_with_a_nal(file, offset + 8, first):
                break
            whole = offset + length
            pieces.append(
                Piece(moof[0], whole - moof[0], start / timescale, end / timescale, keyframe)
            )
            moof = None
        else:
            break
    return Layout(init, codec_string(init), tuple(pieces), whole)


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Whole top-level boxes: name, offset, length."""
    offset = 0
    while offset + 8 <= size:
        length, name = struct.unpack(">I4s", _read(file, offset, 8))
        if length < 8 or offset + length > size:
            return
        yield name, offset, length
        offset += length


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    data = file.read(length)
    if len(data) != length:
        raise DamagedError("the file ends sooner than its size says")
    return data


def _begins_with_a_nal(file: BinaryIO, offset: int, first_sample: int) -> bool:
    """Whether a sample begins with a plausible NAL length: after a power cut it may be zeros."""
    length = int.from_bytes(_read(file, offset, 4), "big")
    return 0 < length <= first_sample - 4


def _fragment_times(moof: bytes) -> tuple[int, int, bool, int]:
    """Of one moof: when it begins and ends on the screen (ticks), whether with a keyframe, bytes of
    its first sample."""
    traf = _child(moof, b"traf")
    tfdt = _child(traf, b"tfdt")
    (start,) = struct.unpack_from(">Q" if tfdt[8] == 1 else ">I", tfdt, 12)
    trun = _child(traf, b"trun")
    flags, count = struct.unpack_from(">II", trun, 8)
    width = {_IN_ORDER: 12, _REORDERED: 16}.get(flags & 0xFFFFFF, 0)
    if width == 0 or len(trun) != 20 + width * count or count == 0:
        raise DamagedError("a trun box that Streetlamp did not write")
    rows = list(struct.iter_unpack(">III" if width == 12 else ">IIII", trun[20:]))
    total = sum(row[0] for row in rows)
    if width == 16:
        decoded = accumulate((row[0] for row in rows[:-1]), initial=start)
        start = min(at + row[3] for at, row in zip(decoded, rows, strict=True))
    return start, start + total, not rows[0][2] & 0x0001_0000, rows[0][1]


def _child(box: bytes, name: bytes) -> bytes:
    offset = 8
    while offset + 8 <= len(box):
        length, found = struct.unpack_from(">I4s", box, offset)
        if length < 8:
            break
        if found == name:
            return box[offset : offset + length]
        offset += length
    raise DamagedError(f"a fragment without its {name.decode()} box")
