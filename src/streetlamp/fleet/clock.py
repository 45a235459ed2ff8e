"""The ledger's own clock: what the machine's clock says, and what it does when it is set.

A machine has two clocks. The one on the wall can be wrong and can be set; the one that counts since
the machine was switched on (Linux' CLOCK_BOOTTIME) cannot, and says nothing about the date. The
ledger goes by the first as long as both agree on how much time passes. When they do not, the wall
clock was set: the ledger goes on counting, and believes the new time once it has stood for a
quarter of an hour and is no nonsense. See ``design/serviceability.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from streetlamp.store.ledger import LedgerEra

MINUTE: Final = 60
STEP_SECONDS: Final = 30.0  # more than this apart, a clock was set; less is followed
SETTLE_SECONDS: Final = 900.0  # that a new time must have stood
EARLIEST: Final = 1_735_689_600.0  # 2025-01-01: there was no Streetlamp before
LATEST: Final = 2_524_608_000.0  # 2050-01-01


def base_of(era: LedgerEra) -> float:
    """Ledger time less machine time: the same for all eras that agree on what time it is."""
    return era.beat - era.mono


def agree(era: LedgerEra, base: float) -> bool:
    return abs(base_of(era) - base) <= MINUTE


@dataclass(frozen=True, slots=True)
class Stepped:
    """The clock was set, by so many seconds as against the ledger's. Nothing is believed yet."""

    by: float


@dataclass(frozen=True, slots=True)
class Returned:
    """The clock is back at what the ledger has."""


@dataclass(frozen=True, slots=True)
class Believed:
    """The new time is right: what was counted since lies ``shift`` seconds (whole minutes) on."""

    shift: int
    by: float


@dataclass(frozen=True, slots=True)
class Settled:
    """The time at the start is right."""


News = Stepped | Returned | Believed | Settled


def sensible(wall: float) -> bool:
    """Whether this can be a date on which Streetlamp runs."""
    return EARLIEST <= wall < LATEST


class LedgerClock:
    """`read` it with what both clocks show; ``now`` is the ledger's time."""

    def __init__(self, last: LedgerEra | None, boot: str, wall: float, mono: float) -> None:
        """last: the era before this start; None: there was none."""
        self._away: float | None = None  # how far the wall clock is from the ledger's
        self._since = mono
        self.settled = False
        self.went_back = False  # the machine was switched off, and its clock is earlier than before
        if last is not None and last.boot == boot and mono >= last.mono:
            self._base = base_of(last)
            self.settled = last.settled
        elif last is not None and (wall < last.beat - STEP_SECONDS or not sensible(wall)):
            self._base = -(-last.beat // MINUTE) * MINUTE - mono
            self.went_back = True
        else:
            self._base = wall - mono
            if not sensible(wall):
                self._away = 0.0
        self._mono = mono

    @property
    def now(self) -> float:
        """POSIX seconds of the ledger at the last reading."""
        return self._base + self._mono

    @property
    def base(self) -> float:
        return self._base

    @property
    def offset(self) -> int:
        """What to add to the wall clock's minutes to have the ledger's, seconds."""
        return -round((self._away or 0.0) / MINUTE) * MINUTE

    def read(self, wall: float, mono: float) -> News | None:
        """What both clocks show now (seconds); what follows from it, if anything."""
        self._mono = max(mono, self._mono)
        away = wall - self.now
        if self._away is None:
            if abs(away) < STEP_SECONDS:
                self._base += away
                return self._settle(wall)
            self._away, self._since = away, mono
            return Stepped(away)
        if abs(away) < STEP_SECONDS and sensible(wall):
            self._away, self._since = None, mono
            self._base += away
            return Returned()
        if abs(away - self._away) >= STEP_SECONDS:
            self._away, self._since = away, mono
            return Stepped(away)
        if mono - self._since < SETTLE_SECONDS or not sensible(wall):
            return None
        self._away, self.settled = None, True
        self._base += away
        return Believed(round(away / MINUTE) * MINUTE, away)

    def _settle(self, wall: float) -> News | None:
        if self.settled or self._mono - self._since < SETTLE_SECONDS or not sensible(wall):
            return None
        self.settled = True
        return Settled()
