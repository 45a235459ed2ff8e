"""How well people are hidden: `streetlamp process` against ground truth.

    python bench/hiding.py                       every labelled set of ../shared/data/video
    python bench/hiding.py pets09_s2l1_a         one set
    python bench/hiding.py --keep DIR            keep what process wrote (DIR/<set>/hidden.csv …)
    python bench/hiding.py --share CLIP …        any clips: only how much of them is hidden
    python bench/hiding.py --seldom              two looks a second, as on an overloaded machine
    python bench/hiding.py demo_crossing         the demo's clip, by the labels of pets09_s2l1_a

A head is the top quarter of a person's box, cut to the picture; it counts as hidden when at least
90 % of its area is. Only persons with visibility of at least 0.5 (or unknown) that are not marked
to be ignored are scored; the two columns are those at least 40 and at least 24 pixels high.
"body" is the share of all persons of 40 pixels or more of whom at least 90 % is hidden, not the
head alone. "longest" is the most pictures in a row in which one head of 40 pixels or more was not
hidden.
"hidden" is the share of the picture, mean and worst; "people" the share that the labelled boxes of
all persons together cover, ignored and covered ones too; "ratio" the one mean over the other,
to stay under 2.5. Sets with pixel masks are also scored by the share of person pixels hidden
(their boxes are drawn around those masks). "whole": pictures hidden entirely.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data" / "video"
HEIGHTS = (40, 24)  # pixels: persons at least this high
DEMO = {"demo_crossing": (140, 90, 384, 288), "demo_carpark": (384, 0, 384, 288)}  # x y w h
SELDOM = "look: {looks_per_second: 2, quiet_looks_per_second: 1.8}"
PEOPLE = frozenset({"person", "rider_bicycle", "rider_motorcycle"})

Box = tuple[float, float, float, float]


@dataclass
class Truth:
    """One labelled person in one frame."""

    id: int
    box: Box
    visibility: float
    ignore: bool


@dataclass
class Score:
    heads: int = 0
    hidden: int = 0
    heads_from: dict[int, int] = field(default_factory=lambda: dict.fromkeys(HEIGHTS, 0))
    hidden_from: dict[int, int] = field(default_factory=lambda: dict.fromkeys(HEIGHTS, 0))
    bodies_hidden: int = 0  # of those at least 40 pixels high
    longest: int = 0  # frames in a row in which one person's head was not hidden
    pixels: int = 0
    pixels_hidden: int = 0
    area: list[float] = field(default_factory=list)  # share of each picture hidden
    extra: list[float] = field(default_factory=list)  # of which not people
    people: list[float] = field(default_factory=list)  # share of each that people's boxes cover
    whole: int = 0  # pictures hidden entirely
    missed: list[tuple[int, int]] = field(default_factory=list)  # frame, id


def read_truth(path: Path) -> dict[int, list[Truth]]:
    """People by frame (from 1) of a gt.csv."""
    people: dict[int, list[Truth]] = defaultdict(list)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["class"] in PEOPLE:
                box = tuple(float(row[k]) for k in ("x1", "y1", "x2", "y2"))
                people[int(row["frame"])].append(
                    Truth(int(row["id"]), box, float(row["visibility"]), row["ignore"] == "1")
                )
    return people


def read_hidden(path: Path) -> dict[int, list[Box]]:
    """Rectangles by frame (from 1) of a hidden.csv."""
    rectangles: dict[int, list[Box]] = defaultdict(list)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            rectangles[int(row["frame"])].append(
                tuple(float(row[k]) for k in ("x1", "y1", "x2", "y2"))
            )
    return rectangles


def paint(boxes: list[Box], size: tuple[int, int]) -> np.ndarray:
    """(h, w) bool: which pixels the boxes cover."""
    canvas = np.zeros((size[1], size[0]), np.bool_)
    for x1, y1, x2, y2 in boxes:
        canvas[max(0, round(y1)) : max(0, round(y2)), max(0, round(x1)) : max(0, round(x2))] = True
    return canvas


def score_set(
    truth: dict[int, list[Truth]],
    hidden: dict[int, list[Box]],
    size: tuple[int, int],
    frames: int,
    masks: Path | None = None,
    scored: set[int] | None = None,
) -> Score:
    """The score of one clip; `scored` limits it to some frames (default: all)."""
    score = Score()
    run: dict[int, int] = defaultdict(int)
    for frame in range(1, frames + 1):
        if scored is not None and frame not in scored:
            continue
        cover = paint(hidden.get(frame, []), size)
        people = truth.get(frame, [])
        bodies = paint([person.box for person in people], size)
        score.area.append(float(cover.mean()))
        score.extra.append(float((cover & ~bodies).mean()))
        score.people.append(float(bodies.mean()))
        score.whole += bool(cover.all())
        for person in people:
            if person.ignore or 0 <= person.visibility < 0.5:
                continue
            covered = head_cover(person.box, cover)
            if covered is None:
                continue
            score.heads += 1
            score.hidden += covered >= 0.9
            high = [h for h in HEIGHTS if person.box[3] - person.box[1] >= h]
            for height in high:
                score.heads_from[height] += 1
                score.hidden_from[height] += covered >= 0.9
            if HEIGHTS[0] in high:
                score.bodies_hidden += share_of(person.box, cover) >= 0.9
            if covered >= 0.9:
                run[person.id] = 0
            elif HEIGHTS[0] in high:
                run[person.id] += 1
                score.longest = max(score.longest, run[person.id])
                score.missed.append((frame, person.id))
        if masks is not None and (path := masks / f"{frame:06d}.png").exists():
            mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) == 255
            score.pixels += int(mask.sum())
            score.pixels_hidden += int((mask & cover).sum())
    return score


def head_cover(box: Box, cover: np.ndarray) -> float | None:
    """The share of the head (top quarter of the box) that `cover` hides; None outside."""
    x1, y1, x2, y2 = box
    y2 = y1 + (y2 - y1) / 4
    part = cover[max(0, round(y1)) : max(0, round(y2)), max(0, round(x1)) : max(0, round(x2))]
    return float(part.mean()) if part.size else None


def share_of(box: Box, cover: np.ndarray) -> float:
    """The share of a box, as far as it is in the picture, that `cover` hides."""
    x1, y1, x2, y2 = (max(0, round(edge)) for edge in box)
    part = cover[y1:y2, x1:x2]
    return float(part.mean()) if part.size else 1.0


@dataclass(frozen=True)
class LabelledClip:
    """A clip, and who is in it, by frame from 1."""

    path: Path
    truth: dict[int, list[Truth]]
    masks: Path | None = None


def labelled(name: str) -> LabelledClip:
    """A set of the reference footage, or a demo clip that was cut out of one."""
    if name in DEMO:
        left, top, width, height = DEMO[name]
        people = read_truth(DATA / "pets09_s2l1_a" / "gt.csv")
        truth = {
            frame: [cut_to(person, left, top, width, height) for person in there]
            for frame, there in people.items()
        }
        return LabelledClip(ROOT / "demo" / "footage" / f"{name[5:]}.mp4", truth)
    folder = DATA / name
    masks = folder / "masks"
    truth = read_truth(folder / "gt.csv")
    return LabelledClip(clip_of(folder), truth, masks if masks.is_dir() else None)


def cut_to(person: Truth, left: int, top: int, width: int, height: int) -> Truth:
    """As seen in a part of the picture; who is less than three fifths inside is not scored."""
    x1, y1, x2, y2 = person.box
    box = (x1 - left, y1 - top, x2 - left, y2 - top)
    w = min(width, box[2]) - max(0.0, box[0])
    h = min(height, box[3]) - max(0.0, box[1])
    outside = max(0.0, w) * max(0.0, h) < 0.6 * (x2 - x1) * (y2 - y1)
    return Truth(person.id, box, person.visibility, person.ignore or outside)


def run_process(clip: Path, out: Path, extra: list[str]) -> None:
    """`streetlamp process` on one clip, by the interpreter that runs this bench."""
    command = [sys.executable, "-m", "streetlamp", "process", str(clip), "--out", str(out), *extra]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def clip_of(folder: Path) -> Path:
    clip = folder / "clip.mp4"
    return clip if clip.exists() else folder / "frames"


def clip_size(clip: Path) -> tuple[tuple[int, int], int]:
    """Size (w, h) and number of decoded pictures."""
    with av.open(str(clip)) as container:
        pictures = sum(1 for _ in container.decode(video=0))
        stream = container.streams.video[0]
        return (stream.width, stream.height), pictures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="*", help="names of sets; default: all with labels")
    parser.add_argument("--keep", type=Path, help="keep process's outputs here")
    parser.add_argument("--reuse", action="store_true", help="score what --keep holds already")
    parser.add_argument("--seldom", action="store_true", help="two looks a second")
    parser.add_argument("--missed", action="store_true", help="list the misses")
    parser.add_argument("--share", nargs="+", type=Path, help="only how much of these is hidden")
    args, extra = parser.parse_known_args()
    if args.share:
        shares(args.share, extra)
        return
    if not DATA.is_dir():
        sys.exit(f"no reference footage in {DATA}: set STREETLAMP_SHARED")
    names = args.sets or sorted(
        p.parent.name for p in DATA.glob("*/clip.mp4") if (p.parent / "gt.csv").exists()
    )
    heads = "".join(f"{f'>= {h} px':>9}{'hidden':>9}" for h in HEIGHTS)
    print(
        f"{'set':18}{heads}{'body':>9}{'longest':>9}{'pixels':>9}{'hidden':>8}{'worst':>8}", end=""
    )
    print(f"{'people':>8}{'ratio':>7}{'whole':>7}")
    with tempfile.TemporaryDirectory() as scratch:
        if args.seldom:
            extra += ["--site", str(seldom_site(Path(scratch)))]
        for name in names:
            clip = labelled(name)
            out = (args.keep or Path(scratch)) / name
            if not args.reuse:
                run_process(clip.path, out, extra)
            size, frames = clip_size(clip.path)
            s = score_set(clip.truth, read_hidden(out / "hidden.csv"), size, frames, clip.masks)
            print(line(name, s), flush=True)
            if args.missed:
                print("   missed (frame, id):", *s.missed)


def seldom_site(folder: Path) -> Path:
    """A site file of a camera that is looked at twice a second."""
    path = folder / "seldom.yaml"
    path.write_text(f"cameras:\n  clip:\n    source: 'test:'\n    {SELDOM}\n")
    return path


def line(name: str, s: Score) -> str:
    heads = "".join(
        f"{s.heads_from[h]:9d}{100 * s.hidden_from[h] / s.heads_from[h]:8.2f}%"
        if s.heads_from[h]
        else f"{0:9d}{'–':>9}"
        for h in HEIGHTS
    )
    least = s.heads_from[HEIGHTS[0]]
    body = f"{100 * s.bodies_hidden / least:8.2f}%" if least else f"{'–':>9}"
    pixels = f"{100 * s.pixels_hidden / s.pixels:8.2f}%" if s.pixels else f"{'–':>9}"
    area, people = np.array(s.area), float(np.mean(s.people))
    ratio = f"{area.mean() / people:7.2f}" if people else f"{'–':>7}"
    return (
        f"{name:18}{heads}{body}{s.longest:9d}{pixels}"
        f"{100 * area.mean():7.1f}%{100 * area.max():7.1f}%{100 * people:7.1f}%{ratio}{s.whole:7d}"
    )


def shares(clips: list[Path], extra: list[str]) -> None:
    """How much of each clip is hidden, whoever is in it."""
    with tempfile.TemporaryDirectory() as scratch:
        for number, clip in enumerate(clips):
            out = Path(scratch) / str(number)
            run_process(clip, out, extra)
            size, frames = clip_size(clip)
            hidden = read_hidden(out / "hidden.csv")
            area = [float(paint(hidden.get(k, []), size).mean()) for k in range(1, frames + 1)]
            clear = 100 * float(np.mean([a == 0.0 for a in area]))
            print(
                f"{clip.name:34} hidden {100 * float(np.mean(area)):5.1f}% worst "
                f"{100 * max(area):5.1f}%, nothing hidden in {clear:5.1f}% of {frames} pictures",
                flush=True,
            )


if __name__ == "__main__":
    main()
