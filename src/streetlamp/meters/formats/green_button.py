"""Green Button: ESPI (NAESB REQ.21) readings in an Atom feed.

Read twice as a stream: first what the readings are (usage points, reading types and the links
between them, in whatever order they stand), then the interval readings. Times are POSIX seconds,
so no change of the clock touches them. No entity is expanded, nothing is fetched, and a document
type is refused: a feed has none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from lxml import etree

from streetlamp.errors import UserError
from streetlamp.meters.format import FORMATS, Format, Intake
from streetlamp.meters.kinds import KINDS
from streetlamp.meters.lines import opened
from streetlamp.meters.readings import DOUBTFUL, RATE, REGISTER, Batch
from streetlamp.meters.units import unit_of

_KINDS: Final = {"0": "electricity", "1": "gas", "2": "water", "4": "heat"}
_UNITS: Final = {
    "5": "A", "29": "V", "38": "W", "42": "m3", "72": "Wh", "119": "ft3", "122": "ft3/h",
    "125": "m3/h", "128": "gal", "129": "gal/h", "130": "imp gal", "131": "imp gal/h", "134": "L",
    "137": "L/h", "31": "J",
}  # fmt: skip
_GOOD: Final = {"", "0", "14", "17", "18", "19"}  # valid, raw, validated, verified, revenue quality
_COUNTERS: Final = {"1", "3", "9"}  # bulk quantity, cumulative, summation
_BACK: Final = "19"  # flow direction: what was fed into the grid
_EARLIEST: Final = 631_152_000
_BATCH: Final = 50_000


@dataclass(frozen=True, slots=True)
class _Type:
    unit: str
    power: int
    counter: bool
    length: float
    back: bool


@dataclass(slots=True)
class _Feed:
    """What the first pass found, by the entries' own addresses."""

    kinds: dict[str, str] = field(default_factory=dict)
    types: dict[str, _Type] = field(default_factory=dict)
    of: dict[str, list[str]] = field(default_factory=dict)  # MeterReading -> what it is related to


@FORMATS.add("green_button")
class GreenButton(Format):
    """ESPI XML."""

    summary = "Green Button (ESPI) XML: interval readings of a usage point."

    @staticmethod
    def knows(path: Path, head: bytes) -> bool:
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        return start.startswith(b"<") and (b"naesb.org/espi" in head or path.suffix == ".xml")

    def read(self, path: Path, intake: Intake) -> None:
        feed = _Feed()
        try:
            for element in _elements(path, "entry"):
                _note(element, feed)
        except etree.XMLSyntaxError as error:
            if not feed.types:
                raise UserError(f"{path} is no Green Button file: {error.msg}.") from None
        if not feed.types:
            raise UserError(f"{path} is no Green Button file: it holds no ReadingType.")
        rows = _Rows(path, intake, feed)
        try:
            for element in _elements(path, "IntervalReading", intake):
                rows.add(element)
        except etree.XMLSyntaxError as error:
            intake.rejects.add(path.name, error.lineno or 0, "the XML is damaged from here on")
        rows.flush()


def _elements(path: Path, name: str, intake: Intake | None = None) -> Iterator[Any]:
    """Elements of a name, whole; forgotten when the next is asked for."""
    with opened(path) as source:
        found = etree.iterparse(
            source, events=("end",), tag=("{*}" + name, "{*}entry"), resolve_entities=False,
            no_network=True, load_dtd=False, huge_tree=False,
        )  # fmt: skip
        for _, element in found:
            if element.getroottree().docinfo.doctype:
                raise UserError(f"{path} has a document type, which no Green Button file has.")
            if intake is not None:
                intake.told(source.further())
            if etree.QName(element).localname == name:
                yield element
            parent = element.getparent()
            element.clear()
            while parent is not None and element.getprevious() is not None:
                del parent[0]


def _text(element: Any, name: str) -> str:
    return (element.findtext(f".//{{*}}{name}") or "").strip()


def _links(entry: Any, rel: str) -> list[str]:
    return [link.get("href", "") for link in entry.iterfind("{*}link") if link.get("rel") == rel]


def _note(entry: Any, feed: _Feed) -> None:
    itself = next(iter(_links(entry, "self")), "")
    point = entry.find(".//{*}UsagePoint")
    if point is not None:
        feed.kinds[itself] = _KINDS.get(_text(point, "kind"), "")
    meter = entry.find(".//{*}MeterReading")
    if meter is not None:
        feed.of[itself] = _links(entry, "related")
    kind = entry.find(".//{*}ReadingType")
    if kind is not None:
        feed.types[itself] = _Type(
            _UNITS.get(_text(kind, "uom"), ""),
            int(_number(_text(kind, "powerOfTenMultiplier"), 0.0)),
            _text(kind, "accumulationBehaviour") in _COUNTERS,
            _number(_text(kind, "intervalLength"), 0.0),
            _text(kind, "flowDirection") == _BACK,
        )


