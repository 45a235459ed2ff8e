"""A real browser plays what the encoder makes: joined late, over segments, over a new size."""

from __future__ import annotations

import functools
import json
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from streetlamp.stream.clip import ClipWriter
from streetlamp.stream.encode import Encoder
from streetlamp.stream.fragments import FragmentMaker
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import CopiedGop, Fragment, MaskedFrame
from support.gops import MAKERS, STEP, T0, TIME_BASE, Maker
from support.masked import film, masked

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PAGE = """<!doctype html><video muted playsinline width=320></video><script>
const video = document.querySelector('video');
const errors = [];
video.addEventListener('error', () => errors.push(String(video.error && video.error.message)));
function numberNow() {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  let number = 0;
  for (let bit = 0; bit < 8; bit++)
    if (context.getImageData(bit * 16 + 8, 8, 1, 1).data[1] > 125) number |= 1 << bit;
  return number;
}
async function numberAt(moment) {
  const seeked = new Promise(ok => { video.onseeked = ok; video.onerror = ok; });
  // 'seeked' may come before the new picture does
  const drawn = new Promise(ok => {
    const look = (_, about) =>
      Math.abs(about.mediaTime - moment) < 0.06 ? ok() : video.requestVideoFrameCallback(look);
    video.requestVideoFrameCallback(look);
    setTimeout(ok, 5000);
  });
  video.currentTime = moment;
  await seeked;
  await drawn;
  return numberNow();
}
async function watch(url, seeks, until) {
  video.src = url;
  await new Promise(ok => { video.onloadeddata = ok; video.onerror = ok; });
  const sought = [];
  for (const moment of seeks) sought.push(await numberAt(moment));
  const numbers = [];
  const look = () => { numbers.push(numberNow()); video.requestVideoFrameCallback(look); };
  video.currentTime = 0;
  await new Promise(ok => { video.onseeked = ok; video.onerror = ok; });
  video.requestVideoFrameCallback(look);
  await video.play();
  const patience = performance.now() + 30000;
  while (video.currentTime < until && performance.now() < patience && !errors.length)
    await new Promise(ok => setTimeout(ok, 30));
  return {errors, sought, numbers, buffered: [[0, video.duration]],
          at: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames};
}
async function play(steps, mime, from, until, seeks) {
  if (!MediaSource.isTypeSupported(mime)) return {unsupported: mime};
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise(ok => source.addEventListener('sourceopen', ok, {once: true}));
  const buffer = source.addSourceBuffer(mime);
  for (const step of steps) {
    if (step.codec) buffer.changeType('video/mp4; codecs="' + step.codec + '"');
    if (step.offset !== undefined) buffer.timestampOffset = step.offset;
    const bytes = await (await fetch(step.url)).arrayBuffer();
    const done = new Promise((ok, no) => {
      buffer.addEventListener('updateend', ok, {once: true});
      buffer.addEventListener('error', () => no(new Error('append ' + step.url)), {once: true});
    });
    buffer.appendBuffer(bytes);
    await done;
  }
  const buffered = [];
  for (let i = 0; i < video.buffered.length; i++)
    buffered.push([video.buffered.start(i), video.buffered.end(i)]);
  const numbers = [], sizes = [];
  const look = () => {
    numbers.push(numberNow());
    const size = video.videoWidth + 'x' + video.videoHeight;
    if (!sizes.includes(size)) sizes.push(size);
    video.requestVideoFrameCallback(look);
  };
  const sought = [];
  for (const moment of seeks || []) sought.push(await numberAt(moment));
  video.currentTime = from;
  if (seeks) await new Promise(ok => { video.onseeked = ok; video.onerror = ok; });
  video.requestVideoFrameCallback(look);
  await video.play();
  const patience = performance.now() + 30000;
  while (video.currentTime < until && performance.now() < patience && !errors.length)
    await new Promise(ok => setTimeout(ok, 30));
  return {errors, buffered, numbers, sizes, sought, at: video.currentTime,
          frames: video.getVideoPlaybackQuality().totalVideoFrames};
}
</script>"""


