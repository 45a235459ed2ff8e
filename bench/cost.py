"""What one camera costs: asleep, awake and busy, beside the floors and its peers.

    python bench/cost.py                    everything, three rounds (about half an hour)
    python bench/cost.py --quick            one round, shorter clips (about five minutes)
    python bench/cost.py --clip room        one clip (bench/clips.py tells of them)

CPU time is user and system time of a process and all it started. The tools take turns, round after
round, so that a busy neighbour hurts all alike; shown are medians with the least and the most.

- Floors (bench/floor.py): the step alone, without a process's start.
- Tools: each measured as a process on the clip's beginning and on a longer beginning. The
  difference a frame is what a camera costs that runs for good; the rest is the *start*: Python,
  libraries, the model being loaded and compiled, the first looks.
- `ffmpeg`: Debian's binary decodes and compresses again, x264 ultrafast, one thread.
- `motion`: Debian's package `motion` 4.5 detects motion at full size, nothing recorded, no picture
  written, at the clip's own pace; two lengths of time instead of two lengths of clip.
- `deface`: hides faces, at its defaults, in an environment of its own under .cache/.

The last lines say PASS or FAIL for the costs this project set itself.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import clips
import floor
from clips import Clip
from hiding import DATA, read_hidden, read_truth, score_set
from process import ROOT, BenchClip, CommandError, deface_hides, moved, peers_ready
from programs import Spent, deface, ensure_motion, ffmpeg, motion, step, streetlamp

from record import Bar, Result, Table, save, spread

KEYFRAMES, REENCODE = "keyframes", "reencode"
CHEAP = frozenset({"demux", "remux", "keyframes"})  # measured on the longer clip


@dataclass
class Samples:
    """One tool on one clip: what a frame costs, and what starting costs, round by round."""

    frame: list[float] = field(default_factory=list)  # CPU seconds
    wall: list[float] = field(default_factory=list)  # seconds a frame
    start: list[float] = field(default_factory=list)  # CPU seconds
    total: list[float] = field(default_factory=list)  # CPU seconds a frame, start included

    @property
    def middle(self) -> float:
        return statistics.median(self.frame)

    def add(self, short: Spent, short_frames: int, long: Spent, long_frames: int) -> None:
        more = long_frames - short_frames
        frame = (long.cpu - short.cpu) / more
        self.frame.append(frame)
        self.wall.append((long.wall - short.wall) / more)
        self.start.append(short.cpu - frame * short_frames)
        self.total.append(long.cpu / long_frames)


@dataclass(frozen=True)
class Plan:
    """How long a tool is run on a clip: frames of the shorter and the longer beginning."""

    short: int
    long: int


FULL = {
    "room": Plan(900, 4500),
    "campus": Plan(900, 4500),
    "office": Plan(900, 4500),
    "shadow": Plan(900, 4500),
    "windy": Plan(450, 1800),
    "van": Plan(300, 900),
    "busy": Plan(120, 390),
}
QUICK = {"room": Plan(300, 1800), "campus": Plan(300, 1800), "van": Plan(90, 300),
         "busy": Plan(60, 210)}  # fmt: skip
DEFACE = Plan(30, 90)


class Bench:
    """Rounds of everything on every clip."""

    def __init__(self, rounds: int, plans: dict[str, Plan], *, quick: bool, peers: bool) -> None:
        self.rounds, self.plans, self.quick = rounds, plans, quick
        self.floors: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.tools: dict[str, dict[str, Samples]] = defaultdict(lambda: defaultdict(Samples))
        self.looks: dict[str, float] = {}  # share of frames looked at, by clip
        self.counts: dict[str, dict[str, int]] = {}  # what streetlamp said it did, by clip
        self.heads: dict[str, float] = {}  # share of heads hidden in the busy clip, by tool
        self.skipped: list[str] = []
        self.motion_seconds = (5.0, 25.0) if quick else (10.0, 70.0)
        self.deface = peers and self._peer("deface", peers_ready)
        self.motion = peers and self._peer("motion", ensure_motion)
        self.ffmpeg = self._peer(
            "ffmpeg", lambda: "" if shutil.which("ffmpeg") else "`apt-get install ffmpeg` for it"
        )

    def _peer(self, name: str, ready: Callable[[], str]) -> bool:
        if why := ready():
            self.skipped.append(f"{name}: {why}")
        return not why

    def round(self, clip: Clip, scratch: Path) -> None:
        plan = self.plans[clip.name]
        short, long = clips.shortened(clip, plan.short), clips.shortened(clip, plan.long)
        for name in [*floor.STEPS, "look", "faces"]:
            on = long if name in CHEAP else short
            self.floors[clip.name][name].append(step(name, on)[0])
        self._tool(clip, "streetlamp process", streetlamp, short, long, scratch)
        self._said(clip, scratch)
        if self.ffmpeg:
            self._tool(clip, "ffmpeg", ffmpeg, short, long, scratch)
        if self.deface and clip.name == "busy":
            ends = clips.shortened(clip, DEFACE.short), clips.shortened(clip, DEFACE.long)
            self._tool(clip, "deface", deface, *ends, scratch)
        if self.motion and clip.name in ("room", "campus", "busy"):
            few, many = self.motion_seconds
            low, high = motion(clip, scratch, few), motion(clip, scratch, many)
            samples = self.tools[clip.name]["motion"]
            samples.add(low, round(few * clips.FPS), high, round(many * clips.FPS))

    def _tool(
        self, clip: Clip, name: str, run: Callable[[Clip, Path], Spent], short: Clip, long: Clip,
        scratch: Path,
    ) -> None:  # fmt: skip
        low, high = run(short, scratch), run(long, scratch)
        self.tools[clip.name][name].add(low, short.frames, high, long.frames)

    def _said(self, clip: Clip, scratch: Path) -> None:
        """What report.json of the last, long run says of looks and copies."""
        told = json.loads((scratch / f"streetlamp-{clip.name}" / "report.json").read_text())
        keys = ("frames", "frames_decoded", "frames_looked_at", "frames_hidden_whole",
                "gops_copied", "gops_reencoded")  # fmt: skip
        self.counts[clip.name] = {key: told[key] for key in keys}
        self.looks[clip.name] = told["frames_looked_at"] / max(1, told["frames"])

    def hiding(self, clip: Clip, scratch: Path) -> None:
        """How many heads each tool hides in the busy clip's beginning, where that is known."""
        shared = DATA / "pets09_s2l1_a"
        if clip.name != "busy" or not shared.is_dir():
            return
        scale, top = clip.size[0] / 768, 72  # of 768×576, cut to 16:9
        frames = DEFACE.long
        truth = {
            frame: [moved(person, scale, top) for person in people]
            for frame, people in read_truth(shared / "gt.csv").items()
        }
        files = {"streetlamp": scratch / "streetlamp-busy" / "hidden.csv"}
        if self.deface:
            part = clips.shortened(clip, frames)
            files["deface"] = deface_hides(
                BenchClip(part.name, part.path, part.size, part.frames, {}), scratch
            )
        for name, path in files.items():
            score = score_set(truth, read_hidden(path), clip.size, frames)
            self.heads[name] = score.hidden / max(1, score.heads)

    def floor(self, clip: str, name: str) -> float:
        return statistics.median(self.floors[clip][name])

    def table(self, clip: Clip) -> Table:
        keyframes, reencode = self.floor(clip.name, KEYFRAMES), self.floor(clip.name, REENCODE)
        rows = []
        for name, values in self.floors[clip.name].items():
            middle = statistics.median(values)
            ratios = [f"{middle / keyframes:.2f}", f"{reencode / middle:.1f}"]
            rows.append([f"floor: {name}", spread(values, 1e6, 0), *ratios, "–", "–"])
        for name, samples in self.tools[clip.name].items():
            cells = [
                name,
                spread(samples.frame, 1e6, 0),
                f"{samples.middle / keyframes:.2f}",
                f"{reencode / samples.middle:.1f}",
                f"{statistics.median(samples.start):.2f}",
                f"{1e6 * statistics.median(samples.total):.0f}",
            ]
            rows.append(cells)
        said = self.counts[clip.name]
        note = (
            f"of {said['frames']} frames {said['frames_decoded']} decoded, "
            f"{said['frames_looked_at']} looked at, {said['frames_hidden_whole']} hidden whole; "
            f"{said['gops_copied']} GOPs copied, {said['gops_reencoded']} encoded again. "
            "The steps look and faces are for each look, not each frame."
        )
        if clip.name == "busy" and self.heads:
            shares = ", ".join(f"{name} {100 * share:.1f} %" for name, share in self.heads.items())
            note += f" Heads hidden in the first {DEFACE.long} frames: {shares}."
        columns = [
            "",
            "CPU µs a frame",
            "× keyframes",
            "reencode is × this",
            "start, s",
            "with start",
        ]
        plan = self.plans[clip.name]
        lengths = f"{plan.short} and {plan.long} frames, {self.rounds} rounds"
        title = f"{clip.name}, 1280×720 at 15 a second ({lengths})"
        return Table(title, columns, rows, note)

    def bars(self, clip: Clip) -> list[Bar]:
        ours = self.tools[clip.name]["streetlamp process"]
        keyframes, reencode = self.floor(clip.name, KEYFRAMES), self.floor(clip.name, REENCODE)
        if clip.quiet:
            return [
                Bar(f"{clip.name}: asleep, × (keyframes + remux)", ours.middle / keyframes, 1.5),
                Bar(f"{clip.name}: decode + encode ÷ asleep", reencode / ours.middle, 12, False),
            ]
        if clip.name != "busy":
            return []
        # Faces are looked for once in 0.4 s.
        face_looks = min(self.looks[clip.name], 1 / (0.4 * clips.FPS))
        looking = self.floor(clip.name, "look") * self.looks[clip.name]
        looking += self.floor(clip.name, "faces") * face_looks
        bars = [
            Bar("busy: less the detector's share, × (decode + encode)",
                (ours.middle - looking) / reencode, 1.35)
        ]  # fmt: skip
        if {"streetlamp", "deface"} <= self.heads.keys():
            better = self.heads["streetlamp"] - self.heads["deface"]
            bars.append(Bar("busy: heads hidden, more than by deface", better, 0, False))
        if "deface" in self.tools[clip.name]:
            theirs = self.tools[clip.name]["deface"]
            bars.append(Bar("busy: deface ÷ streetlamp", theirs.middle / ours.middle, 8, False))
        return bars


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one round, fewer and shorter clips")
    parser.add_argument("--rounds", type=int, help="default: 3, with --quick 1")
    parser.add_argument("--clip", action="append", choices=FULL, help="default: all")
    parser.add_argument("--no-peers", action="store_true", help="leave deface and motion out")
    parser.add_argument("--no-save", action="store_true", help="print only, keep nothing")
    wanted = parser.parse_args()
    plans = QUICK if wanted.quick else FULL
    plans = {**FULL, **plans}
    rounds = wanted.rounds or (1 if wanted.quick else 3)
    names = wanted.clip or list(QUICK if wanted.quick else FULL)
    bench = Bench(rounds, plans, quick=wanted.quick, peers=not wanted.no_peers)
    chosen, missing = clips.available(names)
    bench.skipped += missing
    try:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(rounds):
                for clip in chosen:
                    print(f"round {number + 1}: {clip.name} …", file=sys.stderr, flush=True)
                    bench.round(clip, Path(folder))
            for clip in chosen:
                bench.hiding(clip, Path(folder))
    except CommandError as failure:
        print(f"a measured command failed:\n{failure}", file=sys.stderr)
        return 1
    result = Result(
        "cost",
        "python bench/cost.py" + (" --quick" if wanted.quick else ""),
        wanted.quick,
        [bench.table(clip) for clip in chosen],
        [bar for clip in chosen for bar in bench.bars(clip)],
        bench.skipped,
    )
    result.print()
    if not (wanted.no_save or wanted.clip):
        print(f"\nkept as {save(result).relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
