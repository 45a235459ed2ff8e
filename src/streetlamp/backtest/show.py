"""Makes looks of what was followed, as a rule takes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from streetlamp.backtest.follow import Followed
from streetlamp.backtest.looks import SCALE, SCORES
from streetlamp.backtest.screen import SPARSE, Plan
from streetlamp.rules.memory import Look, Seen
from streetlamp.values import Kind

_KINDS: Final = tuple(Kind)
_PIECE: Final = 2000  # looks made ready at once


class Show:
    """Makes looks of a part, as a rule takes them."""

    def __init__(self, camera: str, part: Followed, plan: Plan, offset: int) -> None:
        self._camera, self._part, self._rows = camera, part, plan.rows
        self._shown = plan.shown
        self._offset = offset
        self._first = np.searchsorted(plan.rows, part.first)
        self.sparse = plan.sparse

    def looks(self, start: int, stop: int) -> Iterator[Look | None]:
        """The looks [start, stop); None before one with which watching began anew."""
        for begin in range(start, stop, _PIECE):
            yield from self._piece(begin, min(begin + _PIECE, stop))

    def sparsely(self, start: int, stop: int) -> Iterator[Look]:
        """A look every ten seconds."""
        seconds, at = self._part.seconds, start
        while at < stop:
            yield Look(self._camera, float(seconds[at]), at + 1, self._part.looks.size, ())
            at = max(at + 1, int(np.searchsorted(seconds, seconds[at] + SPARSE)))

    def _piece(self, start: int, stop: int) -> Iterator[Look | None]:
        looks, size = self._part.looks, self._part.looks.size
        low, high = int(self._first[start]), int(self._first[stop])
        rows = self._rows[low:high]
        box = looks.box[rows].astype(np.float64) / SCALE
        seen = [
            Seen(number, _KINDS[kind], (a, b, c, d), (e, f, g, h), score, posture)
            for number, kind, (a, b, c, d), (e, f, g, h), score, posture in zip(
                (self._part.number[rows] + self._offset).tolist(),
                looks.kind[rows].tolist(),
                box.tolist(),
                (box * np.tile(size, 2)).tolist(),
                (looks.score[rows] / SCORES).tolist(),
                looks.posture[rows].tolist(),
                strict=True,
            )
        ]
        first = (self._first[start : stop + 1] - low).tolist()
        times = self._part.seconds[start:stop].tolist()
        fresh = looks.fresh[start:stop].tolist()
        shown = None if self._shown is None else self._shown[start:stop].tolist()
        for n, (time, begins) in enumerate(zip(times, fresh, strict=True)):
            if shown is not None and not shown[n]:
                continue
            if begins:
                yield None
            things = tuple(seen[first[n] : first[n + 1]])
            yield Look(self._camera, time, start + n + 1, size, things)