@dataclass
class Site:
    """A page and named pieces of video on a free port of the loopback."""

    url: str
    pieces: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, data: bytes, **extra: float | str) -> dict[str, Any]:
        self.pieces["/" + name] = data
        return {"url": "/" + name, **extra}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    pieces: dict[str, bytes] = {"/": PAGE.encode()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pieces.get(self.path)
            wanted = (self.headers.get("Range") or "")[6:].partition("-")
            self.send_response(404 if body is None else 206 if wanted[1] else 200)
            self.send_header("Content-Type", "text/html" if self.path == "/" else "video/mp4")
            if body is not None and wanted[1]:
                first, last = int(wanted[0] or 0), min(int(wanted[2] or 1 << 40), len(body) - 1)
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
                body = body[first : last + 1]
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            with suppress(ConnectionError):  # a player leaves when it has enough
                self.wfile.write(body or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_address[1]}/", pieces)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: playback in a browser is NOT checked")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@functools.cache
def run(size: tuple[int, int], first: int) -> tuple[Fragment, ...]:
    """Three seconds of video in one run."""
    encoder = Encoder("gate", EncodeOptions())
    done: list[Fragment] = []
    for frame in film(75, size, first=first):
        done += encoder.push(frame, None)
    return tuple(done + encoder.flush())


def play(
    site: Site,
    browser: Any,
    steps: list[dict[str, Any]],
    codec: str,
    start: float,
    end: float,
    seeks: Sequence[float] | None = None,
) -> Any:
    page = browser.new_page()
    try:
        page.goto(site.url)
        mime = f'video/mp4; codecs="{codec}"'
        return page.evaluate(
            "args => play(...args)", [json.loads(json.dumps(steps)), mime, start, end, seeks]
        )
    finally:
        page.close()


def watch(site: Site, browser: Any, url: str, seeks: Sequence[float], end: float) -> Any:
    """A file by itself: some seeks, then all of it from the beginning."""
    page = browser.new_page()
    try:
        page.goto(site.url)
        return page.evaluate("args => watch(...args)", [url, list(seeks), end])
    finally:
        page.close()


def check_plays(result: Any, numbers: range) -> None:
    assert "unsupported" not in result, f"this browser has no H.264: {result}"
    assert result["errors"] == []
    assert len(result["buffered"]) == 1, f"holes in what was appended: {result['buffered']}"
    shown = result["numbers"]
    assert shown == sorted(shown), "pictures out of order"
    assert set(shown) <= set(numbers), "pictures that were not in the video"
    # a slow machine skips pictures; it must not stand still or skip a stretch
    assert len(set(shown)) >= len(numbers) // 4
    assert result["frames"] >= len(numbers) // 4


def test_from_the_beginning(site: Site, browser: Any) -> None:
    pieces = run((320, 240), 0)
    steps = [site.put("init", pieces[0].init)]
    steps += [site.put(f"f{i}", piece.data) for i, piece in enumerate(pieces)]
    check_plays(play(site, browser, steps, pieces[0].codec, 0, 2.8), range(75))


def test_joined_at_a_later_keyframe(site: Site, browser: Any) -> None:
    pieces = run((320, 240), 0)
    later = [piece for piece in pieces if piece.media_start >= 1.0]
    assert later[0].keyframe
    steps = [site.put("init", pieces[0].init)]
    steps += [site.put(f"late{i}", piece.data) for i, piece in enumerate(later)]
    result = play(site, browser, steps, pieces[0].codec, later[0].media_start, 2.8)
    check_plays(result, range(25, 75))
    assert result["buffered"][0] == pytest.approx([1.0, 3.0], abs=0.001)


def test_two_recorded_segments_of_one_run(site: Site, browser: Any) -> None:
    pieces = run((320, 240), 0)
    cut = next(i for i, piece in enumerate(pieces) if piece.media_start >= 2.0)
    assert pieces[cut].keyframe
    files = [pieces[:cut], pieces[cut:]]
    steps = [
        site.put(f"segment{i}", file[0].init + b"".join(piece.data for piece in file))
        for i, file in enumerate(files)
    ]
    result = play(site, browser, steps, pieces[0].codec, 0, 2.8)
    check_plays(result, range(75))
    assert result["buffered"][0] == pytest.approx([0.0, 3.0], abs=0.001)


