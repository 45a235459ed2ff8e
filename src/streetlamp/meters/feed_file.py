"""Rows of readings that come in are added to a file a month."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

COLUMNS: Final = ("meter_id", "timestamp", "kind", "register", "interval", "unit", "quality")


@dataclass(frozen=True, slots=True)
class Row:
    """One reading as a CSV file has it, in the order of `COLUMNS`."""

    cells: tuple[str, ...]


_NAME: Final = re.compile(r"(.+)-\d{4}-\d{2}\.csv")


def feed_of(name: str) -> str | None:
    """The feed whose file this could be: such files only grow, and always by whole lines."""
    found = _NAME.fullmatch(name)
    return found[1] if found else None


class FeedFile:
    """``add`` writes rows to ``PREFIX-YYYY-MM.csv`` (UTC) and through to the disk."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix

    def add(self, rows: Sequence[Row], now: float) -> None:
        """OSError: the disk does not take them; none of them counts as written.

        What a sudden end left of a line is closed first: it is a line of its own, and no reading.
        """
        if not rows:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        month = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        path = self._folder / f"{self._prefix}-{month}.csv"
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o600), "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            if size == 0:
                lines.writerow(COLUMNS)
            else:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    text.write("\n")
            lines.writerows(row.cells for row in rows)
            try:
                file.write(text.getvalue().encode())
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), size)
                raise
