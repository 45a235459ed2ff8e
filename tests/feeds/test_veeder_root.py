"""A console of the tests, after the serial interface manual 576013-635: inventory, and lies."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from streetlamp.app.feed_runner import FeedRunner
from streetlamp.feeds.base import Reading, Refused
from streetlamp.feeds.options import FeedOptions
from streetlamp.feeds.parse import make_feed, parse_feed
from streetlamp.meters.feeds import METERS
from streetlamp.stock.feeds import STOCK
from support.feeds import Loop, TcpDevice, running, until


def report(tank: int, *values: float, status: int = 0, told: int | None = None) -> bytes:
    """The answer to i201TT: volume, that at 15 °C, ullage, height, water, temperature, its volume
    as eight hexadecimal digits each (IEEE 754), and the two's complement of the sum."""
    fields = "".join(struct.pack(">f", value).hex().upper() for value in values)
    shown = tank if told is None else told
    text = f"\x01i201{tank:02d}2606100930{shown:02d}1{status:04X}07{fields}&&"
    return f"{text}{-sum(text.encode()) & 0xFFFF:04X}\x03".encode()


FULL = (5000.0, 4990.0, 3000.0, 48.25, 1.5, 62.5, 30.0)


class Console:
    def __init__(self, loop: Loop) -> None:
        self.says: dict[int, bytes] = {1: report(1, *FULL)}
        self.heard: set[bytes] = set()
        self.device = TcpDevice(loop, self._talk)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked = await reader.readuntil(b"\n")
            self.heard.add(asked)
            writer.write(self.says.get(int(asked[5:7]), b"\x019999FF1B\x03"))
            await writer.drain()


class Kept:
    def __init__(self) -> None:
        self.readings: list[Reading] = []

    def put(self, readings: Sequence[Reading], now: float) -> Sequence[Refused]:
        self.readings += readings
        return ()


def options(port: int = 10001, **more: Any) -> FeedOptions:
    given = {
        "kind": "veeder_root", "host": "127.0.0.1", "port": port, "units": "us", "every": 0.1,
        "timeout": 0.5, "tanks": [{"id": "north", "tank": 1}], **more,
    }  # fmt: skip
    found = parse_feed(given, STOCK)
    assert isinstance(found, FeedOptions)
    return found


def feed(port: int, **more: Any) -> tuple[FeedRunner, Kept]:
    kept = Kept()
    return FeedRunner("stock", "console", make_feed(options(port, **more)), kept), kept


def test_the_inventory_is_read_and_nothing_else_sent(loop: Loop) -> None:
    there = Console(loop)
    with there.device:
        tanks = [
            {"id": "north", "tank": 1, "reads": ["level", "water_level", "temperature", "volume"]}
        ]
        one, kept = feed(there.device.port, tanks=tanks)
        with running(one):
            until(lambda: one.view().taken >= 4)
    assert there.heard == {b"\x01i20101\r\n"}
    found = {(r.kind, r.instrument): (r.value, r.unit) for r in kept.readings}
    assert found == {
        ("level", "gauge"): (48.25, "in"), ("water_level", "gauge"): (1.5, "in"),
        ("temperature", "thermometer"): (62.5, "°F"), ("stock_take", "volume"): (5000.0, "gal"),
    }  # fmt: skip
    assert {r.name for r in kept.readings} == {"north"}


GARBLED = report(1, *FULL).replace(b"42410000", b"42490000")
HOSTILE = {
    "a wrong checksum": (GARBLED, "checksum"),
    "no checksum": (b"\x01i20101260610\x03", "hecksum"),
    "not known": (b"\x019999FF1B\x03", "Unsupported"),
    "another tank": (report(1, *FULL, told=2), "cannot be read"),
    "too few values": (report(1, 5000.0), "cannot be read"),
    "a delivery": (report(1, *FULL, status=1), "a delivery is going on"),
    "a probe that is out": (report(1, *FULL, status=4), "probe"),
    "no hex": (b"\x01" + b"z" * 90 + b"&&0000\x03", "checksum"),
    "no text": (b"\xff" * 90 + b"&&0000\x03", "codec"),
}


def test_hostile_answers_are_listed_and_the_next_is_read(loop: Loop) -> None:
    there = Console(loop)
    with there.device:
        one, kept = feed(there.device.port)
        there.says[1] = b""
        with running(one):
            for name, (bad, why) in HOSTILE.items():
                there.says[1] = bad
                before = one.view().refused
                until(lambda seen=before: one.view().refused > seen + 1)  # type: ignore[misc]
                assert why in one.view().refusals[-1].why, name
                assert not kept.readings, name
            there.says[1] = b"x" * 4096  # without an end
            until(lambda: bool(one.trouble))
            there.says[1] = report(1, *FULL)
            until(lambda: bool(kept.readings))
            until(lambda: not one.trouble)


def test_a_console_that_goes_and_returns(loop: Loop) -> None:
    there = Console(loop)
    with there.device:
        one, kept = feed(there.device.port)
        with running(one):
            until(lambda: bool(kept.readings))
            there.device.stop()
            until(lambda: "does not answer" in one.trouble)
            before = one.view().taken
            there.device.start()
            until(lambda: one.view().taken > before)


def test_nothing_is_sent_outside_the_networks_allowed(loop: Loop) -> None:
    there = Console(loop)
    with there.device:
        one, _ = feed(there.device.port, allow=["192.0.2.0/24", "::1"], host="localhost")
        with running(one):
            until(lambda: bool(one.trouble))
        if "not in the networks" in one.trouble:  # localhost has an address of IPv4 alone
            assert there.device.calls == 0
        other, _ = feed(there.device.port, allow=["192.0.2.7"])
        with running(other):
            until(lambda: "nothing is sent" in other.trouble)
    assert there.device.calls == 0
    assert not there.heard


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"units": "imperial"}, "units"),
        ({"allow": ["everywhere"]}, "no address and no network"),
        ({"allow": []}, "allow"),
        ({"tanks": [{"id": "north", "tank": 100}]}, "99"),
        ({"tanks": [{"id": "north", "tank": 1, "reads": ["ullage"]}]}, "reads"),
    ],
)
def test_options_that_make_no_sense(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        options(**given)


def test_it_is_for_stores_alone() -> None:
    with pytest.raises(ValueError, match="for meters"):
        parse_feed({"kind": "veeder_root"}, METERS)
