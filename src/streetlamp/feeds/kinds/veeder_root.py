"""Tank gauges of Veeder-Root's TLS-3xx and TLS-4xx consoles (serial interface manual 576013-635).

One function is ever sent, 201, the in-tank inventory; and only to addresses on the list of allowed
networks: such consoles have no login worth the name, and belong to no network but the site's own.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

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
)
from streetlamp.feeds.options import AskedOptions, FeedOptions
from streetlamp.options import Options

What = Literal["level", "water_level", "temperature", "volume"]
_FIELDS: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "level": ("height", "level", {"us": "in", "metric": "mm"}),
    "water_level": ("water", "water_level", {"us": "in", "metric": "mm"}),
    "temperature": ("temperature", "temperature", {"us": "°F", "metric": "°C"}),
    "volume": ("volume", "stock_take", {"us": "gal", "metric": "L"}),
}
_INSTRUMENT: Final = {"temperature": "thermometer", "volume": "volume"}
_DELIVERY: Final = 0x1  # status bits of a tank
_INVALID: Final = 0x4


class TankOptions(Options):
    """A tank at the console."""

    id: str = Field(
        min_length=1, max_length=120, title="Of", description="The store, as in the records."
    )
    tank: int = Field(ge=1, le=99, title="Tank", description="Its number at the console.")
    reads: tuple[What, ...] = Field(
        ("level", "water_level", "temperature"),
        min_length=1,
        title="Reads",
        description="What is noted of it. volume is the console's own, by its own chart; without "
        "it the store's chart makes litres of the height.",
    )


class VeederRootOptions(AskedOptions):
    """A Veeder-Root console with its tanks."""

    kind: Literal["veeder_root"] = Field("veeder_root", title="Kind", description="veeder_root.")
    host: str = Field(
        min_length=1, max_length=253, title="Console", description="Name or address of the console."
    )
    port: int = Field(10001, ge=1, le=65_535, title="Port", description="Its TCP port.")
    allow: tuple[str, ...] = Field(
        (
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128",
        ),
        min_length=1,
        title="Allowed",
        description="Addresses and networks in which a console may be. To all others nothing is "
        "sent, whatever the name above resolves to. Left out: private networks.",
    )  # fmt: skip
    units: Literal["us", "metric"] = Field(
        title="Units",
        description="As the console is set: us (gallons, inches, °F) or metric (litres, mm, °C). "
        "It does not say so itself.",
    )
    tanks: tuple[TankOptions, ...] = Field(
        min_length=1, max_length=99, title="Tanks", description="Which tanks are read."
    )

    @model_validator(mode="after")
    def _networks(self) -> Self:
        for one in self.allow:
            try:
                ipaddress.ip_network(one)
            except ValueError as error:
                raise ValueError(f"allow: {one!r} is no address and no network: {error}") from None
        return self

    def allows(self, address: str) -> bool:
        found = ipaddress.ip_address(address.partition("%")[0])
        return any(found in ipaddress.ip_network(one) for one in self.allow)


@FEEDS.add("veeder_root")
class VeederRootFeed(AskedFeed):
    """Reads the in-tank inventory of a Veeder-Root console. Nothing is ever set there."""

    kind = "veeder_root"
    summary = "Veeder-Root TLS-3xx and TLS-4xx: a console's in-tank inventory, read-only"
    rooms = frozenset({"stock"})
    needs = ("veeder_root_tls_socket_library",)
    Options: ClassVar[type[FeedOptions]] = VeederRootOptions
    options: VeederRootOptions

    @property
    def where(self) -> str:
        return f"{self.options.host}:{self.options.port}"

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Read]:
        options = self.options
        address = await self._address()
        sockets = library("veeder_root_tls_socket_library.async_socket")
        console = sockets.AsyncTlsSocket(address, options.port, options.timeout)
        try:
            await console.__aenter__()
        except OSError as error:
            raise FeedError(f"{self.where} does not answer: {error}") from None

        async def read() -> Sequence[Reading | Refused]:
            return [one for tank in options.tanks for one in await self._tank(console, tank)]

        try:
            yield read
        finally:
            console.writer.close()

    async def _address(self) -> str:
        """The address the name stands for, if it is allowed."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(
                self.options.host, self.options.port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise FeedError(f"{self.options.host} is not known: {error.strerror}") from None
        for *_, address in found:
            if self.options.allows(str(address[0])):
                return str(address[0])
        raise FeedError(f"{self.options.host} is not in the networks under allow: nothing is sent")

    async def _tank(self, console: Any, tank: TankOptions) -> list[Reading | Refused]:
        try:
            said = await console.execute(f"i201{tank.tank:02d}")
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            raise FeedError(f"{self.where} is silent: {_words(error)}") from None
        except (ValueError, IndexError) as error:
            return [Refused(tank.id, f"tank {tank.tank}: {_words(error)}")]
        try:
            told = library("veeder_root_tls_socket_library.tls_3xx").function_201(said)["tanks"]
            one = next(each for each in told if int(each["tank_number"]) == tank.tank)
        except (ValueError, LookupError, OverflowError, StopIteration):
            return [Refused(tank.id, f"tank {tank.tank}: its report cannot be read")]
        status = one["tank_status_bits"]
        if status & (_DELIVERY | _INVALID):
            why = "a delivery is going on" if status & _DELIVERY else "its probe is out of order"
            return [Refused(tank.id, f"tank {tank.tank}: {why}")]
        return list(self._readings(tank, one))

    def _readings(self, tank: TankOptions, told: Any) -> Iterator[Reading | Refused]:
        at = now()
        for what in tank.reads:
            field, kind, units = _FIELDS[what]
            try:
                value = number(told[field])
            except NoReadingError as error:
                yield Refused(tank.id, f"tank {tank.tank}, {what}: {error}")
                continue
            instrument = _INSTRUMENT.get(what, "gauge")
            yield Reading(
                tank.id, kind, value, units[self.options.units], at, instrument=instrument
            )


def _words(error: Exception) -> str:
    return (str(error).split("\n")[0] or type(error).__name__)[:120]
