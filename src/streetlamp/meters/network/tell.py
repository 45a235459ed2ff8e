"""Findings of the network search in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from streetlamp.meters.network.bank import Peak
from streetlamp.meters.network.place import Place
from streetlamp.values import Evidence, Finding
from streetlamp.values.findings import SURE

PIPE = "pipe "  # before a pipe's name in a finding's numbers: the chance that it is that one


def leak(
    network: str, pipes: Sequence[str], where: Place, peak: Peak, limit: float, ago: int,
    start: float, detected: float, picture: Evidence,
) -> Finding:  # fmt: skip
    """pipes: all names; ago: hours since it began."""
    pipe = pipes[int(where.pipes[0])]
    numbers = {
        "score": peak.score, "threshold": limit, "spread_m": where.spread, "hours": float(ago),
    }  # fmt: skip
    for at, chance in zip(where.pipes.tolist(), where.chance.tolist(), strict=True):
        numbers[PIPE + pipes[at]] = chance
    return Finding(
        f"leak-{network}-{detected:.0f}", pipe, "leak", min(start, detected), detected, where.size,
        "m3/h", sure(peak.score, limit),
        f"About {where.size:.1f} m3/h flow out near pipe {pipe} (expected within "
        f"{where.spread:.0f} m): the pressures have differed from the model that way for "
        f"{_hours(ago)}, score {peak.score:.1f} against {limit:.1f}.",
        numbers=numbers, picture=picture,
    )  # fmt: skip


def sensor_off(
    name: str, size: float, hours: int, peak: Peak, limit: float, *, drifts: bool
) -> str:
    """The evidence for a sensor that is off by ``size`` m."""
    how = (
        f"has drifted by {size:+.2f} m in {_hours(hours)}" if drifts else f"is off by {size:+.2f} m"
    )
    return (
        f"The pressure sensor at {name} {how}: no other sensor shows what a leak would, score "
        f"{peak.score:.1f} against {limit:.1f}."
    )


def sure(score: float, limit: float) -> float:
    """A confidence: half at the limit."""
    return float(min(SURE, 1 - 0.5 * math.exp(-(score**2 - limit**2) / 8)))


def _hours(hours: int) -> str:
    return f"{hours} hours" if hours < 72 else f"{hours / 24:.0f} days"
