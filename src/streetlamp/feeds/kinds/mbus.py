"""Meters on an M-Bus (EN 13757-2 link layer, EN 13757-3 variable data), through a level converter
at a serial port or over TCP. Sent is SND_NKE, which begins, and REQ_UD2, which asks; nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from streetlamp.feeds.base import (
    FEEDS,
    AskedFeed,
    FeedError,
    NoReadingError,
    Read,
    Reading,
    Refused,
    library,
    now,
    number,
    reading,
)
from streetlamp.feeds.options import AskedOptions, FeedOptions, PointOptions
from streetlamp.feeds.port import Port, opened

MOST_TELEGRAMS: Final = 8  # of one meter's answer
_ACK: Final = 0xE5
_LONG: Final = 0x68
_BROKEN: Final = 0x18  # status byte: permanent or temporary error (EN 13757-3, table of status)
_APPLICATION: Final = 0x02  # of its two lowest bits: any application error

# What a record's own unit is multiplied by to be in the unit asked for.
UNITS: Final[dict[str, tuple[str, float]]] = {
    "Wh": ("Wh", 1.0), "kWh": ("Wh", 1e-3), "MWh": ("Wh", 1e-6),
    "kJ": ("J", 1e-3), "MJ": ("J", 1e-6), "GJ": ("J", 1e-9),
    "L": ("m^3", 1e3), "m3": ("m^3", 1.0), "kg": ("kg", 1.0), "t": ("kg", 1e-3),
    "W": ("W", 1.0), "kW": ("W", 1e-3), "m3/h": ("m^3/h", 1.0), "L/h": ("m^3/h", 1e3),
    "°C": ("C", 1.0), "bar": ("bar", 1.0), "V": ("V", 1.0), "A": ("A", 1.0),
}  # fmt: skip


class RecordOptions(PointOptions):
    """A reading in a meter's answer."""

    unit: Literal[
        "Wh", "kWh", "MWh", "kJ", "MJ", "GJ", "L", "m3", "kg", "t", "W", "kW", "m3/h", "L/h", "°C",
        "bar", "V", "A",
    ] = Field(
        title="Unit",
        description="The unit it is kept in. Which record is read follows from it: the meter says "
        "itself in which unit each is.",
    )  # fmt: skip
    address: int = Field(
        ge=0, le=250, title="Address", description="The meter's primary address on the bus."
    )
    storage: int = Field(
        0,
        ge=0,
        title="Storage",
        description="0: what the meter shows now; others are values it stored.",
    )
    tariff: int = Field(0, ge=0, title="Tariff", description="0: all tariffs together.")
    subunit: int = Field(0, ge=0, title="Subunit", description="0: the meter itself.")
    nth: int = Field(
        0,
        ge=0,
        le=255,
        title="Which",
        description="Where several records fit (flow and return temperature): which of them, "
        "counted from 0.",
    )


class MBusOptions(AskedOptions):
    """An M-Bus level converter with its meters."""

    kind: Literal["mbus"] = Field("mbus", title="Kind", description="mbus.")
    port: Port = Field(
        title="Port",
        description="A serial device, or tcp://address:port of a converter in the network.",
        examples=["tcp://192.168.1.21:10001"],
    )
    baud: Literal[300, 600, 1200, 2400, 4800, 9600] = Field(
        2400, title="Baud", description="The speed of the bus, at a serial device."
    )
    timeout: float = Field(
        3.0,
        gt=0,
        le=60,
        title="Timeout",
        description="How long a meter's answer may take, in seconds; a silent one is asked twice.",
    )
    readings: tuple[RecordOptions, ...] = Field(
        min_length=1, max_length=2_000, title="Readings", description="What is read of the meters."
    )


class _SilentError(Exception):
    """A meter did not answer."""


@FEEDS.add("mbus")
class MBusFeed(AskedFeed):
    """Asks the meters of an M-Bus by their primary addresses."""

    kind = "mbus"
    summary = "M-Bus: meters on a bus, at a serial level converter or over TCP, read-only"
    needs = ("meterbus", "serialx")
    Options: ClassVar[type[FeedOptions]] = MBusOptions
    options: MBusOptions

    @property
    def where(self) -> str:
        return self.options.port

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Read]:
        options = self.options
        meterbus = _meterbus()
        async with opened(options.port, options.timeout, options.baud, "E") as (reader, writer):
            bus = _Bus(reader, writer, options.port, options.timeout, meterbus)

            async def read() -> Sequence[Reading | Refused]:
                found: list[Reading | Refused] = []
                silent = 0
                addresses = dict.fromkeys(what.address for what in options.readings)
                for address in addresses:
                    wanted = [one for one in options.readings if one.address == address]
                    try:
                        records = await bus.ask(address)
                    except (_SilentError, NoReadingError) as error:
                        silent += isinstance(error, _SilentError)
                        found += [Refused(one.id, f"address {address}: {error}") for one in wanted]
                        continue
                    found += [_pick(one, records, meterbus) for one in wanted]
                if silent == len(addresses):
                    raise FeedError(f"no meter answers at {options.port}")
                return found

            yield read


