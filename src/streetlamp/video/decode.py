"""Packets become pictures: one decoder, fed in order, or keyframes alone."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import Any, Final

import av
import av.error

from streetlamp.video.raw import Packet, RawFrame, StreamInfo
from streetlamp.video.source.bounds import DECODER

_REFUSALS: Final = (av.error.FFmpegError, ValueError, OSError)


class Decoder:
    """Decodes one camera's packets. Not thread-safe; the camera's thread owns it.

    Damaged packets are counted and left out. Each picture gets its packet's place in time by a
    number that goes through the decoder with it. Where a decoder gives pictures in another order
    than the container promised, they are placed as they come, so that time never runs backwards.
    """

    def __init__(self) -> None:
        self.damaged = 0  # packets the decoder refused
        self.decoded = 0  # pictures
        self._stream: StreamInfo | None = None
        self._context: Any = None
        self._keys: Any = None  # a context for keyframes alone
        self._places: dict[int, Packet] = {}  # of packets that went in, by frame
        self._order: list[int] = []  # heap of their frames
        self._last = 0

    def decode(self, packet: Packet) -> Iterator[RawFrame]:
        """The pictures that come out because of the next packet, in order of presentation."""
        if packet.stream is not self._stream:
            yield from self.drain()
            self._open(packet.stream)
        self._places[packet.frame] = packet
        heapq.heappush(self._order, packet.frame)
        coded = av.Packet(packet.data)
        coded.pts = packet.frame
        yield from self._decoded(coded)

    def drain(self) -> Iterator[RawFrame]:
        """What the decoder still holds; the next packet must be a keyframe."""
        if self._context is not None:
            yield from self._decoded(None)
            self._context.flush_buffers()
        self._forget()

    def gop(self, packets: Iterable[Packet]) -> Iterator[RawFrame]:
        """The pictures of one closed GOP, from its keyframe on, whatever was decoded before."""
        if self._context is not None:
            self._context.flush_buffers()
        self._forget()
        for packet in packets:
            yield from self.decode(packet)
        yield from self.drain()

    def keyframe(self, packet: Packet) -> RawFrame | None:
        """A keyframe's picture alone, for looking at: the loop filter is left out.

        None when it is damaged. What `decode` does is not disturbed.
        """
        if packet.stream is not self._stream or self._keys is None:
            if packet.stream is not self._stream:
                self._open(packet.stream)
            self._keys = _context(packet.stream, {"skip_loop_filter": "all"})
        coded = av.Packet(packet.data)
        coded.pts = packet.frame
        try:
            pictures = self._keys.decode(coded) + self._keys.decode(None)
        except _REFUSALS:
            pictures = []
        self._keys.flush_buffers()
        if not pictures:
            self.damaged += 1
            return None
        self.decoded += 1
        return _raw(packet, pictures[0])

    def _forget(self) -> None:
        """No picture is expected any more."""
        self._places.clear()
        self._order.clear()
        self._last = 0

    def _open(self, stream: StreamInfo) -> None:
        self._stream = stream
        self._context = _context(stream, {})
        self._keys = None
        self._forget()

    def _decoded(self, coded: Any) -> Iterator[RawFrame]:
        try:
            pictures = self._context.decode(coded)
        except _REFUSALS:
            self.damaged += coded is not None
            return
        for picture in pictures:
            packet = self._place(picture.pts)
            if packet is not None:
                self.decoded += 1
                yield _raw(packet, picture)

    def _place(self, frame: int | None) -> Packet | None:
        """The place of the picture that just came out; those before it will not come any more."""
        if frame is None or frame not in self._places or frame <= self._last:
            frame = self._order[0] if self._order else None
        if frame is None:
            return None
        while self._order and self._order[0] < frame:
            self._places.pop(heapq.heappop(self._order))
        heapq.heappop(self._order)
        self._last = frame
        return self._places.pop(frame)


def _context(stream: StreamInfo, options: dict[str, str]) -> Any:
    context: Any = av.CodecContext.create(stream.codec, "r")
    context.extradata = stream.extradata or None
    context.thread_count = stream.threads
    context.thread_type = "NONE" if stream.threads == 1 else "AUTO"
    context.options = DECODER | options
    return context


def _raw(packet: Packet, picture: av.VideoFrame) -> RawFrame:
    return RawFrame(packet.camera, packet.time, packet.frame, picture, packet.pts, packet.time_base)
