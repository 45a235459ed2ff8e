"""Which meters are the three phases of one point, told from their names; and causes about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from streetlamp.meters.arrays import Indices
from streetlamp.meters.base import Cause

_NAMED: Final = re.compile(r"^(?P<point>.+?)[\s._:/-]*(?:L|phase[\s_-]?)(?P<phase>[123])$", re.I)


def points(meters: Sequence[str]) -> tuple[list[str], Indices]:
    """Names of the points, and the rows (points, 3) of their phases among the meters.

    ``pump/L1``, ``pump/L2``, ``pump/L3`` are one point, as are ``pump-phase1`` and so on.
    """
    found: dict[str, dict[int, int]] = {}
    for row, name in enumerate(meters):
        match = _NAMED.match(name)
        if match:
            found.setdefault(match["point"], {})[int(match["phase"])] = row
    whole = {name: rows for name, rows in found.items() if len(rows) == 3}
    rows = [[three[1], three[2], three[3]] for three in whole.values()]
    return list(whole), np.array(rows, np.int64).reshape(-1, 3)


class PhaseCause(Cause):
    """The base of causes that hold the three phases of a point against each other."""

    kinds = frozenset({"electricity"})

    @classmethod
    def applies(cls, meters: Sequence[str]) -> bool:
        return bool(points(meters)[0])

    @classmethod
    def together(cls, meters: Sequence[str]) -> bool:
        return cls.applies(meters)

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        self._points, self._rows = points(self.meters)
