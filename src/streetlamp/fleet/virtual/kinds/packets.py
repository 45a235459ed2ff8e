"""Packets lost or spoilt on their way."""

from __future__ import annotations

from random import Random
from typing import ClassVar, Final

from streetlamp.fleet.virtual.base import FAULTS, StreamFault, Strength, Unit
from streetlamp.health import Reason

_HEAD: Final = 12  # bytes of an RTP packet's head


@FAULTS.add("loss")
class Loss(StreamFault):
    """Each packet with the same chance, over TCP too: lost before it was sent."""

    name: ClassVar[str] = "loss"
    summary: ClassVar[str] = "RTP packets are lost on the way."
    takes: ClassVar[Strength | None] = Strength(
        0.05, 0.0001, 1.0, Unit.SHARE, "share of the packets that is lost"
    )
    by_packet: ClassVar[bool] = True
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.DAMAGED, Reason.LOW_RATE)

    def packet(self, packet: bytes, rng: Random) -> bytes | None:
        return None if rng.random() < self.strength else packet


@FAULTS.add("garbage")
class Garbage(StreamFault):
    """The head of a packet is right, what it carries is noise."""

    name: ClassVar[str] = "garbage"
    summary: ClassVar[str] = "What the RTP packets carry is noise."
    takes: ClassVar[Strength | None] = Strength(
        1.0, 0.0001, 1.0, Unit.SHARE, "share of the packets that is noise"
    )
    by_packet: ClassVar[bool] = True
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.DAMAGED, Reason.NO_VIDEO, Reason.UNREACHABLE)

    def packet(self, packet: bytes, rng: Random) -> bytes | None:
        if rng.random() >= self.strength:
            return packet
        return packet[:_HEAD] + rng.randbytes(len(packet) - _HEAD)
