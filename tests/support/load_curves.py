"""Load curves made from a seed: homes by the hour, an appliance by the minute, and their replay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from streetlamp.meters.base import Cause, Step
from streetlamp.values import Finding

DAY_SHAPE = np.array(
    [
        0.1, 0.05, 0.0, 0.0, 0.0, 0.05, 0.3, 0.6, 0.5, 0.2, 0.2, 0.3,
        0.4, 0.3, 0.2, 0.2, 0.3, 0.6, 0.9, 1.0, 0.9, 0.7, 0.4, 0.2,
    ]
)  # fmt: skip


def homes(n: int, days: int, seed: int = 1) -> np.ndarray:
    """(hours, n) kW: a base with a compressor's swing, and a day's shape with noise."""
    random = np.random.default_rng(seed)
    base = random.uniform(0.05, 0.15, n)
    size = random.uniform(0.3, 1.0, n)
    shape = np.tile(DAY_SHAPE, days)[:, None]
    swing = base * 0.3 * random.random((24 * days, n))
    use = shape * size * random.lognormal(-0.2, 0.6, (24 * days, n))
    return base * random.lognormal(0, 0.03, (24 * days, n)) + swing + use


def hourly(curve: np.ndarray, first: int = 0) -> Iterator[Step]:
    """Steps of an hour from a Monday's midnight (or hour ``first`` after it) on, by UTC."""
    for hour in range(first, len(curve)):
        yield Step(
            hour * 3600.0, hour * 3600.0 + 3600, hour % 24, hour // 24 % 7, False,
            curve[hour].astype(float), np.full(curve.shape[1], np.nan),
        )  # fmt: skip


def short_steps(power: np.ndarray, seconds: float = 60.0) -> Iterator[Step]:
    """Steps of minutes; ``power`` (steps, n) kW."""
    for at, row in enumerate(power):
        begin = at * seconds
        yield Step(
            begin, begin + seconds, int(begin // 3600 % 24), int(begin // 86400 % 7), False,
            row * seconds / 3600, np.full(power.shape[1], np.nan),
        )  # fmt: skip


def fridge(days: int, longer_from: float = np.inf, by: float = 1.4, seed: int = 1) -> np.ndarray:
    """(days * 360,) kW in steps of four minutes: about 52 minutes on and 56 off, on warmer days
    longer and shorter; ``by`` times as long on from a day on."""
    random = np.random.default_rng(seed)
    found: list[np.ndarray] = []
    length = 0
    while length < days * 360:
        warm = 0.07 * np.sin(length / 360 * 2 * np.pi / 3)
        on = 13 * np.exp(warm + random.normal(0, 0.05))
        if length >= longer_from * 360:
            on *= by
        off = 14 * np.exp(-warm + random.normal(0, 0.05))
        run = np.concatenate([0.08 * random.normal(1, 0.03, round(on)), np.zeros(round(off))])
        found.append(run)
        length += len(run)
    return np.concatenate(found)[: days * 360]


def found_by(cause: Cause, steps: Iterator[Step]) -> list[Finding]:
    """Everything a cause tells, in order."""
    return [finding for step in steps for finding in cause.update(step)]


def begun(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """(meter, cause) of those that are new."""
    return [(one.subject, one.cause) for one in findings if one.end is None]


def made(cause: Any, n: int, **options: Any) -> Cause:
    """A cause for ``n`` meters called 0, 1, 2 …"""
    return cause([str(i) for i in range(n)], cause.Options(**options) if options else None)