def test_a_new_run_of_another_size(site: Site, browser: Any) -> None:
    before, after = run((320, 240), 0), run((480, 272), 75)
    assert before[0].run != after[0].run
    end = before[-1].media_start + before[-1].end - before[-1].start
    steps = [site.put("a", before[0].init + b"".join(piece.data for piece in before))]
    steps.append(site.put("b", after[0].init + b"".join(piece.data for piece in after), offset=end))
    result = play(site, browser, steps, before[0].codec, 1.5, 4.8)
    check_plays(result, range(37, 150))
    assert result["sizes"] == ["320x240", "480x272"]


# --- copied and encoded runs, one after the other ------------------------------------------------

STORIES = [
    ("no B-frames", (MAKERS[0],)),
    ("B-pyramid", (MAKERS[3],)),
    ("start codes and B-frames", (MAKERS[4],)),
    ("another make every time, under the same ids", (MAKERS[2], MAKERS[1], MAKERS[3])),
]


def mixed(makers: Sequence[Maker]) -> list[CopiedGop | MaskedFrame]:
    """Nearly seven seconds: encoded, copied, encoded, copied …, with odd lengths of GOPs."""
    items: list[CopiedGop | MaskedFrame] = []
    at = 0
    for n, lengths in enumerate([(17,), (25, 8), (30,), (1, 31), (9,), (40, 3)]):
        if n % 2:
            items += makers[n // 2 % len(makers)].film(lengths, at).gops(at)
        else:
            items += [
                masked(i, (160, 96), time=T0 + i / 25, pts=i * STEP, time_base=TIME_BASE)
                for i in range(at, at + lengths[0])
            ]
        at += sum(lengths)
    assert at == LENGTH
    return items


LENGTH = 164
UNTIL = 6.2  # a decoder keeps the last pictures back while it does not know that no more come
SEEKS = [3.9, 0.3, 5.0, 1.5, 2.55, 0.7, 6.2, 1.66, 0.02, 4.7]


def numbers_at(moments: Sequence[float]) -> list[int]:
    return [int(moment * 25 + 0.001) for moment in moments]


@pytest.mark.parametrize(("story", "makers"), STORIES, ids=[story for story, _ in STORIES])
def test_a_clip_of_copied_and_encoded_stretches(
    site: Site, browser: Any, tmp_path: Path, story: str, makers: tuple[Maker, ...]
) -> None:
    with ClipWriter(tmp_path / "masked.mp4") as clip:
        for item in mixed(makers):
            if isinstance(item, CopiedGop):
                clip.copy(item)
            else:
                clip.write(item)
    assert clip.copied == 108
    name = f"clip{len(makers)}{makers[0].name}".replace(" ", "").replace(",", "")
    url = site.put(name, clip.path.read_bytes())["url"]
    result = watch(site, browser, url, SEEKS, UNTIL)
    assert result["sought"] == numbers_at(SEEKS), story
    check_plays(result, range(LENGTH))
    assert result["at"] >= UNTIL, "it stood still for good"


@pytest.mark.parametrize(("story", "makers"), STORIES, ids=[story for story, _ in STORIES])
def test_copied_and_encoded_runs_in_one_player(
    site: Site, browser: Any, story: str, makers: tuple[Maker, ...]
) -> None:
    """As the page plays recordings: each run's init and fragments, moved to its place in time."""
    maker = FragmentMaker("gate", EncodeOptions())
    pieces: list[Fragment] = []
    for item in mixed(makers):
        pieces += maker.copy(item) if isinstance(item, CopiedGop) else maker.push(item, None)
    pieces += maker.flush()
    steps = []
    for n, (_, group) in enumerate(groupby(pieces, key=lambda piece: piece.run)):
        run = list(group)
        data = run[0].init + b"".join(piece.data for piece in run)
        offset = run[0].start - run[0].media_start - T0
        steps.append(site.put(f"run{n}", data, offset=offset, codec=run[0].codec))
    assert len(steps) == 6
    result = play(site, browser, steps, pieces[0].codec, 0, UNTIL, SEEKS)
    check_plays(result, range(LENGTH))
    assert result["buffered"][0] == pytest.approx([0, LENGTH / 25], abs=0.001)
    assert result["sought"] == numbers_at(SEEKS), story
    assert result["at"] >= UNTIL, "it stood still for good"
