"""The sockets of a virtual camera: one TCP port for RTSP, a pair of UDP ports for RTP and RTCP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

_TRIES: Final = 64  # pairs of UDP ports looked at
_FIRST, _LAST = 20_000, 60_000


class _Ear(asyncio.DatagramProtocol):
    """Tells who sent something: a receiver report keeps a UDP viewer's session alive."""

    def __init__(self, heard: Callable[[tuple[str, int]], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._heard((str(addr[0]), int(addr[1])))


async def open_udp(
    host: str, near: int, heard: Callable[[tuple[str, int]], None]
) -> tuple[asyncio.DatagramTransport, asyncio.DatagramTransport] | None:
    """An even port for RTP and the next one for RTCP (RFC 3550 § 11); None: none is free.

    `near`: a number from which the search begins, so that servers do not all try the same ones.
    """
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for attempt in range(_TRIES):
        port = _FIRST + ((near + attempt) * 2) % (_LAST - _FIRST)
        transports: list[asyncio.DatagramTransport] = []
        try:
            for each in (port, port + 1):
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: _Ear(heard), local_addr=(host, each), family=family
                )
                transports.append(transport)
        except OSError:
            for transport in transports:
                transport.close()
            continue
        return transports[0], transports[1]
    return None
