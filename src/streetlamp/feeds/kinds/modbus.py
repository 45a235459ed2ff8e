"""Registers of meters and gauges over Modbus TCP (Modbus Application Protocol 1.1b3).

Only the functions 3 and 4, which read, are ever sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
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
    hushed,
    library,
    now,
    reading,
    scaled,
)
from streetlamp.feeds.options import AskedOptions, FeedOptions, ScaledOptions

TYPES: Final = {
    "u16": "UINT16", "i16": "INT16", "u32": "UINT32", "i32": "INT32", "u64": "UINT64",
    "i64": "INT64", "f32": "FLOAT32", "f64": "FLOAT64",
}  # fmt: skip


class RegisterOptions(ScaledOptions):
    """A reading in one or more registers of a device."""

    device: int = Field(
        1, ge=0, le=255, title="Device", description="The device (unit) behind this address."
    )
    table: Literal["holding", "input"] = Field(
        "holding",
        title="Table",
        description="holding: holding registers, which manuals often number from 40001. input: "
        "input registers, from 30001.",
    )
    address: int = Field(
        ge=0,
        le=65_535,
        title="Address",
        description="Of its first register, counted from 0: what manuals call 40001 is 0.",
    )
    type: Literal["u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"] = Field(
        "u16",
        title="Type",
        description="How the number stands there: u without, i with a sign, f floating point, and "
        "its bits.",
    )
    words: Literal["big", "little"] = Field(
        "big",
        title="Order of words",
        description="Of numbers in several registers: big has the most significant first.",
    )


class ModbusOptions(AskedOptions):
    """A device, or a gateway to several, that speaks Modbus TCP."""

    kind: Literal["modbus"] = Field("modbus", title="Kind", description="modbus.")
    host: str = Field(
        min_length=1, max_length=253, title="Device", description="Name or address of the device."
    )
    port: int = Field(502, ge=1, le=65_535, title="Port", description="Its TCP port.")
    readings: tuple[RegisterOptions, ...] = Field(
        min_length=1, max_length=2_000, title="Readings", description="What is read of it."
    )


class _SilentError(Exception):
    """No answer that belongs to the question."""


@FEEDS.add("modbus")
class ModbusFeed(AskedFeed):
    """Reads registers over Modbus TCP. It never writes."""

    kind = "modbus"
    summary = "Modbus TCP: holding and input registers, read-only"
    needs = ("pymodbus",)
    Options: ClassVar[type[FeedOptions]] = ModbusOptions
    options: ModbusOptions

    @property
    def where(self) -> str:
        return f"modbus://{self.options.host}:{self.options.port}"

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Read]:
        options = self.options
        hushed("pymodbus.logging")
        client = library("pymodbus.client").AsyncModbusTcpClient(
            options.host, port=options.port, timeout=options.timeout, retries=0, reconnect_delay=0
        )

        async def read() -> Sequence[Reading | Refused]:
            found: list[Reading | Refused] = []
            silent: set[int] = set()  # is not waited for again in this round
            for what in options.readings:
                if what.device in silent:
                    found.append(Refused(what.id, f"device {what.device} is silent"))
                    continue
                try:
                    found.append(await self._one(client, what))
                except _SilentError as error:
                    silent.add(what.device)
                    found.append(Refused(what.id, f"device {what.device}: {error}"))
            if silent == {what.device for what in options.readings}:
                raise FeedError(f"{self.where} is silent")
            return found

        try:
            if not await client.connect():
                raise FeedError(f"{self.where} does not answer")
            yield read
        finally:
            client.close()

    async def _one(self, client: Any, what: RegisterOptions) -> Reading | Refused:
        kind = client.DATATYPE[TYPES[what.type]]
        ask = (
            client.read_holding_registers
            if what.table == "holding"
            else client.read_input_registers
        )
        size = kind.value[1]
        try:
            answer = await ask(what.address, count=size, device_id=what.device)
        except library("pymodbus.exceptions").ModbusException as error:
            if not client.connected:
                raise FeedError(f"{self.where} has gone: {_words(error)}") from None
            raise _SilentError(_words(error)) from None
        if answer.isError():
            code = getattr(answer, "exception_code", "?")
            return Refused(what.id, f"register {what.address}: the device answers error {code}")
        if len(answer.registers) != size:
            return Refused(what.id, f"register {what.address}: the answer has another length")
        told = client.convert_from_registers(answer.registers, kind, word_order=what.words)
        try:
            return reading(what, what.id, scaled(told, what.scale, what.missing), now())
        except NoReadingError as error:
            return Refused(what.id, f"register {what.address}: {error}")


def _words(error: Exception) -> str:
    return str(error).removeprefix("Modbus Error: ").strip()[:120] or type(error).__name__
