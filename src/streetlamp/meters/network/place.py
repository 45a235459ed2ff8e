"""Where a leak is: how likely each pipe is, and how far that spreads along the pipes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.meters.network.epanet import wntr_module
from streetlamp.meters.network.plan import Plan

_LIKELY: Final = 40  # pipes of which distances are looked at
_RANKED: Final = 10
_LEAST: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Parallel arrays over the ranked pipes, the likeliest first."""

    pipes: Indices
    chance: Doubles  # all pipes' chances sum to 1
    away: Doubles  # m along the pipes from the first
    spread: float  # m, expected distance of the leak from the first
    chances: Doubles  # (p,) of all pipes
    size: float  # m3/h at the first


class Distances:
    """Lengths of the shortest ways along the pipes."""

    def __init__(self, plan: Plan) -> None:
        ends = plan.ends.copy()
        spare = len(plan.junctions)
        for row, column in np.argwhere(ends < 0):
            ends[row, column] = spare  # a tank or reservoir: a node of its own
            spare += 1
        self._ends, self._length = ends, plan.length
        shape = (spare, spare)
        # of two pipes between the same junctions the shorter
        order = np.argsort(-plan.length)
        low, high = ends.min(axis=1)[order], ends.max(axis=1)[order]
        _, last = np.unique((low * spare + high)[::-1], return_index=True)
        keep = order[::-1][last]
        self._graph = (
            wntr_module("scipy.sparse")
            .coo_matrix((plan.length[keep], (ends[keep, 0], ends[keep, 1])), shape=shape)
            .tocsr()
        )

    def between(self, pipes: Indices) -> Doubles:
        """(n, n) m from the middle of each to the middle of each; inf: no way."""
        nodes, at = np.unique(self._ends[pipes], return_inverse=True)
        at = at.reshape(-1, 2)
        way = wntr_module("scipy.sparse.csgraph").dijkstra(
            self._graph, directed=False, indices=nodes
        )[:, nodes]
        half = self._length[pipes] / 2
        best = np.full((len(pipes), len(pipes)), np.inf)
        for a in (0, 1):
            for b in (0, 1):
                best = np.minimum(best, way[np.ix_(at[:, a], at[:, b])])
        best = best + half[:, None] + half[None, :]
        np.fill_diagonal(best, 0.0)
        return np.asarray(best)


def place(
    residual: Doubles,
    covariance: Doubles,
    signatures: Doubles,
    most: Doubles,
    distances: Distances,
    error: float,
    far: float = 1000.0,
) -> Place:
    """The likeliest pipes for a mean residual.

    residual: (r,); covariance: (r, r) of that mean; signatures: (r, p) for 1 m3/h; most: (p,)
    the largest leak that is believed of each pipe, 0: none is looked for there; error: by how
    much signatures may be off at each row, as a share; far: m counted where there is no way.
    """
    loose = error**2 * (residual**2 + 0.25 * float(np.mean(residual**2)))
    weight = np.linalg.inv(covariance + np.diag(loose))
    mine = weight @ signatures
    b = np.maximum(np.einsum("rp,rp->p", signatures, mine), _LEAST)
    along = residual @ mine
    size = np.clip(along / b, 0.0, most)
    gain = size * along - 0.5 * size**2 * b
    gain = np.where(most > 0, gain, -np.inf)
    chances = np.exp(gain - gain.max())
    chances /= chances.sum()
    likely = np.argsort(-chances)[:_LIKELY]
    likely = likely[chances[likely] > 1e-4 * chances[likely[0]]]
    way = np.minimum(distances.between(likely), far)
    expected = way @ chances[likely] / chances[likely].sum()
    # the pipe that is nearest to where the leak may be leads; the others follow by their chance
    first = int(np.argmin(expected))
    order = np.concatenate([[first], np.delete(np.arange(len(likely)), first)])[:_RANKED]
    return Place(
        likely[order], chances[likely[order]], way[first, order], float(expected[first]), chances,
        float(size[likely[first]]),
    )  # fmt: skip
