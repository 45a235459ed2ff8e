"""RTP and RTCP: payloads of coded pictures, packet heads, sender reports.

RFC 3550 (RTP), RFC 6184 (H.264, packetization mode 1), RFC 7798 (H.265).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Final

RATE: Final = 90_000  # ticks of a time stamp a second
PAYLOAD_TYPE: Final = 96
MOST: Final = 1400  # bytes of a payload: fits into an Ethernet frame with all heads
_HEAD: Final = struct.Struct("!BBHII")
_REPORT: Final = struct.Struct("!BBHIIIIII")
_VERSION: Final = 0x80
_SENDER_REPORT, _DESCRIPTION, _BYE = 200, 202, 203
_CNAME: Final = 1
NTP_EPOCH: Final = 2_208_988_800  # seconds from 1900 to 1970
_STAP_A, _FU_A = 24, 28
_AP, _FU = 48, 49


def payloads(nals: Sequence[bytes], codec: str = "h264", most: int = MOST) -> list[bytes]:
    """What a picture's NAL units become: single, aggregated while they are small, or fragmented."""
    found: list[bytes] = []
    small: list[bytes] = []
    for nal in nals:
        if small and sum(map(len, small)) + len(nal) + 2 * len(small) + 6 > most:
            found.append(_together(small, codec))
            small = []
        if len(nal) > most:
            if small:
                found.append(_together(small, codec))
                small = []
            found += _fragments(nal, codec, most)
        else:
            small.append(nal)
    if small:
        found.append(_together(small, codec))
    return found


def _together(nals: Sequence[bytes], codec: str) -> bytes:
    if len(nals) == 1:
        return nals[0]
    body = b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)
    if codec == "h264":
        return bytes([max(nal[0] & 0x60 for nal in nals) | _STAP_A]) + body
    return bytes([_AP << 1, nals[0][1]]) + body


def _fragments(nal: bytes, codec: str, most: int) -> Iterator[bytes]:
    if codec == "h264":
        lead, kind, body = bytes([nal[0] & 0x60 | _FU_A]), nal[0] & 0x1F, nal[1:]
    else:
        lead, kind, body = bytes([nal[0] & 0x81 | _FU << 1, nal[1]]), nal[0] >> 1 & 0x3F, nal[2:]
    step = most - len(lead) - 1
    for at in range(0, len(body), step):
        ends = (0x80 if at == 0 else 0) | (0x40 if at + step >= len(body) else 0)
        yield lead + bytes([ends | kind]) + body[at : at + step]


def head(sequence: int, stamp: int, ssrc: int, *, marker: bool) -> bytes:
    """The twelve bytes before a payload; `marker`: it is a picture's last."""
    kind = PAYLOAD_TYPE | (0x80 if marker else 0)
    return _HEAD.pack(_VERSION, kind, sequence & 0xFFFF, stamp & 0xFFFFFFFF, ssrc)


def sender_report(ssrc: int, wall: float, stamp: int, packets: int, sent: int, name: str) -> bytes:
    """A compound RTCP packet: what the clock on the wall said at an RTP stamp, and who says so.

    `wall`: POSIX seconds. `sent`: bytes of payload so far.
    """
    ntp = wall + NTP_EPOCH
    whole = int(ntp // 1)
    report = _REPORT.pack(
        _VERSION, _SENDER_REPORT, 6, ssrc, whole & 0xFFFFFFFF, int((ntp - whole) * 2**32),
        stamp & 0xFFFFFFFF, packets & 0xFFFFFFFF, sent & 0xFFFFFFFF,
    )  # fmt: skip
    return report + _description(ssrc, name)


def _description(ssrc: int, name: str) -> bytes:
    text = name.encode()[:255]
    items = bytes([_CNAME, len(text)]) + text + b"\x00"
    items += b"\x00" * (-len(items) % 4)
    length = 1 + len(items) // 4
    return struct.pack("!BBHI", _VERSION | 1, _DESCRIPTION, length, ssrc) + items


def goodbye(ssrc: int) -> bytes:
    """RTCP's BYE: this stream ends."""
    return struct.pack("!BBHI", _VERSION | 1, _BYE, 1, ssrc)


def interleaved(channel: int, packet: bytes) -> bytes:
    """A packet as it travels in the RTSP connection (RFC 2326 § 10.12)."""
    return b"$" + bytes([channel]) + len(packet).to_bytes(2, "big") + packet
