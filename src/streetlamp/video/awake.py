"""Awake, every packet of a camera is decoded: a few together, as they come.

On an overloaded machine only keyframes are, and hidden whole (``design/load.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from streetlamp.video.decode import Decoder
from streetlamp.video.hiding import Hiding
from streetlamp.video.outputs import Output
from streetlamp.video.raw import Packet

COARSE = "this machine is overloaded"
MOST_LATER = 8  # packets decoded at once: what each step of the way needs stays in the caches
LATER_SECONDS = 0.25  # live: of video that waits at most to be decoded with what follows


class Awake:
    """Decodes one camera's packets for its `Hiding`."""

    def __init__(self, hiding: Hiding, *, wait: bool, coarse: Callable[[float], bool]) -> None:
        """wait: offline. coarse: whether keyframes alone are shown now."""
        self.decoder = Decoder()
        self._hiding = hiding
        self._wait = wait
        self._coarse = coarse
        self._skipped = False  # packets since the last keyframe
        self._later: list[Packet] = []  # to be decoded with the next ones

    @property
    def waits_since(self) -> float:
        """Time of the first packet that is not decoded yet; inf if there is none."""
        return self._later[0].time if self._later else float("inf")

    def push(self, packet: Packet) -> Iterator[Output]:
        """The next packet."""
        if self._coarse(packet.time):
            yield from self._key_only(packet)
            return
        if self._skipped and not packet.keyframe:
            return
        self._skipped = False
        self._later.append(packet)
        if not self._can_wait(packet.time):
            yield from self.catch_up()

    def catch_up(self) -> Iterator[Output]:
        """Decodes what waits for it; the pictures go on together."""
        later, self._later = self._later, []
        raws = [raw for packet in later for raw in self.decoder.decode(packet)]
        yield from self._hiding.push_all([raw for raw in raws if not self._hiding.has(raw)])

    def drain(self) -> Iterator[Output]:
        """What the decoder still holds: after it, a keyframe comes."""
        for raw in self.decoder.drain():
            yield from self._hiding.push(raw)

    def _can_wait(self, time: float) -> bool:
        """Whether what was not decoded yet can wait for the packet after the one of this time."""
        if len(self._later) >= MOST_LATER:
            return False
        if self._wait:
            return True
        late = time - self._later[0].time >= LATER_SECONDS
        return not (late or self._hiding.looks_soon(time))

    def _key_only(self, packet: Packet) -> Iterator[Output]:
        """An overloaded machine: of its packets only keyframes are looked at, hidden whole."""
        if not self._skipped:
            yield from self.catch_up()
            yield from self.drain()
        self._skipped = True
        key = self.decoder.keyframe(packet) if packet.keyframe else None
        if key is not None and key.frame > self._hiding.last_frame:
            yield from self._hiding.push(key, look=True, reason=COARSE)
