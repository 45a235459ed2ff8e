"""Vehicles that pass a line on a motorway (ngsim_us101_1): counted against those that did.

    python bench/rules_vehicles.py                    a minute of CPU
    python bench/rules_vehicles.py --input 832        with another input size of the detector
    python bench/rules_vehicles.py --lines 0.25 0.7   other lines
    python bench/rules_vehicles.py --people           vehicles counted where people walk: none
    python bench/rules_vehicles.py --boxes            what one look finds, by score, and four tiles
    python bench/rules_vehicles.py --each             missed and false ones; cost of a look

The set has boxes of all vehicles and no identities, at about three pictures a second. Here each
picture's boxes are paired with those of the one before, moved on by their own speed (the least sum
of distances); a vehicle has passed a line that stands across the road if it was seen on both sides.
Tracks of under three pictures do not count.

- *labelled boxes*: the tracker and the rule, given those boxes.
- *streetlamp process*: everything, from the picture on, without and with faint vehicles believed
  (`track: faint_vehicles`), which is what is done by default.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any, Final

import av
import cv2
import numpy as np
from hiding import DATA
from mot_metrics import best_pairs

from streetlamp.geometry import Line
from streetlamp.rules import make_rule, options_of
from streetlamp.values import Kind
from streetlamp.video.detect import load_detector
from streetlamp.video.detect.base import Detector
from streetlamp.video.detect.nms import suppress
from streetlamp.video.detect_options import DetectOptions
from streetlamp.video.raw import Detections
from streetlamp.video.track.associate import iou
from streetlamp.video.track.options import TrackOptions
from streetlamp.video.track.tracker import Tracker
from streetlamp.video.traffic import Traffic
from streetlamp.video.traffic.sift import DRIVES

SET: Final = "ngsim_us101_1"
SIZE: Final = (640, 480)
FPS: Final = 3.0
ACROSS: Final = (0.2, 0.3, 0.4, 0.5, 0.6)  # lines from the top, by their x …
PEOPLE: Final = ("pets09_s2l1_a", "cdnet_office", "intel_onebyone")  # where nobody drives
DEEP: Final = 0.94  # … to here: below, cars on a slip road are cut off by the picture's edge
TILES: Final = tuple((x, y, 352, 272) for x in (0, 288) for y in (0, 208))  # x y width height
LEARNS: Final = 30  # pictures in which a model of the background is not asked
MISSING: Final = 2  # pictures for which a vehicle may be without a box
REACH: Final = 0.9  # widths of it by which it may be from where it is looked for


@dataclass
class Way:
    """One vehicle's boxes, linked."""

    feet: list[Any] = field(default_factory=list)  # (2,) pixels each
    seen: list[int] = field(default_factory=list)  # in which pictures, from 0
    speed: Any = field(default_factory=lambda: np.zeros(2))  # pixels a picture
    width: float = 0.0
    missed: int = 0


def boxes() -> list[Any]:
    """(n, 4) of each picture."""
    rows = defaultdict(list)
    with (DATA / SET / "gt.csv").open() as file:
        for row in csv.DictReader(file):
            rows[int(row["frame"])].append([float(row[k]) for k in ("x1", "y1", "x2", "y2")])
    return [np.array(rows[n]).reshape(-1, 4) for n in range(1, max(rows) + 1)]


def linked(pictures: list[Any]) -> list[Way]:
    """Every vehicle of at least three pictures."""
    over: list[Way] = []
    live: list[Way] = []
    for number, box in enumerate(pictures):
        feet = np.stack([(box[:, 0] + box[:, 2]) / 2, box[:, 3]], axis=1)
        taken = _paired(live, feet)
        for n, way in enumerate(live):
            if (m := taken.get(n)) is None:
                way.missed += 1
                continue
            step = (feet[m] - way.feet[-1]) / (1 + way.missed)
            way.speed = step if len(way.feet) == 1 else (way.speed + step) / 2
            way.feet.append(feet[m])
            way.seen.append(number)
            way.width, way.missed = box[m, 2] - box[m, 0], 0
        over += [way for way in live if way.missed > MISSING]
        live = [way for way in live if way.missed <= MISSING]
        for m in set(range(len(box))) - set(taken.values()):
            live.append(Way([feet[m]], [number], width=box[m, 2] - box[m, 0]))
    return [way for way in over + live if len(way.feet) >= 3]


def _paired(live: list[Way], feet: Any) -> dict[int, int]:
    if not live or not len(feet):
        return {}
    due = np.array([way.feet[-1] + way.speed for way in live])
    far = np.linalg.norm(due[:, None] - feet[None], axis=2)
    reach = np.array([REACH * way.width * (1 + way.missed / 2) for way in live])[:, None]
    rows, columns = best_pairs(np.maximum(1 - far / reach, 0))
    return {int(n): int(m) for n, m in zip(rows, columns, strict=True) if far[n, m] < reach[n, 0]}


def passed(ways: list[Way], x: float) -> int:
    return len(passages(ways, x))


