"""An M-Bus slave over TCP, its frames written here after EN 13757-2 and -3, and hostile ones."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import pty
import struct
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from streetlamp.app.feed_runner import FeedRunner
from streetlamp.feeds.kinds.mbus import _meterbus
from support.feeds import Loop, TcpDevice, meter_feed, meter_options, running, until, written


def bcd(value: int, size: int = 4) -> bytes:
    return bytes.fromhex(f"{value:0{2 * size}d}")[::-1]


def answer(address: int, *records: bytes, status: int = 0, control: int = 0x08) -> bytes:
    """RSP_UD: a long frame with variable data of a water meter."""
    head = bcd(12_345_678) + b"\x24\x40" + b"\x01\x07" + bytes((1, status)) + b"\0\0"
    body = bytes((control, address, 0x72)) + head + b"".join(records)
    size = bytes((len(body), len(body)))
    return b"\x68" + size + b"\x68" + body + bytes((sum(body) & 0xFF, 0x16))


VOLUME = b"\x0c\x14" + bcd(1_234_567)  # 12345.67 m3
STORED = b"\x4c\x14" + bcd(1_200_000)
TARIFF = b"\x8c\x10\x14" + bcd(1)
ENERGY = b"\x04\x06" + (9_876).to_bytes(4, "little")  # kWh
POWER = b"\x02\x2b" + (-5).to_bytes(2, "little", signed=True)  # W
FLOW_T = b"\x02\x59" + (7_125).to_bytes(2, "little")  # 71.25 °C
RETURN_T = b"\x02\x5d" + (4_050).to_bytes(2, "little")
HIGHEST = b"\x12\x59" + (9_000).to_bytes(2, "little")  # a maximum
MORE = b"\x1f"


class Slaves:
    """Meters on a bus: each answers REQ_UD2 with what is laid down for it, by turns."""

    def __init__(self, loop: Loop | None, says: dict[int, list[bytes]]) -> None:
        self.says, self.heard = says, set[int]()
        self._turn: dict[int, int] = {}
        if loop is not None:
            self.device = TcpDevice(loop, self._talk)

    def reply(self, frame: bytes) -> bytes:
        start, control, address, check, stop = frame
        assert (start, stop, check) == (0x10, 0x16, (control + address) & 0xFF)
        self.heard.add(control)
        if address not in self.says:
            return b""
        if control == 0x40:
            self._turn[address] = 0
            return b"\xe5"
        turn = self._turn.get(address, 0)
        assert control == (0x7B if turn % 2 == 0 else 0x5B), "the frame count bit alternates"
        self._turn[address] = turn + 1
        said = self.says[address]
        return said[min(turn, len(said) - 1)]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(self.reply(await reader.readexactly(5)))


@contextmanager
def bus(loop: Loop, **says: list[bytes]) -> Iterator[Slaves]:
    slaves = Slaves(loop, {int(address[1:]): said for address, said in says.items()})
    with slaves.device:
        yield slaves


def record(name: str, /, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "water", "unit": "m3", "address": 1, **more}


def feed(folder: Path, port: str, *readings: dict[str, Any], **more: Any) -> FeedRunner:
    given = {"every": 0.2, "timeout": 1, **more}
    return meter_feed(folder, kind="mbus", port=port, readings=list(readings), **given)


def tcp(slaves: Slaves) -> str:
    return f"tcp://127.0.0.1:{slaves.device.port}"


def test_records_are_found_by_what_they_are(tmp_path: Path, loop: Loop) -> None:
    temperature = {"kind": "temperature", "unit": "°C", "address": 2}
    readings = [
        record("W"), record("W-litres", unit="L"), record("W-stored", storage=1),
        record("W-night", tariff=1), record("H", kind="heat", unit="MWh", address=2),
        record("P", kind="heat", unit="kW", counts="interval", address=2),
        record("T-flow", **temperature), record("T-return", **temperature, nth=1),
    ]  # fmt: skip
    water = [answer(1, STORED, TARIFF, VOLUME)]
    heat = [answer(2, HIGHEST, ENERGY, FLOW_T, MORE), answer(2, RETURN_T, POWER)]
    with bus(loop, a1=water, a2=heat) as slaves:
        with running(feed(tmp_path, tcp(slaves), *readings)) as one:
            until(lambda: one.view().taken >= 8)
        assert slaves.heard == {0x40, 0x7B, 0x5B}, "nothing else is ever sent"
    assert one.view().refused == 0
    rows = {row["meter_id"]: row for row in written(tmp_path)}
    values = {name: float(row["register"] or row["interval"]) for name, row in rows.items()}
    assert values == pytest.approx(
        {
            "W": 12_345.67, "W-litres": 12_345_670.0, "W-stored": 12_000.0, "W-night": 0.01,
            "H": 9.876, "P": -0.005, "T-flow": 71.25, "T-return": 40.5,
        }
    )  # fmt: skip
    assert rows["P"]["interval"]


HOSTILE: dict[str, tuple[bytes, str]] = {
    "a wrong checksum": (answer(1, VOLUME)[:-2] + b"\x00\x16", "checksum"),
    "another meter's": (answer(9, VOLUME), "meter 9 answers"),
    "an error of its own": (answer(1, VOLUME, status=0x08), "error of its own"),
    "no such record": (answer(1, ENERGY), "no such record"),
    "BCD that is none": (answer(1, b"\x0c\x14\xaa\xbb\xcc\x0d"), "as wrong"),
    "NaN": (answer(1, b"\x05\x16" + struct.pack("<f", math.nan)), "no finite number"),
    "text": (answer(1, b"\x0d\x16\x03wet"), "no number"),
    "a record cut off": (answer(1, b"\x0c\x14\x01"), "no number"),
    "a record without end": (answer(1, b"\x8c" + b"\x80" * 40), "cannot be read"),
    "a length beyond": (answer(1, b"\x0d\x16\xfd"), "no number"),
    "lengths that differ": (b"\x68\x10\x11\x68" + b"\0" * 18, "no M-Bus frame"),
    "too short": (b"\x68\x02\x02\x68" + b"\0" * 4, "no M-Bus frame"),
    "bytes of all kinds": (bytes(range(1, 256)), "no M-Bus frame"),
}


def test_hostile_answers_are_listed_and_the_next_is_read(tmp_path: Path, loop: Loop) -> None:
    says = [b""]
    with (
        bus(loop, a1=says) as slaves,
        running(feed(tmp_path, tcp(slaves), record("W"), every=0.1, timeout=0.3)) as one,
    ):
        for name, (bad, why) in HOSTILE.items():
            before = one.view().refused
            says[0] = bad
            until(lambda seen=before: one.view().refused > seen + 1)  # type: ignore[misc]
            assert why in one.view().refusals[-1].why, name
            assert one.view().taken == 0, name
        says[0] = answer(1, VOLUME)
        until(lambda: one.view().taken > 0)
        assert not one.trouble
    assert {row["register"] for row in written(tmp_path)} == {"12345.67"}


def test_a_silent_meter_does_not_stop_the_others(tmp_path: Path, loop: Loop) -> None:
    with bus(loop, a1=[answer(1, VOLUME)]) as slaves:
        readings = [record("gone", address=7), record("W")]
        with running(feed(tmp_path, tcp(slaves), *readings, timeout=0.1)) as one:
            until(lambda: one.view().taken >= 1)
            assert {refusal.name for refusal in one.view().refusals} == {"gone"}
            slaves.says.clear()
            until(lambda: "no meter answers" in one.trouble)
            slaves.says[1] = [answer(1, VOLUME)]
            until(lambda: not one.trouble)


def test_answers_without_end_come_to_one(tmp_path: Path, loop: Loop) -> None:
    with (
        bus(loop, a1=[answer(1, VOLUME, MORE)]) as slaves,
        running(feed(tmp_path, tcp(slaves), record("W"))) as one,
    ):
        until(lambda: one.view().taken >= 1)


def test_a_converter_that_goes_or_chatters(tmp_path: Path, loop: Loop) -> None:
    with (
        bus(loop, a1=[answer(1, VOLUME)]) as slaves,
        running(feed(tmp_path, tcp(slaves), record("W"))) as one,
    ):
        until(lambda: one.view().taken >= 1)
        slaves.device.stop()
        until(lambda: bool(one.trouble))
        before = one.view().taken
        slaves.device.start()
        until(lambda: one.view().taken > before)

    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            writer.write(b"\x68" * 4096)
            await writer.drain()
            await asyncio.sleep(0.001)

    with (
        TcpDevice(loop, chatter) as there,
        running(feed(tmp_path / "no", f"tcp://127.0.0.1:{there.port}", record("W"))) as one,
    ):
        until(lambda: "without being asked" in one.trouble)
    assert one.view().taken == 0


def test_a_serial_converter(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    slaves = Slaves(None, {1: [answer(1, VOLUME)]})
    over = threading.Event()

    def serve() -> None:
        heard = b""
        while not over.is_set():
            heard += os.read(ours, 5)
            if len(heard) >= 5 and not over.is_set():
                os.write(ours, slaves.reply(heard[:5]))
                heard = heard[5:]

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with running(feed(tmp_path, os.ttyname(theirs), record("W"))) as one:
            until(lambda: one.view().taken >= 1)
    finally:
        over.set()
        os.write(theirs, b"12345")  # wakes the slave
        thread.join(10)
        os.close(ours)
        os.close(theirs)


def test_the_library_leaves_our_log_alone() -> None:
    before = list(logging.root.handlers), logging.root.level
    assert _meterbus().load
    assert (list(logging.root.handlers), logging.root.level) == before


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"unit": "psi"}, "unit"),
        ({"unit": "kWh"}, "no unit that water"),
        ({"address": 251}, "250"),
        ({"kind": "beer"}, "no kind"),
    ],
)
def test_options_that_make_no_sense(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        meter_options(kind="mbus", port="tcp://x:1", readings=[record("W", **given)])
