"""How often a colour is named, and named rightly, on single pictures of real people and vehicles.

    python bench/colours.py ../shared/data/video

The names in ``colours.csv`` were given by eye, before looking at any result, to things in
coco_val_a, manaus_traffic_a and pets09_s2l1_a (boxes of the ground truth); where more than one name
is fair, all are listed. Each thing is seen once: live, votes of many looks are joined.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

import av
import numpy as np

from streetlamp.values import Colour, Kind, Tracks
from streetlamp.video.tag.options import TagOptions
from streetlamp.video.tag.tagger import Tagger


@cache
def clip(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as video:
        return list(video.decode(video=0))


def picture(folder: Path, frame: int) -> av.VideoFrame:
    if (folder / "clip.mp4").exists():
        return clip(folder / "clip.mp4")[frame - 1]
    (file,) = (folder / "frames").glob(f"{frame:06d}.*")
    return clip(file)[0]


def everything(folder: Path, frame: int, size: tuple[int, int]) -> Tracks:
    """All things of the ground truth in one picture."""
    box, kind = [], []
    with (folder / "gt.csv").open() as file:
        for row in csv.DictReader(file):
            if int(row["frame"]) == frame and row["class"].upper() in Kind.__members__:
                box.append([float(row[key]) for key in ("x1", "y1", "x2", "y2")])
                kind.append(Kind.parse(row["class"]))
    return Tracks.make("bench", 0.0, 1, size, id=range(len(box)), box=box, kind=kind)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    by_picture = defaultdict(list)
    with (Path(__file__).parent / "colours.csv").open() as file:
        for row in csv.DictReader(file):
            by_picture[row["set"], int(row["frame"])].append(row)
    asked: dict[str, int] = defaultdict(int)
    named: dict[str, int] = defaultdict(int)
    right: dict[str, int] = defaultdict(int)
    for (name, frame), rows in by_picture.items():
        image = picture(arguments.folder / name, frame)
        tracks = everything(arguments.folder / name, frame, (image.width, image.height))
        tagged = Tagger(TagOptions(tracks_per_look=1000)).update(image, tracks)
        for row in rows:
            box = np.array([float(row[key]) for key in ("x1", "y1", "x2", "y2")])
            nearest = int(np.abs(tagged.box - box).sum(axis=1).argmin())
            part = row["part"]
            column = {"upper": tagged.upper, "lower": tagged.lower, "vehicle": tagged.colour}[part]
            colour = Colour(int(column[nearest]))
            asked[part] += 1
            if colour is not Colour.UNKNOWN:
                named[part] += 1
                right[part] += colour.label in row["names"].split("|")
    for part, number in asked.items():
        share = 100 * right[part] / max(named[part], 1)
        print(f"{part:8} {number:3} things, {named[part]:3} named, {right[part]:3} rightly", end="")
        print(f" ({share:.0f} % of the named)")


if __name__ == "__main__":
    main()
