"""A small made-up district, for tests: its demand swings by hour, weekday and season."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from streetlamp.meters.base import Step
from streetlamp.meters.districts.follow import Follow
from streetlamp.meters.districts.options import DistrictOptions
from streetlamp.values import Finding

ROME = ZoneInfo("Europe/Rome")
FIRST = datetime(2023, 1, 9, tzinfo=UTC)  # a Monday
MEAN = 100.0  # m3/h
HOUR = 3600.0


def inflow(days: int, *, seed: int = 0, noise: float = 0.03, season: float = 0.0) -> np.ndarray:
    """(24 days,) m3/h from midnight of the first Monday on, by the hour."""
    rng = np.random.default_rng(seed)
    hour = np.arange(24 * days)
    shape = 1 + 0.5 * np.sin(2 * np.pi * (hour % 24 - 9) / 24) + 0.2 * np.sin(np.pi * hour / 6)
    weekend = np.where(hour // 24 % 7 >= 5, 1.1, 1.0)
    year = 1 + season * np.sin(2 * np.pi * hour / 24 / 365)
    day = np.repeat(1 + 0.01 * rng.standard_normal(days), 24)
    return MEAN * shape * weekend * year * day * (1 + noise * rng.standard_normal(24 * days))


def steps(
    flows: np.ndarray, *, length: float = HOUR, zone: tzinfo = UTC, **more: Mapping[str, float]
) -> Iterator[Step]:
    """flows: (t,) or (t, n) m3/h, each for ``length`` seconds."""
    flows = flows.reshape(len(flows), -1)
    begin = FIRST.timestamp()
    for at, row in enumerate(flows):
        local = datetime.fromtimestamp(begin + at * length, zone)
        yield Step(
            begin + at * length, begin + (at + 1) * length, local.hour, local.weekday(), False,
            row * length / HOUR, np.full(len(row), np.nan), **more,
        )  # fmt: skip


def follow(flows: np.ndarray, options: Any = None, **more: Any) -> list[Finding]:
    """Every word on the findings of one made-up district."""
    n = flows.reshape(len(flows), -1).shape[1]
    one = Follow([f"D{at}" for at in range(n)], options or DistrictOptions())
    return [finding for step in steps(flows, **more) for finding in one.update(step)]


def day_of(posix: float) -> float:
    """Days since the first midnight."""
    return (posix - FIRST.timestamp()) / 86400


def at_day(day: float) -> datetime:
    return FIRST + timedelta(days=day)