def _number(text: str, otherwise: float) -> float:
    try:
        value = float(text)
    except ValueError:
        return otherwise
    return value if math.isfinite(value) else otherwise


@dataclass(slots=True)
class _Meter:
    """What the readings of one block are."""

    number: int = 0
    factor: float = 1.0
    marks: int = 0
    length: float = 0.0
    signed: bool = False
    reason: str = ""


class _Rows:
    def __init__(self, path: Path, intake: Intake, feed: _Feed) -> None:
        self._path, self._intake, self._feed = path, intake, feed
        self._block: Any = None
        self._meter = _Meter()
        self._rows: list[tuple[int, float, float, int]] = []

    def add(self, reading: Any) -> None:
        block = reading.getparent()
        if block is not self._block:
            self._block, self._meter = block, self._of(block)
        meter = self._meter
        start = _number(_text(reading, "start"), math.nan)
        length = _number(_text(reading, "duration"), meter.length)
        value = _number(_text(reading, "value"), math.nan) * meter.factor
        reason = meter.reason or self._wrong(start, length, value, signed=meter.signed)
        if reason:
            row = f"start {_text(reading, 'start')} value {_text(reading, 'value')}"
            self._intake.rejects.add(self._path.name, reading.sourceline or 0, reason, row)
            return
        good = {q.text or "" for q in reading.iterfind(".//{*}quality")} <= _GOOD
        marks = meter.marks | (0 if good else DOUBTFUL)
        self._rows.append((meter.number, start + length, value, marks))
        if len(self._rows) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        if not self._rows:
            return
        meter, time, value, marks = (np.asarray(column) for column in zip(*self._rows, strict=True))
        self._intake.readings.add(
            Batch(
                meter.astype(np.int64), time.astype(np.float64), np.zeros(len(time)),
                value.astype(np.float64), marks.astype(np.uint8),
            )
        )  # fmt: skip
        self._rows.clear()

    def _wrong(self, start: float, length: float, value: float, *, signed: bool) -> str:
        if math.isnan(start) or not 0 <= length <= 40 * 86400:
            return "no time that can be read"
        if start + length > self._intake.latest:
            return "the time is in the future"
        if start < _EARLIEST:
            return "the time is before 1990"
        if math.isnan(value):
            return "the value is no number"
        return "the value is negative" if value < 0 and not signed else ""

    def _of(self, block: Any) -> _Meter:
        """What a block's readings are: block -> meter reading -> reading type and usage point."""
        entry = next((one for one in block.iterancestors("{*}entry")), None)
        up = [] if entry is None else _links(entry, "up")
        owner = next((name for name in self._feed.of if any(_below(u, name) for u in up)), "")
        types = [t for t in self._feed.of.get(owner, []) if t in self._feed.types]
        if types:
            kind = self._feed.types[types[0]]
        elif len(self._feed.types) == 1:
            kind = next(iter(self._feed.types.values()))
        else:
            return _Meter(reason="nothing says what was measured: no link to a ReadingType")
        point = next((p for p in self._feed.kinds if any(_below(u, p) for u in up)), "")
        if not point and len(self._feed.kinds) == 1:
            point = next(iter(self._feed.kinds))
        return self._meter_of(kind, point)

    def _meter_of(self, kind: _Type, point: str) -> _Meter:
        if kind.back:
            return _Meter(reason="what was fed in is not looked at")
        unit = unit_of(kind.unit)
        name = self._feed.kinds.get(point) or _guess(kind.unit)
        what = KINDS.get(name)
        if unit is None or what is None:
            return _Meter(reason="a unit or kind of service that is not known here")
        factor = what.factor(unit, "register" if kind.counter else "interval")
        if factor is None:
            return _Meter(reason=f"{name} is not given in {unit.name}")
        stem = self._path.name.split(".")[0]
        last = point.rstrip("/").rsplit("/", 1)[-1][:60]
        readings = self._intake.readings
        number = readings.meter(f"{stem}-{last}" if last else stem, name)
        scale = factor[0] * 10.0 ** max(min(kind.power, 12), -12)
        if kind.counter:
            readings.counts_in(number, scale)
        marks = REGISTER if kind.counter else RATE if factor[1] else 0
        return _Meter(number, scale, marks, kind.length, what.signed)


def _below(address: str, above: str) -> bool:
    """Is an entry's address that of something, or of a collection in it?"""
    return bool(above) and (address == above or address.startswith(above.rstrip("/") + "/"))


def _guess(unit: str) -> str:
    return "electricity" if unit in {"W", "Wh"} else ""
