"""stopped_vehicle and queue against known answers, which are *synthetic* (`tests/support/road.py`).

    python bench/rules_standing.py [--save]

Solid things before a pinhole camera, with a detector's errors added to their boxes, given as
noise/cut/missed as in `bench/rules_traffic.py`. No footage with known answers was at hand.

- *stopped_vehicle* (min_seconds 30): cars and trucks that drive through, slow down, stand for 10,
  20, 40 or 90 s, or crawl. True are those that stand for 35 s and longer.
- *queue* (limit 4, min_seconds 10): people come to the end of a queue, step forward as one is
  served, and leave; others walk past through the zone. True is a stretch of 15 s and longer with
  four or more queueing; right is an incident within 15 s of one, false any other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from rules_traffic import ERRORS, eyes

from record import Result, Table, save
from streetlamp.geometry import Zone
from streetlamp.rules import make_rule, options_of
from streetlamp.values import Event, Kind, Phase
from support.road import T0, Driver, Pinhole, chain, play, still, straight

CAMERA = Pinhole(6, 20, 80)
Where = Callable[[float], tuple[float, float, float] | None]


def told(kind: str, zone: Zone, looks: Any, **options: Any) -> list[Event]:
    rule = make_rule(options_of({"name": "r", "kind": kind, "place": "z", **options}), (zone,))
    state, made = rule.start(), list[Event]()
    for look in looks:
        state, outcome = rule.step(state, look)
        made += outcome.events
    return [event for event in made if event.phase is Phase.START]


def zone(corners: Any) -> Zone:
    return Zone("z", tuple((x, y) for x, y in CAMERA.fractions(corners).tolist()))


def drive(stop: float, speed: float, lane: float) -> tuple[Where, float]:
    """In from the left, a stop in the middle of the view, and out; when it is out again."""
    begin = 35.0  # what stands in the first half minute is taken for parked
    to_middle = 9.0 / speed
    parts = [
        straight((-9, lane), (0, lane), speed, begin),
        lambda s: (0.0, lane, 0.0) if begin + to_middle < s < begin + to_middle + stop else None,
        straight((0, lane), (9, lane), speed, begin + to_middle + stop),
    ]
    return chain(*parts), begin + 2 * to_middle + stop


def stopped(errors: str) -> tuple[int, int, int]:
    """True, right, false."""
    bay = zone([(-7, 11), (7, 11), (7, 22), (-7, 22)])
    rng = np.random.default_rng(4)
    true = right = false = 0
    for number in range(60):
        stop = (0.0, 0.0, 10.0, 20.0, 40.0, 90.0)[number % 6]
        speed = float(rng.uniform(3, 14)) if number % 6 != 1 else 0.7  # one in six crawls
        where, last = drive(stop, speed, float(rng.uniform(13, 20)))
        kind = Kind.TRUCK if number % 5 == 0 else Kind.CAR
        passer = Driver(straight((-8, 12), (8, 12), 1.4, 50.0), Kind.PERSON, 2)
        looks = play(CAMERA, [Driver(where, kind, 1), passer], last + 5, eyes(errors, number))
        made = told("stopped_vehicle", bay, looks, min_seconds=30)
        stands = stop >= 35
        true += stands
        right += bool(stands and made)
        false += len(made) - bool(stands and made)
    return true, right, false


def queue_scene(seed: int) -> tuple[list[Driver], list[tuple[float, float]], float]:
    """Drivers, the stretches with four or more in the queue, and how long it lasts."""
    rng = np.random.default_rng(seed)
    served, step, seconds = 0.0, 0.9, 240.0
    come = np.cumsum(rng.exponential(rng.uniform(8, 22), 16)) + 5
    people, in_out = [], []
    leaves: list[float] = []
    for number, at in enumerate(come[come < seconds - 40]):
        served = max(served, at + 4) + float(rng.uniform(9, 16))
        leaves.append(served)
        ahead = [gone for gone in leaves[:-1] if gone > at]
        parts: list[Where] = []
        place, since = len(ahead), float(at)
        spot = 12 + step * place
        parts.append(straight((-6, spot), (0, spot), 1.3, since - 6 / 1.3))
        for gone in [*ahead, served]:
            y = 12 + step * place
            parts.append(still(0, y, since, gone))
            since, place = gone, place - 1
        parts.append(straight((0, 12), (6, 12), 1.3, served))
        people.append(Driver(chain(*parts), Kind.PERSON, 10 + number))
        in_out.append((float(at), served))
    for number in range(6):
        begin = float(rng.uniform(5, seconds - 20))
        way = straight((-5, 13 + number * 0.4), (5, 13 + number * 0.4), 1.4, begin)
        people.append(Driver(way, Kind.PERSON, 100 + number))
    return people, _long(in_out, seconds), seconds


def _long(in_out: list[tuple[float, float]], seconds: float) -> list[tuple[float, float]]:
    found, since = [], None
    for n in range(int(seconds * 2)):
        now = n / 2
        many = sum(a <= now < b for a, b in in_out) >= 4
        if many and since is None:
            since = now
        if not many and since is not None:
            found.append((since, now))
            since = None
    if since is not None:
        found.append((since, seconds))
    return found


def queued(errors: str) -> tuple[int, int, int]:
    area = zone([(-1, 11.2), (1, 11.2), (1, 22), (-1, 22)])
    true = right = false = 0
    for seed in range(12):
        people, stretches, seconds = queue_scene(seed)
        looks = play(CAMERA, people, seconds, eyes(errors, seed))
        made = told("queue", area, looks, limit=4, min_seconds=10, clear_seconds=15)
        sure = [one for one in stretches if one[1] - one[0] >= 15]
        true += len(sure)
        right += sum(any(a - 15 <= e.start - T0 <= b for e in made) for a, b in sure)
        false += sum(not any(a - 15 <= e.start - T0 <= b + 15 for a, b in stretches) for e in made)
    return true, right, false


def main() -> int:
    rows = []
    for name, score in (("stopped_vehicle", stopped), ("queue", queued)):
        for errors in ERRORS:
            true, right, false = score(errors)
            precision = f"{right / (right + false):.2f}" if right + false else "–"
            recall = f"{right / true:.2f}"
            rows.append([name, errors, str(true), str(right), str(false), precision, recall])
    columns = ["rule", "errors", "true", "right", "false", "precision", "recall"]
    table = Table("What stands (synthetic)", columns, rows)
    print(table.text())
    if "--save" in sys.argv[1:]:
        command = "python bench/rules_standing.py"
        save(Result("rules_standing", command, quick=False, tables=[table]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
