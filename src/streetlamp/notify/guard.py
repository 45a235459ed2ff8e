"""Never to internal addresses: what a name resolves to is checked, and that very address is used.

A webhook's address is somebody's text. Without a guard it could make this machine talk to the
router, a cloud's metadata service or the desk itself (server side request forgery). The address is
looked up once and pinned: a name that answers differently the second time (DNS rebinding) gains
nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_SHARED: Final = ipaddress.ip_network("100.64.0.0/10")


class RefusedAddressError(OSError):
    """A host that must not be talked to."""


def plain(address: Address) -> Address:
    """The IPv4 address behind an IPv6 one that only wraps it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_internal(text: str) -> bool:
    """Whether an address is not one of the public internet. ValueError: it is no address."""
    address = ipaddress.ip_address(text.split("%", maxsplit=1)[0])
    for one in (address, plain(address)):
        if (
            not one.is_global
            or one.is_multicast
            or one.is_reserved
            or one.is_unspecified
            or one.is_loopback
            or one.is_link_local
            or (isinstance(one, ipaddress.IPv4Address) and one in _SHARED)
            or (isinstance(one, ipaddress.IPv6Address) and one.is_site_local)
        ):
            # An IPv6 form of a public IPv4 address is as good as that one.
            if one is address and plain(address) is not address:
                continue
            return True
    return False


async def lookup(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as the system finds them. OSError when there are none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class GuardedResolver(AbstractResolver):
    """For aiohttp: only addresses that may be talked to. What it answers is what is connected to.

    allow_internal: the owner says that this target is in their own network.
    """

    def __init__(self, *, allow_internal: bool, find: Lookup = lookup) -> None:
        self._allow = allow_internal
        self._find = find

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family
        found = await self._find(host, port)
        if not self._allow:
            check(host, found)
        return [
            ResolveResult(
                hostname=host,
                host=one,
                port=port,
                family=socket.AF_INET6 if ":" in one else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for one in found
        ]

    async def close(self) -> None:
        pass


def check(host: str, addresses: Sequence[str]) -> None:
    """RefusedAddressError when any of a host's addresses is internal: one good one among bad ones
    is a trick, not a service."""
    bad = [one for one in addresses if is_internal(one)]
    if bad:
        what = "" if host.strip("[]") == bad[0] else f"{bad[0]}, "
        raise RefusedAddressError(
            f"{host} is {what}an address of an internal network; nothing is sent there unless"
            " the target says allow_internal: true"
        )
