"""NAL units as MP4 wants them: each behind its length, in four bytes."""

from __future__ import annotations

from typing import Final

_START_CODE: Final = b"\x00\x00\x01"


def length_prefixed(annex_b: bytes) -> bytes:
    """Byte-stream NAL units (start codes) as MP4 wants them: each behind its 4-byte length.

    A NAL unit never ends in a zero byte and never holds a start code (14496-10 § 7.4.1), so
    splitting at start codes and dropping trailing zeros is exact.
    """
    units = (part.rstrip(b"\x00") for part in annex_b.split(_START_CODE)[1:])
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units if unit)


def as_mp4(data: bytes, length_size: int) -> bytes:
    """A packet with lengths of `length_size` bytes (0: start codes) as one with 4-byte lengths.

    The NAL units stay as they are, bit for bit. ValueError when the lengths do not add up.
    """
    if length_size == 4:
        return data
    if length_size == 0:
        return length_prefixed(data)
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        body = at + length_size
        length = int.from_bytes(data[at:body], "big")
        at = body + length
        if at > len(data):
            raise ValueError("a packet whose NAL lengths do not add up")
        parts.append(length.to_bytes(4, "big") + data[body:at])
    return b"".join(parts)


def join(units: list[bytes]) -> bytes:
    """NAL units behind 4-byte lengths."""
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