def passages(ways: list[Way], x: float) -> Any:
    """(n, 2) picture in which, and y at which (pixels), a way passes the line."""
    at, low = x * SIZE[0], DEEP * SIZE[1]
    over = []
    for way in ways:
        feet = np.array(way.feet)
        near = np.abs(feet[:, 0] - at).argmin()
        if (feet[0, 0] - at) * (feet[-1, 0] - at) < 0 and feet[near, 1] < low:
            over.append([way.seen[near], feet[near, 1]])
    return np.array(over, float).reshape(-1, 2)


def with_labels(pictures: list[Any], across: Sequence[float]) -> dict[float, int]:
    """What the tracker and the rule count, given the labelled boxes."""
    tracker = Tracker("bench", TrackOptions(), seed=1)
    asked = options_of(
        {"kind": "line_crossing", "name": "bench", "place": "across", "classes": ["car"]}
    )
    rules = {x: make_rule(asked, [Line("across", (x, 0), (x, DEEP))]) for x in across}
    states = {x: rule.start() for x, rule in rules.items()}
    counted: Counter[float] = Counter()
    for n, box in enumerate(pictures):
        found = Detections(box, np.full(len(box), int(Kind.CAR)), np.full(len(box), 0.9))
        tracks = tracker.update(found, 1000.0 + n / FPS, n + 1, SIZE).tracks
        for x, rule in rules.items():
            states[x], out = rule.step(states[x], tracks)
            counted[x] += sum(one.n for one in out.counts if one.direction)
    return dict(counted)


def from_pictures(
    clip: str, size: str, across: Sequence[float], deep: float, *, faint: bool
) -> Counter[float]:
    """What `streetlamp process` counts."""
    lines = {f"x{x}": [[x, 0], [x, deep]] for x in across}
    rules = [
        {"rule": "line_crossing", "name": name, "line": name, "classes": ["car", "truck", "bus"]}
        for name in lines
    ]
    camera = {"source": clip, "lines": lines, "rules": rules}
    site = {
        "detect": {"input": size},
        "track": {"faint_vehicles": faint},
        "cameras": {"road": camera},
    }
    counted: Counter[float] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        (out / "site.yaml").write_text(json.dumps(site))
        command = [sys.executable, "-m", "streetlamp", "process", "-q"]
        command += ["--site", str(out / "site.yaml"), "--out", str(out / "road"), clip]
        subprocess.run(command, check=True)
        with next(out.rglob("counts.csv")).open() as file:
            for row in csv.DictReader(file):
                counted[float(row["place"][1:])] += int(row["n"])
    return counted


def among_people() -> None:
    """Vehicles that pass nine lines in clips where people walk and nothing drives."""
    across = [x / 10 for x in range(1, 10)]
    for name in PEOPLE:
        clip = str(DATA / name / "clip.mp4")
        counts = [from_pictures(clip, "auto", across, 1.0, faint=faint) for faint in (False, True)]
        plain, believed = (sum(count.values()) for count in counts)
        print(f"{name}: {plain} vehicles without, {believed} with faint ones believed")


def each(across: Sequence[float]) -> None:
    """Which passages are there, missed and false, and the cost of a look."""
    detector = load_detector(DetectOptions())
    tracker, traffic = Tracker("bench", TrackOptions(), seed=1), Traffic("bench", TrackOptions())
    spent: list[list[float]] = []
    told: tuple[dict[int, Way], dict[int, Way]] = defaultdict(Way), defaultdict(Way)
    with av.open(str(DATA / SET / "clip.mp4")) as clip:
        for n, picture in enumerate(clip.decode(video=0)):
            began = process_time()
            found = detector.look(picture)
            looked = process_time()
            tracks = tracker.update(found, 1000.0 + n / FPS, n + 1, SIZE).tracks
            tracked = process_time()
            all_ = traffic.update(found, tracks)
            spent.append([looked - began, tracked - looked, process_time() - tracked])
            for ways, which in zip(told, (tracks, all_), strict=True):
                for row in (DRIVES.take(which.kind) & which.seen).nonzero()[0].tolist():
                    ways[int(which.id[row])].feet.append(which.foot[row])
                    ways[int(which.id[row])].seen.append(n)
    true = linked(boxes())
    print("| line at | passed | without: right | missed | false | right | missed | false |")
    print("|---|---|---|---|---|---|---|---|")
    for x in across:
        there, cells = passages(true, x), []
        for ways in told:
            found_ = passages(list(ways.values()), x)
            apart = np.abs(there[:, None] - found_[None]) / (2 * FPS, 30.0)
            pairs = best_pairs(np.maximum(1 - apart.max(axis=2), 0))
            right = sum(apart[n, m].max() < 1 for n, m in zip(*pairs, strict=True))
            cells += [right, len(there) - right, len(found_) - right]
        print(f"| {x:.0%} | {len(there)} | {' | '.join(map(str, cells))} |")
    detect, track, follow = (f"{ms:.2f}" for ms in 1000 * np.median(spent, axis=0))
    print(f"\nCPU ms a look: detector {detect}, tracker {track}, faint vehicles {follow}")


