"""A week at a place that is busy all day: for `bench/backtest.py busy`.

Invented: five looks a second; from 8 to 18 h four things at a time, on average, in or about the
zone that every rule watches, a quarter of them cars; at other hours hardly anybody. They walk or
drive through it, or come, stand a while and go; now and then one is not found, its score is poor,
or its posture is taken for lying; one in a hundred who stand lies. For hours there is no gap in
which nobody is there.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from record import Bar, Result, Table
from streetlamp.backtest import index_file
from streetlamp.backtest.engine import Engine, Job
from streetlamp.backtest.follow import follow
from streetlamp.backtest.looks import SCALE, SCORES, Looks
from streetlamp.backtest.quick import Quick
from streetlamp.backtest.replay import Setup
from streetlamp.geometry import Line, Place, Zone
from streetlamp.ground import Plane, plane_from_rectangle
from streetlamp.rules import make_rule, options_of
from streetlamp.rules.options import RuleOptions
from streetlamp.values import Kind, Posture

SIZE: Final = (1280, 720)
RATE: Final = 5.0  # looks a second
OPEN: Final = range(8, 18)  # hours
THERE: Final = 4.0  # things at a time while it is open …
ELSE: Final = 0.02  # … and at other hours
LOST: Final = 0.03  # share of looks that do not find a thing
LYING: Final = 0.03  # share of looks that take a posture for lying
FALLS: Final = 0.01  # share of those who stand that lie instead

SQUARE: Final = Zone("square", ((0.25, 0.3), (0.75, 0.3), (0.85, 0.9), (0.5, 0.95), (0.15, 0.9)))
DOOR: Final = Line("door", (0.5, 0.2), (0.5, 1.0))
PLACES: Final[tuple[Place, ...]] = (SQUARE, DOOR)
GROUND: Final[Plane] = plane_from_rectangle(
    ((0.3, 0.9), (0.7, 0.9), (0.6, 0.4), (0.4, 0.4)), (8.0, 25.0)
)
MONDAY: Final = 1_799_625_600.0  # 2027-01-11, 00:00 UTC
DAYS: Final = 7

ASKED: Final[tuple[tuple[dict[str, Any], dict[str, Any]], ...]] = (
    ({"kind": "intrusion", "min_seconds": 2}, {"min_seconds": 4}),
    ({"kind": "danger_zone"}, {"min_seconds": 1}),
    ({"kind": "dwell", "min_seconds": 60}, {"min_seconds": 45}),
    ({"kind": "occupancy", "limit": 4}, {"limit": 3}),
    ({"kind": "occupancy", "limit": 0, "least": 2}, {"least": 1}),
    ({"kind": "crowding", "limit_per_m2": 0.008}, {"limit_per_m2": 0.01}),
    ({"kind": "queue", "limit": 3}, {"limit": 2}),
    ({"kind": "line_crossing", "alarm_on": "both"}, {"band": 0.2}),
    ({"kind": "person_lying"}, {"min_seconds": 5}),
    ({"kind": "stopped_vehicle"}, {"min_seconds": 20}),
    ({"kind": "wrong_way", "arrow": [[0.2, 0.5], [0.8, 0.5]]}, {"min_metres": 8}),
    ({"kind": "speed", "limit_kmh": 30}, {"limit_kmh": 40}),
    ({"kind": "near_miss"}, {"pet_seconds": 0.8}),
    ({"kind": "unusual_count"}, {"sigmas": 4}),
)
"""Every kind of rule that an index can answer, and what is changed when it is asked again."""


def hour(rng: np.random.Generator, start: float, things: float) -> Looks:
    """An hour of looks with so many things at a time, on average. ``start``: POSIX seconds."""
    k = int(3600 * RATE)
    boxes, kinds, scores, postures, at = [], [], [], [], []
    for _ in range(rng.poisson(things * 3600 / 20.0)):
        come, last = rng.uniform(0, 3600), 20.0 * rng.lognormal(-0.12, 0.5)
        look = np.arange(int(come * RATE), min(k, int((come + last) * RATE)))
        look = look[rng.random(len(look)) >= LOST]
        if not len(look):
            continue
        share = (look / RATE - come) / last
        stands = rng.random() < 0.4  # comes, stands, and goes on
        if stands:
            share = np.interp(share, (0.0, 0.2, 0.8, 1.0), (0.0, 0.5, 0.5, 1.0))
        a, middle, b = rng.uniform((-0.05, 0.25), (1.05, 1.0), (3, 2)) * SIZE
        middle = middle * 0.4 + np.array((0.5, 0.6)) * SIZE * 0.6
        way = np.where(share[:, None] < 0.5, a + (middle - a) * 2 * share[:, None],
                       middle + (b - middle) * (2 * share[:, None] - 1))  # fmt: skip
        foot = way + rng.normal(0, 1.5, way.shape)
        car = rng.random() < 0.25
        high = rng.uniform(60, 140) * rng.normal(1, 0.02, len(look))
        wide = high * (1.6 if car else 0.4)
        low = np.stack([foot[:, 0] - wide / 2, foot[:, 1] - high], axis=1)
        boxes.append(np.concatenate([low, low + np.stack([wide, high], axis=1)], axis=1))
        kinds.append(np.full(len(look), Kind.CAR if car else Kind.PERSON))
        scores.append(np.clip(rng.normal(rng.uniform(0.4, 0.8), 0.12, len(look)), 0.05, 1.0))
        lying = rng.random(len(look)) < LYING
        if stands and rng.random() < FALLS:
            lying |= (look / RATE - come > 0.25 * last) & (look / RATE - come < 0.75 * last)
        lying &= not car
        postures.append(np.where(lying, Posture.LYING, Posture.UPRIGHT))
        at.append(look)
    every = np.concatenate(at) if at else np.zeros(0, np.int64)
    box = np.concatenate(boxes) if at else np.zeros((0, 4))
    box = np.rint(box / np.tile(SIZE, 2) * SCALE).astype(np.int16)
    order = np.lexsort((*box.T[::-1], every))

    def column(parts: list[Any]) -> Any:
        return (np.concatenate(parts) if parts else np.zeros(0))[order]

    return Looks(
        SIZE,
        np.rint((start + np.arange(k) / RATE + rng.uniform(0, 0.01, k)) * 1e6).astype(np.int64),
        np.zeros(k, np.bool_),
        np.bincount(every, minlength=k).astype(np.int64),
        box[order],
        column(kinds).astype(np.uint8),
        column(postures).astype(np.uint8),
        np.rint(column(scores) * SCORES).astype(np.uint8),
    )


class _LateError(Exception):
    pass


def _write(data: Path) -> int:
    """The week, as the program keeps it; how many boxes."""
    rng = np.random.default_rng(11)
    rows = 0
    for n in range(DAYS * 24):
        made = hour(rng, MONDAY + n * 3600, THERE if n % 24 in OPEN else ELSE)
        file = index_file.IndexFile(index_file.place_for(data, "gate", MONDAY + n * 3600).path)
        file.add(made)
        file.close()
        rows += len(made.kind)
    return rows


def _by_looks(rule: RuleOptions) -> float:
    """Seconds that the week would take look by look: reckoned from one of its busy hours."""
    part = follow(hour(np.random.default_rng(11), MONDAY, THERE))
    began = time.process_time()
    Quick("gate", make_rule(rule, PLACES, ground=GROUND), by_looks=True).run([part])
    return (time.process_time() - began) * len(OPEN) * DAYS


def _ask(engine: Engine, rule: RuleOptions, limit: float) -> tuple[float, str]:
    """Seconds of the answer, and how many alarms; or what they are reckoned to be."""
    began, done = time.process_time(), 0.0

    def late(share: float) -> None:
        nonlocal done
        done = share
        if time.process_time() - began > limit:
            raise _LateError

    job = Job("gate", MONDAY, MONDAY + DAYS * 86400, Setup((rule,), PLACES, ground=GROUND))
    try:
        answer = engine.answer(job, late)
    except _LateError:
        return (time.process_time() - began) / max((done - 0.3) / 0.7, 1e-3), "ended"
    (one,) = answer.version.rules
    return time.process_time() - began, str(len(one.incidents))


def busy(result: Result, limit: float) -> None:
    """Seconds of one core; what takes longer than ``limit`` is ended and reckoned."""
    rows, slowest = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        boxes = _write(Path(folder))
        engine = Engine(Path(folder))
        began = time.process_time()
        engine.prepare("gate")
        reading = time.process_time() - began
        for asked, changed in ASKED:
            place = DOOR if asked["kind"] == "line_crossing" else SQUARE
            first, again = (
                options_of({"name": "r", "place": place.name, **asked, **more})
                for more in ({}, changed)
            )
            scans = make_rule(first, PLACES, ground=GROUND).scans
            took, alarms = _ask(engine, first, limit)
            later, others = _ask(engine, again, limit)
            slow = f"{_by_looks(first):.0f}" if scans else "–"
            more_text = ", ".join(f"{name} {value}" for name, value in asked.items()
                                  if name not in ("kind", "arrow"))  # fmt: skip
            if scans:
                slowest = max(slowest, took, later)
            rows.append([
                asked["kind"], more_text, slow, f"{took:.1f}", alarms, f"{later:.1f}", others,
            ])  # fmt: skip
    title = f"A busy week: {boxes:,} boxes; read and followed in {reading:.1f} CPU s"
    columns = ["rule", "asked", "look by look, CPU s", "CPU s", "alarms", "again, CPU s", "alarms"]
    result.tables.append(Table(title, columns, rows))
    name = "the slowest answer of a rule that scans, CPU s of two cores in 5 s"
    result.bars.append(Bar(name, slowest + reading, 10.0))
