"""MOTA, IDF1 and HOTA of what `streetlamp process` writes: tracks.csv against ground truth.

    python bench/tracks.py                    runs process on pets09_s2l1_a and scores it
    python bench/tracks.py --from DIR         scores DIR/tracks.csv of an earlier run

Only persons are scored, at IoU 0.5 (HOTA over all its thresholds); ignored ones do not count.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from hiding import DATA
from mot_metrics import score
from track import Rows, read_truth, tables

SET = "pets09_s2l1_a"


def read_tracks(path: Path, frames: int) -> Rows:
    """Per picture the ids and boxes of the persons in a tracks.csv."""
    ids: list[list[int]] = [[] for _ in range(frames)]
    boxes: list[list[list[float]]] = [[] for _ in range(frames)]
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["class"] == "person":
                ids[int(row["frame"]) - 1].append(int(row["id"]))
                boxes[int(row["frame"]) - 1].append(
                    [float(row[key]) for key in ("x1", "y1", "x2", "y2")]
                )
    return [
        (np.array(i, np.int64), np.array(b, np.float32).reshape(-1, 4))
        for i, b in zip(ids, boxes, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--from", dest="done", type=Path)
    args = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"no reference footage in {DATA}: set STREETLAMP_SHARED")
    truth = read_truth(DATA / SET, 0)
    with tempfile.TemporaryDirectory() as scratch:
        out = args.done or Path(scratch)
        if args.done is None:
            command = [sys.executable, "-m", "streetlamp", "process", "-q", "--out", str(out)]
            subprocess.run([*command, str(DATA / SET / "clip.mp4")], check=True)
        rows = read_tracks(out / "tracks.csv", len(truth))
    s = score(*tables(truth, rows))
    print(
        f"{SET}: MOTA {100 * s.mota:.1f}  IDF1 {100 * s.idf1:.1f}  HOTA {100 * s.hota:.1f}  "
        f"switches {s.switches}  misses {s.misses}  false {s.false}  of {s.truths} boxes"
    )


if __name__ == "__main__":
    main()
