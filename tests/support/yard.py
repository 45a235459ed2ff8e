"""A yard that one chequered figure walks through, as a camera would send it, and who sees it."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from fractions import Fraction

import av
import numpy as np

from streetlamp.values import Bytes, CopiedGop, Kind
from streetlamp.video.camera import Camera, Copied, Looker, Output, Shown
from streetlamp.video.load import CALM, Load
from streetlamp.video.options import HideOptions, LookOptions
from streetlamp.video.raw import WHOLE, Detections, Packet, StreamInfo, View
from streetlamp.video.second import SecondStream
from streetlamp.video.sleep_options import SleepOptions
from streetlamp.video.tag.options import TagOptions
from streetlamp.video.tag.tagger import Tagger
from streetlamp.video.track.options import TrackOptions
from streetlamp.video.track.tracker import Tracker
from streetlamp.video.view.meter import ViewMeter

W, H = 320, 240
FPS = 10
GOP = 10
BRIGHT = 200  # luma from which on a pixel is the figure's

Where = Callable[[int], tuple[int, int, int, int] | None]  # picture (from 0) → the figure's box


def walk(*spans: tuple[int, int]) -> Where:
    """The figure walks through in these spans of pictures, end exclusive."""

    def where(number: int) -> tuple[int, int, int, int] | None:
        for start, end in spans:
            if start <= number < end:
                x = 20 + 6 * (number - start)
                return (x, 90, x + 28, 190) if x < W - 40 else (W - 60, 90, W - 32, 190)
        return None

    return where


def picture(number: int, where: Where, *, noise: float = 2.0, light: float = 0.0) -> Bytes:
    """Luma of one picture: a patterned ground, sensor noise, and the figure."""
    ground = np.random.default_rng(5).integers(50, 150, (12, 16)).repeat(20, 0).repeat(20, 1)
    grain = np.random.default_rng(1000 + number).normal(0.0, noise, (H, W))
    luma = np.clip(ground + grain + light, 16, 180).astype(np.uint8)
    box = where(number)
    if box is not None:
        x1, y1, x2, y2 = box
        # a chequered coat, dark and bright, that never falls the same way twice: under a mosaic
        # nothing of it is bright
        row, column = np.mgrid[0 : y2 - y1, 0 : x2 - x1] // 4
        cloth = np.random.default_rng(number).integers(-25, 25, row.shape)
        luma[y1:y2, x1:x2] = np.where((row + column + number) % 2, 228, 90) + cloth
    return luma


def film(
    count: int,
    where: Where,
    *,
    light: Callable[[int], float] = lambda number: 0.0,
    size: tuple[int, int] = (W, H),
    stream: StreamInfo | None = None,
    first: int = 1,
    start: float = 0.0,
    alter: Callable[[int, Bytes], Bytes] = lambda number, luma: luma,
    **x264: str,
) -> list[Packet]:
    """`count` pictures, encoded in GOPs of a second without B-frames, as a source gives them.

    alter: what the camera makes of the luma of each picture (from 0).
    """
    file = io.BytesIO(clip(count, where, light=light, size=size, alter=alter, **x264))
    with av.open(file) as container:
        video = container.streams.video[0]
        extradata = bytes(video.codec_context.extradata or b"")
        info = stream or StreamInfo("h264", extradata, size, Fraction(FPS), 1)
        coded = [packet for packet in container.demux(video) if packet.size]
    ranks = {pts: rank for rank, pts in enumerate(sorted(packet.pts for packet in coded))}
    return [
        Packet(
            "yard", info, bytes(packet), packet.is_keyframe, start + ranks[packet.pts] / FPS,
            first + ranks[packet.pts], first + ranks[packet.pts] - 1, Fraction(1, FPS),
        )
        for packet in coded
    ]  # fmt: skip


def clip(
    count: int,
    where: Where,
    *,
    light: Callable[[int], float] = lambda number: 0.0,
    size: tuple[int, int] = (W, H),
    alter: Callable[[int, Bytes], Bytes] = lambda number, luma: luma,
    **x264: str,
) -> bytes:
    """The same as an MP4 file."""
    file = io.BytesIO()
    options = {"preset": "veryfast", "tune": "zerolatency", "crf": "23", "g": str(GOP),
               "keyint_min": str(GOP), "sc_threshold": "0", "bf": "0"} | x264  # fmt: skip
    with av.open(file, "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=FPS, options=options)
        video.width, video.height, video.pix_fmt = size[0], size[1], "yuv420p"
        video.thread_count = 1
        video.bit_rate = 0  # else a constant bit rate is asked for
        video.codec_context.time_base = Fraction(1, FPS)
        for number in range(count):
            luma = alter(number, picture(number, where, light=light(number)))
            gray = av.VideoFrame.from_ndarray(luma, "gray")
            frame = gray.reformat(size[0], size[1], "yuv420p")
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return file.getvalue()


class Sees:
    """A detector that finds the figure in the pixels it is given."""

    def __init__(self) -> None:
        self.looks = 0
        self.parts = 0  # of them, at a part of a picture
        self.broken = False

    def submit(
        self, picture: av.VideoFrame, *, faces: bool = False, view: View = WHOLE
    ) -> Future[Detections]:
        self.looks += 1
        self.parts += view.part is not None
        future: Future[Detections] = Future()
        if self.broken:
            future.set_exception(RuntimeError("the model is gone"))
        else:
            luma = picture.to_ndarray(format="gray")
            x1, y1, x2, y2 = view.part or (0, 0, luma.shape[1], luma.shape[0])
            seen = np.zeros_like(luma)
            seen[y1:y2, x1:x2] = luma[y1:y2, x1:x2]
            future.set_result(figure(seen))
        return future


class Late(Sees):
    """A detector that answers so many pictures later."""

    def __init__(self, pictures: int) -> None:
        super().__init__()
        self._pictures = pictures
        self._out: deque[tuple[int, Future[Detections], Future[Detections]]] = deque()
        self.now = 0  # picture

    def submit(
        self, picture: av.VideoFrame, *, faces: bool = False, view: View = WHOLE
    ) -> Future[Detections]:
        told: Future[Detections] = Future()
        self._out.append((self.now, told, super().submit(picture, faces=faces, view=view)))
        return told

    def answer(self, *, all_of_them: bool = False) -> None:
        while self._out and (all_of_them or self._out[0][0] <= self.now - self._pictures):
            _, told, found = self._out.popleft()
            if told.set_running_or_notify_cancel():
                told.set_result(found.result())


def figure(luma: Bytes) -> Detections:
    """The figure, wherever a patch is as bright as it."""
    rows, columns = np.nonzero(luma >= BRIGHT)
    if len(rows) < 40:
        return Detections.none()
    box = [[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]]
    return Detections(np.array(box, np.float32), np.array([Kind.PERSON]), np.array([0.9]))


def visible(luma: Bytes) -> bool:
    """Whether more than a fringe of the figure can be seen (it has some 1,400 bright pixels)."""
    return int((luma >= BRIGHT).sum()) > 100


def yard_camera(
    looker: Looker,
    *,
    wait: bool = True,
    load: Load | Callable[[], Load] = CALM,
    second: SecondStream | None = None,
    meter: ViewMeter | None = None,
    **sleep: object,
) -> Camera:
    return Camera(
        "yard", looker, HideOptions.model_validate({}), LookOptions.model_validate({}),
        Tracker("yard", TrackOptions.model_validate({}), seed=1),
        Tagger(TagOptions.model_validate({})), wait=wait,
        sleep=SleepOptions.model_validate({"after_seconds": 1.0} | sleep),
        load=(lambda: load) if isinstance(load, Load) else load,
        second=second, meter=meter,
    )  # fmt: skip


def run_through(camera: Camera, packets: Sequence[Packet]) -> list[Output]:
    out = [output for packet in packets for output in camera.push(packet)]
    return out + camera.flush()


def pictures(outputs: Sequence[Output], info: StreamInfo) -> Iterator[tuple[int, Bytes, bool]]:
    """Every picture that left, decoded: its number, its luma, and whether it was copied."""
    for output in outputs:
        if isinstance(output, Shown):
            yield output.frame.frame, output.frame.y, False
        elif isinstance(output, Copied):
            for number, luma in decoded(output.gop, info):
                yield number, luma, True


def decoded(gop: CopiedGop, info: StreamInfo) -> Iterator[tuple[int, Bytes]]:
    """The pictures of a copied GOP, by a decoder that knows nothing but the GOP."""
    context = av.CodecContext.create("h264", "r")
    context.extradata = info.extradata
    for sample in gop.samples:
        packet = av.Packet(sample.data)
        packet.pts = sample.frame
        for frame in context.decode(packet):
            yield int(frame.pts or 0), frame.to_ndarray(format="gray")
    for frame in context.decode(None):
        yield int(frame.pts or 0), frame.to_ndarray(format="gray")


def numbers(outputs: Sequence[Output]) -> list[int]:
    """The pictures that left, in the order in which they left (a GOP's in that of showing)."""
    left: list[int] = []
    for output in outputs:
        if isinstance(output, Shown):
            left.append(output.frame.frame)
        elif isinstance(output, Copied):
            left.extend(sorted(sample.frame for sample in output.gop.samples))
    return left


def seen(outputs: Sequence[Output], packets: Sequence[Packet]) -> list[int]:
    """The pictures that left in which the figure can be seen."""
    return [n for n, luma, _ in pictures(outputs, packets[0].stream) if visible(luma)]


def copied(outputs: Sequence[Output]) -> int:
    return sum(isinstance(output, Copied) for output in outputs)
