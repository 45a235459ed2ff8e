"""Reads a folder of records into entries: tanks' daily inventory, bulk stores' movements, a ledger.

Labels, where a folder has any, are never opened. See docs/23-stock-reconcile.md for the columns.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from streetlamp.errors import UserError
from streetlamp.stock.ledger.entries import Entry, EntryKind
from streetlamp.stock.ledger.stores import Store, StoreOptions
from streetlamp.stock.physics.charts import read_chart

DAY = 86400.0


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """What a folder holds: its stores, and the entries of each as they are to be noted."""

    stores: tuple[Store, ...]
    entries: dict[str, list[Entry]]


def read_folder(folder: Path) -> Records:
    """UserError where the folder has none of the known forms, or a line is wrong."""
    if _there(folder, "ledger") or _there(folder, "stores"):
        return _ledger(folder)
    if _there(folder, "inventory"):
        return _tanks(folder)
    if _there(folder, "movements"):
        return _depots(folder)
    raise UserError(
        f"{folder} holds neither inventory.csv (tanks) nor movements.csv and stock_takes.csv (bulk "
        "stores) nor ledger.csv: see docs/23-stock-reconcile.md for their columns."
    )


def _there(folder: Path, name: str) -> Path | None:
    for ending in (".csv", ".csv.gz"):
        path = folder / f"{name}{ending}"
        if path.is_file():
            return path
    return None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a CSV file; says where it stands when it is wrong."""

    path: Path
    number: int
    cells: dict[str, str]

    def text(self, column: str) -> str:
        try:
            return self.cells[column].strip()
        except KeyError:
            raise UserError(f"{self.path}: there is no column {column!r}.") from None

    def number_in(self, column: str) -> float:
        said = self.text(column)
        try:
            return float(said)
        except ValueError:
            raise UserError(
                f"{self.path}:{self.number}: {column} must be a number, not {said!r}."
            ) from None

    def time_in(self, column: str) -> float:
        """POSIX seconds; without a zone it is UTC."""
        said = self.text(column)
        try:
            found = datetime.fromisoformat(said)
        except ValueError:
            raise UserError(
                f"{self.path}:{self.number}: {column} must be a time such as 2026-05-01T06:00Z, "
                f"not {said!r}."
            ) from None
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def lines(folder: Path, name: str) -> Iterator[Line]:
    """The rows of ``name``.csv or ``name``.csv.gz. UserError where it is not there."""
    path = _there(folder, name)
    if path is None:
        raise UserError(f"{folder}: {name}.csv is missing.")
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise UserError(f"{path}: cannot be read ({error}).") from error
    for number, cells in enumerate(csv.DictReader(io.StringIO(text)), 2):
        yield Line(path, number, {k: v or "" for k, v in cells.items() if k is not None})


def _tanks(folder: Path) -> Records:
    stores = []
    for line in lines(folder, "tanks"):
        chart = read_chart(folder / f"chart_{line.text('tank_chart')}.csv")
        options = StoreOptions(form="tank", product=line.text("product"))
        stores.append(Store(line.text("tank"), options, chart))
    entries: dict[str, list[Entry]] = {store.name: [] for store in stores}
    gauges: dict[str, str] = {}
    for line in lines(folder, "inventory"):
        tank = line.text("tank")
        if tank not in entries:
            raise UserError(f"{line.path}:{line.number}: tanks.csv has no tank {tank!r}.")
        gauge = gauges.setdefault(tank, line.cells.get("gauge", "").replace("atg", ""))
        entries[tank] += _inventory(line, tank, gauge or "gauge", entries[tank])
    return Records(tuple(stores), entries)


def _inventory(line: Line, tank: str, gauge: str, before: list[Entry]) -> list[Entry]:
    """A day: its opening reading where it is another than the last closing one, flows, closing."""
    day = line.number_in("day")
    opening, noon, closing = day * DAY, (day + 0.5) * DAY, (day + 1) * DAY
    found: list[Entry] = []
    last = {one.kind: one.quantity for one in before[-3:] if one.at == opening}
    first = _reading(line, tank, opening + (60.0 if last else 0.0), "open", gauge)
    if any(last.get(one.kind) != one.quantity for one in first):
        found += first
    sold, received = line.number_in("sales_l"), line.number_in("delivery_doc_l")
    found.append(Entry(tank, EntryKind.ISSUE, noon, sold, "L", "dispenser"))
    if received > 0:
        found.append(Entry(tank, EntryKind.RECEIPT, noon, received, "L", "delivery document"))
    return found + _reading(line, tank, closing, "close", gauge)


