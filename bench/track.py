"""Compares trackers on footage with identities: MOTA, IDF1, HOTA, cost of update and import.

    python bench/track.py ../shared/data/video/pets09_s2l1_a

Every tracker gets the same boxes of the built-in detector (cached in ``--cache``), at every picture
and at every 2nd and 3rd one; a row is the mean over the pictures one can start at. Ours is also
scored with the boxes it holds for things not found (`ours+held`). The others come from the
`trackers` package, which is not needed by Streetlamp: ``pip install trackers`` to see them, each
with the best of a few thresholds. ``--simulated SEED`` uses the ground truth with noise and
drop-outs instead of a detector, ``--parity`` compares the scores with that package's evaluation.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from mot_metrics import Scores, score

from streetlamp.values import Floats, Ints, Kind
from streetlamp.video.detect import DetectOptions, load_detector
from streetlamp.video.raw import Detections
from streetlamp.video.track.associate import iou
from streetlamp.video.track.options import TrackOptions
from streetlamp.video.track.tracker import Tracker


@dataclass(frozen=True)
class Picture:
    """One picture's ground truth."""

    id: Ints
    box: Floats
    visibility: Floats
    ignore: Floats  # (k, 4) boxes not to score


Rows = list[tuple[Ints, Floats]]  # per picture ids and boxes of the tracks
Update = Callable[[Detections, float, int], tuple[Ints, Floats]]


def read_truth(folder: Path, frames: int) -> list[Picture]:
    rows: dict[int, list[tuple[int, float, bool, list[float]]]] = {}
    with (folder / "gt.csv").open() as file:
        for row in csv.DictReader(file):
            box = [float(row[key]) for key in ("x1", "y1", "x2", "y2")]
            entry = (int(row["id"]), float(row["visibility"]), row["ignore"] == "1", box)
            rows.setdefault(int(row["frame"]), []).append(entry)
    pictures = []
    for frame in range(1, max(frames, *rows) + 1):
        here = rows.get(frame, [])
        scored = [row for row in here if not row[2]]
        pictures.append(
            Picture(
                np.array([row[0] for row in scored], np.int64),
                np.array([row[3] for row in scored], np.float32).reshape(-1, 4),
                np.array([row[1] for row in scored], np.float32),
                np.array([row[3] for row in here if row[2]], np.float32).reshape(-1, 4),
            )
        )
    return pictures


def simulate(truth: list[Picture], seed: int, size: tuple[int, int]) -> list[Detections]:
    """Boxes as a middling detector would give them: noise, misses, doubles, false boxes."""
    rng = np.random.default_rng(seed)
    result = []
    for picture in truth:
        boxes, scores = [], []
        for box, seen in zip(picture.box, picture.visibility, strict=True):
            quality = np.clip(seen, 0.02, 1) * rng.uniform(0.4, 1)
            if rng.random() > min(0.98, 0.2 + 1.2 * seen):
                continue
            noise = rng.normal(0, 0.035, 4) * (box[3] - box[1])
            boxes.append(box + noise)
            scores.append(np.clip(quality, 0.05, 0.95))
            if rng.random() < 0.03:
                boxes.append(box + rng.normal(0, 0.2, 4) * (box[3] - box[1]))
                scores.append(rng.uniform(0.05, 0.4))
        for _ in range(rng.poisson(0.5)):
            corner = rng.uniform(0, 0.9, 2) * size
            boxes.append(np.concatenate([corner, corner + rng.uniform(20, 80, 2)]))
            scores.append(rng.uniform(0.05, 0.45))
        box = np.array(boxes, np.float32).reshape(-1, 4)
        box[:, 2:] = np.maximum(box[:, 2:], box[:, :2] + 1)
        result.append(Detections(box, np.zeros(len(box), np.int64), np.array(scores, np.float32)))
    return result


