"""The rules on real footage with known answers: `streetlamp process` with a site file.

    python bench/rules.py                       all parts
    python bench/rules.py crossing lying        some of them
    python bench/rules.py --keep DIR            keeps what process wrote and takes what is there

- *crossing* (pets09_s2l1_a): who passes a line, against the feet of the ground truth. A true
  passage is a foot that was more than 8 px on one side and then is more than 8 px on the other, its
  way through the line's own extent. A counted one is right if a true one in the same direction lies
  within 1.5 s and one body height of it. Passers-by marked to be ignored may count or not.
- *intrusion* (intel_onebyone): anybody in the picture, against the six visits.
- *lying* (falls_assistiot_a): person_lying after 2 s on eleven clips (the default of 10 s is longer
  than any of them lasts).
- *cost*: what a look costs a rule, with 5, 20 and 60 things that stand and tremble (no footage).
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from hiding import DATA
from mot_metrics import best_pairs

from streetlamp.geometry import Line, Zone
from streetlamp.ground import plane_from_rectangle
from streetlamp.rules import RULES, Rule, make_rule, options_of
from streetlamp.values import Posture, Tracks

Event = dict[str, Any]

CROWD, VISITS, FALLS = "pets09_s2l1_a", "intel_onebyone", "falls_assistiot_a"
CLEAR: Final = 8.0  # px from a line within which a foot's side is not clear (counts.json)
NEAR_SECONDS: Final = 1.5
LYING_SECONDS: Final = 2.0
LINES: Final = {  # px of the 768 × 576 picture
    "L1 down the middle": ((384, 0), (384, 575)),
    "L2 across": ((0, 230), (767, 230)),
    "L3 along the path": ((250, 180), (640, 420)),
    "near, across": ((0, 330), (767, 330)),
    "left, down": ((200, 0), (200, 575)),
    "right, down": ((560, 0), (560, 575)),
    "short, on the grass": ((330, 260), (330, 420)),
    "short, on the path": ((450, 200), (560, 270)),
}


@dataclass(frozen=True)
class Passage:
    time: float
    way: str  # in: from the line's left to its right
    foot: tuple[float, float]
    height: float
    ignore: bool = False


def process(
    clips: list[Path], rules: list[dict[str, Any]], places: dict[str, Any], out: Path
) -> None:
    """Runs the rules over the clips into ``out``, unless an earlier run has."""
    if any(out.rglob("report.json")):
        return
    out.mkdir(parents=True, exist_ok=True)
    camera = {"source": str(clips[0]), "rules": rules, **places}
    site = out / "site.yaml"
    site.write_text(json.dumps({"name": "Bench", "cameras": {"c": camera}}))  # YAML holds JSON
    command = [sys.executable, "-m", "streetlamp", "process", "-q", "--site", str(site)]
    subprocess.run([*command, "--out", str(out), *map(str, clips)], check=True)


def events(folder: Path) -> list[Event]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def rate(clip: Path) -> float:
    with av.open(str(clip)) as video:
        return float(video.streams.video[0].average_rate)


# Lines


def crossing(out: Path) -> None:
    folder = DATA / CROWD
    clip = folder / "clip.mp4"
    size = (768, 576)
    drawn = {name: _fractions(points, size) for name, points in LINES.items()}
    rules = [
        {"rule": "line_crossing", "name": name, "line": name, "alarm_on": "both", "alarm": False}
        for name in LINES
    ]
    process([clip], rules, {"lines": drawn}, out)
    counted = events(out)
    ways = _ways(folder / "gt.csv")
    print(f"{CROWD}: passages\n{'line':22}{'true in/out':>12}{'counted':>9}{'right':>7}", end="")
    print(f"{'missed':>8}{'false':>7}")
    sums = np.zeros(4, int)
    for name, (a, b) in drawn.items():
        truth = passages(ways, Line(name, tuple(a), tuple(b)), size, rate(clip))
        found = [_counted(event) for event in counted if event["rule"] == name]
        right, missed, false = compare(truth, found)
        due = [one for one in truth if not one.ignore]
        sums += (len(due), right, missed, false)
        print(f"{name:22}{_in_out(due):>12}{_in_out(found):>9}{right:7}{missed:8}{false:7}")
    print(f"{'all':22}{sums[0]:12}{'':9}{sums[1]:7}{sums[2]:8}{sums[3]:7}\n")


def _fractions(points: Any, size: tuple[int, int]) -> list[list[float]]:
    return [[x / size[0], y / size[1]] for x, y in points]


def _ways(path: Path) -> dict[int, list[tuple[int, float, float, float, bool]]]:
    """By person: frame (from 1), foot, height, whether to be ignored."""
    ways: dict[int, list[tuple[int, float, float, float, bool]]] = defaultdict(list)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            x1, y1, x2, y2 = (float(row[key]) for key in ("x1", "y1", "x2", "y2"))
            ways[int(row["id"])].append(
                (int(row["frame"]), (x1 + x2) / 2, y2, y2 - y1, row["ignore"] == "1")
            )
    return ways


def passages(ways: Any, line: Line, size: tuple[int, int], fps: float) -> list[Passage]:
    """Every passage of every person of the ground truth."""
    made = []
    for rows in ways.values():
        feet = np.array([(x, y) for _, x, y, _, _ in rows])
        sides = line.side(feet, size)
        clear, net, when = 0, 0, 0
        for k, (frame, x, y, height, ignore) in enumerate(rows):
            if k and (sides[k] >= 0) != (sides[k - 1] >= 0):
                share = sides[k - 1] / (sides[k - 1] - sides[k])
                spot = feet[k - 1] + share * (feet[k] - feet[k - 1])
                if 0 <= line.along(spot, size)[0] <= 1:
                    net, when = net + (1 if sides[k] >= 0 else -1), frame
            if abs(sides[k]) <= CLEAR:
                continue
            side = 1 if sides[k] > 0 else -1
            if clear == -side and net * side > 0:
                way = "in" if side > 0 else "out"
                made.append(Passage((when - 1) / fps, way, (x, y), height, ignore))
            clear, net = side, 0
    return made


def _counted(event: Event) -> Passage:
    x1, _, x2, y2 = event["box"]
    way = "in" if event["message"].endswith("(in)") else "out"
    return Passage(event["start"], way, ((x1 + x2) / 2, y2), 0.0)


def compare(truth: list[Passage], found: list[Passage]) -> tuple[int, int, int]:
    """How many are right, missed and false, by the assignment with the most right."""
    fits = np.array(
        [
            [
                one.way == other.way
                and abs(one.time - other.time) <= NEAR_SECONDS
                and np.hypot(*np.subtract(one.foot, other.foot)) <= one.height
                for other in found
            ]
            for one in truth
        ],
        bool,
    ).reshape(len(truth), len(found))
    worth = fits * (1.0 - 0.1 * np.array([[one.ignore] for one in truth]).reshape(-1, 1))
    rows, columns = best_pairs(worth)
    pairs = [(r, c) for r, c in zip(rows, columns, strict=True) if fits[r, c]]
    right = sum(not truth[r].ignore for r, _ in pairs)
    return right, sum(not one.ignore for one in truth) - right, len(found) - len(pairs)


def _in_out(passed: list[Passage]) -> str:
    into = sum(one.way == "in" for one in passed)
    return f"{into}/{len(passed) - into}"


# A zone


def intrusion(out: Path) -> None:
    folder = DATA / VISITS
    clip = folder / "clip.mp4"
    rules = [{"rule": "intrusion", "name": "anybody", "clear_seconds": 1.5}]
    process([clip], rules, {}, out)
    fps = rate(clip)
    with (folder / "events.csv").open(newline="") as file:
        visits = [
            (int(row["first_frame0"]) / fps, (int(row["last_frame0"]) + 1) / fps)
            for row in csv.DictReader(file)
        ]
    found = sorted((event["start"], event["end"]) for event in events(out))
    print(f"{VISITS}: anybody in the picture ({fps:g} pictures a second)")
    print(f"{'visit':>16}{'incidents':>11}{'start':>9}{'end':>9}   (s after the truth)")
    met: set[int] = set()
    for start, end in visits:
        here = [k for k, one in enumerate(found) if one[0] < end and one[1] > start]
        met.update(here)
        late = "".join(
            f"{value:+9.1f}"
            for value in (found[here[0]][0] - start, found[here[-1]][1] - end)
        ) if here else "   missed"  # fmt: skip
        print(f"{f'{start:.1f}–{end:.1f} s':>16}{len(here):11}{late}")
    print(f"false: {len(found) - len(met)}\n")


# Posture


def lying(out: Path) -> None:
    folder = DATA / FALLS
    with (folder / "events.csv").open(newline="") as file:
        clips = list(csv.DictReader(file))
    rule = {"rule": "person_lying", "name": "lies", "min_seconds": LYING_SECONDS}
    paths = [folder / "clips" / clip["clip"] for clip in clips]
    process(paths, [rule], {}, out)
    print(f"{FALLS}: person_lying, at least {LYING_SECONDS:g} s")
    for clip in clips:
        found = events(out / Path(clip["clip"]).stem)
        said = ", ".join(f"{one['start']:.1f}–{one['end']:.1f} s" for one in found) or "nothing"
        down = clip["down_frame0"] or ("0" if clip["label"] == "lying_from_start" else "")
        if down and found:
            said += f" ({found[0]['start'] - int(down) / float(clip['fps']):+.1f} s after down)"
        length = int(clip["frames"]) / float(clip["fps"])
        print(f"{clip['clip']:40}{length:5.1f} s  {clip['label']:17} {said}")
    print()


# Cost


def cost(out: Path) -> None:
    """Median microseconds a look; ``out`` is not needed."""
    del out
    zone = Zone("z", ((0.1, 0.1), (0.9, 0.1), (0.95, 0.5), (0.9, 0.9), (0.1, 0.9), (0.05, 0.5)))
    line = Line("l", (0.1, 0.5), (0.9, 0.5))
    bay = ((0.35, 0.5), (0.65, 0.5), (0.75, 0.9), (0.25, 0.9))
    ground = plane_from_rectangle(bay, (8.0, 20.0))
    crowds = (5, 20, 60)
    print(f"{'µs a look, things:':20}" + "".join(f"{n:8}" for n in crowds))
    for name, kind in RULES.members().items():
        place = "l" if kind.watches is Line else "z"
        fields = kind.Options.model_fields.items()
        needed = {key: f.examples[0] for key, f in fields if f.is_required() and f.examples}
        options = options_of({"name": "r", "kind": name, "place": place, **needed})
        rule = make_rule(options, (zone, line), ground=ground if kind.needs_ground else None)
        print(f"{name:20}" + "".join(f"{_step_cost(rule, n):8.0f}" for n in crowds))


def _step_cost(rule: Rule[Any, Any], n: int) -> float:
    rng = np.random.default_rng(1)
    at = rng.uniform((100, 100), (1100, 600), (n, 2))
    kind = np.full(n, int(rule.options.classes[0]))
    state, spent = rule.start(), []
    for k in range(400):
        corner = at + rng.normal(0, 1, (n, 2))
        posture = np.full(n, int(Posture.LYING if k > 20 else Posture.UPRIGHT))
        box = np.hstack([corner, corner + np.array((80, 50))])
        tracks = Tracks.make(
            "c", k / 5, k + 1, (1280, 720), id=range(n), box=box, kind=kind, posture=posture
        )
        begun = time.process_time_ns()
        state, _ = rule.step(state, tracks)
        spent.append(time.process_time_ns() - begun)
    return float(np.median(spent)) / 1000


PARTS: Final[dict[str, tuple[Callable[[Path], None], str]]] = {
    "crossing": (crossing, CROWD),
    "intrusion": (intrusion, VISITS),
    "lying": (lying, FALLS),
    "cost": (cost, ""),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    unknown = sorted(set(args.parts) - PARTS.keys())
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as scratch:
        for name in args.parts or PARTS:
            part, needs = PARTS[name]
            if not needs or (DATA / needs).is_dir():
                part((args.keep or Path(scratch)) / name)
            else:
                print(f"{name}: skipped, no {DATA / needs} (set STREETLAMP_SHARED)\n")


if __name__ == "__main__":
    main()
