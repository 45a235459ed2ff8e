"""The rules about people where the answer is known: occupancy, danger_zone, dwell, unusual_count.

    python bench/rules_people.py                    all parts (three minutes on two cores)
    python bench/rules_people.py zones              some of them
    python bench/rules_people.py --keep DIR         keeps what process wrote, takes what is there
    python bench/rules_people.py --save             also into bench/results/

- *zones* (pets09_s2l1_a): `streetlamp process` with `occupancy` at each limit, `danger_zone` and
  `dwell` in four zones, against the feet of the ground truth (who is at least a fifth visible; the
  passer-by it leaves out may count or not). By seconds: of those in which a rule said so, how many
  were true (precision), and of the true ones, how many it said (recall). *ideal*: the rule on the
  ground truth itself, which shows what the smoothing costs; what is lost beyond that is the
  detector's and the tracker's.
- *unusual* (no footage): five weeks of invented visitors with a rhythm of day and week, and a burst
  on each day of the last two: how many bursts are told, and how often it cries wolf.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from hiding import DATA

from record import Bar, Result, Table, save
from rules import events, rate
from streetlamp.geometry import Zone
from streetlamp.rules import make_rule, options_of
from streetlamp.values import Event, Phase, Tracks

CLIP: Final = "pets09_s2l1_a"
SIZE: Final = (768, 576)
VISIBLE: Final = 0.2  # of somebody, for the ground truth to expect that they are found
ZONES: Final = {  # px of the picture
    "left": ((60, 180), (330, 180), (330, 560), (60, 560)),
    "middle": ((300, 150), (520, 150), (520, 420), (300, 420)),
    "right": ((480, 180), (760, 180), (760, 560), (480, 560)),
    "all": ((0, 0), (768, 0), (768, 576), (0, 576)),
}
LIMITS: Final = range(1, 9)
DWELL: Final = (8.0, 15.0)
FORGET: Final = 2.0
STEP: Final = 0.1  # seconds by which intervals are compared

Stretches = list[tuple[float, float]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Feet:
    """The ground truth of one picture: boxes, ids, and whether each must be found."""

    id: np.ndarray[Any, Any]
    box: np.ndarray[Any, Any]
    due: Flags


def truth(folder: Path, fps: float) -> list[tuple[float, Feet]]:
    """By picture: its time, and who is there."""
    rows: dict[int, list[tuple[int, bool, list[float]]]] = {}
    with (folder / "gt.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            box = [float(row[key]) for key in ("x1", "y1", "x2", "y2")]
            due = row["ignore"] != "1" and float(row["visibility"]) >= VISIBLE
            rows.setdefault(int(row["frame"]), []).append((int(row["id"]), due, box))
    made = []
    for frame in range(1, max(rows) + 1):
        here = rows.get(frame, [])
        feet = Feet(
            np.array([one[0] for one in here], int),
            np.array([one[2] for one in here], float).reshape(-1, 4),
            np.array([one[1] for one in here], bool),
        )
        made.append(((frame - 1) / fps, feet))
    return made


def inside(zone: Zone, feet: Feet) -> Flags:
    foot = np.stack([(feet.box[:, 0] + feet.box[:, 2]) / 2, feet.box[:, 3]], axis=1)
    return zone.contains(foot, SIZE) if len(foot) else np.zeros(0, np.bool_)


def zones() -> dict[str, Zone]:
    return {
        name: Zone(name, tuple((x / SIZE[0], y / SIZE[1]) for x, y in points))
        for name, points in ZONES.items()
    }


def asked() -> list[dict[str, Any]]:
    """The rules, each named by what it asks."""
    made: list[dict[str, Any]] = []
    for place in ZONES:
        common = {"zone": place, "clear_seconds": 0.5}
        forget = {"forget_seconds": FORGET}
        made += [
            {"rule": "occupancy", "name": f"{place} ≥ {limit}", "limit": limit, "min_seconds": 0}
            | common
            for limit in LIMITS
        ]
        made += [
            {
                "rule": "dwell",
                "name": f"{place} stays {time:g}",
                "min_seconds": time,
                **common,
                **forget,
            }
            for time in DWELL
        ]
        made.append({"rule": "danger_zone", "name": f"{place} danger", **common})
    return made


def compare(expected: Flags, maybe: Flags, said: Stretches) -> np.ndarray[Any, Any]:
    """Seconds (true, said, right): where it may be either, nothing is counted."""
    times = np.arange(len(expected)) * STEP
    told = np.zeros(len(expected), bool)
    for start, end in said:
        told |= (times >= start - 1e-9) & (times <= end + 1e-9)
    sure = expected | ~maybe
    return STEP * np.array(
        [(expected & sure).sum(), (told & sure).sum(), (expected & told & sure).sum()]
    )


def by_steps(values: list[int], fps: float) -> np.ndarray[Any, Any]:
    """What held at each step of the comparison."""
    index = (np.arange(0, len(values) / fps, STEP) * fps + 1e-6).astype(int)
    return np.array(values)[np.minimum(index, len(values) - 1)]


def ideal(options: dict[str, Any], pictures: list[tuple[float, Feet]]) -> Stretches:
    """The rule on the ground truth of whoever must be found."""
    data = {**options, "kind": options["rule"], "place": options["zone"]}
    del data["rule"], data["zone"]
    rule = make_rule(options_of(data), zones().values())
    state, made = rule.start(), list[Event]()
    for n, (time, feet) in enumerate(pictures):
        tracks = Tracks.make("c", time, n + 1, SIZE, id=feet.id[feet.due], box=feet.box[feet.due])
        state, outcome = rule.step(state, tracks)
        made += outcome.events
    made += rule.finish(state, pictures[-1][0]).events
    return [
        _told(rule.kind, one.start, one.end, one.numbers)
        for one in made
        if one.phase is Phase.END and one.end is not None
    ]


def _told(kind: str, start: float, end: float, numbers: Mapping[str, float]) -> tuple[float, float]:
    """When a rule's condition held: a stay is too long only after its least time."""
    return (start + numbers["min_seconds"] if kind == "dwell" else start), end


