"""Many looks of one camera as columns: what stood where, and nothing that says which is which.

What is written of a thing is its box, its kind, its posture and the detector's score. No number, no
link from look to look, no velocity, no age, no colour. The rows of a look are put in the order of
their places, so that the order they came in tells nothing: the same things in any order are the
same bytes. See ``design/backtest.md``.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Tracks

SCALE: Final = 8192
"""A box is written in steps of this part of the picture: a quarter of a pixel of 1920."""

SCORES: Final = 200  # steps of the score, 0–1
_FURTHEST: Final = 4 * SCALE - 1  # of a box from the picture's corner
_HEAD: Final = struct.Struct("<HHIIq")  # width, height, looks, rows, time of the first (µs)
_LARGEST: Final = 1 << 27  # bytes of a piece, unpacked: what claims to be larger is damaged

Array = NDArray[Any]


class DamagedLooksError(ValueError):
    """These bytes are no looks."""


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Looks in the order they were made, at pictures of one size; rows in the order of looks."""

    size: tuple[int, int]  # width, height, pixels
    time: NDArray[np.int64]  # (k,) µs since 1970
    fresh: NDArray[np.bool_]  # (k,) watching began anew with this look
    many: NDArray[np.int64]  # (k,) rows of each look
    box: NDArray[np.int16]  # (n, 4) x1 y1 x2 y2, in steps of 1/SCALE of the width and height
    kind: NDArray[np.uint8]  # (n,) of Kind
    posture: NDArray[np.uint8]  # (n,) of Posture
    score: NDArray[np.uint8]  # (n,) in steps of 1/SCORES

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def of(cls, tracks: Sequence[Tracks], fresh: Sequence[bool]) -> Looks:
        """What there is to keep of these looks, all at pictures of one size; at least one.

        Only what was seen in the look itself is kept, as rules hear of nothing else.
        """
        size = tracks[0].size
        scale = np.array([*size, *size], np.float64) / SCALE
        boxes, kinds, postures, scores, many = [], [], [], [], []
        for one in tracks:
            box = one.box.astype(np.float64)
            good = one.seen & np.isfinite(box).all(axis=1)
            good &= (box[:, 2] > box[:, 0]) & (box[:, 3] > box[:, 1])
            many.append(int(good.sum()))
            if many[-1]:
                boxes.append(box[good])
                kinds.append(one.kind[good])
                postures.append(one.posture[good])
                scores.append(one.score[good])
        time = np.array([round(one.time * 1e6) for one in tracks], np.int64)
        rows = _Rows(
            np.clip(np.rint(_joined(boxes, (0, 4)) / scale), -_FURTHEST, _FURTHEST),
            _joined(kinds, (0,)),
            _joined(postures, (0,)),
            np.clip(np.rint(_joined(scores, (0,)) * SCORES), 0, SCORES),
        )
        return rows.looks(size, time, np.array(fresh, np.bool_), np.array(many, np.int64))

    def between(self, start: float, end: float) -> Looks:
        """The looks of [start, end), POSIX seconds."""
        return self.where((self.time >= start * 1e6) & (self.time < end * 1e6))

    def where(self, wanted: NDArray[np.bool_]) -> Looks:
        """Some of the looks (k,). Watching begins anew after what is left out."""
        if wanted.all():
            return self
        rows = np.repeat(wanted, self.many)
        fresh = self.fresh.copy()
        fresh[1:] |= ~wanted[:-1]
        return Looks(
            self.size, self.time[wanted], fresh[wanted], self.many[wanted],
            self.box[rows], self.kind[rows], self.posture[rows], self.score[rows],
        )  # fmt: skip

    def pack(self) -> bytes:
        """As bytes, compressed."""
        first = int(self.time[0]) if len(self) else 0
        step = np.diff(self.time, prepend=first)
        columns = (
            step, self.fresh.view(np.uint8), self.many.astype(np.uint16),
            *np.ascontiguousarray(self.box.T), self.kind, self.posture, self.score,
        )  # fmt: skip
        head = _HEAD.pack(*self.size, len(self), len(self.kind), first)
        return zlib.compress(head + b"".join(_planes(column) for column in columns), 6)

    @classmethod
    def unpack(cls, data: bytes) -> Looks:
        """Looks that `pack` made bytes of; DamagedLooksError."""
        try:
            plain = zlib.decompressobj()
            raw = plain.decompress(data, _LARGEST)
            if plain.unconsumed_tail or not plain.eof:
                raise DamagedLooksError("too large, or torn")
            width, height, k, n, first = _HEAD.unpack_from(raw)
            given = _Columns(raw, _HEAD.size)
            step = given.take(k, np.int64)
            fresh, many = given.take(k, np.uint8), given.take(k, np.uint16)
            box = np.stack([given.take(n, np.int16) for _ in range(4)], axis=1)
            kind, posture, score = (given.take(n, np.uint8) for _ in range(3))
        except (zlib.error, struct.error, ValueError) as error:
            raise DamagedLooksError(str(error)) from error
        if int(many.sum()) != n or not given.done or not (width and height):
            raise DamagedLooksError("the columns do not fit each other")
        return cls(
            (width, height), first + np.cumsum(step), fresh.astype(np.bool_),
            many.astype(np.int64), box, kind, posture, score,
        )  # fmt: skip


