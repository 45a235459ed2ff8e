"""A stream of packets cut into GOPs, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from streetlamp.h264 import Inspector, KeyUnit
from streetlamp.video.raw import Packet, RawFrame, StreamInfo

TOO_LONG: Final = "the GOP is too long"
_NO_KEY: Final = KeyUnit(idr=False, config=b"", refusal="the stream begins without a keyframe")


@dataclass(slots=True, eq=False)
class Gop:
    """Packets from one keyframe up to the next, in the order of decoding."""

    key: KeyUnit
    length_size: int  # bytes of a NAL unit's length in its packets; 0: start codes
    follows: bool  # right after the GOP before it, no picture missing between
    refusal: str  # why it can be neither slept through nor copied, "" if it can
    packets: list[Packet] = field(default_factory=list)
    complete: bool = False  # no packet will come any more
    end: float = 0.0  # once complete: POSIX seconds where the next one begins
    picture: RawFrame | None = None  # its keyframe, if that was decoded for itself

    @property
    def start(self) -> float:
        return self.packets[0].time

    @property
    def first(self) -> int:
        """Number of its first picture."""
        return self.packets[0].frame

    @property
    def last(self) -> int:
        """Number of its last picture so far."""
        return max(packet.frame for packet in self.packets[-20:])


class Cutter:
    """Finds the GOP of each packet. A new one begins at each closed keyframe."""

    def __init__(self, max_gop_seconds: float) -> None:
        self._longest = max_gop_seconds
        self._stream: StreamInfo | None = None
        self._inspector = Inspector(b"")
        self._gop: Gop | None = None

    def cut(self, packet: Packet) -> Gop:
        """The GOP that this packet, now in it, belongs to; its first if it is the only one."""
        if packet.stream is not self._stream:
            known = self._stream
            if known is None or known.extradata != packet.stream.extradata:
                self._inspector = Inspector(packet.stream.extradata)
            self._stream = packet.stream
            begins = True
        else:
            begins = False
        gop = self._gop
        if packet.keyframe or begins or gop is None:
            key = self._inspector.keyframe(packet.data) if packet.keyframe else _NO_KEY
            if key.idr or begins or gop is None:
                return self._begin(packet, key)
            gop.refusal = gop.refusal or key.refusal or "a keyframe that is not closed"
        elif not gop.refusal and not self._inspector.is_plain(packet.data):
            gop.refusal = "parameter sets inside a GOP"
        gop.packets.append(packet)
        if packet.time - gop.start > self._longest:
            gop.refusal = gop.refusal or TOO_LONG
        return gop

    def end(self) -> None:
        """The stream's end, or a break in it."""
        gop, self._gop = self._gop, None
        if gop is not None:
            latest = max(packet.time for packet in gop.packets)
            step = float(1 / gop.packets[0].stream.rate)
            _complete(gop, latest + step)

    def _begin(self, packet: Packet, key: KeyUnit) -> Gop:
        before = self._gop
        follows = before is not None and packet.frame == before.last + 1
        if before is not None:
            _complete(before, packet.time)
        gop = Gop(key, self._inspector.length_size, follows, key.refusal, [packet])
        self._gop = gop
        return gop


def _complete(gop: Gop, end: float) -> None:
    gop.complete, gop.end = True, end
    frames = sorted(packet.frame for packet in gop.packets)
    if frames != list(range(gop.first, gop.first + len(frames))):
        gop.refusal = gop.refusal or "pictures are missing in the GOP"
