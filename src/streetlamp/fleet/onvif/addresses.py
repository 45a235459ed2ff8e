"""Which addresses may be spoken to: those a person typed or that answered, and nothing they name.

A device names addresses all the time: of its services, its subscriptions, its streams. A hostile
one names a file, a service on this very machine, or a neighbour that trusts us (SSRF). So a device
may name only itself.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from typing import Final
from urllib.parse import SplitResult, urlsplit

from streetlamp.fleet.onvif import limits
from streetlamp.fleet.onvif.errors import OnvifError, UnreachableError, UnsafeAnswerError
from streetlamp.fleet.onvif.values import Target, bracketed

USUAL_PORTS: Final = (80, 8080, 8000, 8899, 2020)  # where ONVIF answers, most common first
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?\.?")
_ODD: Final = re.compile(r"[\x00-\x20\x7f-\x9f\\\"'<>^`{|}\u2028\u2029]")
_TWO_PORTS: Final = re.compile(r"(://[^/\[\]:]+:\d+):\d+")  # some cameras write host:port:port
_SERVICE: Final = "/onvif/device_service"
_PRIVATE: Final = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)
_TYPED: Final = "Write a host, host:port, or http://host:port/onvif/device_service."


def plain(text: object, most: int = limits.TEXT) -> str:
    """A device's text fit for a terminal, a page and a file: one line, no control characters."""
    line = "".join(char if char.isprintable() else " " for char in str(text or "")[: 8 * most])
    line = " ".join(line.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def parse_typed(text: str) -> tuple[str, int | None, str, bool]:
    """(host, port or None, path, TLS) of what a person typed; UserError where it is no address."""
    whole = text.strip()
    if "://" not in whole:
        bare = whole.count(":") > 1 and not whole.startswith("[")
        whole = f"http://{bracketed(whole) if bare else whole}"
    try:
        parts = urlsplit(whole)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise OnvifError(f"'{plain(text)}' is not an address. {_TYPED}") from None
    if parts.scheme not in ("http", "https") or parts.query or parts.fragment or _ODD.search(whole):
        raise OnvifError(f"'{plain(text)}' is not an address. {_TYPED}")
    if parts.username or parts.password:
        raise OnvifError("No login in the address, please: others could read it.")
    if not host or port == 0 or not (_number(host) or _HOST.fullmatch(host)):
        raise OnvifError(f"'{plain(text)}' is not an address. {_TYPED}")
    path = parts.path if parts.path not in ("", "/") else _SERVICE
    tls = parts.scheme == "https"
    return host, port or (443 if tls else None), path, tls


def resolve(host: str) -> str:
    """The IP address of a host, asked once; UnreachableError."""
    if _number(host):
        return host
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnreachableError(f"There is no machine called {plain(host)} here.") from None
    return str(found[0][4][0])


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_near(ip: str) -> bool:
    """Whether this is an address of a private network (RFC 1918, RFC 4193) or of this machine.

    Link-local addresses are left out: cloud machines have their secrets there.
    """
    number = _number(ip)
    if number is None:
        return False
    if isinstance(number, ipaddress.IPv6Address) and number.ipv4_mapped:
        number = number.ipv4_mapped
    return number.is_loopback or any(number in net for net in _PRIVATE)


def _same(host: str, target: Target) -> bool:
    theirs, ours = _number(host), _number(target.ip)
    if theirs is not None:
        return theirs == ours
    return bool(target.typed) and host.rstrip(".").lower() == target.typed.rstrip(".").lower()


def own_address(
    url: object, target: Target, schemes: Collection[str], what: str, *, any_port: bool = False
) -> SplitResult:
    """A URL a device names, taken apart; UnsafeAnswerError unless it names the device itself.

    `what` is what it is the address of, for the error. On the loopback address another port is
    another program, so there the port must be the one that answered, unless `any_port`.
    """
    text = _TWO_PORTS.sub(r"\1", str(url or "").strip())
    shown = plain(re.sub(r"//[^/@]*@", "//", text))
    if not text or len(text) > limits.URL or _ODD.search(text):
        raise UnsafeAnswerError(f"the address of {what} cannot be used: '{shown}'")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UnsafeAnswerError(f"the address of {what} cannot be read: '{shown}'") from None
    scheme = parts.scheme.lower()
    if scheme not in schemes:
        raise UnsafeAnswerError(
            f"the address of {what} is '{shown}', not {' or '.join(sorted(schemes))}: not followed"
        )
    if not host or not _same(host, target):
        raise UnsafeAnswerError(
            f"the address of {what} names another machine ({plain(host) or 'none'} instead of "
            f"{target.host}): not followed"
        )
    own = _number(target.ip)
    here = own is not None and own.is_loopback
    if here and not any_port and (port or (443 if scheme == "https" else 80)) != target.port:
        raise UnsafeAnswerError(
            f"the address of {what} names another port of this machine ({port}): not followed"
        )
    return parts


def service_url(url: object, target: Target, what: str) -> str:
    """The address of a device's service, by its number; UnsafeAnswerError."""
    parts = own_address(url, target, ("http", "https"), what)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{bracketed(target.ip)}:{port}{parts.path or '/'}{query}"


def stream_url(url: object, target: Target) -> str:
    """The address of a stream without any login in it; UnsafeAnswerError."""
    parts = own_address(url, target, ("rtsp", "rtsps"), "a stream", any_port=True)
    port = f":{parts.port}" if parts.port else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme.lower()}://{bracketed(target.host)}{port}{parts.path}{query}"
