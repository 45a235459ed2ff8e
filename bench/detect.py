"""How well and how fast the detector looks: one row a clip, input size, runtime and model.

    python bench/detect.py ../shared/data/video --inputs auto 416 640 --runtimes openvino
    python bench/detect.py ../shared/data/video --sets pets09_s2l1_a --step 1

Columns: the long side of the input; average precision at IoU 0.5 (all-point, as in PASCAL VOC 2010)
and recall at score ≥ .05/.1/.2/.35, for persons and for four-wheeled vehicles (in percent, "-"
where a set has none); milliseconds a look: making the picture small, and the model with the
decoding of its boxes (median, one picture at a time), and the processor's time for the latter,
which stays true on a busy machine. Boxes less than a quarter visible or marked
``ignore`` are not scored. ``--float FILE`` adds the fp32 model that tools/build_nanodet.py writes.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from streetlamp.values import Kind  # noqa: E402
from streetlamp.video.detect import DetectOptions, Detector, load_detector  # noqa: E402
from streetlamp.video.models import BUILT_IN, MANIFEST  # noqa: E402
from streetlamp.video.raw import Detections  # noqa: E402

SETS = {  # set → every how many frames
    "pets09_s2l1_a": 4,
    "mot17mini_02": 1,
    "mot17mini_05": 1,
    "mot17mini_11": 1,
    "cdnet_office": 15,
    "coco_val_a": 1,
    "ngsim_us101_1": 6,
    "manaus_traffic_a": 1,
}
GROUPS = {
    "person": ({Kind.PERSON}, {"person"}),
    "vehicle": ({Kind.CAR, Kind.BUS, Kind.TRUCK}, {"car", "bus", "truck", "vehicle"}),
}
THRESHOLDS = (0.05, 0.1, 0.2, 0.35)
Truth = tuple[np.ndarray, np.ndarray]  # boxes (n, 4), ignored (n,)


def frames(folder: Path, step: int) -> Iterator[tuple[int, av.VideoFrame]]:
    """Frame number (from 1) and picture of every ``step``-th frame of a set."""
    clip = folder / "clip.mp4"
    if clip.exists():
        with av.open(str(clip)) as container:
            container.streams.video[0].thread_type = "AUTO"
            for i, frame in enumerate(container.decode(video=0)):
                if i % step == 0:
                    yield i + 1, frame
        return
    for path in sorted((folder / "frames").glob("*.jpg"))[::step]:
        with av.open(str(path)) as container:
            yield int(path.stem), next(container.decode(video=0))


def truth(folder: Path) -> dict[tuple[int, str], Truth]:
    """Boxes by frame and group."""
    rows: dict[tuple[int, str], list[tuple[list[float], bool]]] = defaultdict(list)
    with (folder / "gt.csv").open() as file:
        for row in csv.DictReader(file):
            box = [float(row[k]) for k in ("x1", "y1", "x2", "y2")]
            hidden = 0 <= float(row["visibility"]) < 0.25
            for group, (_, labels) in GROUPS.items():
                mine = row["class"] in labels
                odd = group == "person" and row["class"] in {
                    "distractor",
                    "reflection",
                    "rider_bicycle",
                    "rider_motorcycle",
                }
                if mine or odd:
                    ignored = odd or hidden or row["ignore"] == "1"
                    rows[int(row["frame"]), group].append((box, ignored))
    return {
        key: (np.array([b for b, _ in some]).reshape(-1, 4), np.array([i for _, i in some]))
        for key, some in rows.items()
    }


def match(found: Detections, boxes: np.ndarray, ignored: np.ndarray) -> list[tuple[float, bool]]:
    """(score, right) of every detection that counts; greedy, strongest first, IoU ≥ 0.5."""
    taken = np.zeros(len(boxes), bool)
    result = []
    for box, score in zip(found.box.astype(float), found.score, strict=True):
        if len(boxes) == 0:
            result.append((float(score), False))
            continue
        low, high = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
        own = float(np.prod(box[2:] - box[:2]))
        overlap = shared / (area + own - shared)
        free = np.where(taken | ignored, 0, overlap)
        best = int(free.argmax())
        if free[best] >= 0.5:
            taken[best] = True
            result.append((float(score), True))
        elif not (ignored & ((overlap >= 0.5) | (shared >= 0.5 * own))).any():
            result.append((float(score), False))
    return result


def precision(rows: list[tuple[float, bool]], total: int) -> float:
    """Average precision over all recall levels, percent."""
    if not rows:
        return 0.0
    right = np.array([r for _, r in sorted(rows, key=lambda row: -row[0])])
    hits = right.cumsum()
    share = np.maximum.accumulate((hits / np.arange(1, len(right) + 1))[::-1])[::-1]
    return float(100 * share[right].sum() / total)


def measure(detector: Detector, folder: Path, step: int) -> dict[str, Any]:
    """Accuracy and time of one detector on one set."""
    marks = truth(folder)
    rows: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    totals: dict[str, int] = defaultdict(int)
    small, look, own, sizes = [], [], [], set()
    for number, picture in frames(folder, step):
        if not sizes:
            detector.look(picture)  # the first look at a shape compiles it
        start = time.perf_counter()
        prepared = detector.prepare(picture)
        middle = time.perf_counter()
        processor = time.process_time()
        (found,) = detector.infer([prepared])
        own.append(time.process_time() - processor)
        small.append(middle - start)
        look.append(time.perf_counter() - middle)
        sizes.add(max(prepared.shape))
        for group, (kinds, _) in GROUPS.items():
            boxes, ignored = marks.get((number, group), (np.zeros((0, 4)), np.zeros(0, bool)))
            mine = found.where(np.isin(found.kind, [int(kind) for kind in kinds]))
            rows[group] += match(mine, boxes, ignored)
            totals[group] += int((~ignored).sum())
    result: dict[str, Any] = {"input": "/".join(map(str, sorted(sizes)))}
    for group in GROUPS:
        total = totals[group]
        # A handful of boxes says nothing.
        if total < 20:
            result[group] = "-"
            continue
        recall = [sum(r and s >= t for s, r in rows[group]) / total for t in THRESHOLDS]
        text = "/".join(f"{100 * share:.0f}" for share in recall)
        result[group] = f"{precision(rows[group], total):.1f} · {text}"
    result["small"] = 1000 * float(np.median(small))
    result["look"] = 1000 * float(np.median(look))
    result["own"] = 1000 * float(np.median(own))
    return result


def float_folder(file: Path, into: Path) -> Path:
    """A folder of models with the fp32 file in it, called nanodet-g-float."""
    (entry,) = json.loads((BUILT_IN / MANIFEST).read_text())["models"][:1]
    data = file.read_bytes()
    (into / file.name).write_bytes(data)
    digest = sha256(data).hexdigest()
    entry |= {"name": "nanodet-g-float", "file": file.name, "sha256": digest}
    (into / MANIFEST).write_text(json.dumps({"models": [entry]}))
    return into


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path, help="the folder of reference sets")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--inputs", nargs="+", default=["auto"], help="auto, or long sides")
    parser.add_argument("--runtimes", nargs="+", default=["openvino"])
    parser.add_argument("--float", type=Path, help="the fp32 model, measured beside the built-in")
    parser.add_argument("--step", type=int, help="look at every so many frames")
    args = parser.parse_args()
    print(
        f"{'set':17}{'model':16}{'runtime':12}{'asked':>6}{'input':>10}  "
        f"{'persons AP · recall':27}{'vehicles AP · recall':27}"
        f"{'ms small':>9}{'ms look':>9}{'CPU ms':>8}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = float_folder(args.float, Path(scratch)) if args.float else None
        models = ["nanodet-g", *(["nanodet-g-float"] if folder else [])]
        for name in args.sets:
            for model in models:
                for runtime in args.runtimes:
                    for side in args.inputs:
                        options = DetectOptions(
                            model=model,
                            models_folder=folder,
                            runtime=runtime,
                            input=side if side == "auto" else int(side),
                            threads=1,
                        )
                        row = measure(
                            load_detector(options), args.data / name, args.step or SETS[name]
                        )
                        print(
                            f"{name:17}{model:16}{runtime:12}{side:>6}{row['input']:>10}  "
                            f"{row['person']:27}{row['vehicle']:27}"
                            f"{row['small']:9.2f}{row['look']:9.1f}{row['own']:8.1f}",
                            flush=True,
                        )


if __name__ == "__main__":
    main()
