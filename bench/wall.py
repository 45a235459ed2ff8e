"""The wall of hundreds: what it costs the server, and what it is like in a real browser.

    PYTHONPATH=src:tests python bench/wall.py                     everything
    PYTHONPATH=src:tests python bench/wall.py --only server       what a tile and a sheet cost
    PYTHONPATH=src:tests python bench/wall.py --only browser      300 tiles in Chromium, openings
    PYTHONPATH=src:tests python bench/wall.py --only formats      JPEG, WebP, H.264

The browser's desk is `tests/support/crowd.py`: a real desk, hub, wall and encoder in a process of
its own, fed by made-up cameras. Chromium runs without a graphics card. Rates are counted from the
times of the pictures that were drawn, as the page's own worker reports them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import av
import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

from streetlamp.live.tiles import Tiles, tile_size
from support.crowd import scene

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Before anything of the page runs: every message of every worker, and every long task.
SPY = """() => {
  window.seen = []; window.long = [];
  const Real = window.Worker;
  window.Worker = class extends Real {
    constructor(...a) {
      super(...a);
      this.addEventListener("message", ({ data }) => {
        if (data.kind === "drawn") window.seen.push([performance.now(), data.times, data.bytes]);
      });
    }
  };
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) window.long.push([e.startTime, e.duration]);
  }).observe({ type: "longtask", buffered: true });
}"""
# From the press on a tile to the first picture of the live video that is on the screen.
OPEN = """(camera) => new Promise((done, failed) => {
  const start = performance.now();
  const found = new MutationObserver(look);
  function look() {
    const video = document.querySelector("video");
    if (!video) return;
    found.disconnect();
    const mounted = performance.now() - start;
    video.requestVideoFrameCallback((now, about) =>
      done({ mounted, shown: performance.now() - start, media: about.mediaTime }));
  }
  found.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => failed("no picture within 20 s"), 20000);
  document.querySelector(`a.tile[data-camera="${camera}"]`).click();
})"""


def median_of(action: Any, turns: int = 9) -> float:
    """CPU seconds of one call, the median."""
    taken = []
    for _ in range(turns):
        begun = time.thread_time()
        action()
        taken.append(time.thread_time() - begun)
    return statistics.median(taken)


def server(cameras: int) -> None:
    """What the drawing thread does, by itself; the floors are the calls it cannot do without."""
    cv2.setNumThreads(1)
    print(f"server: {cameras} cameras, one thread, CPU time (median of 9)")
    print(
        "picture     tile     µs/tile  floor  ratio   ms/sheets  floor  ratio  kB all  for one each"
    )
    for size in ((640, 360), (1280, 720), (1920, 1080)):
        scenes = [scene(n, 0, size) for n in range(min(60, cameras))]
        frames = [replace(scenes[n % len(scenes)], camera=str(n)) for n in range(cameras)]
        for width in (96, 160, 320):
            tiles = Tiles(tile_size(width))
            turn = itertools.count(1)

            def take(tiles: Tiles = tiles, frames: Any = frames, turn: Any = turn) -> None:
                now = float(next(turn))
                for n, frame in enumerate(frames):
                    tiles.update(n, replace(frame, time=now))

            def resize(tiles: Tiles = tiles, frames: Any = frames) -> None:
                w, h = tiles.size
                for frame in frames:
                    for plane, half in ((frame.y, 1), (frame.u, 2), (frame.v, 2)):
                        cv2.resize(plane, (w // half, h // half), interpolation=cv2.INTER_LINEAR)

            take()
            chunks = [
                range(first, min(cameras, first + tiles.per_sheet))
                for first in range(0, cameras, tiles.per_sheet)
            ]
            sheets = [tiles.sheet(chunk, 75) for chunk in chunks]
            bitmaps = [cv2.imdecode(np.frombuffer(s.jpeg, np.uint8), 1) for s in sheets]

            def draw(tiles: Tiles = tiles, chunks: Any = chunks) -> None:
                for chunk in chunks:
                    tiles.sheet(chunk, 75)

            def encode(bitmaps: Any = bitmaps) -> None:
                for bitmap in bitmaps:
                    cv2.imencode(".jpg", bitmap, [cv2.IMWRITE_JPEG_QUALITY, 75])

            per, floor = (median_of(f) / cameras * 1e6 for f in (take, resize))
            drawn, least = (median_of(f) * 1e3 for f in (draw, encode))
            weight = sum(len(sheet.jpeg) for sheet in sheets) / 1e3
            whole = per * cameras / 1e3 + drawn
            print(
                f"{size[0]:4}x{size[1]:<5} {tiles.size[0]:3}x{tiles.size[1]:<4} {per:7.0f}"
                f" {floor:6.0f} {per / floor:6.2f}   {drawn:8.1f} {least:7.1f} {drawn / least:6.2f}"
                f" {weight:7.0f}"
                f"   {whole:5.0f} ms = {whole / 10:.1f} % of a core at 1/s",
                flush=True,
            )


def formats() -> None:
    """300 tiles of 160x90 of the reference footage in one picture, in every format there was."""
    folder = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data" / "video"
    pictures: list[list[Any]] = []
    for clip in sorted(folder.glob("**/*.mp4")):
        with av.open(str(clip)) as container:
            some = list(itertools.islice(container.decode(video=0), 5, 36, 10))
            if len(some) == 4:
                pictures.append([f.reformat(160, 90, "bgr24").to_ndarray() for f in some])
    if not pictures:
        sys.exit(f"no reference footage in {folder}: set STREETLAMP_SHARED")
    walls = []
    for phase in range(4):
        wall = np.full((15 * 96, 20 * 160, 3), 24, np.uint8)
        for i in range(300):
            y, x = i // 20 * 96, i % 20 * 160
            wall[y : y + 90, x : x + 160] = pictures[i % len(pictures)][phase]
        walls.append(wall)
    cv2.setNumThreads(1)
    print("formats: 300 tiles of 160x90, pictures 10 frames apart, one thread")
    for suffix, flag, quality in (
        (".jpg", cv2.IMWRITE_JPEG_QUALITY, 75),
        (".webp", cv2.IMWRITE_WEBP_QUALITY, 75),
    ):

        def encode(suffix: str = suffix, flag: int = flag, quality: int = quality) -> Any:
            return cv2.imencode(suffix, walls[0], [flag, quality])[1]

        data = encode()
        took = median_of(encode, 3) * 1e3
        back = median_of(lambda data=data: cv2.imdecode(data, 1), 3) * 1e3  # type: ignore[misc]
        print(
            f"  {suffix[1:]:10} {took:6.1f} ms, decoded in {back:.1f} ms, {len(data) / 1e3:.0f} kB"
        )
    for preset in ("ultrafast", "veryfast"):
        codec: Any = av.CodecContext.create("libx264", "w")
        codec.width, codec.height, codec.pix_fmt = 3200, 1440, "yuv420p"
        codec.time_base, codec.thread_count = Fraction(1, 1000), 1
        codec.options = {"preset": preset, "tune": "zerolatency", "crf": "26", "g": "10"}
        cost, sizes = [], []
        for n in range(10):
            frame = av.VideoFrame.from_ndarray(walls[n % 4], format="bgr24").reformat(
                format="yuv420p"
            )
            frame.pts = n * 1000
            begun = time.process_time()
            sizes.append(sum(packet.size for packet in codec.encode(frame)) / 1e3)
            cost.append((time.process_time() - begun) * 1e3)
        print(
            f"  h264 {preset:9} key {cost[0]:.0f} ms, {sizes[0]:.0f} kB; between "
            f"{statistics.median(cost[1:]):.0f} ms, {statistics.median(sizes[1:]):.0f} kB"
        )


@dataclass
class Crowd:
    process: subprocess.Popen[str]
    url: str
    link: str

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def crowd(cameras: int, rate: float, size: str) -> Iterator[Crowd]:
    command = [sys.executable, "-u", "-m", "support.crowd", "--cameras", str(cameras)]
    command += ["--rate", str(rate), "--size", size]
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env)
    said: IO[str] | None = process.stdout
    assert said is not None
    url, link = (said.readline().partition(": ")[2].strip() for _ in range(2))
    made = Crowd(process, url, link)
    try:
        yield made
    finally:
        made.tell("stop")
        process.wait(30)


def enter(page: Page, desk: Crowd) -> None:
    page.goto(desk.link)
    page.get_by_label("Name").fill("Anna")
    for label in ("Password", "Password again"):
        page.get_by_label(label, exact=True).fill("a lamp at every corner")
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("a.tile")


def browser(cameras: int, rate: float, size: str, seconds: float, openings: int) -> None:
    path = shutil.which("chromium")
    if path is None:
        sys.exit("no Chromium: apt-get install chromium")
    with crowd(cameras, rate, size) as desk, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        context.add_init_script(f"({SPY})()")
        page = context.new_page()
        enter(page, desk)
        idle = desk.cpu()
        page.goto("about:blank")
        time.sleep(4)
        alone = (desk.cpu() - idle) / 4
        page.goto(desk.url)
        page.wait_for_selector("a.tile")
        page.get_by_role("button", name="All on one screen").click()
        begun = time.monotonic()
        while page.evaluate("new Set(seen.flatMap((s) => s[1].map((t) => t[0]))).size") < cameras:
            if time.monotonic() - begun > 60:
                sys.exit("not all tiles got a picture within 60 s")
            page.wait_for_timeout(200)
        page.wait_for_timeout(3000)
        print(f"browser: {cameras} tiles at 1440x900, cameras {size} at {rate}/s, {seconds:.0f} s")
        measure(page, desk, cameras, seconds, alone)
        if openings:
            watch_openings(page, cameras, openings)
        chromium.close()


def measure(page: Page, desk: Crowd, cameras: int, seconds: float, alone: float) -> None:
    wire = page.context.new_cdp_session(page)
    begun, cpu = time.monotonic(), desk.cpu()
    page.evaluate("() => { seen.length = 0; long.length = 0; }")
    before = {m["name"]: m["value"] for m in _metrics(wire)}
    page.wait_for_timeout(seconds * 1000)
    took = time.monotonic() - begun
    work = (desk.cpu() - cpu) / took
    after = {m["name"]: m["value"] for m in _metrics(wire)}
    seen, long = page.evaluate("() => [seen, long]")
    counts: dict[str, set[float]] = {}
    for _, times, _ in seen:
        for camera, when in times:
            counts.setdefault(camera, set()).add(when)
    gaps = []
    drawn: dict[str, list[float]] = {}
    for at, times, _ in seen:
        for camera, _ in times:
            drawn.setdefault(camera, []).append(at)
    for moments in drawn.values():
        gaps += [(b - a) / 1000 for a, b in itertools.pairwise(moments)]
    rates = sorted(len(counts.get(camera, ())) / took for camera in counts)
    print(f"  tiles with new pictures   {len(counts)} of {cameras}")
    print(
        f"  pictures a second each    least {rates[0]:.2f}, median {statistics.median(rates):.2f}"
    )
    print(
        f"  between two pictures      median {statistics.median(gaps):.2f} s, "
        f"longest {max(gaps):.2f} s"
    )
    print(f"  bytes a second            {sum(one[2] for one in seen) / took / 1e3:.0f} kB")
    longest = max((duration for _, duration in long), default=0.0)
    print(f"  long tasks (> 50 ms)      {len(long)}, longest {longest:.0f} ms")
    task = (after["TaskDuration"] - before["TaskDuration"]) / took
    print(f"  page's main thread busy   {100 * task:.0f} %")
    print(
        f"  server                    {100 * work:.0f} % of a core "
        f"({100 * alone:.0f} % without a viewer)"
    )


def _metrics(wire: Any) -> Any:
    wire.send("Performance.enable")
    return wire.send("Performance.getMetrics")["metrics"]


def watch_openings(page: Page, cameras: int, openings: int) -> None:
    """Opens tiles one after the other; those are opened that have video."""
    step = max(1, cameras // 12)
    found = []
    for turn in range(openings):
        camera = f"c{turn % 12 * step % cameras:03d}"
        page.wait_for_timeout(1000)
        found.append(page.evaluate(OPEN, camera))
        page.wait_for_timeout(500)
        page.keyboard.press("Escape")
        page.wait_for_selector("a.tile")
    shown = sorted(one["shown"] / 1000 for one in found)
    print(
        f"  a tile opened to live     median {statistics.median(shown):.2f} s of {openings}, "
        f"{shown[0]:.2f}–{shown[-1]:.2f} s, its page after "
        f"{statistics.median(one['mounted'] for one in found):.0f} ms"
    )
    print(json.dumps([round(one, 3) for one in shown]))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    ask.add_argument("--only", choices=("server", "browser", "formats"))
    ask.add_argument("--cameras", type=int, default=300)
    ask.add_argument("--rate", type=float, default=1.25, help="pictures a second of a camera")
    ask.add_argument("--size", default="1280x720")
    ask.add_argument("--seconds", type=float, default=30)
    ask.add_argument("--openings", type=int, default=11)
    told = ask.parse_args()
    if told.only in (None, "formats"):
        formats()
    if told.only in (None, "server"):
        server(told.cameras)
    if told.only in (None, "browser"):
        browser(told.cameras, told.rate, told.size, told.seconds, told.openings)


if __name__ == "__main__":
    main()
