"""What a sleeping camera costs by its main stream alone, and with a second, small stream.

    python bench/second.py                   both quiet clips, one round (about two minutes)
    python bench/second.py --clip room       one of them (bench/clips.py tells of them)
    python bench/second.py --rounds 3
    python bench/second.py --people        who is noticed, by keyframes of either (some minutes)

CPU microseconds a picture of the main stream, of one camera in this process: sources, the pipeline
with the built-in detector (looks are waited for), and the fragments for screen and disk. The first
minute is left out: the camera gets to know its scene. The second stream is made from the clip,
640×360 at 400 kbit/s with keyframes as far apart, at .cache/bench/.

The floor is *keyframes* of bench/floor.py: read, write as fragments, decode the keyframes.

`--people` judges keyframes of the clips of bench/gating.py in which people walk in: how many with
somebody in them are not SAME (the camera looks or wakes), and how many are restless for nothing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import clips
import floor
import gating

from record import Result, Table, save, spread
from streetlamp.app.pipeline import make_camera
from streetlamp.site import site_from_sources
from streetlamp.stream.fragments import FragmentMaker
from streetlamp.video.camera import Camera, Copied, Shown
from streetlamp.video.detect import load_with_faces
from streetlamp.video.inference import Inference
from streetlamp.video.raw import Unit
from streetlamp.video.second import SecondStream
from streetlamp.video.source import make_source
from streetlamp.video.source.options import SourceOptions
from streetlamp.video.still import Verdict

SIZE, BITS = (640, 360), 400_000
WARM_SECONDS = 60.0
CLIPS = ("room", "campus")
FLOOR, ALONE, BESIDE = "floor: keyframes", "main stream alone", "with a second stream"


@dataclass
class Spent:
    """What one camera took after its first minute, and what it did."""

    cpu: float  # seconds a picture
    decoded: int
    second: int
    looks: int
    wakes: int
    copied: int
    trouble: str


def second_of(clip: Path) -> Path:
    """The clip's second stream, made once."""
    made = clip.with_name(f"{clip.stem}-second.mp4")
    if made.exists():
        return made
    part = made.with_suffix(".part")
    options = {"preset": "superfast", "g": str(clips.GOP), "keyint_min": str(clips.GOP),
               "sc_threshold": "0", "bf": "0",
               "maxrate": str(BITS), "bufsize": str(BITS)}  # fmt: skip
    with av.open(str(clip)) as source, av.open(str(part), "w", format="mp4") as out:
        track = out.add_stream("libx264", rate=Fraction(clips.FPS), options=options)
        track.width, track.height, track.pix_fmt = *SIZE, "yuv420p"
        track.bit_rate, track.thread_count = BITS, 1
        for picture in source.decode(floor.one_thread(source)):
            small = picture.reformat(*SIZE, "yuv420p", interpolation="AREA")
            small.pts, small.time_base = picture.pts, picture.time_base
            out.mux(track.encode(small))
        out.mux(track.encode(None))
    part.rename(made)
    return made


def units(path: Path) -> Iterator[Unit]:
    url = str(path)
    yield from make_source("bench", url, SourceOptions(url=url, loop=False), live=False).units()


def watch(main: Path, second: Path | None, inference: Inference) -> Spent:
    """One camera on a clip, from its beginning to its end."""
    site = site_from_sources([str(main)])
    name, options = next(iter(site.cameras.items()))
    stream = None if second is None else SecondStream()
    camera = make_camera(name, options, site, inference, wait=True, second=stream)
    fragments = FragmentMaker(name, site.encode)
    small = iter(()) if second is None else units(second)
    ahead = next(small, None)
    pictures, began = 0, 0.0
    before = _figures(camera)
    for unit in units(main):
        while stream is not None and ahead is not None and ahead.time <= unit.time:
            stream.put(ahead)
            ahead = next(small, None)
        if not began and unit.time >= WARM_SECONDS:
            began, pictures, before = time.process_time(), 0, _figures(camera)
        for output in camera.push(unit):
            if isinstance(output, Copied):
                fragments.copy(output.gop)
            elif isinstance(output, Shown):
                fragments.push(output.frame, output.tracks)
        pictures += 1
    cpu = (time.process_time() - began) / pictures
    done = [after - first for after, first in zip(_figures(camera), before, strict=True)]
    return Spent(cpu, *done, camera.figures.second_trouble)