def stayed(zone: Zone, pictures: list[tuple[float, Feet]], fps: float) -> dict[float, list[int]]:
    """By least time and picture: how many are inside who have spent that time there, in sum.

    Who is out for longer than two seconds begins anew.
    """
    spent: dict[int, tuple[float, float]] = {}  # seconds, last time inside
    made: dict[float, list[int]] = {time: [] for time in DWELL}
    for time, feet in pictures:
        here = feet.id[inside(zone, feet)]
        for one in here.tolist():
            had, last = spent.get(one, (0.0, time))
            spent[one] = (had + 1 / fps, time) if time - last <= FORGET else (0.0, time)
        for least, numbers in made.items():
            numbers.append(sum(spent[one][0] >= least for one in here.tolist()))
    return made


def in_zones(keep: Path, result: Result) -> None:
    folder = DATA / CLIP
    if not folder.is_dir():
        result.skipped.append(f"zones: no {folder} (set STREETLAMP_SHARED)")
        return
    fps = rate(folder / "clip.mp4")
    pictures = truth(folder, fps)
    rules = asked()
    out = keep / "zones"
    if not any(out.rglob("report.json")):
        out.mkdir(parents=True, exist_ok=True)
        drawn = {name: zone.points for name, zone in zones().items()}
        camera = {"source": str(folder / "clip.mp4"), "zones": drawn, "rules": rules}
        site = out / "site.yaml"
        site.write_text(json.dumps({"name": "Bench", "cameras": {"c": camera}}))
        command = [sys.executable, "-m", "streetlamp", "process", "-q", "--site", str(site)]
        subprocess.run([*command, "--out", str(out), str(folder / "clip.mp4")], check=True)
    said: dict[str, Stretches] = {}
    for event in events(out):
        said.setdefault(event["rule"], []).append(
            _told(event["kind"], event["start"], event["end"], event["numbers"])
        )
    told = {rule["name"]: rule for rule in rules}
    rows: dict[str, list[list[str]]] = {"occupancy": [], "dwell": [], "danger_zone": []}
    totals = {kind: np.zeros((2, 3)) for kind in rows}
    error: dict[str, str] = {}
    for place, zone in zones().items():
        due = by_steps([int((inside(zone, f) & f.due).sum()) for _, f in pictures], fps)
        some = by_steps([int(inside(zone, f).sum()) for _, f in pictures], fps)
        stays = {
            least: by_steps(numbers, fps) for least, numbers in stayed(zone, pictures, fps).items()
        }
        levels = np.zeros(len(due), int)
        for name, rule in told.items():
            if rule["zone"] != place:
                continue
            kind = rule["rule"]
            if kind == "occupancy":
                expected, maybe = due >= rule["limit"], some >= rule["limit"]
                levels += np.any(
                    [_within(len(due), *one) for one in said.get(name, [])] or [levels < 0], axis=0
                )
            elif kind == "dwell":
                expected = maybe = stays[rule["min_seconds"]] > 0
            else:
                expected, maybe = due > 0, some > 0
            both = [
                compare(expected, maybe, said.get(name, [])),
                compare(expected, maybe, ideal(rule, pictures)),
            ]
            totals[kind] += both
            if both[0][:2].any():
                rows[kind].append([name, *_cells(both)])
        away = np.abs(levels - np.clip(levels, due, some))
        error[place] = f"{away.mean():.2f}"
    titles = {
        "occupancy": "At least so many in a zone (min_seconds 0, smoothing 2 s)",
        "dwell": "Somebody has spent so many seconds in a zone",
        "danger_zone": "Anybody in a zone (danger_zone)",
    }
    note = "smoothing and the score asked of late were chosen on this clip and these zones"
    columns = ["zone", "true s", "said s", "precision", "recall", "ideal precision", "recall"]
    for kind, title in titles.items():
        total = ["all", *_cells(list(totals[kind]))]
        result.tables.append(Table(f"{CLIP}: {title}", columns, [*rows[kind], total], note))
    result.tables.append(
        Table(
            f"{CLIP}: how far the number told (the highest limit that holds) is from the truth",
            ["zone", "people, mean"],
            [[place, value] for place, value in error.items()],
        )
    )


