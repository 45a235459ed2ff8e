"""How long after the light: from the camera's picture to the screen, and to the alarm.

    python bench/latency.py              a minute for each way (about five minutes)
    python bench/latency.py --quick      twenty seconds for each

| way | the picture's moment is | it has arrived |
|---|---|---|
| test: | when `test:` draws it, by the number burnt into it | at the socket, on the page |
| rtsp | when a GStreamer RTSP server sends it, by its number | at the socket |
| quiet | when the file's pace gives it: nobody there, the camera sleeps | at the socket |
| busy | the same, with people all the time | at the socket |
| alarm | the first picture somebody shows in (±0.3 s), after quiet | as an alarm |

*Socket*: the fragment with the picture has arrived at a live socket. *Page*: the picture is on the
page in Chromium, read from the video element. *Alarm*: the alarm has arrived at the desk's socket,
for a rule that waits for nothing. All on one machine and one clock.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import av
import clips
from clips import FPS

from live import NAME, PASSWORD, Lamp
from record import ROOT, Result, Table, save

SYSTEM_PYTHON = "/usr/bin/python3"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip
READER = """
(seconds) => new Promise((done) => {
  const video = document.querySelector("video"), canvas = document.createElement("canvas")
  const read = []
  const until = performance.now() + 1000 * seconds
  const each = () => {
    const width = video.videoWidth, rows = Math.max(8, Math.floor(video.videoHeight / 40))
    canvas.width = width; canvas.height = rows
    const pen = canvas.getContext("2d", {willReadFrequently: true})
    pen.drawImage(video, 0, 0)
    const now = (performance.timeOrigin + performance.now()) / 1000
    const line = pen.getImageData(0, Math.floor(rows / 2), width, 1).data
    let number = 0
    for (let bit = 0; bit < 24; bit++)
      number = number * 2 + (line[4 * Math.floor((bit + 0.5) * width / 24) + 1] > 125 ? 1 : 0)
    read.push([number, now])
    if (performance.now() < until) video.requestVideoFrameCallback(each)
    else done(read)
  }
  video.requestVideoFrameCallback(each)
  setTimeout(() => done(read), 1000 * seconds + 5000)
})
"""


@dataclass
class Viewer:
    """What came through one camera's live socket."""

    arrived: list[float] = field(default_factory=list)  # POSIX seconds, one a picture
    stamps: list[float] = field(default_factory=list)  # the picture's own time
    runs: dict[str, list[bytes]] = field(default_factory=dict)  # init, fragments
    order: list[str] = field(default_factory=list)  # the run of each picture

    def watch(self, lamp: Lamp, camera: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        with lamp.socket(f"/api/live/camera/{camera}") as socket:
            while time.monotonic() < until:
                try:
                    told = json.loads(socket.recv(timeout=max(0.1, until - time.monotonic())))
                    data = socket.recv(timeout=10)
                except TimeoutError:
                    break
                self._take(told, data, time.time())

    def _take(self, told: dict[str, object], data: bytes, now: float) -> None:
        run = str(told["run"])
        self.runs.setdefault(run, []).append(data)
        if told["type"] == "fragment":
            for one in told["frames"]:
                self.arrived.append(now)
                self.stamps.append(one["t"])
                self.order.append(run)

    def numbers(self) -> list[int]:
        """The burnt-in number of every picture, in order of arrival."""
        from streetlamp.video.source.scene import number_in  # noqa: PLC0415

        found: dict[str, list[int]] = {}
        for run, parts in self.runs.items():
            with av.open(BytesIO(b"".join(parts))) as source:
                found[run] = [number_in(picture) for picture in source.decode(video=0)]
        left = {run: iter(numbers) for run, numbers in found.items()}
        return [next(left[run], -1) for run in self.order]

    def late(self, skip: float = 8.0) -> list[float]:
        """Seconds from each picture's own time to its arrival, after the first seconds."""
        start = self.arrived[0] + skip if self.arrived else 0.0
        pairs = zip(self.arrived, self.stamps, strict=True)
        return [arrived - stamp for arrived, stamp in pairs if arrived > start]


def site(source: str, rest: str = "") -> str:
    return (
        "name: Bench\nrecord: {min_free_gb: 0}\nalarms: {merge_seconds: 0, after_s: 0}\n"
        f"cameras:\n  street:\n    source: {json.dumps(source)}\n{rest}"
    )


@contextlib.contextmanager
def running(source: str, rest: str = "") -> Iterator[Lamp]:
    with tempfile.TemporaryDirectory() as folder, Lamp(site(source, rest), Path(folder)) as lamp:
        lamp.login()
        until = time.monotonic() + 60
        while not lamp.get("/api/status")["cameras"][0]["last_frame"]:
            if time.monotonic() > until:
                raise TimeoutError("no picture in a minute")
            time.sleep(0.5)
        time.sleep(5)
        yield lamp


def moment_of_zero(viewer: Viewer, numbers: list[int]) -> float:
    """When number 0 was drawn, from the numbers read and the pictures' own times (the median)."""
    pairs = zip(numbers, viewer.stamps, strict=True)
    return statistics.median(stamp - number / FPS for number, stamp in pairs)


def sensible(numbers: list[int]) -> list[bool]:
    """Which numbers were read well: the one before or behind is their neighbour."""
    return [
        number - 1 in numbers[max(0, i - 1) : i + 2] or number + 1 in numbers[max(0, i - 1) : i + 2]
        for i, number in enumerate(numbers)
    ]


def drawn(seconds: float, browser: str) -> dict[str, list[float]]:
    """`test:` to the socket and, where there is a browser, to the page."""
    viewer = Viewer()
    page: list[tuple[int, float]] = []
    with running(f"test:?size=1280x720&fps={FPS}&people=0") as lamp:
        watcher = threading.Thread(target=viewer.watch, args=(lamp, "street", seconds))
        watcher.start()
        if browser:
            page = read_page(lamp, browser, seconds - 8)
        watcher.join()
    numbers = viewer.numbers()
    zero = moment_of_zero(viewer, numbers)
    good = sensible(numbers)
    rows = zip(numbers, viewer.arrived, good, strict=True)
    result = {"test: → socket": [at - (zero + n / FPS) for n, at, well in rows if well]}
    if page:
        read = sensible([number for number, _ in page])
        pairs = zip(page, read, strict=True)
        result["test: → page"] = [at - (zero + n / FPS) for (n, at), well in pairs if well]
    return result


def read_page(lamp: Lamp, browser: str, seconds: float) -> list[tuple[int, float]]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (a development dependency)

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        answer = page.request.post(
            f"{lamp.url}/api/login",
            data={"name": NAME, "password": PASSWORD},
            headers={"Origin": lamp.url},
        )
        if not answer.ok:
            raise RuntimeError(f"the page's login was refused: {answer.status}")
        page.goto(f"{lamp.url}/camera/street")
        page.wait_for_selector("video", timeout=30_000)
        page.wait_for_function("document.querySelector('video').videoWidth > 0", timeout=30_000)
        page.wait_for_timeout(4000)  # the player settles at the live edge
        read = page.evaluate(READER, max(5.0, seconds - 10))
        chromium.close()
    return [(int(number), float(now)) for number, now in read]


def over_rtsp(seconds: float) -> list[float]:
    """A GStreamer RTSP server to the socket."""
    clip = clips.make("numbers")
    script = Path(__file__).parent / "peers" / "rtsp_clock.py"
    server = subprocess.Popen(
        [SYSTEM_PYTHON, str(script), str(clip.path)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    sent: list[tuple[float, float]] = []
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline().split()[1])
        reader = threading.Thread(target=note_sent, args=(server.stdout, sent), daemon=True)
        reader.start()
        viewer = Viewer()
        with running(f"rtsp://127.0.0.1:{port}/camera") as lamp:
            viewer.watch(lamp, "street", min(seconds, 35))
    finally:
        server.kill()
        server.wait()
    zero = statistics.median(due - stamp for stamp, due in sent)
    numbers = viewer.numbers()
    rows = zip(numbers, viewer.arrived, sensible(numbers), strict=True)
    return [at - (zero + n / FPS) for n, at, well in rows if well]


def note_sent(lines: Iterator[str], sent: list[tuple[float, float]]) -> None:
    for line in lines:
        if line.startswith("sent"):
            _, stamp, due = line.split()
            sent.append((float(stamp), float(due)))


def filed(name: str, seconds: float) -> list[float]:
    """A clip played as a camera, to the socket."""
    clip, viewer = clips.make(name), Viewer()
    with running(str(clip.path)) as lamp:
        viewer.watch(lamp, "street", seconds)
    return viewer.late()


ALARM = """\
    zones: {all: [[0, 0], [1, 0], [1, 1], [0, 1]]}
    rules:
      - {rule: intrusion, name: somebody, zone: all, min_seconds: 0, clear_seconds: 1}
"""


def alarms() -> dict[str, list[float]]:
    """`visitors` played once: from the first picture of somebody, and from the deciding one."""
    clip = clips.make("visitors")
    heard: list[tuple[dict[str, object], float]] = []
    with running(str(clip.path), ALARM) as lamp, lamp.socket("/api/live/events") as socket:
        until = time.monotonic() + clip.frames / FPS - 6
        while time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                told = json.loads(socket.recv(timeout=until - time.monotonic()))
                if told["type"] == "alarm":
                    heard.append((told["alarm"], time.time()))
    first: dict[str, tuple[dict[str, object], float]] = {}
    for alarm, at in heard:
        first.setdefault(str(alarm["id"]), (alarm, at))
    result: dict[str, list[float]] = {"first picture of somebody → alarm": [],
                                      "picture that raised it → alarm": []}  # fmt: skip
    for alarm, at in first.values():
        frame, raised = int(str(alarm["frame"])) - 1, float(str(alarm["raised"]))
        seen = min(clips.FIRST_SEEN, key=lambda one: abs(one - frame))
        if abs(seen - frame) < 100:  # the later alarms of a visit are not about coming in
            result["first picture of somebody → alarm"].append(at - raised + (frame - seen) / FPS)
            result["picture that raised it → alarm"].append(at - raised)
    return result


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def figures(late: list[float]) -> tuple[float, float, float]:
    """Median, 95th percentile, most."""
    return statistics.median(late), percentile(late, 0.95), max(late)


def chromium() -> tuple[str, str]:
    """Path of Chromium, and why the page cannot be measured ("" if it can)."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        return "", "the page: no Chromium (`apt-get install chromium`)"
    if not (ROOT / "src/streetlamp/desk/page/index.html").is_file():
        return "", "the page: it is not built (`make setup`)"
    try:
        import playwright  # noqa: F401, PLC0415 (only whether it is there)
    except ImportError:
        return "", "the page: Playwright is missing (`make test` installs it)"
    return found, ""


def rtsp_ready() -> str:
    probe = (
        "import gi; gi.require_version('GstRtspServer', '1.0');"
        "from gi.repository import Gst; Gst.init(None);"
        "assert Gst.ElementFactory.find('rtph264pay') and Gst.ElementFactory.find('h264parse')"
    )
    if Path(SYSTEM_PYTHON).exists():
        done = subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, check=False)
        if done.returncode == 0:
            return ""
    return "rtsp: GStreamer's RTSP server is missing (tests/support/rtsp.py names the packages)"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="twenty seconds for each way")
    parser.add_argument("--no-save", action="store_true", help="print only, keep nothing")
    wanted = parser.parse_args()
    seconds = 30.0 if wanted.quick else 60.0
    found: dict[str, list[float]] = {}
    browser, why = chromium()
    skipped = [why] if why else []
    say("test:")
    found.update(drawn(seconds, browser))
    if why := rtsp_ready():
        skipped.append(why)
    else:
        say("rtsp")
        found["rtsp → socket"] = over_rtsp(seconds)
    for name in ("campus", "busy"):
        say(name)
        label = "quiet camera → socket" if name == "campus" else "busy camera → socket"
        found[label] = filed(name, seconds)
    try:
        say("alarm")
        found.update(alarms())
    except clips.NoFootageError as error:
        skipped.append(f"alarm: {error}")
    rows = [
        [name, *(f"{figure:.2f}" for figure in figures(late)), str(len(late))]
        for name, late in found.items()
        if late
    ]
    skipped += [f"{name}: nothing was measured" for name, late in found.items() if not late]
    result = Result(
        "latency",
        "python bench/latency.py" + (" --quick" if wanted.quick else ""),
        wanted.quick,
        [Table("Seconds from the light", ["", "median", "95 %", "most", "pictures"], rows)],
        [],
        skipped,
    )
    result.print()
    if not wanted.no_save:
        print(f"\nkept as {save(result).relative_to(ROOT)}")
    return 0


def say(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