def _figures(camera: Camera) -> tuple[int, int, int, int, int]:
    now = camera.figures
    return now.decoded, now.second_decoded, now.looks, now.wakes, now.gops_copied


def people() -> Table:
    """Keyframes with somebody in them that are noticed, in the main stream and in the second."""
    rows = []
    for spec in (spec for spec in gating.SPECS if spec.kind == "people"):
        path = gating.build(spec)
        row = [path.stem.removesuffix("-people")]
        for stream in (path, second_of(path)):
            found = gating.Found()
            gating._keyframes(stream, gating.walks(spec), found)
            for height in (24, 40, 80, 160):
                seen = [v is not Verdict.SAME for walk, verdicts in found.keyframe.items()
                        for v in verdicts if walk.height == height]  # fmt: skip
                row.append(f"{sum(seen)} of {len(seen)}")
            row.append(f"{found.restless}+{found.changed} of {found.keyframes}")
        rows.append(row)
    sizes = ["24 px", "40", "80", "160", "for nothing"]
    columns = ["clip", *(f"main {size}" for size in sizes), *(f"second {size}" for size in sizes)]
    return Table("Keyframes that are not SAME", columns, rows, "For nothing: restless + changed.")


def table(clip: str, cpu: dict[str, list[float]], said: dict[str, Spent]) -> Table:
    least = statistics.median(cpu[FLOOR])
    rows = []
    for name, values in cpu.items():
        row = [name, spread(values, 1e6, 0), f"{statistics.median(values) / least:.2f}"]
        one = said.get(name)
        rows.append(
            [*row, *(["–"] * 5 if one is None else
                     map(str, (one.decoded, one.second, one.looks, one.wakes, one.copied)))]
        )  # fmt: skip
    columns = ["", "CPU µs a picture", "× (keyframes + remux)", "main pictures decoded",
               "second's keyframes decoded", "looks", "wakes", "GOPs copied"]  # fmt: skip
    trouble = said[BESIDE].trouble
    note = f"In the end the second stream was not used: {trouble}." if trouble else ""
    return Table(f"{clip}, 1280×720 at 15 a second, from its second minute on", columns, rows, note)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one round (as without --rounds)")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--clip", action="append", choices=CLIPS, help="default: both")
    parser.add_argument("--people", action="store_true", help="who is noticed, nothing else")
    parser.add_argument("--no-save", action="store_true", help="print only, keep nothing")
    wanted = parser.parse_args()
    if wanted.people:
        Result("second", "python bench/second.py --people", tables=[people()], quick=False).print()
        return 0
    chosen, skipped = clips.available(list(wanted.clip or CLIPS))
    tables = []
    inference = None
    for clip in chosen:
        small = second_of(clip.path)
        site = site_from_sources([str(clip.path)])
        inference = inference or Inference(load_with_faces(site.detect), max_batch=1)
        cpu: dict[str, list[float]] = defaultdict(list)
        said: dict[str, Spent] = {}
        for number in range(wanted.rounds):
            print(f"round {number + 1}: {clip.name} …", file=sys.stderr, flush=True)
            began = time.process_time()
            frames = floor.keyframes(clip.path)
            cpu[FLOOR].append((time.process_time() - began) / frames)
            for name, beside in ((ALONE, None), (BESIDE, small)):
                said[name] = watch(clip.path, beside, inference)
                cpu[name].append(said[name].cpu)
        tables.append(table(clip.name, cpu, said))
    if inference is not None:
        inference.close()
    result = Result("second", "python bench/second.py", wanted.quick, tables, [], skipped)
    result.print()
    if not (wanted.no_save or wanted.clip):
        print(f"\nkept as {save(result)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
