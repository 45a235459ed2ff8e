"""Does the audit of the hiding find planted leaks, and is it silent where there are none?

    python bench/audit.py                    every clip, then simulated days (some minutes)
    python bench/audit.py path crossing      these clips only
    python bench/audit.py --stride 4         every fourth well-hidden picture only

1. *Looks.* Each clip is processed by `streetlamp process`, its pictures are masked as that said,
   and coded as the live encoder does it; in 15 of 100 pictures, drawn at random, the masks are left
   out. The auditor looks at the stored result. "found" is the share of pictures with masks off and
   somebody in them in which it is sure to see somebody (95 % interval: Clopper and Pearson);
   "false" is the share of well-hidden pictures in which it is sure all the same, "perhaps" of those
   in which one of its two models is. Only looks at other times tell things from people, as in a day
   of recordings: the clip stands for the day.
2. *Days.* 24 hours at 10 pictures a second with people in some minutes of them, in which masks are
   off in 1 of 100 pictures: one by one, or a second at a time. The auditor's own plan draws a day's
   looks; what a look says is drawn from those of step 1. 500 days each.

Masks are left out here, in the bench: nothing in the product can.
"""

from __future__ import annotations

import argparse
import csv
import functools
import io
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from hiding import DATA, ROOT, run_process

from streetlamp.inspection.footage import CELL_SECONDS, Cell, Still
from streetlamp.inspection.judge import Judge
from streetlamp.inspection.options import AuditOptions
from streetlamp.inspection.plan import Purse, Stratum, sort_cells, times
from streetlamp.inspection.statistics import interval
from streetlamp.inspection.witness import PICTURES, Witnesses
from streetlamp.stream.encode import Encoder
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import Floats, MaskedFrame
from streetlamp.video.mask import hide, hide_whole
from streetlamp.video.raw import RawFrame

CLIPS = ("pets09_s2l1_a", "path", "crossing", "carpark", "cdnet_office", "intel_onebyone")
LEAKS = 0.15  # of the pictures, in step 1
DAY = 86_400.0
FPS = 10.0
START = 1_700_000_000.0


@dataclass
class Outcomes:
    """What looks said, one entry a look."""

    found: list[bool] = field(default_factory=list)  # masks off, somebody there
    false: list[bool] = field(default_factory=list)  # well hidden, or nobody there
    perhaps: list[bool] = field(default_factory=list)  # the same, by one model alone

    def add(self, other: Outcomes) -> None:
        self.found += other.found
        self.false += other.false
        self.perhaps += other.perhaps


def masked(frame: RawFrame, boxes: Floats, *, leak: bool) -> MaskedFrame:
    """The picture as the product hides it, or with its masks left out."""
    if leak:
        return hide(frame, np.zeros((0, 4), np.float32))
    width, height = frame.size
    if len(boxes) == 1 and (boxes[0] == (0, 0, width, height)).all():
        return hide_whole(frame, "as processed")
    return hide(frame, boxes)


def stored(frames: Sequence[MaskedFrame]) -> bytes:
    """The pictures as a recording holds them."""
    encoder = Encoder("bench", EncodeOptions())
    fragments = [one for frame in frames for one in encoder.push(frame, None)]
    fragments += encoder.flush()
    return fragments[0].init + b"".join(fragment.data for fragment in fragments)


def decoded(data: bytes) -> list[Still]:
    """Every picture of a recording, its number as its time."""
    with av.open(io.BytesIO(data)) as container:
        return [Still(float(i), picture) for i, picture in enumerate(container.decode(video=0))]


