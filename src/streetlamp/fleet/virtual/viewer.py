"""Those who watch: packets go to them over their RTSP connection, or over UDP."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streetlamp.fleet.virtual.rtp import interleaved

MOST_WAITING = 1 << 20
"""Bytes that may wait for a slow client; beyond, pictures are left out up to a keyframe."""


@dataclass(frozen=True, slots=True)
class Burst:
    """The RTP packets of one picture, also as they stand in an RTSP connection on channel 0."""

    packets: Sequence[bytes]
    stream: bytes
    keyframe: bool


class Viewer(ABC):
    """One client that has set up a stream. Nothing is sent before PLAY and a keyframe."""

    def __init__(self) -> None:
        self.playing = False
        self.waiting = True  # for a keyframe
        self.greeted = False  # has had a sender report
        self.left_out = 0  # pictures that did not fit

    def send(self, burst: Burst) -> None:
        """Send a picture, or leave it out where the client is too slow."""
        waiting = self.backlog()
        if waiting > MOST_WAITING:
            self.waiting = True
        if self.waiting and (not burst.keyframe or waiting > MOST_WAITING // 2):
            self.left_out += 1
            return
        self.waiting = False
        self._send(burst)

    @abstractmethod
    def backlog(self) -> int:
        """Bytes that wait in this process to be sent to it."""

    @abstractmethod
    def _send(self, burst: Burst) -> None: ...

    @abstractmethod
    def report(self, packet: bytes) -> None:
        """Send an RTCP packet."""


class TcpViewer(Viewer):
    """Packets between the answers of its RTSP connection."""

    def __init__(self, writer: asyncio.StreamWriter, channels: tuple[int, int]) -> None:
        super().__init__()
        self._transport = writer.transport
        self._channels = channels

    def backlog(self) -> int:
        return self._transport.get_write_buffer_size()

    def _send(self, burst: Burst) -> None:
        if self._channels[0] == 0:
            self._transport.write(burst.stream)
        else:
            channel = self._channels[0]
            self._transport.write(b"".join(interleaved(channel, one) for one in burst.packets))

    def report(self, packet: bytes) -> None:
        if self.backlog() <= MOST_WAITING:
            self._transport.write(interleaved(self._channels[1], packet))


class UdpViewer(Viewer):
    """Packets to the two ports it named, at the address that its RTSP connection comes from."""

    def __init__(
        self,
        transports: tuple[asyncio.DatagramTransport, asyncio.DatagramTransport],
        host: str,
        ports: tuple[int, int],
    ) -> None:
        super().__init__()
        self._transports = transports
        self._addresses = (host, ports[0]), (host, ports[1])

    @property
    def rtcp_address(self) -> tuple[str, int]:
        """Where its receiver reports come from."""
        return self._addresses[1]

    def backlog(self) -> int:
        size: Any = self._transports[0]
        return int(size.get_write_buffer_size())

    def _send(self, burst: Burst) -> None:
        for packet in burst.packets:
            self._transports[0].sendto(packet, self._addresses[0])

    def report(self, packet: bytes) -> None:
        self._transports[1].sendto(packet, self._addresses[1])
