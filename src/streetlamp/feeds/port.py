"""A line to a device: a serial port, or the same bytes over TCP. Bounded, and never hangs."""

from __future__ import annotations

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Final, Literal

from pydantic import AfterValidator

from streetlamp.feeds.base import FeedError, library

LONGEST: Final = 65_536  # bytes that wait to be read
_TCP: Final = re.compile(r"tcp://(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):(\d{1,5})")


def _port(text: str) -> str:
    if text.startswith("/dev/") and text.isprintable():
        return text
    found = _TCP.fullmatch(text)
    if found is None or not 0 < int(found[2]) < 65_536:
        raise ValueError("a port is a device such as /dev/ttyUSB0, or tcp://address:port")
    return text


Port = Annotated[str, AfterValidator(_port)]


@asynccontextmanager
async def opened(
    port: str, timeout: float, baud: int, parity: Literal["N", "E"], bits: int = 8
) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    """The line while it is open. FeedError: it cannot be opened within ``timeout`` seconds."""
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await _open(port, baud, parity, bits)
    except TimeoutError:
        raise FeedError(f"{port} does not answer within {timeout:g} s") from None
    except OSError as error:
        raise FeedError(f"{port} cannot be opened: {error.strerror or error}") from None
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(2.0):
                await writer.wait_closed()


async def _open(port: str, baud: int, parity: str, bits: int) -> tuple[StreamReader, StreamWriter]:
    found = _TCP.fullmatch(port)
    if found is not None:
        return await asyncio.open_connection(found[1].strip("[]"), int(found[2]), limit=LONGEST)
    serialx = library("serialx")
    ways = {"N": serialx.Parity.NONE, "E": serialx.Parity.EVEN}
    try:
        reader, writer = await serialx.open_serial_connection(
            port, baudrate=baud, byte_size=bits, parity=ways[parity]
        )
    except serialx.SerialException as error:
        raise OSError(str(error)) from None
    return reader, writer


async def some(reader: StreamReader, port: str, timeout: float, most: int = 4096) -> bytes:
    """What comes next, at least one byte. FeedError: nothing within ``timeout``, or it is over."""
    try:
        async with asyncio.timeout(timeout):
            data = await reader.read(most)
    except TimeoutError:
        raise FeedError(f"{port}: nothing came for {timeout:g} s") from None
    except OSError as error:
        raise FeedError(f"{port}: {error.strerror or error}") from None
    if not data:
        raise FeedError(f"{port}: the other side closed the connection")
    return data