class _Bus:
    """Frames out and in; at most one answer is waited for at a time."""

    def __init__(
        self, reader: StreamReader, writer: StreamWriter, port: str, timeout: float, meterbus: Any
    ) -> None:
        self._reader, self._writer = reader, writer
        self._port, self._timeout = port, timeout
        self._meterbus = meterbus

    async def ask(self, address: int) -> list[Any]:
        """All records of a meter's answer. _SilentError, NoReadingError: there is none to use."""
        await self._begin(address)
        records: list[Any] = []
        for turn in range(MOST_TELEGRAMS):
            # the frame count bit changes with each telegram; the first after SND_NKE has it set
            await self._send(address, 0x7B if turn % 2 == 0 else 0x5B)
            telegram = self._told(await self._frame(), address)
            records += telegram.records
            if not telegram.more_records_follow:
                return records
        return records

    async def _begin(self, address: int) -> None:
        for _ in range(2):
            await self._drain()
            await self._send(address, 0x40)
            try:
                first = await self._exactly(1)
            except _SilentError:
                continue
            if first[0] != _ACK:
                raise NoReadingError("what it answers is no M-Bus frame")
            return
        raise _SilentError("it does not answer")

    async def _send(self, address: int, control: int) -> None:
        frame = bytes((0x10, control, address, (control + address) & 0xFF, 0x16))
        try:
            self._writer.write(frame)
            await self._writer.drain()
        except OSError as error:
            raise FeedError(f"{self._port}: {error.strerror or error}") from None

    async def _exactly(self, size: int) -> bytes:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._reader.readexactly(size)
        except TimeoutError:
            raise _SilentError("it does not answer") from None
        except asyncio.IncompleteReadError:
            raise FeedError(f"{self._port}: the other side closed the connection") from None
        except OSError as error:
            raise FeedError(f"{self._port}: {error.strerror or error}") from None

    async def _drain(self) -> None:
        """What is left of an answer that nobody waits for any more."""
        for _ in range(16):
            try:
                async with asyncio.timeout(0.02):
                    if not await self._reader.read(4096):
                        raise FeedError(f"{self._port}: the other side closed the connection")
            except TimeoutError:
                return
            except OSError as error:
                raise FeedError(f"{self._port}: {error.strerror or error}") from None
        raise FeedError(f"{self._port} sends without being asked: that is no M-Bus")

    async def _frame(self) -> bytes:
        head = await self._exactly(4)
        if head[0] != _LONG or head[3] != _LONG or head[1] != head[2] or head[1] < 3:
            raise NoReadingError("what it answers is no M-Bus frame")
        return head + await self._exactly(head[1] + 2)

    def _told(self, frame: bytes, address: int) -> Any:
        if frame[-1] != 0x16 or sum(frame[4:-2]) & 0xFF != frame[-2]:
            raise NoReadingError("the checksum of its answer does not fit")
        if frame[5] != address and address != 0:
            raise NoReadingError(f"meter {frame[5]} answers in its place")
        try:
            telegram = self._meterbus.load(frame)
            _ = telegram.records, telegram.more_records_follow
        except (library("meterbus.exceptions").MBusError, *_GARBAGE):
            raise NoReadingError("its answer cannot be read") from None
        status = frame[16] if len(frame) > 18 and frame[6] & 0xFB == 0x72 else 0
        if status & _BROKEN or status & 0x03 == _APPLICATION:
            raise NoReadingError(f"it reports an error of its own (status {status:#04x})")
        return telegram


_GARBAGE: Final = (
    ValueError, ArithmeticError, LookupError, AttributeError, TypeError, struct.error,
)  # fmt: skip


def _pick(what: RecordOptions, records: Sequence[Any], meterbus: Any) -> Reading | Refused:
    fits = list(_fitting(what, records, meterbus))
    if len(fits) <= what.nth:
        return Refused(what.id, f"address {what.address}: no such record in {what.unit}")
    try:
        value = _number(fits[what.nth], meterbus) * UNITS[what.unit][1]
        return reading(what, what.id, value, now())
    except (NoReadingError, *_GARBAGE) as error:
        said = str(error) if isinstance(error, NoReadingError) else "its value is no number"
        return Refused(what.id, f"address {what.address}: {said}")


def _fitting(what: RecordOptions, records: Sequence[Any], meterbus: Any) -> Iterator[Any]:
    wanted = UNITS[what.unit][0]
    plain = meterbus.FunctionType.INSTANTANEOUS_VALUE
    for one in records:
        try:
            storage, tariff, subunit = one.dib.parse_dife()
            fits = one.dib.function_type == plain and one.unit == wanted
        except _GARBAGE:
            continue
        places = (storage or 0, tariff or 0, subunit or 0)
        if fits and places == (what.storage, what.tariff, what.subunit):
            yield one


def _number(record: Any, meterbus: Any) -> float:
    _, encoding = record.dib.length_encoding
    parts = record.dataField.parts
    if encoding == meterbus.DataEncoding.ENCODING_BCD and (
        any(byte & 0x0F > 9 or byte >> 4 > 9 for byte in parts[:-1])
        or parts[-1] & 0x0F > 9
        or 9 < parts[-1] >> 4 < 0xF
    ):
        raise NoReadingError("the meter marks its value as wrong")
    value = record.parsed_value
    if value is None or isinstance(value, str):
        raise NoReadingError("its value is no number")
    return number(float(value))


def _meterbus() -> Any:
    """The library. Importing it makes a log handler for the whole program, which goes again."""
    before = list(logging.root.handlers), logging.root.level
    found = library("meterbus")
    for handler in [one for one in logging.root.handlers if one not in before[0]]:
        logging.root.removeHandler(handler)
    logging.root.setLevel(before[1])
    return found
