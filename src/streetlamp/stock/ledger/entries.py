"""The ledger's noun: one thing that was measured, moved or put right."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from streetlamp.errors import UserError
from streetlamp.stock.ledger.units import in_base, unit


class EntryKind(enum.StrEnum):
    """What an entry says."""

    RECEIPT = "receipt"
    ISSUE = "issue"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    STOCK_TAKE = "stock_take"  # a count, a survey, a volume read off a gauge
    RECOUNT = "recount"  # the same again, because the one before was doubted
    LEVEL = "level"  # a tank's height of product
    WATER_LEVEL = "water_level"
    METER_TOTAL = "meter_total"  # a dispenser's running total
    TEMPERATURE = "temperature"
    WITHDRAWAL = "withdrawal"  # what it corrects never was

    @classmethod
    def named(cls, said: str) -> EntryKind:
        """The kind of that name. UserError lists the known ones."""
        try:
            return cls(said)
        except ValueError:
            known = ", ".join(cls)
            raise UserError(f"there is no kind {said!r}; known are {known}.") from None


_AMOUNTS: Final = ("L", "t")
_BASES: Final[dict[EntryKind, tuple[str, ...]]] = {
    EntryKind.LEVEL: ("mm",),
    EntryKind.WATER_LEVEL: ("mm",),
    EntryKind.TEMPERATURE: ("°C",),
    EntryKind.METER_TOTAL: _AMOUNTS,
    EntryKind.WITHDRAWAL: ("L", "t", "mm", "°C"),
}
INFLOWS: Final = frozenset({EntryKind.RECEIPT, EntryKind.TRANSFER_IN})
OUTFLOWS: Final = frozenset({EntryKind.ISSUE, EntryKind.TRANSFER_OUT})
TAKES: Final = frozenset({EntryKind.STOCK_TAKE, EntryKind.RECOUNT})


@dataclass(frozen=True, slots=True)
class Entry:
    """Checked when made (UserError). ``seq`` is its number in the ledger, 0 before it has one."""

    store: str
    kind: EntryKind
    at: float  # POSIX seconds, when it happened
    quantity: float  # in `unit`
    unit: str
    instrument: str = ""
    ref: str = ""
    author: str = ""
    note: str = ""
    corrects: int | None = None
    noted: float = 0.0
    seq: int = 0

    def __post_init__(self) -> None:
        if not self.store:
            raise UserError("an entry names its store.")
        if not (math.isfinite(self.quantity) and math.isfinite(self.at)):
            raise UserError(f"{self.store}: an entry's quantity and time are numbers.")
        bases = _BASES.get(self.kind, _AMOUNTS)
        if unit(self.unit).base not in bases:
            raise UserError(
                f"{self.store}: a {self.kind} cannot be in {self.unit}; it is in a unit of "
                f"{' or '.join(bases)}."
            )
        if self.kind in INFLOWS | OUTFLOWS | TAKES and self.quantity < 0:
            raise UserError(
                f"{self.store}: a {self.kind} is not below zero ({self.quantity:g} {self.unit}); "
                "note what was taken back as a movement the other way, or correct the entry."
            )
        if self.kind is EntryKind.WITHDRAWAL and self.corrects is None:
            raise UserError(f"{self.store}: a withdrawal names the entry it withdraws.")

    @property
    def base(self) -> float:
        """The quantity in the base unit: L, t, mm or °C."""
        return in_base(self.quantity, self.unit)


def together(records: Sequence[Entry], pages: Sequence[Entry]) -> Sequence[Entry]:
    """The records as they are now, and what was noted at pages beside them.

    A correction of something that the records no longer hold has nothing to stand for: it is left
    out (the ledger keeps it).
    """
    there = {one.seq for one in records}
    more = []
    for one in pages:
        if one.seq not in there and (one.corrects is None or one.corrects in there):
            there.add(one.seq)
            more.append(one)
    return [*records, *more]


def in_force(entries: Iterable[Entry], known: float = math.inf) -> Sequence[Entry]:
    """The entries that stand by what had been noted until ``known``, by time and number.

    A corrected entry gives way to its correction from the moment the correction was noted.
    """
    seen = [one for one in entries if one.noted <= known]
    gone = {one.corrects for one in seen if one.corrects is not None}
    stand = [one for one in seen if one.seq not in gone and one.kind is not EntryKind.WITHDRAWAL]
    return sorted(stand, key=lambda one: (one.at, one.seq))