def join(parts: Sequence[Looks]) -> list[Looks]:
    """The same looks in as few pieces as there are runs of one picture size."""
    joined: list[Looks] = []
    for run in _runs(parts):
        if len(run) == 1:
            joined.append(run[0])
            continue
        columns = ("time", "fresh", "many", "box", "kind", "posture", "score")
        both = [np.concatenate([getattr(one, name) for one in run]) for name in columns]
        joined.append(Looks(run[0].size, *both))
    return joined


def _runs(parts: Sequence[Looks]) -> Iterator[list[Looks]]:
    run: list[Looks] = []
    for one in parts:
        if run and run[0].size != one.size:
            yield run
            run = []
        if len(one):
            run.append(one)
    if run:
        yield run


@dataclass(frozen=True, slots=True)
class _Rows:
    box: Array
    kind: Array
    posture: Array
    score: Array

    def looks(
        self, size: tuple[int, int], time: Array, fresh: NDArray[np.bool_], many: Array
    ) -> Looks:
        """Each look's rows in the order of their places."""
        look = np.repeat(np.arange(len(many)), many)
        order = np.lexsort((self.score, self.posture, self.kind, *self.box.T[::-1], look))
        return Looks(
            size, time, fresh, many, self.box[order].astype(np.int16),
            self.kind[order].astype(np.uint8), self.posture[order].astype(np.uint8),
            self.score[order].astype(np.uint8),
        )  # fmt: skip


def _joined(parts: list[Array], shape: tuple[int, ...]) -> Array:
    return np.concatenate(parts) if parts else np.zeros(shape)


def _planes(column: Array) -> bytes:
    """First the low bytes of all, then the next ones: what changes little lies together."""
    plain = np.ascontiguousarray(column, column.dtype.newbyteorder("<"))
    return plain.view(np.uint8).reshape(-1, plain.itemsize).T.tobytes()


class _Columns:
    """Takes one column after the other from bytes."""

    def __init__(self, raw: bytes, at: int) -> None:
        self._raw, self._at = raw, at

    def take(self, n: int, dtype: Any) -> Array:
        width = np.dtype(dtype).itemsize
        end = self._at + n * width
        if end > len(self._raw):
            raise DamagedLooksError("a column is cut short")
        planes = np.frombuffer(self._raw, np.uint8, n * width, self._at).reshape(width, n)
        self._at = end
        plain = np.ascontiguousarray(planes.T).view(np.dtype(dtype).newbyteorder("<"))
        return np.asarray(plain.reshape(n), dtype)

    @property
    def done(self) -> bool:
        return self._at == len(self._raw)
