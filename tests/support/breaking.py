"""A real pipeline to be broken, on drawn footage whose people are known, judged by its pixels.

`drawn` makes a film; `play` sends it through a `CameraWorker` (pipeline, encoder) with a detector
that knows the film and breaks as the test says, and decodes what would have been stored;
`seen` says how much of a source's fine detail is still there.
"""

from __future__ import annotations

import functools
import io
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from streetlamp.app import worker as workers
from streetlamp.app.status import Statuses
from streetlamp.app.worker import CameraWorker, Sinks
from streetlamp.live.hub import LiveHub
from streetlamp.site import parse_site
from streetlamp.values import Bytes, CameraState, Floats, Fragment, Kind, MaskedFrame
from streetlamp.video import mask
from streetlamp.video.detect import Prepared
from streetlamp.video.detect.letterbox import Letterbox
from streetlamp.video.feed import FeedStatus
from streetlamp.video.inference import Inference, Looks
from streetlamp.video.load import Load
from streetlamp.video.planes import view_planes
from streetlamp.video.raw import WHOLE, Detections, Packet, RawFrame, StreamInfo, Unit, View
from streetlamp.video.source.camera_clock import CameraClock

SIZE = (320, 240)
FPS = 10
T0 = 1_700_000_000.0
VISIBLE = 0.5  # `seen` of a head above this: it can be seen. Plain footage: 0.85 and more
SIGN = (284, 212, 316, 236)  # a finely patterned sign that nobody ever stands before
SITE = """\
cameras:
  gate:
    source: "test:?size=320x240"
encode: {crf: 18}
record: {enabled: false}
"""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Still:
    """One picture of a film, and who is in it."""

    luma: Bytes  # (h, w)
    chroma: tuple[int, int]
    time: float  # POSIX seconds
    people: tuple[Box, ...] = ()  # whole persons, pixels, partly outside perhaps

    @property
    def size(self) -> tuple[int, int]:
        return int(self.luma.shape[1]), int(self.luma.shape[0])

    @property
    def heads(self) -> list[Box]:
        """Heads of which most is in the picture, cut at its edge."""
        found = []
        for x1, y1, x2, y2 in self.people:
            w, h = x2 - x1, y2 - y1
            left, right = x1 + 0.2 * w, x2 - 0.2 * w
            a, b = max(0.0, left), min(float(self.size[0]), right)
            if b - a >= 0.6 * (right - left):
                found.append((a, y1, b, y1 + 0.22 * h))
        return found