def raw_boxes() -> None:
    """The share of labelled vehicles that have a box of some score, and boxes that are none."""
    true, least = boxes(), (0.5, 0.35, 0.2, 0.1)
    print("| boxes of | " + " | ".join(f"score ≥ {one}" for one in least) + " | CPU ms |")
    print("|---|---|---|---|---|---|")
    for name, size, parts in (("auto", "auto", ()), ("832", 832, ()), ("tiles of 512", 512, TILES)):
        detector = load_detector(DetectOptions.model_validate({"input": size}))
        found, false, spent = np.zeros(len(least)), np.zeros(len(least)), 0.0
        with av.open(str(DATA / SET / "clip.mp4")) as clip:
            for box, picture in zip(true, clip.decode(video=0), strict=True):
                began = process_time()
                looks = [detector.look(picture)] if not parts else _tiles(detector, picture)
                spent += process_time() - began
                all_ = np.concatenate([one.box[DRIVES.take(one.kind)] for one in looks])
                score = np.concatenate([one.score[DRIVES.take(one.kind)] for one in looks])
                order = np.argsort(-score)
                all_, score = all_[order], score[order]
                keep = suppress(all_, np.zeros(len(all_), np.int64), score, 0.5)
                shared, score = iou(box, all_[keep]), score[keep]
                for n, one in enumerate(least):
                    some = shared[:, score >= one]
                    found[n] += (some.max(axis=1, initial=0.0) >= 0.4).sum()
                    false[n] += (some.max(axis=0, initial=0.0) < 0.3).sum()
        share, false = found / sum(map(len, true)), false / len(true)
        cells = [f"{a:.0%} · {b:.1f}" for a, b in zip(share, false, strict=True)]
        print(f"| {name} | {' | '.join(cells)} | {1000 * spent / len(true):.0f} |")


def moving_boxes() -> None:
    """The same of blobs that move, by a mixture of Gaussians, once it knows the background."""
    model = cv2.createBackgroundSubtractorMOG2(120, 16, detectShadows=False)
    square = np.ones((3, 3), np.uint8)
    found = false = total = 0
    spent = 0.0
    with av.open(str(DATA / SET / "clip.mp4")) as clip:
        for n, (box, picture) in enumerate(zip(boxes(), clip.decode(video=0), strict=True)):
            pixels = picture.to_ndarray(format="bgr24")
            began = process_time()
            mask = cv2.morphologyEx(model.apply(pixels), cv2.MORPH_OPEN, square)
            mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, square)
            blobs = cv2.connectedComponentsWithStats(mask)[2][1:]
            spent += process_time() - began
            if n < LEARNS:
                continue
            blobs = blobs[blobs[:, cv2.CC_STAT_AREA] >= 60]
            corners = np.concatenate([blobs[:, :2], blobs[:, :2] + blobs[:, 2:4]], axis=1)
            shared = iou(box, corners)
            found += int((shared.max(axis=1, initial=0.0) >= 0.4).sum())
            false += int((shared.max(axis=0, initial=0.0) < 0.3).sum())
            total += len(box)
    pictures = n + 1 - LEARNS
    cells = f"{found / total:.0%} · {false / pictures:.1f} | {1000 * spent / (n + 1):.0f}"
    print(f"| blobs that move | – | – | – | {cells} |")


def _tiles(detector: Detector, picture: av.VideoFrame) -> list[Detections]:
    """What a look at each of four tiles finds, as if each were a picture of its own."""
    pixels, looks = picture.to_ndarray(format="bgr24"), []
    for x, y, wide, high in TILES:
        tile = np.ascontiguousarray(pixels[y : y + high, x : x + wide])
        one = detector.look(av.VideoFrame.from_ndarray(tile, format="bgr24"))
        looks.append(Detections(one.box + np.float32([x, y, x, y]), one.kind, one.score))
    return looks


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--input", default="auto", help="the detector's input size (default auto)")
    ask.add_argument("--lines", type=float, nargs="+", default=ACROSS, help="by their x, 0–1")
    ask.add_argument("--people", action="store_true", help="where people walk and nothing drives")
    ask.add_argument("--boxes", action="store_true", help="what one look finds, and four tiles")
    ask.add_argument("--each", action="store_true", help="missed and false ones, cost of a look")
    asked = ask.parse_args()
    if asked.people:
        among_people()
    if asked.each:
        each(asked.lines)
    if asked.boxes:
        raw_boxes()
        moving_boxes()
    if not (asked.people or asked.each or asked.boxes):
        on_the_road(asked.input, asked.lines)


def on_the_road(size: str, across: Sequence[float]) -> None:
    pictures = boxes()
    ways = linked(pictures)
    clip = str(DATA / SET / "clip.mp4")
    counts = [
        with_labels(pictures, across),
        *(from_pictures(clip, size, across, DEEP, faint=faint) for faint in (False, True)),
    ]
    print(f"{SET}: {len(pictures)} pictures, {len(ways)} vehicles\n")
    print("| line at | passed | labelled boxes | off | without | off | process | off |")
    print("|---|---|---|---|---|---|---|---|")
    for x in across:
        true = passed(ways, x)
        cells = [f"{n[x]} | {n[x] - true:+d} ({(n[x] - true) / true:+.1%})" for n in counts]
        print(f"| {x:.0%} | {true} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
