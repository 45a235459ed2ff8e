"""One virtual camera: the faults it has now, and its streams with all who watch them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from streetlamp.fleet.virtual.base import FAULTS, Door, PictureFault, StreamFault
from streetlamp.fleet.virtual.reel import Reel
from streetlamp.fleet.virtual.rtp import RATE, goodbye, head, interleaved, sender_report
from streetlamp.fleet.virtual.viewer import Burst, Viewer

REPORT_SECONDS: Final = 5.0  # between two sender reports
_DOORS: Final = (Door.GONE, Door.SHUT, Door.MUTE)  # of several faults the first one counts


@dataclass(frozen=True, eq=False)
class Occurrence:
    """One time that a fault happens; cameras to which it happens together share it."""

    fault: str
    strength: float | None
    seed: int
    begun: float  # seconds since the server began

    def make_stream_fault(self) -> StreamFault | None:
        fault = FAULTS[self.fault](self.strength, self.seed)
        return fault if isinstance(fault, StreamFault) else None


@dataclass(frozen=True, slots=True)
class Look:
    """All that decides what pictures a camera shows; cameras that have the same share them."""

    faults: frozenset[Occurrence] = frozenset()
    clock: float | None = None  # seconds by which a burnt-in clock is ahead; None: there is none
    codec: str = "h264"

    @property
    def plain(self) -> bool:
        """Whether the clip can be sent as it is."""
        return not self.faults and self.clock is None and self.codec == "h264"


class Camera:
    """A camera's name and its faults. It lives in the server's event loop."""

    def __init__(self, name: str, *, clocked: bool) -> None:
        self.name = name
        self.look = Look(clock=0.0 if clocked else None)
        self._clocked = clocked
        self._faults: dict[Occurrence, StreamFault | None] = {}
        self._stream_faults: list[tuple[Occurrence, StreamFault]] = []

    def begin(self, occurrence: Occurrence) -> bool:
        """A fault begins; whether those who are connected must be cut off."""
        fault = occurrence.make_stream_fault()
        self._faults[occurrence] = fault
        self._settle()
        return fault is not None and fault.cuts

    def end(self, occurrence: Occurrence) -> bool:
        """A fault ends; whether those who are connected must be cut off."""
        fault = self._faults.pop(occurrence, None)
        self._settle()
        # whoever came while it lasted has another codec, or another password
        return fault is not None and fault.cuts

    def faults(self, name: str) -> list[Occurrence]:
        """What it has of a kind of fault now."""
        return [each for each in self._faults if each.fault == name]

    def has(self, occurrence: Occurrence) -> bool:
        """Whether this very fault goes on here."""
        return occurrence in self._faults

    def _settle(self) -> None:
        self._stream_faults = [
            (each, fault) for each, fault in self._faults.items() if fault is not None
        ]
        pictures = frozenset(each for each, fault in self._faults.items() if fault is None)
        clocked = self._clocked or any(
            issubclass(kind := FAULTS[each.fault], PictureFault) and kind.wants_clock
            for each in pictures
        )
        ahead = sum(fault.clock(0) for _, fault in self._stream_faults)
        self.look = Look(pictures, ahead if clocked else None, self.codec)

    @property
    def codec(self) -> str:
        return next((one.codec for _, one in self._stream_faults if one.codec != "h264"), "h264")

    @property
    def door(self) -> Door:
        doors = {fault.door for _, fault in self._stream_faults}
        return next((door for door in _DOORS if door in doors), Door.OPEN)

    @property
    def flows(self) -> bool:
        return all(fault.flows for _, fault in self._stream_faults)

    def password(self, usual: str | None) -> str | None:
        for _, fault in self._stream_faults:
            usual = fault.password(usual)
        return usual

    def ahead(self, now: float) -> tuple[float, float]:
        """Seconds by which its clock on the wall, and its time stamps, are ahead."""
        wall = stamps = 0.0
        for occurrence, fault in self._stream_faults:
            if fault.jumps:
                wall += fault.clock(now - occurrence.begun)
                stamps += fault.stamps(now - occurrence.begun)
        return wall, stamps

    def spoilers(self) -> list[StreamFault]:
        """The faults that do something to each packet."""
        return [fault for _, fault in self._stream_faults if fault.by_packet]


@dataclass(eq=False)
class Outlet:
    """One stream of one camera, the same for all who watch it."""

    camera: Camera
    reel: Reel
    path: str
    seed: int
    viewers: set[Viewer] = field(default_factory=set)
    on_reel: bool = True  # what it sends now is the reel itself
    shown: Look | None = None  # whose pictures it sends otherwise

    def __post_init__(self) -> None:
        self._random = Random(f"{self.seed} {self.path}")
        self.ssrc = self._random.getrandbits(32)
        self.sequence = self._random.getrandbits(16)
        self._first_stamp = self._random.getrandbits(32)
        self._packets = 0
        self._bytes = 0
        self._reported = -REPORT_SECONDS

    @property
    def watched(self) -> bool:
        return any(viewer.playing for viewer in self.viewers)

    def stamp(self, now: float) -> int:
        """The RTP time stamp of a moment, in seconds since the server began."""
        ahead = self.camera.ahead(now)[1]
        return (self._first_stamp + round((now + ahead) * RATE)) & 0xFFFFFFFF

    def send(self, payloads: Sequence[bytes], due: float, keyframe: bool, wall: float) -> None:
        """Send a picture to all who watch. `due` in seconds since the server began, `wall` POSIX.

        Time stamps come from when it was due, not from when it was ready.
        """
        if not payloads or not self.camera.flows:
            return
        stamp = self.stamp(due)
        last = len(payloads) - 1
        packets = [
            head(self.sequence + place, stamp, self.ssrc, marker=place == last) + payload
            for place, payload in enumerate(payloads)
        ]
        self.sequence += len(packets)
        self._packets += len(packets)
        self._bytes += sum(map(len, payloads))
        for fault in self.camera.spoilers():
            packets = [
                spoilt for one in packets if (spoilt := fault.packet(one, self._random)) is not None
            ]
        self._report(due, wall)
        burst = Burst(packets, b"".join(interleaved(0, one) for one in packets), keyframe)
        for viewer in self.viewers:
            if viewer.playing:
                viewer.send(burst)

    def _report(self, now: float, wall: float) -> None:
        everybody = now - self._reported >= REPORT_SECONDS
        if everybody:
            self._reported = now
        report: bytes | None = None
        for viewer in self.viewers:
            if viewer.playing and (everybody or not viewer.greeted):
                report = report or self._sender_report(now, wall)
                viewer.greeted = True
                viewer.report(report)

    def _sender_report(self, now: float, wall: float) -> bytes:
        return sender_report(
            self.ssrc, wall + self.camera.ahead(now)[0], self.stamp(now), self._packets,
            self._bytes, f"{self.camera.name}@virtual",
        )  # fmt: skip

    def farewell(self) -> None:
        """Tell all who watch that the stream ends."""
        for viewer in self.viewers:
            if viewer.playing:
                viewer.report(goodbye(self.ssrc))
