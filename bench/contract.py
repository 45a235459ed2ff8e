"""Does `streetlamp process` keep its contract on every clip of ../shared/data/video?

    python bench/contract.py                 every clip
    python bench/contract.py pets tamper     clips whose path holds one of the words

For each clip: the number of pictures and every time stamp of masked.mp4 against the input's, the
size, and that tracks.csv, hidden.csv, events.jsonl, counts.csv and report.json are well formed.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data" / "video"
HEADERS = {
    "tracks.csv": "frame,id,class,x1,y1,x2,y2,score",
    "hidden.csv": "frame,x1,y1,x2,y2",
    "counts.csv": "minute,camera,place,class,direction,n",
}


def pictures(path: Path) -> tuple[list[Fraction], tuple[int, int]]:
    """Time of every picture in seconds, and the size."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times = [frame.pts * frame.time_base for frame in container.decode(stream)]
        return times, (stream.width, stream.height)


def problems(clip: Path, out: Path) -> Iterator[str]:
    """What of the contract does not hold."""
    before, size = pictures(clip)
    after, masked_size = pictures(out / "masked.mp4")
    if len(before) != len(after):
        yield f"{len(after)} pictures for {len(before)}"
    late = sum(a != b for a, b in zip(before, after, strict=False))
    if late:
        yield f"{late} time stamps differ"
    if size != masked_size:
        yield f"size {masked_size} for {size}"
    for name, header in HEADERS.items():
        lines = (out / name).read_text().splitlines()
        if not lines or lines[0] != header:
            yield f"{name}: wrong header"
    for name in ("tracks.csv", "hidden.csv"):
        with (out / name).open(newline="") as file:
            rows = list(csv.DictReader(file))
        if any(not 1 <= int(row["frame"]) <= len(before) for row in rows):
            yield f"{name}: a frame outside the clip"
        if any(float(r["x1"]) >= float(r["x2"]) or float(r["y1"]) >= float(r["y2"]) for r in rows):
            yield f"{name}: an empty box"
        if name == "tracks.csv" and len({(r["frame"], r["id"]) for r in rows}) != len(rows):
            yield f"{name}: two rows for one track and frame"
    for line in (out / "events.jsonl").read_text().splitlines():
        json.loads(line)
    report = json.loads((out / "report.json").read_text())
    if not report["complete"] or report["frames"] != len(before):
        yield "report.json: not complete"


def main() -> None:
    if not DATA.is_dir():
        sys.exit(f"no reference footage in {DATA}: set STREETLAMP_SHARED")
    clips = sorted(DATA.glob("**/*.mp4"))
    if sys.argv[1:]:
        clips = [c for c in clips if any(word in str(c) for word in sys.argv[1:])]
    bad = 0
    for clip in clips:
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch)
            command = [sys.executable, "-m", "streetlamp", "process", str(clip)]
            subprocess.run(
                [*command, "--out", str(out), "-q"], check=True, stdout=subprocess.DEVNULL
            )
            found = list(problems(clip, out))
            report = json.loads((out / "report.json").read_text())
        bad += bool(found)
        told = "; ".join(found) or "exact"
        print(
            f"{clip.relative_to(DATA)!s:60} {report['frames']:5d} frames, "
            f"{report['frames_hidden_whole']:4d} hidden whole: {told}",
            flush=True,
        )
    sys.exit(f"{bad} of {len(clips)} clips break the contract" if bad else 0)


if __name__ == "__main__":
    main()
