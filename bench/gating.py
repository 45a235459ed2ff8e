"""What wakes a sleeping camera, and when: packet sizes and keyframes on clips quiet → person.

    python bench/gating.py                 every clip: builds what is missing (an hour at first)
    python bench/gating.py street          clips whose name holds this
    python bench/gating.py --process       also `streetlamp process` on each: who could be seen?

People of 24–320 pixels walk into a still, noisy place (`bench/gating_clips.py`: 1280×720, 15
pictures a second, a keyframe every 2 s). For each of them: after how many pictures the packet
sizes surge, and what the next keyframe with the person in it is judged. Then false surges and
false changes for each hour of quiet footage, and CPU microseconds a packet and a keyframe.
`visits` clips are the worst case: people who come after one keyframe and go before the next, so
that packet sizes alone can tell.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np
from gating_clips import FPS, Spec, Walk, build, seen_box, walks

from streetlamp.video.planes import halved_luma
from streetlamp.video.still import StillScene, Verdict
from streetlamp.video.surge import PacketRhythm, payload

LOOK_EVERY = 150  # pictures between scheduled looks
SETTLED = 150  # pictures after the first that count as quiet footage
SPECS = [
    Spec("office", "low", "crf", "people"),
    Spec("street", "low", "vbr", "people"),
    Spec("street", "low", "cbr", "people"),
    Spec("street", "mid", "crf", "people"),
    Spec("street", "mid", "vbr", "people"),
    Spec("office", "mid", "cbr", "people"),
    Spec("room", "mid", "crf", "people"),
    Spec("room", "mid", "cbr", "people"),
    Spec("street", "mid", "bframes", "people"),
    Spec("street", "high", "crf", "people"),
    Spec("room", "high", "vbr", "people"),
    Spec("office", "high", "cbr", "people"),
    Spec("tree", "mid", "crf", "people"),
    Spec("clouds", "mid", "vbr", "people"),
    Spec("street", "low", "crf", "visits"),
    Spec("office", "low", "vbr", "visits"),
    Spec("street", "mid", "crf", "visits"),
    Spec("street", "mid", "cbr", "visits"),
    Spec("office", "low", "vbr", "quiet"),
    Spec("street", "mid", "crf", "quiet"),
    Spec("room", "mid", "vbr", "quiet"),
    Spec("street", "high", "cbr", "quiet"),
]


@dataclass
class Found:
    """What the two signals said of one clip."""

    surge: dict[Walk, int] = field(default_factory=dict)  # pictures after the first visible one
    keyframe: dict[Walk, list[Verdict]] = field(default_factory=dict)
    quiet: int = 0  # pictures
    false_surges: int = 0
    restless: int = 0  # quiet keyframes looked at for nothing
    changed: int = 0  # quiet keyframes that woke it
    keyframes: int = 0
    packet_us: float = 0.0
    keyframe_us: float = 0.0


def signals(spec: Spec, path: Path) -> Found:
    """Runs both signals over a clip as a camera that always sleeps would, told the truth after."""
    found, plan = Found(), walks(spec)
    _surges(spec, path, plan, found)
    _keyframes(path, plan, found)
    return found


def _who(plan: list[Walk], picture: int) -> Walk | None:
    return next((walk for walk in plan if walk.start <= picture < walk.end), None)


def _surges(spec: Spec, path: Path, plan: list[Walk], found: Found) -> None:
    rhythm, spent, somebody = PacketRhythm(), 0.0, False
    count = position = 0
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if not packet.size or packet.pts is None:
                continue
            picture = round(float(packet.pts * packet.time_base) * FPS)
            data = bytes(packet)
            started = time.thread_time()
            if packet.is_keyframe and count:
                (rhythm.forget if somebody else rhythm.quiet)()
                somebody = False
            position = 0 if packet.is_keyframe else position + 1
            surge = rhythm.push(payload(data), packet.is_keyframe, position, picture / FPS)
            if count >= SETTLED:  # NumPy takes its time at first
                spent += time.thread_time() - started
            count += 1
            who = _who(plan, picture)
            somebody = somebody or who is not None
            if surge and who is not None:
                found.surge.setdefault(who, picture - who.start + 1)
            after = _who(plan, picture - FPS)  # the ground somebody uncovered as they left
            if who is None and after is None and rhythm.ready and picture >= SETTLED:
                found.quiet += 1
                found.false_surges += surge
    found.packet_us = 1e6 * spent / max(1, count - SETTLED)


def _keyframes(path: Path, plan: list[Walk], found: Found) -> None:
    still, spent, last = StillScene(), [], 0
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        stream.codec_context.options = {"skip_loop_filter": "all"}
        for frame in container.decode(stream):
            picture = round(float(frame.pts * frame.time_base) * FPS)
            started = time.thread_time()
            luma = halved_luma(frame)
            verdict = still.judge(luma, picture / FPS)
            spent.append(time.thread_time() - started)
            who = _who(plan, picture)
            if who is not None:
                found.keyframe.setdefault(who, []).append(verdict)
                continue
            if picture >= SETTLED:
                found.keyframes += 1
                found.restless += verdict is Verdict.RESTLESS
                found.changed += verdict in (Verdict.CHANGED, Verdict.JUMP)
            if verdict is not Verdict.SAME or picture - last >= LOOK_EVERY:
                still.looked(luma, picture / FPS)
                last = picture
    found.keyframe_us = 1e6 * float(np.median(spent))


def exposed(spec: Spec, path: Path, *, asleep: bool) -> tuple[dict[Walk, list[int]], str]:
    """`streetlamp process` on a clip, with or without sleep.

    For each walk: pictures since the first in which the person can be seen (12 pixels) in which
    less than 90 % of the top quarter of what can be seen of them is hidden.
    """
    hidden: dict[int, list[tuple[float, ...]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site.yaml"
        flag = "true" if asleep else "false"
        site.write_text(
            f"name: bench\ncameras:\n  cam:\n    source: {path}\n    sleep: {{enabled: {flag}}}\n"
        )
        out = Path(folder) / "out"
        subprocess.run(
            f"{sys.executable} -m streetlamp process {path} --out {out} "
            f"--site {site} --camera cam --quiet".split(),
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent / "src")},
        )
        report = json.loads((out / "report.json").read_text())
        with (out / "hidden.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                box = tuple(float(row[k]) for k in ("x1", "y1", "x2", "y2"))
                hidden.setdefault(int(row["frame"]) - 1, []).append(box)
    bare: dict[Walk, list[int]] = {}
    for walk in walks(spec):
        seen = [(n, seen_box(walk, n)) for n in range(walk.start, walk.end)]
        boxes = [(n, box) for n, box in seen if box is not None]
        bare[walk] = [n - boxes[0][0] for n, box in boxes if not _covered(box, hidden.get(n, []))]
    figures = "decoded {frames_decoded}, looks {frames_looked_at}, GOPs copied {gops_copied}, "
    return bare, (figures + "wakes {wakes}, CPU {cpu_seconds:.0f} s").format(**report)


def _covered(box: tuple[int, int, int, int], hidden: list[tuple[float, ...]]) -> bool:
    x1, y1, x2, y2 = box
    head = np.zeros((max(1, (y2 - y1) // 4), x2 - x1), np.bool_)
    for left, top, right, bottom in hidden:
        rows = slice(max(0, int(top) - y1), max(0, int(bottom) - y1))
        head[rows, max(0, int(left) - x1) : max(0, int(right) - x1)] = True
    return bool(head.mean() >= 0.9)


def _label(walk: Walk) -> str:
    return f"{walk.height}{walk.contrast[0]}"


def _ranges(numbers: list[int]) -> str:
    """``[0, 1, 2, 7]`` as ``0-2,7``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ",".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts) or "none"


