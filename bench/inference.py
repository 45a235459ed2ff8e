"""What a look costs: the model alone by shape and runtime, its start, and batches in the queue.

    python bench/inference.py
    python bench/inference.py --float nanodet-g-float.onnx     # see tools/build_nanodet.py

All on drawn noise, one thread unless said otherwise; milliseconds of processor time a look, which
stays true on a busy machine (median of 15). Start-up is wall time in a fresh process.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "bench")]

from detect import float_folder  # noqa: E402

from streetlamp.video.detect import DetectOptions, load_detector  # noqa: E402
from streetlamp.video.detect.runtimes import RUNTIMES, open_model  # noqa: E402
from streetlamp.video.inference import Inference  # noqa: E402
from streetlamp.video.models import find_model  # noqa: E402

SHAPES = ((256, 416), (320, 416), (384, 640), (480, 640), (544, 960))

START = """
import sys, time
import av
from streetlamp.video.detect import DetectOptions, load_detector
start = time.perf_counter()
detector = load_detector(DetectOptions(runtime=sys.argv[1], threads=1))
loaded = time.perf_counter()
detector.look(av.VideoFrame(1280, 720, "yuv420p"))
print(f"{loaded - start:.2f} s to load, {time.perf_counter() - loaded:.2f} s for the first look")
"""


def shapes(_: int, outputs: list[np.ndarray]) -> list[tuple[int, ...]]:
    return [output.shape for output in outputs]


def models(folder: Path | None) -> None:
    """Processor time of the model alone."""
    print(f"{'model':17}{'runtime':13}" + "".join(f"{f'{h}×{w}':>10}" for h, w in SHAPES))
    for name in ("nanodet-g", *(("nanodet-g-float",) if folder else ())):
        data = find_model(name, folder).read()
        for runtime in RUNTIMES:
            model = open_model(data, name, runtime, 1)
            row = []
            for shape in SHAPES:
                noise = np.random.default_rng(0).integers(0, 256, (1, *shape, 3), np.uint8)
                model.run([[noise]], shapes)
                spent = []
                for _ in range(15):
                    start = time.process_time()
                    model.run([[noise]], shapes)
                    spent.append(1000 * (time.process_time() - start))
                row.append(float(np.median(spent)))
            print(f"{name:17}{runtime:13}" + "".join(f"{ms:10.1f}" for ms in row), flush=True)


def queue() -> None:
    """120 pictures of 1280×720 handed in at once: wall and processor time a look."""
    noise = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    picture = av.VideoFrame.from_ndarray(noise, "bgr24").reformat(format="yuv420p")
    print(f"\n{'threads':>8}{'max_batch':>10}{'batches':>8}{'wall ms':>9}{'CPU ms':>8}")
    for threads in (1, 2):
        detector = load_detector(DetectOptions(threads=threads))
        detector.look(picture)
        for most in (1, 2, 4, 8):
            with Inference(detector, max_batch=most) as looks:
                wall, processor = time.perf_counter(), time.process_time()
                for future in [looks.submit(picture) for _ in range(120)]:
                    future.result()
                wall, processor = time.perf_counter() - wall, time.process_time() - processor
                print(
                    f"{threads:8}{most:10}{looks.stats.batches:8}"
                    f"{1000 * wall / 120:9.2f}{1000 * processor / 120:8.2f}"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--float", type=Path, help="the fp32 model, measured beside the built-in")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        models(float_folder(args.float, Path(scratch)) if args.float else None)
    print()
    for runtime in RUNTIMES:
        command = [sys.executable, "-c", START, runtime]
        environment = {"PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        print(f"{runtime:13}{done.stdout.strip()}")
    queue()


if __name__ == "__main__":
    main()
