"""How many cameras one machine carries, what each costs, and what gives way first.

    python bench/cameras.py                     1 to 64 cameras, and the main case (a quarter hour)
    python bench/cameras.py --quick             fewer and shorter
    python bench/cameras.py --cameras 24:4      24 cameras of which 4 are busy
    python bench/cameras.py --seconds 60        of each row, after it has settled

`streetlamp run` with looped files as cameras, 1280×720 at 15 pictures a second (bench/clips.py):
quiet ones (nobody there), and busy ones (people all the time). Each camera's keyframes come at
another moment, as those of real cameras do. Everything is on: recording, the desk, the wall.

The figures come from the desk's API, asked once a second, and from the recordings themselves:

- *CPU*: of the whole process, in cores and for each camera; *others*: cores that the rest of the
  machine took at the same time (a row with much of it says little).
- *looks*: looks a second of a busy camera; of a quiet one.
- *whole*: share of the moments in which a busy (quiet) camera's picture was hidden as a whole.
- *missing*: pictures the cameras sent that are not in the recording.
- *gap*: the longest stretch without a picture in any camera's recording.
- *delay*: the age of the newest picture that may be shown, median and 95th percentile.

*Kept* means: nothing missing, no gap over half a second, nothing hidden as a whole for being late,
and a busy camera looked at as often as when it is alone. Otherwise the row says what gave way.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import av
import clips
from clips import FPS, GOP, Clip

from live import Lamp, NotRunningError
from record import ROOT, Bar, Result, Table, save

MIXES = [(1, 0), (1, 1), (2, 0), (4, 1), (8, 1), (16, 3), (24, 4), (32, 5), (48, 8), (64, 11)]
QUICK_MIXES = [(1, 0), (1, 1), (8, 1), (24, 4)]
MAIN = (24, 4)
SETTLE, SETTLE_EACH = 40.0, 5.0  # seconds: cameras open one by one, rhythms are learnt
PHASES = 8
_FILE = re.compile(r"(\d{6}\.\d{6})Z-[0-9a-f]{16}\.mp4")


def settle(cameras: int) -> float:
    """Seconds until a machine with so many cameras is measured."""
    return SETTLE + SETTLE_EACH * cameras


@dataclass
class Seen:
    """What the desk said of one camera, once a second."""

    busy: bool
    looks: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    delay: list[float] = field(default_factory=list)
    reasons: set[str] = field(default_factory=set)
    live: list[bool] = field(default_factory=list)


@dataclass
class Row:
    """One mix of cameras, measured."""

    cameras: int
    busy: int
    cores: float = 0.0
    others: float = 0.0  # cores that everybody else took meanwhile
    memory: float = 0.0
    seen: dict[str, Seen] = field(default_factory=dict)
    missing: float = 0.0  # share of the pictures
    gap: float = 0.0  # seconds
    broken: list[str] = field(default_factory=list)

    def values(self, name: str, busy: bool | None = None) -> list[float]:
        chosen = [one for one in self.seen.values() if busy is None or one.busy is busy]
        return [float(value) for one in chosen for value in getattr(one, name)]

    def mean(self, name: str, busy: bool | None = None) -> float | None:
        values = self.values(name, busy)
        return statistics.fmean(values) if values else None


def phased(clip: Clip, shift: int, folder: Path, frames: int) -> Path:
    """The clip with `shift` pictures left out of its first GOP, so keyframes come sooner."""
    path = folder / f"{clip.name}-{shift}.mp4"
    if not path.exists():
        with av.open(str(clip.path)) as source, av.open(str(path), "w", format="mp4") as out:
            track = out.add_stream_from_template(source.streams.video[0])
            step = None
            for index, packet in enumerate(islice(source.demux(video=0), min(frames, clip.frames))):
                step = packet.duration if step is None else step
                if GOP - shift <= index < GOP:
                    continue
                late = shift * (step or 0) if index >= GOP else 0
                packet.pts, packet.dts = index * (step or 0) - late, index * (step or 0) - late
                packet.stream = track
                out.mux(packet)
    return path


def site(mix: tuple[int, int], quiet: list[Clip], busy: Clip, folder: Path, seconds: float) -> str:
    """The site file: the busy cameras first."""
    frames = round((seconds + settle(mix[0]) + 40) * FPS)
    lines = ["name: Bench", "record: {min_free_gb: 0, segment_seconds: 60}", "cameras:"]
    for number in range(mix[0]):
        is_busy = number < mix[1]
        clip = busy if is_busy else quiet[number % len(quiet)]
        shift = (number * 3 % PHASES) * (GOP // PHASES)
        path = phased(clip, shift, folder, frames)
        lines.append(f"  {'busy' if is_busy else 'quiet'}{number}: {{source: {path}}}")
    return "\n".join(lines) + "\n"


def watch(lamp: Lamp, row: Row, seconds: float) -> float:
    """Asks the desk once a second; the POSIX time at which the measurement began."""
    time.sleep(settle(row.cameras))
    began, cpu, every, wall = time.time(), lamp.cpu(), lamp.machine(), time.monotonic()
    while time.monotonic() - wall < seconds:
        time.sleep(1 - (time.time() % 1))
        for status in lamp.get("/api/status")["cameras"]:
            note(row, status, time.time())
        row.memory = max(row.memory, lamp.memory())
    lasted = time.monotonic() - wall
    row.cores = (lamp.cpu() - cpu) / lasted
    row.others = max(0.0, (lamp.machine() - every) / lasted - row.cores)
    return began


def note(row: Row, status: dict[str, Any], now: float) -> None:
    name = status["camera"]
    seen = row.seen.setdefault(name, Seen(name.startswith("busy")))
    seen.live.append(status["state"] == "live")
    seen.looks.append(status["looks_per_second"])
    seen.whole.append(bool(status["whole_hidden"]))
    seen.delay.append(now - status["last_frame"])
    if status["whole_hidden"]:
        seen.reasons.add(status["whole_hidden"])


def recorded(data: Path, row: Row, began: float, ended: float) -> None:
    """Counts the pictures of the recordings between two moments, and looks for gaps."""
    wanted = found = 0.0
    for folder in sorted((data / "recordings").iterdir()):
        times = sorted(moment for path in folder.glob("*/*.mp4") for moment in moments(path))
        times = [moment for moment in times if began <= moment <= ended]
        found += len(times)
        wanted += (ended - began) * FPS
        edges = [began, *times, ended]
        row.gap = max([row.gap, *(b - a for a, b in pairwise(edges))])
    row.missing = max(0.0, 1 - found / wanted) if wanted else 1.0


def moments(path: Path) -> list[float]:
    """POSIX seconds of every picture of a recorded file."""
    name = _FILE.fullmatch(path.name)
    if name is None:
        return []
    clock = name[1]
    text = f"{path.parent.name}T{clock[:2]}:{clock[2:4]}:{clock[4:]}+00:00"
    start = datetime.fromisoformat(text).timestamp()
    with av.open(str(path)) as source:
        stream = source.streams.video[0]
        step = stream.time_base
        stamps = sorted(p.pts for p in source.demux(stream) if p.size and p.pts is not None)
    if step is None:
        return []
    return [start + float((stamp - stamps[0]) * step) for stamp in stamps]


def judge(row: Row, alone: float | None) -> None:
    """What gave way. `alone`: looks a second of a busy camera that has the machine for itself."""
    if min(row.values("live"), default=0.0) < 1:
        row.broken.append("cameras away")
    if row.missing > 0.005:
        row.broken.append("pictures missing")
    if row.gap > 0.5:
        row.broken.append("gaps in the recording")
    if any(row.values("whole")):
        reasons = sorted({reason for one in row.seen.values() for reason in one.reasons})
        row.broken.append(f"hidden whole ({', '.join(reasons)})")
    looks = row.mean("looks", busy=True)
    if alone and looks is not None and looks < 0.9 * alone:
        row.broken.append("fewer looks")


def measure(
    mix: tuple[int, int], quiet: list[Clip], busy: Clip, seconds: float, alone: float | None
) -> Row:
    row = Row(*mix)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        text = site(mix, quiet, busy, folder, seconds)
        try:
            with Lamp(text, folder) as lamp:
                lamp.login()
                began = watch(lamp, row, seconds)
        except (NotRunningError, OSError) as error:
            row.broken.append(f"did not run: {error}")
            return row
        recorded(lamp.data, row, began, began + seconds - 4)
    judge(row, alone)
    return row


def cells(row: Row) -> list[str]:
    def pair(name: str, scale: float = 1.0, digits: int = 1) -> str:
        both = [row.mean(name, busy=True), row.mean(name, busy=False)]
        return " / ".join("–" if x is None else f"{scale * x:.{digits}f}" for x in both)

    delays = sorted(row.values("delay")) or [0.0]
    late = delays[min(len(delays) - 1, round(0.95 * len(delays)))]
    return [
        f"{row.cameras} ({row.busy} busy)",
        f"{row.cores:.2f}",
        f"{row.others:.2f}",
        f"{100 * row.cores / row.cameras:.1f} %",
        pair("looks"),
        pair("whole", 100),
        f"{100 * row.missing:.2f} %",
        f"{row.gap:.2f}",
        f"{statistics.median(delays):.1f} / {late:.1f}",
        f"{row.memory:.0f}",
        "; ".join(row.broken) or "kept",
    ]


COLUMNS = [
    "cameras", "CPU, cores", "others", "a camera", "looks/s busy / quiet", "whole % busy / quiet",
    "missing", "gap, s", "delay, s", "MB", "promises",
]  # fmt: skip


def mix_of(text: str) -> tuple[int, int]:
    every, _, busy = text.partition(":")
    return int(every), int(busy or 0)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, help="of each row; default 60, with --quick 20")
    parser.add_argument("--cameras", type=mix_of, action="append", metavar="N:BUSY")
    parser.add_argument("--no-save", action="store_true", help="print only, keep nothing")
    wanted = parser.parse_args()
    seconds = wanted.seconds or (20.0 if wanted.quick else 60.0)
    mixes = wanted.cameras or (QUICK_MIXES if wanted.quick else MIXES)
    chosen, missing = clips.available(["campus", "room", "busy"])
    quiet = [clip for clip in chosen if clip.quiet]
    busy = next(clip for clip in chosen if clip.name == "busy")
    rows: list[Row] = []
    alone: float | None = None
    for mix in mixes:
        print(f"{mix[0]} cameras, {mix[1]} busy …", file=sys.stderr, flush=True)
        row = measure(mix, quiet, busy, seconds, alone)
        if mix == (1, 1):
            alone = row.mean("looks", busy=True)
        rows.append(row)
        print("  " + " | ".join(cells(row)), file=sys.stderr, flush=True)
    main_row = next((row for row in rows if (row.cameras, row.busy) == MAIN), None)
    bars = []
    if main_row is not None:
        bars.append(Bar("24 cameras (4 busy): promises broken", len(main_row.broken), 0))
        bars.append(Bar("24 cameras (4 busy): cores", main_row.cores, 2.0))
    result = Result(
        "cameras",
        "python bench/cameras.py" + (" --quick" if wanted.quick else ""),
        wanted.quick,
        [Table(f"Cameras at once, 1280×720 at 15, {seconds:g} s each", COLUMNS,
               [cells(row) for row in rows])],
        bars,
        missing,
    )  # fmt: skip
    result.print()
    if not (wanted.no_save or wanted.cameras):
        print(f"\nkept as {save(result).relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
