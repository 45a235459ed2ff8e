"""Columns of text become readings, ten thousands at once; a row that does not parse is named."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.meters.arrays import Doubles, Indices, Marks
from streetlamp.meters.format import Intake
from streetlamp.meters.kinds import KINDS
from streetlamp.meters.readings import DOUBTFUL, RATE, REGISTER, UNTOLD, Batch
from streetlamp.meters.units import unit_of
from streetlamp.values import Bools

_EARLIEST: Final = 631_152_000.0  # 1990: before that no meter was read over a line
_GOOD: Final = {
    "", "good", "ok", "valid", "actual", "a", "v", "0", "measured", "m", "r", "raw", "normal", "g",
    "true", "real", "verified",
}  # fmt: skip
_WORTHLESS: Final = {"nan", "inf", "-inf", "+inf", "infinity", "-infinity", "null", "none", "na"}
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})[ T](.*)")
_LONGEST_NAME: Final = 120
_MOST_SORTS: Final = 2000


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows: the lines they stand on, and their columns."""

    numbers: Indices
    columns: Sequence[Sequence[str]]
    separator: str


@dataclass(frozen=True, slots=True)
class _Sort:
    """What a (kind, unit, column) means: all that a row's value has to be multiplied with."""

    reason: str  # why no such row is used, or ""
    factor: float = 1.0
    marks: int = 0
    signed: bool = False


class CsvColumns:
    """Parses the rows of one file."""

    def __init__(self, file: str, intake: Intake, columns: Mapping[str, int]) -> None:
        self._file = file
        self._intake = intake
        self._at = columns
        self._sorts: dict[tuple[str, str, str], int] = {}
        self._known = [_Sort("one kind or unit of thousands that are none")]
        self._meters: dict[tuple[str, str], int] = {}
        self._counted: set[tuple[int, int]] = set()
        self._guessed: dict[int, bool] = {}

    def take(self, rows: Rows) -> None:
        """Adds the good rows to the readings, the others to the rejects."""
        n = len(rows.numbers)
        why: list[str] = [""] * n
        mode, text = self._values(rows)
        value = _numbers(text, why)
        local, offset = _times(rows.columns[self._at["time"]], why)
        time, again = self._posix(local, offset, why)
        sort = self._sort(rows, mode)
        known = self._known
        factor = np.array([one.factor for one in known])[sort]
        marks = np.array([one.marks for one in known], np.uint8)[sort]
        signed = np.array([one.signed for one in known], np.bool_)[sort]
        bad_sort = np.array([bool(one.reason) for one in known], np.bool_)[sort]
        self._judge(time, value, signed, why)
        for at in np.flatnonzero(bad_sort).tolist():
            why[at] = why[at] or known[sort[at]].reason
        meter = self._meter(rows, why)
        marks = marks | self._quality(rows)
        keep = np.array([not reason for reason in why], np.bool_)
        for at in np.flatnonzero(~keep).tolist():
            row = rows.separator.join(column[at] for column in rows.columns)
            self._intake.rejects.add(self._file, int(rows.numbers[at]), why[at], row)
        self._note_counters(meter[keep], sort[keep])
        self._intake.readings.add(
            Batch(meter[keep], time[keep], again[keep], (value * factor)[keep], marks[keep])
        )

    def _values(self, rows: Rows) -> tuple[list[str], Sequence[str]]:
        """Which column each value is from ("register", "interval", "value"), and its text."""
        there = [name for name in ("register", "interval", "value") if name in self._at]
        first = rows.columns[self._at[there[0]]]
        if len(there) == 1:
            return there * len(first), first
        mode, text = [], []
        for cells in zip(*(rows.columns[self._at[name]] for name in there), strict=True):
            at = next((i for i, cell in enumerate(cells) if cell.strip()), 0)
            mode.append(there[at])
            text.append(cells[at])
        return mode, text

    def _posix(self, local: Doubles, offset: Doubles, why: list[str]) -> tuple[Doubles, Doubles]:
        """(n,) POSIX seconds, and how much later each may be as well."""
        again = np.zeros(len(local))
        time = local - offset
        naive = np.isnan(offset) & ~np.isnan(local)
        if naive.any():
            found = self._intake.zone.local(local[naive])
            time[naive] = found.time
            again[naive] = found.again
            for at in np.flatnonzero(naive)[found.missing].tolist():
                why[at] = why[at] or "no clock showed this time: summer time began"
        return time, again

    def _judge(self, time: Doubles, value: Doubles, signed: Bools, why: list[str]) -> None:
        with np.errstate(invalid="ignore"):
            for wrong, reason in (
                (time > self._intake.latest, "the time is in the future"),
                (time < _EARLIEST, "the time is before 1990"),
                ((value < 0) & ~signed, "the value is negative"),
                (np.abs(value) > 1e15, "the value is too large"),
            ):
                for at in np.flatnonzero(wrong).tolist():
                    why[at] = why[at] or reason

    def _sort(self, rows: Rows, mode: Sequence[str]) -> Indices:
        kinds, units = rows.columns[self._at["kind"]], rows.columns[self._at["unit"]]
        keys = list(zip(kinds, units, mode, strict=True))
        out = []
        if keys.count(keys[0]) == len(keys):  # as mostly
            keys = keys[:1]
        for key in keys:
            number = self._sorts.get(key)
            if number is None and len(self._known) > _MOST_SORTS:
                number = 0
            elif number is None:
                number = self._sorts[key] = len(self._known)
                self._known.append(_sort_of(*key))
            out.append(number)
        return np.full(len(kinds), out[0]) if len(out) == 1 else np.array(out, np.int64)

    def _meter(self, rows: Rows, why: list[str]) -> Indices:
        names, kinds = rows.columns[self._at["meter"]], rows.columns[self._at["kind"]]
        known = self._meters
        keys = list(zip(names, kinds, strict=True))
        numbers = [known.get(key, -1) for key in keys]
        out = np.array(numbers, np.int64)
        if out.min() >= 0:
            return out
        for at, key in enumerate(keys):
            number = known.get(key, -1)
            if number < 0:
                number = 0
                name = key[0].strip()
                if not name or len(name) > _LONGEST_NAME or not name.isprintable():
                    why[at] = why[at] or "no meter_id that could be one"
                elif not why[at]:
                    kind = key[1].strip().lower()
                    number = known[key] = self._intake.readings.meter(name, kind)
            out[at] = number
        return out

    def _quality(self, rows: Rows) -> Marks:
        if "quality" not in self._at:
            return np.zeros(len(rows.numbers), np.uint8)
        flags = rows.columns[self._at["quality"]]
        mark = {flag: 0 if flag.strip().lower() in _GOOD else DOUBTFUL for flag in set(flags)}
        return np.array([mark[flag] for flag in flags], np.uint8)

    def _note_counters(self, meter: Indices, sort: Indices) -> None:
        for pair in np.unique(meter * len(self._known) + sort).tolist():
            number, kind = divmod(pair, len(self._known))
            counter = self._known[kind].marks & (REGISTER | UNTOLD)
            if counter and (number, kind) not in self._counted:
                self._counted.add((number, kind))
                self._intake.readings.counts_in(number, self._known[kind].factor)


