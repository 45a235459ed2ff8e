"""RTP payloads and RTCP reports, read back by another reader."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from streetlamp.fleet.virtual import rtp
from support.rtp_client import Rtp, SenderReport, unpacked


def unit(kind: int, size: int) -> bytes:
    return bytes([0x60 | kind]) + bytes(number % 251 + 1 for number in range(size - 1))


UNITS = st.lists(
    st.builds(unit, st.sampled_from([1, 5, 6, 7, 8]), st.integers(2, 400)), min_size=1, max_size=12
)


@given(UNITS, st.integers(60, 300))
def test_a_receiver_gets_the_same_units_back(units: list[bytes], most: int) -> None:
    parts = rtp.payloads(units, most=most)
    assert all(0 < len(part) <= most for part in parts)
    assert unpacked(parts) == units


@given(st.lists(st.integers(3, 900), min_size=1, max_size=8), st.integers(60, 300))
def test_h265_units_come_back_too(sizes: list[int], most: int) -> None:
    units = [bytes([1 << 1 | number % 2 << 6, 1]) + bytes(range(1, 250)) * 4
             for number in range(len(sizes))]  # fmt: skip
    units = [each[:size] for each, size in zip(units, sizes, strict=True)]
    found: list[bytes] = []
    for part in rtp.payloads(units, "h265", most):
        assert len(part) <= most
        kind = part[0] >> 1 & 63
        if kind == 48:
            at = 2
            while at < len(part):
                (size,) = struct.unpack("!H", part[at : at + 2])
                found.append(part[at + 2 : at + 2 + size])
                at += 2 + size
        elif kind == 49:
            if part[2] & 0x80:
                found.append(bytes([part[0] & 0x81 | (part[2] & 63) << 1, part[1]]))
            found[-1] += part[3:]
        else:
            found.append(part)
    assert found == units


def test_a_head_says_what_it_is_told() -> None:
    packet = rtp.head(0x1FFFF, 2**32 + 5, 77, marker=True) + b"x"
    assert Rtp.read(packet) == Rtp(True, 0xFFFF, 5, 77, b"x")


def test_a_report_tells_the_time() -> None:
    packet = rtp.sender_report(9, 1_700_000_000.25, 123, 4, 5, "cam001")
    assert SenderReport.read(packet) == SenderReport(9, 1_700_000_000.25, 123, 4, 5)
    assert len(packet) % 4 == 0
    assert b"cam001" in packet


def test_a_clock_before_1900_does_not_break_it() -> None:
    assert rtp.sender_report(9, -3e9, 1, 2, 3, "x")
