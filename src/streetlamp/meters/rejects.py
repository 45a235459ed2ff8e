"""Rows that were not used, and why: listed for whoever delivers them, never a reason to stop."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LISTED: Final = 10_000  # rows; a file of nothing but rubbish must not fill the disk again
_SHOWN: Final = 200  # characters of a row


@dataclass(frozen=True, slots=True)
class Reject:
    """One row: where it stands, why it was not used, and how it begins."""

    file: str
    line: int
    reason: str
    row: str


class Rejects:
    """What was not used, the first `LISTED` rows one by one, all of it counted by reason."""

    def __init__(self) -> None:
        self.rows: list[Reject] = []
        self.counts: Counter[str] = Counter()

    def add(self, file: str, line: int, reason: str, row: str = "") -> None:
        self.counts[reason] += 1
        if len(self.rows) < LISTED:
            printable = "".join(c if c.isprintable() else "�" for c in row[:_SHOWN])
            self.rows.append(Reject(file, line, reason, printable))

    @property
    def total(self) -> int:
        return self.counts.total()

    def write(self, path: Path) -> None:
        """As CSV: file, line, reason, row; a last line says how many more there were."""
        with path.open("w", encoding="utf-8", newline="") as out:
            table = csv.writer(out)
            table.writerow(("file", "line", "reason", "row"))
            table.writerows(
                (one.file, one.line, one.reason, _harmless(one.row)) for one in self.rows
            )
            if self.total > len(self.rows):
                table.writerow(("", "", f"and {self.total - len(self.rows)} more", ""))


def _harmless(text: str) -> str:
    """A spreadsheet must not take a row for a formula (CWE-1236)."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text