def _reading(line: Line, tank: str, at: float, when: str, gauge: str) -> list[Entry]:
    values = (
        (EntryKind.STOCK_TAKE, "L", gauge, f"{when}_l"),
        (EntryKind.LEVEL, "mm", gauge, f"{when}_h_mm"),
        (EntryKind.TEMPERATURE, "°C", "thermometer", f"{when}_t_c"),
    )
    return [  # what nobody read is left empty, and left out
        Entry(tank, kind, at, line.number_in(column), unit, instrument)
        for kind, unit, instrument, column in values
        if line.cells.get(column, "").strip()
    ]


def _depots(folder: Path) -> Records:
    entries: dict[str, list[Entry]] = {}
    for line in lines(folder, "stock_takes"):
        at = (line.number_in("day") + 1) * DAY
        depot, method = line.text("depot"), line.text("method")
        take = Entry(depot, EntryKind.STOCK_TAKE, at, line.number_in("stock_t"), "t", method)
        entries.setdefault(depot, []).append(take)
    for line in lines(folder, "movements"):
        depot, direction = line.text("depot"), line.text("direction")
        if depot not in entries:
            raise UserError(f"{line.path}:{line.number}: stock_takes.csv has no depot {depot!r}.")
        if direction not in ("in", "out"):
            raise UserError(f"{line.path}:{line.number}: direction is in or out, not {direction!r}")
        kind = EntryKind.RECEIPT if direction == "in" else EntryKind.ISSUE
        at, tonnes = (line.number_in("day") + 0.5) * DAY, line.number_in("weighed_t")
        entries[depot].append(Entry(depot, kind, at, tonnes, "t", "weighbridge"))
    options = StoreOptions(form="bulk")
    return Records(tuple(Store(name, options) for name in entries), entries)


def _ledger(folder: Path) -> Records:
    """Our own columns: stores.csv, and ledger.csv with one row an entry, if there are any yet."""
    described = {line.text("store"): line for line in lines(folder, "stores")}
    entries: dict[str, list[Entry]] = {name: [] for name in described}
    there = lines(folder, "ledger") if _there(folder, "ledger") else ()
    for number, line in enumerate(there, 1):
        store = line.text("store")
        if store not in entries:
            raise UserError(f"{line.path}:{line.number}: stores.csv has no store {store!r}.")
        entries[store].append(_entry(line, number))
    first = min((one.at for some in entries.values() for one in some), default=0.0)
    origin = first // DAY * DAY
    stores = tuple(_described(folder, line, origin) for line in described.values())
    return Records(stores, entries)


def _described(folder: Path, line: Line, origin: float) -> Store:
    form, product = line.text("form"), line.cells.get("product", "")
    if form not in ("tank", "bulk"):
        raise UserError(f"{line.path}:{line.number}: form is tank or bulk, not {form!r}.")
    chart = line.cells.get("chart", "").strip()
    options = StoreOptions(form="tank" if form == "tank" else "bulk", product=product)
    return Store(line.text("store"), options, read_chart(folder / chart) if chart else None, origin)


def _entry(line: Line, number: int) -> Entry:
    try:
        kind = EntryKind.named(line.text("kind"))
    except UserError as error:
        raise UserError(f"{line.path}:{line.number}: {error}") from None
    corrects = line.cells.get("corrects", "").strip()
    noted = line.cells.get("noted", "").strip()
    texts = {
        name: line.cells.get(name, "").strip() for name in ("instrument", "ref", "author", "note")
    }
    return Entry(
        line.text("store"), kind, line.time_in("at"), line.number_in("quantity"), line.text("unit"),
        corrects=int(line.number_in("corrects")) if corrects else None,
        noted=line.time_in("noted") if noted else 0.0, seq=number, **texts,
    )  # fmt: skip
