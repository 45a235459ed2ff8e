"""One round over one camera's footage: sort it, draw pictures, look at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from streetlamp.inspection.blocks import hidden_share
from streetlamp.inspection.footage import Cell, Footage, Still
from streetlamp.inspection.judge import Judge
from streetlamp.inspection.plan import Stratum, sort_cells, times
from streetlamp.inspection.witness import Witnesses
from streetlamp.store.inspections import Box, Verdict

Shares = Callable[[Mapping[Stratum, float]], Mapping[Stratum, int]]
"""From the seconds of footage in each stratum to how many looks each gets."""

ONCE: Final = 0.5  # intersection over union: two things in one place are one


@dataclass(frozen=True, slots=True)
class Spotted:
    """Somebody, perhaps, in one picture."""

    time: float
    stratum: Stratum
    size: tuple[int, int]
    box: Box
    score: float
    verdict: Verdict  # OPEN, PERHAPS or THING


@dataclass(slots=True)
class Round:
    """What one round looked at, and what it saw."""

    start: float
    end: float
    seconds: dict[Stratum, float]  # of footage
    looks: dict[Stratum, int] = field(default_factory=lambda: dict.fromkeys(Stratum, 0))
    spotted: list[Spotted] = field(default_factory=list)


class StoppedError(Exception):
    """The round was given up because the program ends; nothing of it counts."""


def inspect(
    footage: Footage,
    judge: Judge,
    shares: Shares,
    random: np.random.Generator,
    *,
    elsewhere: Callable[[], Witnesses] | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> Round | None:
    """A round over all of `footage`; None when there is nothing in it.

    elsewhere: gives pictures from other times, to tell things from people; asked when the first is
    seen. Default: drawn from `footage`.
    go_on: called after each decoded picture; False gives the round up (StoppedError).
    """
    cells = footage.cells
    if not cells:
        return None

    def mosaic(cell: Cell) -> float | None:
        still = footage.keyframe(cell)
        _check(go_on)
        return None if still is None else hidden_share(still.picture)

    strata = sort_cells(cells, mosaic)
    seconds = {stratum: sum(c.seconds for c in found) for stratum, found in strata.items()}
    round_ = Round(cells[0].start, cells[-1].end, seconds)
    witnesses: Witnesses | None = None
    for stratum, count in shares(seconds).items():
        for time in times(strata[stratum], count, random):
            still = footage.at(time)
            if still is not None:  # what cannot be decoded is neither a look nor a leak
                round_.looks[stratum] += 1
                seen = judge.look(still.picture)
                if len(seen) and witnesses is None:
                    draw = elsewhere or (lambda: Witnesses.draw(footage, cells, random))
                    witnesses = draw()
                for box, score, sure in zip(seen.box, seen.score, seen.sure, strict=True):
                    assert witnesses is not None
                    verdict = Verdict.OPEN if sure else Verdict.PERHAPS
                    if witnesses.know(still, box):
                        verdict = Verdict.THING
                    round_.spotted.append(_spotted(still, stratum, box, score, verdict))
            _check(go_on)
    return round_


def _check(go_on: Callable[[], bool]) -> None:
    if not go_on():
        raise StoppedError


def _spotted(
    still: Still, stratum: Stratum, box: np.ndarray, score: float, verdict: Verdict
) -> Spotted:
    x1, y1, x2, y2 = (round(float(value), 1) for value in box)
    size = still.picture.width, still.picture.height
    return Spotted(still.time, stratum, size, (x1, y1, x2, y2), round(float(score), 3), verdict)
