"""Finds devices by WS-Discovery (OASIS 2005/04, as ONVIF Core 7 uses it): a shout, and who answers.

One probe goes out of every network interface, IPv4. An answer counts when it names our question,
and only as far as it speaks of the machine it came from.
"""

from __future__ import annotations

import selectors
import socket
import struct
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from streetlamp.fleet.onvif import limits
from streetlamp.fleet.onvif.addresses import own_address, plain
from streetlamp.fleet.onvif.errors import OnvifError, UnsafeAnswerError
from streetlamp.fleet.onvif.values import Found, Target

GROUP: Final = ("239.255.255.250", 3702)
_MOST_NOTES: Final = 20
_FACTORY: Final = frozenset({"", "ONVIF", "IPC", "IPCAM", "IPCAMERA", "NVT", "UNKNOWN"})
_SCOPES: Final = "onvif://www.onvif.org/"
_KINDS: Final = (
    ("dn", "http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"),
    ("tds", "http://www.onvif.org/ver10/device/wsdl", "Device"),
)
_PROBE: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:{prefix}="{namespace}">
<e:Header><a:MessageID>{id}</a:MessageID>
<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></e:Header>
<e:Body><d:Probe><d:Types>{prefix}:{kind}</d:Types></d:Probe></e:Body></e:Envelope>"""


@dataclass(frozen=True, slots=True)
class Network:
    """Where a search goes. Tests keep it on the loopback interface."""

    group: tuple[str, int] = GROUP
    interfaces: tuple[str | int, ...] | None = None  # numbers or own addresses; None: all there are


EVERYWHERE: Final = Network()


@dataclass(frozen=True, slots=True)
class Search:
    """What a search came to."""

    found: tuple[Found, ...]
    refused: tuple[str, ...] = ()  # whose answers were not taken, and why


def probe(kind: tuple[str, str, str], id_: str) -> bytes:
    """The question itself: which devices of this kind are there?"""
    prefix, namespace, name = kind
    return _PROBE.format(prefix=prefix, namespace=namespace, kind=name, id=id_).encode()


def search(seconds: float, *, hosts: Sequence[str] = (), network: Network = EVERYWHERE) -> Search:
    """Who answers within `seconds`, by address.

    Args:
        seconds: How long to listen.
        hosts: Ask these IP addresses alone instead of shouting.
        network: Where the shout goes. Its port is also the one at which `hosts` are asked.

    Raises:
        OnvifError: nothing could be sent, of any interface.
    """
    ids = {uuid.uuid4().urn: kind for kind in _KINDS}
    questions = [probe(kind, id_) for id_, kind in ids.items()]
    sockets = list(_sockets(hosts, network))
    try:
        to = [(host, network.group[1]) for host in hosts] or [network.group]
        sent = sum(_send(one, questions, to) for one in sockets)
        if not sent:
            raise OnvifError(
                "The network could not be searched: no interface took the question. "
                "Name the cameras by --address instead."
            )
        answers = Answers(frozenset(ids))
        _listen(sockets, seconds, answers)
    finally:
        for one in sockets:
            one.close()
    return answers.told()


def _sockets(hosts: Sequence[str], network: Network) -> Iterator[socket.socket]:
    outs: list[str | int | None] = [None]
    if not hosts:
        outs = [None, *_interfaces()] if network.interfaces is None else [*network.interfaces]
    for out in outs:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)
        try:
            if isinstance(out, int):
                number = struct.pack("4s4si", b"\0" * 4, b"\0" * 4, out)
                made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, number)
            elif out is not None:
                address = socket.inet_aton(out)
                made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, address)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        except OSError:
            made.close()
            continue
        yield made


def _interfaces() -> list[int]:
    try:
        return [number for number, _ in socket.if_nameindex()]
    except OSError:
        return []


def _send(out: socket.socket, questions: list[bytes], to: list[tuple[str, int]]) -> int:
    sent = 0
    for question in questions:
        for place in to:
            try:
                out.sendto(question, place)
            except OSError:
                continue
            sent += 1
    return sent


def _listen(sockets: list[socket.socket], seconds: float, answers: Answers) -> None:
    until = time.monotonic() + seconds
    with selectors.DefaultSelector() as ready:
        for one in sockets:
            ready.register(one, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0:
            for key, _ in ready.select(left):
                assert isinstance(key.fileobj, socket.socket)
                try:
                    data, (ip, _port) = key.fileobj.recvfrom(limits.DATAGRAM_BYTES)
                except OSError:
                    continue
                if not answers.take(data, ip):
                    return


class Answers:
    """Collects who answered. Never holds more than `limits` allow."""

    def __init__(self, ids: frozenset[str]) -> None:
        self._ids = ids
        self._read = 0
        self._by_host: Counter[str] = Counter()
        self._found: dict[tuple[str, int, str], Found] = {}
        self._refused: dict[str, str] = {}
        self._cut = False

    def told(self) -> Search:
        def place(one: Found) -> tuple[bytes, int]:
            return socket.inet_aton(one.target.ip), one.target.port

        notes = [f"{ip}: {why}" for ip, why in sorted(self._refused.items())[:_MOST_NOTES]]
        if len(self._refused) > _MOST_NOTES:
            notes.append(f"… and {len(self._refused) - _MOST_NOTES} more that were refused")
        if self._cut:
            notes.append("more answers came than any network has cameras; the rest was not read")
        return Search(tuple(sorted(self._found.values(), key=place)), tuple(notes))

    def take(self, data: bytes, ip: str) -> bool:
        """Reads one datagram; False when enough were read."""
        self._read += 1
        self._by_host[ip] += 1
        if self._by_host[ip] <= limits.ANSWERS_A_HOST:
            try:
                for one in read_answer(data, ip, self._ids):
                    target = one.target
                    self._found.setdefault((target.ip, target.port, target.path), one)
            except UnsafeAnswerError as error:
                if len(self._refused) < limits.DEVICES:
                    self._refused.setdefault(ip, str(error))
        self._cut = self._read >= limits.DATAGRAMS or len(self._found) >= limits.DEVICES
        return not self._cut


def read_answer(data: bytes, ip: str, ids: frozenset[str]) -> Iterator[Found]:
    """The devices in one answer from `ip` to a question in `ids`. UnsafeAnswerError."""
    from streetlamp.fleet.onvif import soap  # noqa: PLC0415  # lxml, when somebody answers

    root = soap.read_xml(data, f"the answer of {ip}")
    if soap.text(root, "Header", "RelatesTo") not in ids:
        return
    matches = soap.children(soap.child(root, "Body", "ProbeMatches"), "ProbeMatch")
    for match in matches[: limits.ANSWERS_A_HOST]:
        target, note = _target(soap.text(match, "XAddrs"), ip)
        if target is None:
            raise UnsafeAnswerError(note)
        scopes = read_scopes(soap.text(match, "Scopes"))
        yield Found(
            target,
            name=own_name(scopes.get("name", "")),
            hardware=scopes.get("hardware", ""),
            location=scopes.get("location", ""),
            note=note,
        )


def _target(addresses: str, ip: str) -> tuple[Target | None, str]:
    """The first address that is the sender's own; else None. And what was odd, in words."""
    note, seen = "", Target(ip, 80)
    for address in addresses.split()[:16]:
        try:
            parts = own_address(
                address, seen, ("http", "https"), "its device service", any_port=True
            )
        except UnsafeAnswerError as error:
            note = note or str(error)
            continue
        tls = parts.scheme == "https"
        path = parts.path if parts.path not in ("", "/") else seen.path
        return Target(ip, parts.port or (443 if tls else 80), path, tls), note
    return None, note or "it names no address"


def read_scopes(scopes: str) -> dict[str, str]:
    """name, hardware and location of ONVIF's scope addresses."""
    found: dict[str, str] = {}
    for scope in scopes.split()[:64]:
        if scope.startswith(_SCOPES):
            key, _, value = scope.removeprefix(_SCOPES).partition("/")
            if value and key not in found:
                found[key.lower()] = plain(unquote(value, errors="replace"))
    return found


def own_name(name: str) -> str:
    """The name, unless it is what the factory calls every one of them."""
    return "" if name.upper() in _FACTORY else name
