"""Cuts what was followed where a rule remembers nothing, and puts each stretch into columns.

A thing is forgotten some seconds after it was last seen; where nothing is there for longer, a rule
can be asked about what comes then without what came before. Of a place that is never empty the
whole is one stretch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    return np.isin(part.looks.kind == Kind.PERSON, list(families))


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
    runs = [np.maximum.accumulate(time[a:b]) for a, b in zip(edges, edges[1:], strict=False)]
    return np.concatenate(runs)


def columns(
    camera: str, stretch: Stretch, families: frozenset[bool], hold: float, relink: float
) -> Columns:
    """A stretch whose times rise, as a rule takes it that holds and relinks for so many seconds."""
    size = stretch.pieces[0].part.looks.size
    look, number, kind, score, posture, box, now, frame = ([] for _ in range(8))  # type: ignore[var-annotated]
    before = 0
    for piece in stretch.pieces:
        part = piece.part
        rows = slice(int(part.first[piece.start]), int(part.first[piece.stop]))
        some = np.isin(part.looks.kind[rows] == Kind.PERSON, list(families))
        look.append(part.look[rows][some] - piece.start + before)
        number.append(part.number[rows][some] + piece.offset)
        kind.append(part.looks.kind[rows][some])
        score.append(part.looks.score[rows][some])
        posture.append(part.looks.posture[rows][some])
        box.append(part.looks.box[rows][some])
        now.append(part.seconds[piece.start : piece.stop])
        frame.append(np.arange(piece.start, piece.stop) + 1)
        before += piece.stop - piece.start
    looks, numbers, kinds = (np.concatenate(one) for one in (look, number, kind))
    boxes = np.concatenate(box).astype(np.float64) / SCALE
    times = np.concatenate(now)
    things = chains(looks, numbers, kinds, boxes, times, size, hold, relink)
    order = np.argsort(things, kind="stable")
    row = np.empty(len(order), np.int64)
    row[order] = np.arange(len(order))
    start = np.diff(things[order], prepend=-1) != 0
    return Columns(
        camera, size, times, np.concatenate(frame), looks[order], start, numbers[order],
        kinds[order], np.concatenate(score)[order] / SCORES, np.concatenate(posture)[order],
        boxes[order], np.searchsorted(looks, np.arange(len(times) + 1)), row,
    )  # fmt: skip
