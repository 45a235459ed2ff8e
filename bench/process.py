"""What hiding people costs: CPU time a frame of decoding alone, of Streetlamp and of deface.

    .venv/bin/python bench/process.py                         720p and 1080p, three runs each
    .venv/bin/python bench/process.py --size 720p --runs 1    quicker
    .venv/bin/python bench/process.py --clip FILE             a clip of yours (no hiding figure)

All three take the same file in turn, run after run, each as a process of its own; what counts is
the user and system time of that process and everything it started, start-up included, divided by
the frames. Shown are medians. The last column is how many of the people's heads were hidden, where
the footage has known answers: first those of which 90 % is covered (the top quarter of the person's
box, as in hiding.py), then, kinder to what looks for faces, those whose middle is covered at all.

- *decode*: PyAV decodes the file, nothing else.
- *streetlamp*: `streetlamp process` as it comes.
- *deface*: the command line of the PyPI package deface at its defaults (it looks for faces, on
  every frame at full size), in an environment of its own under .cache/ (requirements-bench.lock).

The clips are made under .cache/bench/ the way a camera would send them (H.264, no B-frames, a
keyframe every two seconds): from ../shared/data/video/pets09_s2l1_a where that stands beside the
checkout, otherwise from demo/footage/path.mp4, cut to 16:9 and scaled.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from hiding import DATA, Box, Truth, read_hidden, read_truth, score_set

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
PEERS = CACHE / "peers"
SIZES = {"720p": (1280, 720, 2_000_000), "1080p": (1920, 1080, 4_000_000)}
DECODE = (
    "import av,sys\n"
    "with av.open(sys.argv[1]) as c:\n"
    "    c.streams.video[0].thread_type = 'NONE'\n"
    "    print(sum(1 for _ in c.decode(video=0)))\n"
)


@dataclass(frozen=True)
class BenchClip:
    """A file to measure on; `truth` is empty where nobody labelled it."""

    name: str
    path: Path
    size: tuple[int, int]
    frames: int
    truth: dict[int, list[Truth]]


@dataclass(frozen=True)
class Run:
    cpu: float  # seconds, user and system, the process and all it started
    hidden: Path | None = None


class CommandError(Exception):
    """A command under measurement did not work; the text holds the end of its output."""


def measure(command: list[str | Path], env: dict[str, str] | None = None) -> float:
    """CPU seconds of a command and its descendants; CommandError if it does not end with 0."""
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            [str(part) for part in command], cwd=ROOT, env=env,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            output.seek(0)
            raise CommandError(output.read().decode(errors="replace")[-2000:])
    return usage.ru_utime + usage.ru_stime


def make_clip(size: str, frames: int) -> BenchClip:
    """The clip of this size, made once; its people are scaled with it."""
    shared = DATA / "pets09_s2l1_a"
    source = shared / "clip.mp4" if shared.is_dir() else ROOT / "demo" / "footage" / "path.mp4"
    width, height, bit_rate = SIZES[size]
    name = f"{source.parent.name if shared.is_dir() else 'path'}-{size}-{frames}"
    path = CACHE / "bench" / f"{name}.mp4"
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        scale = width / stream.width
        top = round((stream.height - height / scale) / 2)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        encode(source, path, (width, height), bit_rate, frames)
    truth: dict[int, list[Truth]] = {}
    if shared.is_dir():
        for frame, people in read_truth(shared / "gt.csv").items():
            if frame <= frames:
                truth[frame] = [moved(person, scale, top) for person in people]
    with av.open(str(path)) as container:
        count = sum(1 for packet in container.demux(video=0) if packet.size)
    return BenchClip(name, path, (width, height), count, truth)


def moved(person: Truth, scale: float, top: int) -> Truth:
    x1, y1, x2, y2 = person.box
    box = (x1 * scale, (y1 - top) * scale, x2 * scale, (y2 - top) * scale)
    return Truth(person.id, box, person.visibility, person.ignore)


def encode(source: Path, path: Path, size: tuple[int, int], bit_rate: int, frames: int) -> None:
    """The first frames of `source`, cut to 16:9 about the middle, as a camera sends them."""
    part = path.with_suffix(".part")
    with (
        av.open(str(source)) as container,
        av.open(str(part), "w", format="mp4") as out,
    ):
        stream = container.streams.video[0]
        rate = stream.average_rate or Fraction(25)
        graph = av.filter.Graph()
        head = graph.add_buffer(template=stream)
        scale = f"iw:2*trunc(iw*{size[1]}/{size[0]}/2)"
        cut = graph.add("crop", scale)
        resize = graph.add("scale", f"{size[0]}:{size[1]}:flags=bicubic")
        graph.link_nodes(head, cut, resize, graph.add("buffersink")).configure()
        track = out.add_stream("libx264", rate=rate)
        track.width, track.height = size
        track.pix_fmt = "yuv420p"
        track.bit_rate = bit_rate
        track.codec_context.gop_size = round(2 * rate)
        track.codec_context.max_b_frames = 0
        track.options = {"preset": "medium", "maxrate": str(bit_rate), "bufsize": str(bit_rate)}
        for index, picture in enumerate(container.decode(stream)):
            if index == frames:
                break
            graph.push(picture)
            scaled = graph.pull()
            if not isinstance(scaled, av.VideoFrame):
                raise TypeError("the filter graph gave no picture")
            scaled = scaled.reformat(format="yuv420p")
            scaled.pts, scaled.time_base = index, 1 / rate
            scaled.pict_type = av.video.frame.PictureType.NONE
            out.mux(track.encode(scaled))
        out.mux(track.encode(None))
    part.replace(path)


def peers_ready() -> str:
    """Builds deface's environment; "" if it works, otherwise why not."""
    sys.path.insert(0, str(ROOT / "tools"))
    from setup import BIN, digest, uv_environment  # noqa: PLC0415 (only where peers are wanted)

    lock = ROOT / "requirements-bench.lock"
    stamp, key = PEERS / "stamp", digest(lock)
    if stamp.exists() and stamp.read_text() == key:
        return ""
    uv = BIN / "uv"
    if not uv.exists():
        return "there is no .venv/bin/uv: run make setup first"
    env = {**uv_environment(), "VIRTUAL_ENV": str(PEERS)}
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, PEERS],
        [uv, "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", lock],
    ):
        done = subprocess.run(
            [str(part) for part in command], env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            return f"deface cannot be installed: {done.stderr.strip()[-600:]}"
    stamp.write_text(key)
    return ""


def run_decode(clip: BenchClip, scratch: Path) -> Run:
    return Run(measure([sys.executable, "-c", DECODE, clip.path]))


def run_streetlamp(clip: BenchClip, scratch: Path) -> Run:
    out = scratch / "streetlamp"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "streetlamp", "process", clip.path, "--out", out]
    return Run(measure(command, env), out / "hidden.csv")


