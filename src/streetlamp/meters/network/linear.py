"""How pressures and flows answer to a little more demand anywhere: the linearised network.

At a solved state every pipe has a slope dq/dh; the junctions' balances are then linear equations
(Todini & Pilati 1988). One transposed solution a sensor gives its answer to all junctions at once.
A pressure reducing valve at work holds the head behind it and passes what is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.meters.network.epanet import Engine, State, wntr_module

_EXPONENT: Final = 1.852  # of the flow in Hazen-Williams' head loss; near 2 in the other formulas
_LEAST_LOSS: Final = 1e-6  # m
_SLOPES: Final = (1e-7, 1e6)  # m3/h per m: a closed link, and one without any loss
_REDUCES: Final = 0.05  # m of loss from which on a valve is at work


def sensitivity(engine: Engine, state: State, at: Indices, links: Sequence[str]) -> Doubles:
    """(s + f, j): what a demand of 1 m3/h more at each junction does to heads and flows.

    at: (s,) junctions whose head is asked for, m; links: f links whose flow is, m3/h.
    """
    sparse, solver = wntr_module("scipy.sparse"), wntr_module("scipy.sparse.linalg")
    n, start, end = len(state.head), engine.start, engine.end
    works = engine.valve & (np.abs(state.loss) > _REDUCES) & (np.abs(state.flow) > 1e-3)
    works &= end >= 0
    valves = np.flatnonzero(works)
    loss = np.maximum(np.abs(state.loss), _LEAST_LOSS)
    slope = np.clip(np.abs(state.flow) / (_EXPONENT * loss), *_SLOPES)
    row, column, value = [], [], []
    for a, b, sign in (
        (start, start, 1.0),
        (end, end, 1.0),
        (start, end, -1.0),
        (end, start, -1.0),
    ):
        use = ~works & (a >= 0) & (b >= 0)
        row.append(a[use])
        column.append(b[use])
        value.append(sign * slope[use])
    own = n + np.arange(len(valves))  # the valves' flows are unknowns of their own
    for side, sign in ((start, 1.0), (end, -1.0)):
        use = side[valves] >= 0
        row.append(side[valves][use])
        column.append(own[use])
        value.append(np.full(int(use.sum()), sign))
    row.append(own)
    column.append(end[valves])
    value.append(np.ones(len(valves)))
    size = n + len(valves)
    matrix = sparse.csc_matrix(
        (np.concatenate(value), (np.concatenate(column), np.concatenate(row))), shape=(size, size)
    )
    asked = np.zeros((size, len(at) + len(links)))
    asked[at, np.arange(len(at))] = 1.0
    number = {int(link): int(unknown) for link, unknown in zip(valves, own, strict=True)}
    for column_at, name in enumerate(links, len(at)):
        link = engine.links.index(name)
        if link in number:
            asked[number[link], column_at] = 1.0
            continue
        if start[link] >= 0:
            asked[start[link], column_at] += slope[link]
        if end[link] >= 0:
            asked[end[link], column_at] -= slope[link]
    return np.asarray(-solver.splu(matrix).solve(asked)[:n].T)
