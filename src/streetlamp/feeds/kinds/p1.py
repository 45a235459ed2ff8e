"""Telegrams of a smart meter's P1 port (DSMR 5.0.2 P1 Companion Standard, and those before it)."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, Iterator
from typing import Any, ClassVar, Final, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from streetlamp.feeds.base import (
    FEEDS,
    Feed,
    FeedError,
    Here,
    Item,
    Reading,
    Refused,
    hushed,
    library,
    number,
)
from streetlamp.feeds.base import now as this_moment
from streetlamp.feeds.options import FeedOptions
from streetlamp.feeds.port import Port, opened, some

LONGEST: Final = 16_384  # bytes of a telegram
_WHOLE: Final = re.compile(rb"/[^/!]*![0-9A-Fa-f]{0,4}\r?\n")


class _Version(NamedTuple):
    specification: str
    baud: int
    parity: Literal["N", "E"]
    bits: int


VERSIONS: Final = {
    "2.2": _Version("V2_2", 9600, "E", 7),
    "4": _Version("V4", 115_200, "N", 8),
    "5": _Version("V5", 115_200, "N", 8),
    "belgium": _Version("BELGIUM_FLUVIUS", 115_200, "N", 8),
    "sweden": _Version("SWEDEN", 115_200, "N", 8),
}
# What the library raises for lines that are not as they should be.
_GARBAGE: Final = (
    ValueError, ArithmeticError, LookupError, AttributeError, TypeError, RuntimeError,
)  # fmt: skip
_MBUS: Final = {3: "gas", 4: "heat", 6: "water", 7: "water", 12: "heat"}  # device types, EN 13757-3


class P1Options(FeedOptions):
    """A smart meter's P1 port, at a serial adapter or a network gateway."""

    kind: Literal["p1"] = Field("p1", title="Kind", description="p1.")
    port: Port = Field(
        title="Port",
        description="A serial device, or tcp://address:port of a gateway that passes telegrams on.",
        examples=["/dev/ttyUSB0", "tcp://192.168.1.20:23"],
    )
    version: Literal["2.2", "4", "5", "belgium", "sweden"] = Field(
        "5",
        title="Version",
        description="Of DSMR, or the country's own. From 4 on each telegram is checked by its CRC; "
        "2.2 has none.",
    )
    every: float = Field(
        900.0,
        ge=0.1,
        le=86_400,
        title="Every",
        description="How often a telegram is kept, in seconds: the first, then one on each "
        "multiple. Meters send one every second or ten.",
    )
    timeout: float = Field(
        30.0,
        gt=0,
        le=300,
        title="Timeout",
        description="How long nothing may come, in seconds. After it the port is opened again.",
    )
    electricity: str = Field(
        "",
        max_length=120,
        title="Electricity",
        description="What to call the meter of what is used, all tariffs together.",
        examples=["E1"],
    )
    returned: str = Field(
        "",
        max_length=120,
        title="Returned",
        description="What to call the meter of what is fed back, all tariffs together.",
    )
    gas: str = Field(
        "", max_length=120, title="Gas", description="What to call the gas meter behind it."
    )
    water: str = Field(
        "", max_length=120, title="Water", description="What to call the water meter behind it."
    )
    heat: str = Field(
        "", max_length=120, title="Heat", description="What to call the heat meter behind it."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        names = [self.electricity, self.returned, self.gas, self.water, self.heat]
        given = [name for name in names if name]
        if not given:
            raise ValueError("say what to read: electricity: E1, gas: G1 …")
        if not all(name.isprintable() for name in given):
            raise ValueError("a meter's name is one line of text")
        return self


@FEEDS.add("p1")
class P1Feed(Feed):
    """Hears a smart meter's P1 port, serial or over TCP. Nothing is sent to it."""

    kind = "p1"
    summary = "P1 / DSMR: a smart meter's telegrams, from a serial port or over TCP"
    rooms = frozenset({"meters"})
    needs = ("dsmr_parser", "serialx")
    Options: ClassVar[type[FeedOptions]] = P1Options
    options: P1Options

    @property
    def where(self) -> str:
        return self.options.port

    async def listen(self) -> AsyncGenerator[Item, None]:
        options, version = self.options, VERSIONS[self.options.version]
        parser = _parser(version.specification)
        rest, due, heard = b"", 0.0, time.monotonic()
        async with opened(
            options.port, options.timeout, version.baud, version.parity, version.bits
        ) as (reader, _):
            while True:
                rest += await some(reader, options.port, options.timeout)
                for telegram in _WHOLE.finditer(rest):
                    heard = time.monotonic()
                    if due - options.every <= time.time() < due:
                        continue
                    items = list(self._items(parser, telegram[0]))
                    if not any(isinstance(one, Reading) for one in items):
                        yield (
                            items[0] if items else Refused("telegram", "nothing asked for is in it")
                        )
                        continue
                    due = (time.time() // options.every + 1) * options.every
                    for one in items:
                        yield one
                    yield Here()
                rest = _rest(rest)
                late = time.monotonic() - heard > 4 * options.timeout
                if len(rest) > LONGEST or late:
                    raise FeedError(f"what comes from {options.port} is no telegram of a P1 port")

    def _items(self, parser: Any, telegram: bytes) -> Iterator[Item]:
        errors = library("dsmr_parser.exceptions")
        try:  # some gateways end lines as Unix does
            lines = telegram.decode("ascii").replace("\r\n", "\n").replace("\n", "\r\n")
            found = parser.parse(lines)
        except errors.InvalidChecksumError:
            yield Refused("telegram", "its CRC does not fit")
            return
        except (errors.ParseError, *_GARBAGE) as error:
            yield Refused("telegram", f"it cannot be read ({type(error).__name__})")
            return
        yield from self._electricity(found)
        yield from self._behind(found)

    def _electricity(self, found: Any) -> Iterator[Item]:
        at = _iso(_value(found, "P1_MESSAGE_TIMESTAMP")) or this_moment()
        for name, total, tariffs in (
            (self.options.electricity, "ELECTRICITY_IMPORTED_TOTAL", "ELECTRICITY_USED_TARIFF_"),
            (self.options.returned, "ELECTRICITY_EXPORTED_TOTAL", "ELECTRICITY_DELIVERED_TARIFF_"),
        ):
            if not name:
                continue
            parts = (
                [_of(found, total)]
                if hasattr(found, total)
                else [
                    _of(found, f"{tariffs}{i}") for i in (1, 2) if hasattr(found, f"{tariffs}{i}")
                ]
            )
            if not parts:
                yield Refused(name, "the telegram has no total of it")
                continue
            try:
                value = sum(number(float(one)) for one, _ in parts)
            except _GARBAGE:
                yield Refused(name, "its total is no number")
                continue
            yield Reading(name, "electricity", value, str(parts[0][1] or "kWh"), at)

    def _behind(self, found: Any) -> Iterator[Item]:
        """Meters that hang on this one: each reading has a time of its own."""
        readings = [
            (_MBUS.get(_whole(_value(one, "MBUS_DEVICE_TYPE"))), one.MBUS_METER_READING)
            for one in getattr(found, "MBUS_DEVICES", ())
            if hasattr(one, "MBUS_METER_READING")
        ]
        readings += [
            ("gas", getattr(found, name))
            for name in ("HOURLY_GAS_METER_READING", "GAS_METER_READING")
            if hasattr(found, name)
        ]
        for kind, told in readings:
            name = {"gas": self.options.gas, "water": self.options.water,
                    "heat": self.options.heat}.get(kind or "", "")  # fmt: skip
            if not name:
                continue
            try:
                value, at = number(float(told.value)), _iso(told.datetime)
            except _GARBAGE:
                yield Refused(name, "its reading is no number")
                continue
            if at:
                yield Reading(name, str(kind), value, str(told.unit), at)
            else:
                yield Refused(name, "its reading has no time")


def _parser(specification: str) -> Any:
    hushed("dsmr_parser")
    specifications = library("dsmr_parser.telegram_specifications")
    return library("dsmr_parser.parsers").TelegramParser(getattr(specifications, specification))


def _rest(data: bytes) -> bytes:
    """What may be the beginning of the next telegram."""
    whole = list(_WHOLE.finditer(data))
    data = data[whole[-1].end() :] if whole else data
    start = data.rfind(b"/")
    return data[start:] if start >= 0 else data


def _of(found: Any, name: str) -> tuple[Any, Any]:
    one = getattr(found, name)
    return one.value, one.unit


def _value(found: Any, name: str) -> Any:
    return getattr(getattr(found, name, None), "value", None)


def _whole(told: Any) -> int:
    return told if isinstance(told, int) else -1


def _iso(told: Any) -> str:
    return str(told.isoformat(timespec="seconds")) if hasattr(told, "isoformat") else ""
