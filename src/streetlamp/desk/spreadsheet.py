"""Tables to be saved: CSV (RFC 4180, UTF-8) that a spreadsheet takes for what it is."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo

from starlette.responses import StreamingResponse

Cell = str | int | float | None

RESPONSES: dict[int | str, dict[str, object]] = {200: {"content": {"text/csv": {}}}}


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The table, line by line. What a spreadsheet would take for a formula gets a quote before."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in itertools.chain((columns,), rows):
        writer.writerow([_tame(cell) for cell in row])
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def csv_answer(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> StreamingResponse:
    """The table as a file of this name (plain ASCII)."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(
        csv_lines(columns, rows), media_type="text/csv; charset=utf-8", headers=headers
    )


def local(time: float, zone: tzinfo) -> str:
    """ISO 8601 with the zone's offset, to the second."""
    return datetime.fromtimestamp(int(time), zone).isoformat()


def _tame(cell: Cell) -> Cell:
    risky = isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{cell}" if risky else cell
