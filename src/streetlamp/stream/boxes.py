"""The boxes that describe a track of H.264 (ISO/IEC 14496-12 and 14496-15)."""

from __future__ import annotations

import struct
from typing import Final

_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED: Final = 0x55C4  # the language "und"
_RESOLUTION: Final = 0x0048_0000  # 72 dots an inch, what everybody writes
_SELF: Final = b"\x00\x00\x00\x0curl \x00\x00\x00\x01"  # the samples are in this very file


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full_box(name: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def init_segment(config: bytes, size: tuple[int, int], timescale: int) -> bytes:
    """ftyp+moov of a fragmented MP4 with one video track.

    `config`: AVCDecoderConfigurationRecord; `size`: width, height; `timescale`: ticks a second.
    """
    empty = [full_box(name, 0, 0, bytes(4)) for name in (b"stts", b"stsc")]
    empty += [full_box(b"stsz", 0, 0, bytes(8)), full_box(b"stco", 0, 0, bytes(4))]
    table = box(b"stbl", sample_descriptions([config], size), *empty)
    extends = full_box(b"trex", 0, 0, struct.pack(">5I", 1, 1, 0, 0, 0))
    return file_type(b"iso6", b"iso6", b"mp41") + box(
        b"moov",
        movie_header(timescale, 0),
        track(size, timescale, 0, 0, table),
        box(b"mvex", extends),
    )


def file_type(major: bytes, *compatible: bytes) -> bytes:
    return box(b"ftyp", major, struct.pack(">I", 512), *compatible)


def movie_header(timescale: int, duration: int) -> bytes:
    return full_box(
        b"mvhd",
        1,
        0,
        struct.pack(">QQIQ", 0, 0, timescale, duration),
        struct.pack(">IH10x", 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", 2),  # the next track's number
    )


def track(
    size: tuple[int, int], timescale: int, shown: int, length: int, table: bytes, edits: bytes = b""
) -> bytes:
    """A trak box: `shown` ticks on the screen, `length` ticks of samples, `table` its stbl box."""
    width, height = size
    header = full_box(
        b"tkhd",
        1,
        3,  # enabled, in the movie
        struct.pack(">QQI4xQ16x", 0, 0, 1, shown),
        _MATRIX,
        struct.pack(">II", width << 16, height << 16),
    )
    media = box(
        b"mdia",
        full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", 0, 0, timescale, length, _UNDETERMINED, 0)),
        full_box(b"hdlr", 0, 0, bytes(4), b"vide", bytes(12), b"Streetlamp\x00"),
        box(
            b"minf",
            full_box(b"vmhd", 0, 1, bytes(8)),
            box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), _SELF)),
            table,
        ),
    )
    return box(b"trak", header, edits, media)


def sample_descriptions(configs: list[bytes], size: tuple[int, int]) -> bytes:
    """An stsd box with an avc1 entry for each decoder configuration."""
    width, height = size
    entries = [
        box(
            b"avc1",
            struct.pack(">6xH16xHHIII", 1, width, height, _RESOLUTION, _RESOLUTION, 0),
            struct.pack(">H32xHh", 1, 24, -1),  # one picture a sample, no name, 24 bit
            box(b"avcC", config),
        )
        for config in configs
    ]
    return full_box(b"stsd", 0, 0, struct.pack(">I", len(entries)), *entries)


def config_of(init: bytes) -> bytes:
    """The AVCDecoderConfigurationRecord of an init segment. ValueError when it has none."""
    at = init.find(b"avcC")
    if at < 4:
        raise ValueError("the init segment has no avcC box")
    (length,) = struct.unpack_from(">I", init, at - 4)
    return init[at + 4 : at - 4 + length]


def size_of(init: bytes) -> tuple[int, int]:
    """Width and height of an init segment's pictures. ValueError when it does not say."""
    at = init.find(b"avc1", init.find(b"stsd") + 1)
    if at < 0 or at + 32 > len(init):
        raise ValueError("the init segment has no avc1 box")
    width, height = struct.unpack_from(">HH", init, at + 28)
    return int(width), int(height)
