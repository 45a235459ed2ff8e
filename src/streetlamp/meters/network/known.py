"""Leaks that were found: put back into the model, followed in size, allowed for in error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.network.place import Place
from streetlamp.values import Finding

_MEMORY: Final = 1 / 24  # of sizes, an hour
_FREE: Final = 3.0  # m3/h a known leak's size may be off by while it is followed
_FASTEST: Final = (0.03, 0.005)  # m3/h an hour, and share of its size, by which a leak grows
_ENDS: Final = 3.0  # times as fast it may fall: it is repaired
_OVER: Final = 0.2  # of its largest size, below which a leak is over
_OVER_HOURS: Final = 24
_AGAIN: Final = 0.2  # share of a change in size that is told


@dataclass(slots=True, eq=False)
class Leak:
    """One found leak."""

    finding: Finding  # as it was told last
    place: Place
    size: float  # m3/h now
    shift: Doubles  # (r,) what the model leaves over of it, for 1 m3/h
    hours: int = 0  # since it was told
    settled: bool = False
    largest: float = 0.0
    low: int = 0  # hours for which next to nothing has been left of it

    @property
    def pipe(self) -> int:
        return int(self.place.pipes[0])

    def grown(self, more: float) -> Finding:
        """What was found beside it was this one: told again, and settled anew."""
        self.size += more
        self.hours, self.settled = 0, False
        self.finding = replace(self.finding, size=self.size)
        return self.finding

    @property
    def changed(self) -> bool:
        """Is its size another one than was told? Looked at once a day."""
        told = self.finding.size
        return self.hours % 24 == 0 and abs(self.size - told) > _AGAIN * told

    @property
    def over(self) -> bool:
        return self.low >= _OVER_HOURS


class Known:
    """All of them together."""

    def __init__(self, pipes: int, rows: int, error: float) -> None:
        self.leaks: list[Leak] = []
        self._pipes, self._rows = pipes, rows
        self._error = error
        self._m = np.zeros((0, 0))

    @property
    def unsettled(self) -> bool:
        """Is one of them so new that it may still move?"""
        return any(not one.settled for one in self.leaks)

    def add(self, leak: Leak, weight: float) -> None:
        """weight: precision of its size by now, 1/(m3/h)^2."""
        self.leaks.append(leak)
        old = self._m
        self._m = np.zeros((len(self.leaks), len(self.leaks)))
        self._m[:-1, :-1] = old
        self._m[-1, -1] = weight

    def remove(self, leak: Leak) -> None:
        """It is over."""
        keep = [number for number, one in enumerate(self.leaks) if one is not leak]
        self.leaks = [self.leaks[number] for number in keep]
        self._m = self._m[np.ix_(keep, keep)]

    def flows(self) -> Doubles:
        """(p,) m3/h of each pipe, to be put into the model."""
        out = np.zeros(self._pipes)
        for one in self.leaks:
            out[one.pipe] += one.size
        return out

    def shift(self) -> Doubles:
        """(r,) what the model leaves over of all of them."""
        out = np.zeros(self._rows)
        for one in self.leaks:
            out += one.size * one.shift
        return out

    def follow(self, residual: Doubles, weight: Doubles, signatures: Doubles) -> None:
        """Takes in an hour: residual (r,) with the leaks in the model, weight (r, r)."""
        if not self.leaks:
            return
        mine = signatures[:, [one.pipe for one in self.leaks]]
        self._m = (1 - _MEMORY) * self._m + mine.T @ weight @ mine
        ridge = np.diag(1e-3 * np.diag(self._m) + 1e-6)
        change = np.linalg.solve(self._m + ridge, mine.T @ weight @ residual)
        for one, by in zip(self.leaks, change.tolist(), strict=True):
            fast = _FASTEST[0] + _FASTEST[1] * one.size
            one.size = max(one.size + min(max(by, -_ENDS * fast), fast), 0.0)
            one.hours += 1
            one.largest = max(one.largest, one.size)
            one.low = one.low + 1 if one.size < _OVER * one.largest else 0

    def allowance(self, signatures: Doubles, but: Leak | None = None) -> Doubles:
        """(r, r) of what known leaks may still explain: their size, their place, the model."""
        rows = len(signatures)
        out = np.zeros((rows, rows))
        for one in self.leaks:
            if one is but:
                continue
            own = signatures[:, one.pipe]
            out += _FREE**2 * np.outer(own, own)
            out += (self._error * one.size) ** 2 * np.diag(own**2)
            near = np.flatnonzero(one.place.chances > 1e-3)
            apart = signatures[:, near] - own[:, None]
            out += one.size**2 * (apart * one.place.chances[near]) @ apart.T
        return out
