"""Which pictures to look at: where leaks can be, evenly in time, and so that nobody can guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

import numpy as np

from streetlamp.inspection.footage import Cell

SHOWS_MOSAIC: Final = 0.004  # share of a picture: more and somebody is hidden in it
_MOVES: Final = 1.5  # times the usual bytes a second of cells where nobody is hidden
_DENSEST: Final = 5.0  # looks a second of footage at most: neighbours look alike


class Stratum(StrEnum):
    """What a stretch of footage is like. Leaks are likeliest where people are."""

    PEOPLE = "people"  # somebody is hidden in it, or just before or after
    MOVING = "moving"  # nobody is hidden in it, but something moves
    QUIET = "quiet"


SHARES: Final = {Stratum.PEOPLE: 0.6, Stratum.MOVING: 0.2, Stratum.QUIET: 0.2}
"""How looks are shared out, as far as there is footage of each kind."""


@dataclass(frozen=True, slots=True)
class Look:
    """One picture to look at."""

    time: float
    stratum: Stratum


def sort_cells(
    cells: Sequence[Cell], mosaic: Callable[[Cell], float | None]
) -> dict[Stratum, list[Cell]]:
    """The cells by stratum. mosaic: the hidden share of a picture of the cell, None: unknown.

    Whoever crosses a cell without being in the picture that was looked at is near one who is, or
    moves: their neighbours in time count as people, too.
    """
    shares = [mosaic(cell) for cell in cells]
    people = [share is not None and share > SHOWS_MOSAIC for share in shares]
    near = [any(people[max(0, i - 1) : i + 2]) for i in range(len(cells))]
    rest = [cell.rate for cell, is_near in zip(cells, near, strict=True) if not is_near]
    usual = median(rest) if rest else 0.0
    found: dict[Stratum, list[Cell]] = {stratum: [] for stratum in Stratum}
    for cell, is_near in zip(cells, near, strict=True):
        moves = cell.rate > _MOVES * usual
        kind = Stratum.PEOPLE if is_near else Stratum.MOVING if moves else Stratum.QUIET
        found[kind].append(cell)
    return found


def share_out(looks: int, seconds: Mapping[Stratum, float]) -> dict[Stratum, int]:
    """How many of `looks` each stratum gets, from its seconds of footage: its share, and what
    others have no footage for, people's first.
    """
    given = _shares(looks, seconds, 0)
    left = looks - sum(given.values())
    for stratum in Stratum:
        more = min(left, _most(seconds, stratum) - given[stratum])
        given[stratum] += more
        left -= more
    return given


def _shares(looks: int, seconds: Mapping[Stratum, float], saved: int) -> dict[Stratum, int]:
    given = {}
    for stratum in Stratum:
        wanted = int(SHARES[stratum] * looks + 0.5) + (saved if stratum is Stratum.PEOPLE else 0)
        given[stratum] = min(wanted, _most(seconds, stratum))
    return given


def _most(seconds: Mapping[Stratum, float], stratum: Stratum) -> int:
    return int(seconds.get(stratum, 0.0) * _DENSEST)


def times(cells: Sequence[Cell], count: int, random: np.random.Generator) -> list[float]:
    """`count` moments, one at random in each of as many equal parts of the cells' time."""
    if not cells or count <= 0:
        return []
    ends = np.cumsum([cell.seconds for cell in cells])
    places = (np.arange(count) + random.random(count)) * ends[-1] / count
    at = np.minimum(np.searchsorted(ends, places, side="right"), len(cells) - 1)
    starts = ends - [cell.seconds for cell in cells]
    return [
        min(cells[i].start + place - starts[i], cells[i].end - 1e-6)
        for i, place in zip(at, places, strict=True)
    ]


@dataclass(slots=True)
class Purse:
    """A camera's looks: so many an hour; what people-less hours leave over is saved for the day."""

    a_day: int
    saved: int = 0
    _part: float = 0.0  # of a look, not earned whole yet

    def earn(self, seconds: float) -> int:
        """The looks that `seconds` of footage bring."""
        self._part += self.a_day * seconds / 86_400.0
        whole = int(self._part)
        self._part -= whole
        return whole

    def spend(self, looks: int, seconds: Mapping[Stratum, float]) -> dict[Stratum, int]:
        """Shares out the looks just earned and what is saved; keeps what people do not need.

        Quiet footage never gets more than its share, so that looks are left when people come.
        """
        given = _shares(looks, seconds, self.saved)
        self.saved = min(self.a_day, max(0, self.saved + looks - sum(given.values())))
        return given