def _row(spec: Spec, found: Found) -> str:
    said = []
    for walk in walks(spec):
        surge = str(found.surge.get(walk, "–"))
        keys = "".join(v.name[0] for v in found.keyframe.get(walk, []))
        said.append(f"{_label(walk)} {surge}{'/' + keys if keys else ''}")
    name = f"{spec.place}-{spec.noise}-{spec.rate}"
    return (
        f"{name:19s} {spec.kind:6s} {found.packet_us:5.1f} {found.keyframe_us:6.0f} "
        f"{found.false_surges:2d}/{found.quiet / FPS:3.0f}s "
        f"{found.restless:3d} {found.changed:2d} /{found.keyframes:3d}  " + "  ".join(said)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("only", nargs="?", default="", help="a part of the clips' names")
    parser.add_argument("--process", action="store_true", help="also run streetlamp process")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    print("µs a packet, µs a keyframe, false surges, quiet keyframes RESTLESS and CHANGED of all;")
    print(
        "each person (height, low/medium contrast): pictures to the surge / verdicts, by keyframe"
    )
    still: list[Found] = []
    for spec in SPECS:
        if arguments.only not in spec.path.name:
            continue
        path = build(spec)
        found = signals(spec, path)
        print(_row(spec, found), flush=True)
        if spec.place not in ("tree", "clouds"):
            still.append(found)
        if arguments.process and spec.kind != "quiet":
            for asleep in (False, True):
                bare, figures = exposed(spec, path, asleep=asleep)
                print(f"   {'may sleep' if asleep else 'awake    '}: {figures}; exposed pictures:")
                print("     " + "  ".join(f"{_label(w)} {_ranges(bare[w])}" for w in bare))
    hours = sum(found.quiet for found in still) / FPS / 3600
    if hours:
        print(
            f"still scenes, {hours:.2f} h: "
            f"{sum(f.false_surges for f in still) / hours / 6:.2f} false surges in 10 min, "
            f"{sum(f.changed for f in still) / hours / 6:.2f} false CHANGED in 10 min, "
            f"{sum(f.restless for f in still) / sum(f.keyframes for f in still):.1%} of keyframes "
            "looked at for nothing"
        )


if __name__ == "__main__":
    main()