def _sort_of(kind: str, unit: str, mode: str) -> _Sort:
    name = kind.strip().lower()
    if name not in KINDS:
        return _Sort(f"no kind of meter is called {name[:40]!r}; there are: {', '.join(KINDS)}")
    found = unit_of(unit)
    if found is None:
        return _Sort(f"no unit is called {unit.strip()[:40]!r}" if unit.strip() else "no unit")
    what = KINDS[name]
    factor = what.factor(found, "register" if mode == "register" else "interval")
    if factor is None:
        return _Sort(f"a {mode} of {name} is not given in {found.name}")
    marks = RATE if factor[1] else UNTOLD if mode == "value" else 0
    if mode == "register" and what.level is None:
        marks |= REGISTER
    return _Sort("", factor[0], marks, what.signed and mode != "register")


def _numbers(text: Sequence[str], why: list[str]) -> Doubles:
    """Values as doubles; why: says of each row that has none, what is wrong."""
    try:
        out = np.array(text, dtype=np.float64)
        if np.isfinite(out).all():
            return out
    except ValueError:
        pass
    out = np.zeros(len(text))
    for at, cell in enumerate(text):
        plain = cell.strip()
        try:
            out[at] = float(plain) if "_" not in plain else math.nan
        except ValueError:
            out[at] = _comma(plain)
        if not math.isfinite(out[at]):
            why[at] = why[at] or _no_number(plain)
            out[at] = 0.0
    return out


def _comma(text: str) -> float:
    """1234,5 and 1.234,5 and 1 234,5 as well."""
    plain = text.replace("\u00a0", "").replace(" ", "")
    if "," not in plain:
        return math.nan
    if "." in plain and plain.rfind(",") > plain.rfind("."):
        plain = plain.replace(".", "")
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        return math.nan


def _no_number(text: str) -> str:
    if not text:
        return "no value"
    return "the value is NaN" if text.lower() in _WORTHLESS else "the value is no number"


def _times(text: Sequence[str], why: list[str]) -> tuple[Doubles, Doubles]:
    """(wall-clock seconds, seconds by which it is ahead of UTC; NaN: not told)."""
    n = len(text)
    cells = np.array(text, dtype=np.str_)
    if cells.itemsize in (16 * 4, 19 * 4) and _all_naive(cells):
        try:
            found = cells.astype("datetime64[s]").astype(np.int64).astype(np.float64)
            return found, np.full(n, np.nan)
        except ValueError:
            pass
    local, offset = np.full(n, np.nan), np.full(n, np.nan)
    cache: dict[str, tuple[float, float]] = {}
    for at, cell in enumerate(text):
        known = cache.get(cell)
        if known is None:
            known = cache[cell] = _moment(cell.strip())
        local[at], offset[at] = known
        if math.isnan(known[0]):
            why[at] = why[at] or "no time that can be read; write it like 2026-05-01T08:00:00"
    return local, offset


def _all_naive(cells: NDArray[np.str_]) -> bool:
    """Like 2026-05-01T08:00:00, all of one length and without an offset."""
    letters = cells.view("U1").reshape(len(cells), -1)
    last = letters[:, -1]
    between = letters[:, 10]
    return bool(((last >= "0") & (last <= "9") & ((between == "T") | (between == " "))).all())


def _moment(text: str) -> tuple[float, float]:
    """A time in ISO 8601, or with the day first (31.12.2026 08:00), or POSIX seconds."""
    day_first = _DAY_FIRST.fullmatch(text)
    if day_first:
        day, month, year, rest = day_first.groups()
        text = f"{year}-{month:0>2}-{day:0>2}T{rest}"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _posix_text(text)
    offset = found.utcoffset()
    wall = (found.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001
    return wall, math.nan if offset is None else offset.total_seconds()


def _posix_text(text: str) -> tuple[float, float]:
    if re.fullmatch(r"\d{9,10}(\.\d+)?", text):
        return float(text), 0.0
    return math.nan, math.nan
