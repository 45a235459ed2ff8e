"""Cuts what was followed where a rule remembers nothing, and puts each stretch into columns.

A thing is forgotten some seconds after it was last seen; where nothing is there for longer, a rule
can be asked about what comes then without what came before. Of a place that is never empty the
whole is one stretch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from streetlamp.backtest.follow import Followed
from streetlamp.backtest.looks import SCALE, SCORES
from streetlamp.rules.base import BACK_SECONDS
from streetlamp.rules.chains import chains
from streetlamp.rules.columns import Columns, Doubles, Ints
from streetlamp.values import Bools, Kind

LEAST_ROWS: Final = 50_000  # of a stretch: less is not worth the beginning


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Looks [start, stop) of one part."""

    part: Followed
    start: int
    stop: int
    offset: int  # to be added to the part's numbers, so that those of different parts differ


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Looks at the start of which nothing is remembered of any thing."""

    pieces: tuple[Piece, ...]
    fresh: bool  # watching begins anew with the first
    rising: bool  # its times always rise, and its pictures have one size


def stretches(
    parts: Sequence[Followed], families: frozenset[bool], hold: float, least: int = LEAST_ROWS
) -> Iterator[Stretch]:
    """The whole, in as many stretches as are worth it (of ``least`` rows, where they can be cut),
    for a rule that hears of these families and remembers what is lost for ``hold`` seconds."""
    if not parts:
        return
    heard = [_heard(part, families) for part in parts]
    time = np.concatenate([part.seconds for part in parts])
    fresh = np.concatenate([part.looks.fresh for part in parts])
    many = np.concatenate(
        [np.bincount(part.look[one], minlength=len(part.looks))
         for part, one in zip(parts, heard, strict=True)]
    )  # fmt: skip
    lengths = [len(part.looks) for part in parts]
    edges = np.concatenate([[0], np.cumsum(lengths)])
    numbers = np.concatenate([[0], np.cumsum([part.number.max(initial=-1) + 1 for part in parts])])
    sizes = np.repeat([part.looks.size for part in parts], lengths, axis=0)
    steady = np.concatenate([[True], (np.diff(time) > 0) & (sizes[1:] == sizes[:-1]).all(axis=1)])
    for start, stop in _cuts(time, fresh, many, hold, least):
        first, last = np.searchsorted(edges, [start, stop - 1], side="right") - 1
        pieces = tuple(
            Piece(
                parts[at], max(0, start - int(edges[at])),
                min(lengths[at], stop - int(edges[at])), int(numbers[at]),
            )
            for at in range(int(first), int(last) + 1)
        )  # fmt: skip
        yield Stretch(pieces, bool(fresh[start]), bool(steady[start + 1 : stop].all()))


def _heard(part: Followed, families: frozenset[bool]) -> Bools:
    if len(families) == 2:
        return np.ones(len(part.look), np.bool_)
    return np.asarray((part.looks.kind == Kind.PERSON) == next(iter(families)))


def _cuts(
    time: Doubles, fresh: Bools, many: Ints, hold: float, least: int
) -> list[tuple[int, int]]:
    """Stretches as looks [start, stop)."""
    k = len(time)
    anew = fresh.copy()
    anew[0] = True
    anew[1:] |= np.diff(time) < -BACK_SECONDS
    at = np.arange(k)
    begun = np.maximum.accumulate(np.where(anew, at, 0))
    seen = np.maximum.accumulate(np.where(many > 0, at, -1))
    known = seen >= begun  # since watching began, something was seen
    now = _standing(time, anew)
    blank = ~known | (now - now[np.maximum(seen, 0)] > hold)  # after such a look, nothing is known
    must = np.flatnonzero(anew)
    may = np.flatnonzero(blank) + 1
    rows = np.concatenate([[0], np.cumsum(many)])
    cuts, start = [], 0
    stops = [*must[1:].tolist(), k]
    for stop in stops:
        while True:
            enough = int(np.searchsorted(rows, rows[start] + least))
            which = int(np.searchsorted(may, max(enough, start + 1)))
            end = int(may[which]) if which < len(may) else stop
            if end >= stop:
                break
            cuts.append((start, end))
            start = end
        cuts.append((start, stop))
        start = stop
    return cuts


def _standing(time: Doubles, anew: Bools) -> Doubles:
    """The times as rules take them: a clock that is set back a little stands still."""
    if (np.diff(time) > 0).all():
        return time
    edges = [*np.flatnonzero(anew).tolist(), len(time)]
    runs = [np.maximum.accumulate(time[a:b]) for a, b in pairwise(edges)]
    return np.concatenate(runs)


def columns(
    camera: str, stretch: Stretch, families: frozenset[bool], hold: float, relink: float
) -> Columns:
    """A stretch whose times rise, as a rule takes it that holds and relinks for so many seconds."""
    size = stretch.pieces[0].part.looks.size
    pieces = [(one, one.part, _rows(one, families)) for one in stretch.pieces]
    lengths = np.array([one.stop - one.start for one in stretch.pieces])
    before = (np.cumsum(lengths) - lengths).tolist()
    look = np.concatenate(
        [part.look[rows] - one.start + n
         for (one, part, rows), n in zip(pieces, before, strict=True)]
    )  # fmt: skip
    number = np.concatenate([part.number[rows] + one.offset for one, part, rows in pieces])
    kind = np.concatenate([part.looks.kind[rows] for _, part, rows in pieces])
    score = np.concatenate([part.looks.score[rows] for _, part, rows in pieces])
    posture = np.concatenate([part.looks.posture[rows] for _, part, rows in pieces])
    box = np.concatenate([part.looks.box[rows] for _, part, rows in pieces]) / SCALE
    now = np.concatenate([part.seconds[one.start : one.stop] for one, part, _ in pieces])
    frame = np.concatenate([np.arange(one.start, one.stop) + 1 for one, _, _ in pieces])
    things = chains(look, number, kind, box, now, size, hold, relink)
    order = np.argsort(things, kind="stable")
    row = np.empty(len(order), np.int64)
    row[order] = np.arange(len(order))
    start = np.diff(things[order], prepend=-1) != 0
    first = np.searchsorted(look, np.arange(len(now) + 1))
    return Columns(
        camera, size, now, frame, look[order], start, number[order], kind[order],
        score[order] / SCORES, posture[order], box[order], first, row,
    )  # fmt: skip


def _rows(piece: Piece, families: frozenset[bool]) -> Ints:
    """The rows of a piece that a rule of these families hears of."""
    first, last = (int(piece.part.first[at]) for at in (piece.start, piece.stop))
    return first + np.flatnonzero(_heard(piece.part, families)[first:last])
