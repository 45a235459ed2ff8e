"""The programs that cost.py measures, each run on a clip as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import floor
from clips import Clip
from process import PEERS, ROOT, CommandError

ENV = {**os.environ, "PYTHONPATH": str(ROOT / "src")}


@dataclass
class Spent:
    """CPU and wall seconds of one process."""

    cpu: float
    wall: float


def spend(command: list[str | Path], until: float | None = None) -> Spent:
    """What a command takes; with `until`, it is interrupted (as by Ctrl-C) after that time."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        child = subprocess.Popen(
            [str(part) for part in command], cwd=ROOT, env=ENV,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if until is not None:
            time.sleep(until)
            child.send_signal(signal.SIGINT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            output.seek(0)
            raise CommandError(output.read().decode(errors="replace")[-2000:])
    return Spent(usage.ru_utime + usage.ru_stime, time.perf_counter() - began)


def step(name: str, clip: Clip) -> tuple[float, float]:
    """A floor's CPU and wall seconds a frame."""
    command = [sys.executable, str(Path(floor.__file__)), name, str(clip.path)]
    done = subprocess.run(command, env=ENV, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(done.stderr[-2000:])
    told = json.loads(done.stdout)
    return told["cpu"] / told["frames"], told["wall"] / told["frames"]


def streetlamp(clip: Clip, scratch: Path) -> Spent:
    out = scratch / f"streetlamp-{clip.name}"
    command = [sys.executable, "-m", "streetlamp", "process", clip.path, "--out", out, "--quiet"]
    return spend(command)


def ffmpeg(clip: Clip, scratch: Path) -> Spent:
    return spend(
        ["ffmpeg", "-v", "error", "-y", "-threads", "1", "-i", clip.path, "-c:v", "libx264",
         "-preset", "ultrafast", "-tune", "zerolatency", "-crf", str(floor.CRF), "-threads", "1",
         "-g", "15", "-movflags", "frag_keyframe+empty_moov", scratch / "ffmpeg.mp4"]
    )  # fmt: skip


def deface(clip: Clip, scratch: Path) -> Spent:
    return spend([PEERS / "bin" / "deface", "--output", scratch / "deface.mp4", clip.path])


MOTION = """\
daemon off
log_level 5
target_dir {folder}
netcam_url file://{clip}
width {width}
height {height}
framerate 15
picture_output off
movie_output off
snapshot_interval 0
webcontrol_port 0
stream_port 0
"""


def motion(clip: Clip, scratch: Path, seconds: float) -> Spent:
    """`motion` on the clip at its own pace for so long (it plays 15 pictures a second)."""
    width, height = clip.size
    conf = scratch / "motion.conf"
    conf.write_text(
        MOTION.format(folder=scratch, clip=clip.path.resolve(), width=width, height=height)
    )
    return spend(["motion", "-n", "-c", conf], until=seconds)


def ensure_motion() -> str:
    """Installs Debian's package where that can be done; "" if it is there, otherwise why not."""
    if shutil.which("motion") is None and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update"],
            ["apt-get", "install", "-y", "--no-install-recommends", "motion"],
        ):
            subprocess.run(command, env=quiet, capture_output=True, check=False, timeout=280)
    return "" if shutil.which("motion") else "motion: `apt-get install motion` (as root) for it"