def detect(folder: Path, cache: Path) -> list[Detections]:
    """The built-in detector's boxes on every picture, from the cache where it has them."""
    file = cache / f"{folder.name}.npz"
    if not file.exists():
        detector = load_detector(DetectOptions())
        parts = []
        with av.open(str(folder / "clip.mp4")) as video:
            for k, picture in enumerate(video.decode(video=0)):
                found = detector.look(picture)
                row = np.full((len(found), 1), k)
                columns = [row, found.box, found.kind[:, None], found.score[:, None]]
                parts.append(np.concatenate(columns, axis=1))
        cache.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(file, rows=np.concatenate(parts), frames=len(parts))
    stored = np.load(file)
    rows, frames = stored["rows"], int(stored["frames"])
    split = [rows[rows[:, 0] == k] for k in range(frames)]
    return [Detections(r[:, 1:5], r[:, 5].astype(np.int64), r[:, 6]) for r in split]


def ours(held: bool, options: TrackOptions, size: tuple[int, int]) -> Update:
    tracker = Tracker("bench", options, seed=1)

    def update(found: Detections, at: float, frame: int) -> tuple[Ints, Floats]:
        tracks = tracker.update(found, at, frame, size).tracks
        rows = (tracks.kind == Kind.PERSON) & (tracks.seen | held)
        return tracks.id[rows], tracks.box[rows]

    return update


def theirs(name: str, fps: float) -> Update:
    # Only here: they are no dependency of ours, and slow to import.
    import supervision  # noqa: PLC0415
    import trackers  # noqa: PLC0415

    start = {"track_activation_threshold": 0.5}
    quick = {"minimum_consecutive_frames": 1, "frame_rate": fps, "lost_track_buffer": 45}
    tracker: Any = {
        "sort": lambda: trackers.SORTTracker(**quick, **start),
        "bytetrack": lambda: trackers.ByteTrackTracker(
            **quick, **start, high_conf_det_threshold=0.5
        ),
        "ocsort": lambda: trackers.OCSORTTracker(**quick, high_conf_det_threshold=0.55),
        "cbiou": lambda: trackers.CBIoUTracker(**quick, **start, high_conf_det_threshold=0.5),
        "botsort": lambda: trackers.BoTSORTTracker(
            **quick, **start, high_conf_det_threshold=0.5, enable_cmc=False
        ),
        "bytetrack, its defaults": lambda: trackers.ByteTrackTracker(frame_rate=fps),
        "ocsort, its defaults": lambda: trackers.OCSORTTracker(frame_rate=fps),
    }[name]()

    def update(found: Detections, at: float, frame: int) -> tuple[Ints, Floats]:
        del frame
        found = found.where(found.score >= 0.2)  # with weaker ones all of them lose points
        boxes = supervision.Detections(np.array(found.box), None, np.array(found.score))
        result = tracker.update(boxes, timestamp=at)
        good = result.tracker_id >= 0
        return result.tracker_id[good], result.xyxy[good]

    return update


THEIRS = (
    "sort", "bytetrack", "ocsort", "cbiou", "botsort",
    "bytetrack, its defaults", "ocsort, its defaults",
)  # fmt: skip


def follow(update: Update, found: list[Detections], step: int, fps: float) -> tuple[Rows, float]:
    """Tracks of every ``step``-th picture, and the mean microseconds an update took."""
    rows, spent = [], 0.0
    for k in range(0, len(found), step):
        start = time.process_time()
        rows.append(update(found[k], 1000.0 + k / fps, k + 1))
        spent += time.process_time() - start
    return rows, spent / max(len(rows), 1) * 1e6


def tables(truth: list[Picture], rows: Rows) -> tuple[list[Any], list[Any], list[Any]]:
    """Ids of truths, ids of tracks, overlaps; tracks on ignored things are taken out."""
    truths, tracks, overlaps = [], [], []
    for picture, (ids, box) in zip(truth, rows, strict=True):
        keep = np.ones(len(ids), bool)
        if len(picture.ignore) and len(ids):
            on_ignored = iou(box, picture.ignore).max(axis=1)
            on_truth = iou(box, picture.box).max(axis=1) if len(picture.box) else 0 * on_ignored
            keep = (on_ignored < 0.4) | (on_truth >= on_ignored)
        truths.append(picture.id)
        tracks.append(ids[keep])
        overlaps.append(iou(picture.box, box[keep]))
    return truths, tracks, overlaps