@functools.cache
def _body(seed: int, width: int, height: int) -> tuple[Bytes, Any]:
    """Luma and mask of a person with a finely patterned head and clothes."""
    random = np.random.default_rng(seed)
    small = random.integers(20, 236, (height // 3 + 1, width // 3 + 1)).astype(np.uint8)
    luma = np.kron(small, np.ones((3, 3), np.uint8))[:height, :width]
    shape = np.zeros((height, width), np.uint8)
    head = int(0.22 * height)
    cv2.ellipse(shape, (width // 2, head // 2), (int(0.34 * width), head // 2), 0, 0, 360, 1, -1)
    cv2.rectangle(shape, (int(0.1 * width), head), (int(0.9 * width), height), 1, -1)
    return np.ascontiguousarray(luma), shape.astype(bool)


@functools.cache
def ground(seed: int, size: tuple[int, int]) -> Bytes:
    """A street without people: soft shades, some edges."""
    random = np.random.default_rng(seed)
    w, h = size
    soft = cv2.resize(random.integers(60, 190, (9, 12)).astype(np.uint8), size).astype(np.float32)
    for _ in range(14):
        x, y = int(random.integers(w)), int(random.integers(h))
        a, b = int(random.integers(20, 90)), int(random.integers(10, 60))
        cv2.rectangle(soft, (x, y), (x + a, y + b), float(random.integers(40, 210)), -1)
    picture = np.asarray(cv2.GaussianBlur(soft, (0, 0), 1.2)).astype(np.uint8)
    x1, y1, x2, y2 = SIGN
    picture[y1:y2, x1:x2] = _body(99, x2 - x1, y2 - y1)[0]
    return picture


def walker(seed: int, x: float, y: float, height: int = 96) -> tuple[int, Box]:
    """A person whose left upper corner is at x, y."""
    width = int(0.36 * height)
    return seed, (x, y, x + width, y + height)


def still(
    time: float,
    people: Sequence[tuple[int, Box]],
    *,
    scene: int = 1,
    size: tuple[int, int] = SIZE,
    noise: int = 0,
    gain: float = 1.0,
    chroma: tuple[int, int] = (118, 138),
) -> Still:
    """One picture drawn. noise: its seed; gain: contrast, as a camera's infrared changes it."""
    w, h = size
    luma = ground(scene, size).copy()
    for seed, (x1, y1, x2, y2) in people:
        body, shape = _body(seed, int(x2 - x1), int(y2 - y1))
        x, y = round(x1), round(y1)
        a, b = max(0, x), min(w, x + body.shape[1])
        c, d = max(0, y), min(h, y + body.shape[0])
        if b > a and d > c:
            part = (slice(c - y, d - y), slice(a - x, b - x))
            where = shape[part]
            luma[c:d, a:b][where] = body[part][where]
    grain = np.random.default_rng(noise).normal(0.0, 1.5, luma.shape)
    shaded = 118 + gain * (luma.astype(np.float32) - 118) + grain
    pixels = np.clip(shaded, 0, 255).astype(np.uint8)
    return Still(pixels, chroma, time, tuple(box for _, box in people))


def drawn(
    count: int,
    people: Callable[[int], Sequence[tuple[int, Box]]],
    *,
    times: Callable[[int], float] = lambda i: T0 + i / FPS,
    **look: Any,
) -> list[Still]:
    """A film; `people` says who is where in the i-th picture, `look` may hold functions of i."""
    return [
        still(
            times(i),
            people(i),
            noise=i,
            **{name: value(i) if callable(value) else value for name, value in look.items()},
        )
        for i in range(count)
    ]


def crossing(i: int) -> list[tuple[int, Box]]:
    """One person stands, one comes in from the left at picture 20 and walks through."""
    people = [walker(7, 230, 110)]
    if i >= 16:
        people.append(walker(8, -40 + 6.0 * (i - 16), 20))
    return people


# ---- what a film is made into ---------------------------------------------------------------


def picture_of(one: Still, number: int) -> av.VideoFrame:
    w, h = one.size
    planes = np.empty((h * 3 // 2, w), np.uint8)
    planes[:h] = one.luma
    planes[h : h + h // 4] = one.chroma[0]
    planes[h + h // 4 :] = one.chroma[1]
    frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
    frame.pts = number
    return frame


def pictures(film: Sequence[Still]) -> list[Unit]:
    """The film as a source that decodes gives it."""
    base = Fraction(1, 1000)
    return [
        RawFrame("gate", one.time, i + 1, picture_of(one, i + 1), i + 1, base)
        for i, one in enumerate(film)
    ]


def packets(film: Sequence[Still], gop: int = FPS) -> list[Unit]:
    """The film as an H.264 camera sends it, a keyframe a second, without B-frames."""
    units: list[Unit] = []
    at = 0
    while at < len(film):
        size = film[at].size
        end = next((i for i in range(at, len(film)) if film[i].size != size), len(film))
        coder: Any = av.CodecContext.create("libx264", "w")
        coder.width, coder.height = size
        coder.pix_fmt, coder.time_base, coder.framerate = "yuv420p", Fraction(1, FPS), FPS
        coder.gop_size, coder.thread_count = gop, 1
        coder.options = {"preset": "veryfast", "tune": "zerolatency", "crf": "14"}
        coder.options |= {"x264-params": "scenecut=0:log-level=error"}
        coded = []
        for i in range(at, end):
            coded += coder.encode(picture_of(film[i], i))
        coded += coder.encode(None)
        info = StreamInfo("h264", bytes(coder.extradata or b""), size, Fraction(FPS), 1)
        for i, packet in zip(range(at, end), coded, strict=True):
            units.append(
                Packet(
                    "gate", info, bytes(packet), packet.is_keyframe, film[i].time, i + 1, i + 1,
                    Fraction(1, FPS),
                )
            )  # fmt: skip
        at = end
    return units


# ---- the detector, and how it breaks --------------------------------------------------------


@dataclass(eq=False)
class Oracle:
    """A detector that knows the film, looks in a thread of the real queue, and breaks as told.

    breaks: called with the picture's index before each look; may raise, or wait, or give back
    what to answer instead.
    """

    film: Sequence[Still]
    breaks: Callable[[int], object] = lambda i: None

    def prepare(self, picture: av.VideoFrame, view: View = WHOLE) -> Prepared:
        number = int(picture.pts or 0) - 1
        box = Letterbox.fit(picture.width, picture.height, 64)
        pixels = np.zeros((*box.shape, 3), np.uint8)
        pixels[0, 0] = (number & 255, number >> 8 & 255, 0)
        return Prepared(pixels, box)

    def infer(self, batch: Sequence[Prepared]) -> Any:
        answers = []
        for one in batch:
            number = int(one.pixels[0, 0, 0]) + 256 * int(one.pixels[0, 0, 1])
            said = self.breaks(number)
            answers.append(self.truth(number) if said is None else said)
        return answers

    def truth(self, number: int) -> Detections:
        w, h = self.film[number].size
        boxes = []
        for x1, y1, x2, y2 in self.film[number].people:
            a, b = max(0.0, x1), min(float(w), x2)
            if b - a >= 0.25 * (x2 - x1):
                boxes.append((a, max(0.0, y1), b, min(float(h), y2)))
        n = len(boxes)
        box: Floats = np.array(boxes, np.float32).reshape(n, 4)
        return Detections(box, np.full(n, int(Kind.PERSON)), np.full(n, 0.9, np.float32))


@dataclass(eq=False)
class Late:
    """Stands before the real queue; hands its answers on `latency` seconds later, film time.

    The film goes on only when the answers due by now are there, so a test is as quick as the
    machine and always the same; but it waits `patience` seconds at most, for looks that hang.
    """

    queue: Inference
    latency: Callable[[float], float]
    patience: float
    now: float = T0
    _out: list[tuple[float, Future[Detections], Future[Detections]]] = field(default_factory=list)

    def submit(
        self, picture: av.VideoFrame, *, faces: bool = False, view: View = WHOLE
    ) -> Future[Detections]:
        inner = self.queue.of("gate").submit(picture, faces=faces, view=view)
        outer: Future[Detections] = Future()
        self._out.append((self.now + self.latency(self.now), inner, outer))
        return outer

    def advance(self, now: float) -> None:
        self.now = now
        due = [inner for at, inner, _ in self._out if not 0.0 < at - now < 30.0]
        wait(due, self.patience)
        left = []
        for at, inner, outer in self._out:
            if inner not in due or not inner.done():
                left.append((at, inner, outer))
            elif outer.set_running_or_notify_cancel():
                error = inner.exception(0)
                if error is None:
                    outer.set_result(inner.result())
                else:
                    outer.set_exception(error)
        self._out = left


# ---- playing --------------------------------------------------------------------------------


class _Hub(LiveHub):
    """Keeps every fragment."""

    def __init__(self) -> None:
        super().__init__(("gate",))
        self.fragments: list[Fragment] = []
        self.numbers: list[int] = []  # of the pictures that were masked

    def publish_frame(self, frame: MaskedFrame) -> None:
        self.numbers.append(frame.frame)

    def publish(self, fragment: Fragment) -> None:
        self.fragments.append(fragment)


@dataclass(eq=False)
class _Feed:
    units: Sequence[Unit | FeedStatus]
    before: Callable[[int, float], None]
    camera_clock: CameraClock = field(default_factory=CameraClock)
    behind: float = 0.0

    def complain(self, text: str) -> None:
        raise AssertionError(text)

    def items(self) -> Iterator[Unit | FeedStatus]:
        for i, unit in enumerate(self.units):
            self.before(i, unit.time)
            yield unit

    def stop(self) -> None:
        pass


@dataclass(frozen=True, eq=False)
class Played:
    """What would have been stored: one decoded luma plane for each picture of the film.

    asked: looks asked for.
    """

    film: Sequence[Still]
    stored: list[Bytes]
    asked: int

    def visible(self, first: int = 0, last: int | None = None) -> list[tuple[int, float]]:
        """Heads that can be seen: the picture's index and how much of the head is there."""
        found = []
        for i, (one, luma) in list(enumerate(zip(self.film, self.stored, strict=True)))[first:last]:
            for head in one.heads:
                share = seen(one.luma, luma, head)
                if share > VISIBLE:
                    found.append((i, round(share, 2)))
        return found

    def heads(self) -> int:
        return sum(len(one.heads) for one in self.film)

    def clear(self, first: int = 0, last: int | None = None) -> float:
        """The share of pictures in which the sign can be seen: that are not hidden whole."""
        shares = [
            seen(one.luma, luma, SIGN) > VISIBLE
            for one, luma in list(zip(self.film, self.stored, strict=True))[first:last]
        ]
        return sum(shares) / max(1, len(shares))


class _Stopping:
    def is_set(self) -> bool:
        return False

    def wait(self, seconds: float) -> bool:
        return False


def play(
    monkeypatch: pytest.MonkeyPatch,
    film: Sequence[Still],
    *,
    breaks: Callable[[int], object] = lambda i: None,
    latency: Callable[[float], float] = lambda time: 0.1,
    patience: float = 20.0,
    make: Callable[[Sequence[Still]], list[Unit]] = pictures,
    tended: bool = True,
    between: Callable[[int, Inference], None] = lambda i, queue: None,
    away: Sequence[int] = (),
    detector: Looks | None = None,
    unmasked: bool = False,
    load: Callable[[], Load] | None = None,
    units: list[Unit] | None = None,
) -> Played:
    """Sends a film through a camera's worker, live settings, and decodes what comes out.

    breaks, latency, patience: see `Oracle` and `Late`. tended: the queue is looked after.
    between: called before each picture. away: before these pictures the camera was lost.
    unmasked: the control. Nothing is hidden, so that the same measure must see everybody.
    """
    units = units or make(film)
    clock = [0.0]
    looks: Looks = detector or Oracle(film, breaks)
    queue = Inference(looks, patience=0.05, hang_seconds=1.5, clock=lambda: clock[0])
    late = Late(queue, latency, patience)
    items: list[Unit | FeedStatus] = []
    for i, unit in enumerate(units):
        if i in away:
            items.append(FeedStatus(CameraState.WAITING, "no picture came", unit.time))
        items.append(unit)
    steps = iter(range(len(items)))

    def before(i: int, time: float) -> None:
        next(steps)
        clock[0] += 1 / FPS  # the machine's own clock does not jump
        if not isinstance(items[i], FeedStatus):
            between(sum(not isinstance(one, FeedStatus) for one in items[:i]), queue)
        if tended:
            queue.tend()
        late.advance(time)

    hub = _Hub()
    site = parse_site(SITE, Path("site.yaml"))
    with monkeypatch.context() as patch:
        patch.setattr(workers, "Feed", lambda *_, **__: _Feed(items, before))
        patch.setattr("streetlamp.video.asking.FLUSH_SECONDS", 0.05)
        if unmasked:
            patch.setattr(mask, "hide", _plain)
            patch.setattr(mask, "hide_whole", _plain)
        rest: dict[str, Any] = {} if load is None else {"load": load}
        sinks = Sinks(hub, lambda outcome: None, None, Statuses(), **rest)
        worker = CameraWorker("gate", site.cameras["gate"], site, late, sinks)
        worker.run(_Stopping())  # type: ignore[arg-type]
    threading.Thread(target=queue.close, daemon=True).start()  # it may hang: that is the point
    stored = decoded(hub.fragments)
    if load is not None:  # an overloaded camera leaves pictures out
        film = [film[number - 1] for number in hub.numbers]
    return Played(film, stored, queue.stats.asked)


def _plain(frame: RawFrame, *_: object) -> object:
    """Stands in for hiding, in the control alone."""
    planes = view_planes(frame.picture).copy()
    return mask._masked(frame, planes, np.zeros((0, 4), np.int64), whole=False, reason="")


def decoded(fragments: Sequence[Fragment]) -> list[Bytes]:
    """Luma planes of everything in these fragments, in order, as a player shows them."""
    runs: dict[str, bytes] = {}
    for one in fragments:
        runs[one.run] = runs.get(one.run, one.init) + one.data
    found: list[Bytes] = []
    for data in runs.values():
        with av.open(io.BytesIO(data)) as container:
            for picture in container.decode(video=0):
                planes = view_planes(picture)
                found.append(np.array(planes.y))
    return found


def seen(source: Bytes, output: Bytes, box: Box) -> float:
    """How much of the source's fine detail in this box is still in the output: about 0 to 1.

    The correlation of what remains of both when everything coarse is taken away; an output of
    another size shows nothing of it.
    """
    if source.shape != output.shape:
        return 0.0
    x1, y1, x2, y2 = (round(v) for v in box)
    parts = []
    for luma in (source, output):
        pad = 6
        rows = slice(max(0, y1 - pad), y2 + pad)
        columns = slice(max(0, x1 - pad), x2 + pad)
        part = luma[rows, columns].astype(np.float32)
        fine = part - cv2.GaussianBlur(part, (0, 0), 2.0)
        top, left = y1 - rows.start, x1 - columns.start
        parts.append(fine[top : top + y2 - y1, left : left + x2 - x1].ravel())
    a, b = (part - part.mean() for part in parts)
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return 0.0 if size < 1e-6 else float((a * b).sum() / size)


def at(film: Sequence[Still], **changes: Any) -> list[Still]:
    """The film with something of each picture changed; functions get its index and the picture."""
    return [
        replace(one, **{name: change(i, one) for name, change in changes.items()})
        for i, one in enumerate(film)
    ]
