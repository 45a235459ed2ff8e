"""The balances of one store as parallel arrays, with everything that may be wrong in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals

DAY: Final = 86400.0
_LEAST: Final = 1e-6  # L² or t²: a kilogram of tonnes, a millilitre of litres
NUMBERED: Final = 3650 * DAY
"""Records that only number their days begin at 0; no ledger is older than that."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One source of error: its covariance (n, n) of the MUFs, and what would lower it."""

    name: str
    advice: str
    covariance: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Balances:
    """``n`` balances between ``n + 1`` stock-takes, in base units (L at 15 °C, or t)."""

    store: str
    form: str  # tank or bulk
    unit: str
    by_hand: bool  # counted or surveyed by people: a doubt asks for a recount first
    time: Reals  # (n + 1,) POSIX seconds of the stock-takes, ascending
    stock: Reals  # (n + 1,) measured
    filled: Reals  # (n + 1,) height as a share of the tank's; NaN for bulk goods
    capacity: float  # L; NaN for bulk goods
    receipts: Reals  # (n,)
    issues: Reals  # (n,)
    allowed: Reals  # (n,) evaporation, handling loss
    parts: tuple[Part, ...]
    entries: tuple[tuple[int, ...], ...]  # of each balance: the ledger's numbers it comes from
    origin: float = 0.0  # POSIX seconds at which day 0 begins

    def __len__(self) -> int:
        return len(self.receipts)

    @property
    def muf(self) -> Reals:
        """(n,) what is missing; below zero: what is too much."""
        return -np.diff(self.stock) + self.receipts - self.issues - self.allowed

    @property
    def covariance(self) -> Reals:
        """(n, n) of the MUFs: random, telescoping and systematic terms."""
        total = np.eye(len(self)) * _LEAST  # so that perfect instruments divide nothing by zero
        for part in self.parts:
            total += part.covariance
        return total

    @property
    def days(self) -> Reals:
        """(n,) length of each balance in days."""
        return np.diff(self.time) / DAY

    def day(self, balance: int) -> int:
        """The day in which a balance closes; a reading at midnight closes the day before."""
        return self._closes(balance + 1)

    def first_day(self, balance: int) -> int:
        """The first day of which a balance speaks."""
        return min(self._closes(balance) + 1, self.day(balance))

    def _closes(self, take: int) -> int:
        return int(np.ceil((float(self.time[take]) - self.origin) / DAY)) - 1


def clock(time: float) -> str:
    """A time for a person: UTC, or the day's number where the records have no dates."""
    if time < NUMBERED:
        day, rest = divmod(time, DAY)
        return f"day {day:.0f}, {int(rest) // 3600:02d}:{int(rest) % 3600 // 60:02d}"
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M")