def parity(table: tuple[list[Any], list[Any], list[Any]], mine: Scores) -> str:
    from trackers import eval as reference  # noqa: PLC0415

    flat = [{k: i for i, k in enumerate(sorted({int(v) for p in t for v in p}))} for t in table[:2]]
    ids = [
        [np.array([names[int(v)] for v in p], np.int64) for p in t]
        for names, t in zip(flat, table[:2], strict=True)
    ]
    clear = reference.compute_clear_metrics(*ids, table[2])
    hota = reference.compute_hota_metrics(*ids, table[2])
    identity = reference.compute_identity_metrics(*ids, table[2])
    pairs = (
        (mine.mota, clear["MOTA"]),
        (mine.idf1, identity["IDF1"]),
        (mine.hota, hota["HOTA"]),
        (mine.switches, clear["IDSW"]),
    )
    return f"largest difference from trackers.eval {max(abs(a - b) for a, b in pairs):.1e}"


def import_cost(module: str) -> float:
    """Seconds a fresh interpreter needs to import ``module``, best of three, less a bare start."""

    def once(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    return min(once(f"import {module}") for _ in range(3)) - min(once("") for _ in range(3))


def contenders(
    options: TrackOptions, fps: float, size: tuple[int, int]
) -> Iterator[tuple[str, Callable[[], Update]]]:
    yield "ours", lambda: ours(False, options, size)
    yield "ours+held", lambda: ours(True, options, size)
    if importlib.util.find_spec("trackers"):
        for name in THEIRS:
            yield name, lambda name=name: theirs(name, fps)


def line(name: str, looks: str, phases: list[list[float]]) -> str:
    """The mean of runs that start at different pictures: one run of 11 people is a lottery."""
    mean = np.mean(phases, axis=0)
    shares = "".join(f"{v:7.1f}" for v in mean[:4])
    return f"{name:26}{looks:>8}{shares}{mean[4]:8.0f}{mean[5]:7.0f}{mean[6]:7.0f}{mean[7]:6.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("clip", type=Path, help="a folder with clip.mp4 and gt.csv with ids")
    parser.add_argument("--fps", type=float, default=7.0, help="true pictures a second")
    parser.add_argument("--cache", type=Path, default=Path("bench/.cache"))
    parser.add_argument("--simulated", type=int, help="noisy ground truth from this seed")
    parser.add_argument("--parity", action="store_true")
    parser.add_argument("--steps", type=int, nargs="*", default=[1, 2, 3])
    arguments = parser.parse_args()
    size = (768, 576)
    truth = read_truth(arguments.clip, 0)
    if arguments.simulated is None:
        found = detect(arguments.clip, arguments.cache)
        found = [d.where(d.kind == Kind.PERSON) for d in found]
    else:
        found = simulate(truth, arguments.simulated, size)
    print(f"{'tracker':26}{'look at':>8}{'MOTA':>7}{'IDF1':>7}{'HOTA':>7}{'AssA':>7}", end="")
    print(f"{'switch':>8}{'miss':>7}{'false':>7}{'µs':>6}")
    everything: dict[str, list[list[float]]] = {}
    for step in arguments.steps:
        for name, make in contenders(TrackOptions(), arguments.fps, size):
            phases, notes = [], set()
            for first in range(step):
                rows, spent = follow(make(), found[first:], step, arguments.fps)
                table = tables(truth[first::step], rows)
                s = score(*table)
                shares = [100 * v for v in (s.mota, s.idf1, s.hota, s.ass_a)]
                counts = [v * step for v in (s.switches, s.misses, s.false)]
                phases.append([*shares, *counts, spent])
                notes |= {parity(table, s)} if arguments.parity else set()
            everything.setdefault(name, []).extend(phases)
            print(line(name, f"1/{step}", phases), *notes)
    for name, phases in everything.items():
        print(line(name, "all", phases))
    cost = import_cost("streetlamp.video.track.tracker")
    print(f"import streetlamp.video.track.tracker: {cost:.2f} s", end="")
    if importlib.util.find_spec("trackers"):
        print(f"; import trackers: {import_cost('trackers'):.2f} s")


if __name__ == "__main__":
    main()
