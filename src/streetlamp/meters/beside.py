"""The site's weather beside a step: what thermometers among the meters had shown by then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.panel import Panel

KINDS: Final = ("temperature",)
_OLD: Final = 3 * 3600.0  # s after which a reading says nothing of now


class Beside:
    """Mean of the readings of each kind of weather, as far as they are known at a step's end."""

    def __init__(self, panels: Iterable[Panel]) -> None:
        self._series: dict[str, tuple[Doubles, Doubles]] = {}
        for kind in KINDS:
            time, value = [], []
            for panel in panels:
                if panel.kind.name == kind:
                    time += [(one.step + 1.0) * panel.length for one in panel.members]
                    value += [one.used for one in panel.members]
            if time:
                at, of = np.unique(np.concatenate(time), return_inverse=True)
                total = np.bincount(of, weights=np.concatenate(value))
                self._series[kind] = (at, total / np.bincount(of))

    def __bool__(self) -> bool:
        return bool(self._series)

    def at(self, end: float) -> Mapping[str, float]:
        """What was shown last by POSIX ``end``, for each kind that was shown of late."""
        found = {}
        for kind, (time, value) in self._series.items():
            row = int(np.searchsorted(time, end, side="right")) - 1
            if row >= 0 and end - time[row] <= _OLD:
                found[kind] = float(value[row])
        return found