def look_at(stills: Sequence[Still], leaks: Sequence[int], hidden: Sequence[int]) -> Outcomes:
    """The auditor's word on some pictures of one recording, told apart by their numbers."""
    judge = Judge.load()
    others = [i for i in range(len(stills)) if i not in set(leaks)]
    step = max(1, len(others) // PICTURES)
    witnesses = Witnesses([stills[i] for i in others[::step][:PICTURES]], apart=0.5)
    result = Outcomes()
    for number in [*leaks, *hidden]:
        seen = judge.look(stills[number].picture)
        things = np.array([witnesses.know(stills[number], box) for box in seen.box], np.bool_)
        sure, perhaps = bool((seen.sure & ~things).any()), bool((~seen.sure & ~things).any())
        if number in leaks:
            result.found.append(sure)
        else:
            result.false.append(sure)
            result.perhaps.append(perhaps)
    return result


def clip_outcomes(name: str, scratch: Path, stride: int, most: int = 120) -> Outcomes:
    """Step 1 for one clip. Only leaks count in which the detector that hides saw somebody.

    stride: only one in so many well-hidden pictures; most: no more leaks than this.
    """
    clip = DATA / name / "clip.mp4"
    clip = clip if clip.exists() else ROOT / "demo" / "footage" / f"{name}.mp4"
    out = scratch / name
    run_process(clip, out, ["--quiet"])
    boxes: dict[int, list[list[float]]] = defaultdict(list)
    people: set[int] = set()
    with (out / "hidden.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            boxes[int(row["frame"])].append([float(row[k]) for k in ("x1", "y1", "x2", "y2")])
    with (out / "tracks.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            tall = float(row["y2"]) - float(row["y1"])
            if row["class"] == "person" and float(row["score"]) >= 0.5 and tall >= 40:
                people.add(int(row["frame"]))
    random = np.random.default_rng(1)
    frames, leaks = [], []
    with av.open(str(clip)) as container:
        for i, picture in enumerate(container.decode(video=0)):
            frame = RawFrame("bench", START + i / FPS, i + 1, picture, i, Fraction(1, 10))
            leak = bool(random.random() < LEAKS)
            hidden = np.array(boxes[i + 1], np.float32).reshape(-1, 4)
            frames.append(masked(frame, hidden, leak=leak))
            if leak:
                leaks.append(i)
    stills = decoded(stored(frames))
    somebody = [i for i in leaks if i + 1 in people][:most]
    well = [i for i in range(len(stills)) if i not in set(leaks)][::stride]
    return look_at(stills, somebody, well)


@functools.cache
def day_cells() -> list[Cell]:
    """A day in cells."""
    return [Cell(float(s), float(s) + CELL_SECONDS, 1000) for s in np.arange(0, DAY, CELL_SECONDS)]


def day(
    random: np.random.Generator, minutes: float, outcomes: Outcomes, leak: float, burst: float
) -> tuple[int, int, int]:
    """One day: leaks found, false findings, looks. leak: share of pictures with people whose masks
    are off; burst: seconds that they are off at a time (0: single pictures)."""
    visits = max(1, int(minutes / 2))
    begins = np.sort(random.uniform(0, DAY - 600, visits))
    cells = day_cells()
    there = np.zeros(len(cells), np.bool_)
    for begin in begins:
        last = (begin + 60 * minutes / visits) // CELL_SECONDS
        there[int(begin // CELL_SECONDS) : int(last) + 1] = True
    length = burst or 1 / FPS
    slots = np.flatnonzero(np.repeat(there, round(CELL_SECONDS / length)))
    many = max(1, round(leak * len(slots))) if leak else 0
    off = random.choice(slots, many, replace=False)
    options = AuditOptions()
    purse = Purse(options.looks_per_day)
    a_round = int(options.every_minutes * 60 / CELL_SECONDS)
    looked: list[float] = []
    for first in range(0, len(cells), a_round):
        some = cells[first : first + a_round]
        strata = sort_cells(
            some, lambda cell: 0.1 if there[int(cell.start // CELL_SECONDS)] else 0.0
        )
        seconds = {stratum: sum(c.seconds for c in strata[stratum]) for stratum in Stratum}
        given = purse.spend(purse.earn(sum(seconds.values())), seconds)
        for stratum in Stratum:
            looked += times(strata[stratum], given[stratum], random)
    leaking = np.isin((np.array(looked) / length).astype(int), off)
    found = random.choice(np.array(outcomes.found), int(leaking.sum()))
    false = random.choice(np.array(outcomes.false), int((~leaking).sum()))
    return int(found.sum()), int(false.sum()), len(looked)


def percent(hits: Sequence[bool]) -> str:
    if not hits:
        return f"{'–':>21}"
    low, high = interval(sum(hits), len(hits))
    return f"{100 * np.mean(hits):6.1f} ({100 * low:4.1f}–{100 * high:5.1f})"


def days(outcomes: Outcomes, repeats: int) -> None:
    print(
        f"\n{'people a day':>14}{'masks off':>24}{'days found':>24}{'false a day':>13}{'looks':>7}"
    )
    for minutes in (5.0, 40.0, 600.0):
        for leak, burst in ((0.01, 0.0), (0.01, 1.0), (0.0, 0.0)):
            random = np.random.default_rng(7)
            done = [day(random, minutes, outcomes, leak, burst) for _ in range(repeats)]
            hits = [found > 0 for found, _, _ in done]
            how = "never" if not leak else "1 %, " + ("1 s at a time" if burst else "single")
            false, looks = np.mean([f for _, f, _ in done]), np.mean([n for _, _, n in done])
            print(
                f"{minutes:10.0f} min{how:>24}{percent(hits):>24}{false:13.2f}{looks:7.0f}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("clips", nargs="*", help="names of sets or of the demo's clips")
    parser.add_argument("--stride", type=int, default=2, help="of well-hidden pictures")
    parser.add_argument("--days", type=int, default=500)
    args = parser.parse_args()
    print(f"{'clip':18}{'off':>5}{'found %':>21}{'well':>6}{'false %':>21}{'perhaps %':>21}")
    total = Outcomes()
    with tempfile.TemporaryDirectory() as scratch:
        for name in args.clips or CLIPS:
            if (
                not (DATA / name).is_dir()
                and not (ROOT / "demo" / "footage" / f"{name}.mp4").exists()
            ):
                print(f"{name:18} is not on this machine", file=sys.stderr)
                continue
            one = clip_outcomes(name, Path(scratch), args.stride)
            total.add(one)
            print_row(name, one)
    print_row("together", total)
    if total.found and total.false:
        days(total, args.days)


def print_row(name: str, one: Outcomes) -> None:
    print(
        f"{name:18}{len(one.found):5d}{percent(one.found):>21}{len(one.false):6d}"
        f"{percent(one.false):>21}{percent(one.perhaps):>21}",
        flush=True,
    )


if __name__ == "__main__":
    main()
