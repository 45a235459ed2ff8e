"""What a start costs: `streetlamp process` on one second of video, and what it is made of.

    python bench/start.py [--rounds 5]

CPU seconds, medians with the least and the most; each line is a process of its own. *Kept* means
that compiled models of an earlier start are in the user's cache folder, *new* that it is empty.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import clips
from process import measure

from record import ROOT, Table, spread

LOOK = """
import av, sys
from streetlamp.video.detect import load_with_faces
picture = next(av.open(sys.argv[1]).decode(video=0))
detector = load_with_faces()
if len(sys.argv) > 2: detector.infer([detector.prepare(picture)])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    clip = clips.shortened(clips.make("campus"), clips.GOP)
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        process = [python, "-m", "streetlamp", "process", clip.path, "--out", scratch / "out"]
        lines: dict[str, tuple[list[str | Path], bool]] = {
            "Python alone": ([python, "-c", "pass"], True),
            "NumPy, OpenCV, PyAV": ([python, "-c", "import numpy, cv2, av"], True),
            "all of process's modules": (
                [python, "-c", "import streetlamp.app.process_command"], True),
            "the detector, loaded": ([python, "-c", LOOK, clip.path], True),
            "and its first look, new": ([python, "-c", LOOK, clip.path, "look"], False),
            "and its first look, kept": ([python, "-c", LOOK, clip.path, "look"], True),
            f"process, {clip.frames} frames, new": (process, False),
            f"process, {clip.frames} frames, kept": (process, True),
        }  # fmt: skip
        spent: dict[str, list[float]] = {name: [] for name in lines}
        for number in range(rounds + 1):  # the first fills the caches and does not count
            for name, (command, kept) in lines.items():
                cache = scratch / ("kept" if kept else f"new-{number}-{len(spent[name])}-{name}")
                env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "XDG_CACHE_HOME": str(cache)}
                cpu = measure(command, env)
                if number:
                    spent[name].append(cpu)
    rows = [[name, spread(values)] for name, values in spent.items()]
    print(Table("What a start costs", ["", "CPU seconds"], rows).text())


if __name__ == "__main__":
    main()