def run_deface(clip: BenchClip, scratch: Path) -> Run:
    out = scratch / "deface.mp4"
    return Run(measure([PEERS / "bin" / "deface", "--output", out, clip.path]))


def deface_hides(clip: BenchClip, scratch: Path) -> Path:
    """hidden.csv of what deface covers, by its own functions (not part of the timing)."""
    out = scratch / "deface.csv"
    script = Path(__file__).parent / "peers" / "deface_boxes.py"
    measure([PEERS / "bin" / "python", script, clip.path, out])
    return out


def centres_hidden(truth: dict[int, list[Truth]], hidden: dict[int, list[Box]]) -> float:
    """Share of heads whose middle (9 % below the top of the box) lies in something hidden."""
    found = []
    for frame, people in truth.items():
        for person in people:
            if person.ignore or 0 <= person.visibility < 0.5 or person.box[1] < 0:
                continue
            x, y = (person.box[0] + person.box[2]) / 2, 0.91 * person.box[1] + 0.09 * person.box[3]
            found.append(
                any(x1 <= x < x2 and y1 <= y < y2 for x1, y1, x2, y2 in hidden.get(frame, []))
            )
    return statistics.fmean(found)


def hiding(clip: BenchClip, hidden: Path) -> str:
    """Share of heads hidden, whole and by their middle alone, and share of the picture hidden."""
    rectangles = read_hidden(hidden)
    score = score_set(clip.truth, rectangles, clip.size, clip.frames)
    area = f"{100 * statistics.fmean(score.area):.1f} % of the picture"
    if not score.heads:
        return area
    middles = 100 * centres_hidden(clip.truth, rectangles)
    return f"{100 * score.hidden / score.heads:.1f} % / {middles:.1f} % of {score.heads}; {area}"


def bench(clip: BenchClip, runs: int, *, peers: bool) -> None:
    tools = {"decode": run_decode, "streetlamp": run_streetlamp}
    if peers:
        tools["deface"] = run_deface
    times: dict[str, list[float]] = defaultdict(list)
    heads: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for _ in range(runs):
            for name, tool in tools.items():
                run = tool(clip, scratch)
                times[name].append(run.cpu / clip.frames)
                if run.hidden is not None:
                    heads[name] = hiding(clip, run.hidden)
        if peers:
            heads["deface"] = hiding(clip, deface_hides(clip, scratch))
    middle = {name: statistics.median(values) for name, values in times.items()}
    print(f"\n{clip.name}: {clip.size[0]}×{clip.size[1]}, {clip.frames} frames, {runs} runs")
    head = f"{'CPU ms a frame':>15}{'(least – most)':>18}{'× decode':>10}"
    print(f"  {'':12}{head}   heads hidden: whole / middle")
    for name, value in middle.items():
        spread = f"({1000 * min(times[name]):.1f} – {1000 * max(times[name]):.1f})"
        print(
            f"  {name:12}{1000 * value:15.1f}{spread:>18}{value / middle['decode']:10.1f}"
            f"   {heads.get(name, '')}"
        )
    if peers:
        ratio = middle["deface"] / middle["streetlamp"]
        print(f"  deface takes {ratio:.1f} × the CPU time of streetlamp", flush=True)


def own_clip(path: Path) -> BenchClip:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = sum(1 for _ in container.decode(stream))
        return BenchClip(path.name, path, (stream.width, stream.height), frames, {})


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, action="append", help="default: both")
    parser.add_argument("--frames", type=int, default=150, help="frames of each made clip")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--clip", type=Path, action="append", default=[], help="a file of yours")
    parser.add_argument("--no-peers", action="store_true", help="leave deface out")
    options = parser.parse_args()
    peers = not options.no_peers
    if peers and (why := peers_ready()):
        print(f"WITHOUT deface: {why}", file=sys.stderr)
        peers = False
    print(f"streetlamp beside its peers, {os.cpu_count()} cores; CPU time, not waiting time")
    try:
        if options.clip:
            clips = [own_clip(path) for path in options.clip]
        else:
            clips = [make_clip(size, options.frames) for size in options.size or SIZES]
        for clip in clips:
            bench(clip, options.runs, peers=peers)
    except CommandError as failure:
        print(f"a measured command failed:\n{failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
