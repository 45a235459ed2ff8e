"""CSV as head-ends write it: ``meter_id,timestamp,kind,register|interval,unit,quality``.

Separated by comma, semicolon, tab or ``|``; with a decimal comma where that is not the separator;
columns in any order, known by their names. Rows are parsed by the ten thousand at once; only what
does not parse is looked at singly, to say why.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from streetlamp.errors import UserError
from streetlamp.meters.csv_columns import CsvColumns, Rows
from streetlamp.meters.format import FORMATS, Format, Intake
from streetlamp.meters.lines import blocks

_NAMES: Final = {
    "meter": ("meter_id", "meter", "meterid", "meter_no", "device_id", "id"),
    "time": ("timestamp", "timestamp_local", "time", "datetime", "ts", "date_time"),
    "kind": ("kind", "commodity", "medium"),
    "register": ("register", "reading", "index", "counter"),
    "interval": ("interval", "consumption", "usage", "delta"),
    "value": ("register|interval", "value"),
    "unit": ("unit", "units", "uom"),
    "quality": ("quality", "quality_flag", "flag", "status"),
}
_SEPARATORS: Final = ",;\t|"
_SHOULD: Final = (
    "the first line must name the columns, like meter_id,timestamp,kind,register,unit,quality "
    "(interval instead of register where the values are quantities of an interval)"
)


@dataclass(frozen=True, slots=True)
class _Header:
    separator: str
    width: int
    columns: dict[str, int]


def _header(line: str) -> _Header | None:
    best: _Header | None = None
    for separator in _SEPARATORS:
        cells = [c.strip().strip('"').strip().lower() for c in line.split(separator)]
        found: dict[str, int] = {}
        for column, names in _NAMES.items():
            at = next((cells.index(name) for name in names if name in cells), None)
            if at is not None:
                found[column] = at
        if best is None or len(found) > len(best.columns):
            best = _Header(separator, len(cells), found)
    if best is None or not {"meter", "time"} <= best.columns.keys():
        return None
    return best


def _text(line: bytes) -> str:
    return line.decode("utf-8-sig", "replace").rstrip("\r")


@FORMATS.add("csv")
class CsvReadings(Format):
    """Head-end CSV."""

    summary = "CSV with a header line: meter_id, timestamp, kind, register or interval, unit."

    @staticmethod
    def knows(path: Path, head: bytes) -> bool:
        return _header(_text(head.split(b"\n", 1)[0])) is not None

    def read(self, path: Path, intake: Intake) -> None:
        header: _Header | None = None
        columns: CsvColumns | None = None
        for first, lines, long in blocks(path, intake.told):
            for number in long:
                intake.rejects.add(path.name, number, "the line is too long")
            begin = 0
            if header is None or columns is None:
                header = self._checked(path, _text(lines[0]))
                columns = CsvColumns(path.name, intake, header.columns)
                begin = 1
            self._take(path, columns, header, first + begin, lines[begin:], intake)

    @staticmethod
    def _checked(path: Path, line: str) -> _Header:
        header = _header(line)
        missing = (
            ["meter_id", "timestamp"]
            if header is None
            else [name for name in ("kind", "unit") if name not in header.columns]
        )
        if header is None or missing:
            raise UserError(f"{path} has no column {' and '.join(missing)}: {_SHOULD}.")
        if not header.columns.keys() & {"register", "interval", "value"}:
            raise UserError(f"{path} has neither a register nor an interval column: {_SHOULD}.")
        return header

    @staticmethod
    def _take(
        path: Path,
        columns: CsvColumns,
        header: _Header,
        first: int,
        lines: Sequence[bytes],
        intake: Intake,
    ) -> None:
        text = b"\n".join(lines).decode("utf-8", "replace").replace("\r", "")
        texts = text.split("\n")
        numbers = np.arange(first, first + len(texts))
        width, separator = header.width, header.separator
        if '"' not in text and all(line.count(separator) == width - 1 for line in texts):
            flat = text.replace("\n", separator).split(separator)
            columns.take(Rows(numbers, [flat[at::width] for at in range(width)], separator))
            return
        good, rows = [], []
        for at, line in enumerate(texts):
            # each line by itself: an open quote must not swallow the next ones
            cells = _cells(line, separator) if '"' in line else line.split(separator)
            if len(cells) == width:
                good.append(at)
                rows.append(cells)
            elif any(cell.strip() for cell in cells):
                reason = f"has {len(cells)} columns, not {width}"
                intake.rejects.add(path.name, first + at, reason, line)
        if rows:
            columns.take(Rows(numbers[good], list(zip(*rows, strict=True)), separator))


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=False), [])
    except csv.Error:
        return []