def _within(steps: int, start: float, end: float) -> Flags:
    times = np.arange(steps) * STEP
    return (times >= start - 1e-9) & (times <= end + 1e-9)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 1.0


def _cells(both: list[Any]) -> list[str]:
    (true, said, right), (_, said_best, right_best) = both
    return [
        f"{true:.1f}",
        f"{said:.1f}",
        f"{_ratio(right, said):.3f}",
        f"{_ratio(right, true):.3f}",
        f"{_ratio(right_best, said_best):.3f}",
        f"{_ratio(right_best, true):.3f}",
    ]


# What is usual

WEEKS: Final = 5
LEARN: Final = 3
EVERY: Final = 5.0  # seconds between looks
STAY: Final = 15.0  # seconds a visitor stays
HOURS: Final = range(11, 13)
MONDAY: Final = 1_767_571_200.0  # 2026-01-05, 00:00 UTC


def rhythm(weekday: int, hour: int) -> float:
    """Visitors in 15 minutes: more about noon and five, and twice as many at weekends."""
    day = 20 + 25 * np.exp(-((hour - 12.5) ** 2) / 4) + 30 * np.exp(-((hour - 17) ** 2) / 3)
    return float(day * (2 if weekday >= 5 else 1))


def weeks(seed: int, times: float, bursts: list[float]) -> Iterator[Tracks]:
    """Five weeks of looks, two hours a day; ``bursts`` gets when those of the last two began."""
    rng = np.random.default_rng(seed)
    box = np.array([[300, 100, 340, 220]], float)
    number, frame = 0, 0
    for day in range(WEEKS * 7):
        today = rng.lognormal(0, 0.1)  # weather
        burst = None
        if day >= (WEEKS - 2) * 7:
            burst = MONDAY + day * 86400 + HOURS[-1] * 3600 + 420
            bursts.append(burst)
        there: list[tuple[int, float]] = []  # id, until
        start = MONDAY + day * 86400 + HOURS[0] * 3600
        for n in range(int(len(HOURS) * 3600 / EVERY)):
            time = start + n * EVERY
            mean = rhythm(day % 7, HOURS[0] + int(n * EVERY // 3600)) * today * EVERY / 900
            if burst is not None and burst <= time < burst + 900:
                mean *= times
            arrivals = int(rng.poisson(mean))
            there = [one for one in there if one[1] > time]
            there += [(number + k, time + STAY) for k in range(arrivals)]
            number += arrivals
            frame += 1
            ids = [one for one, _ in there]
            boxes = np.repeat(box, len(ids), axis=0) + (np.array(ids)[:, None] % 97) * 3
            yield Tracks.make("c", time, frame, SIZE, **({"id": ids, "box": boxes} if ids else {}))


def usual(keep: Path, result: Result) -> None:
    del keep
    rows = []
    for times in (1.0, 2.0):
        bursts: list[float] = []
        data = {"name": "u", "kind": "unusual_count", "learn": LEARN, "min_looks": 2}
        rule = make_rule(options_of(data), ())
        state, starts, late = rule.start(), [], []
        for tracks in weeks(7, times, bursts):
            state, outcome = rule.step(state, tracks)
            starts += [one.time for one in outcome.events if one.phase is Phase.START]
        told = 0
        for burst in bursts:
            mine = [time for time in starts if burst <= time < burst + 1800]
            told += bool(mine)
            late += [mine[0] - burst] if mine else []
        wolf = len([t for t in starts if not any(b <= t < b + 1800 for b in bursts)])
        watched = (WEEKS - LEARN) * 7 * len(HOURS)
        rows.append(
            [
                f"× {times:g}",
                f"{told}/{len(bursts)}" if times > 1 else "–",
                f"{np.median(late) / 60:.0f}" if late and times > 1 else "–",
                str(len(starts) if times == 1 else wolf),
                str(watched),
            ]
        )
    result.tables.append(
        Table(
            "unusual_count: a quarter of an hour with more visitors, after three weeks",
            ["burst", "told", "after min, median", "cries of wolf", "in hours"],
            rows,
        )
    )
    result.bars.append(Bar("unusual_count, cries of wolf in two weeks", float(rows[0][3]), 1.0))


PARTS: Final[dict[str, Callable[[Path, Result], None]]] = {"zones": in_zones, "unusual": usual}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--save", action="store_true")
    args = parser.parse_args()
    unknown = sorted(set(args.parts) - PARTS.keys())
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    command = " ".join(["python bench/rules_people.py", *args.parts])
    result = Result("rules_people", command, bool(args.parts), [])
    with tempfile.TemporaryDirectory() as scratch:
        for name in args.parts or PARTS:
            PARTS[name](args.keep or Path(scratch), result)
    result.print()
    if args.save:
        print(f"\n{save(result).name}")


if __name__ == "__main__":
    main()
