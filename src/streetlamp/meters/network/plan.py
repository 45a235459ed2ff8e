"""The network as the search needs it: junctions, pipes, where they are, and how far apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices

_MOST: Final = 0.5  # of a zone's demand


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Parallel arrays over junctions (j) and pipes (p); flows m3/h, lengths and heads m."""

    name: str
    junctions: tuple[str, ...]
    elevation: Doubles  # (j,)
    demand: Doubles  # (j,) mean demand of the model
    zone: Indices  # (j,) number of the zone between flow meters
    zones: tuple[Zone, ...]
    pipes: tuple[str, ...]
    ends: Indices  # (p, 2) junctions at its ends; -1 for a tank or reservoir
    length: Doubles  # (p,)
    place: Doubles  # (p, 4) x, y of its two ends on the model's map
    sensors: tuple[str, ...]  # junctions with a pressure sensor, in the order of the readings
    sensor_at: Indices  # (s,) their junctions
    flows: tuple[str, ...]  # metered links that stay in the model
    pumps: tuple[str, ...]  # metered pumps: taken out, their flow is put in
    tanks: tuple[str, ...]

    @property
    def most(self) -> Doubles:
        """(p,) m3/h, the largest leak that is believed: half of the zone's mean demand."""
        mean = np.zeros(len(self.junctions))
        for one in self.zones:
            mean[self.zone == one.number] = _MOST * one.mean
        at_ends = np.where(self.ends >= 0, mean[np.maximum(self.ends, 0)], 0.0)
        return np.asarray(at_ends.max(axis=1))

    def share(self, zone: int) -> Doubles:
        """(j,) how a zone's demand is shared out among its junctions; sums to 1."""
        mine = np.where(self.zone == zone, self.demand, 0.0)
        return np.asarray(mine / mine.sum())


@dataclass(frozen=True, slots=True)
class Zone:
    """Junctions between flow meters: its demand is what the meters and tanks say."""

    number: int
    meters: Mapping[str, int]  # link, +1 flows in, -1 flows out
    tanks: Sequence[str]
    mean: float  # m3/h, mean demand of the model
