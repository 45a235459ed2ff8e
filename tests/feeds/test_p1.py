"""P1 telegrams, written here after the DSMR 5 companion standard, from a TCP port and a pty."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from streetlamp.app.feed_runner import FeedRunner
from streetlamp.feeds.kinds import p1
from support.feeds import Loop, TcpDevice, meter_feed, meter_options, running, until, written


def crc16(data: bytes) -> int:
    """CRC-16/ARC, as the standard wants it: polynomial x16+x15+x2+1, reflected, from 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def telegram(second: int = 0, used: float = 1234.567, *lines: str) -> bytes:
    body = "\r\n".join(
        (
            "/LMP5TESTMETER", "", "1-3:0.2.8(50)", f"0-0:1.0.0(2601151200{second:02d}W)",
            "0-0:96.1.1(4530303000000001)", f"1-0:1.8.1({used:010.3f}*kWh)",
            "1-0:1.8.2(001000.000*kWh)", "1-0:2.8.1(000050.250*kWh)", "1-0:2.8.2(000000.500*kWh)",
            "0-1:24.1.0(003)", "0-1:96.1.0(4730303000000002)",
            "0-1:24.2.1(260115115500W)(00321.987*m3)", *lines, "!",
        )
    ).encode()  # fmt: skip
    return sealed(body)


def sealed(body: bytes) -> bytes:
    """With its CRC."""
    return body + f"{crc16(body):04X}\r\n".encode()


class Meter:
    """Sends what lies in ``says``, one after the other, then waits."""

    def __init__(self, loop: Loop) -> None:
        self.says: list[bytes] = []
        self.heard = b""
        self.device = TcpDevice(loop, self._talk)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            while self.says:
                writer.write(self.says.pop(0))
                await writer.drain()
            await asyncio.sleep(0.02)


@contextmanager
def meter(loop: Loop) -> Iterator[Meter]:
    one = Meter(loop)
    with one.device:
        yield one


def feed(folder: Path, port: str, **more: object) -> FeedRunner:
    return meter_feed(
        folder, "cellar", kind="p1", port=port, electricity="E1", returned="E1-back", gas="G1",
        **{"every": 0.1, "timeout": 5, **more},
    )  # fmt: skip


def test_a_telegram_gives_its_meters(tmp_path: Path, loop: Loop) -> None:
    with meter(loop) as there:
        with running(feed(tmp_path, f"tcp://127.0.0.1:{there.device.port}")) as one:
            whole = telegram()
            there.says += [b"kWh)\r\n!ABCD\r\n" + whole[:100], whole[100:]]  # joined in the middle
            until(lambda: one.view().taken == 3)
            again = telegram(10, 1235.0)  # told until it falls into the next stretch of time
            until(lambda: bool(there.says.append(again)) or one.view().taken == 5)
        assert one.view().refused == 0
    assert [
        (r["meter_id"], r["timestamp"], r["register"], r["unit"]) for r in written(tmp_path)
    ] == [
        ("E1", "2026-01-15T11:00:00+00:00", "2234.567", "kWh"),
        ("E1-back", "2026-01-15T11:00:00+00:00", "50.75", "kWh"),
        ("G1", "2026-01-15T10:55:00+00:00", "321.987", "m3"),
        ("E1", "2026-01-15T11:00:10+00:00", "2235.0", "kWh"),
        ("E1-back", "2026-01-15T11:00:10+00:00", "50.75", "kWh"),
    ]


BAD = {
    "a changed byte": telegram().replace(b"1234.567", b"9234.567"),
    "no number": sealed(telegram().replace(b"\r\n!", b"\r\n1-0:1.8.0(abc*kWh)\r\n!")[:-6]),
    "no checksum": telegram()[:-6] + b"\r\n",
    "bytes of all kinds": b"/" + bytes(b for b in range(256) if b not in b"/!") + b"!0000\r\n",
    "nothing in it": sealed(b"/LMP5\r\n\r\n!"),
}


def test_hostile_telegrams_are_listed_and_the_next_is_read(tmp_path: Path, loop: Loop) -> None:
    with (
        meter(loop) as there,
        running(feed(tmp_path, f"tcp://127.0.0.1:{there.device.port}")) as one,
    ):
        for i, (name, bad) in enumerate(BAD.items()):
            there.says.append(bad)
            until(lambda count=i: one.view().refused > count)  # type: ignore[misc]
            assert one.view().taken <= 1, name
        there.says.append(telegram(30))
        until(lambda: one.view().taken >= 3)
    whys = [refusal.why for refusal in one.view().refusals]
    assert "its CRC does not fit" in whys
    assert {row["register"] for row in written(tmp_path) if row["meter_id"] == "E1"} == {"2234.567"}


def test_an_endless_line_ends_the_connection(tmp_path: Path, loop: Loop) -> None:
    with (
        meter(loop) as there,
        running(feed(tmp_path, f"tcp://127.0.0.1:{there.device.port}")) as one,
    ):
        there.says += [b"x" * 8192] * 64
        until(lambda: "no telegram" in one.trouble)
        assert there.device.calls >= 1
        there.says.clear()
        until(lambda: bool(there.says.append(telegram())) or one.view().taken >= 3)
        until(lambda: not one.trouble)


def test_garbage_that_never_grows_is_no_meter_either(tmp_path: Path, loop: Loop) -> None:
    with meter(loop) as there:
        port = f"tcp://127.0.0.1:{there.device.port}"
        with running(feed(tmp_path, port, timeout=0.2)) as one:
            until(lambda: bool(there.says.append(b"///")) or "no telegram" in one.trouble)


def test_a_gateway_that_goes_and_returns(tmp_path: Path, loop: Loop) -> None:
    with meter(loop) as there:
        port = f"tcp://127.0.0.1:{there.device.port}"
        with running(feed(tmp_path, port, timeout=1)) as one:
            there.says.append(telegram())
            until(lambda: one.view().taken == 3)
            there.device.stop()
            until(lambda: "cannot be opened" in one.trouble)
            assert not one.view().there
            there.device.start()
            there.says.append(telegram(20))
            until(lambda: one.view().taken == 5)
            assert one.view().there
            assert not one.trouble
            until(lambda: "nothing came" in one.trouble)  # it is silent


def test_a_serial_port(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    port = os.ttyname(theirs)
    try:
        with running(feed(tmp_path, port)) as one:
            until(lambda: bool(os.write(ours, telegram())) and one.view().taken >= 3)
        assert one.view().where == port
    finally:
        os.close(ours)
        os.close(theirs)


def test_every_is_kept(tmp_path: Path, loop: Loop) -> None:
    with meter(loop) as there:
        port = f"tcp://127.0.0.1:{there.device.port}"
        with running(feed(tmp_path, port, every=86_400)) as one:
            there.says += [telegram(i) for i in range(50)]
            until(lambda: one.view().taken == 3)
            until(lambda: not there.says)
        assert one.view().taken == 3
        assert one.view().refused == 0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"electricity": ""}, "say what to read"),
        ({"electricity": "a\nb"}, "one line"),
        ({"port": "COM3"}, "a port is"),
        ({"port": "tcp://x:99999"}, "a port is"),
        ({"version": "6"}, "version"),
    ],
)
def test_options_that_make_no_sense(given: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        meter_options(**{"kind": "p1", "port": "/dev/ttyUSB0", "electricity": "E", **given})


def test_every_version_has_its_specification() -> None:
    for version in p1.VERSIONS.values():
        assert p1._parser(version.specification)
