"""Registers from pymodbus's own server, and what a feed makes of devices that misbehave."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.pdu import ModbusPDU
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from streetlamp.app.feed_runner import FeedRunner
from support.feeds import Loop, TcpDevice, meter_feed, meter_options, running, until, written


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def words(form: str, value: float) -> list[int]:
    """A number as a device lays it in registers, the most significant word first."""
    raw = struct.pack(f">{form}", value)
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]


HOLDING = {
    0: words("I", 123_456), 2: words("f", 21.5), 4: words("h", -7), 5: [65_535],
    6: words("f", math.nan), 8: words("d", 1e300), 12: words("q", -5_000_000_000),
    16: list(reversed(words("I", 77))), 18: words("f", math.inf),
}  # fmt: skip


class Device:
    def __init__(self, loop: Loop) -> None:
        self.port = free_port()
        self.asked: set[int] = set()  # function codes
        self._loop = loop
        self._server: ModbusTcpServer | None = None

    def _trace(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        if not sending:
            self.asked.add(pdu.function_code)
        return pdu

    async def _start(self) -> None:
        data = [
            SimData(at, values=values, datatype=DataType.REGISTERS)
            for at, values in HOLDING.items()
        ]
        bits = [SimData(0, values=[False], datatype=DataType.BITS)]
        inputs = [SimData(3, values=[42], datatype=DataType.REGISTERS)]
        self._server = ModbusTcpServer(
            SimDevice(1, simdata=(bits, bits, data, inputs)), address=("127.0.0.1", self.port),
            trace_pdu=self._trace,
        )  # fmt: skip
        await self._server.serve_forever(background=True)

    async def _stop(self) -> None:
        assert self._server is not None
        await self._server.shutdown()

    def start(self) -> None:
        self._loop.do(self._start())

    def stop(self) -> None:
        self._loop.do(self._stop())

    def register(self, at: int) -> int:
        async def read() -> int:
            client = AsyncModbusTcpClient("127.0.0.1", port=self.port)
            await client.connect()
            answer = await client.read_holding_registers(at)
            client.close()
            return int(answer.registers[0])

        return int(self._loop.do(read()))


@contextmanager
def device(loop: Loop) -> Iterator[Device]:
    one = Device(loop)
    one.start()
    yield one
    one.stop()


def register(id: str, /, **more: Any) -> dict[str, Any]:  # noqa: A002
    return {"id": id, "kind": "water", "unit": "m3", "address": 0, **more}


def feed(folder: Path, port: int, *readings: dict[str, Any], **more: Any) -> FeedRunner:
    return meter_feed(
        folder, kind="modbus", host="127.0.0.1", port=port, readings=list(readings),
        **{"every": 0.2, "timeout": 2, **more},
    )  # fmt: skip


def test_every_type_is_read_and_nothing_is_written(tmp_path: Path, loop: Loop) -> None:
    readings = [
        register("u32", type="u32", scale=0.001),
        register("f32", kind="temperature", unit="°C", type="f32", address=2),
        register("i16", kind="temperature", unit="°C", type="i16", address=4),
        register("f64", type="f64", address=8, scale=1e-299),
        register("i64", kind="district_inflow", type="i64", address=12),
        register("low", type="u32", address=16, words="little"),
        register("input", table="input", address=3),
    ]
    with device(loop) as there:
        with running(feed(tmp_path, there.port, *readings)) as one:
            until(lambda: one.view().taken >= 7)
        assert there.asked == {3, 4}, "only functions that read"
        assert there.register(0) == words("I", 123_456)[0]
    assert one.view().refused == 0
    rows = {row["meter_id"]: row for row in written(tmp_path)}
    assert {name: float(row["register"]) for name, row in rows.items()} == {
        "u32": 123.456, "f32": 21.5, "i16": -7.0, "f64": 10.0, "i64": -5e9, "low": 77.0,
        "input": 42.0,
    }  # fmt: skip
    assert rows["u32"]["kind"] == "water"
    assert rows["f32"]["unit"] == "°C"


def test_what_is_no_reading_is_listed_and_the_others_go_on(tmp_path: Path, loop: Loop) -> None:
    readings = [
        register("gone", address=500), register("nan", type="f32", address=6),
        register("inf", type="f32", address=18), register("missing", address=5, missing=[65535]),
        register("good", type="u32"),
    ]  # fmt: skip
    with device(loop) as there, running(feed(tmp_path, there.port, *readings)) as one:
        until(lambda: one.view().taken >= 1 and one.view().refused >= 4)
    whys = {refusal.name: refusal.why for refusal in one.view().refusals}
    assert whys == {
        "gone": "register 500: the device answers error 2",
        "nan": "register 6: its value is no finite number",
        "inf": "register 18: its value is no finite number",
        "missing": "register 5: the device says that it has no reading",
    }
    assert {row["meter_id"] for row in written(tmp_path)} == {"good"}


def test_a_device_that_goes_and_returns(tmp_path: Path, loop: Loop) -> None:
    with (
        device(loop) as there,
        running(feed(tmp_path, there.port, register("W", type="u32"), timeout=0.5)) as one,
    ):
        until(lambda: one.view().taken >= 1)
        there.stop()
        until(lambda: "does not answer" in one.trouble)
        assert not one.view().there
        before = one.view().taken
        there.start()
        until(lambda: one.view().taken > before)
        assert one.view().there
        assert not one.trouble


async def _garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        writer.write(bytes(range(256)) * 4)


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        pass


async def _flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for _ in range(200):
        writer.write(b"\0" * 4096)
        await writer.drain()
    await reader.read(1000)


async def _other_question(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while asked := await reader.read(1000):
        other = (int.from_bytes(asked[:2], "big") + 1) & 0xFFFF
        writer.write(other.to_bytes(2, "big") + b"\0\0\0\7\1\3\4\0\1\2\3")


async def _short(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while asked := await reader.read(1000):  # one register where two were asked for
        writer.write(asked[:2] + b"\0\0\0\5\1\3\2\0\1")


@pytest.mark.parametrize("talk", [_garbage, _silent, _flood, _other_question, _short])
def test_a_hostile_device_gives_no_reading_and_is_said(
    tmp_path: Path, loop: Loop, talk: Any
) -> None:
    with TcpDevice(loop, talk) as there:
        reading = register("W", type="u32")
        with running(feed(tmp_path, there.port, reading, timeout=0.2)) as one:
            until(lambda: bool(one.trouble) or one.view().refused > 0)
    assert one.view().taken == 0
    assert not written(tmp_path)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"unit": "kWh"}, "no unit that water"),
        ({"address": 70_000}, "65535"),
        ({"counts": "interval"}, "needs its time"),
        ({"type": "u24"}, "type"),
        ({"scale": math.inf}, "finite"),
        ({"id": "a\nb"}, "id"),
        ({"instrument": "gauge"}, "for stores"),
    ],
)
def test_options_that_make_no_sense(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        meter_options(kind="modbus", host="x", readings=[register("W", **given)])


def test_a_mean_flow_may_be_asked_for() -> None:
    flow = register("W", unit="m3/h", counts="interval")
    assert meter_options(kind="modbus", host="x", readings=[flow]).kind == "modbus"
